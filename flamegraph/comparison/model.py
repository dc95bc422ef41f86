"""What a comparison is: the runs of two sides on one trie, and what changed per function and per node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property

import numpy as np

from ..profile import Frames, Meta, Metric, Profile, Samples, Stacks
from ..trie import outermost, scatter_sum, totals

__all__ = [
    "Changes",
    "Comparison",
    "Difference",
    "FunctionChanges",
    "Runs",
    "Scale",
    "Verdict",
    "union_profile",
]


class Verdict(IntEnum):
    """What is said about a row. Stored as uint8, so the numbers are fixed."""

    SAME = 0
    INCONCLUSIVE = 1
    REGRESSED = 2
    IMPROVED = 3
    MOVED = 4
    NEW = 5
    GONE = 6


@dataclass(frozen=True, eq=False)
class Runs:
    """The runs of both sides on one trie. Frames are functions: what has one label is one frame.

    own    int64 or float64 [nodes, runs], what was sampled with a node as the leaf, as it was read
    after  bool[runs]: which side a run is of; those before come first
    """

    frames: Frames
    labels: Sequence[str]
    stacks: Stacks
    own: np.ndarray
    after: np.ndarray

    @cached_property
    def total(self) -> np.ndarray:
        """Of each node with everything above it: [nodes, runs]."""
        return np.stack([totals(self.stacks, np.ascontiguousarray(column)) for column in self.own.T], axis=1)

    @cached_property
    def function_own(self) -> np.ndarray:
        """Of each function itself: [frames, runs]."""
        return self._per_function(np.arange(1, len(self.stacks)), self.own)

    @cached_property
    def function_total(self) -> np.ndarray:
        """Of each function with everything that it calls, one that calls itself counted once: [frames, runs]."""
        return self._per_function(np.flatnonzero(outermost(self.stacks, self.stacks.frame)), self.total)

    def _per_function(self, nodes: np.ndarray, values: np.ndarray) -> np.ndarray:
        frame = self.stacks.frame[nodes]
        columns = [scatter_sum(frame, column[nodes], len(self.frames)) for column in values.T]
        return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Scale:
    """How runs were made comparable: each run's values times its factor.

    name     "none", "total", "ratio", "work" or "time"
    factors  one per run; those after have a geometric mean of 1, so that they keep the size that they were read with;
             of blocks of time, the size of the whole capture
    why      why this one was chosen, in a few words
    """

    name: str
    factors: tuple[float, ...]
    why: str

    def apply(self, values: np.ndarray) -> np.ndarray:
        """[n, runs] × factors. Whole numbers stay whole where every factor is 1."""
        return values if all(factor == 1 for factor in self.factors) else values * np.array(self.factors)


@dataclass(frozen=True)
class Difference:
    """Something that the sides do not have in common. `fatal`: numbers that are compared all the same mean nothing."""

    what: str
    before: str
    after: str
    fatal: bool = False


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed, one row per function or per node, scaled, in the unit of the metric; of several runs the means.

    before, after  [n]
    low, high      float64[n], the interval of the change (after - before); nan where there is none
    p              float64[n], adjusted for all rows that were tested; nan where a row was not tested
    verdict        uint8[n], a `Verdict`
    """

    before: np.ndarray
    after: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    verdict: np.ndarray

    def __len__(self) -> int:
        return len(self.before)

    @property
    def change(self) -> np.ndarray:
        """after - before: [n]."""
        return self.after - self.before

    @property
    def relative(self) -> np.ndarray:
        """The change as a share of before: float64[n]; inf for what is new, nan where both sides count nothing."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.change / np.asarray(self.before, np.float64)


@dataclass(frozen=True, eq=False)
class FunctionChanges:
    """One row per function.

    label, module, kind  as in `hot.Functions`
    own                  of the function itself: what its verdict is about
    total                with everything that it calls
    where                where the cost of a row came from or went to that is `moved`, or new or gone because it was
                         renamed: "" for the others
    """

    label: Sequence[str]
    module: Sequence[str]
    kind: np.ndarray
    own: Changes
    total: Changes
    where: Sequence[str]

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two sides on one trie, and what is known about what changed.

    profile      the union of both sides, with the metrics `before` and `after`, scaled; of several runs the means
    metric       what was compared
    runs         every run as it was read
    scale        how runs were made comparable
    grains       what one sample counts in each run, float64[runs]; None where that is not known
    differences  what the sides do not have in common
    alpha        the share of comparisons without any change in which something may be called changed
    method       "max-t" or "fdr" for repeated runs; "sampling noise only" where a side has one run
    blocks       whether blocks of one capture's time stand for the runs of a side
    notes        what a reader should know, a sentence each
    """

    profile: Profile
    metric: Metric
    runs: Runs
    scale: Scale
    grains: np.ndarray | None
    differences: tuple[Difference, ...]
    alpha: float
    method: str
    blocks: bool = False
    notes: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        from ..notebook import in_words

        return f"<{in_words(self)}>"

    def _repr_html_(self) -> str:
        from ..notebook import as_html

        return as_html(self)

    @cached_property
    def functions(self) -> FunctionChanges:
        """What changed per function."""
        from .judge import function_changes
        from .shift import find_moved

        return find_moved(self.runs, self.scale, self.grains, function_changes(self))

    @cached_property
    def nodes(self) -> tuple[Changes, Changes]:
        """What changed per node of the profile's trie: (of the node itself, with everything above it)."""
        from .judge import node_changes

        return node_changes(self)

    @property
    def counts(self) -> tuple[int, int]:
        """How many runs there are before and after."""
        after = int(np.count_nonzero(self.runs.after))
        return len(self.runs.after) - after, after


def union_profile(runs: Runs, scale: Scale, unit: str, meta: Meta) -> Profile:
    """Both sides as one profile with the metrics `before` and `after`; its trie is that of the runs.

    Of the labels' annotations only those in `meta.annotated` are shown.
    """
    values = scale.apply(runs.own)
    sides = [values[:, runs.after == side] for side in (False, True)]
    columns = [side[:, 0] if side.shape[1] == 1 else side.mean(axis=1) for side in sides]
    both = np.stack(columns, axis=1)
    stack = np.flatnonzero(both.any(axis=1)).astype(np.int32)
    meta = replace(meta, timeline=False, period=0)
    metrics = (Metric("before", unit), Metric("after", unit))
    return Profile(runs.frames, runs.stacks, Samples(stack, both[stack]), metrics, meta=meta).check()
