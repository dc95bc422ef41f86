"""perf script: the text that Linux `perf script` prints.

    hot main 24923/24925 [001]  2361.882663:    3344481 cpu-clock:u:
    \t          16397e __memcmp_evex_movbe+0x3e (/usr/lib/x86_64-linux-gnu/libc.so.6)
    \t            36fc worker+0xfc (/home/me/hot)
    \t            2332 main+0xc2 (/home/me/hot)

A sample is a header (comm, ids, cpu, time, period, event) with its frames below, the leaf first, and a blank line.
Much of it may be missing or more, as `-F` says; without call chains a sample is one line that ends with its frame.
The lines that come out are those of stackcollapse-perf.pl, with these exceptions:

- a comm that holds blanks and digits ("io worker 1") is kept whole, its thread's id is not taken from within it;
- the last sample counts, also where no blank line follows it;
- every event is kept, as a metric of its own; the first one seen is the first metric;
- frames without a dso, and samples that are one line with their frame, are read;
- a function with an empty name is an unknown one; "(inlined)" on a source line marks the frame above, is no frame;
- `--kernel` and `--jit` know the kernel's modules, versioned vmlinux files and perf inject's jitted-*.so as well,
  and that [vdso] and [heap] are not the kernel.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass

from ...description import Description
from ...errors import ParseError
from ...options import option
from ...profile import Profile
from ...source import Source
from ...sums import LARGEST
from .. import Format, Match
from .frames import is_frame
from .header import header, looks
from .heads import split_head
from .selection import Selection
from .shown import Shown
from .summary import summary

__all__ = ["FORMAT", "Options", "describe", "parse", "sniff"]


@dataclass(frozen=True)
class Options(Shown, Selection):
    """What `perf_script` may be asked."""

    event: str | None = option(None, "only this event, e.g. cycles:u", metavar="NAME")
    weight: str | None = option(
        None, "what a sample counts: its period (default, where printed) or one", choices=("period", "samples")
    )
    srcline: bool = option(False, "show file and line, where the input has them")
    timeline: bool = option(False, "keep samples one by one in time order")


FORMAT = Format(
    title="Linux perf script text",
    made_by="perf record -g COMMAND; perf script",
    options=Options,
    files=("*.perf", "*.perf.txt", "*.perf-script.txt", "*.linux-perf.txt", "perf*.script*"),
)


def sniff(source: Source) -> Match:
    """A signature where a header has a frame, a shape where there are headers alone."""
    return Match(looks(source.head, whole=len(source.head) == len(source.data)))


def parse(source: Source, options: Options) -> Profile:
    """The profile of a text. ParseError where nothing in it is a sample, UsageError where no event has that name."""
    from .assemble import combine, profile_of  # what it takes to read is not needed to find out whose a file is
    from .spans import read_parts
    from .wanted import Wanted
    from .windows import first_time

    data = source.data
    if b"\r" in source.head:
        data = bytes(data).replace(b"\r\n", b"\n")
    stop, cut_off = _whole_samples(data)
    wanted = Wanted(options, *options.span(first_time(data) if "+" in (options.time or "") else 0))
    parts = read_parts(data, stop, options.spelling, options.timeline, wanted if options.chooses else None)
    if (total := sum(part.total for part in parts)) > LARGEST:
        raise ParseError(source.name, "periods that add up to less than 2^63", f"{total:,}")
    tables = combine(parts)
    if cut_off:
        tables.skipped[_CUT_OFF] = 1
    if tables.skipped and not len(tables.who) and not options.chooses:
        raise ParseError(*_complaint(source, cut_off))
    return profile_of(tables, options, header(source.head))


def describe(source: Source) -> Description:
    """What was recorded. ParseError where nothing in it is a sample."""
    return summary(source, parse, Options)


_CUT_OFF = "sample cut off at the end"


def _whole_samples(data: bytes | mmap.mmap) -> tuple[int, bool]:
    """(where the last whole sample ends, whether there is more). A sample cut in the middle has lost its callers."""
    stop = len(data)
    if not stop or data[stop - 1 : stop] == b"\n" or data.rfind(b")\n") < 0:
        return stop, False  # without dsos, nothing tells a whole line from one that is cut
    start = data.rfind(b"\n") + 1
    line = data[start:stop]
    if line.rstrip().endswith(b")"):
        return stop, False
    # A piece of a frame: back to the header, unless that is a whole sample itself.
    while start and line[:1] in (b"\t", b" ") and (is_frame(line) or not split_head(line)):
        end = start - 1
        above = data.rfind(b"\n", 0, end) + 1
        line = data[above:end]
        if not line.strip() or (not is_frame(line) and line.rstrip().endswith(b")")):
            break
        start = above
    return start, True


def _complaint(source: Source, cut_off: bool) -> tuple[str, str, str]:
    """(where, expected, found) for a text in which nothing is a sample."""
    if cut_off:
        return f"{source.name}:{sum(1 for _ in source.lines())}", "the rest of the first sample", "the end of the input"
    lines = ((i, line) for i, line in enumerate(source.lines(), 1) if line.strip() and not line.startswith("#"))
    number, line = next(lines, (1, ""))
    return f"{source.name}:{number}", "a sample (comm, ids, time, event, then frames)", repr(line[:60])
