"""Array functions over the trie of stacks: depth, levels, totals, preorder, grafting.

A trie is two arrays, `parent` and `frame` (see `profile.Stacks`). Nothing here recurses or loops over nodes:
loops are over levels, or over the logarithm of the depth, so a stack of 50,000 frames is as good as any other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

import numpy as np

from .distinct import distinct
from .profile import Stacks

__all__ = [
    "depths",
    "graft",
    "levels",
    "outermost",
    "paths",
    "preorder",
    "regraft",
    "scatter_sum",
    "totals",
    "union",
]

#: Where there are fewer nodes per level, a dict is faster than the twenty array operations that a level takes.
NARROW = 100


def scatter_sum(index: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Sum of `values` per `index`: [n], in the type of values. int64 sums are exact."""
    if values.dtype == np.float64:
        return np.bincount(index, weights=values, minlength=n)
    out = np.zeros(n, np.int64)
    # bincount adds in float64, exact only up to 2^53; ufunc.at is exact and, since NumPy 1.25, nearly as fast.
    np.add.at(out, index, values)
    return out


def depths(stacks: Stacks) -> np.ndarray:
    """Each node's distance from the root: int32[n]."""
    starts = _level_starts(stacks)
    if starts is not None:
        return np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    # Doubles its reach each round, so log2(deepest) rounds. NumPy looks up by its own type of index much faster.
    ancestor = stacks.parent.astype(np.intp)
    depth = np.ones(len(stacks), np.int32)
    depth[0] = 0
    while ancestor.any():
        depth += depth[ancestor]
        ancestor = ancestor[ancestor]
    return depth


def _level_starts(stacks: Stacks) -> list[int] | None:
    """The first node of each level and, last, n. None where nodes are not numbered level by level.

    None as well where levels are narrow: one takes as long as doubling takes for `NARROW` nodes.
    """
    parent, n = stacks.parent, len(stacks)
    highest = np.maximum.accumulate(parent)  # so far, and so in ascending order
    starts = [0, 1]
    while starts[-1] < n:
        last, begin = starts[-2:]
        # A level ends where the first node comes that stands on one of its own.
        end = bisect_left(highest, begin, lo=begin)
        if parent[begin:end].min() < last or NARROW * len(starts) > n:
            return None
        starts.append(end)
    return starts


def levels(stacks: Stacks, depth: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """The nodes of each depth, from the root down; within a level in ascending order."""
    if depth is None:
        depth = depths(stacks)
    if (depth[1:] >= depth[:-1]).all():
        order = np.arange(len(depth))
    else:
        # NumPy sorts small types by counting.
        order = np.argsort(depth.astype(np.uint16) if depth.max() < 1 << 16 else depth, kind="stable")
    start = 0
    for stop in np.cumsum(np.bincount(depth)).tolist():
        yield order[start:stop]
        start = stop


def totals(stacks: Stacks, own: np.ndarray, depth: np.ndarray | None = None) -> np.ndarray:
    """Each node's own value plus those of everything below it: same shape and type as `own`, [n] or [n, m]."""
    total = own.copy()
    for nodes in reversed(list(levels(stacks, depth))[1:]):
        np.add.at(total, stacks.parent[nodes], total[nodes])
    return total


def preorder(stacks: Stacks, rank: np.ndarray | None = None, depth: np.ndarray | None = None) -> np.ndarray:
    """The nodes in depth-first order, siblings by ascending `rank` (a number per node; default: the node itself).

    Returns int64[n]. Where two siblings have one rank, the lower node comes first.
    """
    n = len(stacks)
    if depth is None:
        depth = depths(stacks)
    size = totals(stacks, np.ones(n, np.int64), depth)
    # Within one parent, a node stands after the parent itself and after all nodes of its elder siblings.
    order = _siblings(stacks.parent[1:], None if rank is None else rank[1:]) + 1
    parent = stacks.parent[order]
    before = np.cumsum(size[order]) - size[order]
    first = np.flatnonzero(np.concatenate(([True], parent[1:] != parent[:-1]))[: n - 1])
    position = np.zeros(n, np.int64)
    position[order] = 1 + before - np.repeat(before[first], np.diff(np.concatenate((first, [n - 1]))))
    for nodes in list(levels(stacks, depth))[1:]:
        position[nodes] += position[stacks.parent[nodes]]
    out = np.empty(n, np.int64)
    out[position] = np.arange(n)
    return out


def _siblings(parent: np.ndarray, rank: np.ndarray | None) -> np.ndarray:
    """The order of nodes by parent, by rank within one parent, and by number within one rank."""
    if rank is None:
        return np.argsort(parent, kind="stable")
    if rank.dtype == np.int64 and len(rank) and rank.min() >= 0:
        width = int(rank.max()) + 1
        if width < 1 << 31:  # one sort by one number, which is much faster than np.lexsort
            return np.argsort(parent * np.int64(width) + rank, kind="stable")
    return np.lexsort((rank, parent))


def graft(stacks: Stacks, new_frame: np.ndarray, into: Stacks | None = None) -> tuple[Stacks, np.ndarray]:
    """The union of the trie `into` (default: empty) and `stacks` with its frames renumbered: (trie, node map).

    `new_frame[f]` is the number that frame f of `stacks` has in `into`. Several frames may get one number: stacks
    that then look the same become one, as do siblings that were the same before. The node map is int32[n]: where each
    node of `stacks` went. Nodes of `into` keep their numbers.
    """
    frame_of = np.concatenate((new_frame, [-1]))[stacks.frame].astype(np.int64)  # -1, the root's frame, is last
    if into is None:
        into = Stacks(np.zeros(1, np.int32), np.full(1, -1, np.int32))
    depth = depths(stacks)
    size = len(into)
    if size + len(stacks) < NARROW * int(depth.max() + 1):
        return _graft_one_by_one(stacks, np.argsort(depth, kind="stable"), frame_of, into)
    width = max(int(frame_of.max()), int(into.frame.max())) + 1
    old_key = into.parent * np.int64(width) + into.frame
    went = np.zeros(len(stacks), np.int32)
    parents, frames = [into.parent], [into.frame]
    none = np.zeros(0, np.int64)
    both = zip_longest(levels(into), levels(stacks, depth), fillvalue=none)
    next(both)  # the roots
    for old, level in both:
        if not len(level):
            break
        key = np.concatenate((old_key[old], went[stacks.parent[level]] * np.int64(width) + frame_of[level]))
        number, first = distinct(key)
        # The old ones come first and are all distinct; new ones are numbered in order of appearance.
        node = np.concatenate((old, size + np.arange(len(first) - len(old))))
        went[level] = node[number[len(old) :]]
        new = key[first[len(old) :]]
        parents.append((new // width).astype(np.int32))
        frames.append((new % width).astype(np.int32))
        size += len(new)
    return Stacks(np.concatenate(parents), np.concatenate(frames)), went


def _graft_one_by_one(
    stacks: Stacks, order: np.ndarray, frame_of: np.ndarray, into: Stacks
) -> tuple[Stacks, np.ndarray]:
    """What `graft` does, for few nodes or for a few very deep stacks. `order` is level by level."""
    pairs = zip(into.parent.tolist(), into.frame.tolist(), strict=True)
    number = {pair: node for node, pair in enumerate(pairs)}
    parent, frame, went = stacks.parent.tolist(), frame_of.tolist(), [0] * len(stacks)
    for node in order.tolist()[1:]:
        went[node] = number.setdefault((went[parent[node]], frame[node]), len(number))
    both = np.array(list(number), np.int32)
    return Stacks(both[:, 0].copy(), both[:, 1].copy()), np.array(went, np.int32)


def union(tries: Sequence[Stacks], new_frames: Sequence[np.ndarray]) -> tuple[Stacks, list[np.ndarray]]:
    """The union of tries: (trie, the node map of each). As if each was grafted in turn, but all at once."""
    starts = np.cumsum([0, *(len(stacks) - 1 for stacks in tries)]).tolist()
    parents, frames, known = [np.zeros(1, np.int32)], [np.full(1, -1, np.int32)], 0
    for stacks, start, new_frame in zip(tries, starts, new_frames, strict=False):
        parent = stacks.parent[1:]
        parents.append(np.where(parent, parent + np.int32(start), np.int32(0)))
        frames.append(stacks.frame[1:] + np.int32(known))
        known += len(new_frame)
    # Side by side on one root they are a trie, of frames that will become the same.
    beside = Stacks(np.concatenate(parents), np.concatenate(frames))
    number = np.concatenate(new_frames) if len(new_frames) else np.zeros(0, np.int64)
    if len(distinct(number)[1]) == len(number):  # nothing becomes the same
        frame = np.concatenate((number, [-1]))[beside.frame].astype(np.int32)
        stacks, went = Stacks(beside.parent, frame), np.arange(len(beside), dtype=np.int32)
    else:
        stacks, went = graft(beside, number)
    return stacks, [np.concatenate((went[:1], went[a + 1 : b + 1])) for a, b in pairwise(starts)]


def regraft(stacks: Stacks, frame_of: np.ndarray) -> tuple[Stacks, np.ndarray]:
    """The trie in which node i has frame `frame_of[i]`, or is one with its parent where that is -1: (trie, node map).

    Nodes that become the same are merged. The root's frame is ignored.
    """
    gone = np.asarray(frame_of) < 0
    gone[0] = False
    depth = np.zeros(len(stacks), np.int32)  # in the new trie
    above = np.zeros(len(stacks), np.int64)  # the nearest node that stays, from the node itself on
    for nodes in list(levels(stacks))[1:]:
        parent = stacks.parent[nodes]
        depth[nodes] = depth[parent] + ~gone[nodes]
        above[nodes] = np.where(gone[nodes], above[parent], nodes)
    staying = np.flatnonzero(~gone)
    order = staying[np.argsort(depth[staying], kind="stable")]
    number = np.zeros(len(stacks), np.int32)
    number[order] = np.arange(len(order))
    frames = np.asarray(frame_of)[order].astype(np.int64)
    frames[0] = -1
    thin = Stacks(
        number[above[stacks.parent[order]]], np.concatenate(([-1], np.arange(len(order) - 1))).astype(np.int32)
    )
    new, went = graft(thin, frames[1:])
    return new, went[number[above]]


def paths(stacks: Stacks, nodes: np.ndarray, depth: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The stacks that end in `nodes`, as frames from the root to the leaf: (frames int32[sum], lengths int32[k]).

    The inverse of `builder.stacks_from_chains`.
    """
    if depth is None:
        depth = depths(stacks)
    lengths = depth[nodes]
    end = np.cumsum(lengths, dtype=np.int64)
    out = np.empty(int(end[-1]) if len(end) else 0, np.int32)
    slot, node = end - 1, np.asarray(nodes)
    live = np.flatnonzero(lengths > 0)
    slot, node = slot[live], node[live]
    while len(node):
        out[slot] = stacks.frame[node]
        node = stacks.parent[node]
        keep = node > 0
        node, slot = node[keep], slot[keep] - 1
    return out, lengths


def outermost(stacks: Stacks, group: np.ndarray) -> np.ndarray:
    """Which nodes have no node of their own group below them on their stack: bool[n].

    `group`, int[n], is a number per node, such as its function; the root's is ignored, and it is never outermost.
    Totals of outermost nodes count a recursive function once.
    """
    n = len(stacks)
    order = preorder(stacks)
    begin = np.empty(n, np.int64)
    begin[order] = np.arange(n)
    end = begin + totals(stacks, np.ones(n, np.int64))
    # In preorder a node's subtree is an interval, and intervals are nested or apart: within a group, a node stands
    # on another of the group just where an earlier interval has not ended yet. Groups are kept apart by an offset.
    node = order[1:][np.argsort(group[order[1:]], kind="stable")]
    apart = group[node].astype(np.int64) * (n + 1)
    ends = np.maximum.accumulate(end[node] + apart)
    out = np.zeros(n, bool)
    out[node[:1]] = True
    out[node[1:]] = begin[node[1:]] + apart[1:] >= ends[:-1]
    return out
