"""From stacks written out as arrays of frame numbers to the trie of all stacks."""

from __future__ import annotations

import numpy as np

from .distinct import distinct
from .profile import Stacks
from .trie import NARROW

__all__ = ["ranges", "stacks_from_chains", "stacks_from_prefixes"]


def stacks_from_chains(frames: np.ndarray, lengths: np.ndarray) -> tuple[Stacks, np.ndarray]:
    """The trie of many stacks at once: (trie, int32[k] the node of each stack).

    `frames` holds the frame numbers of all stacks one after the other, outermost first; `lengths`, int[k], says how
    many belong to each. Nodes are numbered level by level, in order of first appearance within a level.
    """
    frames, lengths = np.asarray(frames), np.asarray(lengths, np.int64)
    shared = np.zeros(len(lengths), np.int64)
    start = np.cumsum(lengths) - lengths
    # How many frames a stack has in common with the one before it: compare level by level while they agree.
    limit = np.minimum(lengths[1:], lengths[:-1])
    live = np.flatnonzero(limit > 0) + 1
    level = 0
    while len(live):
        live = live[frames[start[live] + level] == frames[start[live - 1] + level]]
        level += 1
        shared[live] = level
        live = live[limit[live - 1] > level]
    return stacks_from_prefixes(shared, lengths, frames[ranges(start + shared, lengths - shared)])


def stacks_from_prefixes(shared: np.ndarray, lengths: np.ndarray, fresh: np.ndarray) -> tuple[Stacks, np.ndarray]:
    """As `stacks_from_chains`, where what a stack has in common with the one before it is left out.

    shared   int[k] how many of its outermost frames each stack has in common with the one before it. It may be less
             than there are, but no more: 0 is always right. It is 0 for the first.
    lengths  int[k] how many frames each stack has in all
    fresh    int[sum(lengths - shared)] the frame numbers that are left, one stack after the other
    """
    own, fresh = lengths - shared, fresh.astype(np.int32, copy=False)
    if len(fresh) < NARROW * int(lengths.max(initial=0)):
        return _one_by_one(shared.tolist(), lengths.tolist(), fresh.tolist())
    stop = np.cumsum(own)
    level = ranges(shared, own)
    order = np.argsort(level.astype(np.uint16) if level.max(initial=0) < 1 << 16 else level, kind="stable")
    bounds = np.concatenate(([0], np.cumsum(np.bincount(level))))
    # The stacks that end within what they share, by the level they end at: their node is not among the fresh ones.
    inside = np.flatnonzero((own == 0) & (lengths > 0))
    inside = inside[np.argsort(lengths[inside], kind="stable")]
    inside_bounds = np.searchsorted(lengths[inside], np.arange(1, len(bounds) + 1))
    is_first = np.zeros(len(fresh), bool)  # in its stack
    is_first[(stop - own)[own > 0]] = True

    width = np.int64(fresh.max(initial=0) + 1)
    node = np.zeros(len(fresh), np.int32)
    leaf = np.zeros(len(lengths), np.int32)
    parents, names, size = [np.zeros(1, np.int32)], [np.full(1, -1, np.int32)], 1
    below = order[:0]
    for depth in range(len(bounds) - 1):
        here = order[bounds[depth] : bounds[depth + 1]]
        # What a frame stands on is the frame before it, or what the last stack that said so had at this depth.
        parent = node[here - 1]
        if depth:
            head = np.flatnonzero(is_first[here])
            parent[head] = node[below[np.searchsorted(below, here[head]) - 1]]
        else:
            parent[:] = 0
        number, first = distinct(parent * width + fresh[here])
        node[here] = size + number
        parents.append(parent[first])
        names.append(fresh[here[first]])
        size += len(first)
        ending = inside[inside_bounds[depth] : inside_bounds[depth + 1]]
        leaf[ending] = node[here[np.searchsorted(here, stop[ending]) - 1]]
        below = here
    leaf[own > 0] = node[stop[own > 0] - 1]
    return Stacks(np.concatenate(parents), np.concatenate(names)), leaf


def _one_by_one(shared: list[int], lengths: list[int], fresh: list[int]) -> tuple[Stacks, np.ndarray]:
    """What `stacks_from_prefixes` does, for a few frames or for a few very deep stacks."""
    number: dict[tuple[int, int], int] = {}
    depth, path, leaf, at = [0], [0], [], 0
    for common, length in zip(shared, lengths, strict=True):
        del path[common + 1 :]
        for frame in fresh[at : at + length - common]:
            node = number.setdefault((path[-1], frame), len(depth))
            if node == len(depth):
                depth.append(len(path))
            path.append(node)
        at += length - common
        leaf.append(path[-1])
    order = np.argsort(depth, kind="stable")  # level by level
    to = np.empty(len(order), np.int32)
    to[order] = np.arange(len(order))
    pairs = np.array([(0, -1), *number], np.int32)[order]
    return Stacks(to[pairs[:, 0]], pairs[:, 1].copy()), to[leaf]


def ranges(start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """start, start + 1, … for `length` numbers each, one range after the other."""
    some = np.flatnonzero(length)
    start, length = start[some], length[some]
    stop = np.cumsum(length)
    step = np.ones(int(stop[-1]) if len(stop) else 0, np.int64)
    step[:1] = start[:1]
    step[stop[:-1]] = start[1:] - (start + length)[:-1] + 1
    return np.cumsum(step, out=step)
