"""Work on the GPU as a profile: each operation below the stack that launched it, weighed by one of four measures."""

from __future__ import annotations

import numpy as np

from ...gpu import BOUNDARY, OUTSIDE, busy_shares, idle_gaps, waits
from ...profile import Kind, Metric, Thread
from .calls import read_calls
from .chains import read_chains
from .export import Export
from .operations import Operations, read_operations
from .options import Options
from .pairs import distinct_pairs
from .processes import Processes, pid_of, process_of
from .ranges import read_ranges
from .stacks import StackBuilder
from .weighed import Weighed

__all__ = ["gpu_work"]


def gpu_work(export: Export, options: Options) -> Weighed:
    """The work on all GPUs, by `options.gpu` (the time it ran where that is None)."""
    mode = options.gpu or "time"
    build, processes = StackBuilder(), Processes(export, options.pid)
    chains = read_chains(export, "CUDA_CALLCHAINS", build, options.addrs, options.callers in ("auto", "chain"))
    calls = read_calls(export, chains, build)
    work = read_operations(export, options.short_names, np.unique(process_of(calls.thread)))
    call = calls.launched(work.process, work.correlation)
    called = np.where(call >= 0, calls.start[call], -1) if len(calls) else call

    ranges = read_ranges(export, options.range_numbers, options.callers in ("auto", "nvtx"))
    top = build.push(processes.roots(build, work.process, threads=False), build.frame(OUTSIDE))
    launched = np.flatnonzero(call >= 0)
    top[launched] = calls.nodes(build, export, processes, chains, ranges, threads=False)[call[launched]]
    node = build.push(top, build.frame(BOUNDARY, Kind.GAP))

    if mode == "idle":
        value, since = idle_gaps(work.device, work.start, work.end)
        reasons, reason = _spelled(build, waits(value, since, called), Kind.GAP)
        node = build.push(node, reasons[reason])
    elif mode == "busy":
        value = busy_shares(work.device, work.start, work.end)
    else:
        value = work.end - work.start if mode == "time" else np.ones(len(work), np.int64)
    frame = np.array([build.frame(name, Kind.GPU) for name in work.names], np.int64)
    inside = np.flatnonzero(work.graph >= 0)
    node[inside] = build.push(node[inside], frame[work.graph[inside]])
    node = build.push(node, frame[work.name])
    if options.by_stream:
        node = _below_streams(build, work, node)

    unit = "launches" if mode == "launches" else "ns"
    metrics, values = [Metric("launches" if mode == "launches" else f"gpu {mode}", unit)], [value]
    if mode == "time" and work.bytes.any():
        metrics.append(Metric("copied", "bytes"))
        values.append(work.bytes)
    lanes, lane = _lanes(work)
    return Weighed(build, node, np.stack(values, axis=1), tuple(metrics), work.start, lane, lanes)


def _spelled(build: StackBuilder, names: list[str], kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    """(the frames of the distinct names, the row of each name)."""
    rows: dict[str, int] = {}
    row = np.array([rows.setdefault(name, len(rows)) for name in names], np.int64)
    return np.array([build.frame(name, kind) for name in rows], np.int64), row


def _below_streams(build: StackBuilder, work: Operations, node: np.ndarray) -> np.ndarray:
    """The same stacks below the device and stream that they ran on."""
    number, pairs = distinct_pairs(work.gpu, work.stream)
    streams = [_stream(build, gpu, stream) for gpu, stream in pairs]
    return build.below(np.array(streams, np.int64)[number], node)


def _stream(build: StackBuilder, gpu: int, stream: int) -> int:
    (device,) = build.push(0, build.frame(f"GPU {gpu}", Kind.THREAD))
    return int(build.push(device, build.frame(f"stream {stream}", Kind.THREAD))[0])


def _lanes(work: Operations) -> tuple[tuple[Thread, ...], np.ndarray]:
    """Streams as threads: what ran on a stream ran one after the other, which is what a flame chart wants to show."""
    number, pairs = distinct_pairs(work.gpu, work.stream)
    lane, rows = distinct_pairs(work.process, number)
    pids = pid_of(np.array([process for process, _ in rows], np.int64)).tolist()
    named = [(pid, *pairs[stream]) for pid, (_, stream) in zip(pids, rows, strict=True)]
    return tuple(Thread(pid, stream, f"GPU {gpu} stream {stream}") for pid, gpu, stream in named), lane.astype(np.int32)
