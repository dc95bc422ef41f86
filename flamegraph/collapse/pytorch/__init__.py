"""PyTorch's profiler (Kineto): what Python, the operators and the device did, as a trace.

    {"schemaVersion": 1, "deviceProperties": […], "traceEvents": [
      {"ph": "X", "cat": "python_function", "name": "train.py(12): step", "pid": 7, "tid": 7, "ts": 1.0, "dur": 90, …},
      {"ph": "X", "cat": "cpu_op", "name": "aten::mm", "pid": 7, "tid": 7, "ts": 20.5, "dur": 30.0, …},
      {"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", …, "args": {"correlation": 81, …}},
      {"ph": "X", "cat": "kernel", "name": "sgemm_128x64", "pid": 0, "tid": 7, …, "args": {"correlation": 81, …}}, …]}

Every version since 2021 is read, of CUDA, ROCm and XPU, and lists of events without an object around them. Where there
is work on a device a stack goes on from the call to the work, and counts how long that ran:

    train.py(12): step;aten::mm;cudaLaunchKernel;-;sgemm_128x64_[G]

The kernels of a graph stand on the one call that launched it and on "[CUDA graph]" or "[HIP graph]". `gpu` asks for
other counts. Otherwise, and with `show`, it is the time that the CPU spent in each function or operator by itself;
`show` with `gpu` says which of them are in the stacks of the device.

A record_function begins within one Python function and ends within another: it is shown in pieces, so that all keep
their time. Left out of names are what differs from run to run or from step to step: addresses of objects, versions of
CUDA's calls, the numbers of ProfilerStep and of threads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import ParseError
from ...gpu import GpuOptions
from ...options import option
from ...profile import Profile
from ...source import Source
from ...trace_events import is_kineto, is_trace
from ...trace_owners import ShownOwners
from .. import Format, Match

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options(ShownOwners, GpuOptions):
    """What `pytorch` may be asked."""

    show: str | None = option(
        None,
        "the CPU's side: all of it, Python's functions, or operators and calls without them; with --gpu, what of it "
        "is in the stacks",
        choices=("cpu", "python", "ops"),
    )
    forward: bool = option(False, "put what the backward pass does on the forward operator that it belongs to")
    timeline: bool = option(False, "keep moments one by one in time order")


FORMAT = Format(
    title="PyTorch profiler trace (Kineto)",
    made_by="torch.profiler.profile(with_stack=True), export_chrome_trace(FILE)",
    options=Options,
    files=("*.pt.trace.json", "*kineto*.json"),
)

#: torch.profiler.ExecutionTraceObserver's file: what was called with what, without times.
_EXECUTION_TRACE = re.compile(rb'\s*\{\s*"schema"\s*:\s*"[^"]{1,40}"\s*,.{0,400}?"nodes"\s*:\s*\[', re.DOTALL)


def sniff(source: Source) -> Match:
    """A trace with what only Kineto writes, or PyTorch's other trace, to say what to do about it."""
    if _EXECUTION_TRACE.match(source.head):
        return Match.SIGNATURE
    return Match.SIGNATURE if is_trace(source.head) and is_kineto(source.head) else Match.NO


def parse(source: Source, options: Options) -> Profile:
    if _EXECUTION_TRACE.match(source.head):
        raise ParseError(
            source.name,
            "a trace with times, from torch.profiler's export_chrome_trace",
            "an execution trace, which has none",
        )
    from .read import read_trace  # which takes longer to load than all that is here

    return read_trace(source, options)
