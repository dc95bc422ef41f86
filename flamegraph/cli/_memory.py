"""Memory that was once given to this process stays with it: to be given a page anew takes longer than to fill it."""

from __future__ import annotations

import sys
from functools import cache

__all__ = ["keep_memory"]

#: What glibc's malloc.h calls them.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8

#: Bytes asked for at once.
_STEP = 16 << 20


@cache  # once is enough
def keep_memory() -> None:
    """Let the memory of arrays that are done with serve the next ones, in whatever thread. Nothing where not glibc.

    A command runs for a moment and does one thing, so what it holds on to is no loss. A library must not do this in
    somebody's long-lived process.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes  # NumPy has imported it

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)  # what one thread lets go of, another one takes
        mallopt(_MMAP_MAX, 0)  # large arrays, too, come from what is kept
        mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
        mallopt(_TOP_PAD, _STEP)
