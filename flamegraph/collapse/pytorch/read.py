"""From a trace to its profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import EmptyProfile
from ...forest import Forest
from ...garbage import uncollected
from ...profile import Kind, Meta, Profile
from ...source import Source
from ...trace_events import load
from ...trace_owners import Names
from .counts import on_cpu, on_device
from .events import Device, Host, columns
from .host import stacks_of
from .launches import launches_of

if TYPE_CHECKING:
    from . import Options

__all__ = ["read_trace"]


@uncollected()
def read_trace(source: Source, options: Options) -> Profile:
    """What the device did, on the CPU's stacks, or what the CPU did; EmptyProfile where `gpu` finds no work."""
    trace = load(source)
    host, device, clock, skipped = columns(trace)
    what = options.gpu or ("time" if len(device.start) and not options.show else None)
    if what and not len(device.start):
        raise EmptyProfile(f"{source.name}: expected work on a GPU, found none")
    names, forest = Names(trace.events), Forest()
    launches = launches_of(host, device)
    working = np.unique(host.thread[launches.call[launches.call >= 0]] if what else host.thread)
    roots = np.zeros(len(host.owners), np.int64)
    roots[working] = names.roots(forest, [host.owners[i] for i in working.tolist()], options)
    flows = [event for event in trace.events if event.get("cat") == "fwdbwd"] if options.forward else []
    stacks = stacks_of(forest, host, roots, clock, None if options.show == "cpu" else options.show, flows)
    counted = on_device(forest, host, device, launches, stacks, what) if what else on_cpu(host, stacks)
    return forest.profile(
        counted.row,
        counted.value[:, None],
        (counted.metric,),
        timeline=options.timeline,
        time=counted.time + clock.base,
        thread=counted.thread,
        threads=[names.described(owner) for owner in (device.streams if what else host.owners)],
        meta=Meta(duration=_duration(host, device), annotated=frozenset({Kind.GPU} if what else ())),
        skipped=trace.skipped | skipped,
    )


def _duration(host: Host, device: Device) -> int:
    """From the first begin to the last end."""
    start, end = np.concatenate((host.start, device.start)), np.concatenate((host.end, device.end))
    return int(end.max() - start.min()) if len(start) else 0
