"""What traces of GPUs have in common: how a stack goes on from the call on the CPU to the work on the GPU, and what
counts.

    train_step;aten::linear;cudaLaunchKernel;-;gemm_kernel_[G]

A frame "-" divides CPU from GPU, as in the AI flame graphs of Intel's iaprof. Work whose call was not recorded stands
below `OUTSIDE`; it is never left out. Three weights, all in ns:

    time   how long each operation ran: concurrent ones count each, so that it may add up to more than the wall time
    busy   the wall time in which a device did anything, divided evenly among the operations that ran at each moment
    idle   the wall time in which a device did nothing, on the operation that ended it: who starved the GPU. Why stands
           between "-" and the operation, so that one call has one box for each reason, whatever it launched:
           train_step;cudaLaunchKernel;-;[gpu idle: host wait];gemm_kernel_[G]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .options import option

__all__ = ["BOUNDARY", "MODES", "OUTSIDE", "GpuOptions", "busy_shares", "idle_gaps", "waits"]

#: The frame between CPU and GPU; its kind is `Kind.GAP`.
BOUNDARY = "-"

#: Above work on the GPU of which no call is known.
OUTSIDE = "[launch outside capture]"

MODES = ("time", "busy", "idle", "launches")

#: ns. Up to this, a gap is what it takes to start the next operation that is already waiting (after HTA).
_STARTING = 30_000


@dataclass(frozen=True)
class GpuOptions:
    """What formats that trace a GPU may be asked."""

    gpu: str | None = option(
        None,
        "what counts of work on the GPU: the time it ran, busy (wall time, shared by what ran at once), idle (the gap "
        "before it, whose end it was), or the number of launches; its stack is that of the call that launched it",
        choices=MODES,
    )


def busy_shares(device: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Each operation's share of its device's busy wall time in ns: int64[n], whose sum is that time exactly.

    Where k operations run at once each has a k-th of that time. What is lost to whole numbers goes to those that
    lost the most by it.
    """
    share = np.zeros(len(start), np.int64)
    for one in np.unique(device):
        mine = np.flatnonzero(device == one)
        edges, at = np.unique(np.concatenate((start[mine], end[mine])), return_inverse=True)
        n = len(mine)
        running = np.cumsum(np.bincount(at[:n], minlength=len(edges)) - np.bincount(at[n:], minlength=len(edges)))
        span = np.diff(edges)
        active = running[:-1] > 0
        per_one = np.zeros(len(span))
        per_one[active] = span[active] / running[:-1][active]
        until = np.concatenate(([0.0], np.cumsum(per_one)))
        exact = until[at[n:]] - until[at[:n]]
        whole = np.floor(exact).astype(np.int64)
        missing = int(span[active].sum() - whole.sum())
        turn = np.argsort(whole - exact, kind="stable") if missing > 0 else np.argsort(exact - whole, kind="stable")
        turn = turn[end[mine][turn] > start[mine][turn]]
        rounds, rest = divmod(abs(missing), max(len(turn), 1))
        whole[turn] += np.sign(missing) * rounds
        whole[turn[:rest]] += np.sign(missing)
        share[mine] = whole
    return share


def idle_gaps(device: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(gap, since), int64[n] in ns: how long each operation's device did nothing before it, and since when.

    The gap belongs to the first operation after it; what is before a device's first operation is no gap. `since` is
    when the device became idle, and the operation's own start where there is no gap.
    """
    gap, since = np.zeros(len(start), np.int64), np.array(start, np.int64)
    order = np.lexsort((np.arange(len(start)), start, device))
    for mine in np.split(order, np.flatnonzero(np.diff(np.asarray(device)[order])) + 1):
        if len(mine) > 1:
            done = np.maximum.accumulate(end[mine])[:-1]
            idle = np.maximum(start[mine][1:] - done, 0)
            gap[mine[1:]] = idle
            since[mine[1:]] = np.where(idle > 0, done, start[mine][1:])
    return gap, since


def waits(gap: np.ndarray, since: np.ndarray, called: np.ndarray) -> list[str]:
    """Why the device was idle before each operation, as a frame's name.

    `called`, int64[n], is when the CPU called for it, -1 where unknown. The host is what was waited for where the call
    came after the device had become idle; else, up to 30 µs, it is the start of an operation that was already waiting.
    """
    host = (called >= 0) & (called > since)
    kernel = ~host & (called >= 0) & (gap <= _STARTING)
    names = np.array(["[gpu idle: other]", "[gpu idle: kernel wait]", "[gpu idle: host wait]"])
    return names[np.where(host, 2, kernel.astype(int))].tolist()
