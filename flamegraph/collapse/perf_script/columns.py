"""Samples as columns: collected one by one, added up a few thousand at a time, sent between processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...sums import exact_sum
from .frames import Frame
from .heads import Who

__all__ = ["MOST_EVENTS", "Columns", "Part", "nanoseconds", "pack"]

# `perf record -e 'syscalls:*'` makes seven hundred; more than this is no recording, and every event is a column.
MOST_EVENTS = 4096


@dataclass
class Part:
    """What a stretch of text holds.

    `parent`, `frame` is a trie of stacks without their comm, over `frames`. Samples are columns: `who` and `event`
    (rows of these lists), `node`, `weight` (the period, or 1) and `count`; one row per sample with `time` (ns, -1
    where not printed) in a timeline, added up otherwise. `periods` are the events that are printed with one.
    `span` is the time of the first and the last sample, None where samples are not in time order. `total` is the sum of
    all weights, right also where that of `weight` is beyond 64 bits. `skipped` is as in a profile.
    """

    whos: list[Who]
    events: list[bytes]
    periods: set[int]
    frames: list[Frame]
    parent: np.ndarray
    frame: np.ndarray
    who: np.ndarray
    event: np.ndarray
    node: np.ndarray
    weight: np.ndarray
    count: np.ndarray
    time: np.ndarray
    span: tuple[int, int] | None
    total: int
    skipped: dict[str, int]


class Columns:
    """Samples as they come in: `who`, `what` (see `pack`), `node` and `time`, as printed, one entry each."""

    def __init__(self, timeline: bool):
        self.who: list[int] = []
        self.what: list[int] = []
        self.node: list[int] = []
        self.time: list[bytes] = []
        self.periods: set[int] = set()
        self.total = 0
        self._span: list[int] | None = []
        self._timeline = timeline
        self._tables: list[tuple[np.ndarray, ...]] = []

    def append(self, who: int, what: int, node: int, time: bytes) -> None:
        """Note a sample."""
        self.who.append(who)
        self.what.append(what)
        self.node.append(node)
        self.time.append(time)

    def keep(self, rows: list[int]) -> None:
        """Drop what came in since `add_up`, but for these."""
        for column in (self.who, self.what, self.node, self.time):
            column[:] = [column[row] for row in rows]

    def add_up(self) -> None:
        """Turn what came in into arrays: one row per sample in a timeline, added up otherwise."""
        if not self.who:
            return
        what = np.array(self.what)
        period, event = what // MOST_EVENTS - 1, what % MOST_EVENTS
        who, node = np.array(self.who), np.array(self.node)
        weight, count = np.where(period > 0, period, 1), np.ones(len(who), np.int64)
        self.total += exact_sum(weight)
        self.periods.update(np.unique(event[period >= 0]).tolist())
        self._note_span()
        if self._timeline:
            time = np.array([nanoseconds(time) for time in self.time])
            self._tables.append((who, event, node, weight, count, time))
        else:
            self._tables.append(_add_up(who, event, node, weight, count))
        for column in (self.who, self.what, self.node, self.time):
            column.clear()

    def _note_span(self) -> None:
        if self._span is None:
            return
        first, last = nanoseconds(self.time[0]), nanoseconds(self.time[-1])
        # Times of one length are in order where their text is.
        order = None if len(self.time[0]) == len(self.time[-1]) else nanoseconds
        if first < 0 or (self._span and first < self._span[1]) or sorted(self.time, key=order) != self.time:
            self._span = None
        else:
            self._span = [self._span[0] if self._span else first, last]

    def span(self) -> tuple[int, int] | None:
        """The time of the first and the last sample, None where samples are not in time order."""
        return (self._span[0], self._span[1]) if self._span else None

    def arrays(self) -> list[np.ndarray]:
        """who, event, node, weight, count and time; time has no rows where samples were added up."""
        columns = [np.concatenate(column) for column in zip(*self._tables, strict=True)] or [np.zeros(0, np.int64)] * 6
        return columns if self._timeline else [*_add_up(*columns[:5]), np.zeros(0, np.int64)]


def pack(row: int, period: int) -> int:
    """An event's row and a period (-1 for none) in one number, the `what` of a sample."""
    return (period + 1) * MOST_EVENTS + row


def nanoseconds(time: bytes) -> int:
    """A time as printed, "2361.882663", in ns; -1 for b"" and for what does not fit."""
    seconds, _, fraction = time.partition(b".")
    if not seconds:
        return -1
    value = int(seconds[:20]) * 1_000_000_000 + int(fraction[:9].ljust(9, b"0"))
    return value if value < 1 << 63 else -1


def _add_up(
    who: np.ndarray, event: np.ndarray, node: np.ndarray, weight: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, ...]:
    """The rows with equal who, event and node made one."""
    key = (who * (event.max(initial=0) + 1) + event) * (node.max(initial=0) + 1) + node
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    sums = np.zeros((2, len(first)), np.int64)
    np.add.at(sums[0], row, weight)
    np.add.at(sums[1], row, count)
    return who[first], event[first], node[first], sums[0], sums[1]
