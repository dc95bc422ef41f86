"""JSON that is nested deeper than the parsers of the standard library and of orjson go.

Call trees written as objects within objects have two levels per frame, and both parsers end at a thousand. This one
keeps its own stack; it is slow, and only for what the others refuse.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["loads"]

#: Stacks of 50,000 frames have 100,000 levels; each costs memory, and no profiler writes as many as this.
_DEEPEST = 200_000

_BLANK = " \t\r\n"
_TOKEN = re.compile(
    rf"[{_BLANK}]*(?:([{{}}\[\],:])"
    r'|("[^"\\]*(?:\\.[^"\\]*)*")'
    r"|(-?\d{1,4000}(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity))",
    re.DOTALL,
)

# What may come next: the first of a container or its end, another one, the value of a key, a comma or the end.
_FIRST, _NEXT, _VALUE, _COMMA = range(4)


def loads(text: str) -> Any:
    """The value that `text` holds. json.JSONDecodeError where it is not JSON, or is nested beyond all bounds."""
    open_: list[Any] = [[]]  # containers; the outermost is for the value itself
    expected, key = _NEXT, ""
    at, size = 0, len(text.rstrip(_BLANK))
    while at < size:
        match = _TOKEN.match(text, at)
        mark, string, scalar = match.groups() if match else (":", None, None)
        container = open_[-1]
        if mark in ("}", "]"):
            fits = len(open_) > 1 and (mark == "}") == isinstance(container, dict)
            _check(fits and expected in (_FIRST, _COMMA), text, at)
            open_.pop()
            expected = _COMMA
        elif mark == ",":
            _check(len(open_) > 1 and expected == _COMMA, text, at)
            expected = _NEXT
        elif isinstance(container, dict) and expected in (_FIRST, _NEXT):
            match = match and _TOKEN.match(text, match.end())
            _check(string and match and match[1] == ":", text, at)
            key, expected = json.loads(string, strict=False), _VALUE
        else:
            _check(mark != ":" and expected != _COMMA, text, at)
            value = ({} if mark == "{" else []) if mark else json.loads(string or scalar, strict=False)
            if isinstance(container, dict):
                container[key] = value
            else:
                container.append(value)
            if mark:
                open_.append(value)
                _check(len(open_) <= _DEEPEST, text, at, "Nested too deeply")
            expected = _FIRST if mark else _COMMA
        at = match.end()
    _check(len(open_) == 1 and expected == _COMMA, text, size)
    return open_[0][0]


def _check(fits: Any, text: str, at: int, found: str = "Expecting something else") -> None:
    if not fits:
        raise json.JSONDecodeError(found, text, len(text) - len(text[at:].lstrip(_BLANK)))
