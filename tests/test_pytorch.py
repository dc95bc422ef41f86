"""PyTorch's traces: what launched what, what is shown, and that all work on the device counts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from golden import FIXTURES
from hypothesis import given, settings
from hypothesis import strategies as st
from test_chrome_trace import stacks

import flamegraph as fg
from flamegraph.errors import EmptyProfile, ParseError
from flamegraph.profile import Kind, Profile
from flamegraph.source import Source

CUDA = FIXTURES / "pytorch" / "cuda.json"


def read(events: list[dict[str, Any]], **options: Any) -> Profile:
    trace = {"schemaVersion": 1, "deviceProperties": [], "traceEvents": events}
    return fg.read(Source(json.dumps(trace).encode(), "trace"), **options)


def cpu(category: str, name: str, ts: float, dur: float, pid: Any = 50, tid: Any = 51, **args: Any) -> dict[str, Any]:
    return {"ph": "X", "cat": category, "name": name, "pid": pid, "tid": tid, "ts": ts, "dur": dur, "args": args}


def kernel(name: str, ts: float, dur: float, device: Any = 0, stream: Any = 7, **args: Any) -> dict[str, Any]:
    return cpu("kernel", name, ts, dur, device, stream, device=device, stream=stream, **args)


@pytest.mark.parametrize(
    ("launches", "args", "below"),
    [
        ([cpu("cuda_runtime", "cudaLaunchKernel", 5, 2, correlation=9)], {"correlation": 9}, "op;cudaLaunchKernel"),
        ([cpu("cuda_runtime", "hipLaunchKernel", 5, 2, correlation="9")], {"correlation": 9}, "op;hipLaunchKernel"),
        ([cpu("Runtime", "cudaLaunchKernel", 5, 2, correlation=9)], {"correlation": "9"}, "op;cudaLaunchKernel"),
        ([cpu("xpu_runtime", "urEnqueue", 5, 2, correlation=9)], {"correlation": 9}, "op;urEnqueue"),
        ([cpu("cuda_driver", "cuLaunchKernel_v2", 5, 2, correlation=9)], {"correlation": 9}, "op;cuLaunchKernel_v2"),
        ([cpu("cuda_runtime", "cudaFree_v3020", 5, 2, correlation=9)], {"correlation": 9}, "op;cudaFree"),
        # The runtime calls the driver: it is the outer call, wherever it stands in the file.
        (
            [
                cpu("cuda_driver", "cuLaunchKernel", 6, 1, correlation=9),
                cpu("cuda_runtime", "cudaLaunchKernel", 5, 3, correlation=9),
            ],
            {"correlation": 9},
            "op;cudaLaunchKernel",
        ),
        # Without a call, the operator; but an id that only repeats the correlation is none.
        ([], {"correlation": 9, "External id": 3}, "op"),
        ([], {"correlation": 9, "external id": "3"}, "op"),
        ([], {"correlation": 3, "External id": 3}, "[launch outside capture]"),
        ([], {"correlation": 9, "External id": 8}, "[launch outside capture]"),
        ([cpu("cuda_runtime", "cudaLaunchKernel", 5, 2, correlation=8)], {}, "[launch outside capture]"),
    ],
)
def test_what_launched_a_kernel(launches: list[dict[str, Any]], args: dict[str, Any], below: str):
    events = [cpu("cpu_op", "op", 0, 20, **{"External id": 3}), *launches, kernel("k", 30, 4, **args)]
    assert stacks(read(events)) == {f"{below};-;k_[G]": 4000}


@pytest.mark.parametrize(
    ("call", "args", "graph"),
    [
        ("cudaGraphLaunch", {}, "[CUDA graph]_[G];"),
        ("cuGraphLaunch", {"graph id": 3}, "[CUDA graph 3]_[G];"),
        ("hipGraphLaunch", {"graph id": 0}, "[HIP graph]_[G];"),
        ("cudaLaunchKernel", {"graph id": 0}, ""),
    ],
)
def test_kernels_of_a_graph(call: str, args: dict[str, Any], graph: str):
    events = [cpu("cuda_runtime", call, 5, 2, correlation=9)]
    events += [kernel(f"k{i % 2}", 10 + i, 1, correlation=9, **args) for i in range(6)]
    assert stacks(read(events)) == {f"{call};-;{graph}k0_[G]": 3000, f"{call};-;{graph}k1_[G]": 3000}


def test_idle_time_says_why_and_before_what():
    events = [
        cpu("cuda_runtime", "launch", 0, 2, correlation=1), cpu("cuda_runtime", "late", 70, 2, correlation=2),
        kernel("first", 10, 5, correlation=1), kernel("second", 80, 5, 0, 9, correlation=2), kernel("third", 90, 5),
        kernel("elsewhere", 0, 50, 1),
    ]  # fmt: skip
    assert stacks(read(events, gpu="idle")) == {
        "late;-;[gpu idle: host wait];second_[G]": 65000,
        "[launch outside capture];-;[gpu idle: other];third_[G]": 5000,
    }


def test_a_call_of_another_process_is_none():
    """Correlations begin anew in each process: work belongs to the one whose calls come before it."""
    events = []
    for pid, device, at in ((60, 0, 0), (61, 1, 500)):
        events += [cpu("cuda_runtime", f"launch {pid}", at + 10 * k, 5, pid, pid, correlation=k) for k in range(3)]
        events += [kernel("k", at + 100 + k, 1, device, correlation=k) for k in range(3)]
    assert stacks(read(events)) == {"launch 60;-;k_[G]": 3000, "launch 61;-;k_[G]": 3000}


def test_kinds_and_places_of_frames():
    profile = fg.read(CUDA)
    frames = dict(zip(profile.frames.name, range(len(profile.frames)), strict=True))
    kind = profile.frames.kind
    assert kind[frames["sgemm_64x64_tn"]] == Kind.GPU and kind[frames["-"]] == Kind.GAP
    assert kind[frames["aten::relu"]] == Kind.USER and kind[frames["nn.Module: Mill_0"]] == Kind.INTERPRETED
    i = frames["mill.py(12): forward"]
    assert (kind[i], profile.frames.file[i], profile.frames.line[i]) == (Kind.INTERPRETED, "mill.py", 12)
    assert "<built-in method relu of type object>" in frames, "without its address"
    assert profile.meta.annotated == {Kind.GPU}
    assert not fg.read(CUDA, show="cpu").meta.annotated


@pytest.mark.parametrize("show", [None, "cpu", "python", "ops"])
@pytest.mark.parametrize("forward", [False, True])
def test_whatever_is_shown_it_is_the_same_in_all(show: str | None, forward: bool):
    for gpu, total in (("time", 558375), ("busy", 555250), ("launches", 8), ("idle", 64750)):
        profile = fg.read(CUDA, gpu=gpu, show=show, forward=forward)
        assert profile.total() == total
        assert fg.read(CUDA, gpu=gpu, show=show, forward=forward, timeline=True).total() == total
    if show:
        assert fg.read(CUDA, show=show, forward=forward).total() == 1040000


def test_without_work_on_a_device_it_is_the_cpu():
    events = [cpu("cpu_op", "op", 0, 20), cpu("gpu_user_annotation", "range", 0, 20, 0, 7)]
    assert stacks(read(events)) == {"op": 20000}
    with pytest.raises(EmptyProfile, match="expected work on a GPU, found none"):
        read(events, gpu="busy")


def test_what_is_not_shown_has_a_place():
    events = [
        cpu("cpu_op", "op", 0, 20),
        cpu("python_function", "a.py(1): f", 5, 10),
        cpu("user_annotation", "ProfilerStep#12", 8, 2),
    ]
    assert stacks(read(events)) == {"op": 10000, "op;a.py(1): f": 8000, "op;a.py(1): f;ProfilerStep": 2000}
    assert stacks(read(events, show="python")) == {"[outside Python]": 10000, "a.py(1): f": 10000}
    assert stacks(read(events, show="ops")) == {"op": 18000, "op;ProfilerStep": 2000}
    assert stacks(read(events[1:2], show="ops")) == {"[outside operators]": 10000}


def test_call_stacks_of_old_profilers():
    """What of Python's stack is around an operator already is not put there again."""

    def op(name: str, ts: float, dur: float, stack: str) -> dict[str, Any]:
        return cpu("Operator", name, ts, dur, **{"Call stack": stack})

    events = [
        op("outer", 0, 100, "a.py(2): g;a.py(9): <module>"),
        op("inner", 10, 20, "b.py(5): h;a.py(2): g;a.py(9): <module>"),
        op("same", 40, 20, "a.py(2): g;a.py(9): <module>"),
        op("none", 70, 20, ""),
        cpu("Runtime", "cudaMalloc", 12, 3),
    ]
    top = "a.py(9): <module>;a.py(2): g;outer"
    assert stacks(read(events)) == {
        top: 40000,
        f"{top};b.py(5): h;inner": 17000,
        f"{top};b.py(5): h;inner;cudaMalloc": 3000,
        f"{top};same": 20000,
        f"{top};none": 20000,
    }
    assert stacks(read(events, show="python")) == {
        "a.py(9): <module>;a.py(2): g": 80000,
        "a.py(9): <module>;a.py(2): g;b.py(5): h": 20000,
    }


def test_call_stacks_beside_python_functions_add_nothing():
    """As profilers of today write them with verbose=True."""
    events = [
        cpu("python_function", "a.py(9): <module>", 0, 50),
        cpu("python_function", "a.py(2): g", 10, 30, **{"Call stack": "a.py(9): <module>;"}),
        cpu("cpu_op", "op", 20, 10, **{"Call stack": "a.py(2): g;a.py(9): <module>"}),
    ]
    assert stacks(read(events)) == {
        "a.py(9): <module>": 20000,
        "a.py(9): <module>;a.py(2): g": 20000,
        "a.py(9): <module>;a.py(2): g;op": 10000,
    }


def test_a_thread_that_only_python_knows_is_no_process():
    events = [
        cpu("python_function", "t.py(1): wait", 0, 90, 0, 0),
        cpu("cpu_op", "op", 0, 20),
        cpu("cpu_op", "op", 30, 20),
        {"ph": "M", "name": "thread_name", "pid": 50, "tid": 51, "args": {"name": "thread 51 (main)"}},
        {"ph": "M", "name": "process_name", "pid": 50, "tid": 0, "args": {"name": "python3"}},
        {"ph": "M", "name": "process_name", "pid": 0, "tid": 0, "args": {"name": "gpu"}},
    ]
    assert stacks(read(events)) == {"tid 0;t.py(1): wait": 90000, "main;op": 40000}


def test_flows_that_lead_nowhere_change_nothing():
    """Backward onto itself, onto something later, onto another thread, or without a partner."""
    engine = cpu("cpu_op", "autograd::engine::evaluate_function: M", 10, 20, tid=52)

    def flow(ph: str, id: Any, ts: float, tid: Any) -> dict[str, Any]:
        return {"ph": ph, "cat": "fwdbwd", "name": "fwdbwd", "id": id, "pid": 50, "tid": tid, "ts": ts}

    events = [
        cpu("cpu_op", "forward", 0, 5), engine, cpu("cpu_op", "later", 40, 5),
        flow("s", 1, 12, 52), flow("f", 1, 12, 52), flow("s", 2, 41, 51), flow("f", 2, 12, 52),
        flow("s", 3, 1, 99), flow("f", 3, 12, 52), flow("f", 4, 12, 52), flow("s", 5, 1, 51),
        flow("s", 6, "?", 51), flow("f", 6, 12, 52),
    ]  # fmt: skip
    assert stacks(read(events, forward=True)) == stacks(read(events))
    linked = [*events, flow("s", 7, 1, 51), flow("f", 7, 12, 52)]
    assert stacks(read(linked, forward=True)) == {
        "forward": 5000,
        "forward;autograd::engine::evaluate_function: M": 20000,
        "later": 5000,
    }


spans = st.tuples(st.integers(0, 40), st.integers(0, 12))
host_events = st.builds(
    lambda span, tid, kind, n: cpu(kind, f"{kind[0]}{n % 3}", *span, tid=tid, correlation=n, **{"External id": n + 1}),
    spans, st.integers(51, 52), st.sampled_from(["cpu_op", "python_function", "cuda_runtime", "user_annotation"]),
    st.integers(0, 6),
)  # fmt: skip
device_events = st.builds(
    lambda span, device, n: kernel(f"k{n % 2}", *span, device, n % 3, correlation=n, **{"External id": n // 2}),
    spans, st.integers(0, 1), st.integers(0, 9),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(host_events, max_size=10), st.lists(device_events, min_size=1, max_size=10))
def test_all_work_on_the_device_counts(host, device):
    total = sum(event["dur"] for event in device) * 1000
    for show in (None, "python", "ops"):
        for forward in (False, True):
            if total:
                assert read(host + device, gpu="time", show=show, forward=forward).total() == total
            assert read(host + device, gpu="launches", show=show).total() == len(device)
    busy = {(e["pid"], t) for e in device for t in range(e["ts"], e["ts"] + e["dur"])}
    if busy:
        assert read(host + device, gpu="busy").total() == len(busy) * 1000


def test_an_execution_trace_is_told_apart():
    content = (FIXTURES / "pytorch" / "bad_execution_trace.json").read_bytes()
    with pytest.raises(ParseError, match="found an execution trace, which has none"):
        fg.read(content)


def test_streams_are_the_threads_of_a_timeline():
    profile = fg.read(CUDA, timeline=True)
    assert [(thread.pid, thread.tid, thread.name) for thread in profile.threads] == [
        (0, 7, "stream 7"),
        (0, 20, "stream 20"),
    ]
    assert np.bincount(profile.samples.thread).tolist() == [7, 1]
    assert (np.diff(profile.samples.time) >= 0).all()
