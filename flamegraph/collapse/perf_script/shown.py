"""How threads and functions are shown: the options that perf's text and its recordings have in common."""

from __future__ import annotations

from dataclasses import dataclass

from ...options import option
from ...profile import Kind
from .frames import Spelling

__all__ = ["Shown"]


@dataclass(frozen=True)
class Shown:
    """Options of stackcollapse-perf.pl, by the names known from there."""

    pid: bool = option(False, "show comm-PID in place of comm")
    tid: bool = option(False, "show comm-PID/TID in place of comm")
    kernel: bool = option(False, "mark kernel functions with _[k]")
    jit: bool = option(False, "mark functions compiled at run time with _[j]")
    all: bool = option(False, "mark both (--kernel --jit)")
    addrs: bool = option(False, "show the addresses of unknown functions")
    full_names: bool = option(False, "keep parameter lists and quotes in names, which stackcollapse-perf.pl drops")

    @property
    def spelling(self) -> Spelling:
        return Spelling(self.addrs, self.full_names)

    def label(self, comm: str, pid: int | str, tid: int) -> str:
        """How a thread is shown: as stackcollapse-perf.pl does, ":TID" (as perf does) where its name is not known."""
        name = comm.replace(" ", "_") or f":{tid}"
        if self.tid:
            return f"{name}-{pid}/{tid}"
        return f"{name}-{pid}" if self.pid else name

    def annotated(self, jit_inlined: bool) -> frozenset[Kind]:
        """Kinds that are marked, and what a JIT inlined. stackcollapse-perf.pl leaves perf's "(inlined)" as it is."""
        marked = {Kind.KERNEL: self.kernel or self.all, Kind.JIT: self.jit or self.all, Kind.INLINED: jit_inlined}
        return frozenset(kind for kind, wanted in marked.items() if wanted)
