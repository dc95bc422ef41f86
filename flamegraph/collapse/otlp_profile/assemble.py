"""From messages to the profile: their stacks on one trie, what their samples count in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from ...builder import add_up, stacks_from_chains
from ...frame_table import FrameTable
from ...locations import Places, expand
from ...profile import Meta, Profile, Samples, Thread
from ...ragged import Ragged
from ...source import Source
from .counting import Scales, count
from .model import Group, Message
from .roots import NO_THREAD, Roots
from .stacking import chains_of

__all__ = ["assemble"]


def assemble(source: Source, messages: Iterable[Message], roots: Roots, timeline: bool) -> Profile:
    """The profile of all messages. ParseError where sums are too large, UsageError where a key is not there."""
    frames, threads, groups, skipped = FrameTable(), dict[Thread, int](), list[Group](), Counter[str]()
    places, chains, rows = list[Places](), list[Ragged](), list[np.ndarray]()
    locations = stacks = 0
    for message in messages:
        skipped += message.skipped
        counted = count(message, timeline, source.name)
        skipped += Counter({"sample that counts nothing": len(message.stack) - len(np.unique(counted.sample))})
        part = chains_of(message, roots, frames, threads, skipped, source)
        columns = (part.stack + stacks, part.thread, message.group + len(groups))
        rows.append(np.stack([*(column[counted.sample] for column in columns), counted.amount, counted.time]))
        chains.append(Ragged(part.chains.values + locations, part.chains.lengths))
        places.append(part.places)
        groups += message.groups
        locations += len(part.places.first)
        stacks += len(part.chains.lengths)
    if stacks:
        roots.check()
    # The order of stacks and that within each are both turned over, so that each is outermost first.
    chain = Ragged.below_each_other(chains)
    trie, leaf = stacks_from_chains(chain.values[::-1], chain.lengths[::-1])
    trie, went = expand(trie, Places.joined(places), source)
    stack, thread, group, amount, time = np.concatenate([np.zeros((5, 0), np.int64), *rows], axis=1)
    scales = Scales(groups)
    samples = Samples(went[leaf[::-1]][stack], scales.values(group, amount, source.name))
    if timeline:
        order = np.argsort(time, kind="stable")
        who = thread[order].astype(np.int32) if threads.keys() - {NO_THREAD} else None
        samples = Samples(samples.stack[order], samples.values[order], time[order], who)
    return Profile(
        frames.frames(),
        trie,
        samples if timeline else add_up(samples),
        scales.metrics(),
        tuple(threads) if threads.keys() - {NO_THREAD} else (),
        Meta(duration=_duration(groups), timeline=timeline),
        skipped,
    )


def _duration(groups: list[Group]) -> int:
    """From when the first profile began until the last one ended: those of one collection overlap."""
    spans = [(group.time, group.time + group.duration) for group in groups if group.time > 0 and group.duration >= 0]
    return max(end for _, end in spans) - min(begin for begin, _ in spans) if spans else 0
