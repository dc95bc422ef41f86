"""Samples as columns: where each field stands is found by array arithmetic, for all samples of one layout at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .events import Attr, Sample
from .records import Block

__all__ = ["Columns", "Layout", "Router", "decode"]

_SAMPLE = 9
_FIXED = (
    Sample.IDENTIFIER, Sample.IP, Sample.TID, Sample.TIME, Sample.ADDR, Sample.ID, Sample.STREAM_ID, Sample.CPU,
    Sample.PERIOD,
)  # fmt: skip
_TRAILER = (Sample.TID, Sample.TIME, Sample.ID, Sample.STREAM_ID, Sample.CPU, Sample.IDENTIFIER)
_ENABLED, _RUNNING, _READ_ID, _GROUP, _READ_LOST = 1, 2, 4, 8, 16
_HW_INDEX, _CALL_STACK = 1 << 17, 1 << 11


@dataclass(frozen=True)
class Layout:
    """What decides how the samples of an event are laid out."""

    sample_type: int
    read_format: int = 0
    branch_sample_type: int = 0
    regs_user: int = 0

    @classmethod
    def of(cls, attr: Attr) -> Layout:
        return cls(attr.sample_type, attr.read_format, attr.branch_sample_type, attr.regs_user)

    @property
    def lbr(self) -> bool:
        """Whether the processor recorded the user's call stack, as branches."""
        return bool(self.sample_type & Sample.BRANCH_STACK and self.branch_sample_type & _CALL_STACK)

    @property
    def stacks_copied(self) -> bool:
        """Whether user stacks were copied, to be unwound later (`--call-graph dwarf`)."""
        return bool(self.sample_type & Sample.REGS_USER and self.sample_type & Sample.STACK_USER)


@dataclass(frozen=True, eq=False)
class Columns:
    """Samples of one layout, in the order of the file. Columns that were not recorded are None.

    row        which of the block's records each one is
    event      number of the attribute; -1 where its id is not known
    chain      (start, end) in words of the block: the call chain, leaf first, with context markers; None: no chains
    lbr        (start, end) of the branches that are the user's call stack, three words each; None: there are none
    registers  where the user's registers stand, -1 where they were not saved; None: not recorded
    reads      (start, count, step, offset of the value, of the id): counters read with the sample; None: not recorded
    mode       the processor's mode: 1 kernel, 2 user, 3 hypervisor, 4 guest kernel, 5 guest user
    """

    row: np.ndarray
    event: np.ndarray
    ip: np.ndarray | None
    pid: np.ndarray | None
    tid: np.ndarray | None
    time: np.ndarray | None
    cpu: np.ndarray | None
    period: np.ndarray | None
    mode: np.ndarray
    chain: tuple[np.ndarray, np.ndarray] | None = None
    lbr: tuple[np.ndarray, np.ndarray] | None = None
    registers: np.ndarray | None = None
    reads: tuple[np.ndarray, np.ndarray, int, int, int] | None = None

    def __len__(self) -> int:
        return len(self.row)


class Router:
    """Which event each sample belongs to, by the ids that the attributes list."""

    def __init__(self, attrs: Sequence[Attr]):
        self.layouts = [Layout.of(attr) for attr in attrs]
        pairs = {id: number for number, attr in reversed(list(enumerate(attrs))) for id in attr.ids}
        self._ids = np.array(sorted(pairs), np.uint64)
        self._event = np.array([pairs[id] for id in sorted(pairs)], np.int64)
        self._place = _id_place(self.layouts) if len(attrs) > 1 else None
        trailers = [tuple(bit for bit in _TRAILER if layout.sample_type & bit) for layout in self.layouts]
        self._trailers = list(dict.fromkeys(trailers))
        self._trailer = np.array([self._trailers.index(trailer) for trailer in trailers], np.int64)

    def events(self, block: Block, rows: np.ndarray) -> np.ndarray:
        """The number of the attribute of each sample, -1 where none is known by its id."""
        if self._place is None:
            return np.zeros(len(rows), np.int64)
        at = block.at[rows] + self._place
        known = at < block.end[rows]
        ids = np.zeros(len(rows), np.uint64)
        ids[known] = block.words[at[known]]
        return np.where(ids == 0, 0, self.lookup(ids))  # perf's own records have the id 0

    def lookup(self, ids: np.ndarray) -> np.ndarray:
        """The number of the attribute that has each id, -1 where there is none."""
        if not len(self._ids):
            return np.full(len(ids), -1, np.int64)
        near = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return np.where(self._ids[near] == ids, self._event[near], -1)

    def times(self, block: Block, rows: np.ndarray) -> np.ndarray:
        """When other records than samples happened, from what sample_id_all puts at their end: int64 ns."""
        kind = np.zeros(len(rows), np.int64)
        if len(self._trailers) > 1:  # then the last word of all of them is the id (PERF_SAMPLE_IDENTIFIER)
            event = self.lookup(block.words[block.end[rows] - 1].astype(np.uint64))
            kind = np.where(event < 0, 0, self._trailer[event])
        found = np.zeros(len(rows), np.int64)
        for number, trailer in enumerate(self._trailers):
            mine = np.flatnonzero(kind == number)
            found[mine] = _trailer_times(block, rows[mine], trailer)
        return found


def _id_place(layouts: list[Layout]) -> int | None:
    """Where the id stands in every sample, in words from the record's start; None where samples do not tell."""
    kind = layouts[0].sample_type
    if kind & Sample.IDENTIFIER:
        return 1
    if not kind & Sample.ID:
        return None
    return 1 + sum(bool(kind & bit) for bit in (Sample.IP, Sample.TID, Sample.TIME, Sample.ADDR))


def decode(block: Block, rows: np.ndarray, event: np.ndarray, layout: Layout) -> Columns:
    """The samples at `rows` of a block, all of one layout. Those too short for what they should hold are left out."""
    kind = layout.sample_type
    found = {bit: i + 1 for i, bit in enumerate(bit for bit in _FIXED if kind & bit)}
    fits = block.at[rows] + 1 + len(found) <= block.end[rows]
    at, end = block.at[rows], block.end[rows]
    scan = _Scan(block, at, end, fits, at + 1 + len(found))
    reads = chain = lbr = registers = None
    if kind & Sample.READ:
        reads = scan.reads(layout.read_format)
    if kind & Sample.CALLCHAIN:
        chain = scan.counted(1)
    if layout.lbr or layout.stacks_copied:
        if kind & Sample.RAW:
            scan.raw()
        if kind & Sample.BRANCH_STACK:
            lbr = scan.counted(3, skip=bool(layout.branch_sample_type & _HW_INDEX))
        if layout.stacks_copied:
            registers = scan.registers(layout.regs_user)
    keep = np.flatnonzero(scan.fits)
    at = at[keep]

    def wide(bit: int) -> np.ndarray | None:
        return block.words[at + found[bit]].astype(np.uint64) if bit in found else None

    def half(bit: int, second: int = 0) -> np.ndarray | None:
        return block.halves[2 * (at + found[bit]) + second].astype(np.uint32).view(np.int32) if bit in found else None

    time = wide(Sample.TIME)
    return Columns(
        row=rows[keep],
        event=event[keep],
        ip=wide(Sample.IP),
        pid=half(Sample.TID),
        tid=half(Sample.TID, 1),
        time=None if time is None else time.view(np.int64),
        cpu=half(Sample.CPU),
        period=wide(Sample.PERIOD),
        mode=(block.misc[rows[keep]] & 7).astype(np.uint8),
        chain=_kept(chain, keep),
        lbr=_kept(lbr, keep) if layout.lbr else None,
        registers=None if registers is None else registers[keep],
        reads=None if reads is None else (reads[0][keep], reads[1][keep], *reads[2:]),
    )


def _kept(span: tuple[np.ndarray, np.ndarray] | None, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    return None if span is None else (span[0][keep], span[1][keep])


class _Scan:
    """Goes through the fields of variable size. What does not fit into its record loses its `fits`."""

    def __init__(self, block: Block, at: np.ndarray, end: np.ndarray, fits: np.ndarray, place: np.ndarray):
        self.words, self.halves = block.words, block.halves
        self.end, self.fits, self.place = end, fits, place

    def _take(self, halves: bool = False) -> np.ndarray:
        """The number at each place; 0, and no longer fitting, where the record has ended."""
        self.fits &= self.place < self.end
        at = np.where(self.fits, self.place, 0)
        value = self.halves[2 * at] if halves else self.words[at]
        # No field is as large as a record, so that larger numbers are damage; int64 holds the others.
        sane = value <= 1 << 16
        self.fits &= sane
        return np.where(self.fits, value, 0).astype(np.int64)

    def _skip(self, words: np.ndarray | int) -> None:
        self.place = self.place + words
        self.fits &= self.place <= self.end

    def counted(self, each: int, skip: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """(start, end) of a field that is a count and so many times `each` words."""
        count = self._take()
        self._skip(1 + skip)
        start = self.place
        self._skip(count * each)
        return start, self.place

    def raw(self) -> None:
        self._skip((self._take(halves=True) + 4 + 7) >> 3)

    def registers(self, mask: int) -> np.ndarray:
        abi = self._take()
        self._skip(1)
        start = np.where(abi > 0, self.place, -1)
        self._skip(np.where(abi > 0, mask.bit_count(), 0))
        return start

    def reads(self, read_format: int) -> tuple[np.ndarray, np.ndarray, int, int, int]:
        times = bool(read_format & _ENABLED) + bool(read_format & _RUNNING)
        extra = bool(read_format & _READ_ID) + bool(read_format & _READ_LOST)
        if read_format & _GROUP:
            count = self._take()
            self._skip(1 + times)
            start, step, id_at = self.place, 1 + extra, 1
            self._skip(count * step)
        else:
            count, start, step, id_at = np.ones(len(self.place), np.int64), self.place, 1, 1 + times
            self._skip(1 + times + extra)
        return start, count, step, 0, id_at if read_format & _READ_ID else -1


def _trailer_times(block: Block, rows: np.ndarray, trailer: tuple[int, ...]) -> np.ndarray:
    if Sample.TIME not in trailer:
        return np.zeros(len(rows), np.int64)
    at = block.end[rows] - (len(trailer) - trailer.index(Sample.TIME))
    inside = at > block.at[rows]
    return np.where(inside, block.words[np.where(inside, at, 0)], 0).astype(np.uint64).view(np.int64)
