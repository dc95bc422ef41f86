"""Large input in several processes: cut it where a sample begins, read the stretches, each to its `Part`.

The workers are forks: they see the text where it lies in memory, nothing is copied to them. Where there is no fork,
one processor or little text, the one process does it all, with the same result.
"""

from __future__ import annotations

import mmap
from itertools import pairwise

from ...processes import Fork, can_fork, processors
from .columns import Part
from .frames import Spelling
from .wanted import Wanted
from .windows import next_head, read_part

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
        processes = min(processors() if can_fork() else 1, _MOST_PROCESSES, stop // _WORTH_A_PROCESS)
    cuts = [next_head(data, stop * i // processes, stop) for i in range(1, processes)] if processes > 1 else []
    edges = [0, *sorted(set(cuts) - {stop}), stop]
    stretches = list(pairwise(edges))
    how = (spelling, timeline, wanted)
    helpers = [Fork(read_part, data, *stretch, *how) for stretch in stretches[1:]]
    try:
        first = read_part(data, *stretches[0], *how)
        return [first, *(helper.result() for helper in helpers)]
    finally:
        for helper in helpers:
            helper.stop()
