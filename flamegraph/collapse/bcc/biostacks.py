"""biostacks of libbpf-tools: where block I/O was started, with a histogram of how long it took.

    kworker/u16:2  77     vda
    blk_account_io_start
    submit_bio
         usecs               : count    distribution
            64 -> 127        : 3        |********************                    |
           128 -> 255        : 6        |****************************************|

What is counted are requests. (bpftrace's biostacks.bt prints maps, which `bpftrace` reads.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...builder import Builder
from ...profile import Kind, Meta, Profile

if TYPE_CHECKING:
    from . import Options

__all__ = ["is_biostacks", "read_biostacks"]

_SIGNS = re.compile(rb"^ +[um]secs +: count +distribution", re.MULTILINE)
_WHO = re.compile(r"(.{1,15}?) +(\d{1,10}) +(\S+) *")
_HEAD = re.compile(r" +[um]secs +: count +distribution.*")
_ROW = re.compile(r" *\d+ -> \d+ +: (\d{1,18}) +\|.*")


def is_biostacks(head: bytes) -> bool:
    """Whether biostacks printed this."""
    return head.startswith(b"Tracing block I/O with init stacks") and _SIGNS.search(head) is not None


def read_biostacks(lines: Iterable[str], options: Options) -> Profile:
    """The profile of an output: thread and disk, then the kernel's stack."""
    build = Builder()
    metric = build.metric("block I/O", "requests")
    block: list[str] = []
    counts: list[int] = []
    for line in [*lines, ""]:
        if row := _ROW.fullmatch(line):
            counts.append(int(row[1]))
        elif line.strip():
            if not _HEAD.fullmatch(line) and not line.startswith("Tracing block I/O"):
                block.append(line)
        elif block:
            who = _WHO.fullmatch(block[0])
            if who and counts:
                comm = f"{who[1]}-{who[2]}" if options.pid else who[1]
                roots = [build.frame(comm, Kind.PROCESS), build.frame(who[3], Kind.PROCESS)]
                frames = [build.frame(name.strip(), Kind.KERNEL) for name in reversed(block[1:])]
                build.sample(build.stack(roots + frames), sum(counts), metric)
            else:
                build.skip("stack without a count")
            block, counts = [], []
    return build.finish(Meta(annotated=frozenset({Kind.KERNEL} if options.kernel else ())))
