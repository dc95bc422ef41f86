"""What dumps hold: threads, each with its stack at one moment. One sample per thread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ...builder import Builder, without_empty
from ...profile import Kind, Profile
from .labels import Label

__all__ = ["DumpedThread", "profile_of"]


@dataclass
class DumpedThread:
    """A thread of a dump; `frames` has the leaf first. `command` is its process's, "" where it is not told."""

    pid: int
    command: str
    id: str  # as it is written: decimal, or hexadecimal with 0x
    name: str
    active: bool
    gil: bool
    frames: list[Label]

    def label(self) -> str:
        """What py-spy calls it when it records: `thread (12)`, or `thread (12): name`."""
        return f"thread ({self.id}): {self.name}" if self.name else f"thread ({self.id})"


def profile_of(threads: list[DumpedThread], skipped: Counter[str]) -> Profile:
    """The profile of dumped threads. The process is the first frame where there are several."""
    build = Builder()
    for name in ("samples", "active", "gil"):
        build.metric(name, "samples")
    several = len({thread.pid for thread in threads}) > 1
    for thread in threads:
        build.thread(thread.pid, int(thread.id, 16 if thread.id.startswith("0x") else 10), thread.name)
        node = 0
        if several:
            node = build.push(node, build.frame(f'process {thread.pid}:"{thread.command}"', Kind.PROCESS))
        node = build.push(node, build.frame(thread.label(), Kind.THREAD))
        node = build.stack((build.frame(*label) for label in reversed(thread.frames)), node)
        build.sample_all(node, (1, int(thread.active), int(thread.gil)))
    for reason, count in skipped.items():
        build.skip(reason, count)
    return without_empty(build.finish())
