"""Runs of two sides put on one trie, so that a node or a function is one row in all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from ..profile import Frames, Profile
from ..trie import graft, scatter_sum
from .model import Runs

__all__ = ["align"]


def align(
    before: Sequence[Profile], after: Sequence[Profile], columns: Sequence[int], key: Callable[[str], str] | None = None
) -> Runs:
    """All runs on one trie; `columns` are the metrics to take, one per run, those before first.

    Functions are the same where their labels are: files and lines move when a program changes. Those that only one
    side has are the same where `key` makes the same of their labels. They are shown as they are called after.
    """
    annotated = frozenset().union(*(profile.meta.annotated for profile in chain(before, after)))
    labels_of = {
        id(profile): replace(profile, meta=replace(profile.meta, annotated=annotated)).labels()
        for profile in chain(before, after)
    }
    spelled = {} if key is None else _keys(*([labels_of[id(p)] for p in side] for side in (before, after)), key)
    rows: dict[str, int] = {}
    shown: list[str] = []  # each function's label
    source: list[tuple[Profile, int]] = []  # and where its row comes from
    stacks, placed = None, []
    for profile in chain(after, before):
        labels = labels_of[id(profile)]
        number = np.empty(len(labels), np.int64)
        for i, label in enumerate(labels):
            row = rows.setdefault(spelled.get(label, label), len(source))
            if row == len(source):
                source.append((profile, i))
                shown.append(label)
            number[i] = row
        stacks, went = graft(profile.stacks, number, stacks)
        placed.append((profile, went))
    placed = placed[len(after) :] + placed[: len(after)]
    own = [
        scatter_sum(went[profile.samples.stack], profile.samples.values[:, column], len(stacks))
        for (profile, went), column in zip(placed, columns, strict=True)
    ]
    frames = Frames(
        [profile.frames.name[i] for profile, i in source],
        np.array([profile.frames.kind[i] for profile, i in source], np.uint8),
        [profile.frames.module[i] for profile, i in source],
        [profile.frames.file[i] for profile, i in source],
        np.array([profile.frames.line[i] for profile, i in source], np.int32),
    )
    sides = np.arange(len(own)) >= len(before)
    return Runs(frames, shown, stacks, np.stack(own, axis=1), sides)


def _keys(before: Sequence[list[str]], after: Sequence[list[str]], key: Callable[[str], str]) -> dict[str, str]:
    """What labels that only one side has are matched by. It is no label that both sides have."""
    one, other = (set(chain.from_iterable(side)) for side in (before, after))
    return {label: f"\0{key(label)}" for label in one ^ other}
