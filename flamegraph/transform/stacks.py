"""What changes the shape of stacks: frames taken out, cut off, folded into one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..builder import add_up, stacks_from_chains
from ..errors import UsageError
from ..profile import Frames, Kind, Profile, Stacks
from ..trie import depths, paths, preorder, regraft, totals
from .matching import matching, on_path

__all__ = [
    "drop_below",
    "extended",
    "hide",
    "kept",
    "merge_recursion",
    "prune",
    "reshaped",
    "reverse",
    "show_from",
    "trim",
    "under",
]


def reshaped(profile: Profile, frame_of: np.ndarray, frames: Frames | None = None) -> Profile:
    """The profile in which node i has frame `frame_of[i]`, int[n]; where that is -1 it goes up in its caller."""
    stacks, went = regraft(profile.stacks, frame_of)
    return _moved(replace(profile, frames=profile.frames if frames is None else frames), stacks, went)


def _moved(profile: Profile, stacks: Stacks, went: np.ndarray) -> Profile:
    """The profile on another trie, `went` telling where its nodes went."""
    samples = replace(profile.samples, stack=went[profile.samples.stack])
    if not profile.meta.timeline:
        samples = add_up(samples)
    return replace(profile, stacks=stacks, samples=samples).check()


def kept(profile: Profile, keep: np.ndarray) -> Profile:
    """The profile with only the samples in `keep`, bool[s]."""
    return replace(profile, samples=profile.samples.rows(keep)).check()


def reverse(profile: Profile) -> Profile:
    """The profile with every stack turned over: leaves become roots, so callers grow out of what they call."""
    leaves, row = np.unique(profile.samples.stack, return_inverse=True)
    frames, lengths = paths(profile.stacks, leaves)
    # Reverse all at once: then both the order within and the order of the stacks are turned over.
    stacks, node = stacks_from_chains(frames[::-1], lengths[::-1])
    samples = replace(profile.samples, stack=node[::-1][row])
    return replace(profile, stacks=stacks, samples=samples).check()


def under(profile: Profile, name: str, kind: Kind = Kind.PROCESS) -> Profile:
    """With one frame below all stacks: the host, the run or the file that a profile is of."""
    stacks, n = profile.stacks, len(profile.frames)
    parent = np.concatenate(([0, 0], stacks.parent[1:] + 1)).astype(np.int32)
    frame = np.concatenate(([-1, n], stacks.frame[1:])).astype(np.int32)
    samples = replace(profile.samples, stack=profile.samples.stack + np.int32(1))
    frames = extended(profile.frames, [name], kind)
    return replace(profile, frames=frames, stacks=Stacks(parent, frame), samples=samples).check()


def hide(profile: Profile, pattern: str) -> Profile:
    """Without the frames that match: what they call is called by their callers, their own time is their callers'."""
    return reshaped(profile, np.where(matching(profile, pattern), -1, profile.stacks.frame))


def show_from(profile: Profile, pattern: str) -> Profile:
    """Stacks from their outermost match on. Samples without a match are left out."""
    on = on_path(profile, matching(profile, pattern))
    found = kept(profile, on[profile.samples.stack])
    return reshaped(found, np.where(on, profile.stacks.frame, -1))


def trim(profile: Profile, count: int) -> Profile:
    """Without the `count` outermost frames of every stack. Stacks that end among these count at the root."""
    if count < 0:
        raise UsageError(f"trim {count}: expected how many frames, 0 or more")
    return reshaped(profile, np.where(depths(profile.stacks) > count, profile.stacks.frame, -1))


def drop_below(profile: Profile, pattern: str) -> Profile:
    """Without what the outermost matching frame of a stack calls: its time is that frame's own."""
    on = on_path(profile, matching(profile, pattern))
    below = on & on[profile.stacks.parent]
    return reshaped(profile, np.where(below, -1, profile.stacks.frame))


def merge_recursion(profile: Profile, full: bool = False) -> Profile:
    """Functions that call themselves once per stack: `a;a;b` becomes `a;b`.

    With `full` also those that come back by way of others: `a;b;a;c` becomes `a;c`.
    """
    labels = profile.labels()
    first: dict[str, int] = {}
    same = np.array([first.setdefault(label, i) for i, label in enumerate(labels)] + [-1])
    function = same[profile.stacks.frame]  # -1, the root's frame, is last
    if not full:
        again = function == function[profile.stacks.parent]
        return reshaped(profile, np.where(again, -1, profile.stacks.frame))
    return _moved(profile, *_without_cycles(profile.stacks, function))


def _without_cycles(stacks: Stacks, function: np.ndarray) -> tuple[Stacks, np.ndarray]:
    """(trie, node map) in which a path goes back to where its function was, when that comes again.

    In depth-first order, with the functions of the path that is left and what each step changed, to undo it.
    """
    n = len(stacks)
    order = preorder(stacks)
    depth = depths(stacks)[order].tolist()
    went = np.zeros(n, np.int64)
    number: dict[tuple[int, int], int] = {}
    parents, frames = [0], [-1]
    path: list[
        tuple[int, list[tuple[int, int]]]
    ] = []  # per depth: the new node, the (function, new node) cut off there
    where: dict[int, int] = {}  # function → new node, for those on the path that is left
    trail: list[int] = []  # the functions on it, outermost first
    for node, level, f in zip(order.tolist()[1:], depth[1:], function[order].tolist()[1:], strict=True):
        while len(path) >= level:
            added, cut = path.pop()
            if added:
                where.pop(trail.pop())
            for old, new in cut:
                trail.append(old)
                where[old] = new
        above = where[trail[-1]] if trail else 0
        cut: list[tuple[int, int]] = []
        if f in where:
            while trail[-1] != f:
                old = trail.pop()
                cut.append((old, where.pop(old)))
            path.append((0, cut[::-1]))
        else:
            new = number.setdefault((above, f), len(parents))
            if new == len(parents):
                parents.append(above)
                frames.append(int(stacks.frame[node]))
            where[f] = new
            trail.append(f)
            path.append((1, cut))
        went[node] = where[f]
    return Stacks(np.array(parents, np.int32), np.array(frames, np.int32)), went.astype(np.int32)


def prune(profile: Profile, share: float, metric: int = 0) -> Profile:
    """With what is below `share` of the whole (0 to 1) taken together: per caller one "(N more)"."""
    if not 0 <= share <= 1:
        raise UsageError(f"prune {share}: expected a share from 0 to 1")
    stacks, frames = profile.stacks, profile.frames
    total = totals(stacks, np.abs(profile.values(metric)))
    small = total < share * total[0]
    small[0] = False
    top = small & ~small[stacks.parent]  # the first small one on its path
    count = np.bincount(stacks.parent[top], minlength=len(stacks))
    counts = np.unique(count[count > 0])
    frame_of = np.where(small, -1, stacks.frame).astype(np.int64)
    frame_of[top] = len(frames) + np.searchsorted(counts, count[stacks.parent[top]])
    names = [f"({n:,} more)" for n in counts.tolist()]
    return reshaped(profile, frame_of, extended(frames, names, Kind.GAP))


def extended(frames: Frames, names: list[str], kind: Kind) -> Frames:
    """The frames, and behind them new ones."""
    more = Frames.named(names, np.full(len(names), kind))
    return Frames(
        [*frames.name, *more.name],
        np.concatenate((frames.kind, more.kind)),
        [*frames.module, *more.module],
        [*frames.file, *more.file],
        np.concatenate((frames.line, more.line)),
    )
