"""What an output holds, whether it was text or JSON: entries of maps, and what else was printed."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from ...sums import LARGEST

__all__ = ["CUT_OFF", "MESSAGE", "NO_END", "NO_NUMBER", "NO_STACKS", "Entry", "Output", "Value"]

CUT_OFF = "map entry cut off at the end"
NO_END = "map entry without an end"
NO_NUMBER = "map entry whose value is no number"
MESSAGE = "message of bpftrace"
NO_STACKS = "entry of a map without stacks"

_LOST = re.compile(r"Lost (\d{1,18}) events")
_ATTACHED = re.compile(r"Attach(?:ing|ed) \d+ probes?\b.*")
_MESSAGE = re.compile(r"(?:ERROR|WARNING|Error looking up stack id)\b.*|stdin:\d+.*")


class Value(NamedTuple):
    """What a map holds for a key: a number, a number of samples, or both. None for what it does not hold."""

    amount: int | None = None
    count: int | None = None


class Entry(NamedTuple):
    """A key of a map and its value. The key is as printed, with stacks in lines of their own."""

    map: str
    key: str
    value: Value


class Output:
    """An output, read.

    comma     what divides the parts of a key: ", " in text, "," in JSON
    entries   of keyed maps whose values are numbers, in their order
    printed   lines that belong to no map, in their order
    skipped   reason → how many
    """

    def __init__(self, comma: str):
        self.comma = comma
        self.entries: list[Entry] = []
        self.printed: list[str] = []
        self.skipped: Counter[str] = Counter()

    def add(self, map: str, key: str, value: Value | None) -> None:
        """Take an entry; None is a value that is no number."""
        numbers = [number for number in value or () if number is not None]
        if value is None:
            self.skipped[NO_NUMBER] += 1
        elif min(numbers) < 0:
            self.skipped["negative value"] += 1
        elif max(numbers) > LARGEST:
            self.skipped["value of 2^63 or more"] += 1
        else:
            self.entries.append(Entry(map, key, value))

    def say(self, lines: list[str]) -> None:
        """Take lines that belong to no map: bpftrace's own words, or what a program printed."""
        for line in lines:
            if lost := _LOST.fullmatch(line):
                self.skipped["lost event"] += int(lost[1])
            elif _MESSAGE.fullmatch(line):
                self.skipped[MESSAGE] += 1
            elif not _ATTACHED.fullmatch(line):
                self.printed.append(line)
