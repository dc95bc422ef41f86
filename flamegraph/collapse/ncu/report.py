"""Reports as ncu writes them: `.ncu-rep`, whose layout Nsight Compute describes in its folder extras/FileFormat.

A file is b"NVR\\0" and a header, then blocks. A block is a header, which says how many results follow and brings names
of metrics, and then the results, each with its size before it: Protocol Buffers, of which little is wanted here.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...protobuf import VARINT, Messages, number_in
from ...source import Source
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

#: So many results are read at a time: each has hundreds of metrics.
_AT_ONCE = 500


def read_report(source: Source, launches: Launches) -> None:
    """Read the launches of a report. Of one in another layout there are none; what is broken is counted."""
    data = source.data
    blocks = np.array(list(_blocks(data, launches)), np.int64).reshape(-1, 3)
    heads = _messages(data, blocks[:, :2])
    if heads.broken.any():
        return
    names = heads.messages(_STRINGS).texts(1)
    for name in names:
        launches.known(name, _unit(name))
    counts = np.stack([heads.number(field) for field in (_SOURCES, *(layout.count for layout in _LAYOUTS))], axis=1)
    spans: dict[_Layout, list[tuple[int, int]]] = {layout: [] for layout in _LAYOUTS}
    for (_, start, end), of_layouts in zip(blocks.tolist(), counts.tolist(), strict=True):
        for layout, *span in _results(data, start, end, of_layouts, launches):
            spans[layout].append(span)
    for layout, found in spans.items():
        for i in range(0, len(found), _AT_ONCE):
            _read(_messages(data, np.array(found[i : i + _AT_ONCE])), layout, names, launches)


def _messages(data: bytes, spans: np.ndarray) -> Messages:
    """The messages that lie from `spans[:, 0]` to `spans[:, 1]`."""
    return Messages(np.frombuffer(data, np.uint8), spans[:, 0], spans[:, 1], np.arange(len(spans)))


def _blocks(data: bytes, launches: Launches) -> Iterator[tuple[int, int, int]]:
    """Of each block where its head begins, where its results begin and where these end."""
    view, at = memoryview(data), len(MAGIC)
    at += 4 + _size(data, at)
    while at < len(data):
        start = at + 4
        payload = start + _size(data, at)
        at = payload + (number_in(view, start, payload, _PAYLOAD) if payload <= len(data) else 0)
        if at > len(data) or payload == start:
            launches.skip("block that is cut off")
            return
        yield start, payload, at


def _results(
    data: bytes, at: int, end: int, counts: list[int], launches: Launches
) -> Iterator[tuple[_Layout, int, int]]:
    """Layout, start and end of each result of a block."""
    for layout, count in zip((None, *_LAYOUTS), counts, strict=True):
        for _ in range(count):
            start = at + 4
            at = start + _size(data, at)
            if at > end:
                launches.skip("block that is shorter than its results")
                return
            if at == start:
                launches.skip("result that is empty")
            elif layout is not None:
                yield layout, start, at


def _size(data: bytes, at: int) -> int:
    """The size that stands there; of what is cut off, more than there is."""
    return struct.unpack_from("<I", data, at)[0] if at + 4 <= len(data) else len(data)


def _read(results: Messages, layout: _Layout, names: list[str], launches: Launches) -> None:
    """Read all results of a layout."""
    n = len(results)
    texts = [results.text(field) for field in layout.names]
    kernels = [next(filter(None, several), layout.nameless) for several in zip(*texts, strict=True)]
    kernels = kernels or [layout.nameless] * n
    functions, ranges = _functions(results.messages(layout.functions), n), _ranges(results, layout.ranges)
    found = [
        launches.launch(len(launches), kernel, launches.callers(around, chain))
        for kernel, around, chain in zip(kernels, ranges, functions, strict=True)
    ]
    wanted = np.array([launches.wants(name) for name in names] + [False])
    metrics = results.messages(layout.metrics)
    name = np.minimum(metrics.number(1), np.uint64(len(names))).astype(np.int64)
    values = metrics.messages(2)
    rows = np.flatnonzero(wanted[name[values.owner]])
    for row, text in zip(values.owner[rows].tolist(), _texts(values, rows), strict=True):
        metric = names[name[row]]
        launches.measured(found[metrics.owner[row]], metric, _unit(metric), text)
    for _ in range(int(np.count_nonzero(results.broken))):
        launches.skip("launch of which a part is broken")


def _texts(values: Messages, rows: np.ndarray) -> list[str]:
    """Some values of metrics as text, "" where they are no numbers: a float, a double, or one of two integers."""
    single, double = values.real(2), values.real(3)
    real = np.where(np.isnan(single), double, single)[rows].tolist()
    whole = (values.number(4) | values.number(5))[rows].tolist()
    is_whole = np.isin(rows, np.concatenate((values.having(4, VARINT), values.having(5, VARINT)))).tolist()
    return [str(whole[i]) if is_whole[i] else _text(real[i]) for i in range(len(rows))]


def _text(real: float) -> str:
    return "" if math.isnan(real) else str(int(real)) if real.is_integer() and abs(real) < 2**63 else str(real)


def _unit(name: str) -> str:
    """The unit of a metric, which reports leave to its name."""
    return "byte" if "bytes" in name else "nsecond" if name.startswith("gpu__time") else ""


def _ranges(results: Messages, field: int) -> list[list[Caller]]:
    """The NVTX ranges that were open on the thread of each result, outermost first, domain by domain."""
    state = results.messages(field)
    domains, threads = state.messages(1), state.messages(2)
    of_thread = threads.messages(2)
    pushed = of_thread.messages(3)
    keys = zip(domains.owner.tolist(), domains.number(1).tolist(), strict=True)
    called = dict(zip(keys, domains.text(2), strict=True))
    thread = of_thread.owner[pushed.owner]
    around = threads.owner[thread]
    result = state.owner[around]
    here = threads.number(1)[thread] == results.number(1)[result]
    out: list[list[Caller]] = [[] for _ in range(len(results))]
    domain = zip(around.tolist(), of_thread.number(1)[pushed.owner].tolist(), strict=True)
    for row, key, name, is_here in zip(result.tolist(), domain, pushed.text(1), here.tolist(), strict=True):
        if is_here:
            out[row].append(range_of(called.get(key, ""), name))
    return out


def _functions(stacks: Messages, results: int) -> list[list[Caller]]:
    """The functions that led to each result, innermost first."""
    frames = stacks.messages(1)
    line = np.minimum(frames.number(5), np.uint64(2**31 - 1))
    columns = (frames.text(4), frames.text(1), frames.text(3), line.tolist())
    out: list[list[Caller]] = [[] for _ in range(results)]
    for row, *told in zip(stacks.owner[frames.owner].tolist(), *columns, strict=True):
        out[row].append(function(*told))
    return out
