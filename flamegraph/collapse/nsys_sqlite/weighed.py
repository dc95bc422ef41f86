"""What every way of reading an export makes, and how it becomes a profile."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...builder import add_up
from ...errors import ParseError
from ...profile import Kind, Meta, Metric, Profile, Samples, Thread
from ...sums import too_large
from .stacks import StackBuilder

__all__ = ["Weighed", "profile_of"]

#: Kinds that folded text marks.
_ANNOTATED = frozenset((Kind.GPU, Kind.KERNEL))


@dataclass(frozen=True, eq=False)
class Weighed:
    """Stacks and what they count: node int64[n] of `build`, values [n, metrics], time int64[n], thread int32[n]."""

    build: StackBuilder
    node: np.ndarray
    values: np.ndarray
    metrics: tuple[Metric, ...]
    time: np.ndarray
    thread: np.ndarray
    threads: tuple[Thread, ...]


def profile_of(work: Weighed, meta: Meta, skipped: dict[str, int], name: str) -> Profile:
    """The profile, with one row per stack or, where `meta.timeline` says so, per sample."""
    if over := too_large(work.values):
        raise ParseError(name, f"{work.metrics[over[0]].name} of less than 2^63 in all", f"{over[1]:,}")
    some = np.flatnonzero(work.values.any(axis=1))
    if not len(some):  # that there are only zeros is worth knowing
        some = np.arange(len(work.node))
    frames, stacks, leaf = work.build.finish(work.node[some])
    thread, who = np.unique(work.thread[some], return_inverse=True)
    samples = Samples(leaf, work.values[some], work.time[some], who.astype(np.int32))
    samples = samples.in_time_order() if meta.timeline else add_up(samples)
    meta = replace(meta, annotated=_ANNOTATED & {Kind(kind) for kind in np.unique(frames.kind).tolist()})
    threads = tuple(work.threads[i] for i in thread.tolist())
    return Profile(frames, stacks, samples, work.metrics, threads, meta, skipped)
