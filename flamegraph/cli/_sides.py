"""One side of a comparison, named by one argument: a file, a folder of repeated runs, or a quoted glob of them."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Any

from ..errors import InputError, UsageError
from ..profile import Profile
from ._inputs import read_inputs

__all__ = ["files_of", "read_side"]


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


def read_side(
    side: str, format: str | None, options: dict[str, Any], quiet: bool, timeline: bool = False
) -> list[Profile]:
    """A profile for each run of a side."""
    return [read_inputs([file], format, options, quiet=quiet, timeline=timeline) for file in files_of(side)]
