"""Austin, the frame stack sampler for CPython: its text, of every version, and its binary format, MOJO.

    # austin: 4.0.0
    # interval: 100
    # mode: wall
    P38365;T0:38366;/usr/lib/python3.11/threading.py:Thread.run:982;app.py:work:28 10058

A line is a sample; lines are added up. Frames are called as they stand there, so that folded text is what comes from
passing Austin's text to flamegraph.pl, and MOJO is read as if Austin had written text; file and line are known besides.
With `--alt-format` a line number is a frame of its own, `app.py:work;L28`. Versions before 2 look different:

    Process 12;Thread 7f1d24;run (/usr/lib/python3.8/threading.py);L870;work (app.py);L28 10058

Times are in µs and become ns. Memory is in bytes, before version 2 in KB: what was taken is one metric, `allocated`,
what was given back another, `freed`. In full mode, `cpu` is the time in which a thread was not idle. A garbage
collection is Austin's `:GC:` on top of the stack, a stack that it lost track of has its `:INVALID:`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...options import option
from ...profile import Profile
from ...source import Source
from .. import Format, Match
from . import mojo, text

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options:
    """How Austin's samples are read."""

    timeline: bool = option(False, "keep samples one by one in time order")


FORMAT = Format(
    "Austin text and MOJO",
    made_by="austin -o FILE python3 app.py, austin --binary -o FILE python3 app.py",
    options=Options,
    files=("*.austin", "*.mojo"),
)


def sniff(source: Source) -> Match:
    head = source.head
    found = mojo.looks(head) or text.looks(head, len(head) == len(source.data))
    return Match.SIGNATURE if found else Match.NO


def parse(source: Source, options: Options) -> Profile:
    form = mojo if mojo.looks(source.head) else text
    return form.read(source, options.timeline)
