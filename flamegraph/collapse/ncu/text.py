"""The pages that ncu prints on a terminal.

void grind<float>(float *, int) (64, 1, 1)x(128, 1, 1), Context 1, Stream 7, Device 0, CC 8.6
  CPU Call Stack:
    #0 0x1000 in cuLaunchKernel
       of /usr/lib/libcuda.so.1
  NVTX Push/Pop Stack for Thread 700:
   <default domain>
      <0,round>
  Section: GPU Speed Of Light Throughput
  ----------------------- ------------- ------------
  Metric Name               Metric Unit Metric Value
  ----------------------- ------------- ------------
  Duration                      usecond        14.46
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...source import Source
from .launches import Caller, Launch, Launches, function, range_of

__all__ = ["is_text", "read_text"]

_HEAD = re.compile(r"\s+Metric Name\s+Metric Unit\s+Metric Value\s*")
_RULE = re.compile(r"\s+-+ +-+ +-+\s*")

#: A launch: the kernel, its dimensions (since 2022) or when it ran (before), and where.
_LAUNCH = re.compile(
    r"\s{2,4}(\S.*?)(?: \([\d, ]+\)x\([\d, ]+\)|, \d{4}-\w{3}-\d\d [\d:]{8}), Context \d+, Stream \d+"
    r"(?:, Device \d+, CC [\d.]+)?\s*"
)

_FUNCTION = re.compile(r"\s+#\d+ 0x[0-9a-f]+(?: in (?P<name>.*?))??(?: of (?P<module>\S+))?\s*")
_PLACE = re.compile(r"\s+at (.*):(\d+)\s*")
_MODULE = re.compile(r"\s+of (\S+)\s*")
_RANGE = re.compile(r"\s+<\d+,(.*)>\s*")

#: Kernels with long names are long lines; longer ones are no kernels.
_LONGEST = 100_000


def is_text(lines: Iterable[str]) -> bool:
    """Whether lines are of such a page."""
    return any(map(_kernel, lines))


def _kernel(line: str) -> str | None:
    """The kernel that was launched, where a line says so."""
    match = _LAUNCH.fullmatch(line) if ", Stream " in line and len(line) < _LONGEST else None
    return match and match[1]


def read_text(source: Source, launches: Launches) -> None:
    """Read all launches of a text."""
    reader = _Reader(launches)
    for line in source.lines():
        reader.line(line)
    reader.close()


class _Reader:
    """Takes line by line. What is above the first section tells who launched the kernel, sections tell metrics."""

    def __init__(self, launches: Launches):
        self._launches = launches
        self._launch: Launch | None = None
        self._functions: list[Caller] = []
        self._ranges: list[Caller] = []
        self._part = self._domain = ""
        self._columns: list[slice] = []
        self._rows = 0

    def line(self, line: str) -> None:
        kernel = _kernel(line)
        if kernel is not None:
            self.close()
            self._launch = self._launches.launch(len(self._launches), kernel)
            self._functions, self._ranges, self._columns = [], [], []
            self._domain = self._part = ""
        elif self._launch is not None:
            self._within(line, self._launch)

    def close(self) -> None:
        """The launch is over."""
        if self._launch is not None:
            self._launch.callers = self._launches.callers(self._ranges, self._functions)

    def _within(self, line: str, launch: Launch) -> None:
        text = line.strip()
        if text == "CPU Call Stack:":
            self._part = "functions"
        elif text.startswith("NVTX Push/Pop Stack for Thread "):
            self._part = "ranges"
        elif text.startswith(("Section: ", "NVTX Start/End")):
            self._part = ""
        elif _RULE.fullmatch(line):
            self._rule(line)
        elif self._part == "metrics":
            self._metric(line, launch)
        elif self._part == "functions":
            self._function(line)
        elif self._part == "ranges":
            self._range(line)

    def _rule(self, line: str) -> None:
        """Dashes stand above the head, between it and the rows, and below them; or there is no head."""
        if self._part == "metrics" and self._rows:
            self._part = ""
        else:
            self._part, self._rows = "metrics", 0
            self._columns = [slice(*match.span()) for match in re.finditer("-+", line)]

    def _metric(self, line: str, launch: Launch) -> None:
        if not line.strip():
            self._part = ""
        elif not _HEAD.fullmatch(line):
            self._rows += 1
            name, unit, value = (line[column].strip() for column in self._columns)
            self._launches.measured(launch, name, unit, value)

    def _function(self, line: str) -> None:
        if match := _FUNCTION.fullmatch(line):
            self._functions.append(function(match["name"] or "", match["module"] or ""))
        elif self._functions and (match := _PLACE.fullmatch(line)):
            last = self._functions[-1]
            self._functions[-1] = function(last.name, last.module, match[1], int(match[2][:9]))
        elif self._functions and (match := _MODULE.fullmatch(line)):
            last = self._functions[-1]
            self._functions[-1] = function(last.name, match[1], last.file, last.line)

    def _range(self, line: str) -> None:
        if match := _RANGE.fullmatch(line):
            self._ranges.append(range_of(self._domain, match[1]))
        else:
            self._domain = line.strip()
