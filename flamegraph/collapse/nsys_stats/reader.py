"""What the readers of all reports have in common: rows are taken one by one and counted in a profile at the end."""

from __future__ import annotations

from ...builder import Builder
from ...nvtx import without_numbers
from ...tables import nanoseconds, number
from .options import Options
from .reports import Report

__all__ = ["Reader"]


class Reader:
    """Takes the rows of one table, and then counts them in a profile.

    seen      how many rows there were
    duration  ns from the first to the last, 0 where there are no times
    """

    def __init__(self, report: Report, build: Builder, options: Options):
        self.report, self.build, self.what, self._range_numbers = report, build, options.gpu, options.range_numbers
        self.seen = self.duration = 0

    def row(self, row: list[str]) -> None:
        """Take a row, or note why it can't be."""
        self.seen += 1
        cells = self.report.cells(row)
        complaint = "row with too few cells" if cells is None else self.take(cells)
        if complaint:
            self.build.skip(complaint)

    def take(self, cells: list[str]) -> str | None:
        """Take a row with all its cells; what is wrong with it, if so. Here: leave it."""

    def cell(self, cells: list[str], column: str) -> str:
        """What stands in a column, "" where there is no such column."""
        return cells[self.report.columns[column]] if column in self.report.columns else ""

    def time(self, cells: list[str], column: str) -> int | None:
        """A time in ns."""
        value = number(self.cell(cells, column))
        return None if value is None else nanoseconds(value, self.report.units[column] or "ns")

    def thread(self, cells: list[str]) -> int:
        """The thread that the row is of."""
        pid, tid = (number(self.cell(cells, column)) for column in ("pid", "tid"))
        name = self.cell(cells, "thread name")
        return self.build.thread(pid if isinstance(pid, int) else -1, tid if isinstance(tid, int) else -1, name)

    def range(self, cells: list[str], column: str) -> str:
        """A range's name. Since 2024 its domain stands before it, and that is often the one without a name."""
        name = self.cell(cells, column).removeprefix(":")
        return (name if self._range_numbers else without_numbers(name)) or "[unnamed range]"

    def finish(self) -> None:
        """Count what was taken."""
