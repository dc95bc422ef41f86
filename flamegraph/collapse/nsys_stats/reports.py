"""Which report a table is: its columns tell, and the lines above it where several reports have the same ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...tables import Table, head_cells

__all__ = ["COUNTS", "NAMES", "PREFERRED", "TOTALS", "Report", "is_head", "modern", "rank", "report_of"]

#: What each shape of report cannot do without. The first that fits is it.
_SHAPES: Mapping[str, frozenset[str]] = {
    "gpu_trace": frozenset({"start", "duration", "device", "strm", "name"}),
    "kernel_trace": frozenset({"api start", "kernel start", "kernel dur", "api function", "kernel name"}),
    "projection": frozenset({"name", "projected start", "projected duration", "rangeid", "rangestack"}),
    "ranges": frozenset({"start", "durnonchild", "name", "rangeid", "rangestack"}),
    "api_trace": frozenset({"start", "duration", "name", "corrid", "pid", "tid"}),
}

#: Summaries: how much, of what, how often.
TOTALS = ("total time", "total proj time", "total")
NAMES = ("kernel name", "operation", "range", "name")
COUNTS = ("instances", "num calls", "calls", "count", "range instances", "kern inst")

#: Without --report, the first of these that is there is taken.
PREFERRED = (
    "cuda_gpu_trace",
    "cuda_gpu_sum",
    "cuda_gpu_kern_sum",
    "cuda_gpu_kern_gb_sum",
    "cuda_kern_exec_trace",
    "nvtx_gpu_proj_trace",
    "nvtx_pushpop_trace",
    "cuda_api_trace",
    "cuda_api_sum",
    "nvtx_pushpop_sum",
    "nvtx_sum",
    "osrt_sum",
)

#: What reports were called before 2023.
_OLD_NAMES = {
    "apigpusum": "cuda_api_gpu_sum",
    "cudaapisum": "cuda_api_sum",
    "cudaapitrace": "cuda_api_trace",
    "gpukernsum": "cuda_gpu_kern_sum",
    "gpumemsizesum": "cuda_gpu_mem_size_sum",
    "gpumemtimesum": "cuda_gpu_mem_time_sum",
    "gpusum": "cuda_gpu_sum",
    "gputrace": "cuda_gpu_trace",
    "kernexectrace": "cuda_kern_exec_trace",
    "nvtxgpuproj": "nvtx_gpu_proj_trace",
    "nvtxkernsum": "nvtx_kern_sum",
    "nvtxppsum": "nvtx_pushpop_sum",
    "nvtxpptrace": "nvtx_pushpop_trace",
    "nvtxsesum": "nvtx_startend_sum",
    "nvtxsum": "nvtx_sum",
    "osrtsum": "osrt_sum",
}

# "Processing [x.sqlite] with [/path/reports/osrt_sum.py]", " ** OS Runtime Summary (osrt_sum):",
# "[4/8] Executing 'osrt_sum' stats report"
_NAMED = re.compile(r"with \[(?:.*[/\\])?(\w+)(?:\.py)?\]|^ *\*\* .*\((\w+)\):|Executing '(\w+)' stats report")

_HINT = re.compile(r"Total|Start|DurNonChild")


@dataclass(frozen=True)
class Report:
    """A table that we know.

    name     as nsys calls it
    shape    how it is read: a key of `_SHAPES`, or "summary"
    columns  their places, by name
    units    their units, by name, "" where the head says none
    """

    name: str
    shape: str
    columns: Mapping[str, int]
    units: Mapping[str, str]
    width: int

    def first_of(self, names: tuple[str, ...]) -> str | None:
        """The first of these columns that it has."""
        return next((name for name in names if name in self.columns), None)

    def cells(self, row: list[str]) -> list[str] | None:
        """A row with as many cells as there are columns; None where some are missing.

        Commas that nobody quoted are put back where the last column, which is then a name, was cut at them.
        """
        if len(row) > self.width and self.shape != "projection":
            row = [*row[: self.width - 1], ",".join(row[self.width - 1 :])]
        return row if len(row) == self.width else None

    @property
    def on_gpu(self) -> bool:
        """Whether it tells of work on the GPU."""
        return self.name.startswith(("cuda_gpu_", "cuda_kern_", "cuda_api_gpu_", "nvtx_gpu_proj_", "nvtx_kern_"))

    def able(self, what: str | None) -> bool:
        """Whether it can tell what `--gpu` asks for."""
        if what is None:
            return True
        if self.shape in ("gpu_trace", "kernel_trace"):
            return True
        sizes = self.first_of(TOTALS) == "total"
        launches = self.shape == "summary" and "range" not in self.columns
        return self.on_gpu and ((what == "time" and not sizes) or (what == "launches" and launches))


def modern(name: str) -> str:
    """A report's name as it is today."""
    return _OLD_NAMES.get(name, name)


def rank(name: str) -> int:
    """Which of several reports is taken where nobody says: the one with the lowest rank."""
    return PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)


def is_head(line: str) -> bool:
    """Whether a line is the head of a report."""
    return bool(_HINT.search(line)) and _shape(_bare(head_cells(line))) is not None


def _bare(names: list[str]) -> list[str]:
    """Names of columns without their units: "Total Time (ns)" and "Total Time(ns)" are the same."""
    return [re.sub(r"\s*\([^()]*\)$", "", name).lower() for name in names]


def _shape(names: list[str]) -> str | None:
    found = set(names)
    for shape, needed in _SHAPES.items():
        if needed <= found:
            return shape
    # Other tools' tables also have totals and names: here there is always an average or a share of the time.
    whole = found & set(TOTALS) and found & set(NAMES) and found & set(COUNTS)
    return "summary" if whole and found & {"time", "avg", "average", "proj avg"} else None


def report_of(table: Table, first: list[str]) -> Report:
    """The report that a table is, of which `is_head` knows the head and `first` is a row."""
    bare = _bare(table.names)
    columns = {name: i for i, name in reversed(list(enumerate(bare)))}
    matches = {name: re.search(r"\(([^()]*)\)$", table.names[i]) for name, i in columns.items()}
    units = {name: match[1] if match else "" for name, match in matches.items()}
    shape = _shape(bare)
    assert shape is not None, "is_head said so"
    named = [match for line in table.before for match in _NAMED.finditer(line)]
    name = modern(next(filter(None, named[-1].groups()))) if named else _guess(shape, columns, first)
    return Report(name, shape, columns, units, len(bare))


_TRACES = {
    "gpu_trace": "cuda_gpu_trace",
    "kernel_trace": "cuda_kern_exec_trace",
    "projection": "nvtx_gpu_proj_trace",
    "ranges": "nvtx_pushpop_trace",
    "api_trace": "cuda_api_trace",
}


def _guess(shape: str, columns: Mapping[str, int], first: list[str]) -> str:
    """The name of a report that the log does not tell."""
    if shape in _TRACES:
        return _TRACES[shape]
    if "operation" in columns:
        return (
            "cuda_gpu_sum" if "category" in columns else f"cuda_gpu_mem_{'time' if 'time' in columns else 'size'}_sum"
        )
    if "nvtx range" in columns:
        return "nvtx_kern_sum"
    if "range" in columns:
        projected = "total proj time" in columns
        return "nvtx_gpu_proj_sum" if projected else "nvtx_sum" if "style" in columns else "nvtx_pushpop_sum"
    if "num calls" in columns or "calls" in columns:
        called = first[columns["name"]] if len(first) > columns["name"] else ""
        return "cuda_api_sum" if re.match("cu(da)?[A-Z]", called) else "osrt_sum"
    return "cuda_gpu_kern_gb_sum" if "gridxyz" in columns else "cuda_gpu_kern_sum"
