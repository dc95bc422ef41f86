"""From a database to what is asked for: which of the flame graphs that are in it, and what is said of the recording."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace

from ...description import Description, EventDescription
from ...errors import EmptyProfile
from ...profile import Meta, Profile
from ...source import Source
from ...sqlite import opened
from ...sums import exact_sum
from .cpu_side import SHOWN
from .export import Export
from .gpu_side import gpu_work
from .operations import TABLES
from .options import Options
from .weighed import Weighed, profile_of

__all__ = ["read_description", "read_profile"]


def read_profile(source: Source, options: Options) -> Profile:
    """The profile that is asked for. EmptyProfile where there are no rows for it; it says for what there are."""
    with opened(source) as connection:
        export = Export(connection, source.name, len(source.data))
        mode = options.show or ("gpu" if options.gpu else None)
        has = _what_there_is(export)
        if not has or (mode and mode not in has):
            raise _nothing(source, export, mode, has)
        work = _read(mode or next(iter(has)), export, options)
        meta = replace(_meta(export), timeline=options.timeline)
        return profile_of(work, meta, _happened(export.skipped), source.name)


def read_description(source: Source) -> Description:
    """Everything that can be asked for, with its sums."""
    events, skipped = [], {}
    with opened(source) as connection:
        first = Export(connection, source.name, len(source.data))
        has, meta = _what_there_is(first), _meta(first)
        if not has:
            raise _nothing(source, first, None, has)
        for mode, title in has.items():
            export = Export(connection, source.name, len(source.data))
            work = _read(mode, export, Options())
            total = exact_sum(work.values[:, 0])
            events.append(EventDescription(title, work.metrics[0].unit, len(work.node), total))
            skipped |= _happened(export.skipped)
    return Description(tuple(events), meta.duration, meta.command, meta.host, skipped=skipped)


def _read(mode: str, export: Export, options: Options) -> Weighed:
    return gpu_work(export, options) if mode == "gpu" else SHOWN[mode].read(export, options)


def _happened(skipped: Mapping[str, int]) -> dict[str, int]:
    return {why: count for why, count in skipped.items() if count}


def _what_there_is(export: Export) -> dict[str, str]:
    """What can be shown, "gpu" or a name of `--show`, and what that is in words: the default first."""
    found = {"gpu": "work on the GPU (--gpu)"} if any(map(export.any, TABLES)) else {}
    for mode, shown in SHOWN.items():
        if any(export.any(table, shown.rows) for table in shown.tables):
            found[mode] = f"{shown.title} (--show {mode})"
    return found


def _nothing(source: Source, export: Export, mode: str | None, has: dict[str, str]) -> EmptyProfile:
    wanted = {"gpu": "work on the GPU", None: "work on the GPU, samples, ranges or calls"}
    expected = wanted[mode] if mode in wanted else SHOWN[mode].title
    damage = "".join(f"; {why}" for why in _happened(export.skipped))
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
