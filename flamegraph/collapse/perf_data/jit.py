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
from .hexadecimal import hexadecimal
from .regular import opened
from .table import EMPTY, FUNC, GLOBAL, Raw, Table, merge

__all__ = ["NO_MAP", "compiled", "jitdump", "perf_map"]

#: What is said where such code ran and nothing tells its names.
NO_MAP = (
    "address in code compiled at run time, without its names: run node with --perf-basic-prof, "
    "java with -XX:+DumpPerfMapAtExit, python with -X perf, or record with -k 1 and use perf inject --jit"
)

#: Long-running JVMs write maps of tens of megabytes.
_MAX = 128 << 20

#: Bytes of a map looked at at a time, the shortest entry, and how many are taken: each is held in a few numbers.
_WINDOW, _SHORTEST, _MOST = 4 << 20, len("1 1 f"), 1 << 21

#: A process maps its dump, which is how perf inject learns of it.
_DUMP = re.compile(r"^/(?:.*/)?jit-\d+\.dump$")
_JITDUMP = {b"DTiJ": "<", b"JiTD": ">"}
_LOAD, _MOVE = 0, 1


def compiled(places: Iterable[tuple[str, int]], paths: Iterable[str]) -> Table:
    """The table of the code that a process compiled, from its map or else from the jitdump file among its `paths`.

    places   (root directory, number of the process) where to look for either, the best first
    """
    table, dump = perf_map(b""), next(filter(_DUMP.search, paths), "")
    for root, pid in places:
        table = table if len(table) else perf_map(_read(inside(root, f"/tmp/perf-{pid}.map")))
        table = table if len(table) or not dump else jitdump(_read(inside(root, dump)))
    return table


def _read(path: str) -> bytes:
    file = opened(path, own=True)
    if file is None:
        return b""
    with file:
        return file.read(_MAX)


def perf_map(text: bytes) -> Table:
    """The table of a map file. Lines that are no entries are left out."""
    parts, at, held = [EMPTY], 0, 0
    while at < len(text) and held < _MOST:
        stop = text.rfind(b"\n", at, at + _WINDOW) + 1 or text.find(b"\n", at) + 1 or len(text)
        parts.append(_entries(np.frombuffer(text, np.uint8, stop - at, at), at))
        at, held = stop, held + len(parts[-1].start)
    return Table(merge(parts), text.replace(b"\n", b"\0"), latest=True)


def _entries(lines: np.ndarray, base: int) -> Raw:
    """The entries of lines that stand in the text from `base` on."""
    line = np.append(0, np.flatnonzero(lines == ord("\n")) + 1)
    line = line[np.diff(line, append=len(lines)) >= _SHORTEST]  # that many empty lines cost nothing
    start, at, sound = hexadecimal(lines, _behind_0x(lines, line))
    size, name, right = hexadecimal(lines, _behind_0x(lines, at + 1))
    end = start + size
    sound &= right & (end > start)
    sound[sound] = (lines[at[sound]] == ord(" ")) & (lines[name[sound]] == ord(" "))
    return _code(start[sound], end[sound], base + name[sound] + 1)


def _behind_0x(text: np.ndarray, at: np.ndarray) -> np.ndarray:
    first, second = (np.take(text, at + step, mode="clip") for step in (0, 1))
    return at + 2 * ((first == ord("0")) & (second | 0x20 == ord("x")))


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
    raw = _code(np.array(start, np.uint64), np.array(end, np.uint64), np.array(name, np.int64))
    return Table(raw, b"\0".join(names) + b"\0", latest=True)


def _code(start: np.ndarray, end: np.ndarray, name: np.ndarray) -> Raw:
    kind, binding = (np.full(len(start), constant, np.uint8) for constant in (FUNC, GLOBAL))
    return Raw(start, end, kind, binding, name)
