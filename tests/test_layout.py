"""The boxes, against a plain account of how flamegraph.pl comes to its own."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import drawn, folded, lines, names, weights
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.builder import Builder
from flamegraph.collapse import read
from flamegraph.errors import UsageError
from flamegraph.layout import ORDERS, Layout, chart, layout
from flamegraph.profile import Profile

Box = tuple[int, str, int, int]  # depth, name, left, right


def boxes(found: Layout) -> list[Box]:
    edge = zip(found.start.tolist(), (found.start + found.width).tolist(), strict=True)
    name = [found.labels[frame] if frame >= 0 else "" for frame in found.frame]
    return [(depth, name, *x) for depth, name, x in zip(found.depth.tolist(), name, edge, strict=True)]


def flow(lines: list[tuple[list[str], int]]) -> list[Box]:
    """What flamegraph.pl draws of lines in this order: whatever a line has in common with the one before goes on."""
    drawn, open_, x = [], [("", 0)], 0
    for frames, weight in [*lines, ([], 0)]:
        frames = ["", *frames]
        common = 0
        while common < min(len(open_), len(frames)) and open_[common][0] == frames[common]:
            common += 1
        while len(open_) > common:
            name, left = open_.pop()
            drawn.append((len(open_), name, left, x))
        open_ += [(name, x) for name in frames[common:]]
        x += weight
    return sorted([*drawn, (0, "", 0, x)])


def in_bytes(lines: list[tuple[list[str], int]]) -> list[tuple[list[str], int]]:
    """Added up, and sorted as whole lines."""
    sums: dict[str, int] = {}
    for frames, weight in lines:
        sums[";".join(frames)] = sums.get(";".join(frames), 0) + weight
    order = sorted(sums, key=lambda stack: f"{stack} {sums[stack]}".encode())
    return [(stack.split(";") if stack else [], sums[stack]) for stack in order]


def gathered(lines: list[tuple[list[str], int]]) -> list[tuple[list[str], int]]:
    """The same with all lines of a frame moved to its first one: what flamegraph.pl would draw if it split none."""
    if len(lines) < 2:
        return lines
    groups: dict[tuple[str, ...], list] = {}
    for frames, weight in lines:
        groups.setdefault(tuple(frames[:1]), []).append((frames[1:], weight))
    return [([*head, *rest], weight) for head, group in groups.items() for rest, weight in gathered(group)]


@given(lines)
def test_boxes_are_those_of_flamegraph_pl_but_for_split_frames(lines):
    profile = read(folded(lines), format="folded")
    assert sorted(boxes(layout(profile))) == flow(gathered(in_bytes(lines)))


plain = st.sampled_from(["a", "b", "ab", "a~", "B", "é"])  # none extends another by less than a ";"


@given(st.lists(st.tuples(st.lists(plain, min_size=1, max_size=5), st.integers(1, 99)), min_size=1, max_size=25))
def test_boxes_are_those_of_flamegraph_pl(lines):
    assert sorted(boxes(layout(read(folded(lines), format="folded")))) == flow(in_bytes(lines))


def test_a_frame_that_flamegraph_pl_draws_twice():
    lines = [(["m", "foo"], 100), (["m", "foo", "y"], 100), (["m", "foo2", "x"], 100)]
    assert (2, "foo", 0, 100) in flow(in_bytes(lines)) and (2, "foo", 200, 300) in flow(in_bytes(lines))
    found = boxes(layout(drawn("m;foo 100\nm;foo2;x 100\nm;foo;y 100")))
    assert [box for box in found if box[1] == "foo"] == [(2, "foo", 0, 200)]
    assert (2, "foo2", 200, 300) in found and (3, "y", 100, 200) in found
    found = boxes(layout(drawn("read;a 1\nread64 2\nread 3\nread.cold 4")))
    assert found[1:] == [(1, "read", 0, 4), (1, "read.cold", 4, 8), (1, "read64", 8, 10), (2, "a", 3, 4)]


@given(lines)
def test_charts_are_those_of_flamegraph_pl(lines):
    profile = read(folded(lines), format="folded", timeline=True)
    assert sorted(boxes(chart(profile))) == flow([(frames if frames != [""] else [], n) for frames, n in lines])


def test_a_chart_needs_time_order():
    with pytest.raises(UsageError, match="time order"):
        chart(drawn("a 1"))


@given(lines, st.sampled_from(ORDERS), st.integers(0, 12), st.booleans())
def test_what_every_layout_promises(lines, order, minimum, timeline):
    profile = read(folded(lines), format="folded", timeline=timeline)
    found = chart(profile, min_width=minimum) if timeline else layout(profile, order=order, min_width=minimum)
    holds(found, profile)
    assert (found.width[1:] >= minimum).all()
    everything = chart(profile) if timeline else layout(profile, order=order)
    assert found.hidden == len(everything) - len(found) and everything.hidden == 0
    wide = [box for box in boxes(everything) if box[3] - box[2] >= minimum or not box[0]]
    assert boxes(found) == wide, "leaving out narrow boxes moves no other"


def holds(found: Layout, profile: Profile) -> None:
    assert (found.start[0], found.width[0], found.frame[0]) == (0, profile.total(), -1)
    order = np.lexsort((found.start, found.depth))
    assert order.tolist() == list(range(len(found)))
    child, parent = np.arange(1, len(found)), found.parent[1:]
    assert (found.depth[child] == found.depth[parent] + 1).all()
    left, right = found.start, found.start + found.width
    assert (left[child] >= left[parent]).all() and (right[child] <= right[parent]).all()
    same_row = found.depth[1:] == found.depth[:-1]
    assert (left[1:][same_row] >= right[:-1][same_row]).all(), "boxes of a row don't overlap"
    assert (found.total[:, 0] == found.width).all() and (found.own <= found.total).all()


@given(lines)
def test_heaviest_first(lines):
    found = layout(read(folded(lines), format="folded"), order="weight")
    for box in range(len(found)):
        widths = found.width[(found.parent == box) & (np.arange(len(found)) > 0)].tolist()
        assert widths == sorted(widths, reverse=True)


def paths(found: Layout) -> list[tuple[str, ...]]:
    path = [()]
    for parent, box in zip(found.parent.tolist()[1:], boxes(found)[1:], strict=True):
        path.append((*path[parent], box[1]))
    return path


@given(lines)
def test_as_they_came(lines):
    stacks = [tuple(frames) if frames != [""] else () for frames, _ in lines]
    wanted = list(dict.fromkeys(stack[:depth] for stack in stacks for depth in range(1, len(stack) + 1)))
    found = paths(layout(read(folded(lines), format="folded"), order="first"))
    for stack in found:
        assert [p for p in found if p and p[:-1] == stack] == [w for w in wanted if w[:-1] == stack]


@given(st.lists(st.tuples(st.lists(names, min_size=2, max_size=4), weights, weights), min_size=1, max_size=20))
def test_every_metric_goes_with_its_box(rows):
    content = "".join(f"{';'.join(frames)} {a} {b}\n" for frames, a, b in rows)
    found = layout(read(content.encode(), format="folded", columns="2"), 1)
    for path, own, total in zip(paths(found), found.own.tolist(), found.total.tolist(), strict=True):
        alone = [row[1:] for row in rows if tuple(row[0]) == path]
        above = [row[1:] for row in rows if tuple(row[0][: len(path)]) == path]
        assert own == [sum(a for a, _ in alone), sum(b for _, b in alone)]
        assert total == [sum(a for a, _ in above), sum(b for _, b in above)]
    assert found.width.tolist() == found.total[:, 1].tolist()


def test_frames_that_look_the_same_are_one():
    """A name with and without annotation differs; two modules' functions of one name do not."""
    one = drawn("a;read_[k] 1\na;read 2")
    assert len(layout(one)) == 4
    profile = Profile(**{**vars(one), "meta": type(one.meta)()})  # annotations are not shown
    found = layout(profile)
    assert boxes(found) == [(0, "", 0, 3), (1, "a", 0, 3), (2, "read", 0, 3)]


def test_sums_stay_exact():
    found = layout(drawn(f"a;b {2**53 + 1}\na;c 1\nd 1"))
    assert found.width.tolist() == [2**53 + 3, 2**53 + 2, 1, 2**53 + 1, 1]


def test_an_unknown_order():
    with pytest.raises(UsageError, match="expected one of name, weight, first"):
        layout(drawn("a 1"), order="size")


def test_a_chart_gives_each_thread_a_stretch_of_its_own() -> None:
    build = Builder(timeline=True)
    build.metric("samples", "samples")
    stack = build.stack([build.frame("main"), build.frame("work")])
    threads = [build.thread(1, tid, f"t{tid}") for tid in (1, 2)]
    for time in range(6):  # the two take turns
        build.sample(stack, 1, time=time, thread=threads[time % 2])
    both = chart(build.finish())
    # Equal neighbours in different threads are two calls.
    assert boxes(both) == [
        (0, "", 0, 6), (1, "main", 0, 3), (1, "main", 3, 6), (2, "work", 0, 3), (2, "work", 3, 6),
    ]  # fmt: skip
