"""Small ELF files, made to measure."""

from __future__ import annotations

import struct
from collections.abc import Sequence

FUNC, OBJECT, NOTYPE = 2, 1, 0
LOCAL, GLOBAL, WEAK = 0, 1, 2
#: Where .text of every file made here lies: in the file, and in memory.
TEXT_OFFSET, TEXT_ADDRESS, TEXT_SIZE = 0x200, 0x401200, 0x1000

#: name, address, size, type, binding
Symbol = tuple[str, int, int, int, int]


def elf(
    symtab: Sequence[Symbol] = (),
    dynsym: Sequence[Symbol] = (),
    *,
    plt: Sequence[str] = (),
    build_id: str = "",
    sections: Sequence[tuple[str, bytes]] = (),
    wide: bool = True,
    order: str = "<",
    machine: int = 62,
    module: Sequence[tuple[str, int]] = (),
) -> bytes:
    """An ELF image with these symbols, all of them in .text; the functions in `plt` are jumped to from 0x402000 on.

    module   makes it one that is not linked, like a module of the kernel: (name, size) of its other sections with code.
             The addresses of symbols are places in .text; those with ":" in their name are in the section before it.
    """
    word = "Q" if wide else "I"
    tables: list[tuple[str, int, bytes, int, int, int, int]] = [  # name, type, content, flags, address, link, entsize
        ("", 0, b"", 0, 0, 0, 0),
        (".text", 1, b"\x90" * TEXT_SIZE, 6, 0 if module else TEXT_ADDRESS, 0, 0),
    ]
    tables += [(name, 1, b"\x90" * size, 6, 0, 0, 0) for name, size in module]
    index_of = {name: n for n, (name, *_) in enumerate(tables)}

    def add(name: str, kind: int, content: bytes, flags=0, address=0, link=0, entsize=0) -> int:
        tables.append((name, kind, content, flags, address, link, entsize))
        return len(tables) - 1

    def add_symbols(name: str, kind: int, symbols: Sequence[Symbol]) -> int:
        strings, rows = b"\0", b"\0" * (24 if wide else 16)
        for called, value, size, type_, binding in symbols:
            at, info = len(strings), binding << 4 | type_
            section = index_of[called.partition(":")[0] if ":" in called else ".text"] if value else 0
            if wide:
                rows += struct.pack(order + "IBBHQQ", at, info, 0, section, value, size)
            else:
                rows += struct.pack(order + "IIIBBH", at, value, size, info, 0, section)
            strings += called.encode("utf-8", "surrogateescape") + b"\0"
        return add(name, kind, rows, 2 * (kind == 11), 0, add(name + "str", 3, strings), 24 if wide else 16)

    if symtab:
        add_symbols(".symtab", 2, symtab)
    if dynsym or plt:
        index = add_symbols(".dynsym", 11, [*((name, 0, 0, FUNC, GLOBAL) for name in plt), *dynsym])
        if plt:
            shift = 32 if wide else 8
            rows = [struct.pack(f"{order}3{word}", 0, row + 1 << shift, 0) for row in range(len(plt))]
            add(".rela.plt", 4, b"".join(rows), 0, 0, index)
            add(".plt", 1, b"\x90" * 16 * (len(plt) + 1), 6, 0x402000, 0, 16)
    if build_id:
        raw = bytes.fromhex(build_id)
        add(".note.gnu.build-id", 7, struct.pack(order + "3I", 4, len(raw), 3) + b"GNU\0" + raw)
    for name, content in sections:
        add(name, 1, content)
    names = b"".join(name.encode() + b"\0" for name, *_ in tables) + b".shstrtab\0"
    add(".shstrtab", 3, names)

    body, headers, name_at = bytearray(TEXT_OFFSET), b"", 0
    for name, kind, content, flags, address, link, entsize in tables:
        at = len(body) if content else 0
        body += content + b"\0" * (-len(content) % 8)
        fields = (flags, address, at, len(content), link, 0, 8, entsize)
        headers += struct.pack(f"{order}2I4{word}2I2{word}", name_at, kind, *fields)
        name_at += len(name) + 1
    length = len(body)
    sizes = (64, 56, 64) if wide else (52, 32, 40)
    load = (5, TEXT_OFFSET, TEXT_ADDRESS, TEXT_ADDRESS, length - TEXT_OFFSET, length - TEXT_OFFSET, 4096)
    if wide:
        segment = struct.pack(order + "2I6Q", 1, *load)
    else:
        segment = struct.pack(order + "8I", 1, *load[1:6], load[0], load[6])
    head = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    counts = (*sizes[:2], 1, sizes[2], len(tables), len(tables) - 1)
    head += struct.pack(f"{order}2HI3{word}I6H", 1 if module else 3, machine, 1, 0, sizes[0], length, 0, *counts)
    body[: len(head) + len(segment)] = head + segment
    return bytes(body) + headers
