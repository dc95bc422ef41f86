"""Blocks of text into samples.

The usual block, a header with frames below it and a blank line after it, costs a few splits and three look-ups of
text that was seen before. Everything else (samples on one line, records, registers, source code, no times, damage)
is read line by line.
"""

from __future__ import annotations

import mmap
import re

import numpy as np

from ...text import decode
from .columns import MOST_EVENTS, Columns, Part, pack
from .frames import Spelling, frame_in, is_frame, parse_srcline
from .heads import UNWANTED, Who, parse_cpu, parse_what, parse_who, split_head
from .stacks import StackTexts
from .wanted import Wanted

__all__ = ["RECORD", "Reader"]

# Distinct texts kept of those that hardly ever repeat where periods or arguments vary.
_REMEMBERED = 1 << 17

RECORD = b"PERF_RECORD_"
# Lines below a sample that are no frames and are not needed: registers, branches, source code, raw bytes.
_ASIDE = re.compile(rb"[ \t]*(?:ABI:\d|0x[0-9a-f]+[/ ]|\||\.\.|[A-Z ]+: *0x|insn:)")

NO_SAMPLE = "frame without a sample"
NO_SENSE = "line that is neither a sample nor a frame"
NO_TRACE = "instruction trace error"
NO_EVENT = f"sample of an event after the first {MOST_EVENTS:,}"

# A header line: row of the thread, time as printed, what stands right of it.
Head = tuple[int, bytes, bytes]


class _Whos(dict[bytes, int]):
    """What stands left of the time → row of `rows`, -1 where that is no thread."""

    def __init__(self, timeline: bool, wanted: Wanted | None) -> None:
        self.rows: dict[Who, int] = {}
        self._timeline, self._wanted = timeline, wanted

    def __missing__(self, text: bytes) -> int:
        who = parse_who(text)
        if who and self._timeline:
            who = who._replace(cpu=parse_cpu(text))
        if who and self._wanted:
            who = self._wanted.judged(who, text)
        self[text] = row = -1 if who is None else self.rows.setdefault(who, len(self.rows))
        return row


class _Whats(dict[bytes, int]):
    """What stands right of the time → event and period, packed; -1 where that is no event."""

    def __init__(self) -> None:
        self.rows: dict[bytes, int] = {}

    def __missing__(self, text: bytes) -> int:
        event, period, _ = parse_what(text)
        row = self.row(event) if event and not event.startswith(RECORD) else -1
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = packed = pack(row, period) if row >= 0 else -1
        return packed

    def row(self, event: bytes) -> int:
        """The row of an event; -1 where there are too many."""
        if event not in self.rows and len(self.rows) >= MOST_EVENTS:
            return -1
        return self.rows.setdefault(event, len(self.rows))


class Reader:
    """Reads blocks; `part` says what was in them."""

    def __init__(self, spelling: Spelling, timeline: bool, wanted: Wanted | None = None):
        """`wanted` says which samples count; without it all do."""
        self._wanted = wanted
        self._whos, self._whats, self._texts = _Whos(timeline, wanted), _Whats(), StackTexts(spelling)
        self._rows = Columns(timeline)
        self._flat: dict[bytes, tuple[int, int]] = {}  # what stands right of a period → (row of the event, node)
        self._waiting = -1  # as many samples as there were when the last one had no frames
        self._skipped: dict[str, int] = {}

    def blocks(self, data: bytes | mmap.mmap, start: int, ends: list[int]) -> int:
        """Read the blocks that end at `ends`; returns where the next one starts."""
        whos, whats, texts = self._whos, self._whats, self._texts
        who_rows, what_rows, nodes, times = self._rows.who, self._rows.what, self._rows.node, self._rows.time
        for end in ends:
            block = data[start:end]
            start = end + 2
            head, _, text = block.partition(b"\n")
            left, _, right = head.partition(b": ")
            left, _, time = left.rpartition(b" ")
            if text and b"." in time and time.replace(b".", b"", 1).isdigit():
                who, what, node = whos[left], whats[right], texts[text]
                if who >= 0 and what >= 0 and node >= 0:
                    who_rows.append(who)
                    what_rows.append(what)
                    nodes.append(node)
                    times.append(time)
                    continue
            if block:
                self._lines(block)
        # What ends a list of blocks that is not a blank line is a line's beginning or the end of the data.
        return start if data[end : end + 2] == b"\n\n" else end

    def _lines(self, block: bytes) -> None:
        """Read a block line by line."""
        flat, whos = self._flat, self._whos
        head: Head | None = None
        frames: list[bytes] = []
        aside = False  # below a record: whatever is indented belongs to it
        for line in block.split(b"\n"):
            # A sample on one line whose text right of the period was seen before.
            left, _, right = line.partition(b": ")
            left, _, time = left.rpartition(b" ")
            number, _, rest = right.lstrip().partition(b" ")
            if (
                rest in flat
                and number.isdigit()
                and len(number) <= 15
                and time.replace(b".", b"", 1).isdigit()
                and whos[left] >= 0
            ):
                if head or frames:
                    self._sample(head, frames)
                    head, aside, frames = None, False, []
                event, node = flat[rest]
                self._rows.append(whos[left], pack(event, int(number)), node, time)
                continue
            line = line.rstrip(b"\r")
            first = line[:1]
            if not line.strip():
                self._sample(head, frames)
                head, aside, frames = None, False, []
                continue
            new = None if first == b"\t" else self._head(line)
            if new:
                self._sample(head, frames)
                aside = new[2].lstrip().startswith(RECORD)
                head, frames = None if aside else new, []
            elif first == b"#":
                continue
            elif is_frame(line):
                if not aside:
                    frames.append(line)
            elif b"instruction trace error" in line[:100]:
                self._skip(NO_TRACE)
            elif frames and is_frame(frames[-1]) and first in b" \t" and parse_srcline(line):
                frames.append(line)
            elif not aside and not (_ASIDE.match(line) and (head or frames)):
                self._skip(NO_SENSE)
        self._sample(head, frames)

    def _head(self, line: bytes) -> Head | None:
        left, _, right = line.partition(b": ")
        left, _, time = left.rpartition(b" ")
        if time.replace(b".", b"", 1).isdigit() and b"." in time:
            who = self._whos[left]
            if who >= 0:
                return who, time, right
        if line.startswith(b" ") and is_frame(line):
            return None
        parts = split_head(line)
        return (self._whos[parts[0]], parts[1], parts[2]) if parts else None

    def _sample(self, head: Head | None, frames: list[bytes]) -> None:
        text = b"\n".join(frames)
        if head is None:
            if not frames:
                return
            if self._waiting == len(self._rows.who):  # an empty line between a header and its frames
                self._rows.node[-1] = max(0, self._texts[text])
                self._waiting = -1
            else:
                self._skip(NO_SAMPLE)
            return
        who, time, right = head
        if frames:
            event, period, _ = parse_what(right)
            node = max(0, self._texts[text])
        else:
            event, period, node = self._on_one_line(right)
        row = self._whats.row(event)
        if row < 0:
            self._skip(NO_EVENT)
            return
        self._rows.append(who, pack(row, period), node, time)
        if node == 0:
            self._waiting = len(self._rows.who)

    def _on_one_line(self, right: bytes) -> tuple[bytes, int, int]:
        """(event, period, node) of a sample without frames below it, which may have one at its end."""
        event, period, end = parse_what(right)
        node = max(0, self._texts[frame_in(end)])
        number, _, rest = right.lstrip().partition(b" ")
        row = self._whats.row(event)
        if node and row >= 0 and number.isdigit() and period >= 0:
            if len(self._flat) >= _REMEMBERED:
                self._flat.clear()
            self._flat[rest] = row, node
        return event, period, node

    def _skip(self, reason: str) -> None:
        self._skipped[reason] = self._skipped.get(reason, 0) + 1

    def add_up(self) -> None:
        """Make room: what was read so far becomes arrays."""
        if self._wanted:
            self._leave_out(self._wanted)
        self._rows.add_up()
        self._waiting = -1

    def _leave_out(self, wanted: Wanted) -> None:
        left_out = {row: decode(who.comm) for who, row in self._whos.rows.items() if who.pid == UNWANTED}
        keep = []
        for row, (who, time) in enumerate(zip(self._rows.who, self._rows.time, strict=True)):
            reason = left_out.get(who)
            reason = wanted.why_not(time) if reason is None else reason
            if reason is None:
                keep.append(row)
            elif reason:
                self._skip(reason)
        self._rows.keep(keep)

    def part(self) -> Part:
        """All that was read."""
        return Part(
            list(self._whos.rows),
            list(self._whats.rows),
            self._rows.periods,
            list(self._texts.frames),
            np.array(self._texts.parent, np.int32),
            np.array(self._texts.frame, np.int32),
            *self._rows.arrays(),
            self._rows.span(),
            self._rows.total,
            self._skipped,
        )
