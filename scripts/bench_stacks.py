"""Call trees with a heavy tail, and the threads they run in: what all inputs of bench.py are made from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

__all__ = ["THREADS", "grow", "zipf"]

THREADS = [
    ("nginx", 812), ("postgres", 1204), ("io worker 1", 2207), ("io worker 2", 2208), ("tokio-runtime-w", 3310),
    ("grpc_event_eng", 3312), ("kworker/u8:2-ev", 77), ("swapper", 0), ("java", 4100), ("G1 Main Marker", 4107),
]  # fmt: skip


def zipf(n: int, exponent: float) -> list[float]:
    """Cumulative weights under which the k-th of n things is k^-exponent as likely as the first."""
    return list(accumulate((k + 1) ** -exponent for k in range(n)))


def grow(rng: random.Random, frames: int, kept: float, fresh: float) -> Iterator[tuple[int, ...]]:
    """Stacks of a call tree with a heavy tail, without end: each is an earlier one, cut somewhere and grown again.

    `kept` is the part of the earlier stack that stays, `fresh` the number of frames that grow, both on average: the
    mean depth then settles at fresh / (1 - kept).
    """
    popular = zipf(frames, 1.05)
    numbers = range(frames)
    bend, stop = 1 / kept - 1, 1 / fresh
    stacks: list[tuple[int, ...]] = [()]
    while True:
        base = rng.choice(stacks)
        grown = 1
        while rng.random() > stop:
            grown += 1
        cut = round(len(base) * rng.random() ** bend)
        stack = (*base[:cut], *rng.choices(numbers, cum_weights=popular, k=grown))
        stacks.append(stack)
        yield stack
