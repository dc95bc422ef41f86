"""Names of code compiled at run time: /tmp/perf-PID.map files and jitdump files.

Formats: Linux tools/perf/Documentation/jit-interface.txt and jitdump-specification.txt. A map:

    7f94b1fc3e00 b6 JS:~value node:internal/main:204:20
    0x00007fd9d4bb1660 0x00000000000000d8 java.lang.Object java.util.HashMap.get(java.lang.Object)

Memory is used again for other code; both kinds of file only grow, so of entries that overlap the last one counts.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable

import numpy as np

from .files import inside
from .regular import opened
from .table import FUNC, GLOBAL, Raw, Table

__all__ = ["compiled", "jitdump", "perf_map"]

#: Long-running JVMs write maps of tens of megabytes.
_MAX = 128 << 20

#: A process maps its dump, which is how perf inject learns of it.
_DUMP = re.compile(r"^/(?:.*/)?jit-\d+\.dump$")
_JITDUMP = {b"DTiJ": "<", b"JiTD": ">"}
_LOAD, _MOVE = 0, 1


def compiled(root: str, pid: int, paths: Iterable[str]) -> Table:
    """The table of the code that a process compiled, from its map or else from the jitdump file among its `paths`."""
    table = perf_map(_read(inside(root, f"/tmp/perf-{pid}.map")))
    if not len(table):
        dump = next((path for path in paths if _DUMP.search(path)), "")
        table = jitdump(_read(inside(root, dump))) if dump else table
    return table


def _read(path: str) -> bytes:
    file = opened(path, own=True)
    if file is None:
        return b""
    with file:
        return file.read(_MAX)


def perf_map(text: bytes) -> Table:
    """The table of a map file. Lines that are no entries are left out."""
    start, end, name, at = [], [], [], 0
    for line in text.split(b"\n"):
        parts = line.split(b" ", 2)
        try:
            first, size = int(parts[0], 16), int(parts[1], 16)
            if len(parts) == 3 and 0 <= first < first + size < 1 << 64:
                start.append(first)
                end.append(first + size)
                name.append(at + len(parts[0]) + len(parts[1]) + 2)
        except (ValueError, IndexError):
            pass
        at += len(line) + 1
    return _table(start, end, name, text.replace(b"\n", b"\0"))


def jitdump(data: bytes) -> Table:
    """The table of a jitdump file, as far as it is sound: code that was loaded, where it was moved to last."""
    start, end, name, names, base = [], [], [], [], 0
    order = _JITDUMP.get(data[:4])
    at = struct.unpack_from(order + "I", data, 8)[0] if order and len(data) >= 40 else len(data)
    size_of: dict[int, int] = {}  # by code_index: the row of its latest place
    while order and at + 16 <= len(data):
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 16 or at + size > len(data):
            break
        if kind == _LOAD and size >= 56:
            _vma, address, length, index = struct.unpack_from(order + "4Q", data, at + 24)
            called = data[at + 56 : at + size].split(b"\0", 1)[0]
            if address + length < 1 << 64:
                size_of[index] = len(start)
                start.append(address)
                end.append(address + length)
                name.append(base)
                names.append(called)
                base += len(called) + 1
        elif kind == _MOVE and size >= 64:
            _vma, _old, address, length, index = struct.unpack_from(order + "5Q", data, at + 24)
            if index in size_of and address + length < 1 << 64:
                start.append(address)
                end.append(address + length)
                name.append(name[size_of[index]])
        at += size
    return _table(start, end, name, b"\0".join(names) + b"\0")


def _table(start: list[int], end: list[int], name: list[int], text: bytes) -> Table:
    kind, binding = (np.full(len(start), constant, np.uint8) for constant in (FUNC, GLOBAL))
    raw = Raw(np.array(start, np.uint64), np.array(end, np.uint64), kind, binding, np.array(name, np.int64))
    return Table(raw, text, latest=True)
