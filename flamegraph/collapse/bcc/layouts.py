"""How tools lay out a stack in lines, and what stack that is: its frames, outermost first.

profile, offcputime           stackcount -P             wakeuptime                   offwaketime

    vfs_read                  vfs_read                  target:          cat         waker:           kworker/0:1 77
    do_syscall_64             do_syscall_64             ffffffff81a0b2c4 wake_up     kthread
    --                            --                    ffffffff81a0b0a1 kthread     wake_up
    read                      read                      waker:           kworker     --               --
    -                cat (12)     cat [12]                                           schedule
                                                                                     target:          cat 12
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ...kernel_names import enters_kernel
from ...profile import Kind
from .frames import Frame, folded_kinds, kinds

__all__ = ["Label", "Row", "folded", "plain", "wake"]

#: How a thread is shown: called with its comm, and its id or "".
Label = Callable[[str, str], str]

_WHO = re.compile(r"--?\s{2,}(.*?)(?: \((-?\d{1,10})\))?")
_WHO_OF_STACKCOUNT = re.compile(r"    (.*) \[(\d{1,10})\]")
_WAKE = re.compile(r"(waker|target):\s+(.*)")
_NAME_AND_ID = re.compile(r"(.*) (\d{1,10})")
_BETWEEN = re.compile(r"(--?)\s{2,}--?")


class Row(NamedTuple):
    """A frame, as columns of `Profile.frames`."""

    name: str
    kind: int
    module: str = ""


def plain(block: Sequence[str], parse: Callable[[str], Frame], context: str, label: Label) -> list[Row]:
    """The stack of one thread. stackcount indents by two, and says last who it was, an old one first, or not at all."""
    lines = [*block]
    if "    --" in lines:
        lines[lines.index("    --")] = "-"  # as in folded output
    who: list[Row] = []
    if lines and (found := _WHO.fullmatch(lines[-1].strip())):
        who = [Row(label(found[1], found[2] or ""), Kind.PROCESS)]
        lines.pop()
    elif lines and not re.match(r"  \S", lines[0]) and not _WHO_OF_STACKCOUNT.fullmatch(lines[0]):
        who = [Row(label(lines.pop().strip(), ""), Kind.PROCESS)]  # an old offcputime
    else:
        for at in (-1, 0):
            if lines and (found := _WHO_OF_STACKCOUNT.fullmatch(lines[at])):
                who = [Row(label(found[1], found[2]), Kind.PROCESS)]
                lines.pop(at)
                break
    frames = [parse(line) for line in lines]
    return who + _rows(frames, kinds(frames, context))[::-1]


def wake(block: Sequence[str], parse: Callable[[str], Frame], label: Label, context: str) -> list[Row] | None:
    """The stacks of one who waited and one who woke it up; None where a block is something else."""
    texts = [line.strip() for line in block]
    above, below = (_WAKE.fullmatch(texts[i]) if len(texts) > 1 else None for i in (0, -1))
    if not above or not below or above[1] == below[1]:
        return None
    frames = [parse(text) for text in texts[1:-1]]
    if above[1] == "target":
        return _woken(above[2], frames, below[2], label)
    return _blocked(above[2], frames, below[2], label, context)


def _woken(target: str, frames: list[Frame], waker: str, label: Label) -> list[Row]:
    """wakeuptime: the waker's stack, and on top who was woken up. Versions differ in which end they print first."""
    if not frames or not enters_kernel(frames[0].name) or enters_kernel(frames[-1].name):
        frames = frames[::-1]
    ends = [Row(label(name, ""), Kind.PROCESS) for name in (waker, target)]
    return [ends[0], *_rows(frames, kinds(frames, "kernel")), ends[1]]


def _blocked(waker: str, frames: list[Frame], target: str, label: Label, context: str) -> list[Row]:
    """offwaketime: where one was blocked, and on top, upside down, how another one woke it up."""
    at = next((i for i, frame in enumerate(frames) if _BETWEEN.fullmatch(frame.name)), len(frames))
    # Those that print "--" in between print ids behind names as well.
    ids = at < len(frames) and frames[at].name.startswith("--")
    who = []
    for name in (target, waker):
        found = _NAME_AND_ID.fullmatch(name) if ids else None
        who.append(label(found[1], found[2]) if found else label(name, ""))
    below, above = frames[at + 1 :], frames[:at]
    return [
        Row(who[0], Kind.PROCESS),
        *_rows(below, kinds(below, context))[::-1],
        Row("--", Kind.GAP),
        *_rows(above, [Kind.WAKER if frame.is_code else Kind.GAP for frame in above])[::-1],
        Row(who[1], Kind.WAKER),
    ]


def folded(parts: Sequence[str], parse: Callable[[str], Frame], context: str, label: Label) -> list[Row]:
    """The stack in a folded line, which begins with the thread's name."""
    frames = [parse(part) for part in parts[1:]]
    return [Row(label(parts[0], ""), Kind.PROCESS), *_rows(frames, folded_kinds(frames, context))]


def _rows(frames: Iterable[Frame], kinds: Iterable[Kind]) -> list[Row]:
    return [Row(frame.name, kind, frame.module) for frame, kind in zip(frames, kinds, strict=True)]
