"""The tracing data of a recording: here only which tracepoint has which id.

Layout: tools/perf/util/trace-event-info.c of Linux. A head, two descriptions of pages and events, those of ftrace, then
for each system (such as "sched") its name and a text for each of its tracepoints that begins with name and id.
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress

from ...text import decode

__all__ = ["tracepoints"]

_MAGIC = b"\x17\x08\x44tracing"
_TEXT = re.compile(rb"name: (\S+)\nID: (\d{1,9})\n")


def tracepoints(raw: bytes) -> dict[int, str]:
    """The name ("sched:sched_switch") of each tracepoint id. What is damaged is left out."""
    found: dict[int, str] = {}
    with suppress(struct.error, ValueError, OverflowError):  # the last: places that no machine has an address for
        _read(raw, found)
    return found


def _read(raw: bytes, found: dict[int, str]) -> None:
    if not raw.startswith(_MAGIC):
        return
    at = raw.index(b"\0", len(_MAGIC)) + 1  # the version
    order = ">" if raw[at : at + 1] == b"\1" else "<"
    at += 1 + 1 + 4  # byte order, size of a long, size of a page
    for part in (b"header_page\0", b"header_event\0"):
        at += len(part)
        at += 8 + struct.unpack_from(order + "Q", raw, at)[0]
    count, at = _number(raw, at, order)
    for _ in range(count):
        at += 8 + struct.unpack_from(order + "Q", raw, at)[0]
    systems, at = _number(raw, at, order)
    for _ in range(systems):
        end = raw.index(b"\0", at)
        system = decode(raw[at:end])
        count, at = _number(raw, end + 1, order)
        for _ in range(count):
            (size,) = struct.unpack_from(order + "Q", raw, at)
            text = _TEXT.match(raw, at + 8, min(at + 8 + size, len(raw)))
            if text:
                found[int(text[2])] = f"{system}:{decode(text[1])}"
            at += 8 + size


def _number(raw: bytes, at: int, order: str) -> tuple[int, int]:
    return struct.unpack_from(order + "I", raw, at)[0], at + 4
