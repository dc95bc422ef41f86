"""Every trace of the corpus is read with all its time; stacks weigh what speedscope's own expectations say."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from golden import CORPUS
from test_chrome_trace import UNENDED, stacks

import flamegraph as fg

TRACES = CORPUS / "chrome-trace"
pytestmark = pytest.mark.skipif(not TRACES.exists(), reason="the corpus is not here")

FILES = sorted(path for path in TRACES.rglob("*.json*") if path.is_file()) if TRACES.exists() else []
SPEEDSCOPE = TRACES / "speedscope"


def events_of(path: Path) -> list[Any]:
    content = path.read_bytes()
    whole = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    return whole["traceEvents"] if isinstance(whole, dict) else whole


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_is_read(path: Path):
    profile = fg.read(path)
    assert profile.total() > 0
    assert not {reason for reason in profile.skipped if reason.startswith(("event", "trace", "not"))}
    timeline = fg.read(path, timeline=True)
    assert timeline.total() == profile.total() and timeline.skipped == profile.skipped


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "viztracer"], ids=lambda p: p.name)
def test_all_time_of_slices_is_there(path: Path):
    """Each thread weighs what its slices cover, to the 2 ns that a double may be off at either end of a gap."""
    spans: dict[Any, list[tuple[int, int]]] = {}
    for event in events_of(path):
        if event["ph"] == "X":
            start = round(event["ts"] * 1000)
            spans.setdefault((event["pid"], event["tid"]), []).append((start, start + round(event["dur"] * 1000)))
    wall = slack = 0
    for thread in spans.values():
        until = -1
        for start, end in sorted(thread):
            wall += max(end - max(start, until), 0)
            until = max(until, end)
        slack += 2 * len(thread)
    total = fg.read(path).total()
    assert wall - slack <= total <= wall


def expectations(snapshot: str) -> dict[str, tuple[str, list[dict[str, float]]]]:
    """Test → (file, for each of its profiles stack → ns), from speedscope's test snapshots."""
    text = (SPEEDSCOPE / "expected" / snapshot).read_text(encoding="utf-8")
    files: dict[str, str] = {}
    tests: dict[str, list[dict[str, float]]] = {}
    for part in text.split("\nexports[`")[1:]:
        title = part.partition("`")[0]
        if ": " in title:
            if title.endswith("profileGroup.name 1"):
                files[title.partition(": ")[0]] = re.search(r'`"(.*?)"`', part)[1]
            continue
        found: Counter[str] = Counter()
        listed = re.search(r'"stacks": \[(.*?)\n?  \],', part, re.DOTALL)
        for line in re.findall(r'^    "(.*)",$', listed[1], re.MULTILINE) if listed else ():
            stack, _, time = line.rpartition(" ")
            number, unit = re.fullmatch(r"([\d.]+)(µs|ms|s)", time).groups()
            if stack:  # an empty one is idle time
                found[stack] += float(number) * {"µs": 1e3, "ms": 1e6, "s": 1e9}[unit]
        tests.setdefault(title.rpartition(" ")[0], []).append(dict(found))
    return {title: (files.get(title, ""), profiles) for title, profiles in tests.items()}


def without_arguments(stack: str) -> str:
    return re.sub(r' \{".*?\}(?=;|$)', "", stack)


# Where a slice crosses another, we cut it; speedscope lets the outer one last longer.
CUT = {"alpha": 1000, "alpha;beta": 8000, "beta": 1000}
DIFFERENT = {
    "invalid-x-nesting.json": {"alpha": 5000, "alpha;beta": 5000, "beta": 5000},
    "unbalanced-name.json": CUT,
    "out-of-order-unbalanced-name.json": CUT,
    # An end finds its begin below one that never ends; what comes then stands beside it.
    "end-non-top-of-stack.json": {"A": 1000, "A;B": 9000, "Z": 1000},
    # speedscope drops all of a trace whose begin has no end.
    "mismatched-name.json": {"alpha": 10000},
}


@pytest.mark.parametrize("name", sorted(path.name for path in SPEEDSCOPE.glob("*.json")))
def test_as_speedscope_expects(name: str):
    expected = dict(expectations("trace-event.test.ts.snap").values())
    if name not in expected:
        assert name == "hermes-multiple-frames.json", "the snapshots hold nothing for it"
        return
    found: Counter[str] = Counter()
    for stack, value in stacks(fg.read(SPEEDSCOPE / name)).items():
        if value:
            found[re.sub(r"^(?:(?:p\d|pid 2|mqt_js|tid 2)(?:;(?:p\dt\d|tid \d))?;)?", "", stack)] += value
    wanted: Counter[str] = Counter()
    for profile in expected[name]:
        for stack, value in profile.items():
            wanted[without_arguments(stack)] += value
    if name in DIFFERENT:
        assert found == DIFFERENT[name] != wanted
    else:
        assert found.keys() == wanted.keys()
        for stack, value in wanted.items():  # which are rounded to a hundredth of their unit
            assert found[stack] == pytest.approx(value, abs=max(value / 500, 10))


@pytest.mark.parametrize(
    ("name", "title", "elsewhere"),
    [
        ("Chrome-69-simple.json", "Timeline Chrome 69", 0),
        ("Chrome-116-Trace-20230603T221323.json.gz", "Timeline Chrome 116", 600_000),
        ("Chrome-141-no-arg-data.json", "Chrome 141 profile with missing arg data", 700_000),
        ("Chrome-66-worker.json.gz", "Timeline Workers Chrome 66", 100_000),
    ],
)
def test_cpu_profiles_as_speedscope_expects(name: str, title: str, elsewhere: int):
    """Leaf by leaf, for speedscope hangs "(program)" elsewhere.

    Up to `elsewhere` ns count elsewhere: where the clock goes back, for which speedscope counts no time and we sort,
    and where a sample's stack is not in the file, whose time speedscope gives to the stack before.
    """
    wanted: Counter[str] = Counter()
    for test, (_, profiles) in expectations("chrome.test.ts.snap").items():
        for profile in profiles if test.endswith(title) else ():
            for stack, value in profile.items():
                wanted[re.sub(r"\(anonymous .*?\)", "(anonymous)", stack).rpartition(";")[2]] += value
    found: Counter[str] = Counter()
    for stack, value in stacks(fg.read(TRACES / name)).items():
        found[stack.rpartition(";")[2]] += value
    assert wanted and +found == Counter({leaf: found[leaf] for leaf in wanted if found[leaf]})
    for leaf, value in wanted.items():  # which is rounded to a hundredth of its unit, sample by sample
        assert abs(found[leaf] - value) <= value / 100 + 20_000 + elsewhere, leaf


def test_py_spy_spells_alike_in_all_it_writes():
    """What py-spy recorded as a trace has the names that it gives as folded text."""
    raw = {
        frame for stack in stacks(fg.read(CORPUS / "py-spy" / "local" / "pyspy-raw.txt")) for frame in stack.split(";")
    }
    trace = fg.read(CORPUS / "py-spy" / "local" / "pyspy-chrometrace.json")
    assert len(raw & set(trace.frames.name)) > len(raw) * 0.8
    assert UNENDED not in trace.skipped
