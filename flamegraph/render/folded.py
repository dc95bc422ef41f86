"""Folded stacks: one line per distinct stack, frames divided by ";", then the value. What every other tool reads.

    main;eval 30
    main;parse;read_token 12

Lines are sorted by the bytes of the stack, stacks that look the same are one line, and stacks that count nothing are
left out. A profile that holds `before` and `after` is written with both, as difffolded.pl does.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..chains import ranges
from ..chunks import each
from ..distinct import distinct
from ..options import option
from ..profile import Profile, Stacks
from ..ranking import ranks
from ..text import encode
from ..trie import depths, paths, preorder, relabel, scatter_sum
from . import Renderer

__all__ = ["RENDERER", "Options", "render"]


@dataclass(frozen=True)
class Options:
    """What is written."""

    metric: str | None = option(None, "the metric to write (default: the first, or before and after)", metavar="NAME")


RENDERER = Renderer("folded stacks, the text other flame graph tools read", (".folded", ".collapsed"), Options)

#: What would end a frame or a line, made harmless: ";" as the collapsers do it, anything a reader may take for a line
#: end, and other control characters, as a blank.
_HARMLESS = {ord(";"): ":"} | dict.fromkeys([*range(0x20), 0x7F, 0x85, 0x2028, 0x2029], " ")

#: Frames assembled at once, measured: what is computed from their text then fits into a cache.
_BLOCK = 1 << 16


def render(profile: Profile, options: Options) -> bytes:
    # A comparison is written as one, also where a side counts nothing.
    columns = profile.sides if profile.sides and options.metric is None else (profile.column(options.metric),)
    labels = [encode(label.translate(_HARMLESS)) for label in profile.labels()]
    # A line that begins with "# " would be a comment.
    labels = [b"#_" + label[1:] if label == b"#" or label[:2] == b"# " else label for label in labels]
    first: dict[bytes, int] = {}
    group = np.array([first.setdefault(label, i) for i, label in enumerate(labels)], np.int64)
    stacks, leaf = profile.stacks, profile.samples.stack
    if len(first) < len(labels):
        stacks, went = relabel(stacks, group)
        leaf = went[leaf]
    values = np.stack([scatter_sum(leaf, profile.samples.values[:, column], len(stacks)) for column in columns], axis=1)
    depth = depths(stacks)
    nodes = _in_order(stacks, depth, np.flatnonzero(values.any(axis=1)), labels)
    return b"".join(_lines(stacks, depth, nodes, values[nodes], labels))


def _in_order(stacks: Stacks, depth: np.ndarray, nodes: np.ndarray, labels: list[bytes]) -> np.ndarray:
    """The nodes in the order of the text of their stacks."""
    # In the text a frame is followed by nothing where the stack ends and by ";" where it goes on, and the two stand
    # apart where another name comes between them: foo, foo.cold, foo;bar. So they are two siblings here.
    has_callees = np.zeros(len(stacks), bool)
    has_callees[stacks.parent] = True
    inner = np.flatnonzero(has_callees)
    number = np.zeros(len(stacks), np.int32)
    number[inner] = np.arange(len(inner))
    below_root = nodes[np.flatnonzero(nodes)]
    split = np.concatenate((inner, below_root))
    variant = 2 * stacks.frame[split].astype(np.int64)
    variant[: len(inner)] += 1
    seen = np.zeros(2 * len(labels) + 1, bool)
    seen[variant[1:]] = True
    present = np.flatnonzero(seen)
    keys = [labels[v >> 1] + b";" if v & 1 else labels[v >> 1] for v in present.tolist()]
    rank = np.zeros(2 * len(labels) + 1, np.int64)
    rank[present] = ranks(keys)
    order = preorder(Stacks(number[stacks.parent[split]], stacks.frame[split]), rank[variant], depth[split])
    return np.concatenate((nodes[: len(nodes) - len(below_root)], split[order[order >= len(inner)]]))


def _lines(
    stacks: Stacks, depth: np.ndarray, nodes: np.ndarray, values: np.ndarray, labels: list[bytes]
) -> list[bytes]:
    """The lines of the stacks that end in `nodes`, some at a time. Each is put together from pieces of one text."""
    pieces, numbers = [label + b";" for label in labels], []
    for k, column in enumerate(values.T):
        number, first = distinct(column.view(np.int64))
        numbers.append(number + len(pieces))
        after = b"\n" if k == values.shape[1] - 1 else b" "
        pieces += [_plain(value) + after for value in column[first].tolist()]
    text = np.frombuffer(b"".join(pieces), np.uint8)
    length = np.array([len(piece) for piece in pieces], np.int64)
    start = np.cumsum(length) - length

    block = np.cumsum(depth[nodes], dtype=np.int64) // _BLOCK
    cuts = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(nodes)]
    number = np.stack(numbers, axis=1)

    def some(span: tuple[int, int]) -> bytes:
        a, b = span
        frames, lengths = paths(stacks, nodes[a:b], depth)
        stop = np.cumsum(lengths, dtype=np.int64)
        piece = np.insert(frames.astype(np.int64), np.repeat(stop, len(numbers)), number[a:b].ravel())
        size = length[piece]
        line = text[ranges(start[piece], size)]
        # The last frame is followed by a blank.
        above = np.concatenate(([0], np.cumsum(size)))
        blank = above[stop + len(numbers) * np.arange(len(stop))] - 1
        line[blank[lengths > 0]] = ord(" ")
        # The root's line has no frame.
        return (b"" if lengths[0] else b" ") + line.tobytes()

    return each(some, pairwise(cuts))


def _plain(value: int | float) -> bytes:
    """The shortest decimal that reads back as the same number, without an exponent, which no reader expects."""
    if isinstance(value, int) or value.is_integer():
        return b"%d" % value
    text = repr(value)
    return (text if "e" not in text else np.format_float_positional(value, trim="-")).encode()
