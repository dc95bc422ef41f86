"""`py-spy dump --json`: a list of threads.

[{"pid": 30064, "thread_id": 140, "thread_name": "MainThread", "os_thread_id": 30064, "active": true, "owns_gil": true,
  "frames": [{"name": "main", "filename": "/srv/app.py", "module": null, "short_filename": "app.py", "line": 19}, …]}]
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from ...errors import ParseError
from ...profile import Profile
from ...source import Source
from .labels import Label
from .threads import DumpedThread, profile_of

__all__ = ["looks", "read"]

NO_THREAD = "entry that is no thread"
NO_FRAME = "entry that is no frame"

_KEYS = (b'"thread_id"', b'"active"', b'"owns_gil"')


def looks(head: bytes, whole: bool) -> bool:
    """Whether this is the beginning of such a list."""
    return re.match(rb"\s*\[\s*\{", head) is not None and all(key in head for key in _KEYS)


def read(source: Source) -> Profile:
    """The profile of a dump. ParseError where it is no list of threads."""
    entries = source.json()
    if not isinstance(entries, list):
        raise ParseError(source.name, "a list of threads", type(entries).__name__)
    threads: list[DumpedThread] = []
    skipped: Counter[str] = Counter()
    for entry in entries:
        frames = entry.get("frames") if isinstance(entry, dict) else None
        if not isinstance(frames, list):
            skipped[NO_THREAD] += 1
            continue
        known = [frame for frame in frames if isinstance(frame, dict) and _text(frame.get("name"))]
        skipped[NO_FRAME] += len(frames) - len(known)
        tid = entry.get("os_thread_id")
        threads.append(
            DumpedThread(
                _number(entry.get("pid")),
                "",
                str(_number(entry.get("thread_id") if tid is None else tid)),
                _text(entry.get("thread_name")),
                entry.get("active") is True,
                entry.get("owns_gil") is True and entry.get("active") is True,
                [_label(frame) for frame in known],
            )
        )
    return profile_of(threads, skipped)


def _label(frame: dict[str, Any]) -> Label:
    """A frame, called as in the text of a dump; its file is the whole path here."""
    name, file, line = _text(frame.get("name")), _text(frame.get("filename")), max(0, _number(frame.get("line")))
    shown = _text(frame.get("short_filename")) or file
    where = f"{shown}:{line}" if line else shown
    return Label(f"{name} ({where})" if where else name, module=_text(frame.get("module")), file=file, line=line)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
