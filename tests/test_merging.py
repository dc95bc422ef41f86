"""Merging: a union that is exact and does not care about the order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import by_stack, drawn, folded, lines
from hypothesis import given

from flamegraph.builder import Builder
from flamegraph.collapse import read
from flamegraph.errors import IncompatibleProfiles
from flamegraph.merging import merge
from flamegraph.profile import Kind, Metric, Profile, Thread


def profile_of(lines) -> Profile:
    return read(folded(lines), format="folded")


def added(*parts: dict) -> dict:
    sums: dict[tuple[str, ...], int] = {}
    for part in parts:
        for stack, (value,) in part.items():
            sums[stack] = sums.get(stack, 0) + value
    return {stack: [value] for stack, value in sums.items()}


@given(lines, lines)
def test_merging_adds_up_and_order_does_not_matter(one, two):
    a, b = profile_of(one), profile_of(two)
    both = merge([a, b])
    assert by_stack(both) == by_stack(merge([b, a])) == added(by_stack(a), by_stack(b))
    assert both.total() == a.total() + b.total()
    assert len(set(zip(both.stacks.parent.tolist(), both.stacks.frame.tolist(), strict=True))) == len(both.stacks)


@given(lines, lines, lines)
def test_grouping_does_not_matter(one, two, three):
    a, b, c = (profile_of(part) for part in (one, two, three))
    wanted = by_stack(merge([a, b, c]))
    assert by_stack(merge([merge([a, b]), c])) == by_stack(merge([a, merge([b, c])])) == wanted


@given(lines)
def test_with_itself(one):
    profile = profile_of(one)
    twice = merge([profile, profile])
    assert by_stack(twice) == {stack: [2 * value for value in row] for stack, row in by_stack(profile).items()}
    assert len(twice.stacks) == len(profile.stacks) and len(twice.frames) == len(profile.frames)


def test_one_alone_is_itself():
    profile = drawn("a 1")
    assert merge([profile]) is profile


def test_metrics_go_by_name_and_a_lacking_one_counts_nothing():
    one = replace(drawn("a 1 2\nb 3 4"), metrics=(Metric("cycles", "cycles"), Metric("faults", "samples")))
    two = replace(drawn("b 5\nc 6"), metrics=(Metric("faults", "samples"),))
    both = merge([one, two])
    assert [metric.name for metric in both.metrics] == ["cycles", "faults"]
    assert by_stack(both) == {("a",): [1, 2], ("b",): [3, 9], ("c",): [0, 6]}


def test_a_metric_with_two_units():
    one, two = drawn("a 1"), replace(drawn("a 1"), metrics=(Metric("samples", "ns"),))
    with pytest.raises(IncompatibleProfiles, match="samples is in samples in one input and in ns in another"):
        merge([one, two])


def test_time_order_does_not_mix():
    with pytest.raises(IncompatibleProfiles, match="time order"):
        merge([drawn("a 1"), drawn("a 1", timeline=True)])


def test_fractions_and_counts():
    both = merge([drawn("a 1.5"), drawn("a 2")])
    assert by_stack(both) == {("a",): [3.5]} and both.samples.values.dtype == np.float64


def test_what_was_dropped_is_added_up():
    both = merge([drawn("a 1\njunk"), drawn("b 1\njunk\nmore\nc -1")])
    assert both.skipped == {"line without a count": 3, "negative count": 1}


def test_annotations_of_both():
    both = merge([drawn("a;read_[k] 1"), drawn("a;run_[j] 1\na;read_[k] 2\na;read 4")])
    assert by_stack(both) == {("a", "read_[k]"): [3], ("a", "run_[j]"): [1], ("a", "read"): [4]}
    assert both.meta.annotated == {Kind.KERNEL, Kind.JIT}


def recorded(*samples: tuple[str, int, str]) -> Profile:
    build = Builder(timeline=True)
    build.metric("samples", "samples")
    for name, time, thread in samples:
        build.sample(build.stack([build.frame(name)]), 1, time=time, thread=build.thread(1, len(thread), thread))
    return build.finish().check()


def test_timelines_interleave():
    both = merge([recorded(("a", 10, "main"), ("b", 30, "io")), recorded(("c", 20, "worker"), ("a", 40, "main"))])
    names = [both.frames.name[frame] for frame in both.stacks.frame[both.samples.stack]]
    assert names == ["a", "c", "b", "a"] and both.samples.time.tolist() == [10, 20, 30, 40]
    assert [both.threads[t].name for t in both.samples.thread] == ["main", "worker", "io", "main"]
    assert set(both.threads) == {Thread(1, 4, "main"), Thread(1, 2, "io"), Thread(1, 6, "worker")}


def test_processors_are_kept_where_an_input_knows_them():
    known, unknown = recorded(("a", 10, "main"), ("b", 30, "io")), recorded(("c", 20, "main"))
    known = replace(known, samples=replace(known.samples, cpu=np.array([3, 0], np.int32)))
    for both in (merge([known, unknown]), merge([unknown, known])):
        assert both.samples.time.tolist() == [10, 20, 30] and both.samples.cpu.tolist() == [3, -1, 0]
    assert merge([unknown, unknown]).samples.cpu is None


def test_counts_stay_exact():
    assert merge([drawn(f"a {2**53}"), drawn("a 1"), drawn(f"b {2**62}")]).values().tolist() == [0, 2**53 + 1, 2**62]


def test_inputs_that_measure_different_things_in_any_order():
    def one(*metrics: str) -> Profile:
        build = Builder()
        for metric in metrics:
            build.metric(metric, metric)
        build.sample_all(build.stack([build.frame("f")]), [1] * len(metrics))
        return build.finish()

    profiles = [one("cycles"), one("bytes"), one("cycles", "bytes")]
    orders = [profiles, profiles[::-1], [profiles[1], profiles[2], profiles[0]]]
    assert len({tuple(metric.name for metric in merge(order).metrics) for order in orders}) == 1
    assert [m.name for m in merge([one("z", "a"), one("z", "a")]).metrics] == ["z", "a"], "the order that all have"


def test_what_inputs_do_not_all_say_is_not_said():
    a, b = (
        replace(p, meta=replace(p.meta, command=command, host="h", period=period))
        for p, command, period in zip([profile_of([(["a"], 1)])] * 2, ("x", "y"), (10, 20), strict=True)
    )
    for both in (merge([a, b]), merge([b, a])):
        assert (both.meta.command, both.meta.host, both.meta.period) == ("", "h", 0)
    assert merge([a, a]).meta.period == 10
