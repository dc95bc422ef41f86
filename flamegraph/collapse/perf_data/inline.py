"""Functions that the compiler put into others: what DWARF says is at an address, by Sentry's `symbolic`.

The library is an optional extra. It makes a table of the debug information once (a symcache, about 40 MB of .debug_info
a second) and looks an address up in it in 5 µs. Tables are kept (`inline_cache`).
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import NamedTuple

from ...text import encode
from . import inline_cache
from .elf import Elf

try:
    from symbolic.symcache import SYMCACHE_LATEST_VERSION, SymCache
except Exception:  # an optional extra, and one that loads a library of machine code, which may fail in ways of its own
    SymCache = None

__all__ = ["AVAILABLE", "LARGEST", "NEEDED", "Call", "Inlines"]

#: Whether the library is there, and how to come by it.
AVAILABLE = SymCache is not None and bool(sys.executable)
NEEDED = "pip install 'flamegraphs[inline]'"

#: Bytes of .debug_info of one file, read without being asked to: a tenth of a second, once. Node has 1 MB; CPython
#: has 16 MB, for which it takes half a second, and as long again to look up what a recording of it hits.
LARGEST = 4 << 20

#: As perf: deeper than this inlining does not go (MAX_INLINE_NEST). The innermost are left out.
_DEEPEST = 1024

#: Makes the table of the file named first, with the modules found where the others say, and writes it.
_MAKE = """
import os, sys
sys.path[:] = sys.argv[2:]
from symbolic.debuginfo import Archive
try:
    table = next(Archive.open(os.fsencode(sys.argv[1])).iter_objects()).make_symcache()
except Exception as error:
    sys.exit(" ".join(str(error).split()) or type(error).__name__)
table.dump_into(sys.stdout.buffer)
"""

#: What such a process may take at most: data in memory, and a quarter as much written.
_LIMIT = """
import contextlib, sys
with contextlib.suppress(ImportError, OSError, ValueError):
    import resource
    most = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most // 4, most // 4))
"""

_COMPRESSED = 1 << 11  # SHF_COMPRESSED


class Call(NamedTuple):
    """A function at an address, and the place in its source that the address belongs to."""

    name: str
    file: str
    line: int


class Inlines:
    """The inlined functions of one file.

    problem   why there are none, or ""
    """

    def __init__(self, elf: Elf, shown: Callable[[bytes], str]):
        """`shown` gives a raw name as it will be printed."""
        self.problem = ""
        self._shown = shown
        self._known: dict[int, tuple[Call, ...]] = {}
        load = elf.segments[elf.segments["type"] == 1]
        self._base = int(load["vaddr"][0]) if len(load) else 0
        try:
            self._table = _table(elf, debug_size(elf))
        except Exception as error:  # whatever the library makes of a damaged file
            self._fail(error)

    def at(self, address: int) -> tuple[Call, ...]:
        """The functions at an address of the file (before relocation), outermost first; empty where unknown.

        The first is the function that the others were put into.
        """
        known = self._known.get(address)
        if known is None:
            known = () if self.problem or address < self._base else self._looked_up(address - self._base)
            self._known[address] = known
        return known

    def _looked_up(self, offset: int) -> tuple[Call, ...]:
        try:
            found = self._table.lookup(offset)
            return tuple(
                Call(self._shown(encode(place.symbol)), _printable(place.full_path or ""), _line(place.line))
                for place in found[: -_DEEPEST - 1 : -1]
            )
        except Exception as error:
            self._fail(error)
            return ()

    def _fail(self, error: Exception) -> None:
        text = " ".join(str(error).split())[:120]
        self.problem = f"debug information can't be read, no inlined functions ({text or type(error).__name__})"


def _table(elf: Elf, size: int) -> SymCache:
    key = f"{elf.build_id}-{len(elf.data):x}-{size:x}" if elf.build_id else ""
    kept = inline_cache.load(key, SYMCACHE_LATEST_VERSION) if key else None
    if kept is None:
        kept = _made(elf.path, *_limits(size))
        if key:
            inline_cache.save(key, SYMCACHE_LATEST_VERSION, kept)
    return SymCache.from_bytes(kept)


def _limits(size: int) -> tuple[int, int]:
    """(seconds, bytes of memory) for a table of that much debug information: four times and twice what it takes."""
    return min(10 + size // 10_000_000, 300), min((512 << 20) + 10 * size, 8 << 30)


def _made(path: str, seconds: int, memory: int) -> bytes:
    """The table of a file, made in a process of its own: the library recurses, and a file can be made that ends it."""
    command = [sys.executable, "-I", "-c", _LIMIT + _MAKE, str(memory), path, *sys.path]
    with tempfile.TemporaryFile() as table:
        try:
            run = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=table, stderr=subprocess.PIPE, timeout=seconds
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"its reader took longer than {seconds} s") from None
        if run.returncode:
            said = run.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise ValueError(said if run.returncode > 0 and said else f"its reader ended with {run.returncode}")
        table.seek(0)
        return table.read()


def debug_size(elf: Elf) -> int:
    """The bytes of .debug_info once unpacked; 0: there is none, or the file has no path to open it by."""
    index = elf.find(b".debug_info")
    raw = elf.content(index)[:24] if index and elf.path else b""
    if raw and elf.sections["flags"][index] & _COMPRESSED:
        return struct.unpack_from(elf.order + ("Q" if elf.wide else "I"), raw.ljust(24, b"\0"), 8 if elf.wide else 4)[0]
    return int(elf.sections["size"][index]) if raw else 0


def _printable(path: str) -> str:
    return path if len(path) < 4096 else ""


def _line(line: int) -> int:
    return line if 0 < line < 1 << 31 else 0
