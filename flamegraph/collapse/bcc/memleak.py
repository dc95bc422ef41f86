"""memleak: what is allocated and not freed yet, reported again and again.

    [11:16:34] Top 2 stacks with outstanding allocations:
    \t160 bytes in 10 allocations from stack
    \t\t0x0000559b4789639f\tmain+0x6d [allocs]
    \t\t0x00007fdf47029d90\t__libc_start_main+0xf0 [libc-2.21.so]

A report holds what is left of all before it, so the last one counts. The tool in C writes "0 [<55…>] main+0x6d
[allocs]" below an entry that is not indented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...builder import Builder
from ...profile import Kind, Meta, Profile
from ...sums import LARGEST
from .frames import Frame, kinds, parse_frame

if TYPE_CHECKING:
    from . import Options

__all__ = ["is_memleak", "read_memleak"]

_REPORT = re.compile(r"(?:\[.{1,40}\] )?Top \d+ stacks with outstanding allocations:.*")
_ENTRY = re.compile(r"\s*(\d{1,20}) bytes in (\d{1,20}) allocations from stack")
_ADDRESS = re.compile(r"\s+addr = (?:0x)?[0-9a-f]+ size = \d+")
_SIGNS = re.compile(
    rb"^(?:\[[^\n]{1,40}\] )?Top \d+ stacks with outstanding|^\s*\d+ bytes in \d+ allocations from stack\r?$",
    re.MULTILINE,
)
_LOST = "stack information lost"


def is_memleak(head: bytes) -> bool:
    """Whether memleak printed this."""
    return _SIGNS.search(head) is not None


def read_memleak(lines: Iterable[str], options: Options) -> Profile:
    """The profile of the last report that has entries."""
    earlier = 0
    report: list[tuple[int, int, list[str]]] = []
    fresh: list[tuple[int, int, list[str]]] = []
    for line in lines:
        if found := _ENTRY.fullmatch(line):
            fresh.append((int(found[1]), int(found[2]), []))
        elif _REPORT.fullmatch(line):
            earlier += bool(report and fresh)
            report, fresh = fresh or report, []
        elif fresh and line[:1] in (" ", "\t") and not _ADDRESS.fullmatch(line) and line.strip():
            fresh[-1][2].append(line)
    earlier += bool(report and fresh)
    return _profile(fresh or report, earlier, options)


def _profile(report: list[tuple[int, int, list[str]]], earlier: int, options: Options) -> Profile:
    build = Builder()
    size_of, count_of = build.metric("bytes", "bytes"), build.metric("allocations", "allocations")
    build.skip("report before the last one", earlier)
    known: dict[str, Frame] = {}
    for size, count, lines in report:
        if max(size, count) > LARGEST:
            build.skip("value of 2^63 or more")
            continue
        for line in lines:
            if line not in known:
                known[line] = parse_frame(line, options.offsets)
        frames = [known[line] for line in lines]
        found = list(zip(frames, kinds(frames, ""), strict=True))
        node = build.stack(
            build.frame(f"[{_LOST}]", Kind.GAP) if frame.name == _LOST else build.frame(frame.name, kind, frame.module)
            for frame, kind in reversed(found)
        )
        build.sample(node, size, size_of)
        build.sample(node, count, count_of)
    return build.finish(Meta(annotated=frozenset({Kind.KERNEL} if options.kernel else ())))
