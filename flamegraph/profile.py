"""The central value: a profile as a handful of tables.

Everything that reads makes a `Profile`, everything that draws or compares takes one. It is columns and integer
handles: a sample holds one integer for its stack, a stack holds its parent and its frame, a frame holds its names.
A profile is frozen; what changes one (`transform`, `merge`) returns another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

import numpy as np

from .errors import EmptyProfile, UsageError

__all__ = ["SUFFIX", "Frames", "Kind", "Meta", "Metric", "Profile", "Samples", "Stacks", "Thread"]


class Kind(IntEnum):
    """What sort of code a frame is. Stored as uint8, so the numbers are fixed; new kinds go at the end."""

    USER = 0
    KERNEL = 1
    JIT = 2
    INLINED = 3
    INTERPRETED = 4
    COMPILED_C1 = 5
    WAKER = 6
    PROCESS = 7
    THREAD = 8
    GPU = 9
    GAP = 10
    INSTRUCTION = 11


#: How folded text marks a kind at the end of a frame's name (the annotations of FlameGraph, async-profiler, iaprof).
SUFFIX: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.KERNEL: "_[k]",
        Kind.JIT: "_[j]",
        Kind.INLINED: "_[i]",
        Kind.INTERPRETED: "_[0]",
        Kind.COMPILED_C1: "_[1]",
        Kind.WAKER: "_[w]",
        Kind.GPU: "_[G]",
        Kind.INSTRUCTION: "_[g]",
    }
)


@dataclass(frozen=True)
class Metric:
    """One column of sample values: what is counted, and in which unit ("samples", "ns", "bytes", "cycles", …)."""

    name: str
    unit: str


@dataclass(frozen=True)
class Thread:
    """A thread that was sampled. -1 stands for an id the source does not tell."""

    pid: int
    tid: int
    name: str


@dataclass(frozen=True, eq=False)
class Frames:
    """One row per distinct frame. No two rows are equal in all columns.

    name    what is shown, without annotation (`SUFFIX`)
    kind    uint8, a `Kind`
    module  the shared object, module or package; "" where unknown
    file    source file; "" where unknown
    line    int32 source line; 0 where unknown
    """

    name: Sequence[str]
    kind: np.ndarray
    module: Sequence[str]
    file: Sequence[str]
    line: np.ndarray

    def __len__(self) -> int:
        return len(self.name)

    @classmethod
    def named(
        cls,
        name: Sequence[str],
        kind: np.ndarray | None = None,
        module: Sequence[str] | None = None,
        file: Sequence[str] | None = None,
        line: np.ndarray | None = None,
    ) -> Frames:
        """Frames of which only some columns are known; the others are filled with "unknown"."""
        n = len(name)
        return cls(
            name=name,
            kind=np.zeros(n, np.uint8) if kind is None else np.asarray(kind, np.uint8),
            module=[""] * n if module is None else module,
            file=[""] * n if file is None else file,
            line=np.zeros(n, np.int32) if line is None else np.asarray(line, np.int32),
        )


@dataclass(frozen=True, eq=False)
class Stacks:
    """The trie of all stacks, int32[n] each. Node 0 is the root, which has no frame (-1) and is its own parent.

    Parents come before children (`parent[i] < i` for every i > 0), and (parent, frame) is unique.
    """

    parent: np.ndarray
    frame: np.ndarray

    def __len__(self) -> int:
        return len(self.parent)


@dataclass(frozen=True, eq=False)
class Samples:
    """One row per sample, or per distinct stack where samples were added up.

    stack   int32[s], a node of `Stacks`: the leaf of the sampled stack
    values  int64[s, m] (float64 only where the source has fractions), one column per metric
    time    int64[s] in ns, or None. Rows of a timeline are in time order, with or without this column.
    thread  int32[s], a row of `Profile.threads`, or None
    """

    stack: np.ndarray
    values: np.ndarray
    time: np.ndarray | None = None
    thread: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.stack)


@dataclass(frozen=True)
class Meta:
    """What is known about the recording. Empty, None or 0 where the source does not say.

    duration   ns of wall time
    period     what one sample stands for, in the unit of the first metric
    timeline   True: one row per sample, in time order; False: rows were added up by stack
    annotated  the kinds whose `SUFFIX` is part of a frame's label, in folded text and in pictures
    """

    title: str = ""
    command: str = ""
    host: str = ""
    duration: int = 0
    period: int = 0
    format: str = ""
    timeline: bool = False
    annotated: frozenset[Kind] = frozenset()


@dataclass(frozen=True, eq=False)
class Profile:
    """Frames, stacks, samples and what they measure. See the module's docstring.

    skipped maps a reason ("line without a count") to how often it happened: what was dropped is data.
    """

    frames: Frames
    stacks: Stacks
    samples: Samples
    metrics: tuple[Metric, ...]
    threads: tuple[Thread, ...] = ()
    meta: Meta = Meta()
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        from .notebook import in_words

        return f"<{in_words(self)}>"

    def _repr_html_(self) -> str:
        from .notebook import as_html

        return as_html(self)

    def labels(self) -> list[str]:
        """Each frame's name as folded text and pictures show it: with its annotation, where the profile has them."""
        names = list(self.frames.name)
        kind = self.frames.kind
        for annotated in self.meta.annotated:
            suffix = SUFFIX[annotated]
            for i in np.flatnonzero(kind == annotated).tolist():
                names[i] += suffix
        return names

    def values(self, metric: int = 0) -> np.ndarray:
        """Each node's own value of a metric: [n], int64 or float64, what was sampled with that node as the leaf."""
        from .trie import scatter_sum

        return scatter_sum(self.samples.stack, self.samples.values[:, metric], len(self.stacks))

    def total(self, metric: int = 0) -> int | float:
        """The sum of a metric over all samples."""
        return self.samples.values[:, metric].sum().item()

    @property
    def sides(self) -> tuple[int, int] | None:
        """The columns of before and after, where the profile is a comparison; else None."""
        names = [metric.name for metric in self.metrics]
        return (names.index("before"), names.index("after")) if {"before", "after"} <= set(names) else None

    def column(self, name: str | None = None) -> int:
        """The column of the metric called `name`, or of the one shown by default: `after` if compared, else the first.

        UsageError where there is no such metric, EmptyProfile where it counts nothing.
        """
        names = [metric.name for metric in self.metrics]
        if name is not None and name not in names:
            raise UsageError(f"no metric is called {name!r}; expected one of {', '.join(names)}")
        column = names.index(name) if name is not None else self.sides[1] if self.sides else 0
        if not self.samples.values[:, column].any():
            raise EmptyProfile(f"expected samples that count {names[column]}, found only zeros; see --metric")
        return column

    def check(self) -> Profile:
        """Return self after checking what every table promises; AssertionError names the promise that is broken.

        It costs a few passes over the arrays, so that every reader can afford it after every build.
        """
        frames, stacks, samples = self.frames, self.stacks, self.samples
        n, f = len(stacks), len(frames)
        for column in (frames.kind, frames.module, frames.file, frames.line):
            assert len(column) == f, "frame columns have one length"
        assert frames.kind.dtype == np.uint8 and frames.line.dtype == np.int32, "frame columns have their types"
        assert stacks.parent.dtype == np.int32 and stacks.frame.dtype == np.int32, "stack columns are int32"
        assert n > 0 and len(stacks.frame) == n, "there is a root, and stack columns have one length"
        assert stacks.parent[0] == 0 and stacks.frame[0] == -1, "node 0 is the root"
        if n > 1:
            assert (stacks.parent[1:] >= 0).all(), "parents exist"
            assert (stacks.parent[1:] < np.arange(1, n)).all(), "parents come before children"
            assert stacks.frame[1:].min() >= 0 and stacks.frame[1:].max() < f, "stacks refer to existing frames"
        s = len(samples)
        assert samples.values.shape == (s, len(self.metrics)), "values have a row per sample, a column per metric"
        assert samples.values.dtype in (np.dtype(np.int64), np.dtype(np.float64)), "values are int64 or float64"
        if s:
            assert samples.stack.min() >= 0 and samples.stack.max() < n, "samples refer to existing stacks"
        for column in (samples.time, samples.thread):
            assert column is None or len(column) == s, "sample columns have one length"
        if samples.thread is not None and s:
            assert samples.thread.max() < len(self.threads), "samples refer to existing threads"
        assert all(count > 0 for count in self.skipped.values()), "what is listed as skipped happened"
        return self
