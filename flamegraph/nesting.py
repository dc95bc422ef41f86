"""From time slices to stacks: which slice lies within which, and how long each ran by itself.

Trace formats hold slices, a thread with a start and an end each, and stacks are what lies around one. Nsight's ranges
and calls, Kineto's operators, rocprofv3's regions and Chrome's events are all nested here.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["Pieces", "SliceIndex", "by_level", "crossing", "nest", "own_moments", "self_times", "untangle"]


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


def own_moments(
    parent: np.ndarray, order: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(slice, since, until), int64[k]: when each slice ran while none of its children did, in order of `since`.

    Empty moments are left out; `self_times` are what they add up to. `parent` and `order` are what `nest` made of the
    others.
    """
    start, end = np.asarray(start), np.asarray(end)
    inside = order[parent[order] >= 0]
    child = inside[np.argsort(parent[inside], kind="stable")]  # by parent, in time order
    mother = parent[child]
    is_first = np.ones(len(child), bool)
    is_first[1:] = mother[1:] != mother[:-1]
    # A slice runs by itself until its first child begins, and again from the end of each child to the next one.
    stop = np.array(end, np.int64)
    stop[mother[is_first]] = start[child[is_first]]
    resume = end[mother] if len(child) else end[:0]
    resume[:-1] = np.where(is_first[1:], resume[:-1], start[child[1:]])
    slices = np.concatenate((np.arange(len(end)), mother))
    since, until = np.concatenate((start, end[child])), np.concatenate((stop, resume))
    some = np.flatnonzero(until > since)
    some = some[np.argsort(since[some], kind="stable")]
    return slices[some], since[some], until[some]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Slices that do not cross one another, nested: int64[k] each. A slice may have become several pieces.

    slice       which slice each is a piece of
    crossings   how many slices had to be cut
    """

    slice: np.ndarray
    start: np.ndarray
    end: np.ndarray
    parent: np.ndarray
    order: np.ndarray
    crossings: int = 0


def untangle(thread: np.ndarray, start: np.ndarray, end: np.ndarray, slack: int = 0) -> Pieces:
    """Slices nested as `nest` does, after those that cross another were cut.

    A slice that begins within another and outlasts it is cut where that one ends: the first piece stands below it, the
    second beside it. So every slice keeps its time, and a thread takes no longer than the wall time. An overlap of up
    to `slack` is due to the clock: the later slice then begins where the earlier one ends, or ends with it.
    """
    parent, order, crossings = nest(thread, start, end)
    if not crossings:
        return Pieces(np.arange(len(start)), np.asarray(start), np.asarray(end), parent, order)
    pieces: list[tuple[int, int, int]] = []
    cut: set[int] = set()
    rest: list[tuple[int, int, int]] = []  # a heap of what is left of the slices that were cut: start, -end, slice
    until: list[int] = []
    room = 4 * len(order) + 1000  # nobody's trace needs as many cuts; one that is made to gets siblings

    def place(i: int, begins: int, ends: int) -> None:
        nonlocal room
        while until and until[-1] <= begins:
            until.pop()
        if until and until[-1] < ends and room:
            room -= 1
            if ends - until[-1] > slack:
                heapq.heappush(rest, (until[-1], -ends, i))
                if until[-1] - begins <= slack:
                    return
                cut.add(i)
            ends = until[-1]
        pieces.append((i, begins, ends))
        until.append(ends)

    here = None
    for i, who, begins, ends in zip(
        order.tolist(), thread[order].tolist(), start[order].tolist(), end[order].tolist(), strict=True
    ):
        while rest and (who != here or rest[0] <= (begins, -ends, i)):
            left, minus_ends, j = heapq.heappop(rest)
            place(j, left, -minus_ends)
        if who != here:
            here = who
            until.clear()
        place(i, begins, ends)
    while rest:
        left, minus_ends, j = heapq.heappop(rest)
        place(j, left, -minus_ends)
    of, begin, stop = np.array(pieces, np.int64).T
    parent, order, _ = nest(thread[of], begin, stop)
    return Pieces(of, begin, stop, parent, order, len(cut))


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
