"""Equal pieces of text, found in arrays: a frame's name is decoded once, not once per mention."""

from __future__ import annotations

import os

import numpy as np

from ...chains import ranges
from ...distinct import distinct

__all__ = ["MARGIN", "distinct_pieces", "gather", "lowest_byte", "windows"]

#: How many bytes must follow the last piece in an array of text: that many are read at once, wherever one begins.
MARGIN = 32

#: Bytes of a piece read first. Most names are not longer.
_HEAD = 16

#: Pieces longer than this are compared by Python one by one: it takes less time than many rounds for a few of them.
_LONG = 512

#: All bits of the bytes 0, 1, … 32 of a window.
_MASK = np.array([[(1 << 8 * min(8, max(0, n - at))) - 1 for at in (0, 8, 16, 24)] for n in range(33)], np.uint64)
_MASK_HEAD = np.ascontiguousarray(_MASK[: _HEAD + 1, :2]).view(f"S{_HEAD}")[:, 0]
_MASK_ALL = _MASK.view(f"S{MARGIN}")[:, 0]

_ONE = np.float64(1).view(np.int64)  # the bits of 2^0; the exponent of other powers of two counts from there


def windows(text: np.ndarray, width: int) -> np.ndarray:
    """The `width` bytes from each position of an array of bytes, as a view. Text, as NumPy gathers that fastest."""
    return np.ndarray((len(text) - width,), f"S{width}", text, strides=(1,))


def lowest_byte(number: np.ndarray) -> np.ndarray:
    """Which byte is the lowest that is not zero: int64[n], of uint64[n] without zeros."""
    bit = number & (~number + np.uint64(1))  # a power of two, so float64 holds it exactly
    return (bit.astype(np.float64).view(np.int64) - _ONE) >> 55  # 52 bits of fraction, and 2^3 bits to a byte


def distinct_pieces(text: np.ndarray, start: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number equal pieces of text alike, in order of first appearance.

    text    uint8, with MARGIN more bytes than the pieces need
    start, length  int64[n], where each piece is
    Returns (int64[n] the number of each piece, where each stood first). Pieces are found by a hash that is drawn anew
    each time and are then compared byte by byte, so the answer is exact and always the same.
    """
    head = windows(text, _HEAD)[start].view("<u8")
    head &= _MASK_HEAD[np.minimum(length, _HEAD)].view(np.uint64)
    head = head.reshape(-1, 2)
    long = np.flatnonzero(length > _HEAD)
    first = np.empty(len(start), np.int64)
    open_ = np.arange(len(start))
    while len(open_):  # nearly always once: only pieces that collided with another go round again
        number, holder = distinct(_hashes(text, head, start, length, long)[open_])
        found = open_[holder][number]
        first[open_] = found
        same = length[found] == length[open_]
        for k in range(2):
            same &= head[:, k][found] == head[:, k][open_]
        more = np.flatnonzero(same & (length[open_] > _HEAD) & (found != open_))
        same[more] = _same_tail(text, start[open_[more]], start[found[more]], length[open_[more]])
        open_ = open_[np.flatnonzero(~same)]
    is_first = first == np.arange(len(start))
    return (np.cumsum(is_first) - 1)[first], np.flatnonzero(is_first)


def _mix(value: np.ndarray, odd: np.uint64) -> np.ndarray:
    value = value * odd
    value ^= value >> np.uint64(32)
    return value


def _hashes(text: np.ndarray, head: np.ndarray, start: np.ndarray, length: np.ndarray, long: np.ndarray) -> np.ndarray:
    odd = np.uint64(int.from_bytes(os.urandom(8), "little") | 1)
    value = _mix(_mix(head[:, 0], odd) ^ head[:, 1] ^ length.astype(np.uint64), odd)
    if len(long):
        window = windows(text, MARGIN)
        at, left, mixed = start[long] + _HEAD, length[long] - _HEAD, value[long]
        while len(long):
            block = (window[at].view("<u8") & _MASK_ALL[np.minimum(left, MARGIN)].view(np.uint64)).reshape(-1, 4)
            for k in range(4):
                mixed = _mix(mixed ^ block[:, k], odd)
            value[long] = mixed
            more = np.flatnonzero((left > MARGIN) & (left <= _LONG))
            at, left, mixed, long = at[more] + MARGIN, left[more] - MARGIN, mixed[more], long[more]
        for i in np.flatnonzero(length > _LONG).tolist():
            value[i] = hash(text[start[i] : start[i] + length[i]].tobytes()) & (2**64 - 1)
    return value


def _same_tail(text: np.ndarray, a: np.ndarray, b: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Which of the pieces at a and b, whose heads and lengths are the same, are the same: bool[n]."""
    result = np.ones(len(a), bool)
    for i in np.flatnonzero(length > _LONG).tolist():
        result[i] = np.array_equal(text[a[i] : a[i] + length[i]], text[b[i] : b[i] + length[i]])
    window = windows(text, MARGIN)
    live = np.flatnonzero(length <= _LONG)
    a, b, left = a[live] + _HEAD, b[live] + _HEAD, length[live] - _HEAD
    while len(live):
        differ = window[a].view(np.uint64) ^ window[b].view(np.uint64)
        differ &= _MASK_ALL[np.minimum(left, MARGIN)].view(np.uint64)
        same = ~differ.reshape(-1, 4).any(axis=1)
        result[live] = same
        more = np.flatnonzero(same & (left > MARGIN))
        live, a, b, left = live[more], a[more] + MARGIN, b[more] + MARGIN, left[more] - MARGIN
    return result


def gather(text: np.ndarray, start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Pieces of text copied out, each followed by a line end: uint8. One more byte than a piece must be there."""
    out = text[ranges(start, length + 1)]
    out[np.cumsum(length + 1) - 1] = ord("\n")
    return out
