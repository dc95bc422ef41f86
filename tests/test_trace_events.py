"""Trace events as a list: whole, streamed, cut off or damaged; and their times as ns."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from test_forest import stacks

from flamegraph.errors import ParseError
from flamegraph.forest import Forest
from flamegraph.profile import Metric
from flamegraph.source import Source
from flamegraph.trace_events import Clock, is_kineto, is_trace, load
from flamegraph.trace_owners import Names, ShownOwners

EVENTS = [{"ph": "X", "ts": 1, "dur": 2, "name": f"f{i}", "args": {"a": [{"b": "]}"}]}} for i in range(5)]
LIST = json.dumps(EVENTS)
CUT = "trace that breaks off within an event"


@pytest.mark.parametrize(
    ("text", "events", "skipped"),
    [
        (LIST, 5, {}),
        (LIST[:-1], 5, {}),
        (LIST[:-1] + ",", 5, {}),
        (LIST[:-1] + ",\n \r\n\0\0", 5, {}),
        (LIST[:-1] + ", ]", 5, {}),
        (LIST[:-3], 4, {CUT: 1}),
        (LIST[: len(LIST) // 2], 2, {CUT: 1}),
        ("[", 0, {}),
        ("[]", 0, {}),
        ('{"traceEvents": ' + LIST + "}", 5, {}),
        ('{"traceEvents": ' + LIST, 5, {}),
        ('{"traceEvents": ' + LIST[:-1] + ",", 5, {}),
        ('{"traceEvents": ' + LIST[:-20], 4, {CUT: 1}),
        ('{"a": {"traceEvents": [1]}, "traceEvents": ' + LIST + ', "b": tr', 5, {CUT: 1}),
        ('{"a": NaN, "traceEvents": ' + LIST + ',"samples": [1,]}', 5, {CUT: 1}),
        ("[" + "[" * 3000, 0, {CUT: 1}),
        (LIST[:-1] + ', {"ts": ' + "9" * 5000 + "}]", 5, {CUT: 1}),
        (LIST[:-1] + ', {"ts": NaN, "name": "\\ud800"}]', 6, {}),
        (LIST[:-1] + ", null, 3, []]", 5, {"not an event": 3}),
    ],
)
def test_what_is_whole_is_read(text: str, events: int, skipped: dict[str, int]):
    for content in (text.encode(), gzip.compress(text.encode()), b"\xef\xbb\xbf" + text.encode()):
        trace = load(Source(content))
        assert len(trace.events) == events and trace.skipped == skipped
        assert trace.events[:events] == EVENTS[:events] or events > 5


@pytest.mark.parametrize("text", ["{}", "3", '"x"', '{"traceEvents": {}}', "{", '{"a"', '{"a": 1', "nothing", ""])
def test_what_has_no_events_is_refused(text: str):
    with pytest.raises(ParseError, match="expected a list of trace events"):
        load(Source(text.encode(), "x"))


def test_what_stands_around_the_events_is_kept():
    trace = load(Source(b'{"samples": [1], "traceEvents": [{"ph": "i"}], "stackFrames": {"1": {}}}'))
    assert trace.around == {"samples": [1], "stackFrames": {"1": {}}}
    mended = load(Source(b'{"samples": [1], "traceEvents": [{"ph": "i"},], "stackFrames": {"1": {}}}'))
    assert mended.around == trace.around and mended.events == trace.events


@pytest.mark.parametrize(
    ("head", "trace", "kineto"),
    [
        (b'[{"ph": "X", "ts": 1}]', True, False),
        (b' \n[ {"name":"a","ph":"B"', True, False),
        (b'[{"phase": "X"}]', False, False),
        (b'[[{"ph": "X"}]]', False, False),
        (b'{"traceEvents":[', True, False),
        (b'{"traceEvents": [], "deviceProperties": []}', True, True),
        (b'{"schemaVersion": 1, "deviceProperties": [], "traceEvents": [', True, True),
        (b'[{"ph": "X", "cat": "cpu_op"}', True, True),
        (b'{"traceEvents": 5}', False, False),
        (b'"traceEvents": [', False, False),
        (b'{"nodes": [{"ph": "X"}]}', False, False),
    ],
)
def test_how_a_trace_begins(head: bytes, trace: bool, kineto: bool):
    assert is_trace(head) == trace
    assert is_kineto(head) == kineto


def test_times_are_exact_where_the_file_is():
    column = [1700000000000000.25, "1700000000000001.5", 1700000000000000, None, "soon", 1e300, [1], True]
    clock = Clock(column)
    time, good = clock.times(column)
    assert good.tolist() == [True, True, True, False, False, False, False, True]
    assert clock.base == 1000, "the smallest time is True"
    assert (time[:3] + clock.base).tolist() == [1700000000000000250, 1700000000000001500, 1700000000000000000]
    small = Clock([81995533209.122, 81995533210.001])
    assert small.times([81995533209.122, 81995533210.001])[0].tolist() == [122, 1001]
    assert small.slack < 5 and Clock([1.7e15]).slack == 252, "a double tells 250 ns apart at that size"
    assert Clock.durations([0.001, -1, None, "2.5", 1e18])[0].tolist() == [1, 0, 0, 2500, 0]
    assert Clock.durations([0.001, -1, None, "2.5", 1e18])[1].tolist() == [True, False, False, True, False]
    assert Clock().times([])[0].shape == (0,)


def meta(kind: str, pid: object, tid: object, name: object) -> dict:
    return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "args": {"name": name}}


@pytest.mark.parametrize(
    ("owners", "shown", "roots"),
    [
        ([("1", "1")], {}, [""]),
        ([("1", "1"), ("1", "2")], {}, ["main", "helper"]),
        ([("1", "2"), ("1", "3")], {}, [""]),
        ([("1", "1"), ("1", "9")], {}, ["main", "tid 9"]),
        ([("1", "1"), ("5", "1")], {}, ["shop", "mill"]),
        ([("1", "1"), ("6", "1")], {}, [""]),
        ([("7", "1"), ("8", "1")], {}, [""]),
        ([("1", "1"), ("7", "1")], {}, ["shop", "pid 7"]),
        ([("1", "1")], {"pid": True}, ["shop (pid 1)"]),
        ([("7", "1")], {"pid": True, "tid": True}, ["pid 7;tid 1"]),
        ([("1", "2"), ("1", "3")], {"tid": True}, ["helper (tid 2)", "helper (tid 3)"]),
        ([("7", "12"), ("7", "13")], {}, ["python", "x"]),
    ],
)
def test_frames_for_processes_and_threads(owners: list, shown: dict[str, bool], roots: list[str]):
    """Where they differ by name, or where they are asked for."""
    names = Names(
        [
            meta("process_name", 1, 0, "shop "),
            meta("process_name", 5, 0, "mill"),
            meta("process_name", "6", 0, "shop"),
            meta("thread_name", 1, 1, "main"),
            meta("thread_name", 1, "2", "helper"),
            meta("thread_name", 1, 3, "helper"),
            meta("thread_name", 7, 12, "thread 12 (python)"),
            meta("thread_name", 7, 13, "139798638491328: x"),
            meta("thread_name", 1, 3, 7),
            {"ph": "M", "name": "thread_name", "args": None},
        ]
    )
    forest = Forest()
    rows = names.roots(forest, owners, ShownOwners(**shown))
    profile = forest.profile(rows, np.ones((len(rows), 1), np.int64), (Metric("time", "ns"),))
    assert list(stacks(profile)) == roots
