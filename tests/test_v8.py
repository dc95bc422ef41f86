"""CPU profiles of V8: their trees, their clock, and who stands on whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_forest import NS, stacks

from flamegraph.forest import Forest
from flamegraph.v8 import CpuProfile, add_profile


def node(id: Any, name: str, parent: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": id, "callFrame": {"functionName": name}, **({} if parent is None else {"parent": parent}), **more}


def read(nodes: list[Any], samples: list[Any], deltas: list[Any], start: Any = 0) -> tuple[dict[str, int], dict]:
    profile = CpuProfile()
    profile.extend({"nodes": nodes, "samples": samples, "timeDeltas": deltas, "startTime": start})
    forest = Forest()
    found = add_profile(forest, profile, 0)
    made = forest.profile(found.row, found.duration[:, None], NS, timeline=True, time=found.time)
    total: dict[str, int] = {}
    for stack, value in zip(map(stack_of(made), made.samples.stack.tolist()), made.samples.values, strict=True):
        total[stack] = total.get(stack, 0) + int(value[0])
    assert (np.diff(found.time) >= 0).all()
    return total, found.skipped


def stack_of(profile):
    names = {node: text for text, node in zip(stacks_of(profile), range(len(profile.stacks)), strict=True)}
    return names.__getitem__


def stacks_of(profile) -> list[str]:
    text = [""]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        text.append(f"{text[parent]};{profile.frames.name[frame]}" if parent else profile.frames.name[frame])
    return text


ROOT, A, B = node(1, "(root)"), node(2, "a", 1), node(3, "b", 2)
UNKNOWN, RESTS = {"sample of an unknown stack": 1}, {"sample of an idle thread": 1}
GC, IDLE = node(4, "(garbage collector)", 1), node(5, "(idle)", 1)


@pytest.mark.parametrize(
    ("nodes", "samples", "deltas", "expected", "skipped"),
    [
        # A sample lasts until the next one; the last one has no time.
        ([ROOT, A, B], [2, 3, 3], [5, 10, 20], {"a": 10000, "a;b": 20000}, {}),
        # Children in place of parents, ids as text, and parents that come later.
        ([node("3", "b"), node(2, "a", children=[3])], [3, 3], [0, 7], {"a;b": 7000}, {}),
        # The collector stands on what it interrupted: not on idleness, nor on a collector.
        ([ROOT, A, GC], [2, 4, 4, 2], [0, 5, 6, 7], {"a": 5000, "a;(garbage collector)": 13000}, {}),
        ([ROOT, A, GC, IDLE], [5, 4, 2], [0, 5, 6], {"(garbage collector)": 6000, "a": 0}, RESTS),
        ([ROOT, GC], [4, 4], [0, 5], {"(garbage collector)": 5000}, {}),
        # A clock that goes back: in the order of time.
        ([ROOT, A, B], [2, 3, 2, 2], [100, 50, -30, 80], {"a": 50000, "a;b": 50000}, {}),
        ([ROOT, A], [1, 2, 77, 2], [0, 5, 5, 5], {"a": 5000}, UNKNOWN | RESTS),
        ([A, B], [3, 3, 3], [0, 4], {"a;b": 4000}, UNKNOWN),
        ([node(6, "x", 7), node(7, "y", 6)], [6, 7], [1, 1], {}, {"sample of an unknown stack": 2}),
        ([None, 5, {"id": 2}, {"id": 3, "callFrame": []}], [2, 3, 2], [0, "2", None], {"(anonymous)": 2000}, {}),
        ([], [], [], {}, {}),
    ],
)  # fmt: skip
def test_cpu_profile(nodes: list, samples: list, deltas: list, expected: dict[str, int], skipped: dict[str, int]):
    assert read(nodes, samples, deltas) == (expected, skipped)


def test_places_count_from_one():
    forest = Forest()
    frame = {"functionName": "", "url": "file:///a.js", "lineNumber": 7}
    profile = CpuProfile([{"id": 1, "callFrame": frame}], [1, 1], [0, 3])
    found = add_profile(forest, profile, 0)
    made = forest.profile(found.row, found.duration[:, None], NS)
    assert (made.frames.name, made.frames.file, made.frames.line.tolist()) == (["(anonymous)"], ["file:///a.js"], [8])
    assert stacks(made) == {"(anonymous)": [3000]}
