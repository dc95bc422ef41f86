"""Where the time goes: functions by what they cost alone and with all that they call, and the costliest stacks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .profile import Profile, Stacks
from .ranking import ranks
from .trie import graft, outermost, paths, scatter_sum, totals

__all__ = ["Functions", "HotStacks", "functions", "hot_stacks"]


@dataclass(frozen=True, eq=False)
class Functions:
    """One row per function: frames of one label in one module, whatever their file and line.

    A frame whose module is not known, as perf's inlined ones, belongs to the module that the label is seen in, if
    that is one alone.

    label   as pictures show it
    module  the object it is in; "" where unknown
    kind    uint8, a `Kind`
    own     [f] the metric's value of samples that were taken in the function itself
    total   [f] of samples that were taken in it or in what it calls; a recursive function counts once per sample
    """

    label: list[str]
    module: list[str]
    kind: np.ndarray
    own: np.ndarray
    total: np.ndarray

    def __len__(self) -> int:
        return len(self.label)

    def order(self, by: str = "self") -> np.ndarray:
        """The rows that count something from hot to cold, `by` "self" or "total"; then by the other, then by name."""
        first, second = (self.own, self.total) if by == "self" else (self.total, self.own)
        rank = ranks(list(zip(self.label, self.module, strict=True)))
        order = np.lexsort((rank, -second, -first))
        return order[first[order] > 0]


@dataclass(frozen=True, eq=False)
class HotStacks:
    """The costliest stacks, from hot to cold.

    labels  of each stack its functions, outermost first
    own     [k] the metric's value of samples with exactly this stack
    count   how many different stacks there are in all
    """

    labels: list[list[str]]
    own: np.ndarray
    count: int


def functions(profile: Profile, metric: int = 0) -> Functions:
    """All functions of a profile, in no particular order (see `Functions.order`)."""
    group, rows = _functions(profile)
    stacks = profile.stacks
    own = profile.values(metric)
    total = totals(stacks, own)
    function = np.concatenate((group, [-1]))[stacks.frame]  # -1, the root's frame, is last
    node = np.flatnonzero(outermost(stacks, function))
    labels = profile.labels()
    return Functions(
        label=[labels[row] for row in rows],
        module=[profile.frames.module[row] for row in rows],
        kind=profile.frames.kind[rows],
        own=scatter_sum(function[1:], own[1:], len(rows)),
        total=scatter_sum(function[node], total[node], len(rows)),
    )


def hot_stacks(profile: Profile, n: int, metric: int = 0) -> HotStacks:
    """The `n` costliest stacks. Stacks of the same functions are one, whatever their lines."""
    group, rows = _functions(profile)
    stacks, went = graft(profile.stacks, group)
    own = scatter_sum(went, profile.values(metric), len(stacks))
    leaves = np.flatnonzero(own > 0)
    hottest = leaves[np.argsort(-own[leaves], kind="stable")][:n]
    return HotStacks(_named(profile, rows, stacks, hottest), own[hottest], len(leaves))


def _named(profile: Profile, rows: list[int], stacks: Stacks, nodes: np.ndarray) -> list[list[str]]:
    labels = profile.labels()
    frames, lengths = paths(stacks, nodes)
    out, start = [], 0
    for length in lengths.tolist():
        out.append([labels[rows[function]] for function in frames[start : start + length].tolist()])
        start += length
    return out


def _functions(profile: Profile) -> tuple[np.ndarray, list[int]]:
    """Which function each frame belongs to, int64[frames], and the frame that each function is named after."""
    labels, module = profile.labels(), profile.frames.module
    seen: dict[tuple[str, str], int] = {}
    rows: list[int] = []
    known: dict[str, int] = {}  # label → its function, where that is in one module only; else -1
    for row, key in enumerate(zip(labels, module, strict=True)):
        if key[1] and key not in seen:
            known[key[0]] = len(rows) if key[0] not in known else -1
            seen[key] = len(rows)
            rows.append(row)
    group = np.empty(len(labels), np.int64)
    for row, key in enumerate(zip(labels, module, strict=True)):
        number = seen.get(key, -1)
        if number < 0:
            number = known.get(key[0], -1)
        if number < 0:
            number = len(rows)
            rows.append(row)
        seen[key] = number
        group[row] = number
    return group, rows
