"""Names of kernel addresses, from /proc/kallsyms or a copy of it, moved to where the recorded kernel lay."""

from __future__ import annotations

import platform
import sys
import zlib
from collections.abc import Sequence

import numpy as np

from ...text import decode, encode
from .elf import build_id_note
from .files import elf_file, kernel_copies
from .processes import Mapping
from .table import EMPTY, FUNC, GLOBAL, LOCAL, OBJECT, WEAK, Raw, Table

__all__ = ["Kernel", "read_kallsyms"]

#: A kernel with everything built in has some 300,000 symbols in 15 MB; more than this is no kallsyms.
_MAX = 64 << 20

#: Symbols that a kernel is known by the place of: the name of its mapping ends in one of them.
_REFERENCES = ("_text", "_stext")
_NAME = "[kernel.kallsyms]"

_DIGITS = np.full(256, 255, np.uint8)
for _first, _digits in ((0, b"0123456789"), (10, b"abcdef"), (10, b"ABCDEF")):
    _DIGITS[list(_digits)] = np.arange(_first, _first + len(_digits))


class Kernel:
    """The kernel's symbols, by default those of the running kernel if that is the recorded one.

    problem   why there are none, or ""
    """

    def __init__(
        self, mappings: Sequence[Mapping], build_id: str, release: str, kallsyms: str | None, vmlinux: str | None
    ):
        """`build_id` and `release` are the recorded ones, "" if none were."""
        self._table = Table(EMPTY, b"")
        raw, text, self.problem = _symbols(build_id, release, kallsyms, vmlinux)
        if self.problem:
            return
        delta = _moved(raw, text, mappings)
        with np.errstate(over="ignore"):
            raw = Raw(raw.start + delta, raw.end + delta, raw.kind, raw.binding, raw.name)
        self._table = Table.settled(raw, text)

    def names(self, addresses: np.ndarray) -> list[tuple[str, str] | None]:
        """(name, module) of each address (uint64), or None. The module is in brackets, "" in the kernel proper."""
        found = self._table.names(addresses)
        return [None if name is None else _parted(name) for name in found]


def _parted(name: bytes) -> tuple[str, str]:
    symbol, _, module = decode(name).partition("\t")
    return symbol, module.strip()


def _symbols(build_id: str, release: str, kallsyms: str | None, vmlinux: str | None) -> tuple[Raw, bytes, str]:
    """(symbols, the strings of their names, why there are none)."""
    if vmlinux is not None:
        elf = elf_file(vmlinux)
        tables = elf.symbols() if elf is not None and elf.has_symtab else []
        return (*tables[0], "") if tables else (EMPTY, b"", f"{vmlinux} has no symbols")
    places = [kallsyms] if kallsyms is not None else _places(build_id, release)
    problem = "another kernel runs here: give --kallsyms FILE"
    for place in places:
        if place.endswith("vmlinux"):
            raw, text, problem = _symbols("", "", None, place)
        else:
            raw, text, problem = _read(place)
        if not problem:
            return raw, text, ""
    return EMPTY, b"", problem


def _places(build_id: str, release: str) -> list[str]:
    places = list(kernel_copies(build_id))
    same = build_id == running_build_id() if build_id else release in ("", platform.release())
    return ["/proc/kallsyms", *places] if same else places


def _read(path: str) -> tuple[Raw, bytes, str]:
    try:
        raw, text = parse_kallsyms(read_kallsyms(path))
    except OSError as error:
        return EMPTY, b"", f"{path}: {error.strerror or error}"
    if not len(raw.start):
        return EMPTY, b"", f"{path} hides its addresses (kptr_restrict): read it as root, or give --kallsyms FILE"
    return raw, text, ""


def running_build_id() -> str:
    """The build id of the running kernel, or ""."""
    try:
        with open("/sys/kernel/notes", "rb") as file:
            return build_id_note(file.read(1 << 16), "<" if sys.byteorder == "little" else ">")
    except OSError:
        return ""


def read_kallsyms(path: str) -> bytes:
    """The text of a kallsyms file, plain or gzip. OSError where it can't be read."""
    with open(path, "rb") as file:
        text = file.read(_MAX)
    if text[:2] != b"\x1f\x8b":
        return text
    try:
        return zlib.decompressobj(31).decompress(text, _MAX)
    except zlib.error as error:
        raise OSError(f"damaged gzip data: {error}") from None


def parse_kallsyms(text: bytes) -> tuple[Raw, bytes]:
    """(code and data symbols, the strings that hold their names) of lines `address type name`, address in hex.

    A module, behind a tab, is part of the name here. Sizes are not stated; addresses of 0 are hidden ones.
    """
    data = np.frombuffer(text, np.uint8)
    start = np.append(0, np.flatnonzero(data == ord("\n")) + 1)
    width = text.find(b" ", 0, 32)
    start = start[start + width + 4 <= len(data)] if 0 < width <= 16 else start[:0]
    kind = data[start + width + 1]
    sound = (data[start + width] == ord(" ")) & (data[start + width + 2] == ord(" "))
    # Text, weak, data, bss: what symbol_type__filter of perf lets pass.
    sound &= np.isin(kind & 0xDF, list(b"TWDB"))
    start, kind = start[sound], kind[sound]
    address, digits = np.zeros(len(start), np.uint64), np.ones(len(start), bool)
    for column in range(width if len(start) else 0):
        value = _DIGITS[data[start + column]]
        digits &= value < 16
        address = address << np.uint64(4) | value
    name = start + width + 3
    keep = digits & (address > 0) & (data[name] != ord("$"))  # $a, $d: marks between code and data on ARM
    address, kind, name = address[keep], kind[keep], name[keep]
    upper = kind & 0xDF
    binding = np.where(upper == ord("W"), WEAK, np.where(kind == upper, GLOBAL, LOCAL)).astype(np.uint8)
    types = np.where(np.isin(upper, list(b"TW")), FUNC, OBJECT).astype(np.uint8)
    return Raw(address, address.copy(), types, binding, name.astype(np.int64)), text.replace(b"\n", b"\0")


def _moved(raw: Raw, text: bytes, mappings: Sequence[Mapping]) -> np.uint64:
    """How far the recorded kernel lay from where these symbols say (modulo 2**64)."""
    for mapping in mappings:
        reference = mapping.path.removeprefix(_NAME)
        if reference in _REFERENCES and mapping.path != reference and mapping.offset:
            found = [text.find(lead + encode(reference) + b"\0") + 1 for lead in (b" ", b"\0")]  # kallsyms, vmlinux
            row = np.flatnonzero(np.isin(raw.name, found))
            if len(row):
                return np.uint64((mapping.offset - int(raw.start[row[0]])) % (1 << 64))
    return np.uint64(0)
