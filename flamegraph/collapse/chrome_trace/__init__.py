"""Trace events: the JSON of Chrome's trace viewer, which browsers and many profilers write.

    [{"ph": "B", "pid": 7, "tid": 7, "ts": 0, "name": "main"},
     {"ph": "X", "pid": 7, "tid": 7, "ts": 2.5, "dur": 4, "name": "parse", "cat": "io", "args": {}},
     {"ph": "E", "pid": 7, "tid": 7, "ts": 9},

Slices (X, or B and E) are nested by time on each thread, and a stack counts the ns in which it was the innermost one.
Where stacks were sampled (DevTools' CPU profiles, or "stackFrames"), these are shown: a sample lasts until the next
one of its thread. `show` chooses, and can show asynchronous operations (b and e) as well, whose times may add up to
more than the wall time.

There are frames for processes and threads where the trace names them and has several.

Deliberately so, and not as in speedscope:
- arguments are no part of a name. py-spy's file and line are, as in everything else that py-spy writes;
- a slice that crosses another is cut where that one ends, so that each keeps its own time; speedscope makes the outer
  one longer. Either way a thread takes no longer than the wall time;
- an end ends the last begin of its name, even where others began since. What never ends, ends with what is around it;
- in CPU profiles "(program)", which is Chrome's own code, stands by itself, not on what JavaScript ran before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...options import option
from ...profile import Profile
from ...source import Source
from ...trace_events import is_kineto, is_trace
from ...trace_owners import ShownOwners
from .. import Format, Match

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options(ShownOwners):
    """What `chrome_trace` may be asked."""

    show: str | None = option(
        None,
        "what of the trace (default: the first of these that it holds)",
        choices=("samples", "slices", "async"),
    )
    timeline: bool = option(False, "keep moments one by one in time order")


FORMAT = Format(
    title="trace events",
    made_by="viztracer, py-spy record -f chrometrace, rocprof --hip-trace, Chrome's DevTools and chrome://tracing",
    options=Options,
    files=("*.trace.json", "*trace*.json"),
)


def sniff(source: Source) -> Match:
    """A list of trace events, that PyTorch did not write."""
    return Match.SIGNATURE if is_trace(source.head) and not is_kineto(source.head) else Match.NO


def parse(source: Source, options: Options) -> Profile:
    from .views import read_views  # which takes longer to load than all that is here

    return read_views(source, options)
