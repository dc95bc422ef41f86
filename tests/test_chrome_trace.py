"""Trace events as stacks: which end belongs to which begin, what is shown, and that no time is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flamegraph as fg
from flamegraph.errors import EmptyProfile, UsageError
from flamegraph.profile import Profile
from flamegraph.source import Source


def stacks(profile: Profile) -> dict[str, int]:
    """Folded stack → the first metric."""
    labels, text = profile.labels(), [""]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        text.append(f"{text[parent]};{labels[frame]}" if parent else labels[frame])
    values = profile.samples.values[:, 0].tolist()
    return {text[node]: value for node, value in zip(profile.samples.stack.tolist(), values, strict=True)}


def read(events: list[Any], **options: Any) -> Profile:
    return fg.read(Source(json.dumps(events).encode(), "trace"), format="chrome_trace", **options)


def x(name: str, ts: float, dur: float, tid: Any = 1, **more: Any) -> dict[str, Any]:
    return {"ph": "X", "pid": 1, "tid": tid, "ts": ts, "dur": dur, "name": name, **more}


def begin(name: str | None, ts: float, ph: str = "B", **more: Any) -> dict[str, Any]:
    return {"ph": ph, "pid": 1, "tid": 1, "ts": ts, **({} if name is None else {"name": name}), **more}


def end(name: str | None, ts: float, ph: str = "E", **more: Any) -> dict[str, Any]:
    return begin(name, ts, ph, **more)


UNENDED = "begin without an end, ended with what is around it"


@pytest.mark.parametrize(
    ("events", "expected", "skipped"),
    [
        ([begin("a", 0), begin("b", 1), end(None, 3), end(None, 4)], {"a": 2000, "a;b": 2000}, {}),
        ([begin("a", 0), begin("b", 1), end("", 3), end("a", 4)], {"a": 2000, "a;b": 2000}, {}),
        # An end finds the begin of its name below others.
        ([begin("a", 0), begin("b", 1), end("a", 4)], {"a": 1000, "a;b": 3000}, {UNENDED: 1}),
        ([begin("a", 0), begin("a", 1), end("a", 3), end("a", 4)], {"a": 2000, "a;a": 2000}, {}),
        ([end("a", 0), begin("a", 1), end("a", 2)], {"a": 1000}, {"end without a begin": 1}),
        # What never ends lasts as long as anything on its thread.
        ([begin("a", 0), x("b", 2, 5)], {"a": 2000, "a;b": 5000}, {UNENDED: 1}),
        ([begin("a", 0), x("b", 2, 5, tid=2), x("c", 0, 1)], {"a": 0, "b": 5000, "a;c": 1000}, {UNENDED: 1}),
        # Out of order, and ends at the moment of the next begin.
        ([end("a", 5), begin("b", 5), end("b", 6), begin("a", 0)], {"a": 5000, "b": 1000}, {}),
        ([begin("a", 0), end("a", 5), begin("a", 5), end("a", 7)], {"a": 7000}, {}),
        # Times that a double can't hold to the ns are no crossings.
        ([x("a", 1700000000000000.0, 10), x("b", 1700000000000009.75, 5)], {"a": 10000, "b": 4750}, {}),
        ([x("a", 0.001, 0.002), x("b", 0.0015, 0.001)], {"a": 1, "a;b": 1}, {}),
    ],
)
def test_slices(events: list[Any], expected: dict[str, int], skipped: dict[str, int]):
    profile = read(events)
    assert stacks(profile) == {stack: value for stack, value in expected.items() if value}
    assert profile.skipped == skipped


names = st.sampled_from("abc")
moments = st.integers(0, 20)
slices = st.builds(lambda name, ts, dur, tid: x(name, ts, dur, tid), names, moments, moments, st.integers(1, 2))
halves = st.builds(lambda name, ts, ph: begin(name, ts, ph), names | st.none(), moments, st.sampled_from("BE"))


@settings(deadline=None)
@given(st.lists(slices | halves, max_size=14))
def test_a_thread_takes_no_longer_than_the_wall_time(events):
    """Whatever crosses whatever: all moments in which something ran are counted, and none twice."""
    try:
        profile = read(events)
    except EmptyProfile:
        return
    ran = {(e["tid"], t) for e in events if e["ph"] == "X" for t in range(e["ts"], e["ts"] + e["dur"])}
    last = max(e["ts"] + e.get("dur", 0) for e in events if e["tid"] == 1) if any(e["tid"] == 1 for e in events) else 0
    most = ran | {(1, t) for t in range(last)}
    assert len(ran) * 1000 <= profile.total() <= len(most) * 1000
    if all(e["ph"] == "X" for e in events):
        assert profile.total() == len(ran) * 1000
    timeline = read(events, timeline=True)
    assert timeline.total() == profile.total() and timeline.skipped == profile.skipped
    assert (timeline.samples.time[1:] >= timeline.samples.time[:-1]).all()


def test_moments_of_a_timeline_do_not_overlap():
    profile = read([x("a", 5, 10), x("b", 7, 2), x("c", 20, 1)], timeline=True)
    rows = zip(profile.samples.time.tolist(), profile.samples.values[:, 0].tolist(), strict=True)
    assert list(rows) == [(5000, 2000), (7000, 2000), (9000, 6000), (20000, 1000)]
    assert [thread.tid for thread in profile.threads] == [1]


def test_what_is_shown_can_be_chosen():
    events = [
        x("task", 0, 10),
        begin("load", 0, "b", id=1, cat="net"),
        end("load", 40, "e", id=1, cat="net"),
        begin("load", 5, "b", id=2, cat="net"),
        end("load", 15, "e", id=2, cat="net"),
        end("load", 16, "e", id=3, cat="net"),
    ]
    assert stacks(read(events)) == {"task": 10000}
    operations = read(events, show="async")
    assert stacks(operations) == {"load": 50000}, "two at once count both"
    assert operations.skipped == {"end without a begin": 1}
    assert stacks(read(events[1:])) == {"load": 50000}, "the first that there is"
    with pytest.raises(EmptyProfile, match="found none"):
        read(events, show="samples")
    with pytest.raises(UsageError, match="expected one of samples, slices, async"):
        read(events, show="all")


@pytest.mark.parametrize(
    ("event", "name", "file", "line"),
    [
        (x("f", 0, 1), "f", "", 0),
        (x(None, 0, 1), "(unnamed)", "", 0),
        (x(7, 0, 1), "7", "", 0),
        (x("f", 0, 1, args={"file": "data.csv"}), "f", "", 0),
        (x("f (/srv/a b.py:12)", 0, 1), "f (/srv/a b.py:12)", "/srv/a b.py", 12),
        (x("f (1:x)", 0, 1), "f (1:x)", "", 0),
        (x("f", 0, 1, cat="py-spy", args={"filename": "/srv/mill.py", "line": 3}), "f (mill.py:3)", "/srv/mill.py", 3),
        (
            x("f", 0, 1, cat="py-spy", args={"filename": "/usr/lib/python3.11/re/__init__.py", "line": 9}),
            "f (re/__init__.py:9)",
            "/usr/lib/python3.11/re/__init__.py",
            9,
        ),
        (
            x("f", 0, 1, cat="py-spy", args={"filename": "/v/site-packages/a/b.py", "line": None}),
            "f (a/b.py)",
            "/v/site-packages/a/b.py",
            0,
        ),
        (
            x("f", 0, 1, cat="py-spy", args={"filename": "<frozen site>", "line": 1}),
            "f (<frozen site>:1)",
            "<frozen site>",
            1,
        ),
        (x("f", 0, 1, args={"url": "app.js", "line": 4, "funcLine": "2"}), "f", "app.js", 2),
        (x("f", 0, 1, args={"url": "app.js", "line": "many"}), "f", "app.js", 0),
        (x("f", 0, 1, args={"url": None, "line": 4}), "f", "", 0),
        (x("f", 0, 1, args=[1]), "f", "", 0),
    ],
)
def test_names_and_places(event: dict[str, Any], name: str, file: str, line: int):
    frames = read([event]).frames
    assert (frames.name, frames.file, frames.line.tolist()) == ([name], [file], [line])


def test_one_sample_counts_though_it_has_no_duration():
    trace = {"traceEvents": [], "samples": [{"ts": 1, "sf": 1}], "stackFrames": {"1": {"name": "f"}}}
    profile = fg.read(json.dumps(trace).encode())
    assert [metric.name for metric in profile.metrics] == ["samples"] and stacks(profile) == {"f": 1}


def test_a_dropped_sample_takes_its_time_along():
    samples = [{"ts": 0, "sf": 1}, {"ts": 10, "sf": 9}, {"ts": 30, "sf": 1}, {"ts": 31, "sf": 1}]
    trace = {"traceEvents": [], "samples": samples, "stackFrames": {"1": {"name": "f"}}}
    profile = fg.read(json.dumps(trace).encode())
    assert stacks(profile) == {"f": 11000} and profile.skipped == {"sample of an unknown stack": 1}


def test_a_thread_is_sampled_once():
    """Of two CPU profiles of one thread at one time, the longer one counts; one after the other, both do."""
    node = {"id": 1, "callFrame": {"functionName": "f"}}

    def profile(start: int, deltas: list[int]) -> dict[str, Any]:
        data = {"nodes": [node], "samples": [1] * len(deltas), "timeDeltas": deltas, "startTime": start}
        return {"ph": "I", "pid": 1, "tid": 1, "ts": 0, "name": "CpuProfile", "args": {"data": {"cpuProfile": data}}}

    together = read([profile(0, [10, 10]), profile(5, [10, 10, 10])])
    assert stacks(together) == {"f": 20000}
    assert together.skipped == {"sample of a thread that a longer CPU profile covers": 2}
    assert stacks(read([profile(0, [10, 10]), profile(50, [10, 10, 10])])) == {"f": 30000}


def test_a_deep_stack():
    depth = 50_000
    events = [begin(f"f{i % 3}", i) for i in range(depth)] + [end(None, depth + i) for i in range(depth)]
    profile = read(events)
    assert len(profile.stacks) == depth + 1 and profile.total() == (2 * depth - 1) * 1000
