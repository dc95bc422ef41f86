"""Heap and contention profiles of Java programs as text, and how places are named there.

--- heapz 1 ---
format = java
resolution = bytes
          7048     1 @ 0x00000003 0x00000004

 0x00000003 com.example.Shop.sell (Shop.java:30)
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...errors import ParseError
from ...source import Source
from .model import Legacy
from .numbers import addresses, integer, scaled

__all__ = ["read_java", "read_places"]

_SAMPLE = re.compile(r"(\d+) +(\d+) +@ +([ x0-9a-f]*)$", re.ASCII)
_PLACE = re.compile(r"\s*0x([0-9a-f]{1,16})\s+(.*\S)", re.I | re.ASCII)
_LINE = re.compile(r"-?\d{1,9}", re.ASCII)

#: What Java's heap profiles are sampled at.
_RATE = 512 << 10


def read_java(source: Source, lines: list[str]) -> Legacy:
    """What the text holds. ParseError where a sample can't be read."""
    heap = lines[0].startswith("--- heapz")
    facts: dict[str, str] = {}
    stacks: list[tuple[list[int], int, int]] = []
    at = 0
    while (at := at + 1) < len(lines):
        line = lines[at]
        name, equals, value = line.partition("=")
        if match := _SAMPLE.match(line.strip()):
            stacks.append((addresses(match[3]), integer(match[2]), integer(match[1])))
        elif equals and not stacks:
            facts[name.strip()] = value.strip()
        elif line.strip():
            break
    unit = facts.get("resolution", "bytes" if heap else "microseconds")
    types = (("inuse_objects", "count"), ("inuse_space", unit)) if heap else (("contentions", "count"), ("delay", unit))
    if not stacks:
        raise ParseError(
            f"{source.name}:{at + 1}", "a sample (value, count, @, addresses)", repr("".join(lines[at : at + 1])[:60])
        )
    found = Legacy(types, ("contentions", "count"), _number(facts.get("sampling period", "")))
    found.duration = _number(facts.get("ms since reset", "")) * 1_000_000
    names = read_places(lines[at:])
    for stack, count, amount in stacks:
        if heap:
            count, amount = scaled(count, amount, _RATE)
        else:
            count, amount = count * max(found.period, 1), amount * max(found.period, 1)
        found.samples.append(([names.get(address, address) for address in stack], (count, amount)))
    return found


def read_places(lines: Iterable[str]) -> dict[int, tuple[str, str, int]]:
    """(name, file, line) of each place that the lines name."""
    found = {}
    for line in lines:
        if match := _PLACE.match(line):
            found[int(match[1], 16)] = _place(match[2])
    return found


def _place(text: str) -> tuple[str, str, int]:
    """(name, file, line) of "name (file:line)", of "name (library)", and of what is neither."""
    name, _, where = text.rpartition("(")
    if text.endswith(")") and name[-1:].isspace():
        file, _, line = where[:-1].rpartition(":")
        if file and _LINE.fullmatch(line):
            return name.rstrip(), file, max(int(line), 0)
        return name.rstrip(), where[:-1].rpartition("/")[2], 0
    return ("STUB" if "generated stub/JIT" in text else text), "", 0


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
