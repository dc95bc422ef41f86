"""What two sides do not have in common, and whether numbers that are compared all the same would mean anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import EmptyProfile, UsageError
from ..profile import Kind, Metric, Profile
from ..units import duration_ns
from .model import Difference

__all__ = ["compare_sides"]

#: Runs that were recorded for about the same time are no different.
_SAME_TIME = 0.05


def compare_sides(
    before: Sequence[Profile], after: Sequence[Profile], metric: str | None
) -> tuple[list[int], Metric, tuple[Difference, ...]]:
    """(the column to take of each run, those before first; what it is; differences). UsageError for an unknown metric.

    Without a name, the first metric of the first run after that all runs have.
    """
    profiles = [*before, *after]
    name = metric if metric is not None else _common(profiles, after[0])
    columns = [_column(profile, name, asked=metric is not None) for profile in profiles]
    measured = [profile.metrics[column] for profile, column in zip(profiles, columns, strict=True)]
    cut = len(before)
    found = [
        _difference("metric", [m.name for m in measured], cut, fatal=True),
        _difference("unit", [m.unit for m in measured], cut, fatal=True),
        _difference("format", [p.meta.format for p in profiles], cut),
        _difference("host", [p.meta.host for p in profiles], cut),
        _difference("kernel frames", [_kernel(p) for p in profiles], cut),
        _difference("command", [p.meta.command for p in profiles], cut),
        _difference("sampling period", [f"{p.meta.period:,}" if p.meta.period else "" for p in profiles], cut),
        _durations(before, after),
        _difference("threads", [_threads(p) for p in profiles], cut),
    ]
    return columns, measured[cut], tuple(filter(None, found))


def _common(profiles: Sequence[Profile], first: Profile) -> str | None:
    """The name of the first metric, in the order of `first`, that counts something in every profile; else None."""
    for metric in (first.metrics[first.column()], *first.metrics):
        if all(metric in profile.metrics and profile.total(profile.metrics.index(metric)) for profile in profiles):
            return metric.name
    return None


def _column(profile: Profile, name: str | None, asked: bool) -> int:
    try:
        return profile.column(name)
    except EmptyProfile:
        # A side that counts nothing can be compared: everything is new, or gone.
        names = [metric.name for metric in profile.metrics]
        return names.index(name) if name in names else 0
    except UsageError:
        if asked:
            raise
        return profile.column()


def _difference(what: str, values: Sequence[str], cut: int, fatal: bool = False) -> Difference | None:
    """None where both sides say the same, or one says nothing."""
    sides = [_listed(values[:cut]), _listed(values[cut:])]
    if sides[0] == sides[1] or not all(sides):
        return None
    return Difference(what, *sides, fatal)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(sorted({value for value in values if value}))


def _durations(before: Sequence[Profile], after: Sequence[Profile]) -> Difference | None:
    mean: Callable[[Sequence[Profile]], float] = lambda side: sum(p.meta.duration for p in side) / len(side)  # noqa: E731
    if not all(profile.meta.duration for profile in (*before, *after)):
        return None
    one, other = mean(before), mean(after)
    if abs(one - other) <= _SAME_TIME * max(one, other):
        return None
    return Difference("duration", duration_ns(one), duration_ns(other))


def _kernel(profile: Profile) -> str:
    """Whether there are frames of the kernel: user code alone may have been recorded. "" where nothing was counted."""
    if not len(profile.samples):
        return ""
    return "some" if (profile.frames.kind == Kind.KERNEL).any() else "none"


def _threads(profile: Profile) -> str:
    return ", ".join(sorted({thread.name for thread in profile.threads if thread.name}))
