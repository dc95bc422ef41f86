"""What all profiles of the older formats have in common, and how they become a profile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...builder import Builder
from ...errors import ParseError
from ...locations import is_kernel, nameless
from ...profile import Kind, Meta, Profile
from ...source import Source
from ...sums import LARGEST
from ...value_types import base_unit, metric_names
from .maps import Maps

__all__ = ["Legacy", "Place", "profile_of"]

#: A place in a program: an address, or where the profile names it (name, file, line).
Place = int | tuple[str, str, int]


@dataclass
class Legacy:
    """A profile as it was written. Stacks are leaf first; each has a value of each type."""

    types: tuple[tuple[str, str], ...]
    period_type: tuple[str, str] = ("", "")
    period: int = 0
    duration: int = 0
    samples: list[tuple[list[Place], tuple[int, ...]]] = field(default_factory=list)
    maps: Maps = field(default_factory=Maps)
    skipped: Counter[str] = field(default_factory=Counter)


def profile_of(source: Source, legacy: Legacy) -> Profile:
    """The profile. The last type is the first metric, as in pprof. ParseError where values are too large."""
    build = Builder()
    units = [base_unit(unit) for _, unit in legacy.types]
    metrics = metric_names(legacy.types)
    columns = [build.metric(metric.name, metric.unit) for metric in (metrics[-1], *metrics[:-1])]
    columns = [*columns[1:], columns[0]]
    frames: dict[Place, int] = {}
    for stack, values in legacy.samples:
        node = 0
        for place in reversed(stack):
            if place not in frames:
                frames[place] = _frame(build, place, legacy.maps)
            node = build.push(node, frames[place])
        for column, value, (_, factor) in zip(columns, values, units, strict=True):
            if not -LARGEST <= value * factor <= LARGEST:
                raise ParseError(source.name, "values that add up to less than 2^63", f"{value:,}")
            build.sample(node, value * factor, column)
    for reason, count in legacy.skipped.items():
        build.skip(reason, count)
    unit, factor = base_unit(legacy.period_type[1])
    period = legacy.period * factor if unit == metrics[-1].unit else 0
    return build.finish(Meta(duration=legacy.duration, period=period))


def _frame(build: Builder, place: Place, maps: Maps) -> int:
    if isinstance(place, tuple):
        name, file, line = place
        return build.frame(name, file=file, line=line)
    module = maps.module(place)
    return build.frame(nameless(place, module), Kind.KERNEL if is_kernel(module) else Kind.USER, module)
