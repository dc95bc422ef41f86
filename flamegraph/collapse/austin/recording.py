"""What text and MOJO have in common: frames by their names, what a sample measures, and what the header says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...builder import Builder, without_empty
from ...profile import Kind, Meta, Profile

__all__ = ["Recording"]

#: The metrics of each mode, as (name, unit). Before version 2, full mode did not tell who was idle.
_METRICS = {
    "wall": (("wall", "ns"),),
    "cpu": (("cpu", "ns"),),
    "memory": (("allocated", "bytes"), ("freed", "bytes")),
    "full": (("wall", "ns"), ("cpu", "ns"), ("allocated", "bytes"), ("freed", "bytes")),
    "old full": (("wall", "ns"), ("allocated", "bytes"), ("freed", "bytes")),
}

_FRAME = re.compile(r"(.*):[^:]*:(-?\d{1,9})", re.DOTALL)
_OLD_FRAME = re.compile(r".* \((.*?)(?::(\d{1,9}))?\)", re.DOTALL)
_ALONE = re.compile(r"L(\d{1,9})")
_NUMBER = re.compile(r"\d{1,9}")
_NATIVE = "native@"


class Recording:
    """Samples, as they are read, in the metrics of a mode."""

    def __init__(self, mode: str, timeline: bool):
        self.build = Builder(timeline=timeline)
        self.mode = mode if mode in _METRICS else "wall"
        for name, unit in _METRICS[self.mode]:
            self.build.metric(name, unit)
        self._frames: dict[str, tuple[int, str]] = {}  # name → (frame, file)

    def heads(self, labels: Iterable[tuple[str, Kind]]) -> int:
        """The stack of the frames that stand for a process and a thread."""
        return self.build.stack(self.build.frame(label, kind) for label, kind in labels)

    def stack(self, node: int, names: Iterable[str]) -> int:
        """The stack of these frames, outermost first, on top of another."""
        file = ""
        for name in names:
            if name not in self._frames:
                alone = _ALONE.fullmatch(name)
                if alone:  # the line of the frame before it
                    node = self.build.push(node, self.build.frame(name, file=file, line=int(alone[1])))
                    continue
                self._frames[name] = self._frame(name)
            frame, file = self._frames[name]
            node = self.build.push(node, frame)
        return node

    def _frame(self, name: str) -> tuple[int, str]:
        if name.startswith("kernel:"):
            return self.build.frame(name, Kind.KERNEL, "kernel"), ""
        match = None if name.startswith(_NATIVE) else _FRAME.fullmatch(name) or _OLD_FRAME.fullmatch(name)
        if match:
            return self.build.frame(name, file=match[1], line=max(0, int(match[2] or 0))), match[1]
        # `--alt-format` leaves out the line. What Austin says of itself, ":GC:", has neither file nor function.
        file = "" if name.startswith((":", _NATIVE)) else name.rpartition(":")[0]
        return self.build.frame(name, file=file), file

    def time(self, node: int, time: int, thread: int) -> None:
        """Add a sample of wall or CPU time, in µs."""
        self.build.sample(node, time * 1000, 0, thread=thread)

    def memory(self, node: int, taken: int, thread: int) -> None:
        """Add a sample of memory, in bytes; what was given back is negative."""
        self.build.sample_all(node, (max(taken, 0), max(-taken, 0)), thread=thread)

    def full(self, node: int, time: int, idle: bool, taken: int, thread: int) -> None:
        """Add a sample of all metrics."""
        time *= 1000
        self.build.sample_all(node, (time, 0 if idle else time, max(taken, 0), max(-taken, 0)), thread=thread)

    def finish(self, header: Mapping[str, str]) -> Profile:
        """The profile; `header` is what the recording says of itself."""
        interval, duration = (_NUMBER.fullmatch(header.get(key, "")) for key in ("interval", "duration"))
        timed = self.mode != "memory"
        meta = Meta(
            duration=int(duration[0]) * 1000 if duration else 0,
            period=int(interval[0]) * 1000 if interval and timed else 0,
        )
        return without_empty(self.build.finish(meta))
