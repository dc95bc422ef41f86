"""From blocks of records to rows that were added up: chain, memory, comm and event of each, and what it counts.

Call chains are told apart by their content, long before any name is looked up. Samples wait, a few columns each, until
all that happened before them is known; then they are joined with what their process was called and had in its memory,
and added up. So what is held grows with the distinct stacks, not with the recording.
"""

from __future__ import annotations

import numpy as np

from ...errors import UsageError
from .deferred import Deferred
from .events import Attr, Sample
from .header import Header
from .options import Options
from .processes import Processes
from .records import Block
from .rows import Rows, Waiting
from .samples import Columns, Layout, Router, decode
from .unwind import CONTEXT, complete

__all__ = ["Gather"]

_SAMPLE = 9

#: Samples and changes of processes that wait at most where perf's marks allow to go on. Joining and adding up as many
#: takes some 130 MB.
_WAITING = 1 << 19

#: A period as large as this is damage; so many of them could not be added up.
_LARGEST = 1 << 62


class Chains(dict[bytes, int]):
    """Content of a call chain → its number, in order of appearance."""

    def __missing__(self, content: bytes) -> int:
        number = self[content] = len(self)
        return number


class Gather:
    """Takes the blocks of a recording, then `finish` gives its rows."""

    def __init__(self, header: Header, options: Options):
        self.processes, self.chains, self.deferred = Processes(), Chains(), Deferred(header.order)
        self.rows = Rows(self.processes, options)
        self.copied_stacks = False  # whether the user's stacks were copied, to be unwound later
        self._header, self._options = header, options
        self._router: Router | None = None
        self._attrs: list[Attr] = []
        self._records = 0
        self._waiting: list[Waiting] = []
        self._newest = self._newest_before_mark = self._newest_at_mark = -1

    def take(self, block: Block) -> None:
        """Take in the records of a block."""
        self._know_events()
        sample = block.kind == _SAMPLE
        others = np.flatnonzero(~sample)
        times = self._router.times(block, others) if self._timed else self._records + others
        self.processes.take(block, others, times, self._header.order)
        self.deferred.take(block)
        self._newest_before_mark = self._newest
        rows = np.flatnonzero(sample)
        if len(rows):
            self._samples(block, rows)
        self._records += len(block.at)
        if block.mark >= 0:
            # What is older than the newest record before the last mark but one can have no predecessor any more.
            until, self._newest_at_mark = self._newest_at_mark, self._newest_before_mark
            if self._timed and sum(map(len, self._waiting)) + self.processes.waiting >= _WAITING:
                self._settle(until)

    def finish(self) -> Rows:
        """All rows of the recording."""
        self._settle(None)
        return self.rows

    def _know_events(self) -> None:
        attrs = self._header.attrs
        if self._router is None or attrs is not self._attrs or len(attrs) != len(self._router.layouts):
            self._attrs, self._router = attrs, Router(attrs)
            # As perf: without these trailers nothing tells when a process changed, and the order of the file counts.
            self._timed = bool(attrs) and attrs[0].sample_id_all and bool(attrs[0].sample_type & Sample.TIME)

    def _samples(self, block: Block, rows: np.ndarray) -> None:
        if not self._attrs:
            return self._header.skip("sample of an unknown event", len(rows))
        event = self._router.events(block, rows)
        self._header.skip("sample of an unknown event", int((event < 0).sum()))
        layouts: dict[Layout, list[int]] = {}
        for number, layout in enumerate(self._router.layouts):
            layouts.setdefault(layout, []).append(number)
        for layout, numbers in layouts.items():
            mine = np.isin(event, numbers) if len(layouts) > 1 else event >= 0
            if mine.any():
                columns = decode(block, rows[mine], event[mine], layout)
                self._header.skip("sample cut short", int(mine.sum()) - len(columns))
                self._wait(block, columns, layout)

    def _wait(self, block: Block, columns: Columns, layout: Layout) -> None:
        self.rows.clocked &= columns.time is not None
        if self._options.time is not None and columns.time is None:
            raise UsageError(f"--time {self._options.time}: the recording holds no times")
        if self._options.cpu is not None and columns.cpu is None:
            raise UsageError(
                f"--cpu {self._options.cpu}: the recording holds no processors; use perf record --sample-cpu"
            )
        if (self._options.only_pid or self._options.only_tid) and columns.pid is None:
            raise UsageError("--only-pid, --only-tid: the recording does not say which thread a sample is of")
        if columns.time is not None and len(columns):
            first = int(columns.time.min())
            self.rows.first = first if self.rows.first is None else min(first, self.rows.first)
        nothing = np.full(len(columns), -1, np.int32)
        pid = nothing if columns.pid is None else columns.pid
        tid = nothing if columns.tid is None else columns.tid
        when = columns.time if self._timed and columns.time is not None else self._records + columns.row
        self._newest = max(self._newest, int(when.max(initial=-1)))
        before = when[columns.row < block.mark]
        self._newest_before_mark = max(self._newest_before_mark, int(before.max(initial=-1)))
        weight = columns.period
        if weight is None:  # then it is the same for all samples of an event
            weight = np.array([attr.period for attr in self._attrs], np.uint64)[columns.event]
        keep = weight < _LARGEST
        self._header.skip("sample with a damaged period", len(keep) - int(keep.sum()))
        counted = columns.reads is not None and columns.reads[4] >= 0
        wanted = np.isin(columns.cpu, self._options.cpus) if self._options.cpus else np.ones(len(keep), bool)
        keep = np.flatnonzero(keep if counted else keep & wanted)  # a counter may have counted on other processors too
        waiting = Waiting(
            when=when[keep],
            time=when[keep] if columns.time is None else columns.time[keep],
            chain=np.array(self._chains(block, columns, keep, layout), np.int32),
            pid=pid[keep],
            tid=tid[keep],
            event=columns.event[keep].astype(np.int32),
            weight=weight[keep].astype(np.int64),
            counter=np.zeros(len(keep), np.int64),
            wanted=wanted[keep],
        )
        if counted:
            waiting = self._counted(block, columns, keep, waiting)
        self._waiting.append(waiting)

    def _chains(self, block: Block, columns: Columns, keep: np.ndarray, layout: Layout) -> list[int]:
        """The numbers of the chains of the samples `keep`."""
        chains = self.chains
        if columns.chain is None:
            if columns.ip is None:
                return [chains[b""]] * len(keep)
            markers = np.array([CONTEXT.get(mode, CONTEXT[3]) for mode in range(8)], np.int64).view(np.uint64)
            text = np.stack((markers[columns.mode[keep]], columns.ip[keep]), 1).astype(self._header.order + "u8")
            text = text.tobytes()
            return [chains[text[at : at + 16]] for at in range(0, len(text), 16)]
        if layout.lbr or layout.stacks_copied:
            self.copied_stacks |= layout.stacks_copied
            return [chains[content] for content in complete(block, columns, keep, layout, self._header)]
        raw = bytes(block.data)
        start, end = ((column[keep] * 8).tolist() for column in columns.chain)
        return [chains[raw[a:b]] for a, b in zip(start, end, strict=True)]

    def _counted(self, block: Block, columns: Columns, keep: np.ndarray, waiting: Waiting) -> Waiting:
        """One row per counter that was read with a sample, with the counter's value for a weight."""
        start, count, step, value_at, id_at = columns.reads
        start, count = start[keep], count[keep]
        row = np.repeat(np.arange(len(keep)), count)
        at = np.repeat(start, count) + step * (np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count))
        ids = block.words[at + id_at].astype(np.uint64)
        event = self._router.lookup(ids)
        known = event >= 0
        self._header.skip("counter of an unknown event", len(known) - int(known.sum()))
        waiting = waiting.at(row[known])
        waiting.event[:] = event[known]
        waiting.weight[:] = block.words[(at + value_at)[known]].astype(np.uint64).view(np.int64)
        waiting.counter[:] = ids[known].view(np.int64)
        return waiting

    def _settle(self, until: int | None) -> None:
        """Hand over what waits, up to the time `until`."""
        self.processes.settle(until)
        waiting, self._waiting = self._waiting, []
        if until is not None or any(part.counter.any() for part in waiting):  # what counters count depends on the order
            waiting = [Waiting.joined(waiting)]
        if until is not None:
            late = waiting[0].when > until
            self._waiting = [waiting[0].at(late)]
            waiting = [waiting[0].at(~late)]
        for part in Waiting.batches(waiting, _WAITING):
            self.rows.add(part)
