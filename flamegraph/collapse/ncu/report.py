"""Reports as ncu writes them: `.ncu-rep`, whose layout Nsight Compute describes in its folder extras/FileFormat.

A file is b"NVR\\0" and a header, then blocks. A block is a header, which says how many results follow and brings names
of metrics, and then the results, each with its size before it: Protocol Buffers, of which little is wanted here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from ...source import Source
from ...text import decode
from .launches import Caller, Launches, function, range_of

__all__ = ["MAGIC", "read_report"]

MAGIC = b"NVR\0"


class _Layout(NamedTuple):
    """Where a kind of result has what is wanted: numbers of fields."""

    count: int
    names: tuple[int, ...]
    metrics: int
    ranges: int
    functions: int
    nameless: str


#: Sources come first, then launches of kernels, ranges of launches, command lists and CUDA graphs.
_SOURCES = 1
_LAYOUTS = (
    _Layout(2, (7, 6, 5), 13, 21, 28, "[unknown kernel]"),
    _Layout(7, (), 4, 10, 14, "[range of kernels]"),
    _Layout(8, (18,), 4, 10, 16, "[command list]"),
    _Layout(9, (), 4, 10, 16, "[CUDA graph]"),
)
_STRINGS, _PAYLOAD = 4, 5

Value = int | float | memoryview


def read_report(source: Source, launches: Launches) -> None:
    """Read the launches of a report. Of one in another layout there are none; what is broken is counted."""
    data = memoryview(source.data)
    try:
        blocks = list(_blocks(data, launches))
        names = [decode(bytes(text)) for head, _ in blocks for text in _all(_one(head, _STRINGS), 1)]
    except _BROKEN:
        return
    for name in names:
        launches.known(name, _unit(name))
    for head, payload in blocks:
        try:
            for layout, result in _results(head, payload, launches):
                _result(result, layout, names, launches)
        except _BROKEN:
            launches.skip("block that is broken")


class _Broken(Exception):
    """Bytes that are no message."""


#: What reading beyond the end of something raises.
_BROKEN = (_Broken, IndexError, struct.error)


def _blocks(data: memoryview, launches: Launches) -> Iterator[tuple[memoryview, memoryview]]:
    """Head and payload of each block."""
    at = len(MAGIC) + 4 + _size(data, len(MAGIC))
    while at < len(data):
        start = at + 4
        at = start + (_size(data, at) if start <= len(data) else 0)
        head = data[start:at]
        payload = int(_number(head, _PAYLOAD)) if at <= len(data) else 0
        if at + payload > len(data):
            launches.skip("block that is cut off")
            return
        yield head, data[at : at + payload]
        at += payload


def _results(head: memoryview, payload: memoryview, launches: Launches) -> Iterator[tuple[_Layout, memoryview]]:
    """Each result of a block with its layout."""
    at = 0
    kinds = [(None, _number(head, _SOURCES)), *((layout, _number(head, layout.count)) for layout in _LAYOUTS)]
    for layout, count in kinds:
        for _ in range(int(count)):
            if at + 4 > len(payload) or at + 4 + _size(payload, at) > len(payload):
                launches.skip("block that is shorter than its results")
                return
            size = _size(payload, at)
            if layout is not None:
                yield layout, payload[at + 4 : at + 4 + size]
            at += 4 + size


def _result(result: memoryview, layout: _Layout, names: list[str], launches: Launches) -> None:
    fields = list(_fields(result))
    found = {number: value for number, value in reversed(fields) if isinstance(value, memoryview)}
    kernel = next((decode(bytes(found[n])) for n in layout.names if found.get(n)), layout.nameless)
    functions = [_function(frame) for frame in _all(found.get(layout.functions, b""), 1)]
    thread = next((value for number, value in fields if number == 1), 0)
    around = list(_ranges(found.get(layout.ranges, b""), thread))
    metrics = {}
    for number, metric in fields:
        if number == layout.metrics and isinstance(metric, memoryview):
            name = int(_number(metric, 1))
            if name < len(names) and launches.wants(names[name]):
                metrics[names[name]] = _text(_one(metric, 2))
    launch = launches.launch(len(launches), kernel, launches.callers(around, functions))
    for name, text in metrics.items():
        launches.measured(launch, name, _unit(name), text)


def _text(value: memoryview | bytes) -> str:
    """The value of a metric, "" where it is no number."""
    found = next((found for number, found in _fields(value) if number in (2, 3, 4, 5)), "")
    whole = isinstance(found, float) and abs(found) < 2**63 and found == int(found)
    return "" if isinstance(found, memoryview) else str(int(found) if whole else found)


def _unit(name: str) -> str:
    """The unit of a metric, which reports leave to its name."""
    return "byte" if "bytes" in name else "nsecond" if name.startswith("gpu__time") else ""


def _ranges(state: memoryview | bytes, thread: Value) -> Iterator[Caller]:
    """The NVTX ranges that were open on a thread, outermost first, domain by domain."""
    domains = {int(_number(domain, 1)): decode(bytes(_one(domain, 2))) for domain in _all(state, 1)}
    for one in _all(state, 2):
        if _number(one, 1) == thread:
            for domain in _all(one, 2):
                for pushed in _all(domain, 3):
                    yield range_of(domains.get(int(_number(domain, 1)), ""), decode(bytes(_one(pushed, 1))))


def _function(frame: memoryview) -> Caller:
    module, file, name = (decode(bytes(_one(frame, number))) for number in (1, 3, 4))
    return function(name, module, file, min(int(_number(frame, 5)), 2**31 - 1))


# Protocol Buffers: a message is a row of fields, each a tag (its number and how it is written) and a value.


def _fields(message: memoryview | bytes) -> Iterator[tuple[int, Value]]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        value: Value
        if wire == 0:
            value, at = _varint(message, at)
        elif wire == 2:
            size, at = _varint(message, at)
            value = memoryview(message)[at : at + size]
            at += size
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            (value,) = struct.unpack_from("<d" if wire == 1 else "<f", message, at)
            at += size
        else:
            raise _Broken(f"a field of type {wire}")
        if at > len(message):
            raise _Broken("a field is longer than its message")
        yield tag >> 3, value


def _varint(message: memoryview | bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Broken("a number without an end")


def _size(data: memoryview, at: int) -> int:
    return struct.unpack_from("<I", data, at)[0]


def _all(message: memoryview | bytes, number: int) -> Iterator[memoryview]:
    return (value for field, value in _fields(message) if field == number and isinstance(value, memoryview))


def _one(message: memoryview | bytes, number: int) -> memoryview | bytes:
    return next(_all(message, number), b"")


def _number(message: memoryview | bytes, number: int) -> int | float:
    return next((value for field, value in _fields(message) if field == number and isinstance(value, int)), 0)
