"""Work in several processes: forks of this one, which see what it holds where it lies in memory."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["Fork", "can_fork", "processors", "sharing"]

T = TypeVar("T")

#: How many processes of ours share the processors.
_sharers = 1

#: The ends of pipes that this process holds for itself. A fork that kept one would not learn that nobody reads what it
#: sends any more, or would let others wait for what nobody sends.
_own: set[Connection] = set()


def processors() -> int:
    """How many processors this process may use for itself."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, available // _sharers)


@contextmanager
def sharing(processes: int) -> Iterator[None]:
    """In here, and in what is forked in here, the processors are shared by so many processes."""
    global _sharers
    before = _sharers
    _sharers = before * processes
    try:
        yield
    finally:
        _sharers = before


def can_fork() -> bool:
    """Whether this process may fork. A fork has only the thread that made it; locks the others held stay locked."""
    return hasattr(os, "sched_getaffinity") and threading.active_count() == 1


class Fork(Generic[T]):
    """A fork of this process that works out `work(*args)` and sends back what it found."""

    def __init__(self, work: Callable[..., T], *args: Any):
        import multiprocessing  # here, because most inputs are small and need no help

        self._work, self._args = work, args
        fork = multiprocessing.get_context("fork")
        self._receiver, sender = fork.Pipe(duplex=False)
        _own.add(self._receiver)
        self._process = fork.Process(target=_send, args=(sender, work, args))
        try:
            with warnings.catch_warnings():
                # Python warns of forks where there are threads; those of NumPy's linear algebra are not used here.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._process.start()
        except OSError:
            self._process = None  # no memory, or too many processes: do it here
        sender.close()

    def result(self) -> T:
        """What it found. Where it failed or died (of memory, or killed), the work is done here, and fails here."""
        with suppress(EOFError, OSError):
            if self._process:
                return self._receiver.recv()
        return self._work(*self._args)

    def stop(self) -> None:
        """End it, whatever it is doing, with all that it forked."""
        _own.discard(self._receiver)
        self._receiver.close()
        if self._process:
            self._process.terminate()
            self._process.join()


def _send(sender: Connection, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    for end in _own:
        end.close()
    _own.clear()
    _own.add(sender)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # on the way out, forks of its own are ended
    # The process that wants the result finds out for itself what is wrong, and tells.
    with suppress(Exception, KeyboardInterrupt):
        sender.send(work(*args))
