"""What chooses samples: by the frames on their stacks, by time, by thread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..builder import stacks_from_chains
from ..errors import UsageError
from ..profile import Kind, Profile
from ..trie import paths
from .matching import compiled, matching, on_path
from .stacks import extended, kept

__all__ = ["between", "by_process", "by_thread", "focus", "ignore", "threads"]


def focus(profile: Profile, pattern: str) -> Profile:
    """Only the samples with a matching frame on their stack."""
    return kept(profile, on_path(profile, matching(profile, pattern))[profile.samples.stack])


def ignore(profile: Profile, pattern: str) -> Profile:
    """Without the samples with a matching frame on their stack."""
    return kept(profile, ~on_path(profile, matching(profile, pattern))[profile.samples.stack])


def between(profile: Profile, start: int | None = None, end: int | None = None) -> Profile:
    """Only the samples with start <= time < end, in ns since the first one; None is open.

    UsageError where the profile does not know times: read it with `timeline=True`.
    """
    time = profile.samples.time
    if time is None:
        raise UsageError("between: expected samples that know their time: read the input with timeline=True")
    since = time - time.min() if len(time) else time
    keep = np.ones(len(time), bool)
    if start is not None:
        keep &= since >= start
    if end is not None:
        keep &= since < end
    return kept(profile, keep)


def threads(profile: Profile, pattern: str) -> Profile:
    """Only the samples of threads whose name, pid or tid the pattern matches from end to end, or whose name holds it.

    UsageError where the profile does not know threads: read it with `timeline=True`.
    """
    match = compiled(pattern)
    hit = [
        match.search(thread.name) is not None
        or any(match.fullmatch(str(number)) for number in (thread.pid, thread.tid) if number >= 0)
        for thread in profile.threads
    ]
    return kept(profile, np.array(hit, bool)[_thread(profile)])


def by_thread(profile: Profile) -> Profile:
    """With a frame for its thread below every stack, "name (tid)". UsageError where threads are not known."""
    names = [f"{t.name or 'thread'} ({t.tid})" if t.tid >= 0 else t.name or "thread" for t in profile.threads]
    return _rooted(profile, _thread(profile), names, Kind.THREAD)


def by_process(profile: Profile) -> Profile:
    """With a frame for its process below every stack, "name (pid)", which bears the name of the process's first thread.

    UsageError where threads are not known.
    """
    thread = _thread(profile)
    pids = list(dict.fromkeys(t.pid for t in profile.threads))
    first = {t.pid: t.name for t in profile.threads if t.tid == t.pid}
    names = [f"{first.get(pid) or 'process'} ({pid})" if pid >= 0 else "process" for pid in pids]
    process = np.array([pids.index(t.pid) for t in profile.threads], np.int64)
    return _rooted(profile, process[thread], names, Kind.PROCESS)


def _rooted(profile: Profile, owner: np.ndarray, names: list[str], kind: Kind) -> Profile:
    """With `names[owner]` below the stack of each sample: int[samples]."""
    stacks, frames = profile.stacks, profile.frames
    # Each stack once for each owner that it was sampled in.
    pairs, row = np.unique(owner.astype(np.int64) * len(stacks) + profile.samples.stack, return_inverse=True)
    chains, lengths = paths(stacks, pairs % len(stacks))
    roots = (len(frames) + pairs // len(stacks)).astype(np.int32)
    trie, leaf = stacks_from_chains(np.insert(chains, np.cumsum(lengths) - lengths, roots), lengths + 1)
    both = extended(frames, names, kind)
    return replace(profile, frames=both, stacks=trie, samples=replace(profile.samples, stack=leaf[row])).check()


def _thread(profile: Profile) -> np.ndarray:
    if profile.samples.thread is None:
        raise UsageError("expected samples that know their thread: read the input with timeline=True")
    return profile.samples.thread
