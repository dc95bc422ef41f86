"""The CPU profile that gperftools writes: words of 32 or 64 bits, of either byte order.

0 3 0 period 0          the header; the third word is 1 for Java, the period is in microseconds
count n address × n     a stack, leaf first
0 1 0                   the end; behind it are the mapped files or, for Java, the names of places
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from ...source import Source
from ...text import decode
from .java import read_places
from .maps import Maps
from .model import Legacy

__all__ = ["read_words", "word_type"]

_TYPES = ("<u4", ">u4", "<u8", ">u8")

#: So many frames may lie between the leaf and its caller because the signal handler is on the stack.
_MOST_ARTEFACTS = 2


def word_type(head: bytes) -> str:
    """The type of the words in a CPU profile, "" where it is none."""
    for kind in _TYPES:
        size = int(kind[2]) * 5
        if len(head) >= size:
            zero, three, java, period, padding = np.frombuffer(head[:size], kind).tolist()
            if (zero, three, padding) == (0, 3, 0) and java in (0, 1) and 0 < period < 1 << 40:
                return kind
    return ""


def read_words(source: Source, kind: str) -> Legacy:
    """What a CPU profile holds."""
    data = source.data
    words = np.frombuffer(data, kind, count=len(data) // int(kind[2])).tolist()
    java, period = words[2], words[3] * 1000
    found = Legacy((("samples", "count"), ("cpu", "nanoseconds")), ("cpu", "nanoseconds"), period)
    stacks: list[tuple[list[int], int]] = []
    at = 5
    while True:
        if at + 2 > len(words) or at + 2 + words[at + 1] > len(words):
            found.skipped["sample cut off at the end"] += 1
            break
        count, length = words[at : at + 2]
        at += 2 + length
        stack = words[at - length : at]
        if not count and stack == [0]:
            break
        stacks.append((stack if java else stack[:1] + [address - 1 for address in stack[1:]], count))
    rest = decode(data[at * int(kind[2]) :]).splitlines()
    if java:
        names = read_places(rest)
        found.samples = [([names.get(one, one) for one in stack], (n, n * period)) for stack, n in stacks]
        return found
    for stack, count in _without_handler(stacks):
        if len(stack) > 1 and stack[0] == stack[1] + 1:
            del stack[1]  # the leaf, found both in the registers and on the stack
        found.samples.append((list(stack), (count, count * period)))
    found.maps = Maps(rest)
    return found


def _without_handler(stacks: list[tuple[list[int], int]]) -> list[tuple[list[int], int]]:
    """The stacks without the frames that nearly all of them have above the leaf: those of the signal handler."""
    for _ in range(_MOST_ARTEFACTS):
        callers = Counter(stack[1] for stack, _ in stacks if len(stack) > 1)
        common = [address for address, n in callers.items() if n >= len(stacks) - len(stacks) // 32]
        if not common:
            break
        for stack, _ in stacks:
            if len(stack) > 1 and stack[1] == common[0]:
                del stack[1]
    return stacks
