"""Large inputs and outputs are worked on in chunks, by several threads: NumPy computes without the interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeVar

import numpy as np

from .processes import processors

__all__ = ["CHUNK", "each", "line_chunks"]

#: Bytes worked on at once. Smaller, the threads wait for the interpreter (1 MiB: 1.4 times slower); larger, the
#: memory for what is computed from them grows.
CHUNK = 4 << 20

#: glibc hands memory back as soon as it is free, and the next array has to be given its pages anew, which takes as long
#: as to compute it. From the largest piece that was ever freed it learns to keep twice as much; up to 32 MiB, it does.
_KEPT = 31 << 20

A = TypeVar("A")
B = TypeVar("B")


def each(work: Callable[[A], B], pieces: Iterable[A]) -> list[B]:
    """What `work` makes of each of the pieces, in their order."""
    pieces, threads = list(pieces), min(4, processors())  # what runs in Python gives no work to more
    if len(pieces) < 2 or threads < 2:
        return [work(piece) for piece in pieces]
    from concurrent.futures import ThreadPoolExecutor  # its import takes as long as a small input

    np.empty(_KEPT, np.uint8)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, pieces))


def line_chunks(data) -> list[tuple[int, int]]:
    """Where to cut `data` into chunks of whole lines: (start, stop) of each."""
    cuts, size = [0], len(data)
    while cuts[-1] < size:
        at = cuts[-1] + CHUNK
        stop = data.rfind(b"\n", cuts[-1], at) + 1 or data.find(b"\n", at) + 1 if at < size else size
        cuts.append(stop or size)
    return list(pairwise(cuts))
