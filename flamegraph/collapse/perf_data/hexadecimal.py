"""Numbers in text, many at a time."""

from __future__ import annotations

import numpy as np

__all__ = ["hexadecimal"]

_DIGITS = np.full(256, 255, np.uint8)
for _first, _digits in ((0, b"0123456789"), (10, b"abcdef"), (10, b"ABCDEF")):
    _DIGITS[list(_digits)] = np.arange(_first, _first + len(_digits))


def hexadecimal(data: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The numbers that begin at places in a text (uint8): (their values, where each ends, which are some).

    One is of 1 to 16 digits and ends before the end of the text.
    """
    at, value, inside = at.copy(), np.zeros(len(at), np.uint64), np.ones(len(at), bool)
    begin = at.copy()
    while inside.any():
        digit = _DIGITS[np.take(data, at, mode="clip")]
        inside &= (digit < 16) & (at - begin <= 16)
        value = np.where(inside, value << np.uint64(4) | digit, value)
        at += inside
    return value, at, (at > begin) & (at - begin <= 16) & (at < len(data))
