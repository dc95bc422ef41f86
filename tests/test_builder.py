"""Building a profile line by line, and adding samples up."""

from __future__ import annotations

import numpy as np
from drawn import by_stack, chains
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.builder import Builder, add_up, stacks_from_chains, without_empty
from flamegraph.profile import Kind, Meta, Metric, Samples, Thread


def test_a_frame_is_one_row_for_the_same_columns():
    build = Builder()
    rows = [
        build.frame("read"),
        build.frame("read", Kind.KERNEL),
        build.frame("read", module="libc.so"),
        build.frame("read", file="io.c", line=7),
        build.frame("read", file="io.c", line=8),
    ]
    assert rows == [0, 1, 2, 3, 4] and build.frame("read", module="libc.so") == 2
    build.sample(build.stack(rows), 1, build.metric("samples", "samples"))
    frames = build.finish().check().frames
    assert list(frames.name) == ["read"] * 5 and frames.kind.tolist() == [0, Kind.KERNEL, 0, 0, 0]
    assert frames.module[2] == "libc.so" and frames.file[4] == "io.c" and frames.line.tolist() == [0, 0, 0, 7, 8]


def test_metrics_are_columns():
    build = Builder()
    cycles, faults = build.metric("cycles", "cycles"), build.metric("faults", "samples")
    assert build.metric("cycles", "cycles") == cycles
    main = build.stack([build.frame("main")])
    build.sample(main, 10, cycles)
    build.sample(main, 1, faults)
    build.sample(main, 5, cycles)
    profile = build.finish().check()
    assert profile.metrics == (Metric("cycles", "cycles"), Metric("faults", "samples"))
    assert by_stack(profile) == {("main",): [15, 1]} and len(profile.samples) == 1


def test_a_timeline_is_in_time_order_and_keeps_threads():
    build = Builder(timeline=True)
    build.metric("samples", "samples")
    one, two = build.thread(1, 1, "main"), build.thread(1, 2, "worker")
    assert build.thread(1, 1, "main") == one
    a, b = build.stack([build.frame("a")]), build.stack([build.frame("b")])
    for stack, time, thread in [(a, 30, one), (b, 10, two), (a, 20, one), (b, 20, two)]:
        build.sample(stack, 1, time=time, thread=thread)
    profile = build.finish(Meta(title="t")).check()
    assert profile.meta == Meta(title="t", timeline=True)
    assert profile.samples.time.tolist() == [10, 20, 20, 30] and profile.samples.stack.tolist() == [b, a, b, a]
    assert profile.samples.thread.tolist() == [two, one, two, one]
    assert profile.threads == (Thread(1, 1, "main"), Thread(1, 2, "worker"))


def test_a_timeline_without_times_is_in_the_order_it_came():
    build = Builder(timeline=True)
    build.metric("samples", "samples")
    b, a = (build.stack([build.frame(name)]) for name in "ba")
    for stack in (b, a, b):
        build.sample(stack, 2)
    samples = build.finish().check().samples
    assert samples.stack.tolist() == [b, a, b] and samples.time is None and samples.thread is None


def test_times_and_threads_are_dropped_when_samples_are_added_up():
    build = Builder()
    build.metric("samples", "samples")
    build.sample(build.stack([build.frame("a")]), 1, time=5, thread=build.thread(1, 1, "main"))
    samples = build.finish().check().samples
    assert samples.time is None and samples.thread is None


def test_what_was_dropped_is_counted():
    build = Builder()
    build.skip("torn line")
    build.skip("torn line", 2)
    build.skip("never", 0)
    profile = build.finish().check()
    assert profile.skipped == {"torn line": 3} and len(profile.samples) == 0 and len(profile.stacks) == 1


def test_one_fraction_makes_the_column_one_of_fractions():
    build = Builder()
    build.metric("samples", "samples")
    build.sample(build.stack([build.frame("a")]), 1)
    assert build.finish().samples.values.dtype == np.int64
    build.sample(build.stack([build.frame("a")]), 0.5)
    assert build.finish().samples.values.tolist() == [[1.5]]


@given(chains)
def test_builder_and_arrays_build_the_same_trie(stacks):
    build = Builder(timeline=True)
    build.metric("samples", "samples")
    for frame in range(4):
        build.frame(str(frame))
    for stack in stacks:
        build.sample(build.stack(stack), 1)
    one = build.finish().check()
    frames, lengths = [f for stack in stacks for f in stack], [len(stack) for stack in stacks]
    two, node = stacks_from_chains(np.array(frames, np.int64), np.array(lengths, np.int64))

    def walk(trie):
        path = [()]
        for parent, frame in zip(trie.parent.tolist()[1:], trie.frame.tolist()[1:], strict=True):
            path.append((*path[parent], frame))
        return path

    first, second = walk(one.stacks), walk(two)
    assert set(first) == set(second) and len(first) == len(second)
    assert [first[n] for n in one.samples.stack] == [second[n] for n in node]


row = st.tuples(st.integers(0, 5), st.integers(-(2**53) - 1, 2**53 + 1), st.integers(0, 3))


@given(st.lists(row, max_size=30), st.booleans())
def test_adding_up(rows, fractions):
    rows = [(stack, a / 2, b / 2) for stack, a, b in rows] if fractions else rows
    values = np.array([r[1:] for r in rows], np.float64 if fractions else np.int64).reshape(-1, 2)
    samples = add_up(Samples(np.array([r[0] for r in rows], np.int32), values))
    wanted: dict[int, list] = {}
    for stack, *row in rows:
        known = wanted.setdefault(stack, [0, 0])
        known[:] = [a + b for a, b in zip(known, row, strict=True)]
    assert samples.stack.tolist() == sorted(wanted) and samples.stack.dtype == np.int32
    assert samples.values.dtype == values.dtype
    np.testing.assert_allclose(
        samples.values, np.reshape([wanted[k] for k in sorted(wanted)], (-1, 2)), rtol=1e-12 if fractions else 0
    )


def test_a_sample_of_several_metrics_is_one_row():
    build = Builder(timeline=True)
    for name in ("wall", "cpu", "freed"):
        build.metric(name, "ns")
    node = build.stack([build.frame("main")])
    build.sample_all(node, (5, 3, 0), time=7)
    build.sample(node, 2, metric=1, time=8)
    profile = build.finish()
    assert profile.samples.values.tolist() == [[5, 3, 0], [0, 2, 0]] and profile.samples.time.tolist() == [7, 8]
    counting = without_empty(profile)
    assert [metric.name for metric in counting.metrics] == ["wall", "cpu"]
    assert counting.samples.values.tolist() == [[5, 3], [0, 2]] and counting.samples.time.tolist() == [7, 8]


def test_metrics_of_nothing_but_zeros_stay():
    build = Builder()
    build.metric("samples", "samples")
    build.sample(0, 0)
    assert [metric.name for metric in without_empty(build.finish()).metrics] == ["samples"]


def test_a_line_that_no_file_has_is_unknown():
    build = Builder()
    assert build.frame("f", line=-1) == build.frame("f", line=2**31) == build.frame("f") != build.frame("f", line=1)
