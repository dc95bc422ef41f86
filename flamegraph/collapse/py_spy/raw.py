"""Raw text: a stack per line, frames divided by ";", and how often it was seen.

What py-spy does not escape is told apart by its shape. A frame ends with ")"; a command line, which is the name of a
process, ends with a quotation mark; what fits neither belongs to the name of the process or thread before it, over
line ends if need be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...builder import Builder
from ...errors import ParseError
from ...profile import Profile
from ...source import Source
from ...text import decode
from ...thread_labels import process_in, thread_in
from .labels import is_frame, is_python, parse_label

__all__ = ["looks", "read"]

NO_COUNT = "line without a count"

_COUNT = re.compile(r"\d{1,18}")

#: Where a name that may hold anything begins.
_HEADS = ("process ", "thread (")


def looks(head: bytes, whole: bool) -> bool:
    """Whether this is the beginning of a raw text: lines with a count, frames of this shape, some of them Python's."""
    if b"\0" in head or not (b".py" in head or b"(<" in head):  # without which no frame is Python's
        return False
    lines = head.split(b"\n")
    if not whole and len(lines) > 1:
        lines.pop()
    entries = list(_entries(decode(line) for line in lines))
    counted = [stack for stack, count in map(_split, entries) if count]
    if entries and len(lines) == 1 and not whole:  # one line that is longer than all that can be seen
        counted = entries = [entries[0].rpartition(";")[0]]
    stacks = [_pieces(stack) for stack in counted if stack]
    shaped = [[is_frame(piece) or _is_head(piece) for piece in stack] for stack in stacks]
    most = 0.9
    return (
        2 * len(counted) >= len(entries)
        and sum(stack[0] for stack in shaped) >= most * max(1, len(shaped))
        and sum(map(sum, shaped)) >= most * sum(map(len, shaped))
        and any(is_python(piece.encode("utf-8", "surrogateescape")) for stack in stacks for piece in stack)
    )


def read(source: Source) -> Profile:
    """The profile of a raw text. ParseError where no line of it counts anything."""
    build = Builder()
    samples = build.metric("samples", "samples")
    frames: dict[str, int] = {}
    threads: dict[tuple[int, int], str] = {}
    first = ""
    for entry in _entries(source.lines()):
        stack, count = _split(entry)
        if not count:
            first = first or entry
            build.skip(NO_COUNT)
            continue
        pieces = _pieces(stack)
        for piece in pieces:
            if piece not in frames:
                frames[piece] = build.frame(*parse_label(piece))
        _note_thread(threads, pieces)
        build.sample(build.stack([frames[piece] for piece in pieces]), int(count), samples)
    for (pid, tid), name in threads.items():
        build.thread(pid, tid, name)
    profile = build.finish()
    if not len(profile.samples) and first:
        raise ParseError(source.name, "stacks with a count, such as 'main (app.py:19) 12'", repr(first[:60]))
    return profile


def _entries(lines: Iterable[str]) -> Iterator[str]:
    """The lines, those put together again that the line ends in a command line or a thread's name have divided."""
    waiting: list[str] = []
    for line in lines:
        head = _is_head(line)
        if waiting and head:
            yield "\n".join(waiting)
            waiting = []
        if (head or waiting) and not _is_end(line):
            waiting.append(line)
        elif waiting:
            yield "\n".join([*waiting, line])
            waiting = []
        elif line.strip():
            yield line
    if waiting:
        yield "\n".join(waiting)


def _is_head(piece: str) -> bool:
    return piece.startswith(_HEADS) and (process_in(piece) is not None or thread_in(piece) is not None)


def _is_end(line: str) -> bool:
    """Whether an entry that has a head ends with this line. One that ends in a frame but no count is cut off."""
    stack, count = _split(line)
    last = stack.rpartition(";")[2]
    return is_frame(last) or (bool(count) and (last.endswith('"') or last.startswith("thread (")))


def _split(entry: str) -> tuple[str, str]:
    """(stack, count), the count "" where there is none."""
    stack, _, count = entry.rstrip().rpartition(" ")
    return (stack, count) if _COUNT.fullmatch(count) else (entry, "")


def _pieces(stack: str) -> list[str]:
    """The frames, with the names of processes and threads in one piece each."""
    pieces = stack.split(";") if stack else []
    heads, at = [], 0
    while at < len(pieces) and _is_head(pieces[at]):
        end = _end_of_head(pieces, at)
        heads.append(";".join(pieces[at:end]))
        at = end
    return heads + pieces[at:]


def _end_of_head(pieces: list[str], at: int) -> int:
    """Where the name ends that begins with the piece `at`: behind its last quotation mark, and before any frame."""
    end = at + 1
    if pieces[at].startswith("process ") and not pieces[at].endswith('"'):
        for i in range(end, len(pieces)):
            if _is_head(pieces[i]):
                break
            if pieces[i].endswith('"'):
                end = i + 1
                break
    while end < len(pieces) and not is_frame(pieces[end]) and not _is_head(pieces[end]):
        end += 1
    return end


def _note_thread(threads: dict[tuple[int, int], str], pieces: list[str]) -> None:
    """Note the (process, thread) of a stack with its name. At a thread's beginning py-spy does not know that yet."""
    pid = -1
    for piece in pieces:
        if not piece.startswith(_HEADS):
            return
        if (process := process_in(piece)) is not None:
            pid = process
        elif thread := thread_in(piece):
            threads[pid, thread[0]] = thread[1] or threads.get((pid, thread[0]), "")
