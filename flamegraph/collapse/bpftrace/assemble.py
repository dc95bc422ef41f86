"""From the entries of maps to a profile."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...builder import Builder
from ...errors import UsageError
from ...kernel_names import likely_kernel
from ...profile import Kind, Meta, Profile
from .frames import Spelling, is_kernel, parse_frame
from .keys import Part, Shape, align, shape_of, split_key
from .output import NO_STACKS, Entry, Output
from .printed import printed_stacks
from .prints import results

if TYPE_CHECKING:
    from . import Options

__all__ = ["profile_of"]

#: What a number of a unit is: (unit of the metric, factor).
_UNITS = {"ns": ("ns", 1), "us": ("ns", 10**3), "ms": ("ns", 10**6), "s": ("ns", 10**9), "bytes": ("bytes", 1)}
#: Names of maps that tell a unit: @ns, @usecs, @read_bytes.
_TELLING = re.compile(r"(?:.*_)?(?:([num])s(?:ecs?)?|bytes?)")
#: So many functions tell whether they are the kernel's.
_ENOUGH = 1000
#: Functions that most programs have.
_USUAL = {"main", "_start", "__libc_start_main", "__libc_start_call_main", "start_thread", "clone", "__clone3"}


def profile_of(output: Output, options: Options, source: str) -> Profile:
    """The profile of an output. UsageError where there is no map of the name that is asked for."""
    return _Assembly(output, options).finish(source)


class _Assembly:
    def __init__(self, output: Output, options: Options):
        self.output, self.options = output, options
        self.build = Builder()
        self.lines: dict[str, int] = {}  # of stacks, numbered
        self.texts: list[str] = []
        self.spelling = Spelling(options.addrs, options.offsets)
        self.votes = _Votes()
        self.frames = [_FramesOf(self, kernel) for kernel in (False, True)]

    def finish(self, source: str) -> Profile:
        maps = self.stack_maps()
        wanted = self.options.map
        if wanted is not None:
            name = wanted.removeprefix("@")
            if name not in maps:
                there = ", ".join(f"@{name}" for name in maps) or "none"
                raise UsageError(f"{source}: no map of stacks is called @{name}; expected one of {there}")
            maps = {name: maps[name]}
        for name, (entries, keys) in maps.items():
            # A map without a name is called by what it counts, where no other map is called that.
            self.add_map(entries, keys, self.metrics(name, entries, "" if "samples" not in maps else "@"))
        printed = [line for line in self.output.printed if line.strip()]
        if maps:
            self.build.skip("line outside of a map", len(printed))
        else:
            self.add_printed()
        for reason, count in self.output.skipped.items():
            self.build.skip(reason, count)
        return self.build.finish(Meta(annotated=frozenset({Kind.KERNEL} if self.options.kernel else ())))

    def stack_maps(self) -> dict[str, tuple[list[Entry], list[list[Part]]]]:
        """The entries and keys of each map that has stacks; others are skipped."""
        by_name: dict[str, list[Entry]] = {}
        for entry in self.output.entries:
            by_name.setdefault(entry.map, []).append(entry)
        maps = {}
        for name, entries in by_name.items():
            keys = [split_key(entry.key, self.output.comma, self.lines) for entry in entries]
            if shape_of(keys).stacks:
                kept, left_out = results(entries, self.options.prints)
                self.build.skip("earlier print of a map", left_out)
                maps[name] = kept, keys[len(keys) - len(kept) :]
            else:
                self.build.skip(NO_STACKS, len(entries))
        self.texts = list(self.lines)
        return maps

    def metrics(self, map: str, entries: list[Entry], unnamed: str) -> list[tuple[str, int, int]]:
        """What is counted of a map: (field of `Value`, metric, factor) of each."""
        unit, factor = self.unit(map)
        if all(entry.value.amount is None for entry in entries):
            return [("count", self.build.metric(map or unnamed or "samples", "samples"), 1)]
        if all(entry.value.count is None for entry in entries):
            # What says nothing else is a count.
            label = map or unnamed or {"ns": "time", "": "samples"}.get(unit, unit)
            return [("amount", self.build.metric(label, unit or "samples"), factor)]
        return [
            ("count", self.build.metric(f"{map} count".strip(), "samples"), 1),
            ("amount", self.build.metric(f"{map} total".strip(), unit), factor),
        ]

    def add_map(self, entries: list[Entry], keys: list[list[Part]], metrics: list[tuple[str, int, int]]) -> None:
        """Count the entries of a map."""
        shape = shape_of(keys)
        kernel = self.kernel_columns(keys, shape)
        for entry, key in zip(entries, keys, strict=True):
            node = self.node(align(key, shape, self.output.comma), shape, kernel)
            for field, metric, factor in metrics:
                value = getattr(entry.value, field)
                if value is not None:
                    self.build.sample(node, value * factor, metric)

    def unit(self, map: str) -> tuple[str, int]:
        """The unit of what a map adds up, "" where nothing tells, and its factor."""
        found = _TELLING.fullmatch(map)
        told = (f"{found[1]}s" if found[1] else "bytes") if found else None
        if self.options.unit and (told is None or self.options.map is not None):
            told = self.options.unit
        return _UNITS[told] if told else ("", 1)

    def node(self, key: list[Part], shape: Shape, kernel: frozenset[int]) -> int:
        """The stack that a key stands for: names at the root, then stacks, the first one on top."""
        if self.options.keys == "none":
            shown: Sequence[int] = ()
        elif len(key) == shape.parts:
            shown = shape.names if self.options.keys == "names" else sorted(shape.names + shape.numbers)
        else:
            shown = range(len(key))
        push, node = self.build.push, 0
        for i in shown:
            if key[i] and isinstance(key[i], str):
                node = push(node, self.build.frame(str(key[i]), Kind.PROCESS))
        stacks = [i for i in range(len(key) - 1, -1, -1) if isinstance(key[i], tuple)]
        if len(stacks) == 2 and stacks[0] in kernel and stacks[1] not in kernel:
            stacks.reverse()  # the kernel's stands on the program's, also where the key has it behind
        for i in stacks:
            frames = self.frames[i in kernel]
            for line in reversed(key[i]):  # type: ignore[arg-type]
                node = push(node, frames[line])  # type: ignore[index]
        return node

    def kernel_columns(self, keys: list[list[Part]], shape: Shape) -> frozenset[int]:
        """The positions of stacks that are the kernel's. Nothing says so, but functions have telling names."""
        votes = {}
        for i in shape.stacks:
            lines = {line for key in keys if len(key) == shape.parts and isinstance(key[i], tuple) for line in key[i]}
            votes[i] = sum(self.votes[self.texts[line]] for line in sorted(lines)[:_ENOUGH])
        kernel = {i for i, found in votes.items() if found > 0}
        if len(votes) == 2 and not kernel and not votes[shape.stacks[0]]:
            kernel = {shape.stacks[0]}  # [kstack, ustack], the usual order
        return frozenset(kernel)

    def add_printed(self) -> None:
        """Take stacks that a program printed as samples."""
        metric = self.build.metric("samples", "samples")
        samples, other = printed_stacks(self.output.printed, self.options.keys)
        self.build.skip("line that is no map entry and no stack", other)
        numbered = [
            (name, [[self.lines.setdefault(line, len(self.lines)) for line in stack] for stack in stacks])
            for name, stacks in samples
        ]
        self.texts = list(self.lines)
        for name, stacks in numbered:
            node = self.build.push(0, self.build.frame(name, Kind.PROCESS)) if name else 0
            for stack in reversed(stacks):
                frames = self.frames[sum(self.votes[self.texts[line]] for line in stack) > 0]
                for line in reversed(stack):
                    node = self.build.push(node, frames[line])
            self.build.sample(node, 1, metric)


class _FramesOf(dict[int, int]):
    """Line of a stack → frame, each made when it is first asked for."""

    def __init__(self, assembly: _Assembly, kernel: bool):
        super().__init__()
        self._assembly, self._kernel = assembly, kernel

    def __missing__(self, line: int) -> int:
        here = self._assembly
        self[line] = number = here.build.frame(*parse_frame(here.texts[line], self._kernel, here.spelling))
        return number


class _Votes(dict[str, int]):
    """Whether a line of a stack looks like the kernel's (1) or a program's (-1); 0 where it can't be told."""

    def __missing__(self, text: str) -> int:
        by_address = is_kernel(text)
        name = parse_frame(text, False, Spelling()).name
        if by_address is not None:
            vote = 1 if by_address else -1
        elif likely_kernel(name):
            vote = 1
        else:
            vote = -1 if name in _USUAL or "(" in name or "::" in name else 0
        self[text] = vote
        return vote
