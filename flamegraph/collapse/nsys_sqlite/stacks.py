"""Stacks that are put together from several parts, many at a time: processes, ranges, call chains, calls, kernels."""

from __future__ import annotations

import numpy as np

from ...chains import stacks_from_chains
from ...distinct import distinct
from ...nesting import by_level
from ...profile import Frames, Kind, Stacks
from ...trie import graft, paths
from .pairs import distinct_pairs

__all__ = ["StackBuilder"]

#: More frames than there can be: a key of a node and a frame below it is node * _FRAMES + frame.
_FRAMES = 1 << 31


class StackBuilder:
    """Frames, and a trie that grows. Nodes are numbers, 0 is the root; until `finish` two may be the same stack."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, int, str], int] = {}
        self._parents, self._names = [np.zeros(1, np.int64)], [np.full(1, -1, np.int64)]
        self._size = 1

    def frame(self, name: str, kind: int = Kind.USER, module: str = "") -> int:
        """The number of a frame, the same for the same arguments."""
        return self._frames.setdefault((name, int(kind), module), len(self._frames))

    def names(self) -> list[str]:
        """The name of every frame, by number."""
        return [name for name, _, _ in self._frames]

    def push(self, parent: np.ndarray | int, frame: np.ndarray | int) -> np.ndarray:
        """The nodes of `frame` called by `parent`, of which either may be one for all: int64[n]."""
        parent, frame = np.broadcast_arrays(np.asarray(parent, np.int64), np.asarray(frame, np.int64))
        key = np.atleast_1d(parent * _FRAMES + frame)
        number, first = distinct(key)
        return self._grow(key[first] // _FRAMES, key[first] % _FRAMES)[number]

    def hang(self, parent: np.ndarray, frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """The nodes of whole stacks, each below its `parent`: int64[n].

        `frames` holds them one after the other, outermost first; `lengths` says how many belong to each.
        """
        # A stack stands on its parent as if that were its outermost frame, numbered behind the real ones.
        first = len(self._frames)
        at = np.cumsum(lengths) - lengths
        below, leaf = stacks_from_chains(np.insert(frames, at, parent + first), lengths + 1)
        node = np.zeros(len(below), np.int64)
        anchor = below.frame >= first
        node[anchor] = below.frame[anchor] - first
        fresh = np.flatnonzero(~anchor[1:]) + 1
        node[fresh] = self._size + np.arange(len(fresh))
        self._grow(node[below.parent[fresh]], below.frame[fresh])
        return node[leaf]

    def nested(
        self, base: np.ndarray, own: np.ndarray, parent: np.ndarray, order: np.ndarray, frame: np.ndarray
    ) -> np.ndarray:
        """The nodes of slices, int64[n]: each below its parent slice, or below `base` if it has none or `own` is true.

        `parent` and `order` are what `nesting.nest` made of them.
        """
        node = np.zeros(len(frame), np.int64)
        for level in by_level(parent, order):
            alone = own[level] | (parent[level] < 0)
            node[level] = self.push(np.where(alone, base[level], node[parent[level]]), frame[level])
        return node

    def below(self, base: np.ndarray, node: np.ndarray) -> np.ndarray:
        """The nodes of the stacks that end in `node`, once more, each below a node `base`: int64[n]."""
        number, pairs = distinct_pairs(base, node)
        above, leaf = np.array(pairs, np.int64).reshape(-1, 2).T
        whole = Stacks(*(np.concatenate(part).astype(np.int32) for part in (self._parents, self._names)))
        return self.hang(above, *paths(whole, leaf))[number]

    def finish(self, leaf: np.ndarray) -> tuple[Frames, Stacks, np.ndarray]:
        """(frames, trie, int32[n] the node in it of each of `leaf`), without what is on none of their stacks."""
        parent, frame = np.concatenate(self._parents), np.concatenate(self._names)
        used = np.zeros(len(parent), bool)
        used[0] = True
        live = np.unique(leaf)
        while len(live):
            used[live] = True
            live = np.unique(parent[live])
            live = live[~used[live]]
        kept = np.flatnonzero(used)
        number = np.cumsum(used) - 1
        shown, dense = np.unique(frame[kept[1:]], return_inverse=True)
        rows = list(self._frames)
        name, kind, module = ([rows[i][column] for i in shown.tolist()] for column in range(3))
        whole = Stacks(number[parent[kept]].astype(np.int32), np.concatenate(([-1], dense)).astype(np.int32))
        trie, went = graft(whole, np.arange(len(shown)))
        return Frames.named(name, np.array(kind, np.uint8), module), trie, went[number[leaf]]

    def _grow(self, parent: np.ndarray, frame: np.ndarray) -> np.ndarray:
        self._parents.append(parent)
        self._names.append(frame)
        self._size += len(parent)
        return np.arange(self._size - len(parent), self._size)
