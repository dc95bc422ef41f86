"""What a slice is called, and where its function stands in the source."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...forest import Forest
from ...trace_events import Event

__all__ = ["speller"]

#: viztracer's names: function (file:line)
_PLACED = re.compile(r".* \((.+):(\d{1,9})\)", re.DOTALL)

#: Where Python's modules are. py-spy shows a file from the outermost package on; it looks at the disk to know where
#: that is, and here the path has to do.
_LIBRARY = re.compile(r".*/(?:site-packages|dist-packages|python\d[\d.]*|lib-dynload)/")


def speller(forest: Forest) -> Callable[[Event], int]:
    """What gives the frame of an event."""
    known: dict[tuple[Any, ...], int] = {}

    def spell(event: Event) -> int:
        name = event.get("name")
        name = "(unnamed)" if name is None or name == "" else str(name)
        args = event.get("args")
        file, line = _place(args) if type(args) is dict else ("", 0)
        key = name, event.get("cat") == "py-spy", file, line
        found = known.get(key)
        if found is None:
            found = known[key] = _frame(forest, *key)
        return found

    return spell


def _frame(forest: Forest, name: str, by_py_spy: bool, file: str, line: int) -> int:
    if by_py_spy and file:
        within = _LIBRARY.sub("", file) if _LIBRARY.match(file) else file.rpartition("/")[2]
        name = f"{name} ({within}:{line})" if line else f"{name} ({within})"
    elif not file and (placed := _PLACED.fullmatch(name)):
        file, line = placed[1], int(placed[2])
    return forest.frame(name, file=file, line=line)


def _place(args: dict[str, Any]) -> tuple[str, int]:
    """(file, line) as py-spy and Hermes put them among the arguments: of the function, where that is told apart."""
    file = args.get("filename", args.get("url"))
    if "line" not in args or type(file) is not str:
        return "", 0
    line = args.get("funcLine", args["line"])
    if type(line) is str and line.isascii() and line.isdigit() and len(line) < 10:
        line = int(line)
    return file, line if type(line) is int else 0
