"""Processes and threads: how a number stands for both, and what they are called.

Nsight writes a thread as one number: 24 bits of thread id, above them 24 bits of process id, and above these the
machine. A process is the same number without the thread.
"""

from __future__ import annotations

import numpy as np

from ...profile import Kind, Thread
from .export import Export
from .stacks import StackBuilder

__all__ = ["UNKNOWN", "Processes", "machine_of", "pid_of", "process_of", "tid_of"]

#: A thread, or a process, that the export does not tell.
UNKNOWN = -1

_BITS = 24
_MASK = (1 << _BITS) - 1


def process_of(thread: np.ndarray) -> np.ndarray:
    """The process of each thread, as a number of the same sort."""
    return np.where(thread == UNKNOWN, UNKNOWN, thread & ~_MASK)


def pid_of(thread: np.ndarray) -> np.ndarray:
    """The process id of each thread or process, -1 where unknown."""
    return np.where(thread == UNKNOWN, -1, thread >> _BITS & _MASK)


def tid_of(thread: np.ndarray) -> np.ndarray:
    """The thread id of each thread, -1 where unknown."""
    return np.where(thread == UNKNOWN, -1, thread & _MASK)


def machine_of(thread: np.ndarray) -> np.ndarray:
    """A number for the machine of each thread or process."""
    return thread >> 2 * _BITS


class Processes:
    """The processes and threads of an export by name."""

    def __init__(self, export: Export, with_pid: bool):
        self._export, self._with_pid = export, with_pid
        self._names = {key: name for key, name in export.texts("PROCESSES", "globalPid", "name") if name}
        rows = export.read("ThreadNames", globalTid=UNKNOWN, nameId=-1)
        self._threads = dict(zip(rows["globalTid"].tolist(), rows["nameId"].tolist(), strict=True))

    def name(self, process: int) -> str:
        """A program's name without its directory, "pid 123" where there is none."""
        if process == UNKNOWN:
            return "[unknown process]"
        pid = process >> _BITS & _MASK
        path = self._names.get(process, "")
        name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
        if not name:
            return f"pid {pid}"
        return f"{name}-{pid}" if self._with_pid else name

    def thread_name(self, thread: int) -> str:
        """A thread's name, "" where it has none."""
        return self._export.string(self._threads.get(thread, -1)) or ""

    def roots(self, build: StackBuilder, thread: np.ndarray, *, threads: bool) -> np.ndarray:
        """The node of each thread's process or, with `threads`, of the thread below it, where it has a name.

        A process's first thread is the process: it has no node of its own.
        """
        each, which = np.unique(thread, return_inverse=True)
        node = np.zeros(len(each), np.int64)
        processes = process_of(each).tolist()
        first = (pid_of(each) == tid_of(each)).tolist()
        for i, (one, process) in enumerate(zip(each.tolist(), processes, strict=True)):
            (node[i],) = build.push(0, build.frame(self.name(process), Kind.PROCESS))
            name = self.thread_name(one) if threads and not first[i] else ""
            if name:
                (node[i],) = build.push(node[i], build.frame(name, Kind.THREAD))
        return node[which]

    def table(self, thread: np.ndarray) -> tuple[tuple[Thread, ...], np.ndarray]:
        """The threads that occur, and the row of each in this table: int32[n]."""
        each, which = np.unique(thread, return_inverse=True)
        ids = zip(each.tolist(), pid_of(each).tolist(), tid_of(each).tolist(), strict=True)
        rows = tuple(Thread(pid, tid, self.thread_name(one)) for one, pid, tid in ids)
        return rows, which.astype(np.int32)
