"""Text profiles: heap, goroutines and other counts, contention, threads.

    heap profile: 29: 1770064 [879: 6457616] @ heap/32768       objects: bytes in use [ever allocated]
    1: 96 [2: 192] @ 0x47fb6c 0x4838e6
    #\t0x4838e5\tmain.parse+0xc5\tqueue.go:33                     Go names the frames that matter

    goroutine profile: total 4          --- contentionz 1 ---       --- threadz 1 ---
    1 @ 0x445571 0x480bdd               cycles/second = 3201000000  --- Thread 7f79 (name: main/14) stack: ---
                                        19490304 27 @ 0xbccc97        PC: 0x00bc8f1c: Wait(int)

Behind the samples, below a line such as "--- Memory map: ---", the mapped files are listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ...errors import ParseError
from ...source import Source
from .maps import Maps
from .model import Legacy, Place
from .numbers import addresses, integer, scaled

__all__ = ["START", "read_lines"]

_HEAP = re.compile(r"heap profile: *\d+: *\d+ *\[ *\d+: *\d+ *\] *@ *(heap[_a-z0-9]*|growthz?|fragmentationz?)/?(\d*)")
_JEMALLOC = re.compile(r"heap_v2/(\d+)$")
_COUNT = re.compile(r"(\S+) profile: total \d+$")
_CONTENTION = re.compile(r"--- (?:contentionz |mutex:|contention:)")
_THREADS = re.compile(r"--- threadz \d+ ---|--- Thread [0-9a-f]+ \(name: ", re.I)

#: The first line of each of them that is no comment.
START = re.compile(
    "|".join(pattern.pattern for pattern in (_HEAP, _JEMALLOC, _COUNT, _CONTENTION)) + "|--- (?:threadz|Thread|heapz) "
)

_HEAP_SAMPLE = re.compile(r"(-?\d+): *(-?\d+) *\[ *(\d+): *(\d+) *\] @([ x0-9a-f]*)$", re.ASCII)
_JEMALLOC_SAMPLE = re.compile(r"t\*: (\d+): (\d+) \[(\d+): (\d+)\]$", re.ASCII)
_COUNT_SAMPLE = re.compile(r"(\d+) @([ x0-9a-f]*)$", re.ASCII)
_CONTENTION_SAMPLE = re.compile(r"(\d+) +(\d+) @([ x0-9a-f]*)$", re.ASCII)
_NAMED = re.compile(r"#\t0x([0-9a-f]{1,16})(?:\t([^\t]+?)(?:\+0x[0-9a-f]+)?(?:\t+([^\t].*):(\d{1,9}))?)?$")
_ADDRESS = re.compile(r"0x([0-9a-f]{1,16})\b(?:: (.+))?", re.I)
_MAPS = ("--- Memory map: ---", "MAPPED_LIBRARIES:")


class _Lines:
    """The lines of a text up to the mapped files, with their numbers."""

    def __init__(self, source: Source, lines: list[str]):
        self.name, self.lines = source.name, lines
        end = next((i for i, line in enumerate(lines) if line.strip().startswith(_MAPS)), len(lines))
        self.maps = Maps(lines[end + 1 :])
        self.body = [(i, line.strip()) for i, line in enumerate(lines[:end], 1)]

    def wrong(self, number: int, expected: str, found: str) -> ParseError:
        return ParseError(f"{self.name}:{number}", expected, repr(found[:60]))


def read_lines(source: Source, lines: list[str]) -> Legacy:
    """What the text holds. ParseError where its first sample is none."""
    first = next(i for i, line in enumerate(lines) if line.strip() and not line.startswith("#"))
    text = _Lines(source, lines)
    text.body = text.body[first:]
    head = text.body.pop(0)[1] if text.body else ""
    if match := _HEAP.match(head):
        found = _heap(text, match[1], int(match[2][:18] or 0))
    elif match := _JEMALLOC.match(head):
        found = _jemalloc(text, int(match[1][:18]))
    elif match := _COUNT.match(head):
        kind = (match[1], "count")
        found = Legacy((kind,), kind, 1)
        _samples(text, found, _COUNT_SAMPLE, "a count, @, addresses", lambda match: (integer(match[1]),))
    elif _CONTENTION.match(head):
        found = _contention(text)
    else:
        found = _threads(text, head)
    found.maps = text.maps
    return found


def _heap(text: _Lines, kind: str, rate: int) -> Legacy:
    # "heapprofile" is not sampled, the others are; Go writes twice its rate.
    rate = {"heap": rate // 2, "heap_v2": rate, "heapz_v2": rate}.get(kind, 1)
    numbers = [
        [integer(one) for one in match.groups()[:4]] for _, line in text.body if (match := _HEAP_SAMPLE.match(line))
    ]
    ever = any(allocated not in ([0, 0], in_use) for *in_use, a, b in numbers for allocated in [[a, b]])
    found = Legacy(_types(ever), ("space", "bytes"), rate)

    def values(match: re.Match[str]) -> tuple[int, ...]:
        *in_use, objects, size = (integer(one) for one in match.groups()[:4])
        in_use = scaled(*in_use, rate)
        return (*scaled(objects, size, rate), *in_use) if ever else in_use

    _samples(text, found, _HEAP_SAMPLE, "objects: bytes [objects: bytes] @ addresses", values)
    return found


def _types(ever: bool) -> tuple[tuple[str, str], ...]:
    if not ever:
        return ("objects", "count"), ("space", "bytes")
    return ("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")


def _jemalloc(text: _Lines, rate: int) -> Legacy:
    """jemalloc puts the stack first, then a line for all threads ("t*") and one for each."""
    samples: list[tuple[list[Place], tuple[int, ...]]] = []
    stack: list[Place] | None = None
    for _, line in text.body:
        if line.startswith("@"):
            stack = _returns(line[1:])
        elif stack is not None and (match := _JEMALLOC_SAMPLE.match(line)):
            objects, size, ever_objects, ever_size = (integer(one) for one in match.groups())
            samples.append((stack, (*scaled(ever_objects, ever_size, rate), *scaled(objects, size, rate))))
            stack = None
    ever = any(values[0] for _, values in samples)
    found = Legacy(_types(ever), ("space", "bytes"), rate)
    found.samples = samples if ever else [(stack, values[2:]) for stack, values in samples]
    return found


def _contention(text: _Lines) -> Legacy:
    found = Legacy((("contentions", "count"), ("delay", "nanoseconds")), ("contentions", "count"), 1)
    hertz = 0
    while text.body and "=" in text.body[0][1]:
        name, _, value = text.body.pop(0)[1].partition("=")
        number = integer(value.strip()) if value.strip().isdecimal() else 0
        if name.strip() == "cycles/second":
            hertz = number
        elif name.strip() == "sampling period":
            found.period = number
        elif name.strip() == "ms since reset":
            found.duration = number * 1_000_000

    def values(match: re.Match[str]) -> tuple[int, int]:
        cycles, count = integer(match[1]), integer(match[2])
        if not found.period:
            return count, cycles
        delay = int(cycles * found.period / (hertz / 1e9)) if hertz else cycles
        return count * found.period, delay

    _samples(text, found, _CONTENTION_SAMPLE, "cycles, a count, @, addresses", values)
    return found


def _samples(
    text: _Lines,
    found: Legacy,
    pattern: re.Pattern[str],
    expected: str,
    values: Callable[[re.Match[str]], tuple[int, ...]],
) -> None:
    """One sample per line, its addresses last. Lines that are no sample are counted, unless there is no other."""
    wrong: list[tuple[int, str]] = []
    names: list[Place] = []
    for number, line in text.body:
        if match := pattern.match(line):
            names = []
            found.samples.append((_returns(match.groups()[-1]), values(match)))
        elif (match := _NAMED.match(line)) and found.samples:
            if not names:
                found.samples[-1] = (names, found.samples[-1][1])
            name = match[2] or f"{int(match[1], 16):016x} <unknown>"
            names.append((name, match[3] or "", int(match[4] or 0)))
        elif line.startswith("---") and found.samples:
            break
        elif line and not line.startswith("#"):
            wrong.append((number, line))
    if wrong and not found.samples:
        raise text.wrong(wrong[0][0], f"a sample ({expected})", wrong[0][1])
    found.skipped["line that is no sample"] += len(wrong)
    found.skipped = +found.skipped


def _threads(text: _Lines, head: str) -> Legacy:
    """The stack of each thread, over several lines, its leaf called PC; names where they are told."""
    kind = ("thread", "count")
    found = Legacy((kind,), kind, 1)
    stack: list[Place] = []
    again = in_thread = head.startswith("--- Thread")

    def end() -> None:
        if not in_thread:
            return
        if stack and not again:
            first, second = (*stack, "", "")[:2]
            if isinstance(first, int) and isinstance(second, int) and first == second + 1:
                del stack[1]
            found.samples.append((list(stack), (1,)))
        elif found.samples:
            found.samples[-1] = (found.samples[-1][0], (found.samples[-1][1][0] + 1,))
        stack.clear()

    again = False
    for _, line in text.body:
        if line.startswith("---"):
            end()
            again, in_thread = False, line.startswith("--- Thread")
            if line.startswith("---- no stack trace"):
                break
        elif "same as previous thread" in line:
            again = True
        elif in_thread:
            for match in _ADDRESS.finditer(line):
                address = int(match[1], 16)
                place = (match[2].strip(), "", 0) if match[2] else address - (1 if stack else 0)
                stack.append(place)
    else:
        end()
    return found


def _returns(text: str) -> list[Place]:
    """Return addresses, each made one that is within the call."""
    return [(address - 1) % (1 << 64) for address in addresses(text)]
