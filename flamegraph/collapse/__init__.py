"""Readers: one module is one format, found by its content.

A format is a module in this package with

    FORMAT = Format(title=…, made_by="the command that writes it", options=Options, files=("*.ext",))
    def sniff(source) -> Match
    def parse(source, options) -> Profile
    def describe(source) -> Description        # where it can be had without naming functions

The module's name is the format's name. Adding one edits nothing else: it is found here by listing the package.
`sniff` only looks (at `source.head`, or `source.json()` where the head says JSON); once `parse` is called the format
owns the input, and whatever is broken in it is a ParseError or is counted in `Profile.skipped`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from fnmatch import fnmatch
from functools import cache
from typing import Any

from ..description import Description
from ..discovery import members
from ..errors import AmbiguousFormat, EmptyProfile, UnknownFormat, UsageError
from ..options import NoOptions, fill
from ..profile import Profile
from ..source import Source

__all__ = ["Format", "Match", "detect", "formats", "read"]


class Match(IntEnum):
    """How sure a format is that an input is its own."""

    NO = 0
    SHAPE = 1  # it looks like it, as far as one can tell
    SIGNATURE = 2  # nothing else looks like this


@dataclass(frozen=True)
class Format:
    """What is said about a format where it is offered. The fields from `name` on are filled in from its module."""

    title: str
    made_by: str
    options: type = NoOptions
    files: tuple[str, ...] = ()
    name: str = ""
    sniff: Callable[[Source], Match] | None = None
    parse: Callable[[Source, Any], Profile] | None = None
    describe: Callable[[Source], Description] | None = None


@cache
def formats() -> dict[str, Format]:
    """All formats by name, in alphabetical order."""
    return {
        name: replace(
            module.FORMAT,
            name=name,
            sniff=module.sniff,
            parse=module.parse,
            describe=getattr(module, "describe", None),
        )
        for name, module in members(sys.modules[__name__], "FORMAT").items()
    }


def detect(source: Source) -> Format:
    """The one format that claims the input most strongly. UnknownFormat or AmbiguousFormat where there is none."""
    grades = {format: format.sniff(source) for format in formats().values()}
    best = max(grades.values())
    claimants = [format for format, grade in grades.items() if grade == best and grade]
    if len(claimants) > 1 and source.path is not None:
        name = source.path.name.removesuffix(".gz").removesuffix(".zst")
        named = [format for format in claimants if any(fnmatch(name, pattern) for pattern in format.files)]
        claimants = named or claimants
    if len(claimants) > 1:
        names = " or ".join(format.name for format in claimants)
        raise AmbiguousFormat(f"{source.name}: looks like {names}; say which with --from")
    if not claimants:
        if not source.head.strip():
            raise EmptyProfile(f"{source.name}: expected a profile, found an empty file")
        raise UnknownFormat(
            f"{source.name}: expected one of {', '.join(formats())}, found {_describe(source.head)}"
            f"{f' in {source.damage}' if source.damage else ''}; `flamegraph formats` tells how each is made, "
            "or say which with --from"
        )
    return claimants[0]


def read(origin: Any, *, format: str | None = None, **options: Any) -> Profile:
    """Read a profile from a path, "-" (standard input), bytes or an open binary file.

    The format is detected from the content unless named. `options` are those of the format (`flamegraph formats`
    lists them); one that it cannot honour is a UsageError. Raises an InputError where there is nothing to read, and
    EmptyProfile where there are no samples: what comes back always holds something.
    """
    source = origin if isinstance(origin, Source) else Source(origin)
    if format is None:
        chosen = detect(source)
    elif format in formats():
        chosen = formats()[format]
    else:
        raise UsageError(f"no format is called {format!r}; expected one of {', '.join(formats())}")
    profile = chosen.parse(source, fill(chosen.options, options, chosen.name))
    skipped = dict(profile.skipped)
    if source.damage:
        skipped[source.damage] = skipped.get(source.damage, 0) + 1
    if not len(profile.samples):
        why = "; ".join(f"{reason} ({count:,})" for reason, count in skipped.items())
        raise EmptyProfile(f"{source.name}: expected samples, found none{': ' + why if why else ''}")
    if not profile.samples.values.any():
        raise EmptyProfile(f"{source.name}: expected samples that count something, found only zeros")
    return replace(profile, meta=replace(profile.meta, format=chosen.name), skipped=skipped).check()


def _describe(head: bytes) -> str:
    """A few words on an unknown input, for a message."""
    if b"\0" in head[:4096]:
        return f"binary data that begins with {head[:8].hex(' ')}"
    line = head.lstrip().split(b"\n", 1)[0].rstrip()[:60].decode("utf-8", "replace")
    return f"text that begins with {line!r}"
