"""A table of symbols: which name covers which address, by the rules that perf has for gaps, ties and overlaps.

The rules are those of symbols__fixup_end, symbols__fixup_duplicate and choose_best_symbol in Linux
tools/perf/util/symbol.c. Where symbols overlap perf's answer depends on the shape of its search tree; here the
symbol that begins last before the address covers it, which for code is the innermost one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate

import numpy as np

from ...text import decode, encode

__all__ = [
    "EMPTY", "FUNC", "GLOBAL", "LOCAL", "NOTYPE", "OBJECT", "WEAK", "Raw", "Strings", "Table", "merge", "settle",
    "string",
]  # fmt: skip

LOCAL, GLOBAL, WEAK = 0, 1, 2
NOTYPE, OBJECT, FUNC = 0, 1, 2

#: perf gives the last symbol of a table, when nothing states its size, the rest of its page and one page more.
_PAGE = 4096

#: How many names for one address are compared. Linkers that fold equal functions make hundreds.
_CONSIDERED = 1000

#: What the bytes of a name may be at most: rustc's and V8's longest are below 40 kB.
_NAME_MAX = 1 << 17


@dataclass(frozen=True, eq=False)
class Raw:
    """Symbols as a file states them, one array each, all of the same length.

    start, end   addresses (uint64); equal where no size is stated
    kind         STT_* numbers; anything but NOTYPE is as good as any other
    binding      STB_* numbers
    name         where in `text` the name begins (int64); it runs to the next NUL
    """

    start: np.ndarray
    end: np.ndarray
    kind: np.ndarray
    binding: np.ndarray
    name: np.ndarray

    def take(self, rows: np.ndarray) -> Raw:
        return Raw(self.start[rows], self.end[rows], self.kind[rows], self.binding[rows], self.name[rows])


EMPTY = Raw(*(np.zeros(0, kind) for kind in (np.uint64, np.uint64, np.uint8, np.uint8, np.int64)))


def merge(tables: Sequence[Raw]) -> Raw:
    """One table behind the other."""
    columns = zip(*((raw.start, raw.end, raw.kind, raw.binding, raw.name) for raw in tables), strict=True)
    return Raw(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True, eq=False)
class Ties:
    """Symbols at one address that only their names can tell apart: `names[first[n] : first[n + 1]]` for tie n.

    ends     where each of them ends (uint64)
    uneven   bool, for each tie: whether they end at different addresses
    """

    names: np.ndarray
    first: np.ndarray
    ends: np.ndarray
    uneven: np.ndarray


_NO_TIES = Ties(*(np.zeros(size, kind) for size, kind in ((0, np.int64), (1, np.int64), (0, np.uint64), (0, bool))))


def settle(raw: Raw) -> tuple[Raw, Ties]:
    """(one symbol for each address, in order, with ends filled in where none were stated; ties).

    The `name` of a symbol that stands for tie n is -2 - n, its end that of the longest.
    """
    raw = raw.take(np.argsort(raw.start, kind="stable"))
    # A label inside a function whose size is known is part of it.
    reach = np.append(np.uint64(0), np.maximum.accumulate(raw.end))[:-1]
    raw = raw.take(np.flatnonzero((raw.kind != NOTYPE) | (raw.end > raw.start) | (raw.start >= reach)))
    if not len(raw.start):
        return raw, _NO_TIES
    start, end = raw.start, raw.end.copy()
    last = min((int(start[-1]) + 2 * _PAGE - 1) // _PAGE * _PAGE, (1 << 64) - 1)
    open_ended = np.flatnonzero(end == start)
    end[open_ended] = np.append(start[1:], np.uint64(last))[open_ended]
    # Of the symbols at one address: the best, and of equals the first, unless their names make a difference.
    head = np.append(True, start[1:] != start[:-1])
    group = np.cumsum(head) - 1
    rank = (end > start).astype(np.int8) << 3 | (raw.kind != NOTYPE) << 2
    rank |= (raw.binding != WEAK) << 1 | (raw.binding == GLOBAL)
    left = np.flatnonzero(rank == np.maximum.reduceat(rank, np.flatnonzero(head))[group])
    first = np.flatnonzero(np.append(True, group[left][1:] != group[left][:-1]))
    count = np.diff(np.append(first, len(left)))
    winner = left[first]
    name, longest = raw.name[winner], np.maximum.reduceat(end[left], first)
    tied = np.flatnonzero(count > 1)
    name[tied] = -2 - np.arange(len(tied))
    several = left[np.repeat(count, count) > 1]
    uneven = (np.minimum.reduceat(end[left], first) < longest)[tied]
    ties = Ties(raw.name[several], np.append(0, np.cumsum(count[tied])), end[several], uneven)
    return Raw(start[winner], longest, raw.kind[winner], raw.binding[winner], name), ties


class Table:
    """Names by address: `names(addresses)`.

    start, end   of the ranges (uint64), ascending, none overlapping another
    name         where in `text` the name of each begins (int64); it runs to the next NUL. Below -1: a tie
    """

    def __init__(self, raw: Raw, text, *, latest: bool = False):
        """Without sizes and ties to settle. `latest`: of symbols that overlap the last one wins, not the innermost."""
        self.text, self._jumps = text, len(text)
        self.start, self.end, self.name = _flattened(raw, latest)
        self._ties, self._shown, self._chosen = _NO_TIES, decode, dict[int, int]()

    @classmethod
    def settled(
        cls, raw: Raw, text, shown: Callable[[bytes], str] = decode, plt: Raw = EMPTY, jumps: int | None = None
    ) -> Table:
        """The table of symbols by perf's rules.

        `shown` gives a name as it is printed. `plt` is added as it is, its names begin in `text` at `jumps`.
        """
        raw, ties = settle(raw)
        table = cls(merge([raw, plt]), text)
        table._ties, table._shown, table._jumps = ties, shown, len(text) if jumps is None else jumps
        return table

    def __len__(self) -> int:
        return len(self.start)

    def find(self, addresses: np.ndarray) -> np.ndarray:
        """The `name` of what covers each address (uint64), -1 where nothing does."""
        if not len(self.start):
            return np.full(len(addresses), -1, np.int64)
        addresses = np.asarray(addresses, np.uint64)
        row = np.searchsorted(self.start, addresses, side="right") - 1
        found = np.where((row >= 0) & (addresses < self.end[row]), self.name[row], -1)
        ties = np.unique(found[found < -1])
        for tie in ties[self._ties.uneven[-2 - ties]].tolist():
            found[(found == tie) & (addresses >= self._ties.ends[self._choice(tie)])] = -1
        return found

    def names(self, addresses: np.ndarray) -> list[bytes | None]:
        """The name that covers each address (uint64), or None."""
        offsets, inverse = np.unique(self.find(addresses), return_inverse=True)
        names = [None if at == -1 else self.name_of(at) for at in offsets.tolist()]
        return [names[row] for row in inverse.tolist()]

    def name_of(self, at: int) -> bytes:
        """The name behind a number that `find` gave, other than -1."""
        if at >= 0:
            return string(self.text, at) + (b"@plt" if at >= self._jumps else b"")
        return string(self.text, int(self._ties.names[self._choice(at)]))

    def _choice(self, tie: int) -> int:
        """Which of `Ties.names` a tie goes to; `tie` is a number that `find` gave."""
        if tie not in self._chosen:
            first, last = self._ties.first[-2 - tie : -2 - tie + 2].tolist()
            names = self._ties.names[first : min(last, first + _CONSIDERED)].tolist()
            best = max(range(len(names)), key=lambda n: self._preference(string(self.text, names[n])))
            self._chosen[tie] = first + best
        return self._chosen[tie]

    def _preference(self, name: bytes) -> tuple[int, int]:
        """Fewer underscores in front are better, then a longer name is."""
        shown = self._shown(name)
        return len(shown.lstrip("_")) - len(shown), len(encode(shown))


class Strings:
    """Texts one behind the other, each with a NUL behind it, without a copy of them: 1 GB in some programs."""

    def __init__(self, parts: Sequence[bytes | memoryview]):
        self._parts = parts
        self.starts = [0, *accumulate(len(part) + 1 for part in parts)]

    def __len__(self) -> int:
        return self.starts[-1]

    def __getitem__(self, span: slice) -> bytes:
        """A slice, up to the end of the text that it begins in."""
        number = bisect_right(self.starts, span.start) - 1
        start = self.starts[number]
        piece = bytes(self._parts[number][span.start - start : span.stop - start])
        return piece if len(piece) == span.stop - span.start else piece + b"\0"


def string(text: bytes | memoryview | Strings, at: int) -> bytes:
    """The bytes from an offset to the next NUL."""
    size = 256
    while True:
        piece = bytes(text[at : at + size])
        end = piece.find(b"\0")
        if end >= 0 or len(piece) < size or size >= _NAME_MAX:
            return piece[: end if end >= 0 else _NAME_MAX]
        size *= 8


def _flattened(raw: Raw, latest: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ranges without overlap. Only the clusters of symbols that do overlap are walked one by one."""
    order = np.argsort(raw.start, kind="stable")
    order = order[raw.end[order] > raw.start[order]]
    start, end, name = raw.start[order], raw.end[order], raw.name[order]
    if not len(start):
        return start, end, name
    reach = np.maximum.accumulate(end)
    joined = np.append(False, start[1:] < reach[:-1])
    if not joined.any():
        return start, end, name
    rank = order if latest else np.arange(len(order))
    alone = ~(joined | np.append(joined[1:], False))
    parts = [(start[alone], end[alone], name[alone])]
    crowd = np.flatnonzero(~alone)
    pieces = _painted(start[crowd].tolist(), end[crowd].tolist(), rank[crowd].tolist())
    rows = crowd[[row for _, _, row in pieces]]
    parts.append((np.array([p[0] for p in pieces], np.uint64), np.array([p[1] for p in pieces], np.uint64), name[rows]))
    start, end, name = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(start, kind="stable")
    return start[order], end[order], name[order]


def _painted(start: list[int], end: list[int], rank: list[int]) -> list[tuple[int, int, int]]:
    """(start, end, row) of what is seen of each range when a higher rank lies on top. `start` ascends."""
    pieces: list[tuple[int, int, int]] = []
    heap: list[tuple[int, int]] = []  # (-rank, row): the ranges that were begun; the one on top first
    at = 0

    def paint(until: int) -> None:
        nonlocal at
        while heap and at < until:
            row = heap[0][1]
            if end[row] <= at:
                heappop(heap)
                continue
            stop = min(end[row], until)
            if pieces and pieces[-1][2] == row and pieces[-1][1] == at:
                pieces[-1] = (pieces[-1][0], stop, row)
            else:
                pieces.append((at, stop, row))
            at = stop
        at = until

    for row, first in enumerate(start):
        paint(first)
        heappush(heap, (-rank[row], row))
    paint(max(end))
    return pieces
