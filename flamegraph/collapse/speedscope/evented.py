"""Evented profiles: when each frame was opened and closed, one event after the other."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...builder import Builder
from .units import Unit

__all__ = ["read_events"]

NO_SENSE = "event that neither opens nor closes a frame of the file"
NO_TIME = "event without a time"
BACK = "event before the one it follows"
NOT_ON_TOP = "close of a frame before those it called"
NOT_OPEN = "close of a frame that is not open"


def read_events(
    profile: dict[str, Any], build: Builder, frames: list[int], root: int, column: int, thread: int, unit: Unit
) -> tuple[int, int]:
    """Add what passes between a profile's events to `build`: (start, end) in the metric's unit."""
    path: list[tuple[int, int]] = []  # open frames with their stacks, outermost first
    count: Counter[int] = Counter()  # how often each is open
    start = at = unit.amount(profile.get("startValue")) or 0
    first = True
    for event in profile["events"]:
        kind, index, time = _parts(event)
        now = unit.amount(time)
        if kind not in ("O", "C") or type(index) is not int or not 0 <= index < len(frames):
            build.skip(NO_SENSE)
            continue
        if now is None:
            build.skip(NO_TIME)
            continue
        if first:
            start, at, first = min(start, now), now, False
        if now < at:
            build.skip(BACK)
        elif now > at:
            if path:
                build.sample(path[-1][1], now - at, column, max(at, 0) if unit.is_time else -1, thread)
            at = now
        if kind == "O":
            path.append((index, build.push(path[-1][1] if path else root, frames[index])))
            count[index] += 1
        elif not count[index]:
            build.skip(NOT_OPEN)
        else:
            build.skip(NOT_ON_TOP, path[-1][0] != index)
            while True:
                closed, _ = path.pop()
                count[closed] -= 1
                if closed == index:
                    break
    end = unit.amount(profile.get("endValue")) or 0
    if path and end > at:
        build.sample(path[-1][1], end - at, column, max(at, 0) if unit.is_time else -1, thread)
    return start, max(at, end)


def _parts(event: Any) -> tuple[Any, Any, Any]:
    if not isinstance(event, dict):
        return None, None, None
    return event.get("type"), event.get("frame"), event.get("at")
