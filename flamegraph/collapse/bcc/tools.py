"""What tools say before they print stacks: which one it is, what it counts, and for how long."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Tool", "tool_of", "without_header"]

#: Units that numbers may be in: (name of the metric, its unit, factor).
_UNITS = {
    "ns": ("time", "ns", 1),
    "us": ("time", "ns", 10**3),
    "ms": ("time", "ns", 10**6),
    "s": ("time", "ns", 10**9),
    "bytes": ("bytes", "bytes", 1),
}


@dataclass(frozen=True)
class Tool:
    """A tool at work.

    metric    what it counts: name and unit, `factor` of which is one of what it prints
    context   "kernel" or "user" where it prints stacks of these alone
    counts    whether it is stackcount, which indents less
    duration  ns, 0 where it runs until it is stopped
    """

    metric: tuple[str, str] = ("samples", "samples")
    factor: int = 1
    context: str = ""
    counts: bool = False
    duration: int = 0


_CONTEXT = re.compile(r" by (kernel|user)(?: off-CPU and waker)?(?: stack| for| on|\.\.\.|$)")
_DURATION = re.compile(r" for (\d{1,9}) secs?\b")
_COUNTED = re.compile(r'Tracing \d+ functions for "(.+)"\.\.\. ')


def tool_of(line: str) -> Tool | None:
    """The tool whose header a line is, None for any other line."""
    if not line.startswith(("Sampling at ", "Tracing ")):
        return None
    context, duration = _CONTEXT.search(line), _DURATION.search(line)
    known = {"context": context[1] if context else "", "duration": int(duration[1]) * 10**9 if duration else 0}
    if line.startswith("Sampling at "):
        return Tool(**known)
    if line.startswith("Tracing off-CPU time (us)"):
        return Tool(("off-cpu", "ns"), 1000, **known)
    if line.startswith("Tracing blocked time (us)"):
        return Tool(("blocked", "ns"), 1000, **known)
    if counted := _COUNTED.match(line):
        unit = "events" if counted[1].startswith(("t:", "u:")) else "calls"
        return Tool((counted[1], unit), counts=True)
    return None


def without_header(unit: str | None) -> Tool:
    """What is counted before a header tells: samples, or what numbers of `unit` are."""
    if unit is None:
        return Tool()
    name, of, factor = _UNITS[unit]
    return Tool((name, of), factor)
