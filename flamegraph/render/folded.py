"""Folded stacks: one line per distinct stack, frames divided by ";", then the value. What every other tool reads.

    main;eval 30
    main;parse;read_token 12

Lines are sorted by the bytes of the stack, stacks that look the same are one line, and stacks that count nothing are
left out. A profile that holds `before` and `after` is written with both, as difffolded.pl does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..chains import ranges
from ..distinct import distinct
from ..options import option
from ..profile import Profile, Stacks
from ..ranking import ranks
from ..text import encode
from ..trie import depths, graft, levels, preorder, scatter_sum, totals
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

#: Bytes of text that are put together at once: few enough for a cache.
_BLOCK = 1 << 20


def render(profile: Profile, options: Options) -> Iterator[bytes]:
    # A comparison is written as one, also where a side counts nothing.
    columns = profile.sides if profile.sides and options.metric is None else (profile.column(options.metric),)
    labels = [encode(label.translate(_HARMLESS)) for label in profile.labels()]
    # A line that begins with "# " would be a comment.
    labels = [b"#_" + label[1:] if label == b"#" or label[:2] == b"# " else label for label in labels]
    first: dict[bytes, int] = {}
    group = np.array([first.setdefault(label, i) for i, label in enumerate(labels)], np.int64)
    stacks, leaf = profile.stacks, profile.samples.stack
    if len(first) < len(labels):
        stacks, went = graft(stacks, group)
        leaf = went[leaf]
    values = np.stack([scatter_sum(leaf, profile.samples.values[:, column], len(stacks)) for column in columns], axis=1)
    return _all(stacks, values, labels)


def _all(stacks: Stacks, values: np.ndarray, labels: list[bytes]) -> Iterator[bytes]:
    """The text of the nodes that count something; `values` are those of each node, int64 or float64 [n, 1 or 2]."""
    nodes = np.flatnonzero(values.any(axis=1))
    if len(nodes) and not nodes[0]:  # the empty stack
        yield b" " + b" ".join(map(_plain, values[0].tolist())) + b"\n"
        nodes = nodes[1:]
    if len(nodes):
        yield from _text(_lines(stacks, nodes, labels), values[nodes], labels)


class _Lines(NamedTuple):
    """The lines in their order, each as the pieces of text that the line before it has not.

    A piece is a frame's name and one byte: number 2 f is frame f at the end of a stack, 2 f + 1 is where it goes on.

    piece   int32[n], of all lines
    last    int64[k], where the last piece of each line stands among them
    shared  int64[k], how many bytes of the line before it each line begins with
    number  int64[k], which of the stacks that were asked for it is
    """

    piece: np.ndarray
    last: np.ndarray
    shared: np.ndarray
    number: np.ndarray


def _lines(stacks: Stacks, nodes: np.ndarray, labels: list[bytes]) -> _Lines:
    """The stacks that end in `nodes`, which are not the root, in the order of their text."""
    # In the text a frame is followed by nothing where the stack ends and by ";" where it goes on, and the two stand
    # apart where another name comes between them: foo, foo.cold, foo;bar. So they are two siblings here.
    depth = depths(stacks)
    ends = np.zeros(len(stacks), np.int32)
    ends[nodes] = 1
    inner = np.flatnonzero(totals(stacks, ends, depth) > ends)
    number = np.zeros(len(stacks), np.int32)
    number[inner] = np.arange(len(inner))
    split = np.concatenate((inner, nodes))
    piece = 2 * stacks.frame[split]
    piece[: len(inner)] += 1
    rank = np.zeros(2 * len(labels) + 1, np.int64)
    present = np.flatnonzero(np.bincount(piece[1:]))
    rank[present] = ranks([labels[p >> 1] + b";" if p & 1 else labels[p >> 1] for p in present.tolist()])
    order = preorder(Stacks(number[stacks.parent[split]], piece), rank[piece], depth[split])[1:]

    upto = np.array([len(label) + 1 for label in labels])[stacks.frame]  # how long the text is up to each node
    upto[0] = 0
    for level in levels(stacks, depth):
        upto[level] += upto[stacks.parent[level]]
    last = np.flatnonzero(order >= len(inner))
    begin = np.concatenate(([0], last[:-1] + 1))
    return _Lines(piece[order], last, upto[stacks.parent[split[order[begin]]]], order[last] - len(inner))


def _text(lines: _Lines, values: np.ndarray, labels: list[bytes]) -> Iterator[bytes]:
    """The text of the lines with the values of their stacks, float64 or int64 [k, 1 or 2], many lines at a time."""
    pieces = [label + mark for label in labels for mark in (b" ", b";")]
    count, columns = values.shape
    stop = lines.last + 1 + columns * np.arange(1, count + 1)
    written = np.empty(len(lines.piece) + columns * count, np.int64)
    is_name = np.ones(len(written), bool)
    for k, column in enumerate(values[lines.number].T, start=-columns):
        number, first = distinct(np.ascontiguousarray(column).view(np.int64))
        written[stop + k] = number + len(pieces)
        is_name[stop + k] = False
        after = b"\n" if k == -1 else b" "
        pieces += [_plain(value) + after for value in column[first].tolist()]
    written[is_name] = lines.piece
    text = np.frombuffer(b"".join(pieces), np.uint8)
    size = np.array([len(piece) for piece in pieces])
    start = np.cumsum(size) - size

    begin = np.concatenate(([0], stop[:-1]))
    block = np.cumsum(lines.shared + np.add.reduceat(size[written], begin)) // _BLOCK
    line = b""
    for a, b in pairwise([0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), count]):
        some = written[begin[a] : stop[b - 1]]
        new = text[ranges(start[some], size[some])].tobytes().splitlines(keepends=True)
        out = []
        for shared, rest in zip(lines.shared[a:b].tolist(), new, strict=True):
            line = line[:shared] + rest
            out.append(line)
        yield b"".join(out)


def _plain(value: int | float) -> bytes:
    """The shortest decimal that reads back as the same number, without an exponent, which no reader expects."""
    if isinstance(value, int) or value.is_integer():
        return b"%d" % value
    text = repr(value)
    return (text if "e" not in text else np.format_float_positional(value, trim="-")).encode()
