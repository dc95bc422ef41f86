"""Recordings that are a directory: what `perf record --threads` leaves.

perf.data/data      a file as any other, with the records that perf made up at the start
perf.data/data.0    bare records, written by one of perf's threads
perf.data/data.1    …
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...source import Source
from .header import Header

__all__ = ["others"]

_OTHER = re.compile(r"data\.([0-9]{1,9})")


def others(source: Source, header: Header) -> Iterator[Source]:
    """The files with the rest of the records, in the order of their numbers; noted as skipped where out of reach."""
    folder = source.folder or (source.path.parent if source.path and header.in_folder else None)
    if folder is None:
        if header.in_folder:
            header.skip("the recording is a directory, of which only one file was read")
        return
    names = [name for name in map(_OTHER.fullmatch, (path.name for path in folder.iterdir())) if name]
    for name in sorted(names, key=lambda name: int(name[1])):
        if (folder / name[0]).is_file():
            yield Source(folder / name[0])
