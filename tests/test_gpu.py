"""Weights of work on a GPU: busy time adds up to the wall time, idle time to the rest of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from golden import FIXTURES
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.gpu import busy_shares, idle_gaps, waits

OPERATIONS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(0, 20)), max_size=25)


def columns(operations: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(operations, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 1] + table[:, 2]


def busy_moments(device: np.ndarray, start: np.ndarray, end: np.ndarray, one: int) -> set[int]:
    mine = device == one
    return {t for s, e in zip(start[mine].tolist(), end[mine].tolist(), strict=True) for t in range(s, e)}


def test_what_runs_at_once_shares_the_time():
    device, start, end = columns([(0, 0, 10), (0, 5, 5), (1, 0, 3)])
    assert busy_shares(device, start, end).tolist() == [8, 2, 3]  # 7.5 and 2.5: one of the two gets the odd half


@given(OPERATIONS)
def test_busy_shares_add_up_to_the_busy_wall_time(operations):
    device, start, end = columns(operations)
    share = busy_shares(device, start, end)
    for one in set(device.tolist()):
        assert share[device == one].sum() == len(busy_moments(device, start, end, one))
    assert (share >= 0).all() and (share <= end - start).all()


@given(OPERATIONS)
def test_gaps_add_up_to_the_idle_wall_time(operations):
    device, start, end = columns(operations)
    gap, since = idle_gaps(device, start, end)
    for one in set(device.tolist()):
        mine = device == one
        wall = max(end[mine].max(), start[mine].max()) - start[mine].min()
        assert gap[mine].sum() == wall - len(busy_moments(device, start, end, one))
    assert (start - since == gap).all()


def test_why_a_device_waited():
    gap, since = np.array([100_000, 100_000, 20_000, 500]), np.array([0, 0, 0, 0])
    called = np.array([60_000, 0, -0, -1])
    assert waits(gap, since, called) == [
        "[gpu idle: host wait]",
        "[gpu idle: other]",
        "[gpu idle: kernel wait]",
        "[gpu idle: other]",
    ]


GOLDENS = sorted(FIXTURES.glob("*/*gpu=idle*.golden"))


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_why_a_gpu_was_idle_stands_in_one_place(path: Path):
    """Right above "-", where a format knows of calls, and below nothing but work on the GPU."""
    lines = path.read_text().splitlines()
    stacks = [line.rsplit(" ", 1)[0].split(";") for line in lines if ";[gpu idle: " in line]
    assert stacks
    for stack in stacks:
        (at,) = (i for i, frame in enumerate(stack) if frame.startswith("[gpu idle: "))
        assert "-" not in stack or stack[at - 1] == "-"
        assert all(frame.endswith("_[G]") for frame in stack[at + 1 :]) and stack[at + 1 :]


def test_all_that_trace_a_gpu_say_why_it_was_idle():
    assert {path.parent.name for path in GOLDENS} >= {"nsys_sqlite", "nsys_stats", "nvprof", "pytorch", "rocprof"}
