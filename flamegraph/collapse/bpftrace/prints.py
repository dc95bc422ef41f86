"""Maps that are printed several times, and not cleared in between.

Nothing stands between two prints, and two keys of one print may look the same. But bpftrace sorts what it prints, so
where a number falls, another print begins. (A map of one or two keys may go unnoticed; it makes no flame graph.)
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from .output import Entry, Value

__all__ = ["results"]


def results(entries: list[Entry], how: str | None) -> tuple[list[Entry], int]:
    """The entries of a map that make up its result, and how many earlier prints are left out.

    `how` is "all" or "last"; None decides by whether each print holds all that was in the one before.
    """
    starts = [0, *(i for i in range(1, len(entries)) if _rank(entries[i].value) < _rank(entries[i - 1].value))]
    if len(starts) == 1 or how == "all":
        return entries, 0
    prints = [entries[a:b] for a, b in pairwise([*starts, len(entries)])]
    if how == "last" or _goes_on_counting(prints):
        return prints[-1], len(prints) - 1
    return entries, 0


def _rank(value: Value) -> int:
    """What bpftrace sorts a map by, statistics by their average: within a print it never falls."""
    amount, count = value
    return (amount // count if count else amount) if amount is not None else count or 0


def _goes_on_counting(prints: list[list[Entry]]) -> bool:
    """Whether nothing gets less from print to print, and something more."""
    sums = []
    for entries in prints:
        found: Counter[str] = Counter()
        for entry in entries:
            found[entry.key] += entry.value.amount or entry.value.count or 0
        sums.append(found)
    grows = all(after[key] >= number for before, after in pairwise(sums) for key, number in before.items())
    return grows and sums[-1].total() > sums[0].total()
