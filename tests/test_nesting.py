"""Slices become stacks: the innermost slice that holds one is found, times are conserved."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.nesting import (
    SliceIndex,
    _by_depth,
    _one_by_one,
    by_level,
    crossing,
    nest,
    own_moments,
    self_times,
    untangle,
)

SLICES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 12)), max_size=25)


def columns(slices: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(slices, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 1] + table[:, 2]


def test_what_lies_within_is_below():
    thread, start, end = columns([(0, 0, 10), (0, 2, 3), (0, 2, 8), (0, 5, 1), (1, 3, 1)])
    parent, order, crossings = nest(thread, start, end)
    assert parent.tolist() == [-1, 2, 0, 2, -1]
    assert order.tolist() == [0, 2, 1, 3, 4]
    assert crossings == 0
    assert self_times(parent, start, end).tolist() == [2, 3, 4, 1, 1]


def test_a_slice_that_crosses_another_stands_beside_it():
    parent, _, crossings = nest(*columns([(0, 0, 10), (0, 5, 10), (0, 6, 1)]))
    assert parent.tolist() == [-1, -1, 1]
    assert crossings == 1


@given(SLICES)
def test_a_parent_holds_its_children_and_time_is_conserved(slices):
    thread, start, end = columns(slices)
    parent, order, _ = nest(thread, start, end)
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    for i, p in enumerate(parent.tolist()):
        if p >= 0:
            assert thread[p] == thread[i] and start[p] <= start[i] and end[i] <= end[p]
            assert place[p] < place[i]
    outermost = parent < 0
    assert self_times(parent, start, end).sum() == (end - start)[outermost].sum()


@given(SLICES, st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 45)), max_size=20))
def test_the_innermost_open_slice_is_found(slices, asked):
    thread, start, end = columns(slices)
    parent, order, crossings = nest(thread, start, end)
    table = np.array(asked, np.int64).reshape(-1, 2)
    found = SliceIndex(thread, start, end, parent, order).at(table[:, 0], table[:, 1])
    place = {slice: rank for rank, slice in enumerate(order.tolist())}
    for (who, moment), i in zip(asked, found.tolist(), strict=True):
        around = [j for j in range(len(slices)) if thread[j] == who and start[j] <= moment < end[j]]
        if crossings == 0:
            assert i == max(around, key=place.get, default=-1)
        else:
            assert i == -1 or i in around


def test_slices_that_cross_are_told():
    assert crossing(*columns([(0, 0, 10), (0, 5, 10), (0, 6, 1), (1, 5, 10)])).tolist() == [False, True, False, False]


@given(SLICES)
def test_without_slices_that_cross_the_others_are_nested(slices):
    thread, start, end = columns(slices)
    cross = crossing(thread, start, end)
    assert nest(thread[~cross], start[~cross], end[~cross])[2] == 0
    assert cross.any() == (nest(thread, start, end)[2] > 0)


@given(SLICES)
def test_levels_hold_every_slice_below_its_parent(slices):
    parent, order, _ = nest(*columns(slices))
    above: set[int] = {-1}
    seen: list[int] = []
    for level in by_level(parent, order):
        assert {parent[i] for i in level.tolist()} <= above
        above = set(level.tolist())
        seen += above
    assert sorted(seen) == list(range(len(slices)))


@given(SLICES)
def test_both_ways_to_nest_agree(slices):
    thread, start, end = columns(slices)
    order = np.lexsort((-end, start, thread))
    columns_ = thread[order], start[order], end[order]
    fast, (slow, crossings) = _by_depth(*columns_), _one_by_one(*columns_)
    if fast is None:
        assert crossings or (start == end).any()
    else:
        assert fast.tolist() == slow.tolist() and not crossings


def test_a_deep_nest_is_as_good_as_a_flat_one():
    n = 50_000
    start, end = np.arange(n), 2 * n - np.arange(n)
    parent, order, crossings = nest(np.zeros(n, int), start, end)
    assert parent.tolist() == list(range(-1, n - 1)) and crossings == 0
    assert sum(1 for _ in by_level(parent, order)) == n


def covered(slices: list[tuple[int, int, int]]) -> int:
    """How long any slice of a thread lasted, all threads together."""
    return len({(who, t) for who, start, length in slices for t in range(start, start + length)})


def test_a_slice_that_crosses_another_is_cut_there():
    pieces = untangle(*columns([(0, 0, 10), (0, 5, 10), (0, 6, 1)]))
    assert list(zip(pieces.slice.tolist(), pieces.start.tolist(), pieces.end.tolist(), strict=True)) == [
        (0, 0, 10),
        (1, 5, 10),
        (2, 6, 7),
        (1, 10, 15),
    ]
    assert pieces.parent.tolist() == [-1, 0, 1, -1]
    assert pieces.crossings == 1


def test_what_the_clock_blurs_is_no_crossing():
    start, end = np.array([0, 99, 200, 250]), np.array([100, 180, 300, 301])
    pieces = untangle(np.zeros(4, np.int64), start, end, slack=2)
    assert pieces.crossings == 0
    assert pieces.slice.tolist() == [0, 1, 2, 3]
    assert pieces.start.tolist() == [0, 100, 200, 250] and pieces.end.tolist() == [100, 180, 300, 300]
    assert pieces.parent.tolist() == [-1, -1, -1, 2]


@given(SLICES, st.integers(0, 3))
def test_pieces_are_the_slices_and_do_not_cross(slices, slack):
    thread, start, end = columns(slices)
    pieces = untangle(thread, start, end, slack)
    assert nest(thread[pieces.slice], pieces.start, pieces.end)[2] == 0
    lasted = np.bincount(pieces.slice, pieces.end - pieces.start, len(slices))
    if slack == 0:
        assert lasted.tolist() == (end - start).tolist(), "every slice keeps its time"
    assert (lasted <= end - start).all() and (pieces.end >= pieces.start).all()
    assert (pieces.start >= start[pieces.slice]).all() and (pieces.end <= end[pieces.slice]).all()


@given(SLICES)
def test_own_moments_add_up_to_the_wall_time(slices):
    thread, start, end = columns(slices)
    pieces = untangle(thread, start, end)
    piece, since, until = own_moments(pieces.parent, pieces.order, pieces.start, pieces.end)
    assert (until > since).all()
    assert (until - since).sum() == covered(slices)
    own = np.bincount(piece, until - since, len(pieces.slice))
    assert own.tolist() == self_times(pieces.parent, pieces.start, pieces.end).tolist()


def test_crossings_without_end():
    """Every slice crosses every other one; it takes neither minutes nor gigabytes."""
    n = 20_000
    start = np.arange(n)
    end = start + n + np.arange(n) % 7 * n
    pieces = untangle(np.zeros(n, np.int64), start, end)
    assert n < len(pieces.slice) <= 6 * n + 1000
