"""ELF files: sections, segments and symbols, read as arrays straight from the mapped file.

Layout: the System V ABI ("ELF object files") and <elf.h>. Nothing the file states is believed before it is checked
against the file's size; what does not fit is treated as absent.
"""

from __future__ import annotations

import lzma
import mmap
import os
import struct
from functools import cached_property

import numpy as np

from .regular import opened
from .table import EMPTY, FUNC, GLOBAL, NOTYPE, OBJECT, Raw, merge

__all__ = ["Elf", "mapped"]

_ARM, _SPARC, _AARCH64, _SPARCV9, _RISCV = 40, 2, 183, 43, 243
_SHT_SYMTAB, _SHT_RELA, _SHT_NOTE, _SHT_NOBITS, _SHT_REL, _SHT_DYNSYM = 2, 4, 7, 8, 9, 11
_SHF_ALLOC, _SHF_EXECINSTR = 2, 4
_ET_REL = 1
_PT_LOAD, _PT_NOTE, _PF_X = 1, 4, 1
_STT_IFUNC, _INTERNAL, _HIDDEN = 10, 1, 2
_NT_BUILD_ID = 3

#: Far more than real files have of sections and bytes of their names, of notes and bytes in one (a JVM has 55 kB), of
#: bytes of symbols. Whoever has more wants our time or memory.
_SECTIONS_MAX, _TITLES_MAX, _NOTES_MAX, _NOTE_MAX, _SYMBOLS_MAX = 1 << 16, 16 << 20, 64, 64 << 10, 384 << 20

#: The largest seen is 2 MB; whoever packs more than this wants our memory.
_UNPACKED_MAX = 64 << 20

#: Entries of real machines have 4 to 32 bytes.
_PLT_ENTRY_MAX = 256

#: Symbols, and the strings that their names lie in.
Named = tuple[Raw, memoryview]

#: First entry and size of the others in .plt, where the section does not say: tools/perf/util/symbol-elf.c.
_PLT = {_ARM: (20, 12), _AARCH64: (32, 16), _SPARC: (48, 12), _SPARCV9: (128, 32)}


def mapped(path: str) -> mmap.mmap | None:
    """The content of a regular file, or None: a path out of a recording may name a pipe or a device."""
    file = opened(path)
    if file is None:
        return None
    with file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # empty, for one
            return None


def _sections(order: str, wide: bool) -> np.dtype:
    word = order + ("u8" if wide else "u4")
    names = ("flags", "addr", "offset", "size")
    return np.dtype(
        [("name", order + "u4"), ("type", order + "u4")]
        + [(name, word) for name in names]
        + [("link", order + "u4"), ("info", order + "u4"), ("align", word), ("entsize", word)]
    )


def _segments(order: str, wide: bool) -> np.dtype:
    word = order + ("u8" if wide else "u4")
    flags = [("flags", order + "u4")]
    middle = [(name, word) for name in ("offset", "vaddr", "paddr", "filesz", "memsz")]
    return np.dtype(
        [("type", order + "u4")] + (flags if wide else []) + middle + ([] if wide else flags) + [("align", word)]
    )


def _symbols(order: str, wide: bool) -> np.dtype:
    rest = [("info", "u1"), ("other", "u1"), ("shndx", order + "u2")]
    word = order + ("u8" if wide else "u4")
    size = [("value", word), ("size", word)]
    return np.dtype([("name", order + "u4")] + (rest + size if wide else size + rest))


class Elf:
    """One ELF image. `Elf(data)` raises ValueError where `data` is not one. `path` is the file it is, if it is one."""

    def __init__(self, data, path: str = ""):
        self.data, self.path = data, path
        head = bytes(data[:64])
        if len(head) < 52 or head[:4] != b"\x7fELF" or head[4] not in (1, 2) or head[5] not in (1, 2):
            raise ValueError("not an ELF image")
        self.wide, self.order = head[4] == 2, "<" if head[5] == 1 else ">"
        if self.wide and len(head) < 64:
            raise ValueError("not an ELF image")
        self.type, self.machine = struct.unpack_from(self.order + "HH", head, 16)
        phoff, shoff = struct.unpack_from(self.order + ("QQ" if self.wide else "II"), head, 32 if self.wide else 28)
        phsize, phnum, shsize, shnum, shstr = struct.unpack_from(self.order + "5H", head, 54 if self.wide else 42)
        self.segments = self._array(_segments(self.order, self.wide), phoff, phnum, phsize)
        kind = _sections(self.order, self.wide)
        if shoff and (not shnum or shstr == 0xFFFF):  # too many for the header: the first section says
            first = self._array(kind, shoff, 1, shsize)
            if len(first):
                shnum = shnum or int(first["size"][0])
                shstr = int(first["link"][0]) if shstr == 0xFFFF else shstr
        self.sections = self._array(kind, shoff, shnum if shnum <= _SECTIONS_MAX else 0, shsize)
        names = self.view(shstr)[:_TITLES_MAX]
        self.names = [bytes(names[at : at + 256]).split(b"\0", 1)[0] for at in self.sections["name"].tolist()]

    def _type(self, kind: int) -> int:
        """The index of the first section of a type, or 0."""
        found = np.flatnonzero(self.sections["type"] == kind)
        return int(found[0]) if len(found) else 0

    def _array(self, kind: np.dtype, at: int, count: int, size: int) -> np.ndarray:
        if size != kind.itemsize or at + count * size > len(self.data):
            return np.zeros(0, kind)
        return np.frombuffer(self.data, kind, count, at)

    def view(self, index: int) -> memoryview:
        """What is in a section, not copied; nothing when it has none in this file, or would lie beyond its end."""
        if not 0 < index < len(self.sections):
            return memoryview(b"")
        section = self.sections[index]
        at, size = int(section["offset"]), int(section["size"])
        if section["type"] == _SHT_NOBITS or at + size > len(self.data):
            return memoryview(b"")
        return memoryview(self.data)[at : at + size]

    def content(self, index: int, most: int = 1 << 30) -> bytes:
        """What is in a section, as `view` has it; at most `most` bytes."""
        return bytes(self.view(index)[:most])

    def find(self, name: bytes) -> int:
        """The index of the first section of a name, or 0."""
        return self.names.index(name) if name in self.names else 0

    @cached_property
    def build_id(self) -> str:
        """The GNU build id as hex digits, or ""."""
        found = np.flatnonzero(self.sections["type"] == _SHT_NOTE)[:_NOTES_MAX].tolist()
        notes = [self.content(index, _NOTE_MAX) for index in found]
        for segment in self.segments[self.segments["type"] == _PT_NOTE][:_NOTES_MAX]:
            at, size = int(segment["offset"]), int(segment["filesz"])
            notes.append(self.data[at : at + min(size, _NOTE_MAX)])
        return next(filter(None, (build_id_note(note, self.order) for note in notes)), "")

    @cached_property
    def debug_link(self) -> tuple[str, int]:
        """(file name, CRC-32) of .gnu_debuglink, or ("", 0)."""
        raw = self.content(self.find(b".gnu_debuglink"), 4096)
        name, _, _ = raw.partition(b"\0")
        at = (len(name) + 4) & ~3
        if not name or b"/" in name or len(raw) < at + 4:
            return "", 0
        return os.fsdecode(name), struct.unpack_from(self.order + "I", raw, at)[0]

    @cached_property
    def packed(self) -> Elf | None:
        """The symbol table that Fedora packs into .gnu_debugdata, an ELF image of its own, or None."""
        raw = self.content(self.find(b".gnu_debugdata"), _UNPACKED_MAX)
        if not raw:
            return None
        try:
            return Elf(lzma.LZMADecompressor(memlimit=_UNPACKED_MAX).decompress(raw, _UNPACKED_MAX))
        except (lzma.LZMAError, ValueError, EOFError, MemoryError):
            return None

    @cached_property
    def has_symtab(self) -> bool:
        """Whether it holds more than the names that dynamic linking needs."""
        return len(self._table(self._type(_SHT_SYMTAB))) > 0

    def addresses(self, offsets: np.ndarray) -> np.ndarray:
        """Where offsets in the file (uint64) lie in memory before relocation; outside any segment they stay."""
        out = np.array(offsets, np.uint64)
        done = np.zeros(len(out), bool)
        load = self.segments[self.segments["type"] == _PT_LOAD]
        # Segments may share a page; code is what was sampled.
        for segment in sorted(load[:256], key=lambda segment: not segment["flags"] & _PF_X):
            first, size = np.uint64(segment["offset"]), np.uint64(segment["filesz"])
            inside = ~done & (offsets >= first) & (offsets - first < size)
            out[inside] = offsets[inside] - first + np.uint64(segment["vaddr"])
            done |= inside
        return out

    def symbols(self) -> list[Named]:
        """[.symtab, .dynsym] as far as they are there: what perf takes for code or data that has a name."""
        tables = (self._named(self._type(kind)) for kind in (_SHT_SYMTAB, _SHT_DYNSYM))
        return [(raw, strings) for raw, strings in tables if len(raw.start)]

    def _table(self, index: int) -> np.ndarray:
        kind = _symbols(self.order, self.wide)
        if not index or self.sections["entsize"][index] != kind.itemsize:
            return np.zeros(0, kind)
        content = self.view(index)[:_SYMBOLS_MAX]
        return np.frombuffer(content, kind, len(content) // kind.itemsize)

    def _named(self, index: int) -> Named:
        table, shown = self._table(index), self._shown()
        strings = self.view(int(self.sections["link"][index])) if len(table) else memoryview(b"")
        kind = table["info"] & 15
        section = table["shndx"]
        label = (kind == NOTYPE) & ~np.isin(table["other"] & 3, (_INTERNAL, _HIDDEN))
        keep = np.isin(kind, (FUNC, _STT_IFUNC, OBJECT)) | label
        keep &= (table["name"] != 0) & (table["name"] < len(strings)) & (section != 0) & (section < len(shown))
        table, kind, label, section = table[keep], kind[keep], label[keep], section[keep]
        keep = (shown[section] > label) & (self._bases[section] >= 0)
        table, kind, section = table[keep], kind[keep], section[keep]
        start, size, name = (table[field].astype(np.uint64) for field in ("value", "size", "name"))
        if self.machine == _ARM:
            start &= ~(kind == FUNC).astype(np.uint64)  # bit 0 says Thumb
        start += self._bases[section].astype(np.uint64)
        end = np.where(start + size < start, start, start + size)
        raw = Raw(start, end, kind, table["info"] >> 4, name.astype(np.int64))
        if self.machine in (_ARM, _AARCH64, _RISCV):
            raw = raw.take(~_marks(raw.name, strings))
        return raw, strings

    def _shown(self) -> np.ndarray:
        """By section: 0 its symbols are not code or data in memory, 1 they are, 2 even those without a type."""
        shown = (self.sections["flags"] & _SHF_ALLOC > 0).astype(np.uint8)
        return shown * np.array([2 if b"text" in name or b"data" in name else 1 for name in self.names], np.uint8)

    @cached_property
    def _bases(self) -> np.ndarray:
        """By section: what to add to the addresses in it; -1 where none is known. 0 in a file that was linked.

        A module of the kernel is not: its sections with code are laid one behind the other (kernel/module/main.c).
        """
        if self.type != _ET_REL:
            return np.zeros(max(len(self.sections), 1), np.int64)
        bases, at = np.full(max(len(self.sections), 1), -1, np.int64), 0
        for n, section in enumerate(self.sections):
            if not ~section["flags"] & (_SHF_ALLOC | _SHF_EXECINSTR) and not self.names[n].startswith(b".init"):
                at += -at % max(int(section["align"]), 1)
                if at + int(section["size"]) > len(self.data):
                    break
                bases[n] = at
                at += int(section["size"])
        return bases

    def plt(self) -> Named:
        """The entries of .plt and .plt.sec, each under the name of the function it jumps to."""
        dynamic, relocations = self._type(_SHT_DYNSYM), self.find(b".rela.plt") or self.find(b".rel.plt")
        table = self._table(dynamic)
        if not relocations or int(self.sections["link"][relocations]) != dynamic or not len(table):
            return EMPTY, memoryview(b"")
        word = 8 if self.wide else 4
        step = 3 if self.sections["type"][relocations] == _SHT_RELA else 2
        content = self.view(relocations)[:_SYMBOLS_MAX]
        info = np.frombuffer(content, f"{self.order}u{word}", len(content) // word // step * step).reshape(-1, step)[
            :, 1
        ]
        index = (info >> info.dtype.type(32 if self.wide else 8)).astype(np.int64)
        strings = self.view(int(self.sections["link"][dynamic]))
        name = np.minimum(table["name"][np.where(index < len(table), index, 0)].astype(np.int64), len(strings))
        kinds = [np.full(len(index), constant, np.uint8) for constant in (FUNC, GLOBAL)]
        parts = [EMPTY]
        for section in filter(None, (self.find(b".plt"), self.find(b".plt.sec"))):
            size = int(self.sections["entsize"][section])
            head, size = _PLT.get(self.machine, (size, size))
            head = head if self.names[section] == b".plt" else 0
            if 0 < size <= _PLT_ENTRY_MAX:
                start = self.sections["addr"][section].astype(np.uint64) + np.uint64(head)
                start = start + np.uint64(size) * np.arange(len(index), dtype=np.uint64)
                parts.append(Raw(start, start + np.uint64(size), *kinds, name))
        return merge(parts), strings


def _marks(names: np.ndarray, strings: memoryview) -> np.ndarray:
    """Which names are mapping symbols ($a, $d.1, $x…): they tell code from data and name nothing."""
    data = np.frombuffer(strings, np.uint8)
    one, two, three = (np.take(data, names + step, mode="clip") for step in range(3))
    return (one == ord("$")) & np.isin(two, list(b"adtx")) & np.isin(three, (0, ord(".")))


def build_id_note(notes: bytes, order: str) -> str:
    """The build id among ELF notes, as hex digits, or ""."""
    at = 0
    while at + 12 <= len(notes):
        name, size, kind = struct.unpack_from(order + "3I", notes, at)
        content = at + 12 + (name + 3 & ~3)
        if kind == _NT_BUILD_ID and name == 4 and notes[at + 12 : at + 16] == b"GNU\0" and 0 < size <= 64:
            found = bytes(notes[content : content + size])
            return found.hex() if len(found) == size else ""
        at = content + (size + 3 & ~3)
    return ""
