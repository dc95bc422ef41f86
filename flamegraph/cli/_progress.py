"""A line on the terminal while something takes long, gone when it is done."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..columns import shorten
from ..text import printable

__all__ = ["Told", "progress"]

#: Seconds before anything is shown, so that quick work stays silent, and between updates.
_PATIENCE, _INTERVAL = 1.0, 0.5


class Told:
    """What the line says; whoever does the work may change it."""

    def __init__(self, what: str):
        self.what = what


@contextmanager
def progress(what: str, quiet: bool = False) -> Iterator[Told]:
    """Say on standard error what is being done and for how long, while the block takes over a second.

    Nothing is ever said where standard error is no terminal. The line is erased at the end, come what may.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield Told(what)
        return
    told = Told(what)
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(told, done), daemon=True)
    watcher.start()
    try:
        yield told
    finally:
        done.set()
        watcher.join()


def _watch(told: Told, done: threading.Event) -> None:
    begin, shown, wait = time.monotonic(), 0, _PATIENCE
    while not done.wait(wait):
        room = _columns() - 1  # a line that is full would wrap
        seconds = f" {time.monotonic() - begin:.0f} s"
        line = (shorten(printable(told.what), room - len(seconds)) + seconds)[:room]
        sys.stderr.write("\r" + line.ljust(shown))
        sys.stderr.flush()
        shown, wait = len(line), _INTERVAL
    if shown:
        # Blanks instead of an escape sequence: they erase on every terminal.
        sys.stderr.write("\r" + " " * shown + "\r")
        sys.stderr.flush()


def _columns() -> int:
    """How wide the terminal behind standard error is; shutil would ask for standard output's."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
