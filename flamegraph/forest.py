"""Stacks from rows that each name the row they stand on: for readers that hold slices or trees, in arrays.

Rows may come in any order and as often as they like: where two have the same frame and stand on the same stack they
become one node. Row 0 is the root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .builder import add_up
from .errors import InputError
from .frame_table import FrameTable
from .profile import Meta, Metric, Profile, Samples, Stacks, Thread
from .sums import too_large
from .trie import graft, totals

__all__ = ["Forest"]

#: More rows than this come of no trace that fits into memory; of a small one only where it is made to.
_MOST = 20_000_000


class Forest(FrameTable):
    """Collects frames and rows; `profile` turns them and the samples on them into a `Profile`."""

    def __init__(self) -> None:
        super().__init__()
        self._parent = [np.zeros(1, np.int64)]
        self._frame = [np.full(1, -1, np.int64)]
        self._pushed: tuple[list[int], list[int]] = [], []
        self._rows = 1

    def push(self, parent: int, frame: int) -> int:
        """A new row, standing on the row `parent`: its number."""
        parents, frames = self._pushed
        parents.append(parent)
        frames.append(frame)
        return self._grow(1)

    def add(self, parent: Sequence[int] | np.ndarray, frame: Sequence[int] | np.ndarray | int) -> np.ndarray:
        """New rows, each standing on the row `parent`: their numbers, int64[n]."""
        parent = np.asarray(parent, np.int64)
        self._flush()
        self._parent.append(parent)
        self._frame.append(np.broadcast_to(np.asarray(frame, np.int64), parent.shape))
        return np.arange(self._grow(len(parent)), self._rows)

    def add_nested(self, parent: np.ndarray, base: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """New rows, each standing on another one of them, by its place among them; -1 stands for the row `base`."""
        self._flush()
        return self.add(np.where(parent >= 0, parent + self._rows, base), frame)

    def chain(self, parent: int, frames: Sequence[int]) -> int:
        """The row of these frames, outermost first, on top of the row `parent`."""
        for frame in frames:
            parent = self.push(parent, frame)
        return parent

    def tree(self, nodes: Mapping[Any, tuple[Any, int]], base: int) -> dict[Any, int]:
        """The rows of a tree whose nodes tell, by id, the id of their parent and their frame: {id: row}.

        Nodes whose parent is unknown stand on the row `base`. A frame -1 shows nothing: such a node is the row it
        stands on. Nodes that stand on themselves are left out.
        """
        below: dict[Any, list[Any]] = {}
        level: list[Any] = []
        for id, (parent, _) in nodes.items():
            (below.setdefault(parent, []) if parent in nodes else level).append(id)
        row: dict[Any, int] = {}
        while level:
            for id in level:
                parent, frame = nodes[id]
                under = row.get(parent, base)
                row[id] = self.push(under, frame) if frame >= 0 else under
            level = [id for parent in level for id in below.get(parent, ())]
        return row

    def _grow(self, count: int) -> int:
        """The number of the first of so many new rows."""
        self._rows += count
        if self._rows > _MOST:
            raise InputError(f"expected at most {_MOST:,} frames in all stacks, found more")
        return self._rows - count

    def _flush(self) -> None:
        parents, frames = self._pushed
        if parents:
            self._parent.append(np.array(parents, np.int64))
            self._frame.append(np.array(frames, np.int64))
            self._pushed = [], []

    def profile(
        self,
        row: np.ndarray,
        values: np.ndarray,
        metrics: tuple[Metric, ...],
        *,
        timeline: bool = False,
        time: np.ndarray | None = None,
        thread: np.ndarray | None = None,
        threads: Sequence[Thread] = (),
        meta: Meta | None = None,
        skipped: dict[str, int] | None = None,
    ) -> Profile:
        """The profile of samples that end in `row`, [s], with `values`, int64[s, m].

        With `timeline` they stay one by one, in the order of `time`, ns; else they are added up.
        """
        if over := too_large(values):
            k, total = over
            raise InputError(f"{metrics[k].name}: expected values that add up to less than 2^63, found {total:,}")
        stacks, node = self._stacks()
        stacks, went, used = _reached(stacks, node[row])
        samples = Samples(went[node[row]], values)
        if timeline:
            order = np.argsort(time, kind="stable") if time is not None else slice(None)
            samples = Samples(
                samples.stack[order],
                values[order],
                None if time is None else np.asarray(time, np.int64)[order],
                None if thread is None else np.asarray(thread, np.int32)[order],
            )
        else:
            samples = add_up(samples)
        meta = replace(meta or Meta(), timeline=timeline)
        return Profile(
            self.frames(used.tolist()), stacks, samples, metrics, tuple(threads), meta, dict(skipped or {})
        ).check()

    def _stacks(self) -> tuple[Stacks, np.ndarray]:
        """(trie, node of each row)."""
        self._flush()
        parent, frame = np.concatenate(self._parent), np.concatenate(self._frame)
        # A row may stand on one with a higher number, so rows are put in order of their depth first. Reach doubles
        # with each round.
        above, depth = parent.copy(), np.ones(len(parent), np.int32)
        depth[0] = 0
        while above.any():
            depth += depth[above]
            above = above[above]
        order = np.argsort(depth, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        rows = Stacks(place[parent[order]].astype(np.int32), frame[order].astype(np.int32))
        stacks, node = graft(rows, np.arange(len(self._frames)))
        return stacks, node[place]


def _reached(stacks: Stacks, leaves: np.ndarray) -> tuple[Stacks, np.ndarray, np.ndarray]:
    """What of a trie lies on the way to `leaves`: (trie, where each node went, the frames that it uses).

    Frames are numbered anew, in their order.
    """
    reached = totals(stacks, np.bincount(leaves, minlength=len(stacks))) > 0
    reached[0] = True
    went = (np.cumsum(reached) - 1).astype(np.int32)
    frame = stacks.frame[reached]
    used, number = np.unique(frame[1:], return_inverse=True)
    frame[1:] = number
    return Stacks(went[stacks.parent[reached]], frame), went, used
