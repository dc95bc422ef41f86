"""Large input in several processes: cut it where a sample begins, read the stretches, each to its `Part`.

The workers are forks: they see the text where it lies in memory, nothing is copied to them. Where there is no fork,
one processor or little text, the one process does it all, with the same result.
"""

from __future__ import annotations

import mmap
import os
import threading
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING

from .columns import Part
from .frames import Spelling
from .wanted import Wanted
from .windows import next_head, read_part

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["read_parts"]

# Below this a fork and the way back of its result cost more than they save: 16 MiB are read in 0.03 s.
_WORTH_A_PROCESS = 16 << 20
# More than this hardly helps (the parts have to be put together in the end) and the machine has other work too.
_MOST_PROCESSES = 8


def read_parts(
    data: bytes | mmap.mmap,
    stop: int,
    spelling: Spelling,
    timeline: bool,
    wanted: Wanted | None = None,
    processes: int | None = None,
) -> list[Part]:
    """The parts of `data[:stop]`, in order. `processes` is for tests; by default it is chosen by size and machine."""
    if processes is None:
        processes = min(_processors(), _MOST_PROCESSES, stop // _WORTH_A_PROCESS)
    cuts = [next_head(data, stop * i // processes, stop) for i in range(1, processes)] if processes > 1 else []
    edges = [0, *sorted(set(cuts) - {stop}), stop]
    stretches = list(pairwise(edges))
    how = (spelling, timeline, wanted)
    helpers = [_Helper(data, (start, end), how) for start, end in stretches[1:]]
    try:
        first = read_part(data, *stretches[0], *how)
        return [first, *(helper.result() for helper in helpers)]
    finally:
        for helper in helpers:
            helper.stop()


def _processors() -> int:
    """How many processors this process may use; 1 where it must not fork."""
    # A fork has only the thread that made it; locks the others held stay locked. Linux tells the processors.
    if not hasattr(os, "sched_getaffinity") or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


class _Helper:
    """A forked process that reads one stretch."""

    def __init__(self, data: bytes | mmap.mmap, stretch: tuple[int, int], how: tuple[Spelling, bool, Wanted | None]):
        self._work = (data, *stretch, *how)
        import multiprocessing  # here, because most inputs are small and need no helper

        fork = multiprocessing.get_context("fork")
        self._receiver, sender = fork.Pipe(duplex=False)
        self._process = fork.Process(target=_read_and_send, args=(sender, *self._work), daemon=True)
        try:
            with warnings.catch_warnings():
                # Python warns of forks where there are threads; those of NumPy's linear algebra are not used here.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._process.start()
        except OSError:
            self._process = None  # no memory, or too many processes: do it here
        sender.close()

    def result(self) -> Part:
        """What the process found. Where it died (of memory, or killed), the stretch is read here."""
        try:
            return self._receiver.recv() if self._process else read_part(*self._work)
        except (EOFError, OSError):
            return read_part(*self._work)

    def stop(self) -> None:
        self._receiver.close()
        if self._process:
            self._process.terminate()
            self._process.join()


def _read_and_send(sender: Connection, *work) -> None:
    sender.send(read_part(*work))
    sender.close()
