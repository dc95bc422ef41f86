"""Text output: entries of maps.

An entry begins with "@" at the start of a line and ends with "]: " and its value at the end of one. In between are
stacks, whose lines begin with a blank or are addresses, and lines that begin with ",", "]" or ")". After "]: " a
histogram, or a stack, may follow in lines of its own.
"""

from __future__ import annotations

import re

from .output import CUT_OFF, NO_END, NO_STACKS, Output, Value

__all__ = ["read_text"]

_PLAIN = re.compile(r"(.*)\]: (-?\d{1,20})")
_END = re.compile(r"(.*)\]:(?: (.*))?")
_NUMBER = re.compile(r"-?\d{1,20}")
_STATS = re.compile(r"count (-?\d{1,20}), average -?\d{1,20}, total (-?\d{1,20})")
_BAR = re.compile(r"[(\[].{1,60}[)\]] +(\d{1,20}) \|[@ ]*\|")
_FRAME = re.compile(r"    |\t|[0-9a-f]{5,16}$")
#: What lines between and behind stacks begin with.
_BETWEEN = (",", "]", ")")
_NAME = re.compile(r"\w*")
#: A message that ends without a line end, so that what follows stands behind it.
_UNENDED = re.compile(r"^(WARNING: BCC can't handle sym look ups for .{1,4096}?)(?=@\w*\[)", re.MULTILINE)


def read_text(text: str) -> Output:
    """The entries in a text, and what else stands there."""
    out = Output(", ")
    if "WARNING: BCC" in text:
        text = _UNENDED.sub(r"\1\n", text)
    first, *pieces = f"\n{text}".split("\n@")
    out.say(first[1:].split("\n"))
    for number, piece in enumerate(pieces, 1):
        piece = piece.rstrip("\n")
        name = _NAME.match(piece)[0]  # type: ignore[index]  # an empty one matches as well
        last = piece.rfind("\n") + 1
        found = _PLAIN.fullmatch(piece, last) if not last or piece[last : last + 1] in _BETWEEN else None
        if found and piece.startswith("[", len(name)):
            out.add(name, piece[len(name) + 1 : found.end(1)], Value(int(found[2])))
        else:
            _take(piece.split("\n"), name, out, is_last=number == len(pieces))
    return out


def _take(lines: list[str], name: str, out: Output, is_last: bool) -> None:
    """Take an entry that is more than a key and a number, or lines that are none."""
    rest = lines[0][len(name) :]
    if rest.startswith(":"):
        out.skipped[NO_STACKS] += 1
        out.say(_value(rest.removeprefix(":").strip(), lines[1:])[1])
        return
    if not rest.startswith("["):
        out.say([f"@{lines[0]}", *lines[1:]])
        return
    at = next((i for i in range(len(lines)) if _ends(lines, i)), None)
    if at is None:
        out.skipped[CUT_OFF if is_last else NO_END] += 1
        out.say([line for line in lines[1:] if not _FRAME.match(line) and line[:1] not in _BETWEEN])
        return
    end = _END.fullmatch(lines[at])
    key = "\n".join([*lines[:at], end[1]])[len(name) + 1 :]  # type: ignore[index]
    value, after = _value((end[2] or "").strip(), lines[at + 1 :])  # type: ignore[index]
    out.add(name, key, value)
    out.say(after)


def _ends(lines: list[str], at: int) -> bool:
    """Whether the entry's value is in this line. A thread may be called "x]: 5" as well."""
    if at and lines[at][:1] not in _BETWEEN:
        return False
    found = _END.fullmatch(lines[at])
    if found and found[2] and found[2].rstrip().endswith(",") and at + 1 < len(lines):
        return not _FRAME.match(lines[at + 1])
    return bool(found)


def _value(text: str, below: list[str]) -> tuple[Value | None, list[str]]:
    """(the value that a text is, or the lines below it make; the lines that are left)."""
    if _NUMBER.fullmatch(text):
        return Value(int(text)), below
    if stats := _STATS.fullmatch(text):
        return Value(int(stats[2]), int(stats[1])), below
    if text:
        return None, below
    counts, at = [], 0
    while at < len(below) and (bar := _BAR.fullmatch(below[at])):
        counts.append(int(bar[1]))
        at += 1
    if counts:
        return Value(None, sum(counts)), below[at:]
    while at < len(below) and (not below[at] or _FRAME.match(below[at])):  # a stack
        at += 1
    return None, below[at:]
