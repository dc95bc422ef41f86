"""Whether bytes may be a Protocol Buffers message of a kind.

The wire format has no mark to know it by: a message is told from others by its shape. All of it has to fit, the
numbers of fields, their wire types, and the messages inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .protobuf import FIXED32, FIXED64, LENGTH, VARINT, read_number

__all__ = ["BYTES", "ENOUGH", "FIXED", "NUMBER", "NUMBERS", "Seen", "Shape", "look"]

#: What may stand in a field: the wire types of a number, of repeated numbers (packed or not), and so on.
NUMBER, BYTES = frozenset({VARINT}), frozenset({LENGTH})
NUMBERS, FIXED = NUMBER | BYTES, BYTES | {FIXED64}

#: A kind of message: for each field what may stand in it, or the shape of the message in it.
Shape = Mapping[int, Any]

#: A later version of the schema may have added fields: so many at most, with numbers this far behind the last one.
_ADDED, _FURTHER = 4, 16

#: So many fields that fit are no accident.
ENOUGH = 25

_SIZES = {FIXED64: 8, FIXED32: 4}


class Seen(NamedTuple):
    """What `look` found: the fields that hold something, whether that is less than the message, how many there were.

    A field is a path: (2,) is field 2, (2, 5) is field 5 of the message in it.
    """

    fields: frozenset[tuple[int, ...]]
    cut: bool
    count: int


class _Cut(Exception):
    """The data ends here, the message does not."""


def look(data: bytes, shape: Shape, start: int = 0, end: int | None = None, *, most: int = 2000) -> Seen | None:
    """What stands in the message from `start` to `end`, None if no such. `data` may hold no more than its beginning.

    Without `end` the message is as long as it is. At most so many fields are looked at. Once ENOUGH have fitted, one
    that does not is damage, and the message is seen up to there.
    """
    end = 1 << 61 if end is None else end
    at, found, count, added = start, set(), 0, 0
    while at < min(end, len(data)) and count < most:
        try:
            number, wire, begin, at = _field(data, at, end)
        except _Cut:
            return Seen(frozenset(found), True, count)
        fits = bool(number) and at <= end
        expected = shape.get(number) if fits else None
        if fits and expected is None:
            added += 1
            fits = max(shape) < number <= max(shape) + _FURTHER and added <= _ADDED
        elif fits and isinstance(expected, frozenset):
            fits = wire in expected
        elif fits:
            inside = look(data, expected, begin, at, most=most - count) if wire == LENGTH else None
            fits = inside is not None
            count += inside.count if inside else 0
            found.update((number, *path) for path in (inside.fields if inside else ()))
        if not fits:
            return Seen(frozenset(found), True, count) if count >= ENOUGH else None
        count += expected is not None
        if at > begin:
            found.add((number,))
    return Seen(frozenset(found), at != min(end, len(data)), count)


def _field(data: bytes, at: int, end: int) -> tuple[int, int, int, int]:
    """(number, wire type, from where, to where) of the field at `at`; number 0 where it is none. Or _Cut."""
    tag, begin = _number(data, at, end)
    wire = tag & 7
    if tag >= 1 << 32:
        return 0, wire, begin, begin
    if wire in _SIZES:
        return tag >> 3, wire, begin, begin + _SIZES[wire]
    if wire not in (VARINT, LENGTH):
        return 0, wire, begin, begin
    value, stop = _number(data, begin, end)
    return (tag >> 3, wire, stop, stop + value) if wire == LENGTH else (tag >> 3, wire, begin, stop)


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    value, stop = read_number(data, at, min(end, len(data)))
    if stop > end and at + 10 > len(data) and end > len(data):
        raise _Cut
    return value, stop
