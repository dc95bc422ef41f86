"""What a profile counts: the unit of its weights and times, and numbers in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...sums import LARGEST

__all__ = ["Unit", "unit_of"]


@dataclass(frozen=True)
class Unit:
    """A metric's name and unit, and how much one of the file's is in it."""

    name: str
    metric: str
    factor: int = 1

    @property
    def is_time(self) -> bool:
        return self.metric == "ns"

    def amount(self, value: Any) -> int | float | None:
        """A number of the file in this unit: whole, where the unit is a time; None where it is no number, or none
        that fits into 64 bits."""
        if type(value) is int:
            value *= self.factor
        elif type(value) is not float or not math.isfinite(value):
            return None
        elif self.is_time:
            value = round(value * self.factor) if abs(value) < LARGEST else LARGEST + 1
        elif value.is_integer():
            value = int(value)
        return value if -LARGEST <= value <= LARGEST else None


_UNITS = {
    "nanoseconds": Unit("time", "ns"),
    "microseconds": Unit("time", "ns", 10**3),
    "milliseconds": Unit("time", "ns", 10**6),
    "seconds": Unit("time", "ns", 10**9),
    "bytes": Unit("bytes", "bytes"),
    "none": Unit("samples", "samples"),
}


def unit_of(name: Any) -> Unit:
    """The unit that a profile names; what speedscope does not know counts as it is."""
    if not isinstance(name, str) or not name:
        return _UNITS["none"]
    return _UNITS.get(name) or Unit(name, name)
