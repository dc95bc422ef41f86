"""AMD's rocprof: what rocprofv3 writes (rocpd, JSON, CSV), CSV of rocprof and rocprofv2, and rocmProfileData.

    rocprofv3 --sys-trace -- python train.py        writes …_results.db, or JSON and CSV with --output-format

Work on the GPU stands below the call that launched it, found by process and correlation id, and the calls and ranges
(roctx) around that, found by their times:

    python3.11;train_step;hipLaunchKernel;-;gemm_kernel_[G] 1234

Work whose call is not in the file stands below "[launch outside capture]". Where no calls were recorded at all, it
stands below its device and queue. --show api shows the calls themselves. Tables of sums become one frame for each row.

CSV comes as a file for each sort of record; together they tell who launched what: `cat *_trace.csv | flamegraph …`.
A dispatch of which several counters were collected has several rows and counts once. The ends of kernels' names that
mark a descriptor, such as ".kd" and " [clone .kd]", are dropped.

rocprof's results.json is a trace of Chrome's sort, and read as that.
"""

from __future__ import annotations

from ...errors import ParseError
from ...profile import Profile
from ...source import Source
from ...sqlite import MAGIC, opened, tables
from .. import Format, Match
from .csv_tables import is_head, read_tables
from .options import Options
from .rocpd import MARK, has_tables, read_database
from .rocprofv3_json import TOP, read_json
from .trace import Trace

__all__ = ["FORMAT", "Options", "parse", "sniff"]

FORMAT = Format(
    title="AMD rocprof, rocprofv3, rocpd",
    made_by="rocprofv3 --sys-trace -- COMMAND",
    options=Options,
    files=("*_results.db", "*.rpd", "*_results.json", "*_trace.csv", "results*.csv"),
)


def sniff(source: Source) -> Match:
    """The tables of a database, the one key of JSON, or the head of a table."""
    if source.head.startswith(MAGIC):
        return Match.SIGNATURE if _is_database(source) else Match.NO
    if b"\0" in source.head:
        return Match.NO
    head = source.head.lstrip()
    if head.startswith(b"{"):
        return Match.SIGNATURE if f'"{TOP}"'.encode() in head[:4096] else Match.NO
    return Match.SIGNATURE if any(map(is_head, source.head_lines)) else Match.NO


def _is_database(source: Source) -> bool:
    if MARK.encode() in source.head:
        return True
    # The schema may lie further back, which costs nothing to find out of a plain file.
    if source.path is None or source.raw is not source.data:
        return False
    try:
        with opened(source) as connection:
            return has_tables(tables(connection))
    except ParseError:
        return False


def parse(source: Source, options: Options) -> Profile:
    trace = Trace(options)
    if source.head.startswith(MAGIC):
        command = read_database(source, trace)
    elif source.head.lstrip().startswith(b"{"):
        command = read_json(source, trace)
    else:
        command = read_tables(source, trace)
    return trace.profile(source, command)
