"""What counts, on which stack: the CPU's own time, or what ran on a device and what launched it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...forest import Forest
from ...gpu import BOUNDARY, OUTSIDE, busy_shares, idle_gaps, waits
from ...nesting import own_moments
from ...profile import Kind, Metric
from .events import Device, Host
from .host import HostStacks
from .launches import Launches

__all__ = ["Counts", "on_cpu", "on_device"]

_METRICS = {
    "time": Metric("gpu time", "ns"),
    "busy": Metric("gpu busy", "ns"),
    "idle": Metric("gpu idle", "ns"),
    "launches": Metric("launches", "launches"),
}


@dataclass(frozen=True)
class Counts:
    """One row each: on which row of the forest, how much, when in ns, and on which thread or stream."""

    metric: Metric
    row: np.ndarray
    value: np.ndarray
    time: np.ndarray
    thread: np.ndarray


def on_cpu(host: Host, stacks: HostStacks) -> Counts:
    """The moments in which an event was the innermost one of its thread."""
    pieces = stacks.pieces
    piece, since, until = own_moments(pieces.parent, pieces.order, pieces.start, pieces.end)
    thread = host.thread[pieces.slice[piece]]
    return Counts(Metric("cpu time", "ns"), stacks.row[piece], until - since, since, thread)


def on_device(forest: Forest, host: Host, device: Device, launches: Launches, stacks: HostStacks, what: str) -> Counts:
    """What ran on a device, on the stack of the call that launched it, and on its graph where it belongs to one.

    Idle time is that of the operation that ended it; below it stands why the device waited.
    """
    known = launches.call >= 0
    row = np.zeros(len(known), np.int64)
    row[known] = stacks.rows(launches.call[known])
    if not known.all():
        row[~known] = forest.push(0, forest.frame(OUTSIDE))
    row = forest.add(row, forest.frame(BOUNDARY, Kind.GAP))
    time, value = device.start, device.end - device.start
    unit = np.unique([name for name, _ in device.streams], return_inverse=True)[1][device.stream]
    if what == "launches":
        value = np.ones(len(row), np.int64)
    elif what == "busy":
        value = busy_shares(unit, device.start, device.end)
    elif what == "idle":
        value, time = idle_gaps(unit, device.start, device.end)
        row = forest.add(row, [forest.frame(name, Kind.GAP) for name in waits(value, time, launches.time)])
    graphs = [
        _graph(host.name[call] if call >= 0 else "", id)
        for call, id in zip(launches.call.tolist(), device.graph, strict=True)
    ]
    inside = np.flatnonzero(np.array([bool(graph) for graph in graphs], bool))
    row[inside] = forest.add(row[inside], [forest.frame(graph, Kind.GPU) for graph in graphs if graph])
    row = forest.add(row, [forest.frame(name, Kind.GPU) for name in device.name])
    some = np.flatnonzero(value)
    return Counts(_METRICS[what], row[some], value[some], time[some], device.stream[some])


def _graph(call: str, id: int | None) -> str:
    """What a graph is called whose kernels a call launched; "" where they are of none."""
    if not id and "GraphLaunch" not in call:
        return ""
    maker = "HIP" if call.startswith("hip") else "CUDA"
    return f"[{maker} graph {id}]" if id else f"[{maker} graph]"
