"""NVTX ranges: what a program calls the stretches of its own time.

Ranges that are pushed and popped are nested by nature. Those that are started and ended count as well where they
begin and end within the same range of their thread; the others lie across ranges, and a stack has no place for them.
A range that was not over when the recording ended is taken to end then, or with the range around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...nesting import SliceIndex, crossing, nest
from ...nvtx import without_numbers
from .export import Export
from .pairs import distinct_pairs
from .processes import UNKNOWN, Processes, process_of
from .stacks import StackBuilder

__all__ = ["Ranges", "read_ranges"]

_PUSH_POP, _START_END, _DOMAIN = 59, 60, 75
_OPEN = -(1 << 60)


@dataclass(frozen=True, eq=False)
class Ranges:
    """Ranges that are nested on their threads, int64[n] each.

    name    as `Export.string` knows it
    domain  the NVTX domain's name likewise, -1 for the default domain
    parent, order   what `nesting.nest` made of them
    """

    thread: np.ndarray
    start: np.ndarray
    end: np.ndarray
    name: np.ndarray
    domain: np.ndarray
    parent: np.ndarray
    order: np.ndarray

    def __len__(self) -> int:
        return len(self.start)

    def nodes(self, build: StackBuilder, export: Export, processes: Processes, *, threads: bool) -> np.ndarray:
        """The node of each range: below its process, with `threads` its thread, and the ranges around it."""
        root = processes.roots(build, self.thread, threads=threads)
        which, pairs = distinct_pairs(self.name, self.domain)
        frames = [
            build.frame(export.string(name) or "[range without a name]", module=export.string(domain) or "")
            for name, domain in pairs
        ]
        frame = np.array(frames, np.int64)[which]
        return build.nested(root, np.zeros(len(self), bool), self.parent, self.order, frame)

    def index(self) -> SliceIndex:
        """Finds the range that is open on a thread at a moment."""
        return SliceIndex(self.thread, self.start, self.end, self.parent, self.order)


def read_ranges(export: Export, with_numbers: bool, wanted: bool = True) -> Ranges:
    """The ranges of an export, none where they are not `wanted`. What is left out is noted in `export.skipped`."""
    if not wanted:
        none = np.zeros(0, np.int64)
        return Ranges(none, none, none, none, none, none, none)
    tidy = bytes if with_numbers else without_numbers
    rows = export.spans(
        "NVTX_EVENTS", tidy, start=0, end=_OPEN, eventType=0, globalTid=UNKNOWN, domainId=0, textId=-1, text=""
    )
    name = np.where(rows["text"] == -1, rows["textId"], rows["text"])
    kind = rows["eventType"]
    domain = _domains(rows, name)
    ranges = Ranges(rows["globalTid"], rows["start"], rows["end"], name, domain, name, name)  # the last two are to come
    pushed = _closed(_pick(ranges, np.flatnonzero(kind == _PUSH_POP)), export)
    started = _pick(ranges, np.flatnonzero(kind == _START_END))
    if not len(started):
        return pushed
    open_ = started.end < started.start
    if open_.any():
        started = replace(started, end=np.where(open_, np.maximum(started.start, export.last()), started.end))
    fits = _fits(started, pushed)
    return _nested(_joined(pushed, _pick(started, np.flatnonzero(fits))), export, int(np.count_nonzero(~fits)))


def _fits(started: Ranges, pushed: Ranges) -> np.ndarray:
    """Which ranges cross none of those that are nested: bool[n]."""
    if not len(pushed):
        return np.ones(len(started), bool)
    index = pushed.index()
    around = _climb(
        index.at(started.thread, started.start), pushed.parent, lambda i, at: pushed.start[at] < started.start[i]
    )
    after = _climb(
        index.at(started.thread, np.maximum(started.end - 1, started.start)),
        pushed.parent,
        lambda i, at: pushed.end[at] > started.end[i],
    )
    inside = (around < 0) | (started.end <= pushed.end[around])
    return inside & ((after < 0) | (started.start >= pushed.start[after]))


def _climb(found: np.ndarray, parent: np.ndarray, stays: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """Each of the ranges `found`, or the first one around it that `stays`; -1 where none does."""
    live = np.flatnonzero(found >= 0)
    while len(live):
        live = live[~stays(live, found[live])]
        found[live] = parent[found[live]]
        live = live[found[live] >= 0]
    return found


def _domains(rows: dict[str, np.ndarray], name: np.ndarray) -> np.ndarray:
    """The name of each row's domain: a process gives its domains numbers, and one row says what each is called."""
    process = process_of(rows["globalTid"])
    created = np.flatnonzero(rows["eventType"] == _DOMAIN)
    known = dict(zip(zip(process[created].tolist(), rows["domainId"][created].tolist(), strict=True),
                     name[created].tolist(), strict=True))  # fmt: skip
    which, pairs = distinct_pairs(process, rows["domainId"])
    return np.array([known.get(pair, -1) for pair in pairs], np.int64)[which]


def _closed(ranges: Ranges, export: Export) -> Ranges:
    """The ranges, nested, those without an end ended by the range around them or by the end of the recording."""
    open_ = np.flatnonzero(ranges.end < ranges.start)
    if not len(open_):
        return _nested(ranges, export, 0)
    closed = _nested(_pick(ranges, np.flatnonzero(ranges.end >= ranges.start)), export, 0)
    around = closed.index().at(ranges.thread[open_], ranges.start[open_])
    end = np.maximum(ranges.start[open_], export.last())
    end[around >= 0] = closed.end[around[around >= 0]]
    return _nested(_joined(closed, replace(_pick(ranges, open_), end=end)), export, 0)


def _nested(ranges: Ranges, export: Export, left_out: int) -> Ranges:
    parent, order, crossings = nest(ranges.thread, ranges.start, ranges.end)
    if crossings:
        cross = crossing(ranges.thread, ranges.start, ranges.end)
        left_out += int(np.count_nonzero(cross))
        ranges = _pick(ranges, np.flatnonzero(~cross))
        parent, order, _ = nest(ranges.thread, ranges.start, ranges.end)
    export.skipped["NVTX range that lies across others"] += left_out
    return replace(ranges, parent=parent, order=order)


_COLUMNS = ("thread", "start", "end", "name", "domain")


def _pick(ranges: Ranges, which: np.ndarray) -> Ranges:
    return replace(ranges, **{column: getattr(ranges, column)[which] for column in _COLUMNS})


def _joined(a: Ranges, b: Ranges) -> Ranges:
    return replace(a, **{column: np.concatenate((getattr(a, column), getattr(b, column))) for column in _COLUMNS})
