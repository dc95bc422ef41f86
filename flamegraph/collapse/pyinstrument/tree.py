"""Call trees: frames within frames, each with its time, what it called included."""

from __future__ import annotations

from typing import Any

from ...builder import Builder
from .frames import Frames, nanoseconds

__all__ = ["read_tree"]

NO_FRAME = "entry that is no frame"
NO_TIME = "frame without a time"
TOO_MUCH = "frame whose callees take longer than itself"

#: A child that is no call, but the time that its parent took itself.
_SELF = "[self]"

#: Times are rounded to µs, so that many of them may add up to as many more than the one that they are parts of.
_ROUNDING = 1000


def read_tree(root: dict[str, Any], build: Builder, frames: Frames) -> None:
    """Add a tree to `build`: for each frame a sample of the time that it took itself."""
    todo = [(root, 0)]
    while todo:
        entry, parent = todo.pop()
        name = _name(entry) if isinstance(entry, dict) else None
        if name is None:
            build.skip(NO_FRAME)
            continue
        children = entry.get("children")
        children = children if isinstance(children, list) else []
        is_self = name == _SELF and parent and not children
        node = parent if is_self else build.push(parent, _frame(entry, frames))
        time = nanoseconds(entry.get("time"))
        if time is None:
            build.skip(NO_TIME)
        else:
            own = time - sum(_time(child) for child in children)
            build.skip(TOO_MUCH, own < -_ROUNDING * (len(children) + 1))
            if own > 0:
                build.sample(node, own)
        todo += [(child, node) for child in reversed(children)]


def _name(entry: dict[str, Any]) -> str | None:
    name = entry.get("function", entry.get("identifier"))
    return name.partition("\0")[0] if isinstance(name, str) else None


def _time(child: Any) -> int:
    return (nanoseconds(child.get("time")) or 0) if isinstance(child, dict) else 0


def _frame(entry: dict[str, Any], frames: Frames) -> int:
    identifier, attributes = entry.get("identifier"), entry.get("attributes")
    if isinstance(identifier, str):
        marks = attributes if isinstance(attributes, dict) else {}
        # A function may have run for several classes; it is called by the one that took most.
        return frames.identified(identifier, sorted(marks, key=lambda mark: -(nanoseconds(marks[mark]) or 0)))
    file, short, owner = (_text(entry.get(key)) for key in ("file_path", "file_path_short", "class_name"))
    line = entry.get("line_no")
    return frames.frame(entry["function"], owner, file or short, line if isinstance(line, int) else 0, short)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
