"""One side of a comparison, named by one argument: a file, a folder of repeated runs, or a quoted glob of them."""

from __future__ import annotations

import glob
from pathlib import Path

import click

from ..errors import InputError, UsageError
from ..profile import Profile
from ._inputs import wanted_profile

__all__ = ["files_of", "wanted_side"]


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


def wanted_side(
    ctx: click.Context, side: str, format: str | None, quiet: bool, metric: str | None, *, timeline: bool = False
) -> list[Profile]:
    """A profile for each run of a side, read and transformed by the options that the user gave."""
    return [wanted_profile(ctx, [file], format, quiet, metric, timeline=timeline) for file in files_of(side)]
