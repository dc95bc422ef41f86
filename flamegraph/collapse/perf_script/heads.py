"""Header lines: who was sampled, when, by which event.

    hot main 24923/24925 [001]  2361.882663:    3344481 cpu-clock:u: …
    who: comm, ids, cpu         time            what: period, event, arguments or the one frame

A comm may hold anything, blanks, digits, colons and slashes too ("io worker 1", "a:b [c] 5/7"). Only the words next
to the time tell: left of it stand the ids, left of them the comm. Both FlameGraph and inferno take the first number.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["UNWANTED", "What", "Who", "parse_cpu", "parse_what", "parse_who", "split_head"]

# A header is short: 16 bytes of comm (perf may print more), three numbers, an event. Whoever feeds a line of a
# hundred megabytes must not make a search in it take long.
_LONGEST = 2048

_TIME = re.compile(rb"(?:^|[ \t])(\d{1,10}\.\d{1,9}):(?=[ \t]|$)")
_EVENT = re.compile(rb"[ \t]([^ \t]{0,255}[^ \t:0-9][^ \t]{0,255}):(?=[ \t]|$)")
_IDS = re.compile(rb"(?:(-?\d{1,10})/)?(-?\d{1,10})")
# What may stand between ids and time: the cpu, perf's `misc` letters, a date and a time of day.
_ASIDE = re.compile(rb"\[-?\d{1,6}\]|[KUHGg](?:Sp?|M|E)?|Sp?|M|E|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d\.\d{1,9}")
_CPU = re.compile(rb"\[(-?\d{1,6})\]")


class Who(NamedTuple):
    """A thread. The comm as printed; -1 for a pid that is not printed. On one processor, where that is told apart.

    A pid of `UNWANTED` stands for all threads that are left out for one reason: `comm`, b"" where they are not wanted.
    """

    comm: bytes
    pid: int
    tid: int
    cpu: int = -1


class What(NamedTuple):
    """An event. "" and -1 for an event and a period that are not printed; `rest` is what follows."""

    event: bytes
    period: int
    rest: bytes


#: See `Who`.
UNWANTED = -2


def parse_cpu(text: bytes) -> int:
    """The processor in what stands left of the time, -1 where none is printed."""
    for word in reversed(text.rsplit(None, 4)[-4:]):
        cpu = _CPU.fullmatch(word)
        if cpu or not _ASIDE.fullmatch(word):
            return max(int(cpu[1]), -1) if cpu else -1
    return -1


def parse_who(text: bytes) -> Who | None:
    """What stands left of the time; None where it does not end with a thread's id."""
    for _ in range(5):  # the ids and at most four words between them and the time
        words = text.rsplit(None, 1)
        if not words:
            return None
        ids = _IDS.fullmatch(words[-1])
        if ids:
            comm = words[0].strip() if len(words) == 2 else b""
            return Who(comm, int(ids[1]) if ids[1] else -1, int(ids[2]))
        if len(words) == 1 or not _ASIDE.fullmatch(words[-1]):
            return None
        text = words[0]
    return None


def parse_what(text: bytes) -> What:
    """What stands right of the time. A number is a period only where an event or nothing follows it."""
    words = text[:_LONGEST].split(None, 2)
    first, second = (*words, b"", b"")[:2]
    at = text.find(first) + len(first)
    if first.isdigit():
        # 10^15 ns are eleven days, as many cycles four: no sample stands for that much.
        period = int(first) if len(first) <= 15 else -1
        if not second:
            return What(b"", period, b"")
        if _is_event(second):
            return What(second[:-1], period, text[text.index(second, at) + len(second) :])
    elif _is_event(first):
        return What(first[:-1], -1, text[at:])
    return What(b"", -1, text)


def _is_event(word: bytes) -> bool:
    return len(word) > 1 and word.endswith(b":")


def split_head(line: bytes) -> tuple[bytes, bytes, bytes] | None:
    """A header as (who, time, what), time b"" where none is printed; None for any other line."""
    short = line[:_LONGEST]
    for time in _TIME.finditer(short):
        if parse_who(short[: time.start()]):
            return short[: time.start()], time[1], line[time.end() :]
    for event in _EVENT.finditer(short):
        who = short[: event.start()]
        bare = who.rstrip(b"0123456789")
        blank = bare.rstrip(b" \t")
        # Without a time, "worker 1 2345 cycles:" is either thread 2345 of "worker 1" or thread 1 with period 2345.
        # perf pads periods to ten columns.
        if len(who) - len(blank) > 10 and len(bare) < len(who) and parse_who(blank):
            return blank, b"", line[len(blank) :]
        if parse_who(who):
            return who, b"", line[event.start() :]
    return None
