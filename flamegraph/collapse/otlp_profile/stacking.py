"""The stacks of a message, with frames for the attributes of samples at their ends."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from ...errors import ParseError
from ...frame_table import FrameTable
from ...locations import Places, most_frames
from ...profile import Thread
from ...ragged import Ragged, side_by_side
from ...source import Source
from .model import Message
from .roots import Roots, thread_of

__all__ = ["Stacked", "chains_of"]


class Stacked(NamedTuple):
    """Distinct stacks, and which one each sample has.

    chains  rows of `places`, the leaf first
    stack   int64[samples] a row of `chains`
    thread  int64[samples]
    """

    places: Places
    chains: Ragged
    stack: np.ndarray
    thread: np.ndarray


def chains_of(
    message: Message,
    roots: Roots,
    frames: FrameTable,
    threads: dict[Thread, int],
    skipped: Counter[str],
    source: Source,
) -> Stacked:
    """The stacks of a message. Frames, threads and what is not there are added to what is known.

    ParseError where stacks are larger than an input of this size can mean.
    """
    stacks = _stacks(message)
    size = len(message.locations.module)
    if missing := int(np.count_nonzero(message.stack == len(message.stacks.lengths))):
        skipped["stack that is not in the file"] += missing
    if missing := int(np.count_nonzero(message.stacks.values == size - 1)):
        skipped["location that is not in the file"] += missing
    context, contexts = _contexts(message)

    # The frames of what samples say of themselves are locations behind those of the message.
    ends: dict[int, int] = {}
    above, below, thread = [], [], []
    for attributes in contexts:
        over, under = roots.above(attributes), roots.below(attributes)
        for rows, named in ((above, over), (below, under)):
            rows.append([size + ends.setdefault(frames.frame(*frame), len(ends)) for frame in reversed(named)])
        thread.append(threads.setdefault(thread_of(attributes), len(threads)))

    pair, which = np.unique(context * len(stacks.lengths) + message.stack, return_inverse=True)
    own, at = np.divmod(pair, len(stacks.lengths))
    if (total := int(stacks.lengths[at].sum())) > most_frames(source):
        raise ParseError(source.name, f"stacks of at most {most_frames(source):,} frames", f"{total:,}")
    chains = side_by_side([(Ragged.of(above), own), (stacks, at), (Ragged.of(below), own)])
    used = np.zeros(size, bool)
    used[chains.values[chains.values < size]] = True
    places = Places.joined([Places.of(message.locations, used, frames), Places.single(list(ends))])
    return Stacked(places, chains, which, np.array(thread, np.int64)[context])


def _stacks(message: Message) -> Ragged:
    """The stacks, with one more at the end, which stands for those that are missing."""
    unknown = len(message.locations.module) - 1
    return Ragged(np.append(message.stacks.values, unknown), np.append(message.stacks.lengths, 1))


def _contexts(message: Message) -> tuple[np.ndarray, list[dict[str, str]]]:
    """What samples say of themselves: (int64[samples] which of these it is, all attributes of each)."""
    found: dict[tuple[int, bytes], int] = {}
    raw, stop = message.labels.values.tobytes(), (np.cumsum(message.labels.lengths) * 8).tolist()
    start = [0, *stop[:-1]]
    keys = zip(message.group.tolist(), map(raw.__getitem__, map(slice, start, stop)), strict=True)
    which = [found.setdefault(key, len(found)) for key in keys]
    contexts = []
    for group, rows in found:
        own = np.frombuffer(rows, np.int64).tolist()
        labels = dict(message.attributes[i] for i in own if i < len(message.attributes))
        contexts.append(message.groups[group].attributes | labels)
    return np.array(which, np.int64), contexts
