"""Names of kernel addresses, from /proc/kallsyms or a copy of it, moved to where the recorded kernel lay."""

from __future__ import annotations

import platform
import sys
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from ...text import decode, encode
from .elf import build_id_note
from .files import elf_file, kernel_images, same_build
from .hexadecimal import hexadecimal
from .modules import module_name, module_table
from .processes import Mapping
from .table import EMPTY, FUNC, GLOBAL, LOCAL, OBJECT, WEAK, Raw, Table

__all__ = ["Kernel", "read_kallsyms"]

#: A kernel with everything built in has some 300,000 symbols in 15 MB; more than this is no kallsyms.
_MAX = 64 << 20

#: Symbols that a kernel is known by the place of: the name of its mapping ends in one of them.
_REFERENCES = ("_text", "_stext")
_NAME = "[kernel.kallsyms]"


class Kernel:
    """The kernel's symbols and its modules', by default those of the running kernel if that is the recorded one.

    problem   why there are none of the kernel proper, or ""
    """

    def __init__(
        self, mappings: Sequence[Mapping], build_ids: Callable[[Mapping], str], release: str,
        kallsyms: str | None = None, vmlinux: str | None = None, symfs: str = "", elsewhere: bool = False,
    ):  # fmt: skip
        """`mappings` and `release` are the recorded ones, `build_ids` tells those of mappings, "" where none were.

        elsewhere   whether another machine made the recording: its modules lay elsewhere, even if its kernel did not
        """
        self._mappings, self._build_ids, self._release, self._symfs = mappings, build_ids, release, symfs
        self._elsewhere = elsewhere
        self._table, self._modules = Table(EMPTY, b""), dict[int, Table | None]()
        # What lies over the kernel proper; of several at one place the last counts.
        number = [n for n, mapping in enumerate(mappings) if not mapping.path.startswith(_NAME[:-1])]
        start, end = (np.array([getattr(mappings[n], side) for n in number], np.uint64) for side in ("start", "end"))
        kind = np.zeros(len(number), np.uint8)
        self._over = Table(Raw(start, end, kind, kind, np.array(number, np.int64)), b"", latest=True)
        raw, text, self.problem = self._symbols(kallsyms, vmlinux)
        if not self.problem:
            self._table = Table.settled(raw, text)

    def names(self, addresses: np.ndarray) -> tuple[list[str | None], list[str]]:
        """(names, places) of addresses (uint64).

        A name is None where unknown; a place is [kernel.kallsyms], [module] or the name of a BPF program.
        """
        found = [None if name is None else _parted(name) for name in self._table.names(addresses)]
        names: list[str | None] = [None if entry is None else entry[0] for entry in found]
        places = [_NAME if entry is None else entry[1] or _NAME for entry in found]
        over = self._over.find(addresses)
        for number in np.unique(over[over >= 0]).tolist():
            mapping, rows = self._mappings[number], np.flatnonzero(over == number).tolist()
            if mapping.path.startswith(("[", "/")):
                module = module_name(mapping.path)
                elsewhere = [row for row in rows if names[row] is None or places[row] != module]
                own = self._in_module(number, mapping, addresses[elsewhere])
                for row, name in zip(elsewhere, own, strict=True):
                    names[row] = name
            else:  # a program for the kernel's BPF machine
                for row in rows:
                    names[row] = mapping.path
            # As perf: by its path where its build id was recorded.
            place = mapping.path if self._build_ids(mapping) else module_name(mapping.path)
            for row in rows:
                places[row] = place
        return names, places

    def _in_module(self, number: int, mapping: Mapping, addresses: np.ndarray) -> list[str | None]:
        if number not in self._modules:
            build_id = self._build_ids(mapping)
            self._modules[number] = module_table(mapping.path, build_id, self._release, self._symfs)
        table = self._modules[number]
        if table is None:
            return [None] * len(addresses)
        return [None if name is None else decode(name) for name in table.names(addresses - np.uint64(mapping.start))]

    def _symbols(self, kallsyms: str | None, vmlinux: str | None) -> tuple[Raw, bytes | memoryview, str]:
        """(symbols where the recorded kernel had them, the strings of their names, why there are none)."""
        if vmlinux is not None:
            return self._from_image(vmlinux, "")
        if kallsyms is not None:
            return self._from_list(kallsyms)
        core = next((mapping for mapping in self._mappings if mapping.path.startswith(_NAME[:-1])), None)
        build_id = self._build_ids(core or Mapping(0, 0, 0, _NAME))
        problem = "another kernel runs here: give --kallsyms FILE"
        same_release = not self._elsewhere and self._release in ("", platform.release())
        if build_id == running_build_id() if build_id else same_release:
            *found, problem = self._from_list("/proc/kallsyms", not self._elsewhere)
            if not problem:
                return *found, ""
        for path, image in kernel_images(build_id, self._release, self._symfs):
            *found, unfit = self._from_image(path, build_id) if image else self._from_list(path)
            if not unfit:
                return *found, ""
        return EMPTY, b"", problem

    def _from_image(self, path: str, build_id: str) -> tuple[Raw, bytes | memoryview, str]:
        """The symbols of an ELF image, which must have that build id unless it is ""."""
        elf = elf_file(path)
        fits = elf is not None and elf.has_symtab and (not build_id or same_build(elf.build_id, build_id))
        if not fits:
            return EMPTY, b"", f"{path} has no symbols"
        raw, text = elf.symbols()[0]
        delta = _moved(raw, text, self._mappings)
        if delta is None and build_id:
            return EMPTY, b"", f"{path}: the recording does not say where the kernel lay"
        return _shifted(raw, delta or 0), text, ""

    def _from_list(self, path: str, with_modules: bool = True) -> tuple[Raw, bytes, str]:
        raw, text, problem = _read(path)
        delta = _moved(raw, text, self._mappings) or 0
        if problem or (with_modules and not delta):
            return raw, text, problem
        # Modules lay elsewhere too, and nothing here says where.
        return _shifted(raw.take(np.flatnonzero(~_of_modules(raw, text))), delta), text, ""


def _shifted(raw: Raw, delta: int) -> Raw:
    with np.errstate(over="ignore"):
        return Raw(raw.start + np.uint64(delta), raw.end + np.uint64(delta), raw.kind, raw.binding, raw.name)


def _of_modules(raw: Raw, text: bytes) -> np.ndarray:
    """Which lines of kallsyms are of modules: their names, in order of appearance, go on behind a tab."""
    tabs = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\t"))
    found = np.zeros(len(raw.name), bool)
    found[np.searchsorted(raw.name, tabs[tabs > raw.name[0]], "right") - 1] = True
    return found


def _parted(name: bytes) -> tuple[str, str]:
    symbol, _, module = decode(name).partition("\t")
    return symbol, module.strip()


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
    address, at, sound = hexadecimal(data, start[start < len(data)])
    sound &= (address > 0) & (at + 4 <= len(data))
    address, at = address[sound], at[sound]
    kind, name = data[at + 1], at + 3
    # Text, weak, data, bss: what symbol_type__filter of perf lets pass.
    keep = (data[at] == ord(" ")) & (data[at + 2] == ord(" ")) & np.isin(kind & 0xDF, list(b"TWDB"))
    keep &= data[name] != ord("$")  # $a, $d: marks between code and data on ARM
    address, kind, name = address[keep], kind[keep], name[keep]
    upper = kind & 0xDF
    binding = np.where(upper == ord("W"), WEAK, np.where(kind == upper, GLOBAL, LOCAL)).astype(np.uint8)
    types = np.where(np.isin(upper, list(b"TW")), FUNC, OBJECT).astype(np.uint8)
    return Raw(address, address.copy(), types, binding, name.astype(np.int64)), text.replace(b"\n", b"\0")


def _moved(raw: Raw, text: bytes | memoryview, mappings: Sequence[Mapping]) -> int | None:
    """How far the recorded kernel lay from where these symbols say (modulo 2**64); None where that is not known."""
    for mapping in mappings:
        reference = mapping.path.removeprefix(_NAME)
        if reference in _REFERENCES and mapping.path != reference and mapping.offset:
            row = np.flatnonzero(_called(raw, text, encode(reference) + b"\0"))
            if len(row):
                return (mapping.offset - int(raw.start[row[0]])) % (1 << 64)
    return None


def _called(raw: Raw, text: bytes | memoryview, name: bytes) -> np.ndarray:
    """Which symbols have a name, with its NUL. Linkers let names end in one another, so that it may begin anywhere."""
    data, found = np.frombuffer(text, np.uint8), np.ones(len(raw.name), bool)
    for step, byte in enumerate(name if len(data) else b""):
        found &= np.take(data, raw.name + step, mode="clip") == byte
    return found
