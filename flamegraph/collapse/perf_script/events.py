"""Event names as perf prints them, with their modifiers and terms, and how a user may call them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import UsageError

__all__ = ["choose", "unit"]

# "cycles:u", "cycles:Pu"; a tracepoint's name after its system is longer and is not made of these letters alone.
_MODIFIERS = re.compile(r"(.+):[ukhIGHpPSDWeb]+")
# "cpu-clock/freq=199/", "cpu_core/cycles/u", "cpu/mem-loads,ldlat=30/P"
_TERMS = re.compile(r"([^/]+)/([^/]*)/:?[ukhIGHpPSDWeb]*")


def base_name(event: str) -> str:
    """The event without modifiers, terms and the unit that counts it: "cycles" for "cpu_core/cycles,freq=99/u"."""
    modified = _MODIFIERS.fullmatch(event)
    if modified:
        event = modified[1]
    terms = _TERMS.fullmatch(event)
    if not terms:
        return event
    named = [term for term in terms[2].split(",") if term and "=" not in term]
    return named[0] if named else terms[1]


def choose(events: Sequence[str], wanted: str) -> int:
    """The event called `wanted`, or the only one called so without modifiers and terms. UsageError otherwise."""
    if wanted in events:
        return list(events).index(wanted)
    alike = [i for i, event in enumerate(events) if wanted == base_name(event)]
    if len(alike) == 1:
        return alike[0]
    found = ", ".join(events[i] for i in alike) if alike else ", ".join(events) or "none"
    raise UsageError(f"--event {wanted}: expected one of {found}")


def unit(event: str, period: bool) -> str:
    """What the values of an event are counted in; without periods they count samples."""
    if not period:
        return "samples"
    base = base_name(event)
    return "ns" if base in ("cpu-clock", "task-clock") else base or "samples"
