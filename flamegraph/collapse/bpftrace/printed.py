"""Stacks that a program printed by printf("%d %s %s %s\\n", pid, comm, kstack, ustack), in place of keeping a map.

    1234 io worker 1
            vfs_read+187
            entry_SYSCALL_64_after_hwframe+118

            __GI___libc_read+76

What stands before a stack is the sample's name, without numbers that all of them begin or end with: ids and times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["printed_stacks"]

_FRAME = re.compile(r" {4,}\S|\t[0-9a-f]+ |[0-9a-f]{8,16}$")
_NUMBER = re.compile(r"[\[(]?(?:\d+(?:[.:]\d+)*|0x[0-9a-f]+)[\])]?[,:]?", re.ASCII)

#: More stacks than this under one line are one sample each.
_BOTH = 2

Printed = tuple[str, list[list[str]]]


def printed_stacks(lines: Sequence[str], keys: str) -> tuple[list[Printed], int]:
    """(name and stacks of each sample, how many lines belong to none). `keys` is the option of that name."""
    groups: list[Printed] = [("", [])]
    names: list[str] = []
    before = ""
    for line in lines:
        if _FRAME.match(line):
            if not groups[-1][1] or not _FRAME.match(before):
                groups[-1][1].append([])
            groups[-1][1][-1].append(line)
        elif line.strip():
            groups.append((line.strip(), []))
        before = line
    other = sum(bool(name) and not stacks for name, stacks in groups)
    groups = [group for group in groups if group[1]]
    names = _names([name for name, _ in groups], keys)
    found: list[Printed] = []
    for name, (_, stacks) in zip(names, groups, strict=True):
        found += [(name, stacks)] if len(stacks) <= _BOTH and name else [(name, [stack]) for stack in stacks]
    return found, other


def _names(lines: list[str], keys: str) -> list[str]:
    """What is shown of the lines before stacks."""
    if keys != "names":
        return lines if keys == "all" else [""] * len(lines)
    words = [line.split() for line in lines if line]
    first = min(map(_leading, words), default=0)
    last = min((_leading(line[::-1]) for line in words), default=0)
    shown = []
    for line in lines:
        kept = line.split(None, first)[first:] if first else [line]
        shown.append(kept[0].rsplit(None, last)[0] if kept and kept[0].split(None, last)[last:] else "")
    return shown


def _leading(words: list[str]) -> int:
    """How many numbers a line begins with."""
    return next((i for i, word in enumerate(words) if not _NUMBER.fullmatch(word)), len(words))
