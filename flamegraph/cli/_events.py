"""What `flamegraph collapse --list-events` says, as text and as JSON.

The JSON is one object, "schema": "flamegraph.events/1". Keys may be added under this number; none changes its meaning.

    schema      "flamegraph.events/1"
    recordings  one for each input, in their order:
        input         the name of what was read
        format        the format that was read
        events        [{name, unit, samples, total}], in the order of their first samples; `total` is in `unit`
        duration_ns   from the first sample to the last
        command, host, architecture, release    of the recording, the machine and its kernel
        lost          {records, samples}: what the kernel had to drop, by its own count
        skipped       {reason: count}: what the input held and could not be read

What a recording does not say is "" or 0.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator, Sequence
from typing import Any

from ..collapse import detect, formats
from ..description import Description
from ..errors import UsageError
from ..source import Source
from ..text import printable
from ..units import count, duration_ns, quantity
from ._inputs import check_inputs
from ._progress import progress

__all__ = ["listed"]


def listed(inputs: Sequence[str], format: str | None, json: bool, quiet: bool) -> bytes:
    """What there is to say about each input. UsageError where a format can't tell."""
    told = []
    for name in check_inputs(inputs):
        source = Source(name)
        with progress(f"reading {name}", quiet):
            chosen = formats()[format] if format else detect(source)
            if chosen.describe is None:
                able = ", ".join(other.name for other in formats().values() if other.describe)
                raise UsageError(f"{source.name}: {chosen.name} holds no list of events (--list-events: {able})")
            told.append((source.name, chosen.name, chosen.describe(source)))
    if json:
        report = {"schema": "flamegraph.events/1", "recordings": [_as_object(*one) for one in told]}
        return (json_text.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()
    return "\n".join("".join(printable(line) + "\n" for line in _lines(*one)) for one in told).encode()


def _as_object(name: str, format: str, found: Description) -> dict[str, Any]:
    return {
        "input": printable(name),
        "format": format,
        "events": [
            {"name": printable(e.name), "unit": printable(e.unit), "samples": e.samples, "total": e.total}
            for e in found.events
        ],
        "duration_ns": found.duration,
        "command": printable(found.command),
        "host": printable(found.host),
        "architecture": printable(found.architecture),
        "release": printable(found.release),
        "lost": {"records": found.lost_records, "samples": found.lost_samples},
        "skipped": {printable(reason): number for reason, number in sorted(found.skipped.items())},
    }


def _lines(name: str, format: str, found: Description) -> Iterator[str]:
    yield f"{name} ({format})"
    facts = {
        "command": found.command,
        "host": found.host,
        "machine": " ".join(filter(None, (found.architecture, found.release))),
        "duration": duration_ns(found.duration) if found.duration else "",
        "lost": ", ".join(
            f"{count(number)} {what}"
            for number, what in ((found.lost_records, "records"), (found.lost_samples, "samples"))
            if number
        ),
    }
    for fact, text in facts.items():
        if text:
            yield f"{fact}: {text}"
    for reason, number in sorted(found.skipped.items()):
        yield f"skipped: {count(number)} × {reason}"
    rows = [("samples", "total", "event")]
    for event in found.events:
        rows.append((count(event.samples), quantity(event.total, event.unit) if event.samples else "", event.name))
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    yield ""
    for samples, total, event in rows:
        yield f"{samples:>{wide[0]}}  {total:>{wide[1]}}  {event}"
