"""Rows: samples joined with what their thread was called and what its process had in its memory, and added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from ...distinct import distinct
from ...sums import LARGEST, exact_sum
from .options import Options
from .processes import Processes

__all__ = ["Rows", "Waiting"]

#: Rows held before those that are alike are added up again.
_MANY = 1 << 19


@dataclass(frozen=True, eq=False)
class Waiting:
    """Samples of which it is not yet known what happened before them. All columns have one length.

    when    int64, what orders them: ns, or the number of the record where that can't be
    time    int64, ns as recorded, or as `when`
    weight  int64, what the sample counts. Where `counter` is not 0 it is the value of that counter instead, and counts
            what it is more than it was
    wanted  bool, whether it is on one of the processors that are wanted; the others tell what counters were
    """

    when: np.ndarray
    time: np.ndarray
    chain: np.ndarray
    pid: np.ndarray
    tid: np.ndarray
    event: np.ndarray
    weight: np.ndarray
    counter: np.ndarray
    wanted: np.ndarray

    def __len__(self) -> int:
        return len(self.when)

    def at(self, rows: np.ndarray) -> Waiting:
        return Waiting(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def batches(cls, parts: list[Waiting], size: int) -> Iterator[Waiting]:
        """The same samples, about `size` at a time; `parts` is emptied on the way."""
        parts.reverse()
        while parts:
            some, held = [], 0
            while parts and (not some or held + len(parts[-1]) <= size):
                held += len(parts[-1])
                some.append(parts.pop())
            yield cls.joined(some)

    @classmethod
    def joined(cls, parts: list[Waiting]) -> Waiting:
        if not parts:
            return cls(*(np.zeros(0, np.int64) for _ in fields(cls)))
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


class Rows:
    """Columns of rows, one row per sample in a timeline, else one per distinct chain, memory, comm and event.

    first   when the first sample of the recording was, ns, also where it is not wanted; None where there is none
    seen    what the first sample of each event is ordered by
    """

    def __init__(self, processes: Processes, options: Options):
        self.first: int | None = None
        self._ends: tuple[int, int] | None = None  # the times of the first and the last sample that are wanted
        self.clocked = True  # whether times are ns; else they are the numbers of records
        self.seen: dict[int, int] = {}
        self._processes, self._options = processes, options
        self._counters: dict[int, int] = {}
        self._total = 0
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []  # (keys int64[n, 6], values int64[n, 3])
        self._held = 0

    def add(self, waiting: Waiting) -> None:
        """Take in samples; later calls bring later ones. OverflowError where they count more than 64 bits hold."""
        if not len(waiting):
            return
        if waiting.counter.any():
            waiting = self._counted(waiting)
        waiting, comm = self._chosen(waiting)
        self._total += exact_sum(waiting.weight)
        if self._total > LARGEST:
            raise OverflowError
        processes, options = self._processes, self._options
        for event in np.unique(waiting.event).tolist():
            first = int(waiting.when[waiting.event == event].min())
            self.seen.setdefault(event, first)
        state = processes.spaces.at(waiting.pid, waiting.when)
        nothing = np.full(len(waiting), -1, np.int64)
        pid = waiting.pid if options.pid or options.tid or options.timeline else nothing
        tid = waiting.tid if options.tid or options.timeline else nothing
        keys = np.stack((waiting.chain, state, comm, pid, tid, waiting.event), 1).astype(np.int64)
        values = np.stack((waiting.weight, np.ones(len(waiting), np.int64), waiting.time), 1)
        if not options.timeline:
            keys, values = _added_up(keys, values)
        self._parts.append((keys, values))
        self._held += len(keys)
        if self._held > _MANY and not options.timeline:
            self._parts = [_added_up(*self.table())]
            self._held = len(self._parts[0][0])

    @property
    def duration(self) -> int:
        """ns from the first sample to the last."""
        return self._ends[1] - self._ends[0] if self.clocked and self._ends else 0

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """(keys int64[n, 6]: chain, state, name, pid, tid, event; values int64[n, 3]: weight, samples, ns)."""
        if not self._parts:
            return np.zeros((0, 6), np.int64), np.zeros((0, 3), np.int64)
        keys, values = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        return (keys, values) if self._options.timeline or len(self._parts) == 1 else _added_up(keys, values)

    def _chosen(self, waiting: Waiting) -> tuple[Waiting, np.ndarray]:
        """The samples that are wanted, and what their threads were called."""
        options = self._options
        start, stop = options.span(self.first or 0)
        keep = np.ones(len(waiting), bool)
        if start is not None:
            keep &= waiting.time >= start
        if stop is not None:
            keep &= waiting.time <= stop
        if options.only_pid:
            keep &= np.isin(waiting.pid, options.only_pid)
        if options.only_tid:
            keep &= np.isin(waiting.tid, options.only_tid)
        waiting = waiting if keep.all() else waiting.at(keep)
        comm = self._processes.comm(waiting.tid, waiting.when)
        if options.comm:
            keep = np.array([name in options.comm for name in self._processes.names], bool)[comm]
            waiting, comm = waiting.at(keep), comm[keep]
        if len(waiting):
            first, last = self._ends or (int(waiting.time[0]), 0)
            self._ends = min(int(waiting.time.min()), first), max(int(waiting.time.max()), last)
        return waiting, comm

    def _counted(self, waiting: Waiting) -> Waiting:
        """Counters' values turned into what each has counted since it was read before; those that stood still go."""
        order = np.argsort(waiting.when, kind="stable")
        waiting = waiting.at(order)
        counter = waiting.counter
        weight = waiting.weight.copy()
        for id in np.unique(counter[counter != 0]).tolist():
            rows = np.flatnonzero(counter == id)
            values = waiting.weight[rows]
            weight[rows] = np.diff(values, prepend=self._counters.get(id, 0))
            self._counters[id] = int(values[-1])
        waiting.weight[:] = weight
        return waiting.at((weight > 0) & waiting.wanted)


def _added_up(keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows with equal keys as one: weights and samples added, the earliest time."""
    number = np.zeros(len(keys), np.int64)
    for column in keys.T:
        column = column - column.min(initial=0)
        number = distinct(number * (int(column.max(initial=0)) + 1) + column)[0]
    number, first = distinct(number)
    out = values[first]
    out[:, :2] = 0
    np.add.at(out[:, 0], number, values[:, 0])
    np.add.at(out[:, 1], number, values[:, 1])
    return keys[first], out
