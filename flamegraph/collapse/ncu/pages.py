"""Pages of `ncu --csv`: one row per metric (details), per launch (raw), or per metric of many launches (summaries)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ...source import Source
from ...tables import Table, head_cells, number, rows
from .launches import Caller, Launches, range_of, ranges_of

__all__ = ["is_head", "read_pages"]

_KERNEL, _METRIC, _UNIT, _VALUE = "Kernel Name", "Metric Name", "Metric Unit", "Metric Value"

#: `"round:none:none:none:none:none:none"`: the ranges of a domain, in a summary.
_RANGE = re.compile(r'"([^"]*?)(?::[^":]*){0,6}"')

Row = Callable[[list[str]], str | None]


def is_head(line: str) -> bool:
    """Whether a line is the head of a page."""
    return _KERNEL in line and _kind(head_cells(line)) is not None


def _kind(names: list[str]) -> str | None:
    found = set(names)
    if not {_KERNEL} <= found:
        return None
    if {_METRIC, _VALUE} <= found:
        return "details"
    if {_METRIC, "Invocations", "Average"} <= found:
        return "summary"
    # Metrics are columns, and all their names are of one sort: unit__what.how
    return "raw" if "ID" in found and any("__" in name for name in names) else None


def read_pages(source: Source, launches: Launches) -> None:
    """Read all pages of an input."""
    current: Table | None = None
    take: Row | None = None
    for table, _, cells in rows(source, is_head):
        if table is not current or take is None:
            current, take = table, _READERS[_kind(table.names) or "details"](table, launches)
        if complaint := take(cells):
            launches.skip(complaint)


def _columns(table: Table) -> dict[str, int]:
    """Where each column is, the first of those that have the same name."""
    return {name: i for i, name in reversed(list(enumerate(table.names)))}


def _keys(columns: Mapping[str, int]) -> list[int]:
    """The columns that tell launches apart."""
    return [columns[name] for name in ("Process ID", "ID", _KERNEL) if name in columns]


def _around(table: Table, launches: Launches) -> Callable[[list[str]], tuple[Caller, ...]]:
    """What tells, from the cells of a row, the ranges around a launch."""
    column = next((i for i, name in enumerate(table.names) if "Push/Pop_Range" in name), len(table.names))
    known: dict[str, tuple[Caller, ...]] = {"": ()}

    def around(cells: list[str]) -> tuple[Caller, ...]:
        cell = cells[column] if column < len(cells) else ""
        if cell not in known:
            known[cell] = launches.callers(ranges_of(cell), ())
        return known[cell]

    return around


def _details(table: Table, launches: Launches) -> Row:
    columns, around = _columns(table), _around(table, launches)
    keys, kernel, metric, value = _keys(columns), columns[_KERNEL], columns[_METRIC], columns[_VALUE]
    unit = columns.get(_UNIT, metric)

    def take(cells: list[str]) -> str | None:
        # Rows of rules have an empty metric, and those of metrics end where the rules would begin.
        if len(cells) <= max(value, kernel):
            return "row with too few cells"
        launch = launches.launch(tuple([cells[i] for i in keys]), cells[kernel].strip(), around(cells))
        if name := cells[metric].strip():
            launches.measured(launch, name, cells[unit].strip() if unit != metric else "", cells[value])
        return None

    return take


def _raw(table: Table, launches: Launches) -> Row:
    columns, around = _columns(table), _around(table, launches)
    keys, kernel, width = _keys(columns), columns[_KERNEL], len(table.names)
    metrics = [(name, i) for name, i in columns.items() if "__" in name]
    units: list[str] = []

    def take(cells: list[str]) -> str | None:
        nonlocal metrics
        if len(cells) < width:
            return "row with too few cells"
        if not units and not cells[kernel]:
            units.extend(cells)
            return None
        launch = launches.launch(tuple([cells[i] for i in keys]), cells[kernel].strip(), around(cells))
        for name, i in metrics:
            launches.measured(launch, name, units[i].strip() if units else "", cells[i])
        # Of all others, the first launch has told that they are there.
        metrics = [(name, i) for name, i in metrics if launches.wants(name)]
        return None

    return take


def _summary(table: Table, launches: Launches) -> Row:
    columns, width = _columns(table), len(table.names)
    kernel, metric, average, invocations = (columns[name] for name in (_KERNEL, _METRIC, "Average", "Invocations"))
    unit, section = columns.get(_UNIT, metric), columns.get("Section Name", metric)
    domain = columns.get("Domain", -1)
    ranges = next((i for name, i in columns.items() if name.startswith("Range:")), -1)

    def take(cells: list[str]) -> str | None:
        times = number(cells[invocations]) if len(cells) >= width else None
        if not isinstance(times, int) or times < 1:
            return "row with too few cells"
        around = _RANGE.findall(cells[ranges]) if ranges >= 0 else []
        callers = launches.callers([range_of(cells[domain] if domain >= 0 else "", name) for name in around], ())
        launch = launches.launch(tuple(cells[:section]), cells[kernel].strip(), callers, times)
        launches.measured(launch, cells[metric].strip(), cells[unit].strip() if unit != metric else "", cells[average])
        return None

    return take


_READERS = {"details": _details, "raw": _raw, "summary": _summary}
