"""Cost that only went elsewhere: a function that grew as much as its neighbours shrank is no regression.

A function whose change is made up for within something that holds it is `moved`, if by others that are known to have
changed: what many others lost by chance hides no regression. What holds it is looked for in this
order: its callers, the nearest first, where it is called most; its class or namespace; its file; its module; none of
them where it is more than half of everything. A function that is gone and a new one in its place were renamed; where
the new one costs more or less, they remain new and gone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import partial
from itertools import islice

import numpy as np

from ..trie import preorder, totals
from .judge import enough_runs
from .model import FunctionChanges, Runs, Scale, Verdict

__all__ = ["find_moved"]

#: What holds a function makes up for its change where at most this share of it is left.
_LEFT = 0.2

#: What holds more than this share of everything is no place that cost moves within.
_PLACE = 0.5

#: How alike the names of a renamed function are, 0 to 1, where it is called from the same functions.
_ALIKE = 0.4

#: So many changed functions are looked at, those that changed most.
_MOST = 100

#: Callers looked at, from the nearest outwards.
_CALLERS = 10

#: What is left of a change is none where it is within so many standard errors.
_ERRORS = 3

_FLAGGED = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.NEW, Verdict.GONE)

#: The class or namespace of a name: what comes before the last "::" or "." outside of brackets.
_OWNER = re.compile(r"(.+?)(?:::|\.)[\w~$<>]+(?:\s*\(.*)?$")


def find_moved(runs: Runs, scale: Scale, grains: np.ndarray | None, functions: FunctionChanges) -> FunctionChanges:
    """The functions, in which those whose cost went elsewhere are `moved`, with where to."""
    verdict, where = functions.own.verdict.copy(), list(functions.where)
    changed = np.isin(verdict, _FLAGGED)
    flagged = np.flatnonzero(changed)
    if not len(flagged):
        return functions
    change = functions.own.change
    flagged = flagged[np.argsort(-np.abs(change[flagged]), kind="stable")][:_MOST]
    holders = _Holders(runs, scale, grains, functions)
    for gone, new in _renamed(runs, functions, flagged):
        where[gone], where[new] = f"renamed to {functions.label[new]}", f"renamed from {functions.label[gone]}"
        if abs(change[gone] + change[new]) <= _ERRORS * holders.error(runs.function_own[[gone, new]].sum(axis=0)):
            verdict[[gone, new]] = Verdict.MOVED
    for row in flagged[verdict[flagged] != Verdict.MOVED].tolist():
        for members, left, error, what in holders.of(row):
            if abs(left) > min(_LEFT * abs(change[row]), _ERRORS * error):
                continue
            rows = members()
            rows = rows[changed[rows]]
            others = rows[np.sign(change[rows]) == -np.sign(change[row])]
            if len(others) and abs(change[rows].sum()) <= _LEFT * abs(change[row]):
                other = min(others.tolist(), key=lambda row: (-abs(change[row]), functions.label[row]))
                way = "from" if change[row] > 0 else "to"
                where[row] = f"{way} {functions.label[other]}, within {what}"
                verdict[row] = Verdict.MOVED
                break
    return replace(functions, own=replace(functions.own, verdict=verdict), where=where)


def _renamed(runs: Runs, functions: FunctionChanges, flagged: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of a function that is gone and the new one in its place, the most alike first."""
    verdict, change, label = functions.own.verdict[flagged], functions.own.change, functions.label
    gone, new = flagged[verdict == Verdict.GONE].tolist(), flagged[verdict == Verdict.NEW].tolist()
    callers = _callers(runs, [*gone, *new])
    found = []
    for one in gone:
        for other in new:
            if abs(change[one] + change[other]) > _LEFT * max(-change[one], change[other]):
                continue
            if callers[one] & callers[other]:
                alike = SequenceMatcher(None, label[one], label[other], autojunk=False).ratio()
                if alike >= _ALIKE:
                    # Names decide between equals, never the order of rows: sides that are swapped say the same.
                    found.append((-alike, sorted((label[one], label[other])), one, other))
    taken: set[int] = set()
    for _, _, one, other in sorted(found):
        if not {one, other} & taken:
            taken |= {one, other}
            yield one, other


def _callers(runs: Runs, functions: Sequence[int]) -> dict[int, set[int]]:
    """The functions that call each of these; -1 stands for the root."""
    parent, frame = runs.stacks.parent, runs.stacks.frame
    nodes = np.flatnonzero(np.isin(frame, functions))
    found: dict[int, set[int]] = defaultdict(set)
    for callee, caller in zip(frame[nodes].tolist(), frame[parent[nodes]].tolist(), strict=True):
        found[callee].add(caller)
    return found


#: (its functions, the change of all together, the error of that, its name)
Holder = tuple[Callable[[], np.ndarray], float, float, str]


class _Holders:
    """What holds a function, with what changed in it."""

    def __init__(self, runs: Runs, scale: Scale, grains: np.ndarray | None, functions: FunctionChanges):
        self._runs, self._scale, self._grains, self._functions = runs, scale, grains, functions
        self._place = _PLACE * max(functions.own.before.sum(), functions.own.after.sum())
        self._order = preorder(runs.stacks)
        self._begin = np.empty(len(self._order), np.int64)
        self._begin[self._order] = np.arange(len(self._order))
        self._size = totals(runs.stacks, np.ones(len(self._order), np.int64))
        self._total_change = self._sides(runs.total)[1] - self._sides(runs.total)[0]
        self._groups = [self._grouped(list(map(_owner, functions.label))), self._grouped(runs.frames.file)]
        self._groups.append(self._grouped(runs.frames.module))

    def of(self, row: int) -> Iterator[Holder]:
        """What holds a function, the narrowest first."""
        stacks = self._runs.stacks
        nodes = np.flatnonzero(stacks.frame == row)
        most = np.abs(self._total_change[nodes])
        node = min(nodes[most == most.max()].tolist(), key=self._path)
        for caller in islice(_ancestors(stacks.parent, node), _CALLERS):
            name = self._functions.label[stacks.frame[caller]]
            held = self._held(self._runs.total[caller], name, partial(self._functions_in, caller))
            if held is None:
                break
            yield held
        for names, members in self._groups:
            if len(rows := members.get(names[row], ())) > 1:
                held = self._held(self._runs.function_own[rows].sum(axis=0), names[row], partial(np.array, rows))
                if held is not None:
                    yield held

    def _path(self, node: int) -> list[str]:
        callers = [node, *_ancestors(self._runs.stacks.parent, node)]
        return [self._functions.label[self._runs.stacks.frame[caller]] for caller in callers]

    def _functions_in(self, node: int) -> np.ndarray:
        within = self._order[self._begin[node] : self._begin[node] + self._size[node]]
        return np.unique(self._runs.stacks.frame[within])

    def _held(self, values: np.ndarray, name: str, rows: Callable[[], np.ndarray]) -> Holder | None:
        before, after = self._sides(values[None, :])
        if max(before[0], after[0]) > self._place:
            return None
        return rows, float(after[0] - before[0]), self.error(values), name

    def _sides(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scaled, after = self._scale.apply(values), self._runs.after
        return scaled[:, ~after].mean(axis=1), scaled[:, after].mean(axis=1)

    def error(self, values: np.ndarray) -> float:
        """The standard error of the change of one row, [runs]; infinite where nothing tells it."""
        after, factors = self._runs.after, np.array(self._scale.factors)
        if enough_runs(after):
            scaled = values * factors
            return float(np.sqrt(sum(scaled[after == side].var(ddof=1) / (after == side).sum() for side in (0, 1))))
        if self._grains is None:
            return float("inf")
        counts = np.maximum(values / self._grains, 0) + 0.5
        noise = counts * (factors * self._grains) ** 2
        return float(np.sqrt(sum(noise[after == side].sum() / (after == side).sum() ** 2 for side in (0, 1))))

    def _grouped(self, names: Sequence[str]) -> tuple[Sequence[str], dict[str, list[int]]]:
        members: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(names):
            if name:
                members[name].append(row)
        return names, members


def _ancestors(parent: np.ndarray, node: int) -> Iterator[int]:
    while (node := int(parent[node])) > 0:
        yield node


def _owner(label: str) -> str:
    found = _OWNER.match(label)
    return found[1] if found else ""
