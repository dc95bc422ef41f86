"""One side of a comparison, named by one argument: a file, a folder of repeated runs, or a quoted glob of them."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

import click

from ..errors import FlamegraphError, InputError, UsageError
from ..processes import Fork, can_fork, processors, sharing
from ..profile import Profile
from ._inputs import wanted_profile
from ._reading import size_of

__all__ = ["files_of", "wanted_sides"]

#: Bytes from which on it pays to read each side in a process of its own: that many take a tenth of a second.
_LARGE = 8 << 20


def files_of(side: str) -> list[str]:
    """The files that a side stands for, in the order of their names."""
    if side == "":
        raise UsageError("expected BEFORE and AFTER: a file, a folder or a quoted glob; found an empty name")
    path = Path(side)
    if path.is_dir():
        found = sorted(str(file) for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        if not found:
            raise InputError(f"{side}: expected a folder with a profile of each run, found no file in it")
        return found
    if side != "-" and not path.exists() and glob.has_magic(side):
        found = sorted(file for file in glob.glob(side, recursive=True) if Path(file).is_file())
        if not found:
            raise InputError(f"{side}: no file has such a name")
        return found
    return [side]


def wanted_sides(
    ctx: click.Context,
    sides: Sequence[list[str]],
    format: str | None,
    quiet: bool,
    metric: str | None,
    *,
    timeline: bool = False,
) -> list[list[Profile]]:
    """A profile for each file of the two sides, read and transformed by the options that the user gave."""

    def one(files: list[str], quiet: bool) -> list[Profile]:
        return [wanted_profile(ctx, [file], format, quiet, metric, timeline=timeline) for file in files]

    if processors() < 2 or not can_fork() or min(map(_bytes, sides)) < _LARGE:
        return [one(files, quiet) for files in sides]
    with sharing(2):
        other = Fork(one, sides[0], True)  # silent: one line of progress is enough
        try:
            try:
                found = one(sides[1], quiet)
            except FlamegraphError:
                other.result()  # what is wrong with the first side is told first
                raise
            return [other.result(), found]
        finally:
            other.stop()


def _bytes(files: list[str]) -> int:
    """The size of all together; 0 where one is no regular file, which may not be there to be read twice."""
    return sum(map(size_of, files)) if all(map(os.path.isfile, files)) else 0
