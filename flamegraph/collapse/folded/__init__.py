"""Folded stacks, one per line: what the stackcollapse scripts write, and most profilers can.

    main;parse;read_token 12
    main;eval 30

Frames stand outermost first, divided by ";"; the number behind the last blank counts the stack. Two numbers make the
two sides of a comparison, as difffolded.pl writes it. Lines that begin with "# " are comments.

Is `main;step 2 5` a stack counted 2 before and 5 after, or a frame "step 2" counted 5? A line can't tell. Here the
whole input decides: it has two columns where every counted line ends in two numbers, else one. `columns` overrules.

A frame may be empty, the last one too. But where each stack ends in "_[g];" this divides the last frame from the count,
as iaprof 0.5 writes it.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass

import numpy as np

from ...builder import add_up
from ...errors import ParseError
from ...options import option
from ...profile import SUFFIX, Frames, Kind, Meta, Metric, Profile, Samples, Stacks
from ...source import Source
from ...sums import too_large
from ...text import decode
from .. import Format, Match
from .lines import NO_COUNT, Lines, count_of, is_comment, read_lines
from .stacks import stacks_of

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options:
    """How folded text is read."""

    timeline: bool = option(False, "keep the lines one by one, in their order")
    columns: str | None = option(
        None, "numbers per line: 1, or 2 for before and after (default: as the input looks)", choices=("1", "2")
    )


FORMAT = Format(
    "folded stacks",
    made_by="stackcollapse-*.pl, inferno-collapse-*, asprof -o collapsed, profile-bpfcc -f",
    options=Options,
    files=("*.folded", "*.collapsed", "*.stacks"),
)

_KINDS = {suffix: kind for kind, suffix in SUFFIX.items()}

#: A line as nearly all are, and so found out in no time.
_USUAL = re.compile(rb"\n[^#;\n][^;\n]*;[^\n]* \d{1,18}(?=\r?\n)")

#: Of a text whose first line is longer than `Source.head`, so much is looked at: a stack of a million short names.
_LONGEST = 16 << 20


def sniff(source: Source) -> Match:
    """Lines that end in a count: half of them or more where frames are divided by ";", else nearly all of them."""
    if b"\0" in source.head:
        return Match.NO
    if len(_USUAL.findall(source.line_starts)) * 4 > source.line_starts.count(b"\n") * 3:
        return Match.SHAPE
    lines = [(line, *count_of(line)) for line in _first_lines(source) if line.strip()]
    lines = [(line[:at], reason) for line, at, _, reason in lines if not is_comment(line, reason)]
    # A count that is negative or too large is one as well: the reader says what is wrong with it.
    counted = [stack for stack, reason in lines if reason != NO_COUNT]
    if sum(b";" in stack for stack in counted) * 2 > len(counted):
        return Match.SHAPE if len(counted) * 2 >= len(lines) else Match.NO
    # A table has a head, settings have a mark between name and value, and in both most lines end in a number.
    likely = [reason != NO_COUNT and not stack.rstrip().endswith((b":", b"=", b",")) for stack, reason in lines]
    return Match.SHAPE if likely and likely[0] and sum(likely) * 4 >= len(likely) * 3 else Match.NO


def _first_lines(source: Source) -> list[bytes]:
    """The first lines, without one that is cut off, at the end of the input or of `Source.head`."""
    *lines, rest = source.head.split(b"\n")
    if len(source.head) == len(source.data) and count_of(rest)[2] != NO_COUNT:
        lines.append(rest)
    return lines or bytes(source.data[:_LONGEST]).split(b"\n", 1)[:1]


def parse(source: Source, options: Options) -> Profile:
    data = source.data
    lines = read_lines(data, options.columns)
    if over := too_large(lines.values):
        raise ParseError(source.name, "counts that add up to less than 2^63", f"{over[1]:,}")
    end = lines.end - len(b";") if _ends_in(data, lines, b"_[g];") else lines.end
    text, stacks, node = stacks_of(data, lines.begin, end)
    names = decode(text).split("\n")[:-1]
    kind = np.array([_KINDS.get(name[-4:], 0) for name in names], np.uint8)
    annotated = frozenset(Kind(k) for k in np.flatnonzero(np.bincount(kind)).tolist() if k)
    for i in np.flatnonzero(kind).tolist():
        names[i] = names[i][:-4]
    kind[_delimiters(names, stacks, node)] = Kind.GAP
    samples = Samples(node, lines.values)
    if lines.values.shape[1] == 2:
        metrics = (Metric("before", "samples"), Metric("after", "samples"))
    else:
        metrics = (Metric("samples", "samples"),)
    return Profile(
        Frames.named(names, kind),
        stacks,
        samples if options.timeline else add_up(samples),
        metrics,
        meta=Meta(timeline=options.timeline, annotated=annotated),
        skipped=lines.skipped,
    )


def _ends_in(data: bytes | mmap.mmap, lines: Lines, mark: bytes) -> bool:
    """Whether all stacks end so; what nearly always says no is the first one."""
    at = lines.end - len(mark)
    if not len(at) or data[max(int(at[0]), 0) : int(lines.end[0])] != mark or (at < lines.begin).any():
        return False
    text = np.frombuffer(data, np.uint8)
    return all((text[at + i] == byte).all() for i, byte in enumerate(mark))


def _delimiters(names: list[str], stacks: Stacks, node: np.ndarray) -> list[int]:
    """The frames that are no code: what bcc's tools put between a program and the kernel, or a waker.

    They are called "-" and "--", and so are functions of Lisp. What was ever running, or outermost, is a function.
    """
    found = [names.index(name) for name in ("-", "--") if name in names]
    own = [np.flatnonzero(stacks.frame == frame) for frame in found]
    return [
        frame
        for frame, nodes in zip(found, own, strict=True)
        if stacks.parent[nodes].all() and not np.isin(node, nodes).any()
    ]
