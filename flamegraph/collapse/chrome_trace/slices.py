"""From events to slices: what began when and lasted how long, on which thread or in which asynchronous operation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...trace_events import Clock, Event
from ...trace_owners import Owner

__all__ = ["Slices", "asynchronous", "synchronous"]

_BEGIN = ("B", "b", "S")


@dataclass(frozen=True)
class Slices:
    """One row each.

    clock    what the times are from
    owners   the threads, as (process, thread)
    track    which of the tracks on which slices are nested a slice is on: a thread, or an operation
    owner    of each track, its thread
    event    what says its name
    """

    clock: Clock
    owners: list[Owner]
    owner: np.ndarray
    track: np.ndarray
    start: np.ndarray
    end: np.ndarray
    event: list[Event]
    skipped: dict[str, int]


def synchronous(events: list[Event]) -> Slices:
    """Those of threads: X, and B with its E."""
    lasting = [event for event in events if event.get("ph") == "X"]
    pairs = [event for event in events if event.get("ph") in ("B", "E")]
    return _slices(pairs, [_owner(e) for e in pairs], lasting, [_owner(e) for e in lasting])


def asynchronous(events: list[Event]) -> Slices:
    """Those of operations, which events belong to by category and id: b with its e, S with its F."""
    pairs = [event for event in events if event.get("ph") in ("b", "e", "S", "F")]
    return _slices(pairs, [_operation(event) for event in pairs], [], [])


def _owner(event: Event) -> Owner:
    return str(event.get("pid")), str(event.get("tid"))


def _operation(event: Event) -> tuple[str, ...]:
    """The process, then what sets an operation apart from the others."""
    id = event.get("id")
    if id is None:
        id = event.get("id2")
    name = str(event.get("name")) if event.get("ph") in ("S", "F") else ""
    return str(event.get("pid")), "", str(event.get("cat")), str(event.get("scope")), str(id), name


def _slices(
    pairs: list[Event],
    track_of_pair: list[tuple[str, ...]],
    lasting: list[Event],
    track_of_lasting: list[tuple[str, ...]],
) -> Slices:
    skipped: dict[str, int] = {}
    clock = Clock([event.get("ts") for event in lasting], [event.get("ts") for event in pairs])
    tracks: dict[tuple[str, ...], int] = {}
    of_pair = np.array([tracks.setdefault(track, len(tracks)) for track in track_of_pair], np.int64)
    of_lasting = np.array([tracks.setdefault(track, len(tracks)) for track in track_of_lasting], np.int64)

    at, good = clock.times([event.get("ts") for event in lasting])
    length, measured = clock.durations([_length(event) for event in lasting])
    _skip(skipped, "event without a time", int((~good).sum()))
    _skip(skipped, "event without a duration", int((good & ~measured).sum()))
    good &= measured
    kept = np.flatnonzero(good)

    moment, timed = clock.times([event.get("ts") for event in pairs])
    _skip(skipped, "event without a time", int((~timed).sum()))
    last = np.zeros(len(tracks), np.int64)
    np.maximum.at(last, of_pair[timed], moment[timed])
    np.maximum.at(last, of_lasting[kept], (at + length)[kept])
    begin, end = _matched(pairs, of_pair, moment, timed, last, skipped)

    # Where two last equally long, those that were told by two events stand outside, as in speedscope.
    used, track = np.unique(np.concatenate((of_pair[begin], of_lasting[kept])), return_inverse=True)
    keys = list(tracks)
    owners: dict[Owner, int] = {}
    owner = [owners.setdefault((keys[i][0], keys[i][1]), len(owners)) for i in used.tolist()]
    return Slices(
        clock,
        list(owners),
        np.array(owner, np.int64),
        track,
        np.concatenate((moment[begin], at[kept])),
        np.concatenate((end, (at + length)[kept])),
        [pairs[i] for i in begin.tolist()] + [lasting[i] for i in kept.tolist()],
        skipped,
    )


def _length(event: Event) -> object:
    length = event.get("dur")
    return event.get("tdur") if length is None else length


def _matched(
    events: list[Event], track: np.ndarray, moment: np.ndarray, timed: np.ndarray, last: np.ndarray,
    skipped: dict[str, int],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """(begin, when it ended) for each event that begins something, in their order.

    An end belongs to the last open begin of its name on its track, or to the last open one if it has no name. What is
    never ended lasts as long as what is around it, or as anything on its track.
    """
    order = np.argsort(moment, kind="stable")
    order = order[timed[order]].tolist()
    open_: dict[int, list[int]] = {}
    named: dict[tuple[int, str], list[int]] = {}
    around: dict[int, int] = {}
    ended: dict[int, int] = {}
    tracks, moments = track.tolist(), moment.tolist()
    for i in order:
        event, who = events[i], tracks[i]
        name = event.get("name")
        stack = open_.setdefault(who, [])
        while stack and stack[-1] in ended:
            stack.pop()
        if event["ph"] in _BEGIN:
            around[i] = stack[-1] if stack else -1
            stack.append(i)
            named.setdefault((who, str(name)), []).append(i)
            continue
        candidates = stack if name is None or name == "" else named.get((who, str(name)), [])
        while candidates and candidates[-1] in ended:
            candidates.pop()
        if candidates:
            ended[candidates.pop()] = moments[i]
        else:
            _skip(skipped, "end without a begin", 1)
    for i, outer in around.items():  # the outer ones come first
        if i not in ended:
            ended[i] = max(ended.get(outer, int(last[tracks[i]])), moments[i])
            _skip(skipped, "begin without an end, ended with what is around it", 1)
    begins = sorted(around)
    return np.array(begins, np.int64), np.array([ended[i] for i in begins], np.int64)


def _skip(skipped: dict[str, int], reason: str, count: int) -> None:
    if count:
        skipped[reason] = skipped.get(reason, 0) + count
