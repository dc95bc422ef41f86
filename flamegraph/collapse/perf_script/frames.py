"""Frame lines: a function's name, its kind, the object it is in.

    \t           36fc worker+0xfc (/usr/bin/hot)                  ip, symbol, dso
    \t           f82ec __GI___libc_read+0x4c (inlined)            perf found it in DWARF
    \t    7f89cc467bf0 LFoo;::a->LBar;::b+0x0 (/tmp/perf-1.map)   the JIT inlined b into a
    \t           951d2 malloc_consolidate+0x92                    without a dso; with srcline, when inlined
      hot.cpp:28                                                  the line above, with `-F +srcline`

Names are tidied as stackcollapse-perf.pl does, so that pictures agree with its own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ...profile import Kind
from ...text import decode

__all__ = ["Frame", "Spelling", "frame_in", "is_frame", "parse_frame", "parse_srcline", "tidy", "tidy_java"]

# Tab and any word (perf), or blanks and an address (where an editor or another tool turned tabs into blanks).
_FRAME = re.compile(rb"(?:\t[ \t]*\S+| +[0-9a-f]{1,16})[ \t]+\S")
# As bytes from a mail or an issue look: no indentation left.
_BARE = re.compile(rb"[0-9a-f]{5,16} [^ ].*\)$")
# The header of a comm that is a hexadecimal number: ids, cpu, then a time, or period and event.
_HEADER = re.compile(
    rb" *[0-9a-f]{1,16} +-?\d{1,10}(?:/-?\d{1,10})? +(?:\[-?\d{1,6}\] +)?(?:\d{1,15} +)?[^ ]{1,255}:(?: |$)"
)
_WORD = re.compile(rb"[^ \t]+")
_HEX = frozenset(b"0123456789abcdef")
# Names longer than this are not searched for inlining and parentheses: no real one is, and a search takes time.
_LONGEST = 8192

# Mappings that perf prints in brackets and that belong to the process.
_NOT_KERNEL = ("[unknown", "[vdso", "[vsyscall", "[heap", "[stack", "[anon", "[uprobes")
_MODULE = (".ko", ".ko.gz", ".ko.xz", ".ko.zst", ".ko.debug")
_JIT = re.compile(r"/tmp/perf-\d+\.map|/jitted-\d+-\d+\.so")


class Spelling(NamedTuple):
    """How functions are named: `addrs` puts the address into the names of unknown ones, `full` leaves names whole."""

    addrs: bool = False
    full: bool = False


class Frame(NamedTuple):
    """A row of `Profile.frames`, but for its name under the options: unknown frames are named by them."""

    name: str
    kind: Kind
    module: str
    file: str = ""
    line: int = 0


def is_frame(line: bytes) -> bool:
    """Whether an indented line is a frame. What begins like one may be the right-aligned header of a comm "cafe"."""
    return bool(_FRAME.match(line) or _BARE.match(line)) and not _HEADER.match(line)


def parse_frame(line: bytes, source: tuple[str, int, bool] | None, spelling: Spelling) -> list[Frame]:
    """The frames of a line, outermost first: several where a JIT inlined, none for one that names a process.

    `source` is what `parse_srcline` made of the line below.
    """
    ip, rest = line.split(None, 1)
    symbol, module = _split_module(rest)
    file, number, inlined = source or ("", 0, False)
    if module == b"inlined":
        inlined, module = True, b""
    dso = decode(module)
    kind = Kind.INLINED if inlined else _kind(dso)
    if not symbol or symbol == b"[unknown]":
        return [Frame(_unknown(dso, decode(ip) if spelling.addrs else ""), kind, dso, file, number)]
    if symbol.startswith(b"(") and not symbol.startswith(b"(anonymous namespace)"):
        return []
    names = [tidy(part, spelling.full) for part in _inlines(decode(_without_offset(symbol)))]
    return [Frame(name, kind if i == 0 else Kind.INLINED, dso, file, number) for i, name in enumerate(names)]


def frame_in(rest: bytes) -> bytes:
    """The frame that a header ends with, where there is no callchain; b"" where there is none.

    perf prints the address sixteen columns wide, after arguments and, with `-d`, the data's address. In a branch
    trace ("from => to") it is where the branch comes from.
    """
    rest = rest.partition(b" =>")[0]
    found = -1
    for word in _WORD.finditer(rest, 0, _LONGEST):
        start, end = word.span()
        if end - start > 16 or not _HEX.issuperset(word[0]):
            if found >= 0:
                break
        elif not rest[max(0, end - 16) : start].strip() and (end >= 16 or end - start > 4):
            found = start
    line = b"\t" + rest[found:]
    return line if found >= 0 and is_frame(line) else b""


def parse_srcline(line: bytes) -> tuple[str, int, bool] | None:
    """(file, line, inlined) of the line that `-F +srcline` prints below a frame; None where it is something else."""
    body = line.strip()
    inlined = body.endswith(b" (inlined)")
    if inlined:
        body = body[:-10]
    file, colon, number = body.rpartition(b":")
    number = number.partition(b" ")[0]  # "28 (discriminator 3)"
    if colon and file and number.isdigit() and len(number) < 10:
        return ("", 0, inlined) if file.startswith(b"??") else (decode(file), int(number), inlined)
    address = body.rpartition(b"[")[2]
    if body.endswith(b"]") and address[:-1] and _HEX.issuperset(address[:-1]):
        return "", 0, inlined  # "dso[address]": no line is known
    return None


def tidy(name: str, full: bool = False) -> str:
    """A symbol without ";", and unless it is wanted in `full` without its parameters and quotes."""
    name = name.replace(";", ":")
    if full:
        return name
    method = name.find(".(")
    if method < 0 or name.rfind(").") < method + 2:  # Go: "pkg.(*Type).Method" is no parameter list
        at = name.find("(")
        while at >= 0 and name.startswith("(anonymous namespace)", at):
            at = name.find("(", at + 1)
        if at >= 0:
            name = name[:at]
    return name.replace('"', "").replace("'", "")


def tidy_java(name: str) -> str:
    """What is shown of a name in a Java process: "org/foo/Bar:.run" for "Lorg/foo/Bar:.run"."""
    return name[1:] if name.startswith("L") and "/" in name else name


def _split_module(rest: bytes) -> tuple[bytes, bytes]:
    """(symbol, dso) of what follows the address. Either may hold blanks and parentheses."""
    rest = rest.rstrip()
    end = rest.rfind(b")")
    if end < 0 or rest[end + 1 : end + 2].strip():
        return rest, b""  # "operator()+0x7": no dso
    start = rest.rfind(b"(", 0, end)
    if b")" in rest[start + 1 : end]:
        start = _opening(rest, end)  # "/tmp/a (deleted)" or "/opt/b (x86)/c"
    if start < 0 or rest[start - 1 : start].strip():
        return rest, b""
    return rest[:start].rstrip(), rest[start + 1 : end]


def _opening(text: bytes, end: int) -> int:
    """Where the parenthesis opens that closes at `end`; -1 where it does not."""
    depth, first = 0, max(0, end - _LONGEST)
    for at in range(end, first - 1, -1):
        depth += (text[at] == 0x29) - (text[at] == 0x28)
        if depth == 0:
            return at
    return -1


def _without_offset(symbol: bytes) -> bytes:
    name, plus, offset = symbol.rpartition(b"+0x")
    return name if plus and offset and _HEX.issuperset(offset) else symbol


def _inlines(name: str) -> list[str]:
    """The parts of "a->b->c" outside of brackets; C++ and Rust have "->" in types and in `operator->`."""
    if "->" not in name or len(name) > _LONGEST:
        return [name]
    parts, depth, start, at = [], 0, 0, 0
    for at, character in enumerate(name):
        if character in "([{<":
            depth += 1
        elif character in ")]}" or (character == ">" and name[at - 1 : at] != "-"):
            depth -= 1
        elif character == "-" and name.startswith("->", at) and depth == 0:
            before, after = name[start:at], name[at + 2 : at + 3]
            if before.strip() == before != "" and after.strip() and not before.endswith("operator"):
                parts.append(before)
                start = at + 2
    return [*parts, name[start:]]


def _kind(dso: str) -> Kind:
    base = dso.rpartition("/")[2]
    if dso.startswith("[") and not dso.startswith(_NOT_KERNEL):
        return Kind.KERNEL
    if dso.endswith("vmlinux") or base.startswith("vmlinux-") or base.endswith(_MODULE):
        return Kind.KERNEL
    return Kind.JIT if _JIT.search(dso) else Kind.USER


def _unknown(dso: str, address: str) -> str:
    where = "unknown" if dso in ("", "[unknown]") else dso.rpartition("/")[2]
    return f"[{where} <{address}>]" if address else f"[{where}]"
