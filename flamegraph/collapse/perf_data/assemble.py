"""From rows to the profile: name the frames, hang the stacks below their comms, choose events and weights."""

from __future__ import annotations

import numpy as np

from ...builder import add_up
from ...chains import ranges, stacks_from_chains
from ...distinct import distinct
from ...errors import UsageError
from ...profile import Frames, Kind, Meta, Metric, Profile, Samples, Stacks, Thread
from ..perf_script.events import base_name, unit
from ..perf_script.frames import Frame, tidy_java
from .deferred import NEVER_CAME
from .events import TRACEPOINT, Attr, event_name
from .files import recorded_elsewhere
from .frames import ChainWords, FrameTable, Places
from .gather import Gather
from .header import Header
from .inline import AVAILABLE
from .options import Options
from .symbols import Resolver

__all__ = ["profile_of"]

_CHAIN, _STATE, _NAME, _PID, _TID, _EVENT = range(6)
_WEIGHT, _COUNT, _TIME = range(3)


def profile_of(header: Header, gather: Gather, options: Options) -> Profile:
    """The profile of what was gathered. UsageError where there is no such event."""
    keys, values = gather.rows.table()
    events = sorted(gather.rows.seen, key=lambda event: (gather.rows.seen[event], event))
    weighed = set(np.unique(keys[values[:, _WEIGHT] != values[:, _COUNT], _EVENT]).tolist())
    metrics, column = _metrics(header, events, weighed, options)
    keep = column[keys[:, _EVENT]] >= 0
    keys, values, column = keys[keep], values[keep], column[keys[keep, _EVENT]]
    weight = values[:, _COUNT if options.weight == "samples" else _WEIGHT]
    threads, thread = _threads(keys, list(gather.processes.names))
    chains, lacking = gather.deferred.completed(gather.chains)
    header.skip(NEVER_CAME, int(values[np.isin(keys[:, _CHAIN], lacking), _COUNT].sum()))

    resolver = Resolver(
        symfs=options.symfs, kallsyms=options.kallsyms, vmlinux=options.vmlinux, demangle=options.demangle,
        build_ids=header.build_ids,
        release=header.words.get("osrelease", "unknown"),
        inline=options.inline if AVAILABLE else "no",
        elsewhere=recorded_elsewhere(header.words),
    )  # fmt: skip
    table = FrameTable(options.spelling)
    labels = [options.label(row.name, row.pid, row.tid) for row in threads]
    words = ChainWords(chains, header.order)
    stacks, leaf = _stacks(words, Places(gather.processes, resolver, table), table, keys, labels, thread)
    for note, count in (gather.processes.losses | resolver.notes).items():
        header.skip(note, count)
    name, kind, module, file, line = (list(part) for part in zip(*table.rows, strict=True)) if table.rows else ([],) * 5
    profile = Profile(
        Frames(name, np.array(kind, np.uint8), module, file, np.array(line, np.int32)),
        stacks,
        _samples(leaf, column, weight, len(metrics), values[:, _TIME], thread, gather.rows.clocked, options),
        metrics,
        threads,
        Meta(
            command=" ".join(header.command),
            host=header.words.get("hostname", ""),
            duration=gather.rows.duration,
            period=_period(header.attrs, events, metrics),
            timeline=options.timeline,
            annotated=options.annotated(table.jit_inlined),
        ),
        header.skipped,
    )
    return profile.check()


def _metrics(
    header: Header, events: list[int], weighed: set[int], options: Options
) -> tuple[tuple[Metric, ...], np.ndarray]:
    """(metrics, the column of each event: -1 where it was not asked for). Events of one name are one metric.

    `weighed` are the events of which some sample counts more or less than one.
    """
    names = {event: event_name(header.attrs[event], header.tracepoints) for event in events}
    wanted = events
    if options.event is not None and events:
        wanted = [event for event in events if names[event] == options.event]
        wanted = wanted or [event for event in events if base_name(names[event]) == options.event]
        if not wanted:
            found = ", ".join(dict.fromkeys(names.values()))
            raise UsageError(f"--event {options.event}: expected one of {found}")
        if len(wanted) > 1:
            names = dict.fromkeys(wanted, options.event)
    column = np.full(len(header.attrs) + 1, -1, np.int64)
    metrics: dict[str, Metric] = {}
    for event in wanted:
        # A tracepoint happens once; only a few of them, such as sched:sched_stat_wait, give a period a meaning.
        counted = options.weight != "samples" and (header.attrs[event].type != TRACEPOINT or event in weighed)
        metrics.setdefault(names[event], Metric(names[event], unit(names[event], counted)))
        column[event] = list(metrics).index(names[event])
    return tuple(metrics.values()), column


def _period(attrs: list[Attr], events: list[int], metrics: tuple[Metric, ...]) -> int:
    """What one sample of the first metric stands for, where that is fixed."""
    if not events or not metrics or metrics[0].unit == "samples":
        return 0
    first = attrs[events[0]]
    return 0 if first.freq else min(first.period, 1 << 62)


def _threads(keys: np.ndarray, names: list[str]) -> tuple[tuple[Thread, ...], np.ndarray]:
    """(threads, the thread of each row); a pid or tid that makes no difference to the rows is -1."""
    number = distinct(distinct((keys[:, _PID] << 32) + keys[:, _TID])[0] * (len(names) + 1) + keys[:, _NAME])
    rows = keys[number[1]][:, (_PID, _TID, _NAME)].tolist()
    return tuple(Thread(pid, tid, names[name]) for pid, tid, name in rows), number[0]


def _stacks(
    words: ChainWords, places: Places, table: FrameTable, keys: np.ndarray, labels: list[str], thread: np.ndarray
) -> tuple[Stacks, np.ndarray]:
    """(trie, leaf of each row): each distinct chain in each memory below each label."""
    root = np.array([table.number(Frame(label, Kind.PROCESS, "")) for label in labels], np.int64)[thread]
    chain, state = keys[:, _CHAIN], keys[:, _STATE]
    pair, first = distinct(chain * (int(state.max(initial=0)) + 2) + state + 1)
    frames, lengths = places.frames_of(words, chain[first], state[first])
    stack, at = distinct(pair * (len(table.rows) + 1) + root)
    root, pair = root[at], pair[at]
    start = np.cumsum(lengths) - lengths
    length = lengths[pair]
    whole = np.empty(int(length.sum()) + len(at), np.int64)
    begin = np.cumsum(length + 1) - length - 1
    whole[begin] = root
    inner = np.ones(len(whole), bool)
    inner[begin] = False
    whole[inner] = frames[ranges(start[pair], length)]
    java = table.rows.get(Frame("java", Kind.PROCESS, ""), -1)
    if (root == java).any():
        mine = np.repeat(root == java, length + 1) & inner
        names = np.array([table.number(row._replace(name=tidy_java(row.name))) for row in list(table.rows)], np.int64)
        whole[mine] = names[whole[mine]]
    stacks, node = stacks_from_chains(whole, length + 1)
    return stacks, node[stack]


def _samples(
    leaf: np.ndarray, column: np.ndarray, weight: np.ndarray, metrics: int, time: np.ndarray, thread: np.ndarray,
    clocked: bool, options: Options,
) -> Samples:  # fmt: skip
    values = np.zeros((len(leaf), metrics), np.int64)
    values[np.arange(len(leaf)), column] = weight
    if not options.timeline:
        return add_up(Samples(leaf, values))
    order = np.argsort(time, kind="stable")
    return Samples(leaf[order], values[order], time[order] if clocked else None, thread[order].astype(np.int32))
