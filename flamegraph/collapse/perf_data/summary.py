"""What is in a recording, without naming a single address: for `--list-events`."""

from __future__ import annotations

from dataclasses import replace

from ...description import Description, EventDescription
from ...errors import ParseError
from ...source import Source
from ..perf_script.events import unit
from .events import TRACEPOINT, event_name
from .folder import others
from .gather import Gather
from .header import Header, read_header
from .options import Options
from .records import blocks

__all__ = ["gathered", "summary"]


def gathered(source: Source, options: Options) -> tuple[Header, Gather]:
    """The head of a recording, and all that its records hold. ParseError where the head or the sums are damaged."""
    header = read_header(source.data, source.name)
    gather = Gather(header, options)
    parts = list(others(source, header))
    try:
        for block in blocks(header, source.data):
            gather.take(replace(block, mark=-1) if parts else block)  # what marks say of the order holds for one file
        for part in parts:
            for block in blocks(replace(header, start=0, stop=len(part.raw)), part.raw):
                gather.take(replace(block, mark=-1))
        gather.finish()
    except OverflowError:
        raise ParseError(source.name, "periods that add up to less than 2^63", "larger ones") from None
    return header, gather


def summary(source: Source) -> Description:
    """What is in a recording, also where it holds no samples. ParseError where its head is damaged."""
    header, gather = gathered(source, Options())
    keys, values = gather.rows.table()
    seen = sorted(gather.rows.seen, key=lambda event: (gather.rows.seen[event], event))
    order = seen + [event for event in range(len(header.attrs)) if event not in gather.rows.seen]
    event, weight, count = keys[:, 5], values[:, 0], values[:, 1]
    events = []
    for number in order:
        mine = event == number
        attr, samples, total = header.attrs[number], int(count[mine].sum()), int(weight[mine].sum(dtype=object))
        name = event_name(attr, header.tracepoints)
        events.append(EventDescription(name, unit(name, attr.type != TRACEPOINT or total != samples), samples, total))
    return Description(
        events=tuple(events),
        duration=gather.rows.duration,
        command=" ".join(header.command),
        host=header.words.get("hostname", ""),
        architecture=header.words.get("arch", ""),
        release=header.words.get("osrelease", ""),
        lost_records=gather.processes.lost,
        lost_samples=gather.processes.lost_samples,
        skipped=dict(header.skipped),
    )
