"""Frames that a profile itself calls uninteresting: drop_frames and keep_frames, patterns for names of functions.

A function that matches is left out with all it calls, as google/pprof does: not below the first function that stays,
so that no stack becomes empty; of functions inlined into one place only those from the matching one inwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...chains import ranges
from ...locations import Lines
from ...ragged import Ragged
from .patterns import Pattern, Unsupported
from .reader import Tables

__all__ = ["drop"]

#: What of a name is in parentheses and yet no list of parameters.
_BRACKET = re.compile(r"\(anonymous namespace\)|operator\(\)|\(")

_STAYS, _GOES, _BEGINS_OUTSIDE = 0, 1, 2


def drop(tables: Tables) -> Tables:
    """The profile without them. A pattern that can't be understood drops nothing, and is counted as skipped."""
    if not tables.drop_frames:
        return tables
    try:
        matches = _matcher(tables)
        dropped = np.array([bool(name) and matches(name) for name, _ in tables.locations.functions] + [False])
    except Unsupported:
        tables.skipped["drop_frames that is no known pattern"] += 1
        return tables
    lines = tables.locations.lines
    hit = dropped[lines.function]
    if not hit.any():
        return tables
    # Of each location, the outermost line that matches goes, and all inside of it.
    owner = np.repeat(np.arange(len(lines.count)), lines.count)
    stop = np.cumsum(lines.count)
    outermost = np.full(len(lines.count), -1)
    outermost[owner[hit]] = np.flatnonzero(hit)
    what = np.where(outermost < 0, _STAYS, np.where(outermost == stop - 1, _GOES, _BEGINS_OUTSIDE))
    stays = (np.arange(len(owner)) > outermost[owner]) | (what[owner] == _GOES)
    cut = Lines(np.bincount(owner[stays], minlength=len(stop)), lines.function[stays], lines.line[stays])
    return replace(tables, locations=replace(tables.locations, lines=cut), chains=_cut(tables.chains, what))


def _matcher(tables: Tables) -> Callable[[str], bool]:
    drop, keep = Pattern(tables.drop_frames), Pattern(tables.keep_frames) if tables.keep_frames else None

    def matches(name: str) -> bool:
        name = _simple(name)
        return drop.fullmatch(name) and not (keep and keep.fullmatch(name))

    return matches


def _simple(name: str) -> str:
    """A name without parameters, and without the "." that PowerPC puts before it."""
    name = name.removeprefix(".")
    for match in _BRACKET.finditer(name):
        if match[0] == "(":
            return name[: match.start()]
    return name


def _cut(stacks: Ragged, what: np.ndarray) -> Ragged:
    """Stacks, leaf first, from where the outermost location that does not stay is: without it, or with its rest."""
    chains, lengths = stacks
    stop = np.cumsum(lengths)
    begin = stop - lengths
    owner = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    found = what[chains]
    # The last of several that are assigned to one place remains: the outermost.
    first_kept = np.full(len(lengths), -1)
    stays = np.flatnonzero(found == _STAYS)
    first_kept[owner[stays]] = stays
    goes = np.flatnonzero(found != _STAYS)
    goes = goes[goes < first_kept[owner[goes]]]
    begin[owner[goes]] = goes + (found[goes] == _GOES)
    return Ragged(chains[ranges(begin, stop - begin)], stop - begin)
