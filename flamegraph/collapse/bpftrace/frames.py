"""Lines of stacks: a function, its offset, and by mode and version where it is.

    do_syscall_64+113                                   by default
    [inlined] spin(double)@/src/a.cpp:12                with debug information, from bpftrace 0.23 on
\tffffffff821ef691 do_syscall_64+113                    perf mode
\t7fbb52d162ec read+76 (/usr/lib/libc.so.6)
ffffffff821ef691                                        raw mode
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ...profile import Kind

__all__ = ["Frame", "Spelling", "is_kernel", "parse_frame"]

_PERF = re.compile(r"\t *([0-9a-f]{1,16}) +(.+)")
_RAW = re.compile(r"[0-9a-f]{5,16}")
_ADDRESS = re.compile(r"0x([0-9a-f]{1,16})")
_PLACE = re.compile(r"@([^@]+):(\d{1,9})$")
_NO_CODE = re.compile(r"<[a-z ]+>")
_JIT = re.compile(r"/tmp/perf-\d+\.map")
#: Addresses from here on are the kernel's, on all machines but s390.
_KERNEL_SPACE = 1 << 63


class Spelling(NamedTuple):
    """How functions are named: unknown ones by their addresses, and all with their offsets."""

    addrs: bool = False
    offsets: bool = False


class Frame(NamedTuple):
    """What is told of a frame, by the columns of `Profile.frames`."""

    name: str
    kind: Kind = Kind.USER
    module: str = ""
    file: str = ""
    line: int = 0


def parse_frame(text: str, kernel: bool, spelling: Spelling) -> Frame:
    """The frame in a line. `kernel` says whether its stack is one of the kernel, where no address tells."""
    kind, module = Kind.KERNEL if kernel else Kind.USER, ""
    perf = None
    if text[:1] != " ":
        if _RAW.fullmatch(text):
            return Frame(text, _kind(int(text, 16)))
        if perf := _PERF.fullmatch(text):
            kind = _kind(int(perf[1], 16))
            text, module = _split_module(perf[2])
            if module == "inlined":
                kind, module = Kind.INLINED, ""
            elif _JIT.fullmatch(module):
                kind = Kind.JIT
    text = text.strip()
    if text.startswith("[inlined] "):
        kind, text = Kind.INLINED, text.removeprefix("[inlined] ")
    elif address := _ADDRESS.fullmatch(text):
        known = kind if perf else _kind(int(address[1], 16))
        return Frame(text if spelling.addrs else "[unknown]", known, module)
    elif _NO_CODE.fullmatch(text):
        return Frame(text, Kind.GAP)
    file, line = "", 0
    if "@" in text and (place := _PLACE.search(text)):
        text, file, line = text[: place.start()], place[1], int(place[2])
    name, _, offset = text.rpartition("+")
    if name and not spelling.offsets and offset.isascii() and offset.isdigit():
        text = name
    return Frame(text, kind, module, file, line)


def is_kernel(text: str) -> bool | None:
    """Whether a line is a frame of the kernel, by its address; None where it has none."""
    found = _PERF.fullmatch(text) or _ADDRESS.fullmatch(text.strip())
    if found is None and _RAW.fullmatch(text):
        return _kind(int(text, 16)) == Kind.KERNEL
    return None if found is None else _kind(int(found[1], 16)) == Kind.KERNEL


def _kind(address: int) -> Kind:
    return Kind.KERNEL if address >= _KERNEL_SPACE else Kind.USER


def _split_module(text: str) -> tuple[str, str]:
    """(function, module) of "read+76 (/lib/libc.so.6)". Both may hold blanks and parentheses; both always close."""
    if not text.endswith(")"):
        return text, ""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if not depth:
            module = text[at + 1 : -1]
            return (text[: at - 1], "" if module == "[unknown]" else module) if text[at - 1 : at] == " " else (text, "")
    return text, ""
