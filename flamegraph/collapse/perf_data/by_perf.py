"""Copied user stacks, unwound by perf itself where it is installed: its text, read by the reader of that text."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import fields, replace

from ...profile import Profile
from ...source import Source
from .. import perf_script
from .gather import Gather
from .header import Header
from .options import Options
from .unwind import COPIED

__all__ = ["by_perf"]

#: As deep as perf goes at all (PERF_MAX_STACK_DEPTH is for recording; here it only bounds what is printed).
_DEEPEST = 1024

#: With anything added to them, the fields of tracepoints lose the call chain unless it is asked for.
_FIELDS = "+pid,+ip,+sym,+dso"


def by_perf(source: Source, options: Options, header: Header, gather: Gather) -> Profile | None:
    """What perf makes of a recording, None where there is no perf, no file, or nothing comes of it."""
    perf = shutil.which("perf")
    if perf is None or source.path is None or source.raw is not source.data:
        return None
    command = [
        perf,
        "script",
        "-f",
        "-i",
        str(source.folder or source.path),
        "-F",
        _FIELDS,
        "--max-stack",
        str(_DEEPEST),
    ]
    command += [] if options.demangle else ["--no-demangle"]
    # perf asks addr2line, which takes minutes for large programs: only where it is wanted for certain.
    command += [] if options.inline == "yes" else ["--no-inline"]
    for flag, value in (
        ("--symfs", options.symfs), ("--kallsyms", options.kallsyms), ("--vmlinux", options.vmlinux),
        ("--cpu", options.cpu), ("--time", _time(options, gather.rows.first)),
        ("--comms", _listed(options.comm)), ("--pid", _listed(options.only_pid)), ("--tid", _listed(options.only_tid)),
    ):  # fmt: skip
        command += [flag, value] if value else []
    with tempfile.TemporaryFile() as text:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=text, stderr=subprocess.DEVNULL)
        if run.returncode or not text.tell():
            return None
        text.seek(0)
        same = {field.name for field in fields(perf_script.Options)} & {field.name for field in fields(Options)}
        same -= {"cpu", "time"}  # perf has chosen by them, of the times it prints less
        wanted = perf_script.Options(**{name: getattr(options, name) for name in same})
        return _with_head(perf_script.parse(Source(text, source.name), wanted), header, gather)


def _with_head(profile: Profile, header: Header, gather: Gather) -> Profile:
    """The profile with what perf's text does not say of the recording."""
    command, host = " ".join(header.command), header.words.get("hostname", "")
    skipped = {reason: count for reason, count in header.skipped.items() if reason != COPIED}
    return replace(
        profile,
        meta=replace(profile.meta, command=command, host=host, duration=gather.rows.duration),
        skipped=skipped | gather.processes.losses | profile.skipped,
    )


def _listed(values: Iterable[object]) -> str:
    """A list as perf takes it; "" for none, and where a value can't be in it."""
    words = list(map(str, values))
    return "" if any("," in word for word in words) else ",".join(words)


def _time(options: Options, first: int | None) -> str:
    if options.time is None:
        return ""
    ends = options.span(first or 0)
    return ",".join("" if end is None else f"{end // 10**9}.{end % 10**9:09}" for end in ends)
