"""nsys stats: the tables that Nsight Systems prints of a recording, as CSV, TSV or columns, many in one file.

    Processing [report1.sqlite] with [cuda_gpu_kern_sum.py]...
    Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name
    91.2,331000,6,55166.7,55166.5,50222,60111,5416.4,"void grind<float>(float *, int)"

Reports are known by their columns, of any version and with any --timeunit; what the log calls them tells apart those
that look alike. They become

    cuda_gpu_trace        device;stream;operation, how long each ran
    cuda_kern_exec_trace  call;-;kernel
    nvtx_gpu_proj_trace   ranges within ranges, how long the GPU was at what was launched in them
    nvtx_pushpop_trace    ranges within ranges, on the CPU
    cuda_api_trace        calls within calls, on the CPU
    … _sum                a frame for the report with one frame for each row

Their times do not add up to anything, so one report is taken: --report names it, and several stand side by side. Else
it is the one that is here of cuda_gpu_trace, cuda_gpu_sum, cuda_gpu_kern_sum, cuda_gpu_kern_gb_sum,
cuda_kern_exec_trace, nvtx_gpu_proj_trace, nvtx_pushpop_trace, cuda_api_trace, cuda_api_sum, nvtx_pushpop_sum, nvtx_sum,
osrt_sum, or of others the first: work on the GPU, all of it before a part of it, before what the CPU did. Rows of the
reports that are left are counted as skipped.

Deliberately so: the summaries of ranges count a range that lies within another in both, as nsys does; the traces count
each moment once. Where ranges overlap on the GPU, the one around them is as wide as they are together. The row of
nvtx_gpu_proj_trace that has no range spans all the others and is skipped. PyTorch's numbers in the names of its ranges
(", op_id = 12") are dropped, so that an operator is one frame; --range-numbers keeps them.
"""

from __future__ import annotations

from ...profile import Profile
from ...source import Source
from ...tables import rows
from .. import Format, Match
from .options import Options
from .reports import is_head, report_of

__all__ = ["FORMAT", "Options", "parse", "sniff"]


FORMAT = Format(
    title="Nsight Systems reports",
    made_by="nsys stats -f csv -r cuda_gpu_trace REPORT.nsys-rep",
    options=Options,
    files=("*_cuda_gpu_*.csv", "*_cuda_api_*.csv", "*_nvtx_*.csv", "*_osrt_sum.csv", "*nsys*.csv"),
)


def sniff(source: Source) -> Match:
    """The head of a report we know."""
    if b"\0" in source.head:
        return Match.NO
    return Match.SIGNATURE if any(map(is_head, source.head_lines)) else Match.NO


def parse(source: Source, options: Options) -> Profile:
    from .choice import Choice  # what it takes to read is not needed to find out whose a file is

    choice = Choice(options)
    current = reader = None
    for table, _, cells in rows(source, is_head):
        if table is not current:
            current, reader = table, choice.reader(report_of(table, cells))
        reader.row(cells)
    return choice.finish(source)
