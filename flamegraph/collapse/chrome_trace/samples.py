"""Stacks that were sampled: those of DevTools' CPU profiles, and those that events and "samples" refer to by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...forest import Forest
from ...trace_events import Clock, Event, Trace
from ...trace_owners import Names, Owner, ShownOwners
from ...v8 import CpuProfile, add_profile

__all__ = ["Sampled", "cpu_profiles", "numbered_stacks"]


@dataclass(frozen=True)
class Sampled:
    """One row per sample: its thread and stack, its time in ns, how long it lasted, and how many it counts for."""

    owners: list[Owner]
    owner: np.ndarray
    row: np.ndarray
    time: np.ndarray
    duration: np.ndarray
    count: np.ndarray
    skipped: dict[str, int]


def cpu_profiles(events: list[Event], forest: Forest, names: Names, shown: ShownOwners) -> Sampled:
    """The CPU profiles among the events.

    Profile begins one and ProfileChunk brings what it holds, from another thread; CpuProfile is a whole one.
    """
    found: dict[tuple[str, str], tuple[Owner, CpuProfile]] = {}
    pieces = [event for event in events if event.get("name") in ("Profile", "ProfileChunk", "CpuProfile")]
    for event in sorted(pieces, key=lambda event: event["name"] == "ProfileChunk"):
        args = event.get("args")
        data = args.get("data") if type(args) is dict else None
        if type(data) is not dict:
            continue
        owner = str(event.get("pid")), str(event.get("tid"))
        id = f"alone {len(found)}" if event["name"] == "CpuProfile" else str(event.get("id"))
        _, profile = found.setdefault((owner[0], id), (owner, CpuProfile()))
        profile.extend(data)
        if type(data.get("cpuProfile")) is dict:
            profile.extend(data["cpuProfile"])
    profiles = sorted((one for one in found.values() if one[1].samples), key=lambda one: -len(one[1].samples))
    owners = list(dict.fromkeys(owner for owner, _ in profiles))
    roots = dict(zip(owners, names.roots(forest, owners, shown).tolist(), strict=True))
    columns = [np.zeros((4, 0), np.int64)]
    skipped: dict[str, int] = {}
    covered: dict[Owner, list[tuple[int, int]]] = {}
    for owner, profile in profiles:
        samples = add_profile(forest, profile, roots[owner])
        time = np.rint(samples.time * 1000).astype(np.int64)
        dropped = samples.skipped
        if len(time):
            first, last = int(time[0]), int(time[-1])
            # Two profilers may have watched one thread, as those of Node's --cpu-prof and of its tracing do.
            if any(first < until and since < last for since, until in covered.get(owner, ())):
                dropped = {"sample of a thread that a longer CPU profile covers": len(time)}
                time = time[:0]
            covered.setdefault(owner, []).append((first, last))
        n = len(time)
        columns.append(np.stack((np.full(n, owners.index(owner)), samples.row[:n], time, samples.duration[:n])))
        for reason, count in dropped.items():
            skipped[reason] = skipped.get(reason, 0) + count
    who, row, time, duration = np.concatenate(columns, axis=1)
    return Sampled(owners, who, row, time, duration, np.ones(len(row), np.int64), skipped)


def numbered_stacks(trace: Trace, forest: Forest, names: Names, shown: ShownOwners) -> Sampled:
    """The samples whose stacks are in "stackFrames". One lasts until its thread's next."""
    table, listed = trace.around.get("stackFrames"), trace.around.get("samples")
    table = table if type(table) is dict else {}
    events = [event for event in listed if type(event) is dict] if type(listed) is list else []
    events += [event for event in trace.events if event.get("ph") == "P" and "sf" in event]
    clock = Clock([event.get("ts") for event in events])
    time, good = clock.times([event.get("ts") for event in events])
    in_time = np.flatnonzero(good)[np.argsort(time[good], kind="stable")]
    owners = [(str(event.get("pid")), str(event.get("tid"))) for event in events]
    numbers = {owner: i for i, owner in enumerate(dict.fromkeys(owners[i] for i in in_time.tolist()))}
    owner = np.array([numbers[owners[i]] for i in in_time.tolist()], np.int64)
    duration = _until_next(owner, time[in_time])

    stack = [str(event.get("sf")) for event in events]
    known = np.array([stack[i] in table for i in in_time.tolist()], bool)
    skipped = {"sample without a time": int((~good).sum()), "sample of an unknown stack": int((~known).sum())}
    kept, owner = in_time[known], owner[known]
    roots = names.roots(forest, list(numbers), shown)[owner].tolist()
    return Sampled(
        list(numbers),
        owner,
        _rows(forest, table, [stack[i] for i in kept.tolist()], roots),
        time[kept] + clock.base,
        duration[known],
        np.array([_weight(events[i].get("weight")) for i in kept.tolist()], np.int64),
        {reason: count for reason, count in skipped.items() if count},
    )


def _rows(forest: Forest, table: dict[str, Any], stacks: list[str], roots: list[int]) -> np.ndarray:
    """The rows of stacks, each given by the number of its innermost frame, on the rows `roots`."""
    frames: dict[str, tuple[str, int]] = {}
    for id, said in table.items():
        said = said if type(said) is dict else {}
        name, module, parent = said.get("name"), said.get("category"), said.get("parent")
        name, module = (name if type(name) is str else "(unnamed)"), (module if type(module) is str else "")
        frames[id] = "" if parent is None else str(parent), forest.frame(name, module=module)
    places: dict[int, list[int]] = {}
    for i, root in enumerate(roots):
        places.setdefault(root, []).append(i)
    rows = np.zeros(len(stacks), np.int64)
    for root, mine in places.items():
        below: dict[str, tuple[str, int]] = {}
        for id in {stacks[i] for i in mine}:
            while id in frames and id not in below:
                below[id] = frames[id]
                id = frames[id][0]
        made = forest.tree(below, root)
        rows[mine] = [made.get(stacks[i], root) for i in mine]
    return rows


def _until_next(owner: np.ndarray, time: np.ndarray) -> np.ndarray:
    """How long it is from each sample to the next one of its thread, 0 for its last. `time` ascends."""
    order = np.argsort(owner, kind="stable")
    duration = np.diff(time[order], append=0)
    duration[np.diff(owner[order], append=-1) != 0] = 0
    out = np.empty_like(duration)
    out[order] = duration
    return out


def _weight(value: Any) -> int:
    """How many samples one counts for."""
    try:
        return int(value) if value is not None and 0 <= float(value) < 2**53 else 1
    except (TypeError, ValueError, OverflowError):
        return 1
