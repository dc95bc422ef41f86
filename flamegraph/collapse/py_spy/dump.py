"""The text of `py-spy dump`: what each thread does now, the leaf first.

Process 30064: python app.py
Python v3.11.2 (/usr/bin/python3.11)

Thread 30064 (active+gil): "MainThread"
    main (app.py:19)
        Arguments:
            secs: 6
    <module> (app.py:21)
"""

from __future__ import annotations

import re
from collections import Counter

from ...errors import ParseError
from ...profile import Profile
from ...source import Source
from .labels import parse_label
from .threads import DumpedThread, profile_of

__all__ = ["looks", "read"]

NO_SENSE = "line that is neither a thread nor a frame"

_STATES = r"active\+gil|active|idle"
_PROCESS = re.compile(r"Process (\d{1,19}): (.*)")
_THREAD = re.compile(rf'Thread (0x[0-9A-Fa-f]{{1,16}}|\d{{1,19}}) \(({_STATES})\)(?:: "(.*?)"?)?')
_FRAME = re.compile(r" {4}(\S.*)")
_LOOKS = re.compile(rb"^Thread (?:0x[0-9A-F]+|\d+) \((?:%b)\)(?:: \".*)?\r?$" % _STATES.encode(), re.MULTILINE)

#: What follows the command line, which may have several lines.
_VERSION = "Python v"

#: What stands further to the right than frames: arguments and variables, with --locals.
_LOCALS = "        "


def looks(head: bytes, whole: bool) -> bool:
    """Whether this is the beginning of a dump: it has the line of a thread."""
    return b"Thread " in head and _LOOKS.search(head) is not None


def read(source: Source) -> Profile:
    """The profile of one dump or several. ParseError where it holds no thread."""
    threads: list[DumpedThread] = []
    skipped: Counter[str] = Counter()
    pid, command = -1, [""]
    told = between = True  # all of the command line; between the process and its first thread
    for line in source.lines():
        if match := _THREAD.fullmatch(line):
            active, gil = match[2] != "idle", match[2] == "active+gil"
            threads.append(DumpedThread(pid, "\n".join(command), match[1], match[3] or "", active, gil, []))
            told, between = True, False
        elif match := _PROCESS.fullmatch(line):
            pid, command = int(match[1]), [match[2]]
            told, between = False, True
        elif between:
            told = told or line.startswith(_VERSION)
            if not told:
                command.append(line)
        elif match := _FRAME.fullmatch(line):
            threads[-1].frames.append(parse_label(match[1]))
        elif not line.startswith(_LOCALS) and line.strip("-"):
            skipped[NO_SENSE] += 1
    if not threads:
        raise ParseError(source.name, "a thread, such as 'Thread 30064 (active): \"MainThread\"'", "none")
    return profile_of(threads, skipped)
