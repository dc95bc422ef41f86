"""Which samples are read: the options that perf's text and its recordings have in common."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UsageError
from ...options import option

__all__ = ["Selection"]

_NS = 1_000_000_000


@dataclass(frozen=True)
class Selection:
    """Options that choose samples. Those of several options have to agree with all of them."""

    time: str | None = option(
        None, "only samples between FROM and TO: seconds of the recording's clock, from its first sample with a +",
        metavar="FROM,TO",
    )  # fmt: skip
    cpu: str | None = option(None, "only samples on these processors, e.g. 0,2-3", metavar="LIST")
    comm: tuple[str, ...] = option((), "only threads with this name (repeatable)", metavar="NAME")
    only_pid: tuple[int, ...] = option((), "only this process (repeatable)", metavar="PID")
    only_tid: tuple[int, ...] = option((), "only this thread (repeatable)", metavar="TID")

    def __post_init__(self) -> None:
        self.span(0)
        _ = self.cpus

    @property
    def chooses(self) -> bool:
        """Whether not all samples are wanted."""
        return bool(self.time is not None or self.cpu is not None or self.comm or self.only_pid or self.only_tid)

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
