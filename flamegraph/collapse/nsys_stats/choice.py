"""Which reports of a file are taken: those that are wanted, or the best of those that are there."""

from __future__ import annotations

from collections.abc import Mapping

from ...builder import Builder
from ...errors import ParseError, UsageError
from ...profile import Kind, Meta, Profile
from ...source import Source
from .options import Options
from .reader import Reader
from .reports import Report, modern, rank
from .sums import Summary
from .traces import ApiTrace, GpuTrace, KernelTrace, Projection, Ranges

__all__ = ["Choice"]

#: How each shape of report is read.
_READERS: Mapping[str, type[Reader]] = {
    "gpu_trace": GpuTrace,
    "kernel_trace": KernelTrace,
    "projection": Projection,
    "ranges": Ranges,
    "api_trace": ApiTrace,
    "summary": Summary,
}


class Choice:
    """Makes a reader for each table as it comes, and the profile of those that are taken in the end."""

    def __init__(self, options: Options):
        self._options, self._what = options, options.gpu
        self._wanted = [modern(name) for name in options.report]
        self._build = Builder(timeline=options.timeline)
        self._taken: list[Reader] = []
        self._left: list[Reader] = []

    def reader(self, report: Report) -> Reader:
        """Who takes the rows of a table."""
        if not self._take(report):
            left = Reader(report, Builder(), self._options)
            self._left.append(left)
            return left
        reader = _READERS[report.shape](report, self._build, self._options)
        self._taken.append(reader)
        return reader

    def _take(self, report: Report) -> bool:
        if self._wanted:
            if report.name in self._wanted and not report.able(self._what):
                raise UsageError(f"{report.name} can't tell what --gpu {self._what} asks for")
            return report.name in self._wanted
        if not report.able(self._what):
            return False
        best = self._taken[0].report.name if self._taken else None
        if best is not None and report.name != best and rank(report.name) < rank(best):
            self._left += self._taken
            self._taken, self._build, best = [], Builder(timeline=self._options.timeline), None
        return best in (None, report.name)

    def finish(self, source: Source) -> Profile:
        """The profile. UsageError where what is wanted is not there, ParseError where there is no report at all."""
        found = sorted({reader.report.name for reader in self._taken + self._left})
        if not found:
            raise ParseError(f"{source.name}:1", "a report of nsys stats with rows", "none")
        for name in self._wanted:
            if name not in found:
                raise UsageError(f"--report {name}: not in {source.name}; expected one of {', '.join(found)}")
        if not self._taken:
            raise UsageError(f"--gpu {self._what}: not told by what is in {source.name}: {', '.join(found)}")
        for reader in self._left:
            self._build.skip(f"row of {reader.report.name}, another report: see --report", reader.seen)
        for reader in self._taken:
            reader.finish()
        duration = max(reader.duration for reader in self._taken)
        return self._build.finish(Meta(duration=duration, annotated=frozenset({Kind.GPU})))
