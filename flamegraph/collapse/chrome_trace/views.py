"""What a trace can show: sampled stacks, slices of threads, or asynchronous operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...forest import Forest
from ...garbage import uncollected
from ...nesting import own_moments, untangle
from ...profile import Meta, Metric, Profile
from ...source import Source
from ...trace_events import Trace, load
from ...trace_owners import Names
from .names import speller
from .samples import cpu_profiles, numbered_stacks
from .slices import Slices, asynchronous, synchronous

if TYPE_CHECKING:
    from . import Options

__all__ = ["read_views"]

_TIME, _SAMPLES = Metric("time", "ns"), Metric("samples", "samples")


@uncollected()
def read_views(source: Source, options: Options) -> Profile:
    """The view that `options.show` names, or the first that holds anything."""
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
