"""speedscope: sampled and evented profiles, units, several profiles, and files that speedscope would refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from drawn import by_stack
from golden import CORPUS
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.collapse import Match, read
from flamegraph.collapse.speedscope import sniff
from flamegraph.errors import EmptyProfile, InputError, ParseError, UsageError
from flamegraph.profile import Metric, Profile
from flamegraph.source import Source

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")


def written(*profiles: dict[str, Any], frames: str = "abc", **more: Any) -> bytes:
    """A file with frames called by letters."""
    shared = {"frames": [{"name": name} for name in frames]}
    return json.dumps({"$schema": SCHEMA, "shared": shared, "profiles": profiles, **more}).encode()


def sampled(samples: Any, weights: Any = None, unit: str = "none", name: str = "t", start: Any = 0) -> dict[str, Any]:
    found = {"type": "sampled", "name": name, "unit": unit, "startValue": start, "endValue": 0, "samples": samples}
    return found if weights is None else found | {"weights": weights}


def evented(events: str, end: float = 0, unit: str = "none", name: str = "t") -> dict[str, Any]:
    """Events as words: `+0@1` opens frame 0 at 1, `-0@2` closes it."""
    parsed = [
        {"type": "O" if word[0] == "+" else "C", "frame": int(word[1:].split("@")[0]), "at": float(word.split("@")[1])}
        for word in events.split()
    ]
    return {"type": "evented", "name": name, "unit": unit, "startValue": 0, "endValue": end, "events": parsed}


def drawn(profile: Profile) -> dict[str, float]:
    return {";".join(stack): values[0] for stack, values in by_stack(profile).items()}


@pytest.mark.parametrize(
    ("events", "end", "stacks", "skipped"),
    [
        ("+0@0 +1@2 -1@5 -0@6", 6, {"a": 3, "a;b": 3}, {}),
        ("+0@1 -0@2 +0@4 -0@5", 9, {"a": 2}, {}),  # nothing ran in between, nor at the end
        ("+0@0 +0@1 -0@3 -0@4", 4, {"a": 2, "a;a": 2}, {}),
        ("+0@0 +1@0 -1@0 -0@2", 2, {"a": 2}, {}),  # a call that took no time
        ("+0@0 +1@2", 10, {"a": 2, "a;b": 8}, {}),  # open at the end
        ("+0@0 +1@2", 1, {"a": 2}, {}),  # the end is before the last event
        ("+0@0 +1@1 +2@2 -0@4 -1@5", 9, {"a": 1, "a;b": 1, "a;b;c": 2}, {"close of a frame before those it called": 1,
                                                                        "close of a frame that is not open": 1}),
        ("+0@0 -1@2 -0@3", 3, {"a": 3}, {"close of a frame that is not open": 1}),
        ("+0@5 -0@3 +1@4 -1@7", 7, {"b": 2}, {"event before the one it follows": 2}),
        ("+0@0 -0@2 +9@2 -9@3", 3, {"a": 2}, {"event that neither opens nor closes a frame of the file": 2}),
    ],
)  # fmt: skip
def test_events(events: str, end: float, stacks: dict[str, float], skipped: dict[str, int]):
    profile = read(written(evented(events, end)))
    assert {stack: value for stack, value in drawn(profile).items() if value} == stacks
    assert profile.skipped == skipped


def test_a_tree_as_deep_as_recursion_goes():
    n = 50_000
    events = " ".join([*(f"+0@{i}" for i in range(n)), *(f"-0@{n + i}" for i in range(n))])
    profile = read(written(evented(events)))
    assert profile.total() == 2 * n - 1 and len(profile.stacks) == n + 1
    profile = read(written(sampled([[0] * n], [3])))
    assert profile.total() == 3 and len(profile.stacks) == n + 1


@pytest.mark.parametrize(
    ("unit", "weight", "metric", "value"),
    [
        ("seconds", 0.1, Metric("time", "ns"), 100_000_000),
        ("milliseconds", 2, Metric("time", "ns"), 2_000_000),
        ("microseconds", 1.5, Metric("time", "ns"), 1500),
        ("nanoseconds", 2**62, Metric("time", "ns"), 2**62),
        ("nanoseconds", 1.4, Metric("time", "ns"), 1),
        ("bytes", 4096, Metric("bytes", "bytes"), 4096),
        ("none", 3.0, Metric("samples", "samples"), 3),
        ("none", 0.25, Metric("samples", "samples"), 0.25),
        ("packets", 7, Metric("packets", "packets"), 7),
        ("", 7, Metric("samples", "samples"), 7),
    ],
)
def test_units(unit: str, weight: float, metric: Metric, value: float):
    profile = read(written(sampled([[0]], [weight], unit)))
    assert profile.metrics == (metric,) and profile.total() == value
    assert isinstance(profile.total(), type(value))


@pytest.mark.parametrize("weight", ["1e999", "-1e999", "NaN", "null", '"3"', "[]", "true", "9" * 30, "-1", "1e300"])
def test_weights_that_are_none_are_left_out(weight: str):
    content = written(sampled([[0], [1]], ["?", 5], "seconds")).replace(b'"?"', weight.encode())
    profile = read(content)
    assert profile.total() == 5 * 10**9 and sum(profile.skipped.values()) == 1


def test_weights_that_add_up_to_too_much():
    with pytest.raises(InputError):
        read(written(sampled([[0], [1]], [2**62, 2**62], "nanoseconds")))


indexes = st.integers(-1, 3) | st.none() | st.floats(allow_nan=False) | st.text(max_size=2) | st.lists(st.integers())
weights = st.integers(-3, 9) | st.none()


@given(
    st.lists(st.lists(indexes, max_size=4) | st.none() | st.text(max_size=2), max_size=8), st.lists(weights, max_size=8)
)
def test_what_is_not_counted_is_told(samples: list, given_weights: list):
    try:
        profile = read(written(sampled(samples, given_weights)))
        counted, skipped = profile.total(), profile.skipped
    except EmptyProfile:
        return
    good = [
        weight if given_weights else 1
        for sample, weight in zip(samples, given_weights or [1] * len(samples), strict=False)
        if isinstance(sample, (list, str))
        and not (sample and isinstance(sample, str))
        and all(type(i) is int and 0 <= i < 3 for i in sample)
        and weight is not None
        and weight >= 0
    ]
    assert counted == sum(good)
    longest = max(len(samples), len(given_weights) or len(samples))
    assert len(good) + sum(skipped.values()) == longest


def test_one_profile_of_several():
    content = written(sampled([[0]], [1], name="one"), sampled([[1]], [2], name="two"), sampled([[1]], [3], name="2"))
    assert drawn(read(content)) == {"one;a": 1, "two;b": 2, "2;b": 3}
    assert drawn(read(content, profile="two")) == {"b": 2}
    assert drawn(read(content, profile="0")) == {"a": 1}
    assert drawn(read(content, profile="2")) == {"b": 3}  # a name is more than a number
    for wanted in ("three", "3", "-1", "9" * 5000):
        with pytest.raises(UsageError) as raised:
            read(content, profile=wanted)
        assert "expected 0 to 2, or one of 'one', 'two', '2'" in str(raised.value)


def test_times_are_those_of_the_file():
    content = written(
        sampled([[0], [1]], [1, 2], "seconds", 'Thread 7 "x"', 10), evented("+2@11 -2@12", unit="seconds", name="y")
    )
    profile = read(content, timeline=True)
    assert profile.samples.time.tolist() == [10 * 10**9, 11 * 10**9, 11 * 10**9]
    assert [profile.threads[i].name for i in profile.samples.thread.tolist()] == ["x", "x", "y"]
    assert profile.meta.duration == 13 * 10**9
    assert read(written(sampled([[0]], [1], "bytes")), timeline=True).samples.time is None


@pytest.mark.parametrize(
    ("content", "grade"),
    [
        (written(), Match.SIGNATURE),
        (b'{"profiles": [{"type": "evented", "unit": "none"', Match.SIGNATURE),
        (b' {"shared" : {"frames": [{"name": "a"}, ', Match.SIGNATURE),
        (b'{"shared": {"frameTable": []}, "profiles": []}', Match.NO),
        (b'{"profiles": [{"type": "sampled"}]}', Match.NO),
        (b'[{"$schema": "https://www.speedscope.app/file-format-schema.json"}]', Match.NO),
        (b"speedscope", Match.NO),
    ],
)
def test_what_looks_like_it(content: bytes, grade: Match):
    assert sniff(Source(content)) == grade


@pytest.mark.parametrize("profiles", [None, {}, 3, "x"])
def test_a_file_without_profiles(profiles: Any):
    with pytest.raises(ParseError) as raised:
        read(json.dumps({"$schema": SCHEMA, "profiles": profiles}).encode())
    assert "expected an object with a list of profiles" in str(raised.value)


@needs_corpus
def test_corpus():
    """What a file's profiles hold is what comes out, thread by thread."""
    paths = [*(CORPUS / "speedscope").rglob("*.json"), CORPUS / "austin/austin.json"]
    assert len(paths) == 8
    factor = {"seconds": 10**9, "microseconds": 1000, "none": 1}
    for path in paths:
        for k, there in enumerate(json.loads(path.read_text("utf-8"))["profiles"]):
            profile = read(path, profile=str(k))
            if path.parent.name != "invalid":
                assert not profile.skipped
                wanted = sum(there["weights"]) if "weights" in there else busy(there["events"])
                assert profile.total() == pytest.approx(wanted * factor[there["unit"]], abs=2 * len(profile.samples))


def busy(events: list[dict[str, Any]]) -> float:
    """How long anything was open."""
    total, depth, at = 0.0, 0, 0.0
    for event in events:
        total += (event["at"] - at) if depth else 0
        at = event["at"]
        depth += 1 if event["type"] == "O" else -1
    return total


@needs_corpus
def test_the_same_stacks_in_speedscopes_own_samples():
    """One profile, as events in the first version and as samples in the second."""
    first = read(CORPUS / "speedscope/0.0.1/simple-no-pretty-print.speedscope.json")
    second = read(CORPUS / "speedscope/0.1.2/simple-sampled.speedscope.json")
    assert drawn(first) == {"a;b": 5, "a;b;c": 5, "a;b;d": 4}
    assert drawn(second) == {stack: value * 10**9 for stack, value in drawn(first).items()}
