"""Frames as pyinstrument identifies them, and its times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...builder import Builder
from ...profile import Kind

__all__ = ["MARK", "Frames", "nanoseconds"]

#: What follows an identifier are marks: "l19" for the line that ran, "cParser" for the class.
MARK = "\x01"

#: The file of what is no function but a thread; its "line" is the thread's id.
_THREAD = "<thread>"

#: Every file is looked for in all of them; a Python has a dozen.
_MOST_FOLDERS = 200


class Frames:
    """Makes frames. With `srcline` their names tell file and line, files without the directory they are found in."""

    def __init__(self, build: Builder, srcline: bool, path: Sequence[Any]):
        self._build, self._srcline = build, srcline
        folders = {entry.rstrip("/\\") for entry in path if isinstance(entry, str)} - {""}
        self._folders = sorted(folders, key=len, reverse=True)[:_MOST_FOLDERS]

    def identified(self, identifier: str, marks: Iterable[str]) -> int:
        """The frame with an identifier, `function NUL file NUL line`. A thread is noted besides."""
        function, _, rest = identifier.partition("\0")
        file, _, line = rest.partition("\0")
        number = int(line) if line.isdecimal() and len(line) < 20 else 0
        if file == _THREAD:
            self._build.thread(-1, number or -1, function)
            return self._build.frame(function, Kind.THREAD)
        return self.frame(function, next((mark[1:] for mark in marks if mark.startswith("c")), ""), file, number)

    def frame(self, function: str, owner: str, file: str, line: int, short: str = "") -> int:
        """The frame of a function; `owner` is its class, or "" where that is not told."""
        name = f"{owner}.{function}" if owner else function
        if self._srcline and file:
            where = short or self._shorten(file)
            name = f"{name} ({where}:{line})" if line > 0 else f"{name} ({where})"
        return self._build.frame(name, file=file, line=line)

    def _shorten(self, file: str) -> str:
        for folder in self._folders:
            if file.startswith(folder) and file[len(folder) : len(folder) + 1] in ("/", "\\"):
                return file[len(folder) + 1 :]
        return file


def nanoseconds(seconds: Any) -> int | None:
    """A time in ns; None for what is none: no recording takes centuries."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not abs(seconds) < 2**33:
        return None
    return round(seconds * 10**9)
