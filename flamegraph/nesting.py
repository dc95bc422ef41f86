"""From time slices to stacks: which slice lies within which, and how long each ran by itself.

Trace formats hold slices, a thread with a start and an end each, and stacks are what lies around one. Nsight's ranges
and calls, Kineto's operators, rocprofv3's regions and Chrome's events are all nested here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

__all__ = ["SliceIndex", "by_level", "crossing", "nest", "pieces", "self_times"]


def nest(thread: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """(parent, order, crossings) of n slices, each on a thread from `start` to `end`, int64[n].

    parent     int64[n] the innermost slice of the same thread that wholly holds this one, -1 where there is none
    order      int64[n] the slices such that a parent comes before its children: by thread, start, the longest first,
               and as they came where both ends are equal
    crossings  how many slices begin within another and end after it; they count as that one's siblings
    """
    order = np.lexsort((-np.asarray(end), start, thread))
    thread, start, end = thread[order], start[order], end[order]
    above, crossings = _by_depth(thread, start, end), 0
    if above is None:
        above, crossings = _one_by_one(thread, start, end)
    parent = np.empty(len(order), np.int64)
    parent[order] = np.where(above >= 0, order[above], -1)
    return parent, order, crossings


def _by_depth(thread: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray | None:
    """The parents of slices that are in `nest`'s order; None where some cross, or take no time.

    A slice is as deep as there are others that began before it and are not over. Its parent is the last one before it
    that is one level up, or slices cross.
    """
    n = len(start)
    if not (start < end).all():
        return None
    bounds = np.flatnonzero(np.concatenate((np.ones(min(n, 1), bool), thread[1:] != thread[:-1], [True])))
    depth = np.empty(n, np.int64)
    for begin, stop in pairwise(bounds.tolist()):
        over = np.searchsorted(np.sort(end[begin:stop]), start[begin:stop], "right")
        depth[begin:stop] = np.arange(stop - begin) - over
    levels = np.split(np.argsort(depth, kind="stable"), np.cumsum(np.bincount(depth))[:-1]) if n else []
    parent = np.full(n, -1, np.int64)
    for higher, level in pairwise(levels):
        at = np.searchsorted(higher, level) - 1
        if len(level) and at[0] < 0:
            return None
        parent[level] = higher[at]
    inner = np.flatnonzero(parent >= 0)
    outer = parent[inner]
    return parent if ((end[outer] >= end[inner]) & (thread[outer] == thread[inner])).all() else None


def _one_by_one(thread: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, int]:
    """(parents, crossings) of slices that are in `nest`'s order, whatever they are."""
    parent, crossings = np.full(len(start), -1, np.int64), 0
    open_: list[int] = []  # slices that are not over yet, and when they will be
    until: list[int] = []
    here = None
    for i, (who, begins, ends) in enumerate(zip(thread.tolist(), start.tolist(), end.tolist(), strict=True)):
        if who != here:
            here = who
            open_.clear()
            until.clear()
        crossed = False
        while until and (until[-1] < ends or until[-1] <= begins < ends):
            crossed |= until[-1] > begins
            open_.pop()
            until.pop()
        crossings += crossed
        if open_:
            parent[i] = open_[-1]
        open_.append(i)
        until.append(ends)
    return parent, crossings


def self_times(parent: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """How long each slice ran while none of its children did: int64[n]. They add up to what the outermost ones took."""
    own = np.asarray(end, np.int64) - np.asarray(start, np.int64)
    inside = np.flatnonzero(parent >= 0)
    spent = np.zeros(len(own), np.int64)
    np.add.at(spent, parent[inside], own[inside])
    return own - spent


def crossing(thread: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Which slices begin within another and end after it: bool[n]. Without them the others are nested."""
    found = np.zeros(len(start), bool)
    until: list[int] = []
    here = None
    order = np.lexsort((-np.asarray(end), start, thread))
    columns = zip(order.tolist(), thread[order].tolist(), start[order].tolist(), end[order].tolist(), strict=True)
    for i, who, begins, ends in columns:
        if who != here:
            here = who
            until.clear()
        while until and until[-1] <= begins:
            until.pop()
        if until and until[-1] < ends:
            found[i] = True
        else:
            until.append(ends)
    return found


def by_level(parent: np.ndarray, order: np.ndarray) -> Iterator[np.ndarray]:
    """The slices level by level, the outermost first. `parent` and `order` are what `nest` made of them."""
    # Each step doubles how far up a slice has looked, so that a deep nest takes no more steps than its depth has bits.
    depth = (parent >= 0).astype(np.int64)
    above = parent.copy()
    live = np.flatnonzero(parent >= 0)
    while len(live):
        reached = above[live]
        depth[live] += depth[reached]
        above[live] = above[reached]
        live = live[above[live] >= 0]
    by_depth = order[np.argsort(depth[order], kind="stable")]
    if len(order):
        yield from np.split(by_depth, np.cumsum(np.bincount(depth))[:-1])


def pieces(
    parent: np.ndarray, order: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(slice, begin, length) of every stretch in which a slice ran and none of its children did: `self_times`, but
    one by one, in order of their begin. No slice may cross another.
    """
    start, end = np.asarray(start, np.int64), np.asarray(end, np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    inside = order[parent[order] >= 0]
    inside = inside[np.lexsort((rank[inside], parent[inside]))]
    # Each child ends a stretch of its parent, which began where the child before it ended; the last one is the rest.
    above = parent[inside]
    first = np.concatenate(([True], above[1:] != above[:-1]))[: len(inside)]
    since = np.where(first, start[above], np.roll(end[inside], 1))
    rest = start.copy()
    rest[above] = end[inside]
    which = np.concatenate((above, np.arange(len(start))))
    begin = np.concatenate((since, rest))
    length = np.concatenate((start[inside], end)) - begin
    some = np.flatnonzero(length)
    some = some[np.argsort(begin[some], kind="stable")]
    return which[some], begin[some], length[some]


class SliceIndex:
    """Finds the innermost slice that is open on a thread at a moment."""

    def __init__(self, thread: np.ndarray, start: np.ndarray, end: np.ndarray, parent: np.ndarray, order: np.ndarray):
        """`parent` and `order` are what `nest` made of the others."""
        self._order, self._parent, self._end = order, parent, np.asarray(end)
        self._thread, self._start = np.asarray(thread)[order], np.asarray(start)[order]

    def at(self, thread: np.ndarray, moment: np.ndarray) -> np.ndarray:
        """int64[m]: the innermost slice with start <= moment < end on each thread, -1 where there is none."""
        thread, moment = np.asarray(thread), np.asarray(moment)
        found = np.full(len(moment), -1, np.int64)
        if not len(self._order):
            return found
        # The last slice that began by then, on this thread; whatever is open at that moment is among its ancestors.
        rank = np.lexsort((np.r_[np.zeros(len(self._start), int), np.ones(len(moment), int)],
                           np.r_[self._start, moment], np.r_[self._thread, thread]))  # fmt: skip
        asked = rank >= len(self._start)
        before = np.cumsum(~asked)[asked] - 1
        which = rank[asked] - len(self._start)
        near = np.where(before >= 0, self._order[np.maximum(before, 0)], -1)
        near[(before < 0) | (self._thread[np.maximum(before, 0)] != thread[which])] = -1
        found[which] = near
        live = np.flatnonzero(found >= 0)
        while len(live):
            over = live[self._end[found[live]] <= moment[live]]
            found[over] = self._parent[found[over]]
            live = over[found[over] >= 0]
        return found
