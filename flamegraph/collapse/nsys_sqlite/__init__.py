"""Nsight Systems: what `nsys export --type sqlite` makes of a report, of every version since 2020.

    nsys profile --cuda-graph-trace=node python train.py
    nsys export --type sqlite -o report.sqlite report.nsys-rep && flamegraph collapse report.sqlite

One recording holds several flame graphs. `--gpu` shows the work on the GPU below what launched it:

    python;train_step;aten::linear;cudaLaunchKernel;-;gemm_kernel_[G] 1234

Process; call chain of the call (`--cudabacktrace`) or, without one, the NVTX ranges around it, and calls of cuBLAS,
cuDNN and MPI; the call; "-"; the CUDA graph it was part of; the kernel or copy. Weights are ns of `--gpu time`, `busy`
or `idle`, or `launches`. `--show` shows what the CPU did: samples, NVTX ranges, calls of CUDA, calls of the system.
Without either it is the first of `--gpu time`, `--show cpu`, `nvtx`, `api`, `osrt` that there are rows for.

What differs from other tools that read these files:

- a call is found by process and correlation: correlations repeat across processes;
- work whose call is not in the file is kept, below "[launch outside capture]";
- a CUDA graph that was traced as a whole is shown as one operation, and a note says that its kernels are not there;
- functions without a symbol are shown by their module, "[libcuda.so.1]", as perf does; `--addrs` shows addresses;
- PyTorch's numbers in range names (", op_id = 12") are dropped, so that an operator is one frame; `--range-numbers`;
- a process is called by its program's name; its first thread has no frame of its own, other threads do in `--show`.

Reports themselves (`.nsys-rep`, `.qdrep`) are exported on the way where nsys is installed.
"""

from __future__ import annotations

from ...description import Description
from ...errors import ParseError
from ...profile import Profile
from ...source import Source
from ...sqlite import MAGIC, opened, tables
from .. import Format, Match
from .options import Options
from .report import database, kind_of

__all__ = ["FORMAT", "Options", "describe", "parse", "sniff"]

FORMAT = Format(
    title="Nsight Systems (SQLite export, report)",
    made_by="nsys profile COMMAND; nsys export --type sqlite report.nsys-rep",
    options=Options,
    files=("*.sqlite", "*.nsys-rep", "*.qdrep", "*.qdstrm"),
)

#: Words of the schema, of which some are in the first pages whatever the version.
_WORDS = (b"globalPid", b"globalTid", b"META_DATA_EXPORT", b"EXPORT_META_DATA", b"CUPTI_ACTIVITY_KIND_")
_STRINGS = b"StringIds"


def sniff(source: Source) -> Match:
    if kind := kind_of(source):
        return Match.SHAPE if kind == "stream" else Match.SIGNATURE
    if not source.head.startswith(MAGIC):
        return Match.NO
    if _STRINGS in source.head:
        return _graded(source.head)
    # The schema may lie further back, which costs nothing to find out of a plain file.
    if source.path is None or source.raw is not source.data:
        return Match.NO
    try:
        with opened(source) as connection:
            return _graded(" ".join(tables(connection)).encode("utf-8", "replace"))
    except ParseError:
        return Match.NO


def _graded(schema: bytes) -> Match:
    return Match.SIGNATURE if _STRINGS in schema and any(word in schema for word in _WORDS) else Match.NO


def parse(source: Source, options: Options) -> Profile:
    """EmptyProfile where the export has nothing of what is asked for; it says what there is."""
    from .read import read_profile  # what it takes to read is not needed to find out whose a file is

    with database(source) as export:
        return read_profile(export, options)


def describe(source: Source) -> Description:
    """Everything that `--gpu` and `--show` can show, with its sums."""
    from .read import read_description

    with database(source) as export:
        return read_description(export)
