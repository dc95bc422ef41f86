"""A line on the terminal while something takes long, gone when it is done."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

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
    told = Told(what)
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield told
        return
    line = _Line(told)
    try:
        with _ticking(line.show):
            yield told
    finally:
        line.erase()


class _Line:
    """What stands on the terminal. It is written past Python's buffers, which a signal may find in use."""

    def __init__(self, told: Told):
        self._told, self._begin, self._shown = told, time.monotonic(), 0

    def show(self) -> None:
        room = _columns() - 1  # a line that is full would wrap
        seconds = f" {time.monotonic() - self._begin:.0f} s"
        line = (shorten(printable(self._told.what), room - len(seconds)) + seconds)[:room]
        self._write("\r" + line.ljust(self._shown))
        self._shown = len(line)

    def erase(self) -> None:
        # Blanks instead of an escape sequence: they erase on every terminal.
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")

    def _write(self, text: str) -> None:
        with suppress(OSError):  # the terminal may be gone
            os.write(sys.stderr.fileno(), text.encode(sys.stderr.encoding or "utf-8", "replace"))


@contextmanager
def _ticking(tick: Callable[[], None]) -> Iterator[None]:
    """Call `tick` now and then during the block: by a timer's signal or, where there are none, from a thread.

    A process with several threads can't be forked safely, and readers of large inputs want to.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        with _thread(tick):
            yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: tick())
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE, _INTERVAL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _thread(tick: Callable[[], None]) -> Iterator[None]:
    done = threading.Event()

    def watch() -> None:
        wait = _PATIENCE
        while not done.wait(wait):
            tick()
            wait = _INTERVAL

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _columns() -> int:
    """How wide the terminal behind standard error is; shutil would ask for standard output's."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
