"""What lines are: headers, stacks in lines or folded, numbers that end them, and what is said around them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...builder import Builder
from ...profile import Kind, Meta, Profile
from ...sums import LARGEST
from .frames import Frame, parse_frame, unquoted
from .layouts import Row, folded, plain, wake
from .tools import tool_of, without_header

if TYPE_CHECKING:
    from . import Options

__all__ = ["read_stacks"]

_COUNT = re.compile(r"(?: {8,}|\t)(\d{1,20})")
_COUNT_OF_STACKCOUNT = re.compile(r" {4}(\d{1,20})")
_BEHIND_TWO = re.compile(r"  [^ \t]")
_FOLDED = re.compile(r"(.*\S) (\d{1,20})")

_LOST = re.compile(r"WARNING: (\d{1,18}) stack traces (?:lost and )?could not be displayed\b.*")
_NEGATIVE = re.compile(r"WARN: Skipped an event with negative duration\b.*")
#: What tools, the shell and the compiler of BPF programs say around stacks.
_SAID = re.compile(
    r"WARN.*|Detaching\.\.\..*|\d\d:\d\d:\d\d|\[\.\.\.\S*|[#$] .*|.*: not found|Possibly lost \d+ .*|chdir\(.*"
    r"|In file included from .*|.*: (?:warning|note): .*|\d+ warnings? generated\.|Unable to find kernel headers.*"
)


def read_stacks(lines: Iterable[str], options: Options) -> Profile:
    """The profile of an output. What a line is, is told by the line itself and by the header above it."""
    reader = _Reader(options)
    for line in lines:
        if not line.strip():
            reader.end()
        elif line[0] in " \t":
            reader.take_indented(line)
        else:
            reader.take(line.removeprefix("^C"))
    return reader.finish()


class _Reader:
    def __init__(self, options: Options):
        self.options = options
        self.build = Builder()
        self.tool = without_header(options.unit)
        self.has_header = self.in_lines = False
        self.block: list[str] = []
        self.frames: dict[str, Frame] = {}
        self.rows: dict[Row, int] = {}
        self.marks = options.kernel
        self.duration = 0

    def take(self, line: str) -> None:
        """Take a line that is not indented: a header, a folded stack, or something said."""
        self.end()
        if tool := tool_of(line):
            self.tool, self.has_header = tool, True
            self.duration += tool.duration
        elif lost := _LOST.fullmatch(line):
            self.build.skip("stack lost by the tool", int(lost[1]))
        elif _NEGATIVE.fullmatch(line):
            self.build.skip("event with negative duration")
        elif (found := _FOLDED.fullmatch(line)) and (";" in found[1] or (self.has_header and not self.in_lines)):
            self.count(folded(found[1].split(";"), self.frame, self.tool.context, self.label), found[2])
        elif line and not _SAID.fullmatch(line):
            self.build.skip("line that is no part of a stack")

    def take_indented(self, line: str) -> None:
        """Take a line of a stack, or the number that ends it."""
        if not line[-1].isdigit():
            self.block.append(line)
            return
        counts = self.tool.counts or (bool(self.block) and _BEHIND_TWO.match(self.block[0]))
        found = (_COUNT_OF_STACKCOUNT if counts else _COUNT).fullmatch(line)
        if not found:
            self.block.append(line)
            return
        context = self.tool.context
        rows = wake(self.block, self.frame, self.label, context) or plain(self.block, self.frame, context, self.label)
        self.count(rows, found[1])
        self.block.clear()
        self.in_lines = True

    def end(self) -> None:
        """Where a stack has to be over."""
        self.build.skip("stack without a count", bool(self.block))
        self.block.clear()

    def frame(self, text: str) -> Frame:
        """The frame in a line. Each distinct one is looked at once."""
        found = self.frames.get(text)
        if found is None:
            found = self.frames[text] = parse_frame(text, self.options.offsets)
            self.marks |= found.marked
        return found

    def label(self, comm: str, pid: str) -> str:
        """How a thread is shown."""
        comm = unquoted(comm)
        self.build.thread(int(pid) if pid else -1, -1, comm)
        return f"{comm}-{pid}" if pid and self.options.pid else comm

    def count(self, rows: list[Row], number: str) -> None:
        value = int(number) * self.tool.factor
        if value > LARGEST:
            self.build.skip("value of 2^63 or more")
            return
        node, push, known = 0, self.build.push, self.rows
        for row in rows:
            frame = known.get(row)
            if frame is None:
                frame = known[row] = self.build.frame(*row)
            node = push(node, frame)
        self.build.sample(node, value, self.build.metric(*self.tool.metric))

    def finish(self) -> Profile:
        self.end()
        annotated = frozenset({Kind.KERNEL} if self.marks else ())
        return self.build.finish(Meta(duration=self.duration, annotated=annotated))
