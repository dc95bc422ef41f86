"""What pprof read before profile.proto: gperftools' CPU and heap profiles, what Go prints for debug=1, Java's text.

Binary CPU profiles of gperftools (words of either size and byte order), and as text: heap (gperftools, Go, jemalloc),
goroutine and threadcreate, contention and mutex, threadz, and Java's heapz and contentionz.

Values, scaling of sampled heaps and the removal of the signal handler's frames are google/pprof's. Beyond that,
frames that the text itself names (Go's "#" lines, threadz) are shown by name, where google/pprof has addresses; and
jemalloc's heaps are read. Addresses stay addresses: looking them up needs the programs.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import ParseError
from ...profile import Profile
from ...source import Source
from .. import Format, Match
from .java import read_java
from .lines import START, read_lines
from .model import profile_of
from .words import read_words, word_type

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options:
    """What `pprof_legacy` may be asked: nothing."""


FORMAT = Format(
    title="pprof's older formats",
    made_by="gperftools (CPUPROFILE=cpu.prof); curl HOST/debug/pprof/heap?debug=1; jemalloc (MALLOC_CONF=prof:true)",
    options=Options,
    files=("*.prof", "*.heap"),
)


def sniff(source: Source) -> Match:
    """The header of a CPU profile, or a first line that is one of theirs."""
    if word_type(source.head):
        return Match.SIGNATURE
    return Match.SIGNATURE if START.match(_first_line(source)) else Match.NO


def parse(source: Source, options: Options) -> Profile:
    if kind := word_type(source.head):
        return profile_of(source, read_words(source, kind))
    if not START.match(_first_line(source)):
        raise ParseError(source.name, "one of pprof's older formats", repr(_first_line(source)[:60]))
    lines = list(source.lines())
    if lines[0].startswith(("--- heapz", "--- contentionz")) and "java" in "".join(lines[1:3]):
        return profile_of(source, read_java(source, lines))
    return profile_of(source, read_lines(source, lines))


def _first_line(source: Source) -> str:
    """The first line that is neither empty nor a comment."""
    lines = source.head.decode("latin-1").splitlines()
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
