"""The trie's array functions against what a few lines of plain Python say."""

from __future__ import annotations

import os
from itertools import chain

import numpy as np
import pytest
from drawn import chains
from hypothesis import given
from hypothesis import strategies as st

from flamegraph import chains as chains_module
from flamegraph import trie as trie_module
from flamegraph.chains import ranges, stacks_from_chains, stacks_from_prefixes
from flamegraph.distinct import distinct
from flamegraph.profile import Stacks
from flamegraph.trie import depths, graft, levels, paths, preorder, scatter_sum, totals, union


def trie(stacks: list[list[int]]) -> tuple[Stacks, np.ndarray]:
    return stacks_from_chains(np.array([*chain(*stacks)], np.int64), np.array([len(s) for s in stacks], np.int64))


def walk(stacks: Stacks) -> list[tuple[int, ...]]:
    """The stack of each node."""
    found: list[tuple[int, ...]] = [()]
    for parent, frame in zip(stacks.parent.tolist()[1:], stacks.frame.tolist()[1:], strict=True):
        found.append((*found[parent], frame))
    return found


def shuffled(stacks: list[list[int]]) -> Stacks:
    """A trie whose nodes are not numbered level by level."""
    half = len(stacks) // 2
    one, two = trie(stacks[:half])[0], trie(stacks[half:])[0]
    return graft(two, np.arange(10), one)[0]


@given(chains)
def test_chains_become_a_trie_level_by_level(stacks):
    made, node = trie(stacks)
    found = walk(made)
    assert [list(found[n]) for n in node] == stacks
    wanted = {tuple(stack[:k]) for stack in stacks for k in range(len(stack) + 1)} | {()}
    assert len(found) == len(set(found)) == len(wanted) and set(found) == wanted
    in_order = dict.fromkeys(tuple(stack[:k]) for stack in [[], *stacks] for k in range(len(stack) + 1))
    assert found == sorted(in_order, key=len), "level by level, in order of first appearance within a level"


@given(chains)
def test_chains_and_paths_are_inverse(stacks):
    made, node = trie(stacks)
    frames, lengths = paths(made, node)
    assert frames.tolist() == [*chain(*stacks)] and lengths.tolist() == [len(s) for s in stacks]


@given(chains, st.data())
def test_what_neighbours_share_may_be_left_out_in_part(stacks, data):
    shared = []
    for before, stack in zip([[], *stacks], stacks, strict=False):
        common = next((k for k, (a, b) in enumerate(zip(before, stack, strict=False)) if a != b), None)
        limit = min(len(before), len(stack)) if common is None else common
        shared.append(data.draw(st.integers(0, limit)))
    rest = [*chain(*(stack[k:] for stack, k in zip(stacks, shared, strict=True)))]
    lengths = np.array([len(s) for s in stacks], np.int64)
    wanted, node = trie(stacks)
    for few in (0, 10**9):  # by arrays, and by a dict
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(chains_module, "NARROW", few)
            made, leaf = stacks_from_prefixes(np.array(shared, np.int64), lengths, np.array(rest, np.int64))
        assert made.parent.dtype == made.frame.dtype == leaf.dtype == np.int32
        assert made.parent.tolist() == wanted.parent.tolist() and made.frame.tolist() == wanted.frame.tolist()
        assert leaf.tolist() == node.tolist()


@given(chains, st.booleans())
def test_depths_and_levels(stacks, mixed):
    made = shuffled(stacks) if mixed else trie(stacks)[0]
    wanted = [len(stack) for stack in walk(made)]
    assert depths(made).tolist() == wanted
    assert [level.tolist() for level in levels(made)] == [
        [node for node, depth in enumerate(wanted) if depth == d] for d in range(max(wanted) + 1)
    ]


@given(st.lists(st.integers(0, 10**6), min_size=200, max_size=600), st.sampled_from([1, 3, 10**6]), st.booleans())
def test_depths_whatever_the_numbering(draws, spread, by_level):
    """Spread 1 is one long stack, 3 a preorder of sorts, a large one any parent before its child."""
    parent = [0, *(max(0, i - draw % spread) for i, draw in enumerate(draws))]
    if by_level:
        parent = sorted(parent)
    made = Stacks(np.array(parent, np.int32), np.arange(-1, len(parent) - 1, dtype=np.int32))
    wanted = [0]
    for one in parent[1:]:
        wanted.append(wanted[one] + 1)
    assert depths(made).tolist() == wanted and depths(made).dtype == np.int32


@given(chains, st.booleans(), st.data())
def test_totals_count_everything_above(stacks, mixed, data):
    made = shuffled(stacks) if mixed else trie(stacks)[0]
    n = len(made)
    own = np.array(data.draw(st.lists(st.integers(-(2**54), 2**54), min_size=n, max_size=n)), np.int64)
    found = walk(made)
    wanted = [sum(v for v, s in zip(own.tolist(), found, strict=True) if s[: len(f)] == f) for f in found]
    assert totals(made, own).tolist() == wanted
    assert totals(made, np.stack([own, -own], axis=1)).tolist() == [[w, -w] for w in wanted]
    assert totals(made, own.astype(np.float64)).dtype == np.float64


@given(chains, st.booleans(), st.data())
def test_preorder(stacks, mixed, data):
    made = shuffled(stacks) if mixed else trie(stacks)[0]
    n = len(made)
    rank = data.draw(st.none() | st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    key = rank or list(range(n))
    wanted, todo = [], [0]
    while todo:
        node = todo.pop()
        wanted.append(node)
        children = [c for c in range(1, n) if made.parent[c] == node]
        todo += sorted(children, key=lambda c: (key[c], c), reverse=True)
    for kind in (np.int64, np.float64):
        assert preorder(made, None if rank is None else np.array(rank, kind)).tolist() == wanted
    if rank is not None:
        assert preorder(made, np.array(rank, np.int64) + 3).tolist() == wanted


@given(chains, chains, st.lists(st.integers(0, 5), min_size=4, max_size=4))
def test_graft_is_a_union(one, other, new):
    into, stacks = trie(one)[0], shuffled(other)
    both, went = graft(stacks, np.array(new), into)
    with pytest.MonkeyPatch.context() as patch:  # the way for large tries
        patch.setattr(trie_module, "NARROW", 0)
        again, went_again = graft(stacks, np.array(new), into)
    assert went.tolist() == went_again.tolist() and both.parent.tolist() == again.parent.tolist()
    assert both.frame.tolist() == again.frame.tolist() and both.frame.dtype == again.frame.dtype == np.int32
    n = len(into)
    assert both.parent[:n].tolist() == into.parent.tolist() and both.frame[:n].tolist() == into.frame.tolist()
    assert (both.parent[1:] < np.arange(1, len(both))).all()
    found = walk(both)
    renamed = [tuple(new[f] for f in stack) for stack in walk(stacks)]
    assert [found[node] for node in went] == renamed
    assert len(found) == len(set(found)) and set(found) == set(walk(into)) | set(renamed)


@given(st.lists(st.tuples(chains, st.lists(st.integers(0, 5), min_size=4, max_size=4)), min_size=1, max_size=4))
def test_union_is_that_of_all_at_once(several):
    tries = [shuffled(stacks) for stacks, _ in several]
    both, went = union(tries, [np.array(new) for _, new in several])
    assert (both.parent[1:] < np.arange(1, len(both))).all()
    found = walk(both)
    renamed = [
        [tuple(new[f] for f in stack) for stack in walk(made)] for made, (_, new) in zip(tries, several, strict=True)
    ]
    assert [[found[node] for node in nodes] for nodes in went] == renamed
    assert len(found) == len(set(found)) and set(found) == set().union(*renamed)


@pytest.mark.parametrize("narrow", [0, 100])
def test_graft_makes_one_of_siblings_that_are_the_same(monkeypatch, narrow):
    monkeypatch.setattr(trie_module, "NARROW", narrow)
    twice = Stacks(np.array([0, 0, 0, 1, 2], np.int32), np.array([-1, 5, 5, 6, 6], np.int32))
    made, went = graft(twice, np.arange(7))
    assert walk(made) == [(), (5,), (5, 6)] and went.tolist() == [0, 1, 1, 2, 2]


@given(chains)
def test_graft_merges_what_becomes_the_same(stacks):
    made = trie(stacks)[0]
    alike, went = graft(made, np.array([0, 0, 1, 1]))
    found = walk(alike)
    assert [found[node] for node in went] == [tuple(f // 2 for f in stack) for stack in walk(made)]
    assert len(found) == len(set(found))


keys = st.lists(st.integers(0, 8) | st.integers(-(2**63), 2**63 - 1), max_size=200)


@given(keys, st.booleans())
def test_distinct(values, colliding):
    with pytest.MonkeyPatch.context() as patch:
        if colliding:  # the hash then tells small numbers apart no more
            patch.setattr(os, "urandom", lambda n: bytes(n))
        number, first = distinct(np.array(values, np.int64))
    order = list(dict.fromkeys(values))
    assert number.tolist() == [order.index(value) for value in values]
    assert first.tolist() == [values.index(value) for value in order]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=20))
def test_ranges(pairs):
    start, length = (np.array(column, np.int64) for column in (zip(*pairs, strict=True) if pairs else ([], [])))
    assert ranges(start, length).tolist() == [s + k for s, n in pairs for k in range(n)]


def test_sums_are_exact_beyond_what_a_float_holds():
    values = np.array([2**53, 1, 1, -(2**53), 2**62], np.int64)
    assert scatter_sum(np.array([0, 0, 0, 1, 2]), values, 4).tolist() == [2**53 + 2, -(2**53), 2**62, 0]
    assert scatter_sum(np.array([1, 1]), np.array([0.5, 0.25]), 3).tolist() == [0, 0.75, 0]


@pytest.mark.parametrize("copies", [1, 300])
def test_very_deep_stacks(copies):
    """Depth costs time in proportion, and no recursion."""
    depth = 50_000 // copies
    stack = np.arange(depth)
    made, node = stacks_from_chains(np.tile(np.append(stack, 0), copies), np.full(copies, depth + 1))
    assert len(made) == depth + 2 and set(node.tolist()) == {depth + 1}
    assert depths(made)[-1] == depth + 1 and preorder(made).tolist() == list(range(depth + 2))
    own = np.zeros(depth + 2, np.int64)
    own[-1] = 7
    assert (totals(made, own) == 7).all()
    assert paths(made, node[:1])[0].tolist() == [*range(depth), 0]
    assert len(graft(made, np.arange(depth), made)[0]) == depth + 2
