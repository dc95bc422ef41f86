"""pprof: profile.proto, what Go's runtime/pprof and most continuous profilers write. Compressed with gzip, or plain.

    sample_type   inuse_space in bytes, cpu in nanoseconds, …: each is a metric
    sample        location ids, the leaf first · a value per sample type · labels
    location      address, mapping · lines: several where functions were inlined, the innermost first
    function, mapping, string_table

All sample types become metrics, times in ns and memory in bytes. The first one is what `go tool pprof` shows:
default_sample_type, or else the last. Functions that the profile itself calls uninteresting (drop_frames, as tcmalloc
writes it) are left out with what they call, as pprof does. Where a location has no function its address stands for it.

Deliberate differences from pprof: two sample types may have one name; a stack that refers to a location that is not
there is kept with "<unknown>" in its place; `--tag-root` shows samples without the label below "[no KEY]", which pprof
leaves nameless.

A difference that `pprof -diff_base` wrote is a comparison here: what stands for the base becomes the metric "before",
the rest "after", and other sample types stay differences. After `pprof -base` that can't be told: values that are
negative stay so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...builder import add_up, stacks_from_chains
from ...description import Description, EventDescription
from ...errors import EmptyProfile, ParseError
from ...frame_table import FrameTable
from ...locations import Places, expand
from ...options import option
from ...profile import Meta, Metric, Profile, Samples
from ...protobuf_shape import BYTES, NUMBER, NUMBERS, Shape, look
from ...ragged import Ragged, side_by_side
from ...source import Source
from ...sums import LARGEST, too_large
from ...value_types import base_unit, in_base_unit, metric_names
from .. import Format, Match
from .dropped import drop
from .labels import Labels
from .reader import Tables, read_tables

__all__ = ["FORMAT", "Options", "describe", "parse", "sniff"]


@dataclass(frozen=True)
class Options:
    """What `pprof` may be asked."""

    tag_root: tuple[str, ...] = option((), "stand stacks on the value of this label, or attribute", metavar="KEY")
    tag_leaf: tuple[str, ...] = option((), "put the value of this label, or attribute, on top of stacks", metavar="KEY")
    drop_frames: bool = option(
        True, "leave out what the profile calls uninteresting (its drop_frames)", off="--no-drop-frames"
    )
    timeline: bool = option(False, "keep samples one by one, in time order where labels tell the time")


FORMAT = Format(
    title="pprof profile (profile.proto)",
    made_by="go test -cpuprofile=cpu.pprof; curl HOST/debug/pprof/heap; pprof -proto",
    options=Options,
    files=("*.pprof", "*.pb", "*.prof"),
)

#: The label of samples that pprof subtracted.
_BASE = "pprof::base"

_VALUE_TYPE: Shape = {1: NUMBER, 2: NUMBER}
_LABEL: Shape = dict.fromkeys(range(1, 5), NUMBER)
_LINE: Shape = dict.fromkeys(range(1, 4), NUMBER)
_PROFILE: Shape = {
    1: _VALUE_TYPE,
    2: {1: NUMBERS, 2: NUMBERS, 3: _LABEL},
    3: dict.fromkeys(range(1, 11), NUMBER),
    4: {1: NUMBER, 2: NUMBER, 3: NUMBER, 4: _LINE, 5: NUMBER},
    5: dict.fromkeys(range(1, 6), NUMBER),
    6: BYTES,
    **dict.fromkeys((7, 8, 9, 10, 12, 14, 15), NUMBER),
    11: _VALUE_TYPE,
    13: NUMBERS,
}


def sniff(source: Source) -> Match:
    """A message whose fields are those of a profile, as far as they can be seen."""
    seen = look(source.head, _PROFILE)
    if seen is None:
        return Match.NO
    # A whole profile has sample types and strings; of one that goes on, two kinds of messages are enough.
    if len(source.head) == len(source.data) and not seen.cut:
        return Match.SIGNATURE if {(1,), (6,)} <= seen.fields else Match.NO
    return Match.SIGNATURE if len(seen.fields & {(1,), (2,), (3,), (4,), (5,), (11,)}) > 1 else Match.NO


def parse(source: Source, options: Options) -> Profile:
    tables = read_tables(source)
    if options.drop_frames:
        tables = drop(tables)
    labels = Labels(tables.labels, tables.strings, len(tables.values))
    frames = FrameTable()
    chains, places = _with_tags(tables, labels, options, frames)
    # The order of stacks and that within each are both turned over, so that each is outermost first.
    stacks, leaf = stacks_from_chains(chains.values[::-1], chains.lengths[::-1])
    stacks, went = expand(stacks, places, source)
    threads, thread = labels.threads()
    metrics, values = _columns(tables, labels, source)
    samples = Samples(went[leaf[::-1]], values)
    if options.timeline:
        samples = _in_time_order(samples, labels.times(), thread)
    unit, factor = base_unit(tables.period_type[1])
    return Profile(
        frames.frames(),
        stacks,
        samples if options.timeline else add_up(samples),
        tuple(metrics),
        tuple(threads),
        Meta(
            title="; ".join(" ".join(comment.split()) for comment in tables.comments),
            duration=max(tables.duration, 0),
            period=tables.period * factor if metrics and unit == metrics[0].unit else 0,
            timeline=options.timeline,
        ),
        tables.skipped,
    )


def describe(source: Source) -> Description:
    """What was recorded: the sample types, in the order of the file."""
    tables = read_tables(source)
    if not len(tables.values):
        raise EmptyProfile(f"{source.name}: expected samples, found none")
    values = _values(tables, source)
    return Description(
        events=tuple(
            EventDescription(metric.name, metric.unit, int(np.count_nonzero(column)), int(column.sum()))
            for metric, column in zip(metric_names(tables.types), values.T, strict=True)
        ),
        duration=max(tables.duration, 0),
        skipped=tables.skipped,
    )


def _columns(tables: Tables, labels: Labels, source: Source) -> tuple[list[Metric], np.ndarray]:
    """The metrics, first what is shown by default, or both sides of that, and a column of all samples for each."""
    metrics, values = metric_names(tables.types), _values(tables, source)
    if not metrics:
        return metrics, values
    order = [tables.default, *(i for i in range(len(metrics)) if i != tables.default)]
    metrics, values = [metrics[i] for i in order], values[:, order]
    base = labels.having(_BASE)
    if base.any():
        change, unit = values[:, 0], metrics[0].unit
        metrics = [Metric("before", unit), Metric("after", unit), *metrics[1:]]
        values = np.column_stack((np.where(base, -change, 0), np.where(base, 0, change), values[:, 1:]))
    return metrics, values


def _values(tables: Tables, source: Source) -> np.ndarray:
    """The values of all samples in base units. ParseError where they are too large."""
    columns = [
        in_base_unit(column, base_unit(unit)[1])
        for column, (_, unit) in zip(tables.values.T, tables.types, strict=True)
    ]
    for column, (name, _) in zip(columns, tables.types, strict=True):
        over = (0, f"more than {LARGEST:,}") if column is None else too_large(column[:, None])
        if over:
            raise ParseError(source.name, f"values of {name} that add up to less than 2^63", str(over[1]))
    return np.stack(columns, axis=1) if columns else tables.values


def _with_tags(tables: Tables, labels: Labels, options: Options, frames: FrameTable) -> tuple[Ragged, Places]:
    """Stacks of locations, leaf first, with labels at either end, and the frames of locations."""
    used = np.zeros(len(tables.locations.module), bool)
    used[tables.chains.values] = True
    places = [Places.of(tables.locations, used, frames)]
    size = len(used)
    ends = []
    for keys in (options.tag_leaf, options.tag_root):
        ends.append([])
        # The first key is nearest to the root, the last one to the leaf.
        for key in reversed([key for given in keys for key in given.split(",")]):
            which, texts = labels.values(key)
            places.append(Places.single([frames.frame(text) for text in texts]))
            ends[-1].append((Ragged.of([[size + i] for i in range(len(texts))]), which))
            size += len(texts)
    leaves, roots = ends
    if not leaves and not roots:
        return tables.chains, places[0]
    whole = (tables.chains, np.arange(len(tables.chains.lengths)))
    return side_by_side([*leaves, whole, *roots]), Places.joined(places)


def _in_time_order(samples: Samples, time: np.ndarray | None, thread: np.ndarray | None) -> Samples:
    if time is None:
        return Samples(samples.stack, samples.values, None, thread)
    order = np.argsort(time, kind="stable")
    return Samples(samples.stack[order], samples.values[order], time[order], None if thread is None else thread[order])
