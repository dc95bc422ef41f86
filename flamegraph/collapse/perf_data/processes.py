"""Processes as perf sees them: what each was called and what lay in its memory, at any time.

Records are noted as they are met and played back in time order. As in perf, a new mapping cuts away what it covers and
nothing else removes one: an exec leaves the old mappings until they are covered, so that what was still running in the
old program keeps its names. Threads share the mappings of their process, a fork copies them.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass, field, replace

import numpy as np

from ...text import decode
from .records import Block
from .timeline import Changes

__all__ = ["Mapping", "Processes", "Space"]

_MMAP, _LOST, _COMM, _FORK, _MMAP2, _LOST_SAMPLES, _KSYMBOL = 1, 2, 3, 7, 10, 13, 17
_FORK_EXEC = 1 << 13  # perf made the record up for a process that was there already
_HAS_BUILD_ID = 1 << 14
_FILTERED = 1 << 15  # LOST_SAMPLES: left out by a filter, on purpose
_KERNEL_MODE, _GUEST_MODES = 1, (4, 5)
_HUGETLB = 0x40000
_GONE = 1  # KSYMBOL: the symbol was removed

#: Mappings held in all states of all processes together. Beyond it a change is made in place, without a new state.
_MOST = 20_000_000


@dataclass(frozen=True, slots=True)
class Mapping:
    """A range of addresses and what lies there. `pid` is the process that made it: of a fork, that is the parent."""

    start: int
    end: int
    offset: int  # in the file, of `start`
    path: str
    build_id: str = ""
    pid: int = -1
    anonymous: bool = False

    def continues(self, other: Mapping) -> bool:
        """Whether an address means the same in both."""
        return (
            self.path == other.path
            and self.build_id == other.build_id
            and (self.pid == other.pid if self.anonymous else self.start - self.offset == other.start - other.offset)
        )


class Space:
    """Mappings of a process, in order of address, none over another."""

    __slots__ = ("mappings", "owner", "starts")

    def __init__(self, owner: int, starts: list[int] | None = None, mappings: list[Mapping] | None = None):
        self.owner = owner  # the only process that may add to it; a forked one that shares it makes a copy first
        self.starts, self.mappings = starts or [], mappings or []

    def copy(self, owner: int) -> Space:
        return Space(owner, self.starts.copy(), self.mappings.copy())

    def covered(self, new: Mapping) -> slice:
        """Which mappings a new one touches."""
        first = bisect_right(self.starts, new.start)
        if first and self.mappings[first - 1].end > new.start:
            first -= 1
        last = first
        while last < len(self.starts) and self.starts[last] < new.end:
            last += 1
        return slice(first, last)

    def put(self, new: Mapping, over: slice) -> None:
        """Lay a mapping over those that it touches."""
        pieces = [new]
        for old in self.mappings[over]:
            if old.start < new.start:
                pieces.insert(0, replace(old, end=new.start))
            if old.end > new.end:
                pieces.append(replace(old, start=new.end, offset=old.offset + new.end - old.start))
        self.mappings[over] = pieces
        self.starts[over] = [piece.start for piece in pieces]

    def find(self, addresses: np.ndarray) -> np.ndarray:
        """The number of the mapping that holds each address (uint64), -1 where there is none."""
        if not self.mappings:
            return np.full(len(addresses), -1, np.int64)
        starts = np.array(self.starts, np.uint64)
        ends = np.array([mapping.end for mapping in self.mappings], np.uint64)
        at = np.searchsorted(starts, addresses, "right") - 1
        return np.where((at >= 0) & (addresses < ends[at]), at, -1)


@dataclass
class Processes:
    """All that changed, and the state it led to.

    kernel   mappings of the kernel, its modules and BPF programs, in order of appearance
    comms    by thread id: a number in `names`
    spaces   by process id: a number in `states`
    """

    kernel: list[Mapping] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    states: list[Space] = field(default_factory=list)
    lost: int = 0
    lost_samples: int = 0
    comms: Changes = field(default_factory=Changes)
    spaces: Changes = field(default_factory=Changes)
    _noted: list[tuple[int, int, int, tuple]] = field(default_factory=list)  # time, sequence, kind, fields
    _sequence: int = 0
    _comm: dict[int, int] = field(default_factory=dict)
    _space: dict[int, int] = field(default_factory=dict)
    _held: int = 0

    def take(self, block: Block, rows: np.ndarray, times: np.ndarray, order: str) -> None:
        """Note the records at `rows` of a block (all but samples), which happened at `times`."""
        known = np.isin(block.kind[rows], list(_DECODERS))
        rows, times = rows[known], times[known]
        columns = (block.at[rows] * 8, block.end[rows] * 8, block.kind[rows], block.misc[rows], times)
        for at, end, kind, misc, time in zip(*(column.tolist() for column in columns), strict=True):
            try:
                kind, fields = _DECODERS[kind](bytes(block.data[at:end]), misc, order)
            except struct.error:
                continue
            if kind == _LOST:
                self.lost += fields[0]
            elif kind == _LOST_SAMPLES:
                self.lost_samples += fields[0]
            elif kind == _KSYMBOL:
                self.kernel.append(fields[0])
            elif kind:
                self._noted.append((time, self._sequence, kind, fields))
                self._sequence += 1

    @property
    def losses(self) -> dict[str, int]:
        """What the kernel had no room for, by reason."""
        found = {"record lost by the kernel": self.lost, "sample lost by the kernel": self.lost_samples}
        return {reason: count for reason, count in found.items() if count}

    @property
    def waiting(self) -> int:
        """How many records were noted and not yet played back."""
        return len(self._noted)

    def settle(self, until: int | None = None) -> None:
        """Play back what was noted, in time order, up to and including `until`."""
        self._noted.sort(key=lambda note: note[:2])
        for n, (time, _, kind, fields) in enumerate(self._noted):
            if until is not None and time > until:
                del self._noted[:n]
                break
            if kind == _MMAP:
                self._mmap(time, *fields)
            elif kind == _COMM:
                tid, name = fields
                self._rename(tid, time, self.names.setdefault(name, len(self.names)))
            else:
                self._fork(time, *fields)
        else:
            self._noted.clear()

    def comm(self, tids: np.ndarray, times: np.ndarray) -> np.ndarray:
        """What threads were called: numbers in `names`. As perf: "swapper" when idle, ":TID" if unknown."""
        found = self.comms.at(tids, times)
        unknown = np.flatnonzero(found < 0)
        if len(unknown):
            threads, row = np.unique(tids[unknown], return_inverse=True)
            names = ["swapper" if tid == 0 else f":{tid}" for tid in threads.tolist()]
            found[unknown] = np.array([self.names.setdefault(name, len(self.names)) for name in names], np.int64)[row]
        return found

    def _rename(self, tid: int, time: int, name: int) -> None:
        self._comm[tid] = name
        self.comms.add(tid, time, name)

    def _mmap(self, time: int, pid: int, new: Mapping) -> None:
        number = self._space.get(pid)
        if number is None:
            return self._enter(pid, time, Space(pid, [new.start], [new]))
        space = self.states[number]
        over = space.covered(new)
        under = space.mappings[over]
        if len(under) == 1 and under[0].start <= new.start and under[0].end >= new.end and under[0].continues(new):
            return None
        # An address that meant nothing may get its meaning at once, and for all times: nothing ran there before.
        settled = all(old.continues(new) for old in under) or self._held > _MOST
        if not settled or space.owner != pid:
            space = space.copy(pid)
            self._enter(pid, time, space)
        space.put(new, over)

    def _fork(self, time: int, pid: int, ppid: int, tid: int, ptid: int, made_up: bool) -> None:
        if ptid in self._comm:
            self._rename(tid, time, self._comm[ptid])
        elif tid in self._comm:
            del self._comm[tid]
            self.comms.add(tid, time, -1)
        if pid == ppid:
            return
        if made_up:
            if pid in self._space:
                self._enter(pid, time, Space(pid))
        elif ppid in self._space:
            self._space[pid] = self._space[ppid]
            self.spaces.add(pid, time, self._space[ppid])

    def _enter(self, pid: int, time: int, space: Space) -> None:
        self._held += len(space.mappings)
        self._space[pid] = len(self.states)
        self.spaces.add(pid, time, len(self.states))
        self.states.append(space)


def _text(raw: bytes, at: int) -> str:
    return decode(raw[at:].split(b"\0", 1)[0])


def _mmap(raw: bytes, misc: int, order: str):
    pid, _tid, start, length, offset = struct.unpack_from(order + "iiQQQ", raw, 8)
    return _mapped(pid, start, length, offset, _text(raw, 40), misc, "", 0)


def _mmap2(raw: bytes, misc: int, order: str):
    pid, _tid, start, length, offset = struct.unpack_from(order + "iiQQQ", raw, 8)
    (flags,) = struct.unpack_from(order + "I", raw, 68)
    build_id = raw[44 : 44 + min(raw[40], 20)].hex() if misc & _HAS_BUILD_ID else ""
    return _mapped(pid, start, length, offset, _text(raw, 72), misc, build_id, flags)


def _mapped(pid: int, start: int, length: int, offset: int, path: str, misc: int, build_id: str, flags: int):
    end = min(start + length, (1 << 64) - 1)
    if misc & 7 in _GUEST_MODES:
        return 0, ()  # what is in a virtual machine is known to none here
    if misc & 7 == _KERNEL_MODE:
        return _KSYMBOL, (Mapping(start, end, offset, path, build_id),)
    anonymous = path.startswith(("//anon", "/dev/zero", "/anon_hugepage")) or bool(flags & _HUGETLB)
    return (_MMAP if end > start else 0), (pid, Mapping(start, end, offset, path, build_id, pid, anonymous))


def _comm(raw: bytes, _misc: int, order: str):
    (tid,) = struct.unpack_from(order + "i", raw, 12)
    return _COMM, (tid, _text(raw, 16))


def _fork(raw: bytes, misc: int, order: str):
    return _FORK, (*struct.unpack_from(order + "iiii", raw, 8), bool(misc & _FORK_EXEC))


def _lost(raw: bytes, _misc: int, order: str):
    return _LOST, (struct.unpack_from(order + "Q", raw, 16)[0],)


def _lost_samples(raw: bytes, misc: int, order: str):
    return (0 if misc & _FILTERED else _LOST_SAMPLES), (struct.unpack_from(order + "Q", raw, 8)[0],)


def _ksymbol(raw: bytes, _misc: int, order: str):
    start, length, _type, flags = struct.unpack_from(order + "QIHH", raw, 8)
    mapping = Mapping(start, min(start + length, (1 << 64) - 1), 0, _text(raw, 24))
    return (0 if flags & _GONE else _KSYMBOL), (mapping,)


_DECODERS = {
    _MMAP: _mmap, _MMAP2: _mmap2, _COMM: _comm, _FORK: _fork, _LOST: _lost, _LOST_SAMPLES: _lost_samples,
    _KSYMBOL: _ksymbol,
}  # fmt: skip
