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

import shlex
from dataclasses import replace

from ...description import Description, EventDescription
from ...errors import EmptyProfile, ParseError
from ...profile import Meta, Profile
from ...source import Source
from ...sqlite import MAGIC, opened, tables
from .. import Format, Match
from .cpu_side import SHOWN
from .export import Export
from .gpu_side import gpu_work
from .operations import TABLES
from .options import Options
from .report import exported, kind_of
from .weighed import profile_of

__all__ = ["FORMAT", "Options", "describe", "parse", "sniff"]

FORMAT = Format(
    title="Nsight Systems (SQLite export, report)",
    made_by="nsys profile COMMAND; nsys export --type sqlite report.nsys-rep",
    options=Options,
    files=("*.sqlite", "*.nsys-rep", "*.qdrep", "*.qdstrm"),
)

#: Words of the schema, of which some are in the first pages whatever the version.
_WORDS = (b"globalPid", b"globalTid", b"META_DATA_EXPORT", b"EXPORT_META_DATA", b"CUPTI_ACTIVITY_KIND_")
_STRINGS = "StringIds"


def sniff(source: Source) -> Match:
    if kind := kind_of(source):
        return Match.SHAPE if kind == "stream" else Match.SIGNATURE
    if not source.head.startswith(MAGIC):
        return Match.NO
    if _STRINGS.encode() in source.head:
        return Match.SIGNATURE if any(word in source.head for word in _WORDS) else Match.NO
    # The schema may lie further back, which costs nothing to find out of a plain file.
    if source.path is None or source.raw is not source.data:
        return Match.NO
    try:
        with opened(source) as connection:
            found = tables(connection)
    except ParseError:
        return Match.NO
    return (
        Match.SIGNATURE if _STRINGS in found and any(word.decode() in " ".join(found) for word in _WORDS) else Match.NO
    )


def parse(source: Source, options: Options) -> Profile:
    """EmptyProfile where the export has nothing of what is asked for; it says what there is."""
    if kind := kind_of(source):
        with exported(source, kind) as database:
            return parse(database, options)
    with opened(source) as connection:
        export = Export(connection, source.name, len(source.data))
        mode = options.show or ("gpu" if options.gpu else None)
        has = _what_there_is(export)
        if not has or (mode and mode not in has):
            raise _nothing(source, export, mode, has)
        mode = mode or next(iter(has))
        work = gpu_work(export, options) if mode == "gpu" else SHOWN[mode].read(export, options)
        meta = replace(_meta(export), timeline=options.timeline)
        return profile_of(work, meta, {why: count for why, count in export.skipped.items() if count}, source.name)


def describe(source: Source) -> Description:
    """Everything that `--gpu` and `--show` can show, with its sums."""
    if kind := kind_of(source):
        with exported(source, kind) as database:
            return describe(database)
    events, skipped = [], {}
    with opened(source) as connection:
        first = Export(connection, source.name, len(source.data))
        has, meta = _what_there_is(first), _meta(first)
        if not has:
            raise _nothing(source, first, None, has)
        for mode, title in has.items():
            export = Export(connection, source.name, len(source.data))
            work = gpu_work(export, Options()) if mode == "gpu" else SHOWN[mode].read(export, Options())
            total = int(work.values[:, 0].sum())
            events.append(EventDescription(title, work.metrics[0].unit, len(work.node), total))
            skipped |= {why: count for why, count in export.skipped.items() if count}
    return Description(tuple(events), meta.duration, meta.command, meta.host, skipped=skipped)


def _what_there_is(export: Export) -> dict[str, str]:
    """ "gpu" and names of `--show`, in the order in which they are the default → what they show, in words."""
    found = {"gpu": "work on the GPU (--gpu)"} if any(map(export.any, TABLES)) else {}
    for mode, shown in SHOWN.items():
        if any(export.any(table, shown.rows) for table in shown.tables):
            found[mode] = f"{shown.title} (--show {mode})"
    return found


def _nothing(source: Source, export: Export, mode: str | None, has: dict[str, str]) -> EmptyProfile:
    wanted = {"gpu": "work on the GPU", None: "work on the GPU, samples, ranges or calls"}
    expected = wanted[mode] if mode in wanted else SHOWN[mode].title
    damage = "".join(f"; {why}" for why, count in export.skipped.items() if count)
    found = f"found only {', '.join(has.values())}" if has else "found none"
    return EmptyProfile(f"{source.name}: expected {expected}, {found}{damage}")


def _meta(export: Export) -> Meta:
    """What the export says of the recording."""
    duration = export.read("ANALYSIS_DETAILS", duration=0)["duration"]
    words = [
        value
        for name, value in export.texts("META_DATA_CAPTURE", "name", "value")
        if str(name) == "PROCESS_0:COMMAND" or str(name).startswith("PROCESS_0:ARGUMENT_")
    ]
    hosts = [value for name, value in export.texts("TARGET_INFO_SYSTEM_ENV", "name", "value") if name == "Hostname"]
    return Meta(
        command=shlex.join(words),
        host=hosts[0] if hosts else "",
        duration=max(int(duration.max(initial=0)), 0),
    )
