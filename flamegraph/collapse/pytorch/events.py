"""The events of a trace as columns: what the CPU did, and what a device did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...trace_events import Clock, Event, Trace
from ...trace_owners import Owner

__all__ = ["DEVICE", "Device", "Host", "columns"]

#: Work on a device: kernels, copies and fills, as they are called today and were until 2021; MTIA's commands.
DEVICE = frozenset({"kernel", "gpu_memcpy", "gpu_memset", "Kernel", "Memcpy", "Memset", "mtia_ccp_events"})

#: What else is on tracks of devices or of the profiler: it shows ranges of the CPU there, waits, or the profiler.
_ASIDE = frozenset({"gpu_user_annotation", "cuda_sync", "cuda_event", "cuda_profiler_range", "overhead", "Trace"})

#: Whose events are on a thread that Python knows of and Kineto does not.
_UNKNOWN: Owner = ("0", "0")


@dataclass(frozen=True)
class Host:
    """What the CPU did, one row each: Python functions, operators, annotations, calls of the device's runtime.

    thread        int64[n], one of `owners`
    start, end    int64[n], ns of the clock
    correlation   what work on the device refers to a call by, or None
    external      what it refers to an operator by, or None
    call_stack    Python's stack as text, or None: how it was recorded until 2022
    """

    owners: list[Owner]
    thread: np.ndarray
    start: np.ndarray
    end: np.ndarray
    name: list[str]
    category: list[str]
    correlation: list[int | None]
    external: list[int | None]
    call_stack: list[str | None]


@dataclass(frozen=True)
class Device:
    """What a device did, one row each: most is as above.

    stream   int64[n], one of `streams`, which are (device, stream)
    graph    the number of the graph that it is of, 0 or None
    """

    streams: list[Owner]
    stream: np.ndarray
    start: np.ndarray
    end: np.ndarray
    name: list[str]
    correlation: list[int | None]
    external: list[int | None]
    graph: list[int | None]


def columns(trace: Trace) -> tuple[Host, Device, Clock, dict[str, int]]:
    """(host, device, the clock of their times, what was left out and why)."""
    lasting = [event for event in trace.events if event.get("ph") == "X" and _text(event.get("cat")) not in _ASIDE]
    clock = Clock([event.get("ts") for event in lasting])
    start, good = clock.times([event.get("ts") for event in lasting])
    length, measured = clock.durations([event.get("dur") for event in lasting])
    skipped = {
        "event without a time": int((~good).sum()),
        "event without a duration": int((good & ~measured).sum()),
    }
    kept = good & measured
    on_device = np.array([_text(event.get("cat")) in DEVICE for event in lasting], bool)
    end = start + length

    def split(rows: np.ndarray) -> tuple[list[Event], list[dict[str, Any]], list[Owner], np.ndarray]:
        events = [lasting[i] for i in rows.tolist()]
        args = [event["args"] if type(event.get("args")) is dict else {} for event in events]
        owners: dict[Owner, int] = {}
        owner = [owners.setdefault((str(e.get("pid")), str(e.get("tid"))), len(owners)) for e in events]
        return events, args, list(owners), np.array(owner, np.int64)

    rows = np.flatnonzero(kept & ~on_device)
    events, args, owners, thread = split(rows)
    host = Host(
        _with_processes(owners, thread),
        thread,
        start[rows],
        end[rows],
        [_text(event.get("name")) for event in events],
        [_text(event.get("cat")) for event in events],
        [_key(a.get("correlation")) for a in args],
        [_external(a) for a in args],
        [stack if type(stack := a.get("Call stack")) is str else None for a in args],
    )
    rows = np.flatnonzero(kept & on_device)
    events, args, streams, stream = split(rows)
    device = Device(
        streams,
        stream,
        start[rows],
        end[rows],
        [_text(event.get("name")) for event in events],
        [_key(a.get("correlation")) for a in args],
        [_external(a) for a in args],
        [_key(a.get("graph id")) for a in args],
    )
    return host, device, clock, {reason: count for reason, count in skipped.items() if count}


def _with_processes(owners: list[Owner], thread: np.ndarray) -> list[Owner]:
    """Kineto puts what it does not know the thread of into process 0: it is of the one that has most of the events."""
    if len(owners) < 2 or _UNKNOWN not in owners:
        return owners
    most = max(range(len(owners)), key=np.bincount(thread, minlength=len(owners)).__getitem__)
    return [(owners[most][0], owner[1]) if owner == _UNKNOWN else owner for owner in owners]


def _text(value: Any) -> str:
    return value if type(value) is str else "(unnamed)" if value is None else str(value)


def _key(value: Any) -> int | None:
    """A number, which ROCm sometimes writes as text, or None."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value if type(value) is int else None


def _external(args: dict[str, Any]) -> int | None:
    return _key(args.get("External id", args.get("external id")))
