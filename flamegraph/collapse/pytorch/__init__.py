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

import numpy as np

from ...errors import EmptyProfile, ParseError
from ...forest import Forest
from ...garbage import uncollected
from ...gpu import GpuOptions
from ...options import option
from ...profile import Kind, Meta, Profile
from ...source import Source
from ...trace_events import is_kineto, is_trace, load
from ...trace_owners import Names, ShownOwners
from .. import Format, Match
from .counts import on_cpu, on_device
from .events import Device, Host, columns
from .host import stacks_of
from .launches import launches_of

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


@uncollected()
def parse(source: Source, options: Options) -> Profile:
    if _EXECUTION_TRACE.match(source.head):
        raise ParseError(
            source.name,
            "a trace with times, from torch.profiler's export_chrome_trace",
            "an execution trace, which has none",
        )
    trace = load(source)
    host, device, clock, skipped = columns(trace)
    what = options.gpu or ("time" if len(device.start) and not options.show else None)
    if what and not len(device.start):
        raise EmptyProfile(f"{source.name}: expected work on a GPU, found none")
    names, forest = Names(trace.events), Forest()
    launches = launches_of(host, device)
    working = np.unique(host.thread[launches.call[launches.call >= 0]] if what else host.thread)
    roots = np.zeros(len(host.owners), np.int64)
    roots[working] = names.roots(forest, [host.owners[i] for i in working.tolist()], options)
    flows = [event for event in trace.events if event.get("cat") == "fwdbwd"] if options.forward else []
    stacks = stacks_of(forest, host, roots, clock, None if options.show == "cpu" else options.show, flows)
    counted = on_device(forest, host, device, launches, stacks, what) if what else on_cpu(host, stacks)
    return forest.profile(
        counted.row,
        counted.value[:, None],
        (counted.metric,),
        timeline=options.timeline,
        time=counted.time + clock.base,
        thread=counted.thread,
        threads=[names.described(owner) for owner in (device.streams if what else host.owners)],
        meta=Meta(duration=_duration(host, device), annotated=frozenset({Kind.GPU} if what else ())),
        skipped=trace.skipped | skipped,
    )


def _duration(host: Host, device: Device) -> int:
    """From the first begin to the last end."""
    start, end = np.concatenate((host.start, device.start)), np.concatenate((host.end, device.end))
    return int(end.max() - start.min()) if len(start) else 0
