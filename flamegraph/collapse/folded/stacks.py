"""Stacks written as text, `main;parse;read`, turned into a trie. What lines have in common is looked at once."""

from __future__ import annotations

import mmap
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ...chains import ranges, stacks_from_prefixes
from ...chunks import CHUNK, each
from ...profile import Stacks
from ...trie import union
from .names import MARGIN, distinct_pieces, gather, lowest_byte, windows

__all__ = ["stacks_of"]


def stacks_of(data: bytes | mmap.mmap, begin: np.ndarray, end: np.ndarray) -> tuple[bytes, Stacks, np.ndarray]:
    """The trie of the stacks at data[begin:end], frames divided by ";": (frame names, trie, int32[k] their nodes).

    Stacks stand one after the other, with at least one byte after each. An empty one is the root. The names come as
    one text, each followed by a line end, in order of first appearance.
    """
    cuts = [0, *np.searchsorted(end, np.arange(CHUNK, int(end.max(initial=0)), CHUNK)).tolist(), len(end)]
    parts = each(partial(_chunk, data), [(begin[a:b], end[a:b]) for a, b in pairwise(cuts) if a < b])
    if not parts:
        return b"", *stacks_from_prefixes(*(np.zeros(0, np.int64),) * 3)
    if len(parts) == 1:
        return parts[0].names.tobytes(), parts[0].stacks, parts[0].node
    # The same names stand in many chunks: number them all alike.
    text = np.concatenate((*(part.names for part in parts), np.zeros(MARGIN, np.uint8)))
    stop = np.flatnonzero(text == ord("\n"))
    start = np.concatenate(([0], stop[:-1] + 1))[: len(stop)]
    alike, first = distinct_pieces(text, start, stop - start)
    ends = np.searchsorted(stop, np.cumsum([len(part.names) for part in parts[:-1]]))
    stacks, went = union([part.stacks for part in parts], np.split(alike, ends))
    node = np.concatenate([where[part.node] for where, part in zip(went, parts, strict=True)])
    return gather(text, start[first], (stop - start)[first]).tobytes(), stacks, node


class _Part(NamedTuple):
    """Some stacks: their trie, int32[k] their nodes, and the frames' names, each followed by a line end."""

    stacks: Stacks
    node: np.ndarray
    names: np.ndarray


def _chunk(data: bytes | mmap.mmap, spans: tuple[np.ndarray, np.ndarray]) -> _Part:
    """A trie of its own for each chunk: small enough for a cache, and made by all threads."""
    begin, end = spans
    base, size = int(begin[0]), int(end[-1] - begin[0])
    text = np.empty(size + 1 + MARGIN, np.uint8)
    text[:size] = np.frombuffer(data, np.uint8, size, base)
    text[size:] = 0
    begin, end = begin - base, end - base
    mark = text == ord(";")
    mark[end] = True
    stop = np.flatnonzero(mark)  # where a frame ends
    text[end] = ord(" ")
    last = np.flatnonzero(text[stop] == ord(" "))
    first = np.concatenate(([0], last[:-1] + 1))
    if (stop[first] < begin).any():  # there are separators in between, in lines that were left out
        first = np.searchsorted(stop, begin)
    lengths = np.where(begin == end, 0, last - first + 1)
    shared = _shared(text, begin, end, stop, first)
    shared[lengths == 0] = 0
    rest = ranges(first + shared, lengths - shared)
    start = np.concatenate(([0], stop[:-1] + 1))
    start[first] = begin
    start, length = start[rest], stop[rest] - start[rest]
    number, holder = distinct_pieces(text, start, length)
    return _Part(*stacks_from_prefixes(shared, lengths, number), gather(text, start[holder], length[holder]))


def _shared(text: np.ndarray, begin: np.ndarray, end: np.ndarray, stop: np.ndarray, first: np.ndarray) -> np.ndarray:
    """How many frames each stack has in common with the one before it."""
    size = end - begin
    limit = np.minimum(size, np.concatenate(([0], size[:-1])))
    back = np.concatenate(([0], np.diff(begin)))
    # Compare a window at a time until two differ, or until the shorter of the two ends.
    window = windows(text, MARGIN)
    common = limit.copy()  # bytes
    live = np.flatnonzero(limit > 0)
    at, shift, left = begin[live], back[live], limit[live]
    while len(live):
        differ = (window[at].view("<u8") ^ window[at - shift].view("<u8")).reshape(-1, 4)
        which = (differ != 0).view("<u4")[:, 0]  # a byte per word
        done = np.flatnonzero(which)
        word = lowest_byte(which[done].astype(np.uint64))
        byte = at[done] + 8 * word + lowest_byte(differ[done, word]) - begin[live[done]]
        common[live[done]] = np.minimum(byte, limit[live[done]])
        more = np.flatnonzero((which == 0) & (left > MARGIN))
        live, at, shift, left = live[more], at[more] + MARGIN, shift[more], left[more] - MARGIN
    shared = np.searchsorted(stop, begin + common) - first  # frames of which the separator is common, too
    # Where one of the two ends, the other may end as well or go on with a separator: then one more frame is common.
    some = np.flatnonzero((common == limit) & (limit > 0))
    here, there = (begin + common)[some], (begin + common - back)[some]
    closed = (text[here] == ord(";")) | (here == end[some])
    closed &= (text[there] == ord(";")) | (there == end[some - 1])
    shared[some[closed]] += 1
    return shared
