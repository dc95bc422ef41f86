"""Sampled profiles: stacks as lists of frames, outermost first, and a weight for each."""

from __future__ import annotations

from itertools import repeat
from typing import Any

from ...builder import Builder
from ...sums import LARGEST
from .units import Unit

__all__ = ["read_samples"]

NO_WEIGHT = "sample without a weight"
NO_SAMPLE = "weight without a sample"
NEGATIVE = "sample with a negative weight"
NO_STACK = "sample whose frames the file does not have"


def read_samples(
    profile: dict[str, Any], build: Builder, frames: list[int], root: int, column: int, thread: int, unit: Unit
) -> tuple[int, int]:
    """Add the samples of a profile to `build`: (start, end) in the metric's unit.

    Where there are no weights at all, each sample counts one. A sample that can't be read is left out whole.
    """
    samples, weights = profile.get("samples"), profile.get("weights")
    samples = samples if isinstance(samples, list) else []
    listed = weights if isinstance(weights, list) else []
    build.skip(NO_SAMPLE, max(0, len(listed) - len(samples)))
    build.skip(NO_WEIGHT, max(0, len(samples) - len(listed)) if listed else 0)

    start = at = unit.amount(profile.get("startValue")) or 0
    known: dict[tuple[Any, ...], int] = {}
    for sample, weight in zip(samples, listed or repeat(1), strict=False):
        value = unit.amount(weight)
        node = _node(sample, known, build, frames, root)
        time = min(max(at, 0), LARGEST) if unit.is_time else -1
        if value is None:
            build.skip(NO_WEIGHT)
        elif value < 0:
            build.skip(NEGATIVE)
        else:
            at += value
            if node is None:
                build.skip(NO_STACK)
            else:
                build.sample(node, value, column, time, thread)
    return start, max(at, unit.amount(profile.get("endValue")) or 0)


def _node(sample: Any, known: dict[tuple[Any, ...], int], build: Builder, frames: list[int], root: int) -> int | None:
    """The stack of a sample; None where it is no list of the file's frames."""
    try:
        key = tuple(sample)
        if key not in known:
            if any(type(index) is not int or not 0 <= index < len(frames) for index in key):
                return None
            known[key] = build.stack([frames[index] for index in key], root)
        return known[key]
    except TypeError:  # not a list, or lists within
        return None
