"""The JSON of trace viewers: a list of events, alone or as "traceEvents" of an object.

    {"traceEvents": [{"ph": "X", "pid": 1, "tid": 1, "ts": 10, "dur": 5, "name": "parse", "cat": "io", "args": {}}, …]}

Chrome defined it; browsers, py-spy, viztracer, rocprof and PyTorch write it. Times are in µs, as numbers or as text.
Programs stream it, so that it may end anywhere: what is whole is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .errors import ParseError
from .source import Source
from .text import decode

__all__ = ["Clock", "Event", "Trace", "is_kineto", "is_trace", "load"]

Event = dict[str, Any]

_LIST = re.compile(rb"\s*\[\s*(?:\{|$)")
_OBJECT = re.compile(rb'"traceEvents"\s*:\s*(?:\[|$)')
_PHASE = re.compile(rb'"ph"\s*:\s*"[A-Za-z(),=]"')

#: What only PyTorch's profiler writes: what stands before its events, categories, and arguments of old versions.
_KINETO = re.compile(
    rb'"(?:deviceProperties|computeProperties|distributedInfo|baseTimeNanoseconds|Profiler Event Index|Ev Idx)"\s*:'
    rb'|"cat"\s*:\s*"(?:cpu_op|python_function|user_annotation|gpu_user_annotation|cuda_runtime|cuda_driver'
    rb'|xpu_runtime|xpu_driver|gpu_memcpy|gpu_memset|ac2g|fwdbwd|cpu_instant_event)"'
    rb'|"Trace name"\s*:\s*"PyTorch'
)

_SPACE = re.compile(r"[ \t\r\n]*")
_SEPARATOR = re.compile(r"[ \t\r\n,\0]*")

#: µs. Up to this, what a trace says is a time: ends still fit into 64 bits of ns, and it is the year 2096.
_LATEST = 4e15


def is_trace(head: bytes) -> bool:
    """Whether a text begins as a list of trace events, or as an object that holds one."""
    if _LIST.match(head):
        return _PHASE.search(head) is not None
    return head.lstrip()[:1] == b"{" and _OBJECT.search(head) is not None


def is_kineto(head: bytes) -> bool:
    """Whether the trace that begins so was written by PyTorch's profiler."""
    return _KINETO.search(head) is not None


@dataclass(frozen=True)
class Trace:
    """The events, in the order of the file, and what else the object around them holds."""

    events: list[Event]
    around: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)


def load(source: Source) -> Trace:
    """All events of a trace. ParseError where there is no list of them."""
    skipped: dict[str, int] = {}
    whole, damage = _parsed(source)
    if damage:
        skipped[damage] = 1
    around = {}
    if isinstance(whole, dict):
        around = {key: value for key, value in whole.items() if key != "traceEvents"}
        whole = whole.get("traceEvents")
    if not isinstance(whole, list):
        raise ParseError(source.name, "a list of trace events", repr(whole)[:40])
    events = [event for event in whole if type(event) is dict]
    if len(events) < len(whole):
        skipped["not an event"] = len(whole) - len(events)
    return Trace(events, around, skipped)


def _parsed(source: Source) -> tuple[Any, str]:
    """(what the JSON holds, what is wrong with it or "")."""
    import orjson

    try:
        return orjson.loads(memoryview(source.data)), ""
    except orjson.JSONDecodeError:
        return _as_far_as_it_goes(decode(bytes(source.data)))


def _as_far_as_it_goes(text: str) -> tuple[Any, str]:
    """(the list or the object that `text` begins, what is wrong with the rest or "").

    A list need not be closed and may end in a comma: that is no damage. Of an object, "traceEvents" may end so.
    """
    at = _SPACE.match(text).end()
    if text[at : at + 1] == "[":
        events, at, damage = _elements(text, at + 1)
        return events, damage
    around: dict[str, Any] = {}
    if text[at : at + 1] != "{":
        return None, "not JSON"
    at = _SEPARATOR.match(text, at + 1).end()
    while at < len(text) and text[at] != "}":
        try:
            key, at = _value(text, at)
            at = _SPACE.match(text, at).end()
            if text[at : at + 1] != ":":
                raise ValueError
            at = _SPACE.match(text, at + 1).end()
            if key == "traceEvents" and text[at : at + 1] == "[":
                around[key], at, damage = _elements(text, at + 1)
                if damage:
                    return around, damage
            else:
                around[key], at = _value(text, at)
        except (ValueError, RecursionError, TypeError):
            return around, _CUT if "traceEvents" in around else ""
        at = _SEPARATOR.match(text, at).end()
    return around, ""


_CUT = "trace that breaks off within an event"
_value = json.JSONDecoder(strict=False).raw_decode


def _elements(text: str, at: int) -> tuple[list[Any], int, str]:
    """(the elements of the list whose first begins at `at`, where it ends, what is wrong with it or "")."""
    found: list[Any] = []
    at = _SEPARATOR.match(text, at).end()
    while at < len(text) and text[at] != "]":
        try:
            value, at = _value(text, at)
        except (ValueError, RecursionError):
            return found, at, _CUT
        found.append(value)
        at = _SEPARATOR.match(text, at).end()
    return found, at + 1, ""


class Clock:
    """From µs, in whatever way they are written, to whole ns since the first of them.

    base   ns: when that was
    slack  ns: how far off a time may be, as the numbers in the file cannot tell it apart from others
    """

    def __init__(self, *columns: Sequence[Any]):
        """`columns` hold all times that will be asked for."""
        first, last = _LATEST, 0.0
        for column in columns:
            usable = _numbers(column)
            usable = usable[np.abs(usable) <= _LATEST]
            if len(usable):
                first, last = min(first, float(usable.min())), max(last, float(np.abs(usable).max()))
        self.base = int(np.floor(first)) * 1000
        self.slack = 2 + int(np.ceil(np.spacing(last) * 1000))

    def times(self, column: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        """(ns since `base`, which of them are times): int64[n], bool[n]."""
        time = _numbers(column)
        good = np.abs(time) <= _LATEST
        time = np.where(good, time, 0)
        whole = np.floor(time)  # apart from the rest, so that large numbers lose nothing
        ns = whole.astype(np.int64) * 1000 + np.rint((time - whole) * 1000).astype(np.int64)
        return np.where(good, ns - self.base, 0), good

    @staticmethod
    def durations(column: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        """(ns, which of them are durations): int64[n], bool[n]."""
        length = _numbers(column)
        good = (length >= 0) & (length <= _LATEST)
        return np.rint(np.where(good, length, 0) * 1000).astype(np.int64), good


def _numbers(column: Sequence[Any]) -> np.ndarray:
    """float64[n] of numbers, some of them perhaps written as text; NaN where there is none."""
    try:
        found = np.array(column, np.float64)
        if found.ndim == 1:
            return found
    except (TypeError, ValueError, OverflowError):
        pass
    return np.array([_number(value) for value in column], np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
