"""The processes and threads of a trace: what they are called, and their frames at the root."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .options import option
from .profile import Kind, Thread
from .trace_events import Event

if TYPE_CHECKING:
    from .forest import Forest

__all__ = ["Names", "Owner", "ShownOwners"]

#: A thread: its process and its own id, as text, for they may be anything.
Owner = tuple[str, str]


@dataclass(frozen=True)
class ShownOwners:
    """Which numbers a stack begins with: options that all traces have."""

    pid: bool = option(False, "show processes, with their numbers")
    tid: bool = option(False, "show threads, with their numbers")


class Names:
    """What processes and threads are called, and their frames at the root."""

    def __init__(self, events: list[Event]):
        self._process: dict[str, str] = {}
        self._thread: dict[Owner, str] = {}
        for event in events:
            if event.get("ph") != "M":
                continue
            args = event.get("args")
            name = args.get("name") if type(args) is dict else None
            if type(name) is str and name.strip():
                pid, tid = str(event.get("pid")), str(event.get("tid"))
                if event.get("name") == "process_name":
                    self._process[pid] = name.strip()
                elif event.get("name") == "thread_name":
                    self._thread[pid, tid] = _thread_name(name.strip(), tid)

    def described(self, owner: Owner) -> Thread:
        """A thread, for `Profile.threads`."""
        pid, tid = owner
        return Thread(_id(pid), _id(tid), self._thread.get(owner) or self._process.get(pid, ""))

    def roots(self, forest: Forest, owners: Sequence[Owner], shown: ShownOwners) -> np.ndarray:
        """The rows that the stacks of each thread stand on: int64[n].

        There are frames for processes where their names differ, and for threads where their names differ within a
        process. So a trace of one thread has none, and threads without names share their stacks.
        """
        process = {pid: _label(self._process.get(pid, ""), "pid", pid, shown.pid) for pid, _ in owners}
        thread = {owner: _label(self._thread.get(owner, ""), "tid", owner[1], shown.tid) for owner in owners}
        by_process = len(set(process.values())) > 1 and not self._process.keys().isdisjoint(process)
        within = {(pid, name) for (pid, _), name in thread.items()}
        by_thread = len(within) > len(process) and not self._thread.keys().isdisjoint(thread)
        rows = []
        for owner in owners:
            frames = [forest.frame(process[owner[0]], Kind.PROCESS)] if shown.pid or by_process else []
            if shown.tid or by_thread:
                frames.append(forest.frame(thread[owner], Kind.THREAD))
            rows.append(forest.chain(0, frames))
        return np.array(rows, np.int64)


def _thread_name(name: str, tid: str) -> str:
    """A name without the number that PyTorch ("thread 7 (python)") and py-spy ("7: MainThread") put into it."""
    if name.startswith(f"thread {tid} (") and name.endswith(")"):
        return name[len(tid) + 9 : -1]
    return re.sub(r"^\d{5,}: (?=.)", "", name)


def _label(name: str, what: str, id: str, numbered: bool) -> str:
    if not name:
        return f"{what} {id}"
    return f"{name} ({what} {id})" if numbered else name


def _id(text: str) -> int:
    """A number that fits into 64 bits, or -1."""
    return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else -1
