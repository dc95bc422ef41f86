"""Lines of stacks, and what kind of code the frames of a stack are.

vfs_read                                                         by default
ffffffff810a9581 vfs_read                                        stackcount -v, wakeuptime
vfs_read+0x1e                                                    stackcount -s
#3  0x00007fbb52d162ec read+0x4c (/usr/lib/libc.so.6+0x8e2ec)    tools in C, -v
main+0x6d [allocs]                                               memleak
b'vfs_read'                                                      Python 3, for a while
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ...kernel_names import enters_kernel, kernel_part
from ...profile import Kind

__all__ = ["Frame", "folded_kinds", "kinds", "parse_frame", "unquoted"]

_ADDRESS = re.compile(r"(?:#?\d+ +)?(?:0x[0-9a-f]{4,16}|\[<[0-9a-f]{1,16}>\]|[0-9a-f]{8,16})\s+(?=\S)")
_OFFSET = re.compile(r"\+0x[0-9a-f]{1,16}$")
_MODULE = re.compile(r" (?:\((\S.*)\+0x[0-9a-f]{1,16}\)|\[(?!clone )([^\[\]]+)\])$")
_MISSED = re.compile(r"(\[Missed (?:User|Kernel) Stack\])(?: -?\d+)?")
_KERNEL = "_[k]"
#: Modules are looked for in so much of a line's end.
_LONGEST = 4096


class Frame(NamedTuple):
    """A function as its tool prints it. `marked` says that the tool calls it the kernel's."""

    name: str
    module: str = ""
    marked: bool = False
    is_code: bool = True


def unquoted(text: str) -> str:
    """A text without what Python put around it where it printed bytes: b'name'."""
    return text[2:-1] if text[:2] in ("b'", 'b"') and text[-1:] == text[1:2] and len(text) > 2 else text


def parse_frame(text: str, offsets: bool) -> Frame:
    """The function in a line, or in a part of a folded one."""
    text = unquoted(text.strip())
    if missed := _MISSED.fullmatch(text):
        return Frame(missed[1], is_code=False)
    if text in ("-", "--"):
        return Frame(text, is_code=False)
    if address := _ADDRESS.match(text):
        text = text[address.end() :]
    module = ""
    if " " in text and (found := _MODULE.search(text, max(0, len(text) - _LONGEST))):
        text, module = text[: found.start()], found[1] or found[2]
    marked = text.endswith(_KERNEL)
    text = text.removesuffix(_KERNEL)
    return Frame(text if offsets else _OFFSET.sub("", text), module, marked)


def kinds(frames: Sequence[Frame], context: str) -> list[Kind]:
    """What the frames of a stack are, leaf first. `context` is "kernel" or "user" where the stack is all of one."""
    names = [frame.name for frame in frames]
    if context:
        kernel = len(frames) if context == "kernel" else 0
    else:
        kernel = next((i for i, name in enumerate(names) if name in ("-", "--")), -1)
        kernel = kernel if kernel >= 0 else kernel_part(names)
    found = []
    for i, frame in enumerate(frames):
        own = Kind.KERNEL if i < kernel or frame.marked or frame.module == "kernel" else Kind.USER
        found.append(own if frame.is_code else Kind.GAP)
    return found


def folded_kinds(frames: Sequence[Frame], context: str) -> list[Kind]:
    """What the frames of a folded stack are, outermost first: a program's, the kernel's, after "--" the waker's."""
    now, found = Kind.KERNEL if context == "kernel" else Kind.USER, []
    delimited = any(frame.name == "-" for frame in frames)
    for frame in frames:
        if frame.name == "--":
            now = Kind.WAKER
        elif now == Kind.USER and (frame.name == "-" if delimited else not context and enters_kernel(frame.name)):
            now = Kind.KERNEL
        own = Kind.KERNEL if frame.marked and now != Kind.WAKER else now
        found.append(own if frame.is_code else Kind.GAP)
    return found
