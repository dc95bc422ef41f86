"""How runs become comparable: factors that take out how long, how often or how hard each was sampled.

none    as they were counted: right for one piece of work that is done once in each run
total   to the same total, as difffolded.pl -n does, but without cutting off fractions. Where one function grows,
        every other seems to shrink.
ratio   by the median of the functions' ratios (DESeq's size factors): what most functions did is taken for no
        change, so one that grows does not make the others shrink
work    by how much work each side did: requests, iterations, batches
time    by how long each run was recorded
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..errors import IncompatibleProfiles, UsageError
from ..profile import Meta, Metric
from .model import Runs, Scale

__all__ = ["NORMS", "parse_norm", "scale_of"]

NORMS = ("auto", "none", "total", "ratio", "work=BEFORE:AFTER", "time")

#: A function counts for `ratio` where it was sampled so often, on average over all runs.
_SAMPLED = 10

#: With fewer functions than this, their median says little.
_ENOUGH = 5


def parse_norm(norm: str) -> tuple[str, tuple[float, float] | None]:
    """(name, work before and after) of what `--norm` was given. UsageError where it is neither."""
    name, equals, work = norm.partition("=")
    if name == "work" and equals:
        try:
            before, after = (float(side) for side in work.split(":"))
        except ValueError:
            before = after = math.nan
        if before > 0 and after > 0 and 0 < after / before < math.inf:
            return name, (before, after)
    elif norm in NORMS and name != "work":
        return norm, None
    raise UsageError(f"--norm {norm}: expected one of {', '.join(NORMS)}, the last but one with two positive numbers")


def scale_of(runs: Runs, norm: str, captures: Sequence[Meta], metas: Sequence[Meta], metric: Metric) -> Scale:
    """The scale called `norm`. IncompatibleProfiles where it can't be worked out.

    `metas` are those of the runs, `captures` those of what was recorded: the same, unless runs are blocks of captures.
    """
    name, work = parse_norm(norm)
    why = "asked for"
    by_ratio = _by_ratio(runs) if name in ("auto", "ratio") else None
    if name == "auto":
        name, why = _choose(captures, by_ratio is not None)
    if name == "none":
        factors = np.ones(len(metas))
    elif name == "work":
        assert work is not None
        factors = np.where(runs.after, 1.0, work[1] / work[0])
    elif name == "time":
        durations = np.array([meta.duration for meta in metas], float)
        if not (durations > 0).all():
            raise IncompatibleProfiles("--norm time: expected to know how long each run was recorded; some don't say")
        factors = 1 / durations
    elif name == "total":
        factors = _by_total(runs, metric)
    elif by_ratio is not None:
        factors = by_ratio
    else:
        raise IncompatibleProfiles(
            f"--norm ratio: expected {_ENOUGH} functions or more that were sampled {_SAMPLED} times on both sides"
        )
    if name in ("none", "work", "time") and metric.unit == "samples":
        factors = factors * _periods(metas)
    # How many of a side's runs make a capture: 1, or the number of its blocks.
    parts = np.where(runs.after, runs.after.sum(), (~runs.after).sum()) if len(metas) > len(captures) else 1
    if name in ("none", "work"):
        factors = factors * parts
    # Those after keep the size that they were read with, blocks of them that of the whole.
    factors = factors / np.exp(np.log(factors[runs.after]).mean()) * np.max(parts * runs.after)
    return Scale(name, tuple(_neat(factor) for factor in factors.tolist()), why)


def _choose(captures: Sequence[Meta], enough: bool) -> tuple[str, str]:
    """(name, why) of the scale that fits what is known; `enough` functions are there for `ratio`."""
    before, *_, after = captures
    if len(captures) == 2:
        if before.command and before.command == after.command:
            return "none", "both ran the same command"
        if before.duration and after.duration and not math.isclose(before.duration, after.duration, rel_tol=0.01):
            return "time", "both say how long they were recorded"
        if before.duration and after.duration:
            return "none", "both were recorded for the same time"
    if not enough:
        # By totals, what did not change would seem to shrink as soon as one function grows.
        return "none", f"too few functions to tell how much each side ran: {_ENOUGH} would do; see --norm"
    if len(captures) == 2:
        return "ratio", "nothing tells how long or how much work each side ran"
    return "ratio", "runs differ in how much they were sampled, functions that did not change show by how much"


def _by_total(runs: Runs, metric: Metric) -> np.ndarray:
    totals = runs.own.sum(axis=0, dtype=np.float64)
    if not (totals > 0).all():
        raise IncompatibleProfiles(f"expected {metric.name} that add up to more than 0 on both sides; see --norm none")
    # The mean of those after, divided last: of a single pair the total is then hit as closely as floats can.
    return np.exp(np.log(totals[runs.after]).mean()) / totals


def _by_ratio(runs: Runs) -> np.ndarray | None:
    """1 / the size factor of each run, after DESeq; None where too few functions were sampled in all of them."""
    own = runs.function_own.astype(np.float64)
    often = (own > 0).all(axis=1) & (own.mean(axis=1) >= _SAMPLED)
    if np.count_nonzero(often) < _ENOUGH:
        return None
    logs = np.log(own[often])
    return np.exp(-np.median(logs - logs.mean(axis=1, keepdims=True), axis=0))


def _periods(metas: Sequence[Meta]) -> np.ndarray:
    """What one sample stands for in each run, where all of them say so; else 1."""
    periods = np.array([meta.period for meta in metas], float)
    return periods if (periods > 0).all() else np.ones(len(metas))


def _neat(factor: float) -> float:
    """1 where rounding alone keeps it from being 1, so that whole numbers stay whole."""
    return 1.0 if abs(factor - 1) < 1e-12 else factor
