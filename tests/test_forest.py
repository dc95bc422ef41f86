"""Rows become a trie: whatever their order, the same stack is one node."""

from __future__ import annotations

import numpy as np
import pytest

from flamegraph.errors import InputError
from flamegraph.forest import Forest
from flamegraph.profile import Kind, Metric, Thread

NS = (Metric("time", "ns"),)


def stacks(profile) -> dict[str, list[int]]:
    """Folded stack → values."""
    text = [""]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        text.append(f"{text[parent]};{profile.frames.name[frame]}" if parent else profile.frames.name[frame])
    samples = profile.samples
    return {text[node]: row for node, row in zip(samples.stack.tolist(), samples.values.tolist(), strict=True)}


def test_equal_rows_are_one_node_and_unused_ones_none():
    forest = Forest()
    main, work, rest = forest.frame("main"), forest.frame("work"), forest.frame("rest")
    forest.add([0], rest)
    # A row may stand on one that comes later.
    rows = forest.add_nested(np.array([1, -1, -1, 2]), np.zeros(4, int), np.array([work, main, main, work]))
    profile = forest.profile(rows[[0, 3, 1]], np.array([[1], [2], [4]]), NS)
    assert stacks(profile) == {"main": [4], "main;work": [3]}
    assert profile.frames.name == ["main", "work"] and len(profile.stacks) == 3


def test_timeline_is_in_time_order():
    forest = Forest()
    row = forest.chain(0, [forest.frame("a", Kind.USER, file="a.c", line=3), forest.frame("b", line=-5)])
    profile = forest.profile(
        np.array([row, row]), np.array([[1], [2]]), NS, timeline=True, time=np.array([9, 5]), thread=np.array([0, 1]),
        threads=[Thread(1, 1, "x"), Thread(1, 2, "y")],
    )  # fmt: skip
    assert profile.samples.time.tolist() == [5, 9] and profile.samples.thread.tolist() == [1, 0]
    assert profile.samples.values.tolist() == [[2], [1]] and profile.meta.timeline
    assert profile.frames.line.tolist() == [3, 0]


def test_a_tree_by_ids():
    forest = Forest()
    a, b = forest.frame("a"), forest.frame("b")
    base = forest.chain(0, [forest.frame("thread")])
    row = forest.tree({"3": ("2", b), "2": ("1", a), "1": ("", -1), "8": ("9", a), "9": ("8", b), "5": ("77", b)}, base)
    assert row["1"] == base, "a frame of -1 shows nothing"
    assert set(row) == {"1", "2", "3", "5"}, "what stands on itself is left out"
    profile = forest.profile(np.array([row["3"], row["5"]]), np.array([[1], [2]]), NS)
    assert stacks(profile) == {"thread;a;b": [1], "thread;b": [2]}


def test_a_deep_stack():
    forest = Forest()
    row = forest.chain(0, [forest.frame("f")] * 50_000)
    profile = forest.profile(np.array([row]), np.array([[7]]), NS)
    assert len(profile.stacks) == 50_001 and profile.total() == 7


def test_sums_that_do_not_fit_are_refused():
    forest = Forest()
    row = forest.chain(0, [forest.frame("f")])
    with pytest.raises(InputError, match=r"time: expected values that add up to less than 2\^63"):
        forest.profile(np.array([row, row]), np.full((2, 1), 2**62), NS)


def test_nothing_is_an_empty_profile():
    assert len(Forest().profile(np.zeros(0, np.int64), np.zeros((0, 1), np.int64), NS).samples) == 0


def test_stacks_that_would_not_fit_are_refused(monkeypatch):
    monkeypatch.setattr("flamegraph.forest._MOST", 100)
    forest = Forest()
    frame = forest.frame("f")
    forest.add(np.zeros(90, np.int64), frame)
    with pytest.raises(InputError, match="expected at most 100 frames in all stacks, found more"):
        forest.chain(0, [frame] * 20)
    with pytest.raises(InputError, match="expected at most 100 frames in all stacks, found more"):
        forest.add(np.zeros(50, np.int64), frame)
