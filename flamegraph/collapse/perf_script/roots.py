"""Stacks hung below root frames."""

from __future__ import annotations

import numpy as np

from ...profile import Stacks
from ...trie import depths

__all__ = ["under_roots"]


def under_roots(stacks: Stacks, root: np.ndarray, node: np.ndarray, roots: int) -> tuple[Stacks, np.ndarray]:
    """The stacks that end in `node`, each below its root frame: (trie, leaf of each).

    Root frames are numbered from 0, the others follow. Nodes are numbered level by level, below each in order of
    first appearance; so the result does not depend on how the text was cut.
    """
    size = len(stacks)
    depth = depths(stacks)[node]
    key = root * size + node  # a node of the old trie below one of the roots
    frames = np.concatenate((stacks.frame[1:], [0])) + roots
    levels: list[np.ndarray] = []
    above = np.zeros(0, np.int64)
    order = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[order], np.arange(int(depth.max(initial=0)) + 2))
    for level in range(len(bounds) - 2, -1, -1):
        here = np.unique(np.concatenate((key[order[bounds[level] : bounds[level + 1]]], above)))
        levels.append(here)
        above = here - here % size + stacks.parent[here % size]
    levels.reverse()

    parents, names = [np.zeros(1, np.int64)], [np.full(1, -1, np.int64)]
    leaf = np.zeros(len(node), np.int64)
    below, number, total = levels[0], np.zeros(len(levels[0]), np.int64), 1
    for level, here in enumerate(levels):
        up = here - here % size + stacks.parent[here % size]
        parent = number[np.searchsorted(below, up)]
        by_rank = np.lexsort((here, parent))
        parents.append(parent[by_rank])
        names.append((here[by_rank] // size) if level == 0 else frames[here[by_rank] % size - 1])
        number = np.empty(len(here), np.int64)
        number[by_rank] = np.arange(total, total + len(here))
        below = here
        mine = order[bounds[level] : bounds[level + 1]]
        leaf[mine] = number[np.searchsorted(here, key[mine])]
        total += len(here)
    trie = Stacks(np.concatenate(parents).astype(np.int32), np.concatenate(names).astype(np.int32))
    return trie, leaf
