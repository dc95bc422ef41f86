#!/usr/bin/env python3
"""Make the fixtures in fixtures/collapse/austin/made_*.mojo and bad_*.mojo, event by event: what Austin writes rarely.

scripts/make_mojo.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["RECORDINGS"]

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "collapse" / "austin"

METADATA, STACK, FRAME, INVALID, REFERENCE, KERNEL, GC, IDLE, TIME, MEMORY, STRING, STRING_REF = range(1, 13)
REPEAT, TASK, WAITER = range(13, 16)


def number(n: int) -> bytes:
    """A number: six bits and a sign in the first byte, seven in each that follows."""
    first, n = (0x40 if n < 0 else 0) | abs(n) & 0x3F, abs(n) >> 6
    out = [first | (0x80 if n else 0)]
    while n:
        out.append(n & 0x7F | (0x80 if n >> 7 else 0))
        n >>= 7
    return bytes(out)


def event(kind: int, *parts: int | str) -> bytes:
    """An event with numbers and texts behind its id."""
    return bytes([kind]) + b"".join(number(part) if isinstance(part, int) else part.encode() + b"\0" for part in parts)


def recording(version: int, *events: bytes, mode: str = "wall") -> bytes:
    """A file of some version, with the metadata that all have."""
    header = event(METADATA, "austin", "4.0.0"), event(METADATA, "interval", "1000"), event(METADATA, "mode", mode)
    return b"MOJ" + number(version) + b"".join(header) + b"".join(events)


def names(version: int, first: int = 10) -> bytes:
    """Two frames, `first` and the one after it, and their texts."""
    rest = (0, 1, 9) if version >= 2 else ()
    return b"".join(
        [
            event(STRING, 300, "/srv/app.py"),
            event(STRING, 301, "main"),
            event(FRAME, first, 300, 301, 14, *rest),
            event(FRAME, first + 1, 300, 1, -70000, *rest),
        ]
    )


def sample(version: int, thread: str, *frames: int, pid: int = 12, time: int = 1000) -> bytes:
    """A sample of time, and frames by their numbers."""
    head = (pid, 0, thread) if version >= 3 else (pid, thread)
    return event(STACK, *head) + b"".join(event(REFERENCE, frame) for frame in frames) + event(TIME, time)


RECORDINGS = {
    "made_version_1": recording(1, sample(1, "1f"), names(1), sample(1, "1f", 10, 11), sample(1, "1f", 10, pid=13)),
    "made_version_2": recording(2, event(STACK, 12, "1f"), names(2), event(REFERENCE, 10), event(TIME, 5), mode="cpu"),
    # A thread goes on where it was, another does not; tasks that wait are no samples; keys are used again.
    "made_version_4": recording(
        4,
        event(STACK, 12, 0, "MainThread") + names(4) + event(REFERENCE, 10) + event(REFERENCE, 11) + event(TIME, 1000),
        event(TASK, 7, 8) + event(REFERENCE, 10) + event(WAITER, 7, 9),
        event(STACK, 12, 0, "MainThread") + event(REPEAT) + event(TIME, 2000),
        event(STACK, 12, 1, "worker") + event(REPEAT) + event(TIME, 4000),
        event(STACK, 12, 0, "MainThread") + event(STRING, 302, "again") + event(FRAME, 11, 300, 302, 3, 3, 1, 2),
        event(REFERENCE, 10) + event(REFERENCE, 11) + event(TIME, 8000),
        event(STACK, 12, 0, "MainThread") + event(STRING_REF, 301) + event(REPEAT) + event(TIME, 16000),
        event(METADATA, "duration", "31000"),
    ),
    "made_full": recording(
        3,
        event(STACK, 12, 0, "1f") + names(3) + event(REFERENCE, 10),
        event(KERNEL, "do_syscall_64") + event(TIME, 1000) + event(IDLE) + event(MEMORY, 4096),
        event(STACK, 12, 0, "1f") + event(REFERENCE, 10) + event(GC) + event(TIME, 2000) + event(MEMORY, -8192),
        event(STACK, 12, 0, "1f") + event(INVALID) + event(TIME, 4000) + event(MEMORY, 0),
        event(STACK, 12, 0, "1f") + event(REFERENCE, 10) + event(TIME, 8000),
        mode="full",
    ),
    "made_memory": recording(3, event(STACK, 12, 0, "1f") + event(MEMORY, -512), mode="memory"),
    "made_cut": recording(3, sample(3, "1f"), sample(3, "20", 10), event(STACK, 12, 0, "1f")) + b"\x0bcut",
    "made_unknown_event": recording(3, sample(3, "1f"), b"\x63", sample(3, "1f")),
    "bad_version": recording(9, sample(3, "1f")),
}


def main(folder: Path) -> None:
    for name, content in RECORDINGS.items():
        (folder / f"{name}.mojo").write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
