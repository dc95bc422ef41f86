"""Folded stacks, one per line: what the stackcollapse scripts write, and most profilers can.

    main;parse;read_token 12
    main;eval 30

Frames stand outermost first, divided by ";"; the number behind the last blank counts the stack. Two numbers make the
two sides of a comparison, as difffolded.pl writes it. Lines that begin with "# " are comments.

Is `main;step 2 5` a stack counted 2 before and 5 after, or a frame "step 2" counted 5? A line can't tell. Here the
whole input decides: it has two columns where every counted line ends in two numbers, else one. `columns` overrules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...builder import add_up
from ...errors import ParseError
from ...options import option
from ...profile import SUFFIX, Frames, Kind, Meta, Metric, Profile, Samples
from ...source import Source
from ...text import decode
from .. import Format, Match
from .lines import count_of, is_comment, read_lines
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
    made_by="stackcollapse-*.pl, inferno-collapse-*, py-spy record -f raw, asprof -o collapsed, profile-bpfcc -f",
    options=Options,
    files=("*.folded", "*.collapsed", "*.stacks", "*.austin"),
)

_KINDS = {suffix: kind for kind, suffix in SUFFIX.items()}


def sniff(source: Source) -> Match:
    """Lines that end in a count: most of them where frames are divided by ";", all of them where they are not."""
    head = source.head
    if b"\0" in head:
        return Match.NO
    lines = head.split(b"\n")
    if len(head) < len(source.data) and len(lines) > 1:
        lines.pop()  # cut off
    counts = [(line, *count_of(line)) for line in lines if line.strip()]
    counts = [(line, at, reason) for line, at, _, reason in counts if not is_comment(line, reason)]
    good = [line[:at] for line, at, reason in counts if not reason]
    divided = sum(b";" in stack for stack in good)
    if divided * 2 > len(good) and len(good) * 2 > len(counts):
        return Match.SHAPE
    return Match.SHAPE if good and len(good) == len(counts) else Match.NO


def parse(source: Source, options: Options) -> Profile:
    data = source.data
    lines = read_lines(data, options.columns)
    if lines.values.sum(axis=0, dtype=np.float64).max(initial=0) >= 2**63:
        raise ParseError(source.name, "counts that add up to less than 2^63", "larger ones")
    text, stacks, node = stacks_of(data, lines.begin, lines.end)
    names = decode(text).split("\n")[:-1]
    kind = np.array([_KINDS.get(name[-4:], 0) for name in names], np.uint8)
    for i in np.flatnonzero(kind).tolist():
        names[i] = names[i][:-4]
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
        meta=Meta(
            timeline=options.timeline,
            annotated=frozenset(Kind(k) for k in np.flatnonzero(np.bincount(kind)).tolist() if k),
        ),
        skipped=lines.skipped,
    )
