"""From time slices to stacks: which slice lies within which, and how long each ran by itself.

Trace formats hold slices, a thread with a start and an end each, and stacks are what lies around one. Nsight's ranges
and calls, Kineto's operators, rocprofv3's regions and Chrome's events are all nested here.
"""

from __future__ import annotations

import numpy as np

__all__ = ["SliceIndex", "nest", "self_times"]


def nest(thread: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """(parent, order, crossings) of n slices, each on a thread from `start` to `end`, int64[n].

    parent     int64[n] the innermost slice of the same thread that wholly holds this one, -1 where there is none
    order      int64[n] the slices such that a parent comes before its children: by thread, start, the longest first,
               and as they came where both ends are equal
    crossings  how many slices begin within another and end after it; they count as that one's siblings
    """
    order = np.lexsort((np.arange(len(start)), -np.asarray(end), start, thread))
    parent = np.full(len(order), -1, np.int64)
    crossings = 0
    open_: list[int] = []  # slices that are not over yet, and when they will be
    until: list[int] = []
    here = None
    columns = zip(order.tolist(), thread[order].tolist(), start[order].tolist(), end[order].tolist(), strict=True)
    for i, who, begins, ends in columns:
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
    return parent, order, crossings


def self_times(parent: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """How long each slice ran while none of its children did: int64[n]. They add up to what the outermost ones took."""
    own = np.asarray(end, np.int64) - np.asarray(start, np.int64)
    inside = np.flatnonzero(parent >= 0)
    spent = np.zeros(len(own), np.int64)
    np.add.at(spent, parent[inside], own[inside])
    return own - spent


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
