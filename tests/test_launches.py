"""Operations on a GPU become samples in the way that is asked for."""

from __future__ import annotations

import pytest
from drawn import by_stack

from flamegraph.builder import Builder
from flamegraph.launches import Operations
from flamegraph.profile import Kind


def counted(what: str | None, timeline: bool = False):
    build, operations = Builder(timeline=timeline), Operations()
    main, (a, b, c) = build.stack([build.frame("main")]), (build.frame(name, Kind.GPU) for name in "abc")
    operations.add(main, a, "GPU 0", 100, 200, called=50)
    operations.add(main, b, "GPU 0", 150, 250, called=60)
    operations.add(main, a, "GPU 0", 300, 310, called=290)
    operations.add(main, c, "GPU 1", 0, 40)
    operations.sample(build, what)
    assert len(operations) == 4 and operations.duration == 310
    return build.finish()


@pytest.mark.parametrize(
    ("what", "name", "expected"),
    [
        (None, "gpu time", {("main", "a"): [110], ("main", "b"): [100], ("main", "c"): [40]}),
        ("time", "gpu time", {("main", "a"): [110], ("main", "b"): [100], ("main", "c"): [40]}),
        ("busy", "gpu busy", {("main", "a"): [85], ("main", "b"): [75], ("main", "c"): [40]}),
        ("idle", "gpu idle", {("main", "[gpu idle: host wait]", "a"): [50]}),
        ("launches", "launches", {("main", "a"): [2], ("main", "b"): [1], ("main", "c"): [1]}),
    ],
)
def test_what_counts(what: str | None, name: str, expected: dict):
    profile = counted(what)
    assert [metric.name for metric in profile.metrics] == [name]
    assert by_stack(profile) == expected


def test_one_by_one():
    """Idle time begins when the device has nothing left to do."""
    assert counted("time", timeline=True).samples.time.tolist() == [0, 100, 150, 300]
    assert counted("idle", timeline=True).samples.time.tolist() == [250]
