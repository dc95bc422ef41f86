"""Many profiles into one: the union of their tries, exact, the same in any order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .builder import add_up
from .errors import IncompatibleProfiles, UsageError
from .frame_table import FrameTable
from .profile import Meta, Profile, Samples, Thread
from .sums import too_large
from .trie import union

__all__ = ["merge"]


#: So many profiles are put together at once. Each round costs what the union holds by then, so few rounds are better,
#: and until a round is full its profiles wait in memory.
_TOGETHER = 8

#: What a recording says of itself that is kept where all say the same.
_SAID_BY_ALL = ("title", "command", "host", "period", "format")


def merge(profiles: Iterable[Profile]) -> Profile:
    """One profile that holds the samples of all. Stacks that are the same are one stack, metrics go by name and unit.

    A metric that some inputs lack counts nothing there. IncompatibleProfiles where a metric has two units or adds up
    to more than 64 bits hold, or where inputs in time order are mixed with inputs that are not. UsageError where there
    is no input. In a timeline, times and threads are kept where all inputs know them, processors where any does.

    Inputs are taken one by one: of any number of them, those in memory at once are a few times the union.
    """
    # Like counting: eight inputs make one of the next size up, eight of those one of the next. So each sample is
    # grafted as often as the number of inputs has digits, not as often as there are inputs.
    waiting: list[list[Profile]] = []
    for profile in profiles:
        size = 0
        while True:
            if size == len(waiting):
                waiting.append([])
            waiting[size].append(profile)
            if len(waiting[size]) < _TOGETHER:
                break
            profile = _union(waiting[size])
            waiting[size] = []
            size += 1
    # The largest came first.
    left = [profile for several in reversed(waiting) for profile in several]
    if not left:
        raise UsageError("expected at least one profile to merge")
    return _union(left)


def _union(profiles: list[Profile]) -> Profile:
    first, *rest = profiles
    if not rest:
        return first
    if len({profile.meta.timeline for profile in profiles}) > 1:
        raise IncompatibleProfiles("some inputs are in time order and others are not")
    # In the order that all have; where they differ, in one that does not depend on which came first.
    metrics = list(first.metrics)
    if any(profile.metrics != first.metrics for profile in rest):
        metrics = sorted({metric for profile in profiles for metric in profile.metrics}, key=lambda m: (m.name, m.unit))
    units: dict[str, str] = {}
    for metric in (metric for profile in profiles for metric in profile.metrics):
        if units.setdefault(metric.name, metric.unit) != metric.unit:
            raise IncompatibleProfiles(
                f"{metric.name} is in {units[metric.name]} in one input and in {metric.unit} in another"
            )
    frames = FrameTable()
    threads: dict[Thread, int] = {}
    numbers, values, times, who, cpus = [], [], [], [], []
    for profile in profiles:
        numbers.append(frames.take(profile.frames))
        wide = np.zeros((len(profile.samples), len(metrics)), profile.samples.values.dtype)
        wide[:, [metrics.index(metric) for metric in profile.metrics]] = profile.samples.values
        values.append(wide)
        times.append(profile.samples.time)
        known = np.array([threads.setdefault(thread, len(threads)) for thread in profile.threads], np.int32)
        who.append(None if profile.samples.thread is None else known[profile.samples.thread])
        unknown = profile.samples.cpu is None
        cpus.append(np.full(len(profile.samples), -1, np.int32) if unknown else profile.samples.cpu)
    stacks, went = union([profile.stacks for profile in profiles], numbers)
    cpu = np.concatenate(cpus)
    samples = Samples(
        np.concatenate([where[profile.samples.stack] for where, profile in zip(went, profiles, strict=True)]),
        np.concatenate(values),
        None if any(time is None for time in times) else np.concatenate(times),
        None if any(thread is None for thread in who) else np.concatenate(who),
        cpu if (cpu >= 0).any() else None,
    )
    if over := too_large(samples.values):
        k, total = over
        raise IncompatibleProfiles(
            f"{metrics[k].name}: expected inputs that add up to less than 2^63, found {total:,}; merge fewer of them"
        )
    samples = samples.in_time_order() if first.meta.timeline else add_up(samples)
    skipped: dict[str, int] = {}
    for profile in profiles:
        for reason, count in profile.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
    annotated = frozenset().union(*(profile.meta.annotated for profile in profiles))
    meta = Meta(
        **{what: _common([getattr(profile.meta, what) for profile in profiles]) for what in _SAID_BY_ALL},
        timeline=first.meta.timeline,
        annotated=annotated,
        duration=sum(profile.meta.duration for profile in profiles),
    )
    return Profile(frames.frames(), stacks, samples, tuple(metrics), tuple(threads), meta, skipped).check()


def _common(values: Sequence[Any]) -> Any:
    """The value if it is the same for all, else what stands for unknown: "" or 0."""
    return values[0] if all(value == values[0] for value in values) else type(values[0])()
