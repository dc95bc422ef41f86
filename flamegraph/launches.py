"""Operations on a GPU, collected one by one, and the samples that they become: what counts is what `--gpu` asks for."""

from __future__ import annotations

import numpy as np

from .builder import Builder
from .gpu import busy_shares, idle_gaps, waits
from .profile import Kind

__all__ = ["METRICS", "Operations"]

#: What counts → the metric's name and unit. Without a choice it is the time.
METRICS = {
    None: ("gpu time", "ns"),
    "time": ("gpu time", "ns"),
    "busy": ("gpu busy", "ns"),
    "idle": ("gpu idle", "ns"),
    "launches": ("launches", "launches"),
}


class Operations:
    """Kernels, copies and fills as they ran: one row each."""

    def __init__(self) -> None:
        self._stack: list[int] = []
        self._frame: list[int] = []
        self._device: list[int] = []
        self._start: list[int] = []
        self._end: list[int] = []
        self._called: list[int] = []
        self._thread: list[int] = []
        self._bytes: list[int] = []
        self._devices: dict[object, int] = {}

    def __len__(self) -> int:
        return len(self._stack)

    @property
    def duration(self) -> int:
        """ns from the first start to the last end."""
        return max(self._end) - min(self._start) if self._stack else 0

    def add(
        self, stack: int, frame: int, device: object, start: int, end: int, *,
        called: int = -1, thread: int = -1, size: int = 0,
    ) -> None:  # fmt: skip
        """One operation: the stack it stands on, its own frame, the device it ran on, when, and when it was called for.

        Times are in ns; `called` and `thread` are -1 where that is not known. `size` is how many bytes it copied.
        """
        self._stack.append(stack)
        self._frame.append(frame)
        self._device.append(self._devices.setdefault(device, len(self._devices)))
        self._start.append(start)
        self._end.append(end)
        self._called.append(called)
        self._thread.append(thread)
        self._bytes.append(size)

    def sample(self, build: Builder, what: str | None) -> None:
        """Count them in a profile. Idle time stands on the operation that ended it, which stands on the reason."""
        metric = build.metric(*METRICS[what])
        start, end = np.array(self._start, np.int64), np.array(self._end, np.int64)
        device = np.array(self._device, np.int64)
        stack, time, value = self._stack, self._start, end - start
        if what == "launches":
            value = np.ones(len(start), np.int64)
        elif what == "busy":
            value = busy_shares(device, start, end)
        elif what == "idle":
            value, since = idle_gaps(device, start, end)
            why = waits(value, since, np.array(self._called, np.int64))
            stack = [build.push(node, build.frame(name, Kind.GAP)) for node, name in zip(stack, why, strict=True)]
            time = since.tolist()
        for node, frame, amount, at, thread in zip(stack, self._frame, value.tolist(), time, self._thread, strict=True):
            if amount or what != "idle":
                build.sample(build.push(node, frame), amount, metric, at, thread)
        if any(self._bytes) and what in (None, "time"):
            copied = build.metric("copied", "bytes")
            for node, frame, size, at, thread in zip(stack, self._frame, self._bytes, time, self._thread, strict=True):
                if size:
                    build.sample(build.push(node, frame), size, copied, at, thread)
