"""What py-spy calls a frame: `name (file:line)`, `name (file)`, `name (shared object)`, or a thread or process."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...profile import Kind
from ...thread_labels import process_in, thread_in

__all__ = ["Label", "is_frame", "is_python", "parse_label"]

# Longer names are not searched for matching parentheses: no real one is, and a search takes time.
_LONGEST = 4096

_LINE = re.compile(r"(.*):(\d{1,19})", re.DOTALL)

#: What is no shared object although no line is known: code without a file, Python, and what native code is written in.
_SOURCE = re.compile(
    r"<.*>|.*\.(?:py|pyw|pyx|pxd|pxi|pyi|ipynb|c|h|cc|cpp|cxx|hh|hpp|hxx|inc|rs|go|f|f90|m|mm|s|asm)",
    re.DOTALL | re.IGNORECASE,
)
_PYTHON = re.compile(rb"\.pyx?(?::\d+)?\)$|\(<[^<>]+>(?::\d+)?\)$")


class Label(NamedTuple):
    """A frame, as `Builder.frame` takes it."""

    name: str
    kind: Kind = Kind.USER
    module: str = ""
    file: str = ""
    line: int = 0


def is_frame(text: str) -> bool:
    """Whether a piece of a stack ends as frames do."""
    return text.endswith(")") and " (" in text


def is_python(text: bytes) -> bool:
    """Whether it is a frame of Python code, beyond doubt."""
    return _PYTHON.search(text) is not None


def parse_label(text: str) -> Label:
    """The frame that is called `text`."""
    if text.startswith("thread (") and thread_in(text):
        return Label(text, Kind.THREAD)
    if text.startswith("process ") and process_in(text) is not None:
        return Label(text, Kind.PROCESS)
    where = _where(text) if is_frame(text) else ""
    if match := _LINE.fullmatch(where):
        return Label(text, file=match[1], line=int(match[2]))
    if _SOURCE.fullmatch(where):
        return Label(text, file=where)
    return Label(text, module=where)


def _where(text: str) -> str:
    """What stands in the parentheses at the end, which may hold others: `main (app (copy).py:3)`."""
    start, depth = text.rfind(" (") + 2, 0
    if text.find(")", start) < len(text) - 1:
        for at in range(len(text) - 1, max(-1, len(text) - _LONGEST), -1):
            depth += (text[at] == ")") - (text[at] == "(")
            if depth == 0:
                start = at + 1 if text[at - 1] == " " else start
                break
    return text[start:-1]
