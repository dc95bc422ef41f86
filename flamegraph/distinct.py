"""Which of many numbers are equal: a hash table made of arrays, for where sorting would take most of the time."""

from __future__ import annotations

import os

import numpy as np

__all__ = ["distinct"]

#: So few keys are numbered faster by a dict.
_FEW = 32


def distinct(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number equal keys alike, in order of first appearance: (int64[n] the number of each, where each first stood).

    The answer is exact and always the same. Only the time depends on the table's hash, whose multiplier is drawn
    anew each time, so that no input can be made to collide on purpose.
    """
    n = len(keys)
    if n < _FEW:
        seen: dict[int, int] = {}
        number = [seen.setdefault(key, len(seen)) for key in keys.tolist()]
        return np.array(number, np.int64), np.array([number.index(k) for k in range(len(seen))], np.int64)
    keys = keys.view(np.uint64) if keys.dtype == np.int64 else keys.astype(np.uint64, copy=False)
    first = np.empty(n, np.int32)  # int32 because what takes the time is going through memory
    index, rest = np.arange(n, dtype=np.int32), keys
    while len(index):
        bits = max(4, len(index).bit_length() + 1)
        slot = ((rest * np.uint64(int.from_bytes(os.urandom(8), "little") | 1)) >> np.uint64(64 - bits)).view(np.int64)
        table = np.empty(1 << bits, np.int32)
        table[slot[::-1]] = index[::-1]  # of several that want a slot the last written keeps it: the first in order
        holder = table[slot]
        first[index] = holder
        other = np.flatnonzero(keys[holder] != rest)
        index, rest = index[other], rest[other]
    is_first = first == np.arange(n, dtype=np.int32)
    number = np.cumsum(is_first) - 1
    return number[first], np.flatnonzero(is_first)
