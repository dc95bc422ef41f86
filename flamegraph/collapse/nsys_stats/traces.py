"""Reports that hold one row for each operation, call or range, with the time when it began."""

from __future__ import annotations

import numpy as np

from ...builder import Builder
from ...gpu import BOUNDARY
from ...launches import METRICS, Operations
from ...nesting import nest, self_times
from ...profile import Kind
from ...tables import number
from .options import Options
from .reader import Reader
from .reports import Report

__all__ = ["ApiTrace", "GpuTrace", "KernelTrace", "Projection", "Ranges"]

_NO_TIME = "row without a time"


class GpuTrace(Reader):
    """cuda_gpu_trace: device;stream;operation."""

    def __init__(self, report: Report, build: Builder, options: Options):
        super().__init__(report, build, options)
        self.operations = Operations()
        self._known: dict[tuple[str, str], tuple[int, int]] = {}

    def take(self, cells: list[str]) -> str | None:
        start, duration = self.time(cells, "start"), self.time(cells, "duration")
        if start is None or duration is None or duration < 0:
            return _NO_TIME
        device, stream = where = self.cell(cells, "device"), self.cell(cells, "strm")
        if where not in self._known:
            self._known[where] = self._stream(device, stream)
        node, thread = self._known[where]
        frame = self.build.frame(self.cell(cells, "name"), Kind.GPU)
        self.operations.add(node, frame, device, start, start + duration, thread=thread)
        return None

    def _stream(self, device: str, stream: str) -> tuple[int, int]:
        """The stack that the operations of a stream stand on, and the stream as a thread."""
        build, name, id_ = self.build, f"stream {stream or '?'}", number(stream)
        frames = [build.frame(one, Kind.THREAD) for one in (device or "[unknown device]", name)]
        return build.stack(frames), build.thread(-1, id_ if isinstance(id_, int) else -1, f"{device} {name}".strip())

    def finish(self) -> None:
        self.operations.sample(self.build, self.what)
        self.duration = self.operations.duration


class KernelTrace(GpuTrace):
    """cuda_kern_exec_trace: call;-;kernel."""

    def take(self, cells: list[str]) -> str | None:
        called, start, duration = (self.time(cells, c) for c in ("api start", "kernel start", "kernel dur"))
        if called is None or start is None or duration is None or duration < 0:
            return _NO_TIME
        build = self.build
        call, kernel = (self.cell(cells, column) for column in ("api function", "kernel name"))
        device = self.cell(cells, "devid")
        stack = build.stack((build.frame(call), build.frame(BOUNDARY, Kind.GAP)))
        frame, thread = build.frame(kernel, Kind.GPU), self.thread(cells)
        self.operations.add(stack, frame, device, start, start + duration, called=called, thread=thread)
        return None


class Ranges(Reader):
    """nvtx_pushpop_trace: a row knows the ranges around it, by their numbers in this table, and its own time."""

    start, whole, own = "start", "duration", "durnonchild"
    metric = ("time", "ns")

    def __init__(self, report: Report, build: Builder, options: Options):
        super().__init__(report, build, options)
        self._rows: list[tuple[list[str], int, int, int, int]] = []
        self._names: dict[str, int] = {}

    def take(self, cells: list[str]) -> str | None:
        me, path = self.cell(cells, "rangeid"), self.cell(cells, "rangestack")
        if not path:
            return "row without a range"
        start, whole, own = (self.time(cells, column) for column in (self.start, self.whole, self.own))
        if start is None or whole is None or own is None or min(whole, own) < 0:
            return _NO_TIME
        self._names[me] = self.build.frame(self.range(cells, "name"))
        self._rows.append((path.strip(":").split(":"), start, whole, own, self.thread(cells)))
        return None

    def finish(self) -> None:
        build = self.build
        metric = build.metric(*self.metric)
        for (path, start, _, _, thread), own in zip(self._rows, self.own_times(), strict=True):
            frames = (self._names.get(one, -1) for one in path)
            known = [build.frame(f"[range {one}]") if f < 0 else f for one, f in zip(path, frames, strict=True)]
            build.sample(build.stack(known), own, metric, start, thread)
        if self._rows:
            first = min(start for _, start, *_ in self._rows)
            self.duration = max(start + whole for _, start, whole, *_ in self._rows) - first

    def own_times(self) -> list[int]:
        """How long each range lasted without those within it."""
        return [own for _, _, _, own, _ in self._rows]


class Projection(Ranges):
    """nvtx_gpu_proj_trace: from when to when the GPU was at what was launched in a range, those within it included."""

    start = "projected start"
    whole = own = "projected duration"
    metric = METRICS["time"]

    def own_times(self) -> list[int]:
        inside: dict[str, int] = {}
        for path, _, whole, _, _ in self._rows:
            if len(path) > 1:
                inside[path[-2]] = inside.get(path[-2], 0) + whole
        # Ranges may overlap on the GPU, and be longer together than the one around them.
        return [max(whole - inside.get(path[-1], 0), 0) for path, _, whole, _, _ in self._rows]


class ApiTrace(Reader):
    """cuda_api_trace: calls, those of the driver within those of the runtime."""

    def __init__(self, report: Report, build: Builder, options: Options):
        super().__init__(report, build, options)
        self._frame: list[int] = []
        self._thread: list[int] = []
        self._start: list[int] = []
        self._end: list[int] = []

    def take(self, cells: list[str]) -> str | None:
        start, duration = self.time(cells, "start"), self.time(cells, "duration")
        if start is None or duration is None or duration < 0:
            return _NO_TIME
        self._frame.append(self.build.frame(self.cell(cells, "name")))
        self._thread.append(self.thread(cells))
        self._start.append(start)
        self._end.append(start + duration)
        return None

    def finish(self) -> None:
        build = self.build
        metric = build.metric("time", "ns")
        thread, start, end = (np.array(column, np.int64) for column in (self._thread, self._start, self._end))
        parent, order, _ = nest(thread, start, end)
        own = self_times(parent, start, end).tolist()
        node = [0] * len(own)
        for i in order.tolist():
            node[i] = build.push(node[parent[i]] if parent[i] >= 0 else 0, self._frame[i])
            build.sample(node[i], own[i], metric, self._start[i], self._thread[i])
        if len(start):
            self.duration = int(end.max() - start.min())
