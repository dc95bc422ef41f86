"""What the CPU did, as a profile: sampled stacks, NVTX ranges, calls of CUDA, calls of the operating system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...nesting import crossing, own_moments, self_times
from ...profile import Metric
from .calls import LIBRARIES, RUNTIME, Calls, read_calls, read_os_calls
from .chains import Chains, read_chains
from .export import Export
from .options import Options
from .processes import UNKNOWN, Processes
from .ranges import Ranges, read_ranges
from .stacks import StackBuilder
from .weighed import Weighed

__all__ = ["SHOWN", "Shown"]

_MARK = 34


def _samples(export: Export, options: Options) -> Weighed:
    """Stacks that were sampled while a thread ran. Where cycles were counted, they are a second metric."""
    build, processes = StackBuilder(), Processes(export, options.pid)
    rows = export.spans("COMPOSITE_EVENTS", id=-1, start=0, globalTid=UNKNOWN, cpuCycles=0)
    chains = read_chains(export, "SAMPLING_CALLCHAINS", build, options.addrs)
    row = chains.find(rows["id"])
    export.skipped["call chain of no sample"] += len(chains.id) - len(np.unique(row[row >= 0]))
    root = processes.roots(build, rows["globalTid"], threads=True)
    node = build.hang(root, *chains.take(row))
    metrics, values = [Metric("samples", "samples")], [np.ones(len(node), np.int64)]
    if (rows["cpuCycles"] > 1).any():
        metrics.append(Metric("cycles", "cycles"))
        values.append(rows["cpuCycles"])
    threads, thread = processes.table(rows["globalTid"])
    return Weighed(build, node, np.stack(values, axis=1), tuple(metrics), rows["start"], thread, threads)


def _ranges(export: Export, options: Options) -> Weighed:
    """NVTX ranges: how long each was open and none within it."""
    build, processes = StackBuilder(), Processes(export, options.pid)
    ranges = read_ranges(export, options.range_numbers)
    marks = export.read("NVTX_EVENTS", eventType=0)["eventType"] == _MARK
    export.skipped["NVTX mark, which has no length"] += int(np.count_nonzero(marks))
    node = ranges.nodes(build, export, processes, threads=True)
    return _timed(build, processes, options, "nvtx time", node, ranges)


def _api_calls(export: Export, options: Options) -> Weighed:
    """Calls of CUDA and of the libraries around it: how long each ran and none that it called."""
    build = StackBuilder()
    chains = read_chains(export, "CUDA_CALLCHAINS", build, options.addrs, options.callers in ("auto", "chain"))
    return _calls(export, options, "api time", build, chains, read_calls(export, chains, build))


def _os_calls(export: Export, options: Options) -> Weighed:
    """Calls of the operating system's libraries, likewise: where threads waited."""
    build = StackBuilder()
    chains = read_chains(export, "OSRT_CALLCHAINS", build, options.addrs, options.callers in ("auto", "chain"))
    return _calls(export, options, "osrt time", build, chains, read_os_calls(export, chains, build))


def _calls(export: Export, options: Options, metric: str, build: StackBuilder, chains: Chains, calls: Calls) -> Weighed:
    processes = Processes(export, options.pid)
    ranges = read_ranges(export, options.range_numbers, options.callers in ("auto", "nvtx"))
    node = calls.nodes(build, export, processes, chains, ranges, threads=True)
    if calls.crossings:
        kept = np.flatnonzero(~crossing(calls.thread, calls.start, calls.end))
        export.skipped["call that lies across others"] += len(calls) - len(kept)
        calls, node = calls.pick(kept), node[kept]
    return _timed(build, processes, options, metric, node, calls)


def _timed(
    build: StackBuilder, processes: Processes, options: Options, metric: str, node: np.ndarray, slices: Calls | Ranges
) -> Weighed:
    """Nested slices with the times of their own; in a timeline each stretch of these."""
    threads, who = processes.table(slices.thread)
    if options.timeline:
        which, time, until = own_moments(slices.parent, slices.order, slices.start, slices.end)
        value = until - time
        node, who = node[which], who[which]
    else:
        time, value = slices.start, self_times(slices.parent, slices.start, slices.end)
    return Weighed(build, node, value[:, None], (Metric(metric, "ns"),), time, who, threads)


@dataclass(frozen=True)
class Shown:
    """One of the things that `--show` may be.

    tables, rows   it is there where one of these tables has a row for which this SQL condition holds
    """

    title: str
    tables: tuple[str, ...]
    rows: str
    read: Callable[[Export, Options], Weighed]


SHOWN = {
    "cpu": Shown("CPU samples", ("COMPOSITE_EVENTS",), "1", _samples),
    "nvtx": Shown("NVTX ranges", ("NVTX_EVENTS",), '"eventType" IN (59, 60)', _ranges),
    "api": Shown("calls of CUDA", (RUNTIME, *LIBRARIES), "1", _api_calls),
    "osrt": Shown("calls of the operating system", ("OSRT_API",), "1", _os_calls),
}
