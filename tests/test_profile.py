"""What the tables promise, and that `check` notices when they don't."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from drawn import drawn

from flamegraph.errors import EmptyProfile, UsageError
from flamegraph.profile import SUFFIX, Frames, Kind, Profile, Stacks, Thread


def changed(profile: Profile, path: str, value) -> Profile:
    """The profile with one column, such as stacks.parent, set to a value or to what a function makes of it."""
    table, _, column = path.partition(".")
    if not column:
        return replace(profile, **{table: value})
    old = getattr(profile, table)
    return replace(
        profile, **{table: replace(old, **{column: value(getattr(old, column)) if callable(value) else value})}
    )


def at(row: int, value):
    def change(column):
        column = np.array(column)
        column[row] = value
        return column

    return change


GOOD = "main;work 3\nmain;idle 1"


@pytest.mark.parametrize(
    ("path", "value", "promise"),
    [
        ("stacks.parent", at(0, 1), "node 0 is the root"),
        ("stacks.frame", at(0, 0), "node 0 is the root"),
        ("stacks.parent", at(1, 1), "parents come before children"),
        ("stacks.parent", at(2, 3), "parents come before children"),
        ("stacks.parent", at(2, -1), "parents exist"),
        ("stacks.frame", at(1, 9), "stacks refer to existing frames"),
        ("stacks.frame", at(1, -1), "stacks refer to existing frames"),
        ("stacks.frame", lambda column: column[:-1], "stack columns have one length"),
        ("stacks.parent", lambda column: column.astype(np.int64), "stack columns are int32"),
        ("samples.stack", at(0, 99), "samples refer to existing stacks"),
        ("samples.stack", at(0, -1), "samples refer to existing stacks"),
        ("samples.values", lambda column: column[:-1], "a row per sample"),
        ("samples.values", lambda column: column.astype(np.int32), "values are int64 or float64"),
        ("samples.time", np.zeros(1, np.int64), "sample columns have one length"),
        ("samples.thread", np.zeros(2, np.int32), "samples refer to existing threads"),
        ("samples.cpu", np.zeros(1, np.int32), "sample columns have one length"),
        ("samples.cpu", np.zeros(2, np.int64), "processors are int32"),
        ("samples.cpu", np.full(2, -2, np.int32), "a processor has a number"),
        ("frames.line", np.zeros(3, np.int64), "frame columns have their types"),
        ("frames.module", [""], "frame columns have one length"),
        ("skipped", {"reason": 0}, "what is listed as skipped happened"),
        ("metrics", (), "a column per metric"),
    ],
)
def test_check_names_the_broken_promise(path, value, promise):
    profile = drawn(GOOD)
    assert profile.check() is profile
    with pytest.raises(AssertionError, match=promise):
        changed(profile, path, value).check()


def test_threads_that_exist_pass():
    profile = changed(drawn(GOOD), "samples.thread", np.zeros(2, np.int32))
    assert replace(profile, threads=(Thread(1, 1, "main"),)).check()


def test_rows_and_time_order_take_all_columns_along():
    samples = replace(
        drawn("a 1\nb 2\nc 3", timeline=True).samples,
        time=np.array([30, 10, 10]),
        thread=np.array([0, 1, 2], np.int32),
        cpu=np.array([4, -1, 6], np.int32),
    )
    in_order, one = samples.in_time_order(), samples.rows(np.array([False, False, True]))
    for column in fields(samples):
        values = getattr(samples, column.name)
        assert getattr(in_order, column.name).tolist() == values[[1, 2, 0]].tolist()
        assert getattr(one, column.name).tolist() == values[2:].tolist()
    untimed = replace(samples, time=None, cpu=None)
    assert untimed.in_time_order() is untimed and untimed.rows(np.arange(2)).cpu is None


def test_a_profile_may_be_empty():
    frames = Frames.named([])
    empty = Stacks(np.zeros(1, np.int32), np.full(1, -1, np.int32))
    profile = replace(drawn(GOOD), frames=frames, stacks=empty)
    samples = replace(profile.samples, stack=np.zeros(0, np.int32), values=np.zeros((0, 1), np.int64))
    assert replace(profile, samples=samples).check().total() == 0


def test_values_and_totals():
    profile = drawn("a 1 10\na;b 2 20\na;b 4 40")
    assert profile.total() == 7 and profile.total(1) == 70
    assert profile.values(1).tolist() == [0, 10, 60]


def test_columns_by_name():
    profile = drawn("a 1 2")
    assert profile.column("after") == profile.column() == 1 and profile.column("before") == 0
    assert profile.sides == (0, 1) and drawn("a 1").sides is None and drawn("a 1").column() == 0
    with pytest.raises(UsageError, match="no metric is called 'cycles'; expected one of before, after"):
        profile.column("cycles")
    with pytest.raises(EmptyProfile, match="count after, found only zeros"):
        drawn("a 1 0").column()


def test_labels_carry_the_annotations_that_the_profile_has():
    profile = drawn("".join(f"f{suffix} 1\n" for suffix in SUFFIX.values()) + "f 1")
    assert profile.labels() == [f"f{suffix}" for suffix in SUFFIX.values()] + ["f"]
    profile = replace(profile, meta=replace(profile.meta, annotated=frozenset({Kind.JIT})))
    assert profile.labels().count("f") == len(SUFFIX) and "f_[j]" in profile.labels()


def test_a_suffix_belongs_to_one_kind():
    assert len(set(SUFFIX.values())) == len(SUFFIX)
