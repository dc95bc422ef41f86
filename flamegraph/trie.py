"""Array functions over the trie of stacks: depth, levels, totals, preorder, grafting.

A trie is two arrays, `parent` and `frame` (see `profile.Stacks`). Nothing here recurses or loops over nodes:
loops are over levels, or over the logarithm of the depth, so a stack of 50,000 frames is as good as any other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .profile import Stacks

__all__ = ["children_start", "depths", "graft", "levels", "paths", "preorder", "relabel", "scatter_sum", "totals"]


def scatter_sum(index: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Sum of `values` per `index`: [n], in the type of values. int64 sums are exact."""
    if values.dtype == np.float64:
        return np.bincount(index, weights=values, minlength=n)
    out = np.zeros(n, np.int64)
    # bincount adds in float64, exact only up to 2^53; ufunc.at is exact and, since NumPy 1.25, nearly as fast.
    np.add.at(out, index, values)
    return out


def depths(stacks: Stacks) -> np.ndarray:
    """Each node's distance from the root: int32[n]. Doubles its reach each round, so log2(deepest) rounds."""
    ancestor = stacks.parent.copy()
    depth = np.ones(len(stacks), np.int32)
    depth[0] = 0
    while ancestor.any():
        depth += depth[ancestor]
        ancestor = ancestor[ancestor]
    return depth


def levels(stacks: Stacks, depth: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """The nodes of each depth, from the root down; within a level in ascending order."""
    if depth is None:
        depth = depths(stacks)
    order = np.argsort(depth, kind="stable")
    bounds = np.cumsum(np.bincount(depth))
    start = 0
    for stop in bounds.tolist():
        yield order[start:stop]
        start = stop


def totals(stacks: Stacks, own: np.ndarray, depth: np.ndarray | None = None) -> np.ndarray:
    """Each node's own value plus those of everything below it: same shape and type as `own`, [n] or [n, m]."""
    total = own.copy()
    for nodes in reversed(list(levels(stacks, depth))[1:]):
        np.add.at(total, stacks.parent[nodes], total[nodes])
    return total


def children_start(stacks: Stacks) -> tuple[np.ndarray, np.ndarray]:
    """Children as ranges: `order[start[i]:start[i + 1]]` are the children of node i, in ascending order."""
    order = np.argsort(stacks.parent[1:], kind="stable") + 1
    counts = np.bincount(stacks.parent[1:], minlength=len(stacks))
    return order, np.concatenate(([0], np.cumsum(counts)))


def preorder(stacks: Stacks, rank: np.ndarray | None = None) -> np.ndarray:
    """The nodes in depth-first order, siblings by ascending `rank` (a number per node; default: the node itself).

    Returns int64[n]. Where two siblings have one rank, the lower node comes first.
    """
    n = len(stacks)
    size = totals(stacks, np.ones(n, np.int64))
    position = np.zeros(n, np.int64)
    for nodes in list(levels(stacks))[1:]:
        parent = stacks.parent[nodes]
        order = np.lexsort((nodes if rank is None else rank[nodes], parent))
        nodes, parent = nodes[order], parent[order]
        # Within one parent, a node stands after the parent itself and after all nodes of its elder siblings.
        before = np.cumsum(size[nodes]) - size[nodes]
        first = np.concatenate(([True], parent[1:] != parent[:-1]))
        base = np.repeat(before[first], np.diff(np.concatenate((np.flatnonzero(first), [len(nodes)]))))
        position[nodes] = position[parent] + 1 + before - base
    out = np.empty(n, np.int64)
    out[position] = np.arange(n)
    return out


def graft(stacks: Stacks, new_frame: np.ndarray, into: Stacks | None = None) -> tuple[Stacks, np.ndarray]:
    """The union of the trie `into` (default: empty) and `stacks` with its frames renumbered: (trie, node map).

    `new_frame[f]` is the number that frame f of `stacks` has in `into`. Several frames may get one number: stacks
    that then look the same become one. The node map is int32[n]: where each node of `stacks` went. Nodes of `into`
    keep their numbers.
    """
    frame_of = np.concatenate((new_frame, [-1]))[stacks.frame].astype(np.int64)  # -1, the root's frame, is last
    old_parent = np.zeros(0, np.int64) if into is None else into.parent[1:].astype(np.int64)
    old_frame = np.zeros(0, np.int64) if into is None else into.frame[1:].astype(np.int64)
    width = max(int(frame_of.max(initial=0)), int(old_frame.max(initial=0))) + 1
    keys, nodes = old_parent * width + old_frame, np.arange(1, len(old_parent) + 1)
    by_key = np.argsort(keys, kind="stable")
    keys, nodes = keys[by_key], nodes[by_key]

    went = np.zeros(len(stacks), np.int32)
    parents, frames = [old_parent], [old_frame]
    size = len(old_parent) + 1
    for level in list(levels(stacks))[1:]:
        key = went[stacks.parent[level]].astype(np.int64) * width + frame_of[level]
        at = np.searchsorted(keys, key)
        known = at < len(keys)
        known[known] = keys[at[known]] == key[known]
        went[level[known]] = nodes[at[known]]
        fresh = ~known
        if fresh.any():
            # New keys have parents that are new, or old without that child; both keep "parent before child".
            distinct, first, inverse = np.unique(key[fresh], return_index=True, return_inverse=True)
            seen = np.empty(len(distinct), np.int64)
            seen[np.argsort(first, kind="stable")] = np.arange(len(distinct))
            went[level[fresh]] = size + seen[inverse]
            in_order = np.sort(first)
            parents.append(key[fresh][in_order] // width)
            frames.append(key[fresh][in_order] % width)
            size += len(distinct)
    parent = np.concatenate(([0], *parents)).astype(np.int32)
    frame = np.concatenate(([-1], *frames)).astype(np.int32)
    return Stacks(parent, frame), went


def relabel(stacks: Stacks, group: np.ndarray) -> tuple[Stacks, np.ndarray]:
    """The trie with frame f replaced by `group[f]`, nodes that become the same merged: (trie, node map)."""
    return graft(stacks, group)


def paths(stacks: Stacks, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The stacks that end in `nodes`, as frames from the root to the leaf: (frames int32[sum], lengths int32[k]).

    The inverse of `builder.stacks_from_chains`.
    """
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
