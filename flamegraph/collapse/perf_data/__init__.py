"""perf.data: what Linux `perf record` writes, read without perf.

    perf record -g ./program && flamegraph collapse perf.data

File and pipe, both byte orders, zstd, every event as a metric of its own. The stacks are those that `perf script`
prints and `perf_script` reads, with these exceptions:

- chains are kept whole, where perf script stops at 127 frames;
- samples of virtual machines are kept, their frames unknown;
- inlined functions are shown on all stacks where the `inline` extra is installed (`--inline no` for none);
  perf 6.1 shows them on copied ones only. A caller is looked up just before the address that is returned to, the
  innermost keeps its own name where perf repeats that of the symbol, the function that holds them has its symbol's;
- addresses in the vdso are named where the recording was made by the kernel that runs, perf names them by that one
  always;
- of a recording from another machine no file counts without a build id, where perf takes any with the same path;
- with `--addrs` an unknown function shows its place in the file, also without call chains;
- user stacks that were copied (`--call-graph dwarf`) are unwound by perf where it is installed, with inlined
  functions only on `--inline yes`, since it is slow at them; elsewhere only their leaf is shown.
"""

from __future__ import annotations

from ...description import Description
from ...profile import Profile
from ...source import Source
from .. import Format, Match
from .header import magic
from .options import Options

__all__ = ["FORMAT", "Options", "describe", "parse", "sniff"]

FORMAT = Format(
    title="Linux perf.data",
    made_by="perf record -g COMMAND",
    options=Options,
    files=("perf.data", "*.perf.data", "perf.data.*"),
)


def sniff(source: Source) -> Match:
    return Match.SIGNATURE if magic(source.head[:16]) else Match.NO


def parse(source: Source, options: Options) -> Profile:
    """The profile of a recording. ParseError where its head is damaged, UsageError where no event has that name."""
    from .reading import read  # with all that knows programs, which other formats do not need

    return read(source, options)


def describe(source: Source) -> Description:
    """What is in a recording, also where it holds no samples. ParseError where its head is damaged."""
    from .summary import summary

    return summary(source)
