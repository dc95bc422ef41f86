"""From parts to the profile: put them together, hang the stacks below their comms, choose events and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ...profile import Frames, Kind, Meta, Metric, Profile, Samples, Stacks, Thread
from ...text import decode
from ...trie import graft
from .columns import Part
from .events import choose, unit
from .frames import Frame, tidy_java
from .heads import Who
from .roots import under_roots

if TYPE_CHECKING:
    from . import Options

T = TypeVar("T")

__all__ = ["combine", "profile_of"]


@dataclass(frozen=True)
class _Tables:
    """Several parts as one; the columns are those of `Part`."""

    whos: list[Who]
    events: list[str]
    periods: frozenset[int]
    frames: list[Frame]
    stacks: Stacks
    who: np.ndarray
    event: np.ndarray
    node: np.ndarray
    weight: np.ndarray
    count: np.ndarray
    time: np.ndarray
    duration: int
    skipped: dict[str, int]


def combine(parts: list[Part]) -> _Tables:
    """The parts put together, in their order; what they have in common becomes one."""
    whos: dict[Who, int] = {}
    events: dict[bytes, int] = {}
    frames: dict[Frame, int] = {}
    stacks: Stacks | None = None
    periods: set[int] = set()
    skipped: dict[str, int] = {}
    columns = []
    for part in parts:
        who = _numbers(part.whos, whos)
        event = _numbers(part.events, events)
        own = Stacks(part.parent, part.frame)
        number = _numbers(part.frames, frames)
        if stacks is None:
            stacks, went = own, np.arange(len(own))
        else:
            stacks, went = graft(own, number, stacks)
        columns.append((who[part.who], event[part.event], went[part.node], part.weight, part.count, part.time))
        periods.update(event[list(part.periods)].tolist())
        for reason, times in part.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + times
    spans = [part.span for part in parts if len(part.who)]
    in_order = None not in spans and all(a[1] <= b[0] for a, b in pairwise(spans))
    return _Tables(
        list(whos),
        [decode(event) for event in events],
        frozenset(periods),
        list(frames),
        stacks,
        *(np.concatenate(column) for column in zip(*columns, strict=True)),
        spans[-1][1] - spans[0][0] if spans and in_order else 0,
        skipped,
    )


def _numbers(rows: Sequence[T], known: dict[T, int]) -> np.ndarray:
    return np.array([known.setdefault(row, len(known)) for row in rows], np.int64)


def profile_of(tables: _Tables, options: Options, meta: Meta) -> Profile:
    """The profile of what was read, as the options want it. UsageError where there is no such event."""
    chosen = _chosen(tables, options)
    kept = np.isin(tables.event, chosen)
    who, event, node, weight, count = (
        column[kept] for column in (tables.who, tables.event, tables.node, tables.weight, tables.count)
    )
    labels = [options.label(decode(row.comm), "?" if row.pid < 0 else row.pid, row.tid) for row in tables.whos]
    roots: dict[str, int] = {}
    root = _numbers(labels, roots)[who]
    stacks, frames, node = _java(tables, np.array([label == "java" for label in labels], bool)[who], node)
    stacks, leaf = under_roots(stacks, root, node, len(roots))
    rows = [Frame(label, Kind.PROCESS, "") for label in roots] + [_shown(frame, options.srcline) for frame in frames]
    rows, stacks = _used(rows, stacks)

    periods = frozenset() if options.weight == "samples" else tables.periods
    metrics = tuple(Metric(tables.events[i] or "samples", unit(tables.events[i], i in periods)) for i in chosen)
    value = weight if options.weight != "samples" else count
    column = np.searchsorted(chosen, event)
    time = tables.time[kept] if options.timeline else None
    cpu = np.array([row.cpu for row in tables.whos], np.int32)[who] if options.timeline else None
    known: dict[Who, int] = {}
    threads, who = np.unique(_numbers([row._replace(cpu=-1) for row in tables.whos], known)[who], return_inverse=True)
    named = [Thread(row.pid, row.tid, decode(row.comm)) for row in known]
    return Profile(
        _frames(rows),
        stacks,
        _samples(leaf, column, value, who, time, cpu, len(metrics)),
        metrics,
        tuple(named[i] for i in threads.tolist()),
        replace(
            meta,
            duration=tables.duration,
            period=_period(weight[column == 0], count[column == 0]) if chosen and chosen[0] in periods else 0,
            timeline=options.timeline,
            annotated=options.annotated(any(frame.kind == Kind.INLINED and frame.module for frame in rows)),
        ),
        tables.skipped,
    ).check()


def _chosen(tables: _Tables, options: Options) -> list[int]:
    """The events that are wanted and have samples: what looked like a header may have named another."""
    seen = np.unique(tables.event).tolist()
    return (
        seen if options.event is None or not seen else [seen[choose([tables.events[i] for i in seen], options.event)]]
    )


def _used(rows: list[Frame], stacks: Stacks) -> tuple[list[Frame], Stacks]:
    """The frames that are on a stack, and the trie over these alone."""
    used, number = np.unique(stacks.frame[1:], return_inverse=True)
    return [rows[i] for i in used.tolist()], Stacks(stacks.parent, np.concatenate(([-1], number)).astype(np.int32))


def _frames(rows: list[Frame]) -> Frames:
    name, kind, module, file, line = (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 5
    return Frames(name, np.array(kind, np.uint8), module, file, np.array(line, np.int32))


def _period(weight: np.ndarray, count: np.ndarray) -> int:
    """What one sample stands for, 0 where that varies."""
    each = np.unique(weight / count)
    return int(each[0]) if len(each) == 1 else 0


def _shown(frame: Frame, srcline: bool) -> Frame:
    return frame._replace(name=f"{frame.name}:{frame.file}:{frame.line}") if srcline and frame.file else frame


def _java(tables: _Tables, java: np.ndarray, node: np.ndarray) -> tuple[Stacks, list[Frame], np.ndarray]:
    """Stacks, frames and nodes with the names that Java processes show; `java` says which samples are theirs."""
    renamed = [frame._replace(name=tidy_java(frame.name)) for frame in tables.frames]
    if not java.any() or renamed == tables.frames:
        return tables.stacks, tables.frames, node
    frames = {frame: i for i, frame in enumerate(tables.frames)}
    stacks, went = graft(tables.stacks, _numbers(renamed, frames), tables.stacks)
    return stacks, list(frames), np.where(java, went[node], node)


def _samples(
    leaf: np.ndarray, column: np.ndarray, value: np.ndarray, who: np.ndarray, time: np.ndarray | None,
    cpu: np.ndarray | None, metrics: int,
) -> Samples:  # fmt: skip
    """One row per sample in time order, where there are times; one row per stack otherwise."""
    if time is None:
        stack, row = np.unique(leaf, return_inverse=True)
    else:
        stack, row = leaf, np.arange(len(leaf))
    values = np.zeros((len(stack), metrics), np.int64)
    np.add.at(values, (row, column), value)
    if time is None:
        return Samples(stack.astype(np.int32), values)
    if len(time) and time.min() < 0:
        time = None
    elif len(time) and time[0] == 0 and (np.diff(time) < 0).any():
        time = np.cumsum(time)  # `perf script --deltatime`: each time is the distance from the one before
    cpu = cpu if (cpu >= 0).any() else None
    return Samples(stack.astype(np.int32), values, time, who.astype(np.int32), cpu).in_time_order()
