"""Which file is mapped at an address: /proc/PID/maps, or the shorter lists that some writers make of it.

00400000-00fcb000 r-xp 00000000 00:00 11111      /opt/server          as the kernel prints it
  7fcdc272f000-7fcdc28dd000: /lib/libc-2.15.so (@1000)                short, perhaps with an offset
build=/opt/server                                                     stands for $build in the lines below
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

__all__ = ["Maps"]

_RANGE = r"\s*(?:0x)?([0-9a-f]{1,16})(?:-|\s)\s*(?:0x)?([0-9a-f]{1,16}):?"
_FULL = re.compile(
    _RANGE + r"\s+([-rwxps]{1,5})\s+([0-9a-f]{1,16})\s+[0-9a-f]+:[0-9a-f]+\s+\d+(?:\s+(\S+))?", re.I | re.ASCII
)
_SHORT = re.compile(_RANGE + r"(?:\s+([-rwxp]{1,5}))?(?:\s+(\S+))?(?:\s+\(@([0-9a-f]{1,16})\))?", re.I | re.ASCII)
_LOG = re.compile(r"[^\[\]]+:[0-9]+\]\s")  # what glog puts before a line


class Maps:
    """Files by the addresses that they are mapped at."""

    def __init__(self, lines: Iterable[str] = ()):
        self._ranges = sorted(filter(None, _parsed(lines)))
        self._starts = [start for start, _, _, _ in self._ranges]

    def module(self, address: int) -> str:
        """The file at an address, "" where there is none."""
        at = bisect_right(self._starts, address)
        if at and address < self._ranges[at - 1][1]:
            return self._ranges[at - 1][3]
        # Some writers leave out the first part of a file that is mapped in parts.
        if at < len(self._ranges):
            start, _, offset, file = self._ranges[at]
            if start - offset <= address:
                return file
        return ""


def _parsed(lines: Iterable[str]) -> Iterable[tuple[int, int, int, str] | None]:
    """(start, end, offset, file) of each line that maps code."""
    known: dict[str, str] = {}
    for line in lines:
        line = _LOG.sub("", line, count=1) if _LOG.match(line) else line
        for name, value in known.items():
            line = line.replace(name, value)
        if match := _FULL.match(line):
            start, end, access, offset, file = match.groups()
        elif match := _SHORT.match(line):
            start, end, access, file, offset = match.groups()
        else:
            name, equals, value = line.partition("=")
            if equals and len(known) < 10:
                known["$" + name.strip()] = value.strip()
            continue
        if not access or "x" in access:
            yield int(start, 16), int(end, 16), int(offset or "0", 16), file or ""
