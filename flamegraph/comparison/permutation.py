"""Which of many rows changed between two groups of runs, with one guarantee for all rows together.

Westfall and Young's max-T: had the sides no part in it, each run could as well have been on the other one. So the
sides are dealt anew, many times, and each time the largest statistic of any row is noted; what a row reached with the
real sides is compared with those. Where nothing changed, in at most alpha of all comparisons any row is called
changed. That holds for every distribution and however the rows hang together, as long as the runs of both sides were
made in mixed order: a machine that got warmer in between is a difference too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

__all__ = ["FEWEST", "Tested", "max_t", "smallest_p"]

#: Runs per side below which no verdict is given: with 3 against 3 the smallest p there is is 0.1.
FEWEST = 4

#: All ways to deal the sides are tried up to this many; else so many at random, and the real one.
_DEALS = 10_000

#: Statistics worked out at once: what then lies in memory stays below 100 MB.
_AT_ONCE = 4_000_000

#: Statistics worked out in all, so that a trie of a million nodes does not take minutes.
_IN_ALL = 400_000_000


@dataclass(frozen=True, eq=False)
class Tested:
    """What a test says of its rows.

    p       float64[n], adjusted for all rows together
    effect  float64[n], the difference of the means of the square roots, after - before
    margin  float64[n], how far the true difference may be from `effect`, for all rows at once, with 1 - alpha
    """

    p: np.ndarray
    effect: np.ndarray
    margin: np.ndarray


def smallest_p(before: int, after: int) -> float:
    """The smallest p that so many runs can give."""
    return (2 if before == after else 1) / comb(before + after, after)


def max_t(values: np.ndarray, after: np.ndarray, alpha: float, *, fdr: bool = False, seed: int = 0) -> Tested:
    """Test each row of `values`, float64[n, runs], at least 0; `after`, bool[runs], tells the sides.

    With `fdr` p is adjusted so that of all rows with p <= alpha at most that share is expected to be wrong
    (Benjamini and Hochberg, on statistics pooled over rows), which finds more where much has changed.
    """
    roots = np.sqrt(np.maximum(values, 0))  # so that what is sampled often and what is not varies alike
    floor = _floor(roots, after)
    effect, scale = _statistics(roots, after[None, :], floor)
    effect, scale = effect[:, 0], scale[:, 0]
    real = np.abs(effect) / scale
    order = np.argsort(-real, kind="stable")
    ranked = real[order]
    deals = _deals(after, max(_IN_ALL // max(len(values), 1), 1000), seed)
    exceeded = np.zeros(len(values), np.int64)
    pooled = np.zeros(len(values), np.int64)
    largest = np.empty(len(deals))
    step = max(_AT_ONCE // max(len(values), 1), 1)
    for start in range(0, len(deals), step):
        dealt, spread = _statistics(roots[order], deals[start : start + step], floor)
        statistic = np.abs(dealt) / spread
        largest[start : start + step] = statistic.max(axis=0, initial=0.0)
        if fdr:
            flat = np.sort(statistic, axis=None)
            pooled += len(flat) - np.searchsorted(flat, ranked * (1 - 1e-9))
        else:
            # Step-down: a row is compared with the largest of those that are not more extreme than itself.
            rest = np.maximum.accumulate(statistic[::-1], axis=0)[::-1]
            exceeded += np.count_nonzero(rest >= ranked[:, None] * (1 - 1e-9), axis=1)
    p = np.empty(len(values))
    if fdr:
        single = pooled / max(len(deals) * len(values), 1)
        share = single * len(values) / np.arange(1, len(values) + 1)
        p[order] = np.minimum(np.minimum.accumulate(share[::-1])[::-1], 1.0)
    else:
        p[order] = np.maximum.accumulate(exceeded / len(deals))
    critical = np.sort(largest)[::-1][min(int(alpha * len(deals)), len(deals) - 1)]
    return Tested(p, effect, critical * scale)


def _floor(roots: np.ndarray, after: np.ndarray) -> float:
    """What is added to each row's spread, so that rows that hardly vary do not stand out; whatever the sides are."""
    k, m = np.count_nonzero(~after), np.count_nonzero(after)
    spread = np.sqrt(roots.var(axis=1, ddof=1) * (1 / k + 1 / m))
    return max(float(np.median(spread)) if len(spread) else 0.0, 1e-9)


def _statistics(roots: np.ndarray, sides: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """(difference of the means, its spread) of each row, for each way to deal the sides: float64[n, deals] both."""
    sides = sides.T.astype(np.float64)
    n, m = len(sides), sides.sum(axis=0)
    k = n - m
    # Around each row's mean: the differences of large sums would lose what is to be seen.
    centred = roots - roots.mean(axis=1, keepdims=True)
    squares = centred**2
    after = centred @ sides
    before = -after  # a row's deviations add up to 0
    after_squares = squares @ sides
    before_squares = squares.sum(axis=1, keepdims=True) - after_squares
    variance = np.maximum(after_squares - after**2 / m, 0) / (m * (m - 1))
    variance += np.maximum(before_squares - before**2 / k, 0) / (k * (k - 1))
    return after / m - before / k, np.sqrt(variance) + floor


def _deals(after: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Ways to deal the sides to the runs, bool[deals, runs]: all, or some at random and the real one first."""
    n, m = len(after), int(np.count_nonzero(after))
    if comb(n, m) <= min(_DEALS, most):
        deals = np.zeros((comb(n, m), n), bool)
        for row, chosen in zip(deals, combinations(range(n), m), strict=True):
            row[list(chosen)] = True
        return deals
    random = np.random.default_rng(seed)
    deals = np.empty((min(_DEALS, most), n), bool)
    deals[0] = after
    deals[1:] = after[random.permuted(np.tile(np.arange(n), (len(deals) - 1, 1)), axis=1)]
    return deals
