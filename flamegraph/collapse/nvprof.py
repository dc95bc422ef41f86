"""nvprof: its summaries and traces, as CSV or text, between the lines of its log.

    ==700== Profiling result:
    "Type","Time(%)","Time","Calls","Avg","Min","Max","Name"
    ,%,ms,,us,us,us,
    "GPU activities",66.5,1.450222,2,725.1,60.1,1390.1,"grind(float*, int)"
    "API calls",99.1,80.5,1,80500.0,80500.0,80500.0,"cudaMalloc"

A summary becomes one frame for each row; work on the GPU, calls and other sorts of rows are metrics of their own.
--print-gpu-trace becomes device;stream;operation. Where it also has calls (--print-api-trace), an operation stands
below the call with its correlation id: cudaLaunchKernel;-;grind. A trace of calls alone becomes a frame for each.

The number that nvprof puts behind a kernel's name in traces, " [109]", is dropped. Summaries of NVTX ranges repeat what
the first summary counts, and are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..builder import Builder
from ..errors import ParseError, UsageError
from ..gpu import BOUNDARY, OUTSIDE, GpuOptions
from ..launches import METRICS, Operations
from ..options import option
from ..profile import Kind, Meta, Profile
from ..source import Source
from ..tables import TIME_UNITS, Table, head_cells, nanoseconds, number, rows
from . import Format, Match

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options(GpuOptions):
    """What `nvprof` may be asked."""

    timeline: bool = option(False, "keep operations and calls one by one in time order")


FORMAT = Format(
    title="nvprof",
    made_by="nvprof --csv --print-gpu-trace --log-file trace.csv COMMAND",
    options=Options,
    files=("*nvprof*.csv", "*nvprof*.txt", "*nvprof*.log"),
)

_SUMMARY = {"Time(%)", "Time", "Calls", "Name"}
_GPU_TRACE = {"Start", "Duration", "Device", "Stream", "Name"}
_API_TRACE = {"Start", "Duration", "Name", "Correlation_ID"}

#: A row of a summary as text, whose sort stands in the first row of that sort only.
_TEXT = re.compile(
    r"\s*(?:(?P<type>[A-Z][\w ()]*): )?\s*(?P<share>[\d.]+)%\s+(?P<time>[\d.]+)(?P<unit>ns|us|ms|s)\s+(?P<calls>\d+)"
    r"(?:\s+[\d.]+(?:ns|us|ms|s)){3}\s+(?P<name>\S.*)"
)
_TEXT_HEAD = re.compile(r"\s*(?:Type\s+)?Time\(%\)\s+Time\s+Calls\s+Avg\s+Min\s+Max\s+Name\s*")

_LAUNCH = re.compile(r" \[\d+\]$")
_RANGE = re.compile(r'^==+\w*==+ NVTX result|Range "')
_MEASURED = re.compile(r"([\d.]+)\s*([a-zµμ]+)")

_NO_NUMBERS = "row without numbers"


def _is_head(line: str) -> bool:
    return "Name" in line and ("Calls" in line or "Duration" in line) and bool(_kind(head_cells(line)))


def _kind(names: list[str]) -> str:
    found = set(names)
    kinds = {"summary": _SUMMARY, "gpu": _GPU_TRACE, "api": _API_TRACE}
    return next((kind for kind, needed in kinds.items() if needed <= found), "")


def sniff(source: Source) -> Match:
    """The head of a table, as CSV or as text."""
    if b"\0" in source.head:
        return Match.NO
    found = any(_is_head(line) or _TEXT_HEAD.fullmatch(line) for line in source.head_lines)
    return Match.SIGNATURE if found else Match.NO


def parse(source: Source, options: Options) -> Profile:
    reader = _Reader(Builder(timeline=options.timeline), options.gpu)
    table: Table | None = None
    take: Callable[[list[str]], str | None] | None = None
    for head, _, cells in rows(source, _is_head):
        if head is not table or take is None:
            table, take = head, reader.table(head)
        if complaint := take(cells):
            reader.build.skip(complaint)
    for type_, name, time, calls in _text_rows(source):
        reader.sum(type_, name, time, calls)
    return reader.profile(source)


def _text_rows(source: Source) -> Iterator[tuple[str, str, int | None, int]]:
    """(type, name, ns, calls) of each row of the summaries as text."""
    type_, inside, again = "", False, False
    for line in source.lines():
        if _TEXT_HEAD.fullmatch(line):
            inside, type_ = True, "API calls" if type_ == "API calls:" else "GPU activities"
        elif line.startswith("=="):
            # Old versions have a table each, and name it in the log.
            inside, again, type_ = False, bool(_RANGE.search(line)), line.partition("== ")[2]
        elif inside and (match := _TEXT.fullmatch(line)):
            type_ = match["type"] or type_
            value = number(match["time"])
            time = None if value is None else nanoseconds(value, match["unit"])
            yield ("" if again else type_), match["name"], time, int(match["calls"][:18])


class _Reader:
    """Takes rows of all sorts, and makes the profile of the best there is: a trace of the GPU, sums, or calls."""

    def __init__(self, build: Builder, what: str | None):
        self.build = build
        self._what = what
        self._sums: list[tuple[str, str, int, int]] = []
        self._calls: list[tuple[int, int, int, object]] = []  # frame, start, end, correlation
        self._work: list[tuple[str, str, int, int, int, object]] = []  # device, stream, frame, start, end, correlation

    def table(self, table: Table) -> Callable[[list[str]], str | None]:
        """Takes the rows of a table, and says what is wrong with one."""
        at = {name: i for i, name in reversed(list(enumerate(table.names)))}
        units: dict[str, str] = {}
        width, summary = len(table.names), "Calls" in at
        again = any(_RANGE.search(line) for line in table.before)
        only = "API calls" if any("API calls" in line for line in table.before) else "GPU activities"

        def time(cells: list[str], name: str) -> int | None:
            value, unit = number(cells[at[name]]), units.get(name, "s")
            if value is None and (measured := _MEASURED.fullmatch(cells[at[name]].strip())):  # 1.5ms
                value, unit = number(measured[1]), measured[2]
            return None if value is None else nanoseconds(value, unit)

        def take(cells: list[str]) -> str | None:
            if len(cells) > width and at["Name"] == width - 1:
                cells = [*cells[: width - 1], ",".join(cells[width - 1 :])]
            if len(cells) < width:
                return "row with too few cells"
            if not cells[at["Name"]] and not units:
                units.update({name: cells[i].strip() for name, i in at.items() if cells[i].strip() in TIME_UNITS})
                return None
            if not summary:
                return self._traced(cells, at, time)
            total, calls = time(cells, "Time"), number(cells[at["Calls"]])
            type_ = cells[at["Type"]].rstrip(":") if "Type" in at else only
            return self.sum("" if again else type_, cells[at["Name"]], total, calls)

        return take

    def sum(self, type_: str, name: str, total: int | None, calls: int | float | None) -> str | None:
        """How long something took in all, and how often it was; `type_` is "" where it was told before."""
        if not type_:
            self.build.skip("row of an NVTX range, counted before")
        elif total is None or not isinstance(calls, int) or min(total, calls) < 0:
            self.build.skip(_NO_NUMBERS)
        else:
            self._sums.append((type_, name, total, calls))
        return None

    def _traced(self, cells: list[str], at: dict[str, int], time: Callable[[list[str], str], int | None]) -> str | None:
        start, duration = time(cells, "Start"), time(cells, "Duration")
        if start is None or duration is None or duration < 0:
            return "row without a time"
        device, stream = (cells[at[name]].strip() if name in at else "" for name in ("Device", "Stream"))
        correlation = number(cells[at["Correlation_ID"]]) if "Correlation_ID" in at else None
        if device:
            frame = self.build.frame(_LAUNCH.sub("", cells[at["Name"]]), Kind.GPU)
            self._work.append((device, stream, frame, start, start + duration, correlation))
        else:
            frame = self.build.frame(cells[at["Name"]])
            self._calls.append((frame, start, start + duration, correlation))
        return None

    def profile(self, source: Source) -> Profile:
        """The profile. ParseError where there is nothing, UsageError where it can't tell what is asked for."""
        duration = 0
        if self._work:
            duration = self._launched()
            self.build.skip("row of a summary, which the trace tells", len(self._sums))
        elif self._sums:
            self._summed(source)
            self.build.skip("call, which the summary tells", len(self._calls))
        elif self._calls:
            if self._what:
                raise UsageError(f"--gpu {self._what}: there is no work on a GPU in {source.name}")
            metric = self.build.metric("time", "ns")
            for frame, start, end, _ in self._calls:
                self.build.sample(self.build.push(0, frame), end - start, metric, start)
        else:
            raise ParseError(f"{source.name}:1", "a summary or a trace of nvprof with rows", "none")
        return self.build.finish(Meta(duration=duration, annotated=frozenset({Kind.GPU})))

    def _launched(self) -> int:
        build, work = self.build, Operations()
        calls = {call[3]: call for call in reversed(self._calls) if call[3] is not None}
        for device, stream, frame, start, end, correlation in self._work:
            call = calls.get(correlation)
            if calls:
                above = build.push(0, call[0] if call else build.frame(OUTSIDE))
                stack = build.push(above, build.frame(BOUNDARY, Kind.GAP))
            else:
                stack = build.stack(build.frame(one, Kind.THREAD) for one in (device, f"stream {stream or '?'}"))
            id_ = number(stream)
            thread = build.thread(-1, id_ if isinstance(id_, int) else -1, f"{device} stream {stream}")
            work.add(stack, frame, device, start, end, called=call[1] if call else -1, thread=thread)
        work.sample(build, self._what)
        return work.duration

    def _summed(self, source: Source) -> None:
        build, what = self.build, self._what
        if what in ("busy", "idle"):
            raise UsageError(f"--gpu {what}: {source.name} holds sums, which do not tell when anything ran")
        # The GPU comes first: the first metric is what is shown.
        for type_, name, total, calls in sorted(self._sums, key=lambda row: row[0] != "GPU activities"):
            on_gpu = type_ == "GPU activities"
            if what and not on_gpu:
                build.skip("row of calls, which --gpu leaves out")
                continue
            node = build.push(0, build.frame(name, Kind.GPU if on_gpu else Kind.USER))
            time, count = (METRICS["time"], "launches") if on_gpu else (("time", "ns"), "calls")
            if type_ not in ("GPU activities", "API calls"):
                time, count = (f"{type_} time", "ns"), f"{type_} calls"
            if what != "launches":
                build.sample(node, total, build.metric(*time))
            if what != "time":
                build.sample(node, calls, build.metric(count, count))
