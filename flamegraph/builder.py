"""Two ways to build a profile: `Builder`, line by line, and `stacks_from_chains`, from arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from .chains import stacks_from_chains
from .errors import InputError
from .frame_table import FrameTable
from .profile import Meta, Metric, Profile, Samples, Stacks, Thread
from .sums import too_large
from .trie import scatter_sum

__all__ = ["Builder", "add_up", "stacks_from_chains", "without_empty"]


class Builder(FrameTable):
    """Collects frames, stacks and samples one at a time; `finish` turns them into a `Profile`.

    >>> build = Builder()
    >>> samples = build.metric("samples", "samples")
    >>> main, work = build.frame("main"), build.frame("work")
    >>> build.sample(build.stack([main, work]), 3)
    >>> build.finish().total()
    3
    """

    def __init__(self, *, timeline: bool = False):
        """With `timeline`, samples stay one row each, in the order of their times (or as they came)."""
        super().__init__()
        self._timeline = timeline
        self._children: dict[tuple[int, int], int] = {}
        self._metrics: dict[Metric, int] = {}
        self._threads: dict[Thread, int] = {}
        self._skipped: dict[str, int] = {}
        self._stack: list[int] = []
        self._row: list[int] = []  # of each value, with its column and itself
        self._column: list[int] = []
        self._value: list[int | float] = []
        self._time: list[int] = []
        self._thread: list[int] = []

    def push(self, parent: int, frame: int) -> int:
        """The stack that is `frame` called by the stack `parent` (0: the root)."""
        return self._children.setdefault((parent, frame), len(self._children) + 1)

    def stack(self, frames: Iterable[int], parent: int = 0) -> int:
        """The stack of these frames, outermost first, on top of `parent`."""
        for frame in frames:
            parent = self.push(parent, frame)
        return parent

    def metric(self, name: str, unit: str) -> int:
        """The column of a metric, the same for the same arguments. The first is what is shown by default."""
        return self._metrics.setdefault(Metric(name, unit), len(self._metrics))

    def thread(self, pid: int, tid: int, name: str) -> int:
        """The number of a thread, the same for the same arguments."""
        return self._threads.setdefault(Thread(pid, tid, name), len(self._threads))

    def sample(self, stack: int, value: int | float, metric: int = 0, time: int = -1, thread: int = -1) -> None:
        """Count `value` of a metric on a stack. `time` in ns and `thread` are kept in a timeline only."""
        self._row.append(len(self._stack))
        self._column.append(metric)
        self._value.append(value)
        self._stack.append(stack)
        if self._timeline:
            self._time.append(time)
            self._thread.append(thread)

    def sample_all(self, stack: int, values: Iterable[int | float], time: int = -1, thread: int = -1) -> None:
        """As `sample`, with a value for each of the first metrics, in their order."""
        row = len(self._stack)
        for metric, value in enumerate(values):
            self._row.append(row)
            self._column.append(metric)
            self._value.append(value)
        self._stack.append(stack)
        if self._timeline:
            self._time.append(time)
            self._thread.append(thread)

    def skip(self, reason: str, count: int = 1) -> None:
        """Note that something was dropped, and why."""
        if count:
            self._skipped[reason] = self._skipped.get(reason, 0) + count

    def finish(self, meta: Meta | None = None) -> Profile:
        """The profile of all that was collected. InputError where values add up to more than 64 bits hold."""
        parent = np.zeros(len(self._children) + 1, np.int32)
        frame = np.full(len(self._children) + 1, -1, np.int32)
        if self._children:
            pairs = np.array(list(self._children), np.int32)
            parent[1:], frame[1:] = pairs[:, 0], pairs[:, 1]
        stack = np.array(self._stack, np.int32)
        floating = any(isinstance(value, float) for value in self._value)
        values = np.zeros((len(stack), len(self._metrics)), np.float64 if floating else np.int64)
        try:
            values[np.array(self._row, np.intp), np.array(self._column, np.intp)] = self._value
        except OverflowError:
            raise InputError("expected values that fit into 64 bits, found a larger one") from None
        if over := too_large(values):
            k, total = over
            name = list(self._metrics)[k].name
            raise InputError(f"{name}: expected values that add up to less than 2^63, found {total:,}")
        samples = Samples(stack, values)
        if self._timeline:
            samples = _in_time_order(samples, np.array(self._time, np.int64), np.array(self._thread, np.int32))
        else:
            samples = add_up(samples)
        meta = replace(meta or Meta(), timeline=self._timeline)
        return Profile(
            self.frames(),
            Stacks(parent, frame),
            samples,
            tuple(self._metrics),
            tuple(self._threads),
            meta,
            self._skipped,
        ).check()


def add_up(samples: Samples) -> Samples:
    """Samples added up by stack, in ascending order of stack; times and threads are dropped."""
    n = int(samples.stack.max(initial=-1)) + 1
    seen = np.zeros(n, bool)
    seen[samples.stack] = True
    stack = np.flatnonzero(seen)
    values = np.empty((len(stack), samples.values.shape[1]), samples.values.dtype)
    for k, column in enumerate(samples.values.T):
        values[:, k] = scatter_sum(samples.stack, column, n)[stack]
    return Samples(stack.astype(np.int32), values)


def without_empty(profile: Profile) -> Profile:
    """The profile without the metrics that count nothing, where another one counts something."""
    counting = np.flatnonzero(profile.samples.values.any(axis=0))
    if len(counting) in (0, len(profile.metrics)):
        return profile
    samples = replace(profile.samples, values=profile.samples.values[:, counting])
    return replace(profile, samples=samples, metrics=tuple(profile.metrics[k] for k in counting.tolist()))


def _in_time_order(samples: Samples, time: np.ndarray, thread: np.ndarray) -> Samples:
    has_time, has_thread = bool((time >= 0).any()), bool((thread >= 0).all()) and len(thread) > 0
    order = np.argsort(time, kind="stable") if has_time else slice(None)
    return Samples(
        samples.stack[order],
        samples.values[order],
        time[order] if has_time else None,
        thread[order] if has_thread else None,
    )
