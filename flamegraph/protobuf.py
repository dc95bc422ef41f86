"""Protocol Buffers as they lie in a file, read in columns: a field of all messages of a kind is one array.

    top = message(data)
    samples = top.messages(2)              # all messages that stand in field 2, as one table
    stack, lengths = samples.repeated(1)   # a repeated number of all of them: one after the other, how many each has

A message is a row of fields, each a tag (field number and wire type) with a number, eight or four bytes, or a length
and so many bytes. Only the schema says which bytes are a message, a text or packed numbers, so whoever reads asks for
what they expect. Of a message that is cut off or broken, the fields before that are read, and what is there of a
message inside that is cut off with it; `broken` tells.
"""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .chains import ranges
from .text import decode
from .trie import scatter_sum

__all__ = ["FIXED32", "FIXED64", "LENGTH", "VARINT", "Messages", "message", "number_in", "read_number"]

#: Wire types: how what a field holds is told from what follows.
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5

#: In place of LENGTH: what follows ends before its length, as the message around it does.
_CUT = 8

#: Where fewer messages are left to walk, going field by field is faster than the forty array operations of a step.
_NARROW = 40

#: Bytes whose numbers are decoded at once, measured: what is computed from them then fits into a cache.
_BLOCK = 1 << 18

#: Where a number ends that does not: behind everything.
_NOWHERE = np.int64(1) << 62


class _Fields(NamedTuple):
    """The fields of many messages, message by message: which, field number, wire type, and where what it holds is."""

    owner: np.ndarray
    number: np.ndarray
    wire: np.ndarray
    start: np.ndarray
    end: np.ndarray


class Messages:
    """Messages of one kind, which lie in `data` (uint8) from `start` to `end`, int64[n] each.

    `owner`, int64[n], is for each the row of the message it stands in.
    """

    def __init__(self, data: np.ndarray, start: np.ndarray, end: np.ndarray, owner: np.ndarray):
        self.data, self.start, self.end, self.owner = data, start, end, owner

    def __len__(self) -> int:
        return len(self.start)

    @property
    def broken(self) -> np.ndarray:
        """Which messages end within a field, or hold something that is none: bool[n]."""
        return self._walked[1]

    def number(self, field: int) -> np.ndarray:
        """A number that stands once in each message, 0 where it is left out: uint64[n]."""
        rows = self._rows(field, VARINT)
        out = np.zeros(len(self), np.uint64)
        out[self._fields.owner[rows]] = _numbers(self.data, self._fields.start[rows], self._fields.end[rows])[0]
        return out

    def having(self, field: int, wire: int) -> np.ndarray:
        """The messages that have a field of this wire type: int64, one entry for each such field."""
        return self._fields.owner[self._rows(field, wire)]

    def repeated(
        self, field: int, convert: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """A number that may stand often, packed or not: (uint64[k] those of all messages, int64[n] how many each has).

        `convert` is applied to some of them at a time, so that there is never more than one large array.
        """
        fields = self._fields
        rows = np.flatnonzero((fields.number == field) & ((fields.wire == LENGTH) | (fields.wire == VARINT)))
        values, counts = _numbers(self.data, fields.start[rows], fields.end[rows], convert)
        return values, scatter_sum(fields.owner[rows], counts, len(self))

    def fixed64(self, field: int) -> tuple[np.ndarray, np.ndarray]:
        """As `repeated`, of numbers that are eight bytes each."""
        fields = self._fields
        rows = np.flatnonzero((fields.number == field) & ((fields.wire == LENGTH) | (fields.wire == FIXED64)))
        start = fields.start[rows]
        counts = (fields.end[rows] - start) // 8
        values = self.data[ranges(start, counts * 8)].view("<u8").astype(np.uint64, copy=False)
        return values, scatter_sum(fields.owner[rows], counts, len(self))

    def real(self, field: int) -> np.ndarray:
        """A float or a double that stands once in each message, nan where it is left out: float64[n]."""
        fields, out = self._fields, np.full(len(self), np.nan)
        for wire, kind in ((FIXED32, np.dtype("<f4")), (FIXED64, np.dtype("<f8"))):
            rows = self._rows(field, wire)
            raw = self.data[fields.start[rows][:, None] + np.arange(kind.itemsize)]
            out[fields.owner[rows]] = raw.view(kind)[:, 0]
        return out

    def messages(self, field: int) -> Messages:
        """The messages that stand in a field, in the order of those they stand in."""
        fields = self._fields
        rows = np.flatnonzero((fields.number == field) & ((fields.wire == LENGTH) | (fields.wire == _CUT)))
        return Messages(self.data, fields.start[rows], fields.end[rows], fields.owner[rows])

    def texts(self, field: int) -> list[str]:
        """All texts of a field, in their order."""
        fields, rows = self._fields, self._rows(field, LENGTH)
        view = memoryview(self.data)
        spans = zip(fields.start[rows].tolist(), fields.end[rows].tolist(), strict=True)
        return [decode(bytes(view[start:end])) for start, end in spans]

    def text(self, field: int) -> list[str]:
        """A text that stands once in each message, "" where it is left out."""
        out = [""] * len(self)
        for row, text in zip(self.having(field, LENGTH).tolist(), self.texts(field), strict=True):
            out[row] = text
        return out

    def _rows(self, field: int, wire: int) -> np.ndarray:
        return np.flatnonzero((self._fields.number == field) & (self._fields.wire == wire))

    @property
    def _fields(self) -> _Fields:
        return self._walked[0]

    @cached_property
    def _walked(self) -> tuple[_Fields, np.ndarray]:
        return _walk(self.data, self.start, self.end)


def message(data: bytes | mmap.mmap, start: int = 0, end: int | None = None) -> Messages:
    """The one message that `data` is, or holds from `start` to `end`."""
    content = np.frombuffer(data, np.uint8)
    end = len(content) if end is None else end
    return Messages(content, np.array([start]), np.array([end]), np.zeros(1, np.int64))


def number_in(data: memoryview, start: int, end: int, field: int) -> int:
    """A number that stands once in one message, 0 where it is left out: for what has to be known before going on."""
    tag, begin, stop = array("q"), array("q"), array("q")
    _one_by_one(data, start, end, tag, begin, stop)
    return next((read_number(data, at, end)[0] for one, at in zip(tag, begin, strict=True) if one == field << 3), 0)


def _walk(data: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[_Fields, np.ndarray]:
    """The fields of messages, and which of these are broken. The n-th field of all messages is read in one step."""
    parts: list[tuple[np.ndarray, ...]] = []
    broken = np.zeros(len(start), bool)
    at = start.astype(np.int64)
    live = np.flatnonzero(at < end)
    while len(live) >= _NARROW:
        number, wire, begin, stop = _step(data, at[live], end[live])
        good = stop <= end[live]
        broken[live[~good]] = True
        cut = ~good & (wire == LENGTH) & (begin <= end[live])
        wire[cut], stop[cut] = _CUT, end[live[cut]]
        read = good | cut
        parts.append((live[read], number[read], wire[read], begin[read], stop[read]))
        at[live] = np.where(good, stop, end[live])
        live = live[at[live] < end[live]]
    for row in live.tolist():
        tag, begin, stop = array("q"), array("q"), array("q")
        whole, cut = _one_by_one(memoryview(data), int(at[row]), int(end[row]), tag, begin, stop)
        broken[row] = not whole
        tags = np.frombuffer(tag, np.int64)
        number, wire = tags >> 3, tags & 7
        wire[len(wire) - cut :] = _CUT
        parts.append((np.full(len(tags), row), number, wire, np.frombuffer(begin, "q"), np.frombuffer(stop, "q")))
    if not parts:
        return _Fields(*(np.zeros(0, np.int64) for _ in _Fields._fields)), broken
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    if len(parts) > 1:
        order = np.argsort(columns[0], kind="stable")
        columns = [column[order] for column in columns]
    return _Fields(*columns), broken


def _step(data: np.ndarray, at: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, ...]:
    """The field that begins at each `at`: number, wire type, and from where to where; beyond `stop` if it is none."""
    tag, begin = _read(data, at, stop)
    wire = (tag & np.uint64(7)).astype(np.int64)
    number = (tag >> np.uint64(3)).astype(np.int64)
    end = np.full(len(at), _NOWHERE)
    end[wire == FIXED64] = begin[wire == FIXED64] + 8
    end[wire == FIXED32] = begin[wire == FIXED32] + 4
    rows = np.flatnonzero((begin < stop) & ((wire == VARINT) | (wire == LENGTH)))
    value, after = _read(data, begin[rows], stop[rows])
    sized = wire[rows] == LENGTH
    end[rows] = after
    begin[wire == LENGTH] = _NOWHERE
    begin[rows[sized]] = after[sized]
    # What is longer than the rest of the message is longer than anything: numbers of 64 bits would wrap around.
    length = np.where(value <= data.size, value, 0).astype(np.int64)
    end[rows[sized]] = np.where(value <= data.size, after + length, _NOWHERE)[sized]
    none = (number == 0) | (number >= 1 << 29)
    begin[none], end[none] = _NOWHERE, _NOWHERE
    return number, wire, begin, end


def _read(data: np.ndarray, at: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that begin at each `at`, which is below `stop`: (uint64, where they end). Nowhere, if not before."""
    value, end = data[at].astype(np.uint64), at + 1
    more = np.flatnonzero(value >= 0x80)
    value[more] &= np.uint64(0x7F)
    for shift in range(7, 70, 7):
        if not len(more):
            break
        inside = end[more] < stop[more]
        end[more[~inside]] = _NOWHERE
        more = more[inside]
        byte = data[end[more]].astype(np.uint64)
        value[more] |= (byte & np.uint64(0x7F)) << np.uint64(shift)
        end[more] += 1
        more = more[byte >= 0x80]
    end[more] = _NOWHERE
    return value, end


def _one_by_one(data: memoryview, at: int, stop: int, tags: array, starts: array, ends: array) -> tuple[bool, int]:
    """Put the fields of one message into the columns: (whether it is whole, 1 if the last one is cut off with it)."""
    add_tag, add_start, add_end = tags.append, starts.append, ends.append
    while at < stop:
        tag = data[at]
        at += 1
        if tag >= 0x80:
            tag, at = read_number(data, at - 1, stop)
        kind = tag & 7
        begin = at
        if at > stop or not 8 <= tag < 1 << 32:
            return False, 0
        if kind in (LENGTH, VARINT):
            if at == stop:
                return False, 0
            size = data[at]
            at += 1
            if size >= 0x80:
                size, at = read_number(data, begin, stop)
            if kind == LENGTH:
                begin = at
                at += size
        elif kind == FIXED64:
            at += 8
        elif kind == FIXED32:
            at += 4
        else:
            return False, 0
        cut = at > stop
        if cut:
            if kind != LENGTH or begin > stop:
                return False, 0
            at = stop
        add_tag(tag)
        add_start(begin)
        add_end(at)
        if cut:
            return False, 1
    return True, 0


def read_number(data: bytes | memoryview, at: int, stop: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends: behind everything, where that is not before `stop`."""
    value = 0
    for i, byte in enumerate(data[at : min(stop, at + 10)]):
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return value, at + i + 1
    return value, int(_NOWHERE)


def _numbers(
    data: np.ndarray, start: np.ndarray, end: np.ndarray, convert: Callable[[np.ndarray], np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that fill each stretch of `data`: (uint64 all of them, how many each stretch holds).

    A stretch whose last number goes on behind its end holds none.
    """
    length = end - start
    length[data[np.maximum(end - 1, 0)] >= 0x80] = 0
    block = np.cumsum(length) // _BLOCK
    cuts = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(length)]
    values, counts = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    if convert:
        values = [convert(values[0])]
    for a, b in pairwise(cuts):
        raw = data[ranges(start[a:b], length[a:b])]
        is_last = raw < 0x80
        before = np.concatenate(([0], np.cumsum(is_last)))
        stop = np.cumsum(length[a:b])
        counts.append(before[stop] - before[stop - length[a:b]])
        value = _decoded(raw, np.flatnonzero(is_last))
        values.append(convert(value) if convert else value)
    return np.concatenate(values), np.concatenate(counts)


def _decoded(raw: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The numbers that `raw` is made of, given where the last byte of each is: uint64."""
    first = np.concatenate(([0], last[:-1] + 1))[: len(last)]
    value = raw[first].astype(np.uint64)
    value &= np.uint64(0x7F)
    more = np.flatnonzero(last > first)
    for k in range(1, 10):  # what is longer has more than 64 bits
        if not len(more):
            break
        value[more] |= (raw[first[more] + k] & 0x7F).astype(np.uint64) << np.uint64(7 * k)
        more = more[last[more] > first[more] + k]
    return value
