"""CSV of rocprof, rocprofv2 and rocprofv3: kernels, calls, ranges and copies, or how long each took in all."""

from __future__ import annotations

from collections.abc import Mapping

from ...source import Source
from ...tables import Table, head_cells, number, rows
from .trace import Trace

__all__ = ["is_head", "read_tables"]

#: What columns have been called, by what they are. rocprofv3 has the last names, rocprof of old the first.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "kernel": ("kernelname", "kernel_name"),
    "start": ("beginns", "start_timestamp"),
    "end": ("endns", "end_timestamp"),
    "device": ("gpu-id", "gpu_id", "agent_id"),
    "queue": ("queue-id", "queue_id"),
    "stream": ("stream_id",),
    "process": ("pid", "process_id"),
    "thread": ("tid", "thread_id"),
    "correlation": ("correlation_id",),
    "call": ("function",),
    "copy": ("direction",),
    "target": ("destination_agent_id",),
    "counter": ("counter_name",),
    "dispatch": ("index", "dispatch_id"),
}

_SUMS = ("name", "calls", "totaldurationns")


def is_head(line: str) -> bool:
    """Whether a line is the head of such a table."""
    lower = line.lower()
    return ("endns" in lower or "end_timestamp" in lower or "totaldurationns" in lower) and _kind(line) != ""


def _kind(line: str) -> str:
    names = {name.lower() for name in head_cells(line)}
    if names >= set(_SUMS):
        return "sums"
    found = {what for what, spellings in _NAMES.items() if names & set(spellings)}
    return next((what for what in ("kernel", "call", "copy") if {what, "start", "end"} <= found), "")


def read_tables(source: Source, trace: Trace) -> str:
    """Read all tables of an input. They tell no command."""
    current, reader = None, None
    for table, _, cells in rows(source, is_head):
        if table is not current or reader is None:
            current, reader = table, _Reader(table, trace)
        reader.row(cells)
    return ""


class _Reader:
    """Takes the rows of one table."""

    def __init__(self, table: Table, trace: Trace):
        self._trace = trace
        self._width = len(table.names)
        self._kind = _kind(",".join(table.names))
        lower = [name.lower() for name in table.names]
        places = {name: i for i, name in reversed(list(enumerate(lower)))}
        self._at = {what: places[name] for what, names in _NAMES.items() for name in names if name in places}
        self._sums = [places[name] for name in _SUMS] if self._kind == "sums" else []
        self._seen: set[tuple[str, str]] = set()

    def row(self, cells: list[str]) -> None:
        """Take a row, or note why it can't be."""
        if len(cells) < self._width:
            self._trace.build.skip("row with too few cells")
        elif self._kind == "sums":
            name, calls, total = (cells[i] for i in self._sums)
            self._trace.sum(name, number(total), number(calls))
        elif self._kind == "call":
            correlation = self._number(cells, "correlation")
            times = self._number(cells, "start"), self._number(cells, "end")
            self._trace.call("", self._number(cells, "thread"), self._cell(cells, "call"), *times, correlation)
        elif not self._again(cells):
            self._operation(cells)

    def _operation(self, cells: list[str]) -> None:
        device = self._cell(cells, "target" if self._kind == "copy" else "device")
        queue = next((f"{what} {self._cell(cells, what)}" for what in ("queue", "stream") if what in self._at), "")
        self._trace.operation(
            "",
            self._number(cells, "correlation"),
            f"GPU {device}" if device.isdecimal() else device,
            queue,
            self._cell(cells, self._kind),
            self._number(cells, "start"),
            self._number(cells, "end"),
        )

    def _again(self, cells: list[str]) -> bool:
        """Whether this dispatch was told before: where counters were collected there is a row for each of them."""
        if "counter" not in self._at or "dispatch" not in self._at:
            return False
        dispatch = self._cell(cells, "process"), self._cell(cells, "dispatch")
        again = dispatch in self._seen
        self._seen.add(dispatch)
        return again

    def _cell(self, cells: list[str], what: str) -> str:
        return cells[self._at[what]].strip() if what in self._at else ""

    def _number(self, cells: list[str], what: str) -> int | None:
        value = number(self._cell(cells, what))
        return value if isinstance(value, int) else None
