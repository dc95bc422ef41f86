"""What `perf_data` may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UsageError
from ...options import option
from ..perf_script.shown import Shown

__all__ = ["Options"]

_NS = 1_000_000_000


@dataclass(frozen=True)
class Options(Shown):
    """What is read from a recording, and how it is shown."""

    event: str | None = option(
        None, "only this event; one name for the events of several kinds of cores adds them up", metavar="NAME"
    )
    weight: str | None = option(
        None, "what a sample counts: its period (default, where recorded) or one", choices=("period", "samples")
    )
    time: str | None = option(
        None, "only samples between FROM and TO: seconds of the recording's clock, from its first sample with a +",
        metavar="FROM,TO",
    )  # fmt: skip
    cpu: str | None = option(None, "only samples on these processors, e.g. 0,2-3", metavar="LIST")
    comm: tuple[str, ...] = option((), "only threads with this name", metavar="NAME")
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

    def __post_init__(self) -> None:
        self.span(0)
        _ = self.cpus

    def span(self, first: int) -> tuple[int | None, int | None]:
        """(from, to) in ns, None where open; `first` is when the first sample was."""
        if self.time is None:
            return None, None
        ends = self.time.split(",")
        if len(ends) != 2:
            raise UsageError(f"--time {self.time}: expected FROM,TO, either of which may be empty")
        start, stop = (_moment(end, first, self.time) for end in ends)
        return start, stop

    @property
    def cpus(self) -> tuple[int, ...]:
        """The processors that are wanted; none: all."""
        if self.cpu is None:
            return ()
        found: set[int] = set()
        for part in self.cpu.split(","):
            low, dash, high = part.partition("-")
            try:
                span = range(int(low), int(high if dash else low) + 1)
            except ValueError:
                span = range(0)
            if not span or span.stop > 1 << 20:
                raise UsageError(f"--cpu {self.cpu}: expected numbers and ranges such as 0,2-3")
            found.update(span)
        return tuple(sorted(found))


def _moment(text: str, first: int, whole: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    seconds, point, fraction = text.removeprefix("+").partition(".")
    digits = seconds + fraction
    if not digits.isdigit() or len(seconds) > 9 or not digits.isascii():
        raise UsageError(f"--time {whole}: expected seconds such as 12.5 or +12.5, found {text!r}")
    ns = int(seconds or "0") * _NS + int(fraction[:9].ljust(9, "0")) if point else int(seconds) * _NS
    return ns + first if text.startswith("+") else ns
