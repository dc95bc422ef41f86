"""Opening files whose paths came out of a recording or lie in /tmp: only ones that can be read like a file."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

__all__ = ["opened"]

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def opened(path: str, own: bool = False) -> BinaryIO | None:
    """A regular file, or None: such a path may lead to a pipe that never ends, or to a device.

    `own`: no link, and written by this user or root; root may read everybody's. Anyone may put a file in /tmp.
    """
    try:
        if not stat.S_ISREG(os.stat(path, follow_symlinks=not own).st_mode):
            return None  # to open a device may be to start something
        fd = os.open(path, _FLAGS | (getattr(os, "O_NOFOLLOW", 0) if own else 0))
    except (OSError, ValueError):
        return None
    status = os.fstat(fd)
    if stat.S_ISREG(status.st_mode) and (not own or _ours(status.st_uid)):
        return open(fd, "rb")
    os.close(fd)
    return None


def _ours(owner: int) -> bool:
    me = os.geteuid() if hasattr(os, "geteuid") else owner
    return me in (0, owner) or owner == 0
