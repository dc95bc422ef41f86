"""Numbers for people: 12,345 · 1.2 ms · 3.4 MiB · 12.3%.

A number is rounded once, and the unit is chosen by what is then shown: 999,940 ns is "999.9 µs", 999,950 ns "1.0 ms".
"""

from __future__ import annotations

import math
from itertools import pairwise

__all__ = ["count", "duration_ns", "percent", "quantity", "size_bytes"]

#: Units from small to large with their size in the first one; the last closes the list and is never shown.
_TIME = (
    ("ns", 1),
    ("µs", 10**3),
    ("ms", 10**6),
    ("s", 10**9),
    ("min", 60 * 10**9),
    ("h", 3600 * 10**9),
    ("", math.inf),
)
_SIZE = (("B", 1), ("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30), ("TiB", 2**40), ("PiB", 2**50), ("", math.inf))

#: The spellings of metric units that can be scaled, each with its size in the smallest unit.
_TIME_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9}
_SIZE_UNITS = ("bytes", "byte", "B")


def count(n: int | float) -> str:
    """A number with its thousands set apart: "12,345". Fractions keep two places, or three digits below 1: "0.0512"."""
    if isinstance(n, int) or float(n).is_integer():
        return f"{int(n):,}"
    if not abs(n) >= 1 or not math.isfinite(n):
        return f"{n:.3g}"
    return f"{n:,.2f}".rstrip("0").rstrip(".")


def duration_ns(n: int | float) -> str:
    """A time in nanoseconds, shown in the unit that suits it: "250 ns", "1.2 ms", "3.0 min"."""
    return _scaled(n, _TIME)


def size_bytes(n: int | float) -> str:
    """An amount of memory in bytes, shown in the unit that suits it: "512 B", "3.4 MiB"."""
    return _scaled(n, _SIZE)


def percent(part: int | float, whole: int | float, places: int = 1) -> str:
    """`part` of `whole`: "12.3%"; "<0.1%" where there is some, but too little to show; "n/a" where whole is 0."""
    if not whole:
        return "n/a"
    share = 100 * part / whole
    text = f"{share:.{places}f}"
    if float(text):
        return text + "%"
    least = f"{10.0**-places:.{places}f}%"
    return "<" + least if share > 0 else ">-" + least if share < 0 else text + "%"


def quantity(value: int | float, unit: str) -> str:
    """A value of a metric with its unit: times and sizes are scaled ("1.2 ms"), the rest is counted ("12 samples")."""
    if unit in _TIME_UNITS:
        return duration_ns(value * _TIME_UNITS[unit])
    if unit in _SIZE_UNITS:
        return size_bytes(value)
    return f"{count(value)} {unit}".rstrip()


def _scaled(n: int | float, units: tuple[tuple[str, float], ...]) -> str:
    for (name, size), (_, larger) in pairwise(units):
        amount = round(n / size, 1)
        if abs(amount) * size < larger:
            return f"{count(n) if size == 1 else f'{amount:,.1f}'} {name}"
    return f"{n} {units[0][0]}"  # infinite, or no number
