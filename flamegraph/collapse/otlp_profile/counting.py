"""What samples count: values, or how often they were seen; times.

A profile measures one thing, such as samples. Where it tells what one sample stands for, say 50 ms of cpu, that is
measured as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ...chains import ranges
from ...errors import ParseError
from ...profile import Metric
from ...sums import LARGEST, too_large
from ...trie import scatter_sum
from ...value_types import base_unit, metric_names
from .model import Group, Message

__all__ = ["Counted", "Scales", "count"]


class Counted(NamedTuple):
    """Samples that count something, and of a timeline a row for each time they were seen at.

    sample  int64[k] which sample
    amount  int64[k] what it counts, in the unit that its profile says
    time    int64[k] ns
    """

    sample: np.ndarray
    amount: np.ndarray
    time: np.ndarray


class _Scale(NamedTuple):
    """How amounts of one profile count: for `metric` times `factor`, and for `other` (-1: none) times `period`."""

    metric: int
    factor: int
    other: int
    period: int


class Scales:
    """The metrics of all profiles, by their names and units in order of appearance, and how each counts for them."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self._types: dict[tuple[str, str], int] = {}
        self._scales = [self._scale(group) for group in groups]

    def metrics(self) -> tuple[Metric, ...]:
        """All metrics."""
        return tuple(metric_names(list(self._types)))

    def values(self, group: np.ndarray, amount: np.ndarray, name: str) -> np.ndarray:
        """The values of rows: int64[k, metrics]. ParseError, at `name`, where they are too large."""
        out = np.zeros((len(group), len(self._types)), np.int64)
        metric, factor, other, period = np.array(self._scales, np.int64).reshape(-1, 4).T
        rows = np.arange(len(group))
        for column, scale in ((metric, factor), (other, period)):
            limit = LARGEST // scale[group]
            if ((amount > limit) | (amount < -limit)).any():
                raise ParseError(name, "values that add up to less than 2^63", "larger ones")
            counts = column[group] >= 0
            out[rows[counts], column[group][counts]] += (amount * scale[group])[counts]
        if over := too_large(out):
            raise ParseError(name, "values that add up to less than 2^63", str(over[1]))
        return out

    def _scale(self, group: Group) -> _Scale:
        unit, factor = base_unit(group.type[1])
        of_period, each = base_unit(group.period_type[1])
        metric, other, period = self._column(group.type), -1, 1
        if unit not in ("ns", "bytes") and of_period == "ns" and 0 < group.period <= LARGEST // each:
            other, period = self._column(group.period_type), group.period * each
        return _Scale(metric, factor, other, period)

    def _column(self, type: tuple[str, str]) -> int:
        return self._types.setdefault((type[0], base_unit(type[1])[0]), len(self._types))


def count(message: Message, timeline: bool, name: str) -> Counted:
    """What the samples of a message count. ParseError, at `name`, where that is too large."""
    values, times = message.values, message.times
    if over := too_large(values.values[:, None]):
        raise ParseError(name, "values that add up to less than 2^63", str(over[1]))
    samples = len(message.stack)
    amount = scatter_sum(np.repeat(np.arange(samples), values.lengths), values.values, samples)
    bare = values.lengths == 0
    each = np.array([_stands_for(group) for group in message.groups] or [0], np.int64)
    one = each[message.group] if samples else each[:0]
    if (times.lengths > LARGEST // np.maximum(one, 1)).any():
        raise ParseError(name, "a period that adds up to less than 2^63", str(one.max()))
    amount = np.where(bare, times.lengths * one, amount)
    start = np.cumsum(times.lengths) - times.lengths
    fallback = np.array([group.time for group in message.groups] or [0], np.int64)
    time = fallback[message.group] if samples else each[:0]
    seen = times.lengths > 0
    time[seen] = times.values[start[seen]]
    sample = np.flatnonzero((times.lengths * one > 0) | ~bare)
    if not timeline:
        return Counted(sample, amount[sample], time[sample])
    # Of a sample that was seen several times, with a value each or none, each is a row.
    many = sample[(times.lengths[sample] > 1) & (bare[sample] | (values.lengths[sample] == times.lengths[sample]))]
    single = np.setdiff1d(sample, many)
    at = ranges(start[many], times.lengths[many])
    own = np.cumsum(values.lengths) - values.lengths
    of_many = np.repeat(many, times.lengths[many])
    worth = one[of_many]
    valued = ~bare[of_many]
    worth[valued] = values.values[own[of_many[valued]] + (at - start[of_many])[valued]]
    return Counted(
        np.concatenate((single, of_many)),
        np.concatenate((amount[single], worth)),
        np.concatenate((time[single], times.values[at])),
    )


def _stands_for(group: Group) -> int:
    """What a sample without a value counts, in the unit of the profile's values: one, or one period."""
    if base_unit(group.type[1])[0] not in ("ns", "bytes"):
        return 1
    return group.period if group.period_type[1] == group.type[1] and group.period > 0 else 0
