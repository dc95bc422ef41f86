"""What is left out of a text, by the options that choose samples: threads are judged once each, as they are met."""

from __future__ import annotations

from typing import NamedTuple

from ...text import decode
from .columns import nanoseconds
from .heads import UNWANTED, Who, parse_cpu
from .selection import Selection

__all__ = ["Wanted"]

#: Why samples are left out that do not tell what was asked for.
_NO_PID = b"sample without a process id (perf script -F +pid prints it)"
_NO_CPU = b"sample without a processor (perf script -F +cpu prints it)"
_NO_TIME = "sample without a time (perf script -F +time prints it)"


class Wanted(NamedTuple):
    """The options, and the span of time that they ask for, in ns; None where it is open."""

    selection: Selection
    start: int | None
    stop: int | None

    def judged(self, who: Who, text: bytes) -> Who:
        """The thread, or what stands for all that are left out with it. `text` is what it was read from."""
        asked = self.selection
        if asked.only_tid and who.tid not in asked.only_tid:
            return Who(b"", UNWANTED, 0)
        if asked.comm and decode(who.comm) not in asked.comm:
            return Who(b"", UNWANTED, 0)
        if asked.only_pid and who.pid not in asked.only_pid:
            return Who(b"" if who.pid >= 0 else _NO_PID, UNWANTED, 0)
        if asked.cpu is not None:
            cpu = parse_cpu(text)
            if cpu not in asked.cpus:
                return Who(b"" if cpu >= 0 else _NO_CPU, UNWANTED, 0)
        return who

    def why_not(self, time: bytes) -> str | None:
        """Why samples of this time are left out: "" where they are not wanted. None where they are."""
        if self.start is None and self.stop is None:
            return None
        when = nanoseconds(time)
        if when < 0:
            return _NO_TIME
        early, late = self.start is not None and when < self.start, self.stop is not None and when > self.stop
        return "" if early or late else None
