"""How py-spy labels threads and processes, in everything that it writes.

thread (29359): MainThread             a frame; the name may be missing
process 30055:"/usr/bin/python3 app"   a frame
Process 30055 Thread 30056 "worker"    what a profile in a speedscope file is called; the process may be missing
"""

from __future__ import annotations

import re

__all__ = ["process_in", "profile_thread", "thread_in"]

_ID = r"0x[0-9A-Fa-f]{1,16}|\d{1,19}"
_THREAD = re.compile(rf"thread \(({_ID})\)(?:: (.*))?", re.DOTALL)
_PROCESS = re.compile(r'process (\d{1,19}):"', re.DOTALL)
_PROFILE = re.compile(rf'(?:Process (\d{{1,19}}) )?Thread ({_ID})(?: "(.*)")?', re.DOTALL)


def thread_in(label: str) -> tuple[int, str] | None:
    """(id, name) of the thread that a frame stands for, or None."""
    match = _THREAD.fullmatch(label)
    return (_number(match[1]), match[2] or "") if match else None


def process_in(label: str) -> int | None:
    """The id of the process that a frame stands for, or None."""
    match = _PROCESS.match(label)
    return int(match[1]) if match else None


def profile_thread(name: str) -> tuple[int, int, str]:
    """(process, thread, name) of the thread that a profile is of: -1 where it does not tell, the whole name then."""
    match = _PROFILE.fullmatch(name)
    return (int(match[1] or -1), _number(match[2]), match[3] or "") if match else (-1, -1, name)


def _number(text: str) -> int:
    return int(text, 16 if text.startswith("0x") else 10)
