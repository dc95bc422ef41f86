"""The only place that positions a box: a profile as rows of boxes, in units of the metric.

A flame graph merges equal stacks; siblings stand in a wanted order. A flame chart keeps time order and merges only
neighbours. Both come out as the same `Layout`, which the pictures scale, colour and write.

On folded input the boxes are those of flamegraph.pl, with one deliberate exception. That tool sorts whole lines, so
a frame that has both time of its own and callees is cut in two when a sibling's name extends its name by a character
below ";" (`foo 1`, `foo2 1`, `foo;x 1`). Here a frame is drawn once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .distinct import distinct
from .errors import UsageError
from .profile import Profile, Stacks
from .ranking import ranks
from .trie import depths, graft, levels, preorder, scatter_sum, totals

__all__ = ["ORDERS", "Layout", "Preorder", "chart", "in_preorder", "layout"]

#: How siblings may be ordered: by name as flamegraph.pl does, heaviest first, or as they came.
ORDERS = ("name", "weight", "first")


@dataclass(frozen=True, eq=False)
class Layout:
    """Boxes, one row each, ordered by depth and then from left to right. Box 0 is the root.

    frame   int32[k], a row of `Profile.frames`; -1 for the root. Frames that look the same share the first one's row.
    parent  int32[k], the box below; 0 for the root
    depth   int32[k], 0 for the root
    start   [k] the left edge, in units of the metric drawn, from 0
    width   [k] the width, likewise
    total   [k, m] each metric's value of the box with everything above it
    own     [k, m] each metric's value of the box alone
    node    int32[k], its node in the trie of the profile in which frames that look the same are one
    labels  the label of each row of `Profile.frames`
    hidden  how many boxes were left out because they are too narrow
    """

    frame: np.ndarray
    parent: np.ndarray
    depth: np.ndarray
    start: np.ndarray
    width: np.ndarray
    total: np.ndarray
    own: np.ndarray
    node: np.ndarray
    labels: list[str]
    hidden: int

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True, eq=False)
class Preorder:
    """Every stack, callers before callees and siblings by name: for a page that lays out what it shows by itself.

    frame   int32[n], a row of `Profile.frames`; -1 for the root. Frames that look the same share the first one's row.
    depth   int32[n], 0 for the root; with the order it tells each node's caller
    own     [n, m] each metric's value of the node alone
    node    int32[n], its node in the trie of the profile in which frames that look the same are one
    labels  the label of each row of `Profile.frames`
    """

    frame: np.ndarray
    depth: np.ndarray
    own: np.ndarray
    node: np.ndarray
    labels: list[str]

    def __len__(self) -> int:
        return len(self.frame)


def in_preorder(profile: Profile) -> Preorder:
    """All nodes of a profile, depth first. What metrics count is not looked at: nodes without any value stay."""
    labels = profile.labels()
    stacks, went = _merge_lookalikes(profile, labels)
    depth = depths(stacks)
    node = preorder(stacks, np.append(ranks(labels), -1)[stacks.frame], depth)
    own = [scatter_sum(went[profile.samples.stack], column, len(stacks)) for column in profile.samples.values.T]
    return Preorder(stacks.frame[node], depth[node], np.stack(own, axis=1)[node], node.astype(np.int32), labels)


def layout(profile: Profile, metric: int = 0, *, order: str = "name", min_width: float = 0.0) -> Layout:
    """The boxes of a flame graph, without those narrower than `min_width` (in units of the metric)."""
    if order not in ORDERS:
        raise UsageError(f"order {order!r}: expected one of {', '.join(ORDERS)}")
    labels = profile.labels()
    stacks, went = _merge_lookalikes(profile, labels)
    depth = depths(stacks)
    own = np.stack(
        [scatter_sum(went[profile.samples.stack], column, len(stacks)) for column in profile.samples.values.T], axis=1
    )
    total = np.stack([totals(stacks, np.ascontiguousarray(column), depth) for column in own.T], axis=1)

    # Only children of drawn boxes matter for positions, and of a box too narrow to draw only its width.
    drawn = (total[:, metric] >= min_width) & (total[:, metric] > 0)
    drawn[0] = True
    for nodes in list(levels(stacks, depth))[1:]:  # negative values can make a child wider than its parent
        drawn[nodes] &= drawn[stacks.parent[nodes]]
    node = np.flatnonzero(drawn[stacks.parent])
    number = np.cumsum(drawn[stacks.parent]) - 1
    small = Stacks(number[stacks.parent[node]].astype(np.int32), stacks.frame[node])
    extent = np.where(drawn[node], own[node, metric], total[node, metric])

    position = preorder(small, _rank(order, node, small, own[node, metric], total[node, metric], labels))
    start = np.empty(len(node), extent.dtype)
    start[position] = np.cumsum(extent[position]) - extent[position]

    kept = np.flatnonzero(drawn[node])
    kept = kept[np.lexsort((start[kept], depth[node[kept]]))]
    box = np.empty(len(node), np.int32)
    box[kept] = np.arange(len(kept))
    chosen = node[kept]
    return Layout(
        frame=stacks.frame[chosen],
        parent=box[small.parent[kept]],
        depth=depth[chosen],
        start=start[kept],
        width=total[chosen, metric],
        total=total[chosen],
        own=own[chosen],
        node=chosen,
        labels=labels,
        hidden=int(np.count_nonzero(total[:, metric])) - len(kept),
    )


def chart(profile: Profile, metric: int = 0, *, min_width: float = 0.0) -> Layout:
    """The boxes of a flame chart: samples from left to right in time order, equal neighbours merged per row.

    Where the profile knows threads, each has a stretch of its own, in order of appearance: samples that alternate
    between threads only because these ran at the same time would make slivers of every call.
    """
    if not profile.meta.timeline:
        raise UsageError("a flame chart needs samples in time order: read the input with timeline=True")
    labels = profile.labels()
    stacks, went = _merge_lookalikes(profile, labels)
    depth = depths(stacks)
    leaf, values = went[profile.samples.stack], profile.samples.values
    lane = np.zeros(len(leaf), np.int64)
    if profile.samples.thread is not None:
        lane, _ = distinct(profile.samples.thread)
        by_lane = np.argsort(lane, kind="stable")
        leaf, values, lane = leaf[by_lane], values[by_lane], lane[by_lane]
    # A run of equal stacks is one step.
    first = np.flatnonzero(np.concatenate(([True], (leaf[1:] != leaf[:-1]) | (lane[1:] != lane[:-1]))))
    values, leaf, lane = np.add.reduceat(values, first, axis=0), leaf[first], lane[first]
    edge = np.concatenate((np.zeros((1, values.shape[1]), values.dtype), np.cumsum(values, axis=0)))

    rows, hidden = [], 0
    at, live = leaf.astype(np.int64), np.arange(len(leaf))
    for level in range(int(depth[leaf].max(initial=0)), -1, -1):
        live = np.flatnonzero(depth[at] >= level)
        node = at[live]
        torn = (live[1:] != live[:-1] + 1) | (lane[live[1:]] != lane[live[:-1]]) & (level > 0)
        new = np.concatenate(([True], (node[1:] != node[:-1]) | torn))
        head = np.flatnonzero(new)
        begin, end = live[head], live[np.concatenate((head[1:], [len(live)])) - 1] + 1
        total = edge[end] - edge[begin]
        alone = np.where((depth[leaf[live]] == level)[:, None], values[live], 0)
        own = np.add.reduceat(alone, head, axis=0) if len(head) else alone
        keep = (total[:, metric] >= min_width) & (total[:, metric] > 0) | (level == 0)
        hidden += int(len(keep) - keep.sum())
        rows.append((stacks.frame[node[head]][keep], begin[keep], total[keep], own[keep], node[head][keep]))
        at[live] = stacks.parent[node]
    rows.reverse()

    frame = np.concatenate([row[0] for row in rows])
    depth_of = np.repeat(np.arange(len(rows), dtype=np.int32), [len(row[0]) for row in rows])
    begin = np.concatenate([row[1] for row in rows])
    parent, below = np.zeros(len(frame), np.int32), 0
    for level in range(1, len(rows)):
        offset = below + len(rows[level - 1][1])
        parent[offset : offset + len(rows[level][1])] = (
            below + np.searchsorted(rows[level - 1][1], rows[level][1], "right") - 1
        )
        below = offset
    total = np.concatenate([row[2] for row in rows])
    own = np.concatenate([row[3] for row in rows])
    at = np.concatenate([row[4] for row in rows])
    return Layout(frame, parent, depth_of, edge[begin, metric], total[:, metric], total, own, at, labels, hidden)


def _merge_lookalikes(profile: Profile, labels: list[str]) -> tuple[Stacks, np.ndarray]:
    """The trie with frames that share a label made one, and where its nodes went."""
    first: dict[str, int] = {}
    group = [first.setdefault(label, i) for i, label in enumerate(labels)]
    if len(first) == len(labels):
        return profile.stacks, np.arange(len(profile.stacks), dtype=np.int32)
    return graft(profile.stacks, np.array(group, np.int64))


def _rank(
    order: str, node: np.ndarray, stacks: Stacks, own: np.ndarray, total: np.ndarray, labels: list[str]
) -> np.ndarray:
    """A number per node that is lower the further left a node stands among its siblings."""
    if order == "first":
        return node
    # flamegraph.pl sorts lines, in which a name is followed by a blank where the stack ends and by ";" where it
    # goes on. A character between the two, such as "." or a digit, makes the difference visible.
    variant = np.where(stacks.frame < 0, 0, stacks.frame.astype(np.int64) * 2 + (own == 0))
    number, first = distinct(variant)
    present = variant[first]
    keys = [labels[v >> 1] + (";" if v & 1 else " ") if labels else "" for v in present.tolist()]
    rank = ranks(keys)
    if order == "name":
        return rank[number]
    # What weighs the same stands by name, so that the order of the input does not matter.
    by_weight = np.lexsort((rank[number], -total))
    rank = np.empty(len(total), np.int64)
    rank[by_weight] = np.arange(len(total))
    return rank
