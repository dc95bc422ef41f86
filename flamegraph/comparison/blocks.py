"""One capture cut into blocks of time, which stand for repeated runs where there are none.

Neighbouring samples are alike: a program that parses for five seconds and then sorts would look changed in every block.
So a block is made many times longer than what still hangs together, and where too few of those fit in, there are none.
Blocks tell how one run varies in time. How runs differ, they do not know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..builder import add_up
from ..errors import UsageError
from ..profile import Profile, Samples
from ..trie import scatter_sum
from .permutation import FEWEST

__all__ = ["Blocks", "cut"]

#: Pieces of time that are looked at, and how many of the most sampled functions.
_PIECES, _FUNCTIONS = 128, 20

#: Pieces hang together as long as their shares correlate more than this.
_CORRELATED = 0.1

#: A block is so many times as long as what hangs together.
_LONGER = 10


@dataclass(frozen=True, eq=False)
class Blocks:
    """A capture in blocks.

    profiles  one for each block
    length    of a block, in ns
    """

    profiles: list[Profile]
    length: int


def cut(profile: Profile, column: int) -> Blocks | None:
    """The capture in blocks that are long enough to be taken for runs; None where that leaves fewer than four.

    `column` is the metric whose shares tell what hangs together. UsageError where samples don't know their time.
    """
    time = profile.samples.time
    if time is None or not len(time):
        raise UsageError("blocks: expected samples that know their time: read the input with timeline=True")
    first, span = int(time.min()), max(int(time.max() - time.min()) + 1, _PIECES)
    piece = (time - first) * _PIECES // span
    together = _hang_together(profile, column, piece)
    blocks = _PIECES // (_LONGER * together)
    if blocks < FEWEST:
        return None
    number = np.minimum((time - first) * blocks // span, blocks - 1)
    meta = replace(profile.meta, timeline=False, duration=span // blocks)
    found = []
    for block in range(blocks):
        mine = number == block
        samples = add_up(Samples(profile.samples.stack[mine], profile.samples.values[mine]))
        found.append(replace(profile, samples=samples, meta=meta, threads=()))
    return Blocks(found, span // blocks)


def _hang_together(profile: Profile, column: int, piece: np.ndarray) -> int:
    """The first distance, in pieces of time, at which the functions' shares no longer correlate."""
    function = profile.stacks.frame[profile.samples.stack] + 1
    values = profile.samples.values[:, column]
    hottest = np.argsort(-scatter_sum(function, values, len(profile.frames) + 1), kind="stable")[:_FUNCTIONS]
    per_piece = scatter_sum(piece, values, _PIECES).astype(np.float64)
    shares = np.zeros((len(hottest), _PIECES))
    for row, one in zip(shares, hottest.tolist(), strict=True):
        mine = function == one
        row[:] = scatter_sum(piece[mine], values[mine], _PIECES)
    shares /= np.maximum(per_piece, 1)
    centred = shares - shares.mean(axis=1, keepdims=True)
    whole = (centred**2).sum()
    if not whole:
        return 1
    for lag in range(1, _PIECES):
        # All functions together, those that vary most for the most.
        if (centred[:, lag:] * centred[:, :-lag]).sum() / whole < _CORRELATED:
            return lag
    return _PIECES
