"""What profiles of the pprof family say of their values ("cpu" in "milliseconds"), as metrics in ns and bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .profile import Metric
from .sums import LARGEST

__all__ = ["base_unit", "in_base_unit", "metric_names"]

_TIME = {
    "ns": 1,
    "nanosecond": 1,
    "us": 10**3,
    "µs": 10**3,  # the micro sign
    "μs": 10**3,  # the Greek letter
    "microsecond": 10**3,
    "ms": 10**6,
    "millisecond": 10**6,
    "s": 10**9,
    "sec": 10**9,
    "second": 10**9,
    "min": 60 * 10**9,
    "minute": 60 * 10**9,
    "hr": 3600 * 10**9,
    "hour": 3600 * 10**9,
}

#: As pprof has it, a kilobyte is 1024 bytes here.
_MEMORY = {"b": 1, "byte": 1} | {
    name: 1024**power
    for power, names in enumerate(
        ("kb kbyte kilobyte", "mb mbyte megabyte", "gb gbyte gigabyte", "tb tbyte terabyte"), 1
    )
    for name in (*names.split(), names[:1] + "ib")
}


def base_unit(unit: str) -> tuple[str, int]:
    """The unit that values in `unit` are kept in, and how many of it one is: ("ns", 1000) for "microseconds"."""
    name = unit.lower()
    name = name.removesuffix("s") if len(name) > 2 else name
    if name in _TIME:
        return "ns", _TIME[name]
    return ("bytes", _MEMORY[name]) if name in _MEMORY else (unit, 1)


def in_base_unit(values: np.ndarray, factor: int) -> np.ndarray | None:
    """int64 values times `factor`; None where that is too large for int64."""
    if factor == 1 or not len(values):
        return values
    limit = LARGEST // factor
    return values * factor if values.max() <= limit and values.min() >= -limit else None


def metric_names(types: Sequence[tuple[str, str]]) -> list[Metric]:
    """A metric for each (name, unit), in base units. No two have one name: a second one has its unit behind it."""
    found: dict[str, Metric] = {}
    for name, unit in types:
        chosen = name or unit or "value"
        if chosen in found:
            chosen = f"{chosen} ({unit})"
        number = 2
        while chosen in found:
            chosen, number = f"{name} ({number})", number + 1
        found[chosen] = Metric(chosen, base_unit(unit)[0])
    return list(found.values())
