"""Which call on the CPU launched what ran on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .events import Device, Host

__all__ = ["Launches", "launches_of"]


@dataclass(frozen=True)
class Launches:
    """For each operation on a device the event of the host that led to it, and when it was called: int64[m], or -1."""

    call: np.ndarray
    time: np.ndarray


def launches_of(host: Host, device: Device) -> Launches:
    """What led to each operation.

    It is the call with the operation's correlation: a graph launches hundreds. Where a call to the runtime and the one
    it makes to the driver share theirs, it is the outer one. Correlations repeat in another process, and a trace does
    not tell which process a device works for: it is the one whose calls come before most of what it did. Without such a
    call, it is the operator with the operation's external id.
    """
    calls: dict[Any, dict[int, int]] = {}
    processes: dict[str, int] = {}
    process = [processes.setdefault(pid, len(processes)) for pid, _ in host.owners]
    thread, start = host.thread.tolist(), host.start.tolist()
    end = host.end.tolist()
    operators: dict[Any, int] = {}
    for i, (correlation, external) in enumerate(zip(host.correlation, host.external, strict=True)):
        if correlation is not None:
            of_process = calls.setdefault(correlation, {})
            known = of_process.setdefault(process[thread[i]], i)
            if (start[i], -end[i]) < (start[known], -end[known]):
                of_process[process[thread[i]]] = i
        elif external is not None:
            operators.setdefault(external, i)

    owner = _process_of_streams(calls, device, start)
    found = np.full(len(device.start), -1, np.int64)
    called = np.full(len(device.start), -1, np.int64)
    stream = device.stream.tolist()
    for k, (correlation, external) in enumerate(zip(device.correlation, device.external, strict=True)):
        of_process = calls.get(correlation)
        if of_process:
            likely = owner.get(device.streams[stream[k]][0], -1)
            found[k] = of_process.get(likely, next(iter(of_process.values())))
            called[k] = start[found[k]]
        # Where an operation has no operator its external id repeats the correlation, which is no operator's number.
        elif external is not None and external != correlation:
            found[k] = operators.get(external, -1)
    return Launches(found, called)


def _process_of_streams(calls: dict[Any, dict[int, int]], device: Device, start: list[int]) -> dict[str, int]:
    """The process that each device works for, where correlations are ambiguous."""
    votes: dict[str, dict[int, int]] = {}
    if all(len(of_process) < 2 for of_process in calls.values()):
        return {}
    for correlation, stream, begins in zip(
        device.correlation, device.stream.tolist(), device.start.tolist(), strict=True
    ):
        before = [(start[i], process) for process, i in calls.get(correlation, {}).items() if start[i] <= begins]
        if before:
            of_device = votes.setdefault(device.streams[stream][0], {})
            nearest = max(before)[1]
            of_device[nearest] = of_device.get(nearest, 0) + 1
    return {name: max(count, key=lambda process: count[process]) for name, count in votes.items()}
