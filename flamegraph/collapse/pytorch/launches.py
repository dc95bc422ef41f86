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
    processes: dict[str, int] = {}
    process = [processes.setdefault(pid, len(processes)) for pid, _ in host.owners]
    calls: list[dict[Any, int]] = [{} for _ in processes]
    operators: dict[Any, int] = {}
    start, end = host.start.tolist(), host.end.tolist()
    for i, (thread, correlation, external) in enumerate(
        zip(host.thread.tolist(), host.correlation, host.external, strict=True)
    ):
        if correlation is not None:
            known = calls[process[thread]].setdefault(correlation, i)
            if (start[i], -end[i]) < (start[known], -end[known]):
                calls[process[thread]][correlation] = i
        elif external is not None:
            operators.setdefault(external, i)

    likely = _process_of_devices(calls, device, start) if len(calls) > 1 else {}
    found = np.full(len(device.start), -1, np.int64)
    called = np.full(len(device.start), -1, np.int64)
    for k, (stream, correlation, external) in enumerate(
        zip(device.stream.tolist(), device.correlation, device.external, strict=True)
    ):
        of_processes = [calls[likely[name]]] if (name := device.streams[stream][0]) in likely else calls
        call = next((of_process[correlation] for of_process in of_processes if correlation in of_process), None)
        if call is not None:
            found[k], called[k] = call, start[call]
        # Where an operation has no operator its external id repeats the correlation, which is no operator's number.
        elif external is not None and external != correlation:
            found[k] = operators.get(external, -1)
    return Launches(found, called)


def _process_of_devices(calls: list[dict[Any, int]], device: Device, start: list[int]) -> dict[str, int]:
    """The process that each device works for: whose calls come last before most of its work."""
    votes: dict[str, list[int]] = {}
    for stream, correlation, begins in zip(
        device.stream.tolist(), device.correlation, device.start.tolist(), strict=True
    ):
        at = [start[of_process[correlation]] if correlation in of_process else begins + 1 for of_process in calls]
        if min(at) <= begins:
            nearest = max(range(len(at)), key=lambda one: (at[one] <= begins, at[one]))
            votes.setdefault(device.streams[stream][0], [0] * len(calls))[nearest] += 1
    return {name: max(range(len(calls)), key=count.__getitem__) for name, count in votes.items()}
