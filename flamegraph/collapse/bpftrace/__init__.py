"""bpftrace: maps that are keyed by stacks, as text or as JSON lines (`-f json`).

    Attaching 2 probes...

    @[
        vfs_read+187
        entry_SYSCALL_64_after_hwframe+118
    ,
        __GI___libc_read+76
        main+194
    , io worker 1]: 3
    @[,
        hidden(double)+34
    , io worker 1]: 17

A map's key is a list in which kstack and ustack (leaf first), comm, pid and others stand in any order; a stack may be
empty. What a part of a key means is not printed, nor is the program, so the shape of a key is found from all keys of
its map: where stacks are, where only numbers are, and what belongs together in a thread's name such as "a, b".

- Every map that has stacks is a metric, called as the map is, in the order of the output; `--map` takes one. Others
  are counted in `skipped`.
- A number may be count(), sum(), avg(), min() or max(): text does not tell, and adding up the last three tells
  nothing. JSON does tell averages: they are skipped. hist() and lhist() count samples; stats() has both, two metrics.
- What sum() adds up is told by a map's name that ends in ns, us, ms or bytes, as those of bpftrace's own tools do;
  else, or for the one map that is asked for, by `--unit`. Times become nanoseconds.
- A map that is printed several times is added up, as it is where the program clears it in between. Where each print
  holds all that was in the one before, it is not cleared, and the last print is the result; `--prints` overrules.
- Where there is no map of stacks, but printf() printed stacks, each of these is one sample.

stackcollapse-bpftrace.pl knows one shape: it drops named maps and those whose kernel stack is empty, and puts "," and
offsets into names. Here an offset (`main+194`) goes, so that a function is one frame; `--offsets` keeps it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...kernel_names import KernelOptions
from ...options import option
from ...profile import Profile
from ...source import Source
from ...text import decode
from .. import Format, Match

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options(KernelOptions):
    """What `bpftrace` may be asked."""

    map: str | None = option(None, "only this map, e.g. @reads", metavar="NAME")
    unit: str | None = option(
        None, "what the numbers are (default: as the map's name says)", choices=("ns", "us", "ms", "s", "bytes")
    )
    keys: str = option(
        "names", "parts of a map's key shown as frames, besides stacks", choices=("names", "all", "none")
    )
    prints: str | None = option(
        None,
        "of a map printed several times, add up all or take the last (default: as it looks)",
        choices=("all", "last"),
    )
    addrs: bool = option(False, "show the addresses of unknown functions")


FORMAT = Format(
    title="bpftrace maps, text or JSON",
    made_by="bpftrace -e 'profile:hz:99 { @[kstack, ustack, comm] = count(); }'",
    options=Options,
    files=("*.bpftrace", "*.bt.txt"),
)

_SIGNATURE = re.compile(
    rb"\n(?:Attach(?:ing|ed) \d+ probes?\b"
    rb"|@\w*\[(?:[^\n]{0,500},[ ]?)?\r?\n(?:    \S|\t[0-9a-f]+ |[0-9a-f]{8,16}\r?$))",
    re.MULTILINE,
)
_SHAPE = re.compile(rb"\n@\w*\[[^\n]{0,500}\]: -?\d+\r?$", re.MULTILINE)
_JSON = re.compile(rb'\n\{"type": ?"(?:attached_probes"|(?:map|hist|stats)", ?"data": ?\{"@|printf", ?"data": ?")')


def sniff(source: Source) -> Match:
    """A signature where a map's key has a stack, or where bpftrace says what it attaches; a shape for other maps."""
    text = source.line_starts
    if _SIGNATURE.search(text) or _JSON.search(text):
        return Match.SIGNATURE
    return Match.SHAPE if _SHAPE.search(text) else Match.NO


def parse(source: Source, options: Options) -> Profile:
    """The profile of an output. UsageError where there is no map of the name that is asked for."""
    from .assemble import profile_of  # what it takes to read is not needed to find out whose a file is
    from .json_lines import read_json
    from .text import read_text

    data = bytes(source.data)
    if b"\r" in source.head:
        data = data.replace(b"\r\n", b"\n")
    read = read_json if _JSON.search(source.line_starts) else read_text
    return profile_of(read(decode(data)), options, source.name)
