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

import numpy as np

from ...forest import Forest
from ...garbage import uncollected
from ...nesting import own_moments, untangle
from ...options import option
from ...profile import Meta, Metric, Profile
from ...source import Source
from ...trace_events import Trace, is_kineto, is_trace, load
from ...trace_owners import Names, ShownOwners
from .. import Format, Match
from .names import speller
from .samples import cpu_profiles, numbered_stacks
from .slices import Slices, asynchronous, synchronous

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

_TIME, _SAMPLES = Metric("time", "ns"), Metric("samples", "samples")


def sniff(source: Source) -> Match:
    """A list of trace events, that PyTorch did not write."""
    return Match.SIGNATURE if is_trace(source.head) and not is_kineto(source.head) else Match.NO


@uncollected()
def parse(source: Source, options: Options) -> Profile:
    trace = load(source)
    views = {"samples": _sampled, "slices": _synchronous, "async": _asynchronous}
    for view in (views[options.show],) if options.show else views.values():
        profile = view(trace, options)
        if len(profile.samples):
            break
    return profile


def _synchronous(trace: Trace, options: Options) -> Profile:
    return _nested(trace, synchronous(trace.events), options)


def _asynchronous(trace: Trace, options: Options) -> Profile:
    return _nested(trace, asynchronous(trace.events), options)


def _nested(trace: Trace, slices: Slices, options: Options) -> Profile:
    """Slices as stacks, each of which counts the time in which it was the innermost one."""
    forest, names = Forest(), Names(trace.events)
    pieces = untangle(slices.track, slices.start, slices.end, slices.clock.slack)
    roots = names.roots(forest, slices.owners, options)[slices.owner]
    spell = speller(forest)
    frame = np.array([spell(event) for event in slices.event], np.int64)
    rows = forest.add_nested(pieces.parent, roots[slices.track[pieces.slice]], frame[pieces.slice])
    piece, since, until = own_moments(pieces.parent, pieces.order, pieces.start, pieces.end)
    skipped = trace.skipped | slices.skipped
    if pieces.crossings:
        skipped["slice that outlasts the one it began in, cut in two"] = pieces.crossings
    return forest.profile(
        rows[piece],
        (until - since)[:, None],
        (_TIME,),
        timeline=options.timeline,
        time=since + slices.clock.base,
        thread=slices.owner[slices.track[pieces.slice[piece]]],
        threads=[names.described(owner) for owner in slices.owners],
        meta=Meta(duration=int(until.max() - since.min()) if len(since) else 0),
        skipped=skipped,
    )


def _sampled(trace: Trace, options: Options) -> Profile:
    """Samples of stacks: how long each lasted, and how many there were."""
    forest, names = Forest(), Names(trace.events)
    sampled = cpu_profiles(trace.events, forest, names, options)
    if not len(sampled.row):
        sampled = numbered_stacks(trace, forest, names, options)
    values, metrics = np.stack((sampled.duration, sampled.count), axis=1), (_TIME, _SAMPLES)
    if not sampled.duration.any():  # one sample alone, or all at one time
        values, metrics = values[:, 1:], metrics[1:]
    return forest.profile(
        sampled.row,
        values,
        metrics,
        timeline=options.timeline,
        time=sampled.time,
        thread=sampled.owner,
        threads=[names.described(owner) for owner in sampled.owners],
        meta=Meta(duration=int(np.ptp(sampled.time)) if len(sampled.time) else 0),
        skipped=trace.skipped | sampled.skipped,
    )
