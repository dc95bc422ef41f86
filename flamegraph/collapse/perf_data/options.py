"""What `perf_data` may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from ...options import option
from ..perf_script.selection import Selection
from ..perf_script.shown import Shown

__all__ = ["Options"]


@dataclass(frozen=True)
class Options(Shown, Selection):
    """What is read from a recording, and how it is shown."""

    event: str | None = option(
        None, "only this event; one name for the events of several kinds of cores adds them up", metavar="NAME"
    )
    weight: str | None = option(
        None, "what a sample counts: its period (default, where recorded) or one", choices=("period", "samples")
    )
    symfs: str = option("", "look for the programs below this directory", metavar="DIR")
    kallsyms: str | None = option(None, "the kernel's symbols, as in /proc/kallsyms", metavar="FILE")
    vmlinux: str | None = option(None, "the kernel's image with its symbols", metavar="FILE")
    demangle: bool = option(True, "show C++ and Rust names as in the source", off="--no-demangle")
    inline: str = option(
        "auto",
        "show functions that were inlined: yes, no, or auto: where a program has up to 4 MB of debug information",
        choices=("auto", "yes", "no"),
    )
    unwind: str = option(
        "perf",
        "how stacks recorded with --call-graph dwarf are unwound: by perf where it is installed, or not at all, which "
        "leaves the kernel and the user's leaf",
        choices=("perf", "leaf"),
    )
    timeline: bool = option(False, "keep samples one by one in time order")
