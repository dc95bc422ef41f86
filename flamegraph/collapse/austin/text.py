"""Austin's text: a sample per line, and lines that begin with "# " for what is said of the recording."""

from __future__ import annotations

import re

from ...errors import ParseError
from ...profile import Kind, Profile
from ...source import Source
from .recording import Recording

__all__ = ["looks", "read"]

NO_METRIC = "line without a metric"
OTHER_METRIC = "line whose metrics are not those of the mode"
NO_SENSE = "line that is no sample"

_HEADER = re.compile(rb"# austin: \d")
_SAMPLE = re.compile(rb"P-?\d+;T[^;\n]+(?:;[^\n]*)? -?\d+(?:,-?\d+)*\r?")
_LONG_SAMPLE = re.compile(rb"P-?\d+;T[^;\n]+;[^;\n]*:[^;\n]*:-?\d+;")
_OLD_SAMPLE = re.compile(rb"(?:Process \d+;)?Thread [0-9a-f]+(?:;[^\n]*)? \d+(?: -?\d+ -?\d+)?\r?")

_SAID = re.compile(r"# ([\w-]+): (.*)")
_METRICS = re.compile(r"-?\d{1,15}(?:,-?\d{1,15}){0,2}")
_OLD_METRICS = re.compile(r"(.*?) (\d{1,15}(?: -?\d{1,15} -?\d{1,15})?)", re.DOTALL)
_FRAME = re.compile(r".*:.*:-?\d+|.*:|native@.*", re.DOTALL)
_DECIMAL = re.compile(r"\d{1,19}")
_HEX = re.compile(r"(?:0x)?([0-9a-f]{1,16})")

#: Before version 2, memory was counted in KB.
_KB = 1024


def looks(head: bytes, whole: bool) -> bool:
    """Whether this is the beginning of such a text."""
    if b"\0" in head:
        return False
    lines = head.split(b"\n")
    if not whole and len(lines) > 1:
        lines.pop()
    samples = [line for line in lines if line.strip() and not line.startswith(b"# ")]
    if not samples:
        return _HEADER.match(head) is not None
    if not whole and len(lines) == 1:  # one line that is longer than all that can be seen
        return _LONG_SAMPLE.match(head) is not None
    known = sum(bool(_SAMPLE.fullmatch(line) or _OLD_SAMPLE.fullmatch(line)) for line in samples)
    return known >= 0.9 * len(samples) or (_HEADER.match(head) is not None and known > 0)


def read(source: Source, timeline: bool) -> Profile:
    """The profile of a text. ParseError where no line is a sample."""
    header: dict[str, str] = {}
    recording: Recording | None = None
    skipped: dict[str, int] = {}
    stacks: dict[str, tuple[int, int]] = {}  # text → (node, thread)
    first = ""
    for line in source.lines():
        if line.startswith("# "):
            if said := _SAID.fullmatch(line):
                header.setdefault(said[1], said[2])
            continue
        if not line.strip():
            continue
        old = line.startswith(("Thread ", "Process "))
        stack, metrics = _split(line.rstrip(), old)
        if not metrics or not (old or line.startswith("P")):
            reason = NO_SENSE if metrics else NO_METRIC
            skipped[reason] = skipped.get(reason, 0) + 1
            first = first or line
            continue
        if recording is None:
            recording = Recording(_mode(header.get("mode", ""), old, len(metrics)), timeline)
        if stack not in stacks:
            stacks[stack] = _stack(recording, stack)
        if not _add(recording, *stacks[stack], metrics):
            skipped[OTHER_METRIC] = skipped.get(OTHER_METRIC, 0) + 1
    if recording is None and skipped:
        raise ParseError(source.name, "a sample, such as 'P12;T12;app.py:main:3 100'", repr(first[:60]))
    recording = recording or Recording("wall", timeline)
    for reason, count in skipped.items():
        recording.build.skip(reason, count)
    return recording.finish(header)


def _split(line: str, old: bool) -> tuple[str, list[int]]:
    """(stack, metrics) of a line; no metrics where there are none."""
    if old:
        match = _OLD_METRICS.fullmatch(line)
        return (match[1], [int(number) for number in match[2].split(" ")]) if match else (line, [])
    stack, _, metrics = line.rpartition(" ")
    return stack, [int(number) for number in metrics.split(",")] if _METRICS.fullmatch(metrics) else []


def _mode(said: str, old: bool, metrics: int) -> str:
    """What is measured. A header was written since version 3; where there is none, one number is taken for a time."""
    if metrics == 3:
        return "old full" if old else "full"
    return said if said in ("wall", "cpu", "memory") else "wall"


def _add(recording: Recording, node: int, thread: int, metrics: list[int]) -> bool:
    """Add a sample; False where the mode has other metrics."""
    mode = recording.mode
    if len(metrics) != (3 if mode.endswith("full") else 1) or (mode != "memory" and metrics[0] < 0):
        return False
    if mode == "full":
        recording.full(node, metrics[0], metrics[1] != 0, metrics[2], thread)
    elif mode == "old full":
        time, taken, freed = metrics
        recording.build.sample_all(node, (time * 1000, abs(taken) * _KB, abs(freed) * _KB), thread=thread)
    elif mode == "memory":
        recording.memory(node, metrics[0], thread)
    else:
        recording.time(node, metrics[0], thread)
    return True


def _stack(recording: Recording, text: str) -> tuple[int, int]:
    """(node, thread) of a stack. A thread's name may hold ";", which Austin does not escape."""
    pieces = text.split(";")
    heads, pid = [], -1
    if pieces[0].startswith("P"):
        heads.append((pieces[0], Kind.PROCESS))
        number = pieces[0].rpartition(" ")[2].lstrip("P")
        pid = int(number) if _DECIMAL.fullmatch(number) else -1
    name, at = "", len(heads)
    if at < len(pieces) and pieces[at].startswith("T"):
        end = at + 1
        while end < len(pieces) and not pieces[at].startswith("Thread ") and not _is_frame(pieces, end):
            end += 1
        name, at = ";".join(pieces[at:end]), end
        heads.append((name, Kind.THREAD))
    thread = recording.build.thread(pid, *_thread(name))
    return recording.stack(recording.heads(heads), pieces[at:]), thread


def _is_frame(pieces: list[str], at: int) -> bool:
    alone = at + 1 < len(pieces) and re.fullmatch(r"L\d+", pieces[at + 1])
    return bool(alone or _FRAME.fullmatch(pieces[at]))


def _thread(label: str) -> tuple[int, str]:
    """(id, name) of the thread that a label stands for: `T12`, `T0:12`, `T0:MainThread`, `Thread 7f1d24`."""
    if label.startswith("Thread "):
        return int(label[7:], 16) if _HEX.fullmatch(label, 7) else -1, ""
    name = label[1:]
    interpreter, colon, rest = name.partition(":")
    if colon and _DECIMAL.fullmatch(interpreter):
        name = rest
    if _DECIMAL.fullmatch(name):
        return int(name), ""
    match = _HEX.fullmatch(name)
    return (int(match[1], 16), "") if match and name.startswith("0x") else (-1, name)
