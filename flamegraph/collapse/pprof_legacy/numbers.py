"""Numbers in texts: addresses, and what a sampling allocator noted."""

from __future__ import annotations

import math
import re

__all__ = ["addresses", "integer", "scaled"]

_ADDRESS = re.compile(r"0x([0-9a-f]{1,16})\b", re.I)


def addresses(text: str) -> list[int]:
    """All addresses in a text."""
    return [int(digits, 16) for digits in _ADDRESS.findall(text)]


def integer(digits: str) -> int:
    """A number, of which no more than thirty digits are looked at: what is longer is as much too large."""
    return int(digits[:30])


def scaled(count: int, size: int, rate: int) -> tuple[int, int]:
    """(objects, bytes) that stand behind a sample, where one is taken every `rate` bytes on average.

    An allocation of size s is noticed with probability 1 - exp(-s / rate).
    """
    if not count or not size:
        return 0, 0
    if rate <= 1:
        return count, size
    chance = 1 - math.exp(-(size / count) / rate)
    if chance <= 0:
        return count, size
    return int(count * (1 / chance)), int(size * (1 / chance))
