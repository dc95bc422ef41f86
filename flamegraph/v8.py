"""CPU profiles of V8, the JavaScript engine of Chrome and Node: a tree of calls, and which node ran at each sample.

    {"nodes": [{"id": 1, "callFrame": {"functionName": "(root)"}, "children": [2]},
               {"id": 2, "parent": 1, "callFrame": {"functionName": "alpha", "url": "file:///a.js", "lineNumber": 7}}],
     "samples": [2, 2], "timeDeltas": [120, 130], "startTime": 9632403026}

Times are in µs, and lines count from 0. As in Chrome's own tools a sample lasts until the next one, in the order of
their times even where the clock went back, and the garbage collector stands on the stack that it interrupted. How long
the last one lasts is not known: no time. "(root)" is no function, and "(idle)" no work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .forest import Forest
from .profile import Kind

__all__ = ["CpuProfile", "CpuSamples", "add_profile"]

_COLLECTOR = "(garbage collector)"

#: µs: beyond that a time is none.
_LATEST = 4e15


@dataclass
class CpuProfile:
    """What belongs to one thread, put together from however many pieces it came in."""

    nodes: list[Any] = field(default_factory=list)
    samples: list[Any] = field(default_factory=list)
    deltas: list[Any] = field(default_factory=list)
    start: Any = 0

    def extend(self, piece: Mapping[str, Any]) -> None:
        """Take in what an object with some of the keys above holds."""
        for key, into in (("nodes", self.nodes), ("samples", self.samples), ("timeDeltas", self.deltas)):
            if type(piece.get(key)) is list:
                into.extend(piece[key])
        if piece.get("startTime") is not None:
            self.start = piece["startTime"]


@dataclass(frozen=True)
class CpuSamples:
    """One row per sample: its row in the forest, when it was taken in µs and how many ns it lasted; and what not."""

    row: np.ndarray
    time: np.ndarray
    duration: np.ndarray
    skipped: dict[str, int]


def add_profile(forest: Forest, profile: CpuProfile, base: int) -> CpuSamples:
    """Put a profile's stacks on the row `base`."""
    names, rows = _rows(forest, profile.nodes, base)
    n = min(len(profile.samples), len(profile.deltas))
    delta = np.array([_time(value) for value in profile.deltas[:n]])
    time = _time(profile.start) + np.cumsum(delta)
    order = np.argsort(time, kind="stable")
    time = time[order]
    duration = np.rint(np.diff(time, append=time[-1:]) * 1000).astype(np.int64)
    ids = [_id(profile.samples[i]) for i in order.tolist()]
    row = np.array([rows.get(id, -1) for id in ids], np.int64)
    name = np.array([names.get(id, "") for id in ids], object)
    idle, collecting = name == "(idle)", name == _COLLECTOR
    row = _interrupted(forest, np.where(idle, base, row), collecting, base)
    skipped = {
        "sample of an unknown stack": int((row < 0).sum()) + len(profile.samples) - n,
        "sample of an idle thread": int((idle | (name == "(root)")).sum()),
    }
    kept = np.flatnonzero((row >= 0) & ~idle & (name != "(root)"))
    return CpuSamples(row[kept], time[kept], duration[kept], {why: count for why, count in skipped.items() if count})


def _rows(forest: Forest, nodes: Sequence[Any], base: int) -> tuple[dict[str, str], dict[str, int]]:
    """(name, row) of each node by id."""
    known = {_id(node.get("id")): node for node in nodes if type(node) is dict}
    parents: dict[str, str] = {}
    names: dict[str, str] = {}
    tree: dict[str, tuple[str, int]] = {}
    for id, node in known.items():
        if node.get("parent") is not None:
            parents.setdefault(id, _id(node["parent"]))
        children = node.get("children")
        for child in children if type(children) is list else ():
            parents.setdefault(_id(child), id)
    for id, node in known.items():
        call = node.get("callFrame")
        names[id], frame = _frame(forest, call if type(call) is dict else node)
        tree[id] = parents.get(id, ""), frame
    return names, forest.tree(tree, base)


def _frame(forest: Forest, call: Mapping[str, Any]) -> tuple[str, int]:
    """A function's name and frame."""
    name = call.get("functionName")
    name = name if type(name) is str and name else "(anonymous)"
    if name == "(root)":
        return name, -1
    url, line = call.get("url"), call.get("lineNumber")
    line = line + 1 if type(line) is int else 0
    return name, forest.frame(name, Kind.USER, "", url if type(url) is str else "", line)


def _interrupted(forest: Forest, row: np.ndarray, collecting: np.ndarray, base: int) -> np.ndarray:
    """The rows of samples, in which the garbage collector stands on the stack of the sample before it."""
    gc = np.flatnonzero(collecting)
    if not len(gc):
        return row
    before = np.maximum.accumulate(np.where(collecting, -1, np.arange(len(row))))[gc]
    below = np.where(before >= 0, row[before], base)
    below[below < 0] = base
    stacks, which = np.unique(below, return_inverse=True)
    row = row.copy()
    row[gc] = forest.add(stacks, forest.frame(_COLLECTOR))[which]
    return row


def _id(value: Any) -> str:
    return str(value)


def _time(value: Any) -> float:
    """µs; 0 where it is no time."""
    try:
        time = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return time if abs(time) <= _LATEST else 0.0
