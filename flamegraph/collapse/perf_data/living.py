"""Processes of a recording that are still there: what they see, such as in a container, can be looked at from here.

A number may have been given to another process since, so that one counts only if it has code at the recorded address.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from .processes import Mapping

__all__ = ["apart", "living", "roots"]

_PROC = "/proc"

#: Processes asked for one file. Those that see what this one sees are asked too, and there may be thousands.
_ASKED = 64

#: More than this is no list of mappings: each takes some hundred bytes, and the kernel allows 65,530 of them.
_MAPS = 16 << 20


def living(mapping: Mapping) -> tuple[str, int] | None:
    """(root directory, number as it knows itself) of the process that has a mapping; None where it is gone."""
    pid = mapping.pid
    if pid <= 0 or not _has_code(pid, mapping.start):
        return None
    try:
        with open(f"{_PROC}/{pid}/status") as status:
            numbers = next((line.split()[1:] for line in status if line.startswith("NStgid:")), [])
        return f"{_PROC}/{pid}/root", int(numbers[-1]) if numbers else pid
    except (OSError, ValueError):
        return None


def roots(mappings: Iterable[Mapping]) -> Iterator[str]:
    """The root directories of the living among some processes, of those that see other files than this one."""
    for mapping, _ in zip(mappings, range(_ASKED), strict=False):
        if apart(mapping.pid) and (found := living(mapping)):
            yield found[0]


def apart(pid: int) -> bool:
    """Whether a process is there that sees other files than this one."""
    return pid > 0 and _view(str(pid)) not in (None, _view("self"))


def _view(pid: str) -> tuple[object, ...] | None:
    """What two processes have in common that see the same files."""
    try:
        root, space = os.stat(f"{_PROC}/{pid}/root"), os.stat(f"{_PROC}/{pid}/ns/mnt")
        return root.st_dev, root.st_ino, space.st_ino
    except OSError:
        return None


def _has_code(pid: int, address: int) -> bool:
    try:
        with open(f"{_PROC}/{pid}/maps", "rb") as maps:
            lines = maps.read(_MAPS).split(b"\n")
    except OSError:
        return False
    for words in (line.split(None, 2) for line in lines):
        if len(words) == 3 and words[1][2:3] == b"x":
            start, _, end = words[0].partition(b"-")
            if int(start, 16) <= address < int(end, 16):
                return True
    return False
