"""MOJO, Austin's binary format: a stream of events, each an id byte and what belongs to it.

    "MOJ", version
    1 metadata  key, value             2 stack   pid, interpreter (from version 3 on), thread
    3 frame     key, file, function, line; from version 2 on also the last line and both columns
    4 invalid frame                    5 frame reference  key         6 kernel frame  name
    7 garbage collection    8 idle     9 time  µs        10 memory  bytes
   11 string    key, text             12 string reference  key       13 the frames of the thread's last stack again
   14 task      id, name              15 task waits      task, task

Texts end with a zero byte. Numbers have six bits in their first byte, with a sign, and seven in each that follows;
the highest bit says that another follows. A stack is followed by the frames and metrics of one sample. Keys hold
within a process. What belongs to suspended tasks (from version 4 on) was not running and is passed over.
"""

from __future__ import annotations

import mmap
import re

from ...errors import ParseError
from ...profile import Kind, Profile
from ...source import Source
from ...text import decode
from .recording import Recording

__all__ = ["looks", "read"]

_LATEST = 4

CUT_OFF = "event cut off at the end"
UNKNOWN = "unknown event, and all that follows it"
NO_METRIC = "sample without the metrics of the mode"
NO_FRAME = "sample with a frame that was never described"

_NUMBER, _TEXT = rb"([\x80-\xff]{0,9}[\x00-\x7f])", rb"([^\0]*)\0"
_HEADER = re.compile(rb"MOJ" + _NUMBER)

_METADATA, _STACK, _FRAME, _INVALID, _REFERENCE, _KERNEL, _GC, _IDLE, _TIME, _MEMORY, _STRING = range(1, 12)
_REPEAT, _TASK = 13, 14

# Frames of a stack, as many as stand together: what they are is looked up once for each such run of bytes.
_RUN = re.compile(rb"(?:\x05[\x80-\xff]{0,9}[\x00-\x7f]|\x04|\x06[^\0]*\0){1,4096}")
_IN_RUN = re.compile(rb"\x05([\x80-\xff]{0,9}[\x00-\x7f])|\x04|\x06([^\0]*)\0")

_HEX = re.compile(rb"[0-9a-f]{1,16}")
_UNKNOWN = -1  # the node of a stack with a frame that was never described
_SPECIAL = {b"\0": "", b"\1": "<unknown>"}


def _patterns(version: int) -> dict[int, re.Pattern[bytes]]:
    """What each event looks like, by its id."""
    number, text = _NUMBER, _TEXT
    looks = {
        _METADATA: text + text,
        _STACK: number + (number if version >= 3 else b"()") + text,
        _FRAME: number * 4 + (number * 3 if version >= 2 else b""),
        _GC: b"",
        _IDLE: b"",
        _TIME: number,
        _MEMORY: number,
        _STRING: number + text,
        12: number,
        _REPEAT: b"",
        _TASK: number + number,
        15: number + number,
    }
    patterns = {event: re.compile(re.escape(bytes([event])) + look) for event, look in looks.items()}
    return patterns | dict.fromkeys((_INVALID, _REFERENCE, _KERNEL), _RUN)


def looks(head: bytes) -> bool:
    """Whether this is the beginning of a MOJO file: an event of metadata follows the version."""
    return re.match(rb"MOJ[\x00-\x3f][\x01\x02]", head) is not None


def read(source: Source, timeline: bool) -> Profile:
    """The profile of a recording. ParseError where its version is not known."""
    data = source.data
    header = _HEADER.match(data)
    version = _number(header[1]) if header else 0
    if not header or not 1 <= version <= _LATEST:
        raise ParseError(
            source.name, f"MOJO of version 1 to {_LATEST}", f"version {version}" if header else "no header"
        )
    reader = _Reader(timeline)
    reader.read(data, header.end(), _patterns(version))
    return reader.finish()


class _Reader:
    """Takes events; keeps what they say until the sample that they belong to is complete."""

    def __init__(self, timeline: bool):
        self._timeline = timeline
        self._recording: Recording | None = None
        self._header: dict[str, str] = {}
        self._skipped: dict[str, int] = {}
        # Keys stay the bytes that they are in the file.
        self._strings: dict[tuple[bytes, bytes], str] = {}  # (process, key) → text
        self._frames: dict[tuple[bytes, bytes], str] = {}  # (process, key) → name
        self._threads: dict[tuple[bytes, ...], tuple[int, int]] = {}  # (node, thread)
        self._nodes: dict[tuple[int, bytes, bytes], int] = {}  # (what it stands on, process, frames) → node
        self._last: dict[tuple[bytes, ...], int] = {}  # the node of each thread's last stack
        self._process = b""
        self._stack: tuple[bytes, ...] | None = None  # process, interpreter and thread of the sample being read
        self._clear()

    def _clear(self) -> None:
        self._base: int | None = None  # the node that is there again
        self._runs: list[bytes] = []
        self._gc = self._idle = False
        self._time: int | None = None
        self._memory: int | None = None

    def read(self, data: bytes | mmap.mmap, at: int, patterns: dict[int, re.Pattern[bytes]]) -> None:
        """Take all events from `at` on; stops where one is unknown or incomplete."""
        size = len(data)
        while at < size:
            event = data[at]
            match = patterns[event].match(data, at) if event in patterns else None
            if not match:
                self._skip(CUT_OFF if event in patterns else UNKNOWN)
                break
            at = match.end()
            if event in (_REFERENCE, _INVALID, _KERNEL):
                self._runs.append(match[0])
            elif event == _STACK:
                self._sample()
                self._stack, self._process = match.groups(), match[1]
            elif event == _TIME:
                self._time = _number(match[1])
            elif event == _MEMORY:
                self._memory = _number(match[1])
            elif event == _IDLE:
                self._idle = True
            elif event == _GC:
                self._gc = True
            elif event == _REPEAT:
                self._base = self._last.get(self._stack or (), _UNKNOWN)
            elif event == _TASK:
                self._sample()
            else:
                self._describe(event, match)
        self._sample()

    def _describe(self, event: int, match: re.Match[bytes]) -> None:
        if event == _STRING:
            self._strings[self._process, match[1]] = decode(match[2])
        elif event == _METADATA:
            self._header.setdefault(decode(match[1]), decode(match[2]))
        elif event == _FRAME:
            name = f"{self._string(match[2])}:{self._string(match[3])}:{_number(match[4])}"
            if self._frames.setdefault((self._process, match[1]), name) != name:
                self._frames[self._process, match[1]] = name
                self._nodes.clear()  # a key is used again for something else

    def _string(self, key: bytes) -> str:
        return self._strings.get((self._process, key), _SPECIAL.get(key, "[unknown]"))

    def _sample(self) -> None:
        """The sample being read is complete."""
        stack = self._stack
        if stack is not None:
            recording = self._recording = self._recording or Recording(self._mode(), self._timeline)
            if stack not in self._threads:
                self._threads[stack] = _thread(recording, *stack)
            base, thread = self._threads[stack]
            node = self._last[stack] = self._node(recording, base if self._base is None else self._base)
            if node == _UNKNOWN:
                self._skip(NO_FRAME)
            elif not self._add(recording, recording.stack(node, (":GC:",)) if self._gc else node, thread):
                self._skip(NO_METRIC)
        self._stack = None
        self._clear()

    def _mode(self) -> str:
        """What is measured, by the header, or by what the first sample has."""
        if "mode" in self._header:
            return self._header["mode"]
        return "wall" if self._memory is None else "memory" if self._time is None else "full"

    def _add(self, recording: Recording, node: int, thread: int) -> bool:
        """Add the sample; False where the mode has metrics that it lacks."""
        time, memory = self._time, self._memory
        if recording.mode == "full" and time is not None and memory is not None:
            recording.full(node, time, self._idle, memory, thread)
        elif recording.mode == "memory" and memory is not None:
            recording.memory(node, memory, thread)
        elif recording.mode in ("wall", "cpu") and time is not None:
            recording.time(node, time, thread)
        else:
            return False
        return True

    def _node(self, recording: Recording, base: int) -> int:
        """The node of the frames that were read, on top of another; _UNKNOWN where one was never described."""
        key = base, self._process, b"".join(self._runs)
        if key not in self._nodes:
            names = self._names(key[2]) if base != _UNKNOWN else None
            self._nodes[key] = _UNKNOWN if names is None else recording.stack(base, names)
        return self._nodes[key]

    def _names(self, frames: bytes) -> list[str] | None:
        """What these frames are called; None where one was never described."""
        names = []
        for match in _IN_RUN.finditer(frames):
            if match[1] and (self._process, match[1]) not in self._frames:
                return None
            if match[1]:
                names.append(self._frames[self._process, match[1]])
            else:
                names.append(":INVALID:" if match[2] is None else f"kernel:{decode(match[2])}:0")
        return names

    def _skip(self, reason: str) -> None:
        self._skipped[reason] = self._skipped.get(reason, 0) + 1

    def finish(self) -> Profile:
        """The profile of all that was read."""
        recording = self._recording or Recording("wall", self._timeline)
        for reason, count in self._skipped.items():
            recording.build.skip(reason, count)
        return recording.finish(self._header)


def _thread(recording: Recording, process: bytes, interpreter: bytes, thread: bytes) -> tuple[int, int]:
    """(the node of the frames that stand for a process and a thread, the thread's number)."""
    pid = _number(process)
    tid, name = (int(thread, 16), "") if _HEX.fullmatch(thread) else (-1, decode(thread))
    label = f"T{_number(interpreter)}:{name or tid}" if interpreter else f"T{name or tid}"
    node = recording.heads([(f"P{pid}", Kind.PROCESS), (label, Kind.THREAD)])
    return node, recording.build.thread(pid, tid, name)


def _number(raw: bytes) -> int:
    """The number that these bytes hold."""
    value = raw[0] & 0x3F
    for i, byte in enumerate(raw[1:]):
        value |= (byte & 0x7F) << (6 + 7 * i)
    return -value if raw[0] & 0x40 else value
