"""Nsight Compute: kernels by the time they ran, from `ncu --csv`, from what ncu prints, and from its reports.

    ==PROF== Connected to process 700 (/opt/mill/mill)
    "ID","Process ID","Process Name","Host Name","Kernel Name","Context",…,"Metric Name","Metric Unit","Metric Value"
    "0","700","mill","127.0.0.1","void grind<float>(float *, int)","1",…,"Duration","usecond","1,450.22",

One frame for each kernel, added up over its launches, below what launched it where that was recorded: the functions of
the CPU (`--call-stack`), else the NVTX ranges around it (`--nvtx`), and "-". The second metric counts launches.
--counter makes another metric count, such as dram__bytes_read.sum or "Elapsed Cycles"; ratios do not add up and are
refused.

Read are the pages `details` and `raw` and the summaries (--print-summary), with units scaled or not, in countries where
a fraction stands behind a comma or a point; the pages of text; and reports (`.ncu-rep`), which need no ncu. Pages are
rounded where ncu rounds, reports are not. A report in a layout that is not known is given to ncu, where it is
installed.
"""

from __future__ import annotations

from ...profile import Profile
from ...source import Source
from .. import Format, Match
from .launches import Launches
from .options import Options
from .pages import is_head, read_pages
from .report import MAGIC, read_report
from .text import is_text, read_text

__all__ = ["FORMAT", "Options", "parse", "sniff"]


FORMAT = Format(
    title="Nsight Compute (report, CSV, text)",
    made_by="ncu -o report COMMAND; ncu --import report.ncu-rep --csv > kernels.csv",
    options=Options,
    files=("*.ncu-rep", "*ncu*.csv", "*ncu*.txt"),
)


def sniff(source: Source) -> Match:
    """The magic of a report, the head of a page, or the head of a table of text."""
    if source.head.startswith(MAGIC):
        return Match.SIGNATURE
    if b"\0" in source.head:
        return Match.NO
    if any(map(is_head, source.head_lines)) or is_text(source.head_lines):
        return Match.SIGNATURE
    # The program that was measured may have printed much before ncu did.
    return Match.SHAPE if b"==PROF== Profiling " in source.head else Match.NO


def parse(source: Source, options: Options) -> Profile:
    launches = Launches(options)
    if source.head.startswith(MAGIC):
        read_report(source, launches)
        if not len(launches):
            from .by_ncu import by_ncu  # rarely needed, and slow to import

            read_pages(by_ncu(source), launches)
    else:
        read_pages(source, launches)
        if not len(launches):
            read_text(source, launches)
    return launches.profile(source)
