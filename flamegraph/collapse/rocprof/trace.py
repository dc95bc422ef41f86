"""Calls on the CPU and operations on the GPU, as all of rocprof's outputs have them, and the profile of them."""

from __future__ import annotations

import re

import numpy as np

from ...builder import Builder
from ...errors import ParseError, UsageError
from ...gpu import BOUNDARY, OUTSIDE
from ...launches import METRICS, Operations
from ...nesting import nest, self_times
from ...profile import Kind, Meta, Profile
from ...source import Source
from ...tables import LARGEST
from .options import Options

__all__ = ["Trace", "kernel_name"]

#: How a kernel's descriptor is told from its code.
_DESCRIPTOR = re.compile(r" \[clone \.kd\]$| \(\.kd\)$|\.kd$")

#: Calls and domains of calls, which the tables of sums do not tell from kernels.
_CALL = re.compile(r"hip[A-Z]|hsa_|roctx|.*_API$")


def kernel_name(name: str) -> str:
    """A kernel's name as its source has it."""
    return _DESCRIPTOR.sub("", name)


class Trace:
    """Collects calls and operations in any order.

    A process is named by the text given for it, a thread by its id. An operation is launched by the call of its process
    that has its correlation id, "correlation" here; None stands for an id that is not known.
    """

    def __init__(self, options: Options):
        self.build = Builder(timeline=options.timeline)
        self._options = options
        self._threads: dict[tuple[str, int], int] = {}
        self._call: list[tuple[int, str, int, int, int, object]] = []  # thread, process, frame, start, end, correlation
        self._work: list[tuple[str, object, int, str, str, int, int]] = []
        self._bytes: list[int] = []
        self._sums: list[tuple[str, int, int]] = []

    def call(self, process: str, thread: object, name: object, start: object, end: object, correlation: object) -> None:
        """A call, or a range that the program has marked, on a thread of the CPU."""
        if not _are_times(start, end):
            return self.build.skip("call without times")
        if start == end:
            return self.build.skip("mark: a moment, no range")
        tid = thread if isinstance(thread, int) else -1
        number = self._threads.setdefault((process, tid), len(self._threads))
        frame = self.build.frame(_text(name) or "[unnamed call]")
        self._call.append((number, process, frame, start, end, correlation))

    def operation(
        self, process: str, correlation: object, device: str, stream: str, name: object, start: object, end: object,
        size: object = 0,
    ) -> None:  # fmt: skip
        """A kernel, or a copy of so many bytes, on a stream or queue of a device."""
        if not _are_times(start, end):
            return self.build.skip("operation without times")
        frame = self.build.frame(kernel_name(_text(name)) or "[unnamed kernel]", Kind.GPU)
        self._work.append((process, correlation, frame, device, stream, start, end))
        self._bytes.append(size if isinstance(size, int) and 0 <= size < LARGEST else 0)

    def sum(self, name: str, total: int | float | None, times: int | float | None) -> None:
        """How long something took in all, and how often it was."""
        if not isinstance(times, int) or total is None or min(total, times) < 0:
            return self.build.skip("row without numbers")
        self._sums.append((kernel_name(name) or "[unnamed kernel]", round(total), times))

    def profile(self, source: Source, command: str = "") -> Profile:
        """Operations below the calls that launched them; calls where there are none, or where they are wanted."""
        if self._sums and not self._work and not self._call:
            self._summed(source)
            return self.build.finish(Meta(command=command, annotated=frozenset({Kind.GPU})))
        self.build.skip("row of sums, which are told one by one", len(self._sums))
        nodes = self._nested()
        if self._work and not self._options.show:
            duration = self._launched(nodes)
        elif self._call:
            if self._options.gpu:
                raise UsageError(f"--gpu {self._options.gpu}: there is no work on a GPU in {source.name}")
            duration = self._calls(nodes)
        elif self._options.show:
            raise UsageError(f"--show {self._options.show}: there are no calls in {source.name}")
        else:
            raise ParseError(source.name, "kernels or calls that rocprof recorded", "none")
        return self.build.finish(Meta(command=command, duration=duration, annotated=frozenset({Kind.GPU})))

    def _nested(self) -> list[int]:
        """The stack of each call: its process, the calls and ranges around it, and itself."""
        thread, start, end = (np.array([row[i] for row in self._call], np.int64) for i in (0, 3, 4))
        self._parent, order, _ = nest(thread, start, end)
        nodes = [0] * len(self._call)
        parents = self._parent.tolist()
        for i in order.tolist():
            _, process, frame, *_ = self._call[i]
            nodes[i] = self.build.push(nodes[parents[i]] if parents[i] >= 0 else self._root(process), frame)
        self._order = order.tolist()
        return nodes

    def _root(self, process: str) -> int:
        return self.build.push(0, self.build.frame(process, Kind.PROCESS)) if process else 0

    def _launched(self, nodes: list[int]) -> int:
        build, work = self.build, Operations()
        by_correlation: dict[tuple[str, object], int] = {}
        for i in self._order:  # of several with one id, the outermost comes first
            _, process, _, _, _, correlation = self._call[i]
            if correlation is not None:
                by_correlation.setdefault((process, correlation), i)
        threads: dict[tuple[str, str, str], int] = {}
        for row, size in zip(self._work, self._bytes, strict=True):
            process, correlation, frame, device, stream, start, end = row
            where = process, device, stream
            if where not in threads:
                threads[where] = build.thread(-1, -1, " ".join(filter(None, where)))
            call = by_correlation.get((process, correlation), -1)
            called = self._call[call][3] if call >= 0 else -1
            if self._call:
                above = nodes[call] if call >= 0 else build.push(self._root(process), build.frame(OUTSIDE))
                stack = build.push(above, build.frame(BOUNDARY, Kind.GAP))
            else:  # nothing tells who called: it is where it ran that tells kernels apart
                frames = [build.frame(one, Kind.THREAD) for one in (device, stream) if one]
                stack = build.stack(frames, self._root(process))
            thread, on = threads[where], (process, device)
            work.add(stack, frame, on, start, end, called=called, thread=thread, size=size)
        work.sample(build, self._options.gpu)
        return work.duration

    def _calls(self, nodes: list[int]) -> int:
        build = self.build
        metric = build.metric("time", "ns")
        start, end = (np.array([row[i] for row in self._call], np.int64) for i in (3, 4))
        threads = [build.thread(-1, tid, process) for process, tid in self._threads]
        for node, own, row in zip(nodes, self_times(self._parent, start, end).tolist(), self._call, strict=True):
            build.sample(node, own, metric, row[3], threads[row[0]])
        build.skip("operation on the GPU, which --show api leaves out", len(self._work))
        return int(end.max() - start.min())

    def _summed(self, source: Source) -> None:
        build, what = self.build, self._options.gpu
        if what in ("busy", "idle") or self._options.show:
            option = f"--gpu {what}" if what else "--show"
            raise UsageError(f"{option}: {source.name} holds sums, which do not tell when anything ran")
        for name, total, times in self._sums:
            on_gpu = not _CALL.match(name)
            if what and not on_gpu:
                build.skip("row of calls, which --gpu leaves out")
                continue
            node = build.push(0, build.frame(name, Kind.GPU if on_gpu else Kind.USER))
            if what != "launches":
                build.sample(node, total, build.metric(*(METRICS["time"] if on_gpu else ("time", "ns"))))
            if what != "time":
                build.sample(node, times, build.metric(*(("launches",) * 2 if on_gpu else ("calls",) * 2)))


def _are_times(start: object, end: object) -> bool:
    return isinstance(start, int) and isinstance(end, int) and -LARGEST < start <= end < LARGEST


def _text(name: object) -> str:
    return name if isinstance(name, str) else ""
