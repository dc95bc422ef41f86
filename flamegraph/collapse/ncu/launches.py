"""Launches of kernels with what was measured of each, from any page or report, and the profile of them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from ...builder import Builder
from ...errors import ParseError, UsageError
from ...gpu import BOUNDARY
from ...profile import Kind, Meta, Profile
from ...source import Source
from ...tables import decimal_mark, nanoseconds, number
from .options import Options

__all__ = ["Caller", "Launch", "Launches", "function", "range_of", "ranges_of"]

#: How long a kernel ran, by the name that ncu prints: the first of these that a launch has.
DURATIONS = ("gpu__time_duration.sum", "Duration", "gpu__time_duration.avg", "gpu__time_duration.max")

#: Sizes are scaled by thousands.
_BYTES = {"byte": 1, "Kbyte": 10**3, "Mbyte": 10**6, "Gbyte": 10**9, "Tbyte": 10**12}

#: "Duration (gpu__time_duration.sum)": what --print-metric-name label-name shows.
_BOTH_NAMES = re.compile(r"(.*) \((\w+__[\w.]+)\)")

_FOLDERS = re.compile(r"[/\\]")

#: So many numbers tell whether their fractions stand behind a comma.
_NUMBERS_TO_TELL = 2000

#: So many metrics are named in a message.
_NAMED = 12


@dataclass(frozen=True)
class Caller:
    """What stands above a kernel: a range, or a function of the CPU."""

    name: str
    module: str = ""
    file: str = ""
    line: int = 0


@dataclass
class Launch:
    """A kernel that ran, or `times` launches of it together. `values` has the texts and units of the wanted metrics."""

    kernel: str
    callers: tuple[Caller, ...]
    times: int = 1
    values: dict[str, tuple[str, str]] = field(default_factory=dict)


class Launches:
    """All launches of an input, in their order."""

    def __init__(self, options: Options):
        self._counter, self._callers = options.counter, options.callers
        counter = options.counter
        self._wanted = frozenset(DURATIONS if counter is None else (counter,))
        self._launches: dict[Hashable, Launch] = {}
        self._units: dict[str, str] = {}
        self._numbers: list[str] = []
        self.skipped: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._launches)

    def wants(self, name: str) -> bool:
        """Whether a metric counts. All others are only asked for their names."""
        return name in self._wanted

    def launch(self, key: Hashable, kernel: str, callers: tuple[Caller, ...] = (), times: int = 1) -> Launch:
        """The launch that has this key: the first call makes it."""
        found = self._launches.get(key)
        if found is None:
            found = self._launches[key] = Launch(kernel, callers, times)
        return found

    def measured(self, launch: Launch, name: str, unit: str, text: str) -> None:
        """A metric of a launch, by one of its names or both. Where several sections have it, the first counts."""
        both = _BOTH_NAMES.fullmatch(name)
        for one in both.groups() if both else (name,):
            self.known(one, unit)
            if one in self._wanted:
                launch.values.setdefault(one, (text, unit))
        if len(self._numbers) < _NUMBERS_TO_TELL:
            self._numbers.append(text.partition(" (")[0])

    def known(self, name: str, unit: str) -> None:
        """A metric that there is, though it may not count."""
        self._units.setdefault(name, unit)

    def callers(self, ranges: Sequence[Caller], functions: Sequence[Caller]) -> tuple[Caller, ...]:
        """What stands above a kernel: the functions that launched it, innermost first, or the ranges around it."""
        chain = tuple(reversed(functions)) if self._callers in ("auto", "chain") else ()
        return chain or (tuple(ranges) if self._callers in ("auto", "nvtx") else ())

    def skip(self, reason: str) -> None:
        """Note that something was dropped, and why."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def profile(self, source: Source) -> Profile:
        """Each kernel below its callers, by time or counter, and how often it was launched."""
        if not self._launches:
            raise ParseError(f"{source.name}:1", "kernels that Nsight Compute measured", "none")
        if self._counter is not None:
            self._check(source)
        build, decimal = Builder(), decimal_mark(self._numbers)
        amounts = [self._amount(launch, decimal) for launch in self._launches.values()]
        unit = next((unit for amount in amounts if amount for unit in [amount[1]]), None)
        column = build.metric(self._counter or "gpu time", unit) if unit is not None else -1
        launches = build.metric("launches", "launches")
        for launch, amount in zip(self._launches.values(), amounts, strict=True):
            node = _stack(build, launch)
            build.sample(node, launch.times, launches)
            if amount is None:
                build.skip(f"launch without {'a duration, see --counter' if self._counter is None else self._counter}")
            elif amount[1] != unit:
                build.skip(f"launch that is measured in {amount[1]}, not in {unit}")
            else:
                build.sample(node, amount[0], column)
        for reason, times in self.skipped.items():
            build.skip(reason, times)
        return build.finish(Meta(annotated=frozenset({Kind.GPU})))

    def _amount(self, launch: Launch, decimal: str) -> tuple[int | float, str] | None:
        """How much a launch counts, and in which unit; None where it was not measured."""
        for name in (self._counter,) if self._counter is not None else DURATIONS:
            text, unit = launch.values.get(name, ("", ""))
            value = number(text.partition(" (")[0], decimal)  # instances of a metric stand in brackets
            if value is None or value < 0:
                continue
            value *= launch.times
            time = nanoseconds(value, unit or "ns") if self._counter is None or unit else None
            if time is not None:
                return time, "ns"
            if self._counter is not None:
                return (round(value * _BYTES[unit]), "bytes") if unit in _BYTES else (value, _plural(unit))
        return None

    def _check(self, source: Source) -> None:
        """UsageError where there is no such metric, or where it does not add up over launches."""
        unit = self._units.get(self._counter)
        if unit is None:
            able = sorted(name for name, unit in self._units.items() if name and not _is_ratio(name, unit))
            more = f" and {len(able) - _NAMED} others" if len(able) > _NAMED else ""
            raise UsageError(
                f"--counter {self._counter}: not in {source.name}; expected one of {', '.join(able[:_NAMED])}{more}"
            )
        if _is_ratio(self._counter, unit):
            raise UsageError(f"--counter {self._counter}: is a ratio, which does not add up over launches")


def _plural(unit: str) -> str:
    return "instructions" if unit == "inst" else f"{unit}s" if unit.isalpha() and unit.islower() else unit or "count"


def _is_ratio(name: str, unit: str) -> bool:
    return "%" in unit or "/" in unit or bool(re.search(r"\.(pct|ratio|per_\w+|max_rate|peak_sustained\w*)\b", name))


def _stack(build: Builder, launch: Launch) -> int:
    frames = [build.frame(one.name, module=one.module, file=one.file, line=one.line) for one in launch.callers]
    if frames:
        frames.append(build.frame(BOUNDARY, Kind.GAP))
    return build.stack([*frames, build.frame(launch.kernel or "[unknown kernel]", Kind.GPU)])


#: `700  "<default domain>:round:none:none:none:none:none:none"  "mill:grind:none:none:none:none:none:none" `
_RANGE = re.compile(r'"([^":]*):([^"]*?)(?::[^":]*){0,6}"')


def ranges_of(cell: str) -> tuple[Caller, ...]:
    """The NVTX ranges around a launch, outermost first, from the cell that tells them with all their attributes."""
    return tuple(range_of(domain, name) for domain, name in _RANGE.findall(cell))


def function(name: str, module: str, file: str = "", line: int = 0) -> Caller:
    """A function of the CPU; one without a name is called by its module."""
    return Caller(name or f"[{_FOLDERS.split(module)[-1] or 'unknown'}]", module, file, line)


def range_of(domain: str, name: str) -> Caller:
    """A range as Nsight Systems shows it: "domain:name", the name alone in the default domain."""
    return Caller(f"{domain}:{name}" if domain and domain != "<default domain>" else name)
