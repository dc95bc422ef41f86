"""How much must be measured to see a change of a given size: runs for the test, samples for a single pair.

Runs are found by playing the test: each function varies between runs as it was seen to vary, the largest statistic of
runs without a change is what a changed function has to exceed, and the number of runs is the smallest with which it
does so often enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, log
from statistics import NormalDist

import numpy as np

from .judge import worth_a_test
from .model import Comparison
from .permutation import FEWEST

__all__ = ["Need", "power"]

#: Comparisons without a change that are played, and with one: fewer of them, but no fewer than the second, where there
#: are so many functions that more numbers than the third would be drawn.
_PLAYED, _LEAST_PLAYED, _DRAWN = 1000, 200, 20_000_000

#: More runs per side than this are not made.
_MOST = 200


@dataclass(frozen=True)
class Need:
    """What it takes to see one function change.

    function  a row of the comparison's functions
    mean      what it counts per run, scaled
    runs      per side, for the test of repeated runs; None where even the most that are made are too few
    samples   of everything, per side, in a single pair; None where it is not known what a sample counts
    """

    function: int
    mean: float
    runs: int | None
    samples: int | None


def power(comparison: Comparison, size: float = 0.05, chance: float = 0.8, most: int = 20, seed: int = 0) -> list[Need]:
    """What it takes to see each of the `most` hottest functions change by `size` (0.05: 5 %), with that `chance`.

    The spread between runs is that of the runs compared; of a run per side it is the noise of sampling, the least there
    can be.
    """
    runs, own = comparison.runs, comparison.functions.own
    scaled = comparison.scale.apply(runs.function_own).astype(np.float64)
    tested = np.flatnonzero(worth_a_test(runs.function_own, comparison.grains))
    roots = np.sqrt(np.maximum(scaled[tested], 0))
    level, spread = roots.mean(axis=1), _spread(comparison, roots, scaled[tested])
    mean = (own.before + own.after)[tested] / 2
    hottest = np.argsort(-mean, kind="stable")[:most]
    found: dict[int, int | None] = dict.fromkeys(hottest.tolist())
    draw = np.random.default_rng(seed)
    for k in _steps():
        missing = [row for row, runs_needed in found.items() if runs_needed is None]
        if not missing:
            break
        critical, floor = _critical(spread, k, comparison.alpha, draw)
        for row in missing:
            shift = level[row] * (np.sqrt(1 + size) - 1)
            if _chance(shift, spread[row], k, critical, floor, draw) >= chance:
                found[row] = k
    whole = own.before.sum() / 2 + own.after.sum() / 2
    count = max(len(tested), 1)
    return [
        Need(
            function=int(tested[row]),
            mean=float(mean[row]),
            runs=found[row],
            samples=None
            if comparison.grains is None
            else _samples(mean[row] / whole, size, chance, comparison.alpha, count),
        )
        for row in hottest.tolist()
        if mean[row] > 0
    ]


def _steps() -> list[int]:
    """Numbers of runs per side that are tried: all small ones, then in steps of a quarter."""
    steps = [FEWEST]
    while steps[-1] < _MOST:
        steps.append(max(steps[-1] + 1, ceil(steps[-1] * 1.15)))
    return steps


def _spread(comparison: Comparison, roots: np.ndarray, scaled: np.ndarray) -> np.ndarray:
    """The standard deviation of each function's root between runs of one side: float64[n]."""
    after = comparison.runs.after
    grains = np.ones(len(after)) if comparison.grains is None else comparison.grains
    # A root of Poisson counts has a variance of 1/4, whatever is counted.
    sampling = np.full(len(roots), 0.5 * np.sqrt((grains * np.array(comparison.scale.factors)).mean()))
    degrees = len(after) - 2
    if degrees < 1:
        return sampling
    within = sum(((roots[:, s] - roots[:, s].mean(axis=1, keepdims=True)) ** 2).sum(axis=1) for s in (after, ~after))
    # A spread from few runs may be small by luck: none is taken for less than what functions have in common. Half of
    # all estimates are below the median of chi-squared (Wilson and Hilferty), the more so the fewer runs there are.
    common = np.median(within / degrees) / (1 - 2 / (9 * degrees)) ** 3
    return np.sqrt(np.maximum(within / degrees, common))


def _critical(spread: np.ndarray, k: int, alpha: float, draw: np.random.Generator) -> tuple[float, float]:
    """(what the largest statistic exceeds by chance in `alpha` of comparisons, the floor), for k runs per side."""
    floor = float(np.median(spread) * np.sqrt(2 / k))
    largest = np.empty(min(_PLAYED, max(_LEAST_PLAYED, _DRAWN // max(len(spread), 1))))
    for i in range(len(largest)):
        difference = draw.normal(size=len(spread)) * spread * np.sqrt(2 / k)
        error = spread * np.sqrt(draw.chisquare(2 * k - 2, len(spread)) / (2 * k - 2) * 2 / k)
        largest[i] = (np.abs(difference) / (error + floor)).max(initial=0)
    return float(np.quantile(largest, 1 - alpha)), floor


def _chance(shift: float, spread: float, k: int, critical: float, floor: float, draw: np.random.Generator) -> float:
    """How often a function whose root moved by `shift` exceeds the critical statistic."""
    difference = shift + draw.normal(size=_PLAYED) * spread * np.sqrt(2 / k)
    error = spread * np.sqrt(draw.chisquare(2 * k - 2, _PLAYED) / (2 * k - 2) * 2 / k)
    return float((np.abs(difference) / (error + floor) > critical).mean())


def _samples(share: float, size: float, chance: float, alpha: float, functions: int) -> int | None:
    """Samples of everything per side, so that a function with this share is seen to change in a single pair."""
    normal = NormalDist()
    single = 1 - (1 - alpha) ** (1 / functions)
    reach = normal.inv_cdf(1 - single / 2) + normal.inv_cdf(chance)
    needed = reach**2 * (2 + size) / size**2 / share if share > 0 else inf
    return None if needed == inf or log(needed) > 40 else ceil(needed)
