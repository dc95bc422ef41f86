"""Verdicts: what may be said of each function and node, and how sure it is.

Of repeated runs `permutation.max_t` tells what changed. With one run per side, or too few, only the noise of sampling
is known: how far counts lie apart by chance when the same thing is sampled twice. How runs differ, it does not know;
two or three runs only show that they differ by more.
"""

from __future__ import annotations

from math import gcd
from statistics import NormalDist

import numpy as np

from ..profile import Meta, Metric
from .model import Changes, Comparison, FunctionChanges, Runs, Scale, Verdict
from .permutation import FEWEST, max_t

__all__ = ["changes", "enough_runs", "function_changes", "grain", "node_changes", "worth_a_test"]

#: Up to this share of what it was, a change is none.
_NEGLIGIBLE = 0.05

#: A clock's unit is no sample: in times, only what is at least so many ns can be what one sample counts.
_SHORTEST = 50_000

#: Fewer samples on average than this and a node is not tested: it could not reach a verdict, and tests have a price.
_SAMPLED = 5


def enough_runs(after: np.ndarray) -> bool:
    """Whether there are enough runs on both sides to tell a change from how runs differ."""
    return bool(min(np.count_nonzero(after), np.count_nonzero(~after)) >= FEWEST)


def grain(runs: Runs, metric: Metric, metas: tuple[Meta, ...]) -> np.ndarray | None:
    """What one sample counts in each run: float64[runs]; None where that can't be known, and so no noise either."""
    if metric.unit == "samples":
        return np.ones(len(metas))
    periods = np.array([meta.period for meta in metas], float)
    if (periods > 0).all():
        return periods
    if runs.own.dtype.kind == "f" or metric.unit != "ns":
        return None  # what numbers of bytes or cycles have in common is no sample
    common = np.array([gcd(*np.unique(np.abs(column)).tolist()) for column in runs.own.T], float)
    return common if (common >= _SHORTEST).all() else None


def changes(
    values: np.ndarray, after: np.ndarray, scale: Scale, grains: np.ndarray | None, alpha: float, fdr: bool
) -> Changes:
    """What changed in each row of `values`, [n, runs] as read. Rows that count nothing at all are `same`."""
    scaled = scale.apply(values)
    if enough_runs(after):
        return _by_runs(scaled, after, worth_a_test(values, grains), alpha, fdr)
    return _by_sampling(values, scaled, after, np.array(scale.factors), grains, alpha)


def function_changes(comparison: Comparison) -> FunctionChanges:
    """Per function, before it is known which only moved."""
    runs = comparison.runs
    own, total = (
        changes(values, runs.after, comparison.scale, comparison.grains, comparison.alpha, comparison.method == "fdr")
        for values in (runs.function_own, runs.function_total)
    )
    frames = runs.frames
    return FunctionChanges(runs.labels, frames.module, frames.kind, own, total, [""] * len(runs.labels))


def node_changes(comparison: Comparison) -> tuple[Changes, Changes]:
    """Per node of a comparison's trie: (of the node itself, with everything above it).

    All nodes are one family. To go down the tree and test only below what changed (Meinshausen, 2008) would miss what
    moved within a caller that did not change; and it divides alpha by the share of the leaves below a node, which the
    p of a few runs can't follow: the smallest that 6 against 6 can give, 0.0022, is enough for 1 in 23 leaves.
    """
    runs = comparison.runs
    return tuple(
        changes(values, runs.after, comparison.scale, comparison.grains, comparison.alpha, comparison.method == "fdr")
        for values in (runs.own, runs.total)
    )  # type: ignore[return-value]


def worth_a_test(values: np.ndarray, grains: np.ndarray | None) -> np.ndarray:
    """The rows that are worth a test, bool[n]; the sides have no part in it."""
    mean = values.mean(axis=1) if grains is None else (values / grains).mean(axis=1)
    return mean >= _SAMPLED if grains is not None else mean > 0


def _by_runs(scaled: np.ndarray, after: np.ndarray, worth: np.ndarray, alpha: float, fdr: bool) -> Changes:
    means = [scaled[:, after == side].mean(axis=1) for side in (False, True)]
    p = np.full(len(scaled), np.nan)
    low, high = p.copy(), p.copy()
    rows = np.flatnonzero(worth)
    if len(rows):
        found = max_t(scaled[rows].astype(np.float64), after, alpha, fdr=fdr)
        roots = np.sqrt(np.maximum(scaled[rows], 0))
        level = roots[:, after].mean(axis=1) + roots[:, ~after].mean(axis=1)
        # The difference of two squares: back from square roots to counts.
        middle, reach = means[1][rows] - means[0][rows], level * found.margin
        p[rows], low[rows], high[rows] = found.p, middle - reach, middle + reach
    return Changes(*means, low, high, p, _verdicts(*means, low, high, p <= alpha))


def _by_sampling(
    values: np.ndarray,
    scaled: np.ndarray,
    after: np.ndarray,
    factors: np.ndarray,
    grains: np.ndarray | None,
    alpha: float,
) -> Changes:
    """Counts of samples as Poisson's law has them. Half a sample is added on each side: none seen is not none there.

    Where a side has two or three runs, a row varies at least as these show it.
    """
    means = [scaled[:, after == side].mean(axis=1) for side in (False, True)]
    if all(column.shape == (1,) for column in (after[after], after[~after])):
        means = [scaled[:, 0], scaled[:, 1]]  # whole numbers stay whole
    change = means[1] - means[0]
    nothing = np.full(len(values), np.nan)
    if grains is None:
        return Changes(*means, nothing, nothing, nothing, _verdicts(*means, nothing, nothing, nothing > 0))
    with np.errstate(over="ignore"):  # what had to be scaled by 1e200 is infinitely uncertain
        variance = _between_runs(values, scaled, after, factors * grains, grains)
        for side in (False, True):
            mine = np.flatnonzero(after == side)
            one = factors[mine] * grains[mine]
            counts = np.maximum(values[:, mine] / grains[mine], 0)
            variance += ((counts + 0.5 / len(mine)) * one**2).sum(axis=1) / len(mine) ** 2
    spread = np.sqrt(variance)
    counted = np.flatnonzero(values.any(axis=1))
    # As if each row were tested: Šidák's bound for so many independent rows.
    margin = NormalDist().inv_cdf(1 - (1 - (1 - alpha) ** (1 / max(len(counted), 1))) / 2)
    single = 2 * (1 - _normal(np.abs(change) / spread))
    p = nothing.copy()
    p[counted] = 1 - (1 - np.minimum(single[counted], 1)) ** len(counted)
    spread[~values.any(axis=1)] = np.nan  # nothing was counted, so there is nothing to be unsure of
    low, high = change - margin * spread, change + margin * spread
    return Changes(*means, low, high, p, _verdicts(*means, low, high, p <= alpha))


def _between_runs(
    values: np.ndarray, scaled: np.ndarray, after: np.ndarray, one: np.ndarray, grains: np.ndarray
) -> np.ndarray:
    """What runs of one side differ by beyond the noise of sampling, as the variance of a change: float64[n].

    A few runs may be alike by luck: no row is taken to vary less, for its size, than rows do on average.
    """
    sizes = [int(np.count_nonzero(after == side)) for side in (False, True)]
    if max(sizes) < 2:
        return np.zeros(len(values))
    apart = sum(scaled[:, after == side].var(axis=1) * size for side, size in zip((False, True), sizes, strict=True))
    beyond = apart / (sum(sizes) - 2) - (np.abs(values / grains) * one**2).mean(axis=1)
    mean = scaled.mean(axis=1) ** 2
    common = max(beyond.sum() / max(mean.sum(), 1e-300), 0)
    return np.maximum(beyond, common * mean) * sum(1 / size for size in sizes)


def _normal(z: np.ndarray) -> np.ndarray:
    """The share of a normal distribution below z, for z >= 0: Abramowitz and Stegun 26.2.17, off by less than 1e-7."""
    t = 1 / (1 + 0.2316419 * z)
    tail = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    return 1 - np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * tail


def _verdicts(before: np.ndarray, after: np.ndarray, low: np.ndarray, high: np.ndarray, sure: np.ndarray) -> np.ndarray:
    change = after - before
    verdict = np.full(len(before), Verdict.INCONCLUSIVE, np.uint8)
    within = np.maximum(np.abs(low), np.abs(high)) <= _NEGLIGIBLE * np.maximum(before, after)
    none = np.abs(change) <= 1e-12 * np.maximum(before, after)  # but for the rounding of what was scaled
    verdict[within | none] = Verdict.SAME
    verdict[sure & (change > 0)] = Verdict.REGRESSED
    verdict[sure & (change < 0)] = Verdict.IMPROVED
    verdict[sure & (before == 0) & (after != 0)] = Verdict.NEW
    verdict[sure & (after == 0) & (before != 0)] = Verdict.GONE
    return verdict
