"""The comment lines at the top (`perf script --header`), and whether a text is perf script's at all."""

from __future__ import annotations

import re

from ...profile import Meta
from ...text import decode
from .frames import frame_in, is_frame
from .heads import parse_what, split_head

__all__ = ["header", "looks"]

_FIELD = re.compile(rb"#[ \t]*(cmdline|hostname)[ \t]*:(.*)")
# So many lines are looked at; perf's header has some thirty, and records of a program's start may follow.
_LOOKED_AT = 2000


def header(head: bytes) -> Meta:
    """Command and host, where the text begins with perf's header."""
    found: dict[bytes, str] = {}
    for line in head.split(b"\n"):
        if not line.startswith(b"#"):
            break
        known = _FIELD.fullmatch(line)
        if known:
            found.setdefault(known[1], decode(known[2].strip()))
    return Meta(command=found.get(b"cmdline", ""), host=found.get(b"hostname", ""))


def looks(head: bytes, *, whole: bool) -> int:
    """2 where nothing but perf script writes this, 1 where it looks like it, 0 where it does not.

    `whole` says that `head` is all there is; else its last line may be cut.
    """
    lines = head.split(b"\n")
    seen = captured = False
    best = 0
    for line in lines[:_LOOKED_AT] if whole else lines[:-1][:_LOOKED_AT]:
        line = line.rstrip(b"\r")
        if not line.strip():
            continue
        if line.startswith(b"#"):
            captured = captured or line.startswith(b"# captured on")
            continue
        parts = None if line.startswith(b"\t") else split_head(line)
        if parts:
            _, time, right = parts
            event, period, rest = parse_what(right)
            if time and event.startswith(b"PERF_RECORD_"):
                return 2
            inline = frame_in(rest) if event else b""
            if inline and (time or period >= 0 or inline.rstrip().endswith(b")")):
                return 2
            if inline or (time and (event or not rest.strip())):
                best = 1
            seen = True
        elif is_frame(line):
            return 2 if seen else 0
        elif not (seen and line[:1] in b" \t") and b"instruction trace error" not in line[:100]:
            return best
    return best or (1 if captured and not seen else 0)
