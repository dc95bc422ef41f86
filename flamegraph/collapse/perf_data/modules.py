"""Symbols of the kernel's modules, from their files below /lib/modules, plain or compressed.

A module is linked when it is loaded: `Elf` says where the loader puts the sections that hold code. The file counts
only if its build id is the recorded one.
"""

from __future__ import annotations

import lzma
import re
import zlib

from ...errors import FlamegraphError
from ...text import decode
from .elf import Elf
from .files import inside, same_build
from .inflate import PIECE, zstd_stream
from .regular import opened
from .table import Table

__all__ = ["module_name", "module_table"]

#: amdgpu, the largest, has 30 MB.
_MAX = 128 << 20

_RELEASE = re.compile(r"[\w.+~-]+")


def module_name(path: str) -> str:
    """What perf calls a module: /lib/modules/…/nf-tables.ko.xz is [nf_tables]."""
    if not path.startswith("/"):
        return path
    name = path.rsplit("/", 1)[1].split(".ko", 1)[0]
    return f"[{name.replace('-', '_')}]"


def module_table(path: str, build_id: str, release: str, symfs: str) -> Table | None:
    """The code of a module, by its place in memory behind where the module begins; None where there is no file."""
    if not build_id:
        return None
    if path.startswith("["):
        path = _listed(path, release, symfs)
    if not re.search(r"\.ko(\.\w+)?$", path):
        return None
    elf = _unpacked(inside(symfs, path))
    if elf is None or not same_build(elf.build_id, build_id) or not (tables := elf.symbols()):
        return None
    raw, strings = tables[0]
    return Table.settled(raw, strings, decode)


def _unpacked(path: str) -> Elf | None:
    file = opened(path)
    if file is None:
        return None
    try:
        with file:
            return Elf(_expanded(file.read(_MAX)))
    except (OSError, ValueError, EOFError, MemoryError, lzma.LZMAError, zlib.error, FlamegraphError):
        return None


def _expanded(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        return zlib.decompressobj(31).decompress(data, _MAX)
    if data[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor(memlimit=_MAX).decompress(data, _MAX)
    if data[:4] != b"\x28\xb5\x2f\xfd":
        return data
    stream, out = zstd_stream(), bytearray()
    for at in range(0, len(data), PIECE):
        out += stream.decompress(data[at : at + PIECE])
        if len(out) > _MAX:
            raise ValueError("too large")
    return bytes(out)


def _listed(name: str, release: str, symfs: str) -> str:
    """The path of a module of which the recording has the name alone, "[nf_tables]"; "" where there is none."""
    folder = f"/lib/modules/{release}"
    file = opened(inside(symfs, f"{folder}/modules.dep")) if _RELEASE.fullmatch(release) else None
    if file is None:
        return ""
    with file:
        paths = (line.partition(b":")[0].decode(errors="replace") for line in file.read(_MAX).split(b"\n"))
    found = (path if path.startswith("/") else f"{folder}/{path}" for path in paths if path)
    return next((path for path in found if module_name(path) == name), "")
