"""Tables of debug information, which take long to make, kept by build id below the user's cache directory.

A file is written under a name of its own and then renamed, so that of two runs at once each finds a whole table. What
is damaged, or of another version, is no table and is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import struct
import tempfile

from .files import cache_home
from .regular import opened

__all__ = ["load", "save"]

_MAGIC = b"flamegraph-inline-1\n"
_HEAD = struct.Struct("<20sI32s")  # magic, version of the library's format, BLAKE2b of what follows
_KEY = re.compile(r"[0-9a-f]{4,128}(?:-[0-9a-f]+)*")

#: Of all tables together. CPython's takes 8 MB, node's 11 MB; those used longest ago go first.
_MOST = 256 << 20


def load(key: str, version: int) -> bytes | None:
    """The table kept under a key, or None."""
    path = _path(key)
    file = opened(path, own=True) if path else None
    if file is None:
        return None
    with file:
        try:
            raw = file.read(_MOST + 1)
        except OSError:
            return None
    if len(raw) < _HEAD.size or len(raw) > _MOST:
        return None
    content = raw[_HEAD.size :]
    if raw[: _HEAD.size] != _HEAD.pack(_MAGIC, version, _checksum(content)):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # it was used
    return content


def save(key: str, version: int, content: bytes) -> None:
    """Keep a table. Where that is not possible nothing happens: the next run makes it again."""
    path = _path(key)
    if not path or len(content) > _MOST // 2:
        return
    folder = os.path.dirname(path)
    temporary = ""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".new")
        with open(handle, "wb") as file:
            file.write(_HEAD.pack(_MAGIC, version, _checksum(content)))
            file.write(content)
        os.replace(temporary, path)
        _prune(folder)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _path(key: str) -> str:
    return os.path.join(cache_home(), "flamegraph", "inline", key) if _KEY.fullmatch(key) else ""


def _checksum(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=32).digest()


def _prune(folder: str) -> None:
    """Remove what was not used for longest, until the rest fits. Another run may be removing at the same time."""
    with os.scandir(folder) as entries:
        found = []
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime_ns, status.st_size, entry.path))
    found.sort(reverse=True)
    held = 0
    for _time, size, path in found:
        held += size
        if held > _MOST:
            with contextlib.suppress(OSError):
                os.unlink(path)
