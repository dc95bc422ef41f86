"""Where the boxes are, read from the picture: the measures are those of flamegraph.pl."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsed_svg import draw, profile

import flamegraph as fg

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval 4\nidle 2\n"


def test_boxes_stand_on_their_callers():
    picture = draw(CALLS)
    # 1180 pixels for 10 samples, rows of 16 pixels from 34 above the lower edge.
    assert picture.width == 1200
    assert picture.height == 4 * 16 + 36 + 34
    root, idle, main = picture.box("all"), picture.box("idle"), picture.box("main")
    assert (root.x, root.width, root.y, root.height) == (10, 1180, picture.height - 34 - 15, 15)
    assert (idle.x, idle.width, idle.y) == (10, 236, root.y - 16)
    assert (main.x, main.width, main.y) == (246, 944, root.y - 16)
    parse, token = picture.box("parse"), picture.box("token")
    assert (parse.x, parse.width, parse.y) == (246 + 472, 472, root.y - 32)
    # A frame's own time comes first, so what it calls is to the right.
    assert (token.x, token.width, token.y) == (246 + 472 + 118, 354, root.y - 48)


def test_labels_start_within_their_box():
    box = draw(CALLS).box("parse")
    text = box.element[2]
    assert float(text.get("x")) == box.x + 3
    assert float(text.get("y")) == box.y + 7.5 + 3


@pytest.mark.parametrize("options", [{"kind": "icicle"}, {"inverted": True}])
def test_an_icicle_hangs_from_the_top(options):
    picture = draw(CALLS, **options)
    assert picture.text("title") == "Icicle Graph"
    assert picture.box("all").y == 36
    assert picture.box("token").y == 36 + 3 * 16
    assert draw(CALLS, subtitle="below the title", **options).box("all").y == 36 + 24


@pytest.mark.parametrize("options", [{"kind": "chart"}, {"flamechart": True}])
def test_a_chart_keeps_the_order(options):
    timeline = profile("main;b 1\nmain;a 1\nmain;b 2\nmain;b;c 1\n", timeline=True)
    picture = draw(timeline, **options)
    assert picture.text("title") == "Flame Chart"
    assert [(box.name, box.x, box.width) for box in picture.boxes if box.name in "abc"] == [
        ("b", 10, 236),
        ("a", 246, 236),
        ("b", 482, 708),
        ("c", 954, 236),
    ]


def test_a_chart_needs_the_order():
    with pytest.raises(fg.FlamegraphError, match="time order"):
        draw(CALLS, kind="chart")


def test_a_chart_may_hang():
    picture = draw(profile("a;b 1\n", timeline=True), kind="chart", inverted=True)
    assert picture.box("all").y < picture.box("a").y < picture.box("b").y


def test_narrow_boxes_are_left_out_and_counted():
    folded = "main;wide 100000\nmain;narrow;inner 1\n"
    picture = draw(folded)
    assert [box.name for box in picture.boxes] == ["all", "main", "wide"]
    assert "2 narrower frames are not drawn" in picture.text("description")
    assert picture.text("details") == "2 narrower frames are not drawn"
    assert len(draw(folded, minwidth="0").boxes) == 5
    assert draw(folded, minwidth="0").text("details") == " "


@pytest.mark.parametrize(
    ("minwidth", "drawn"),
    # Of 1000 samples on 1180 pixels one is 1.18 pixels wide, or 0.1 %.
    [("1.1", True), ("1.2", False), ("0.1%", True), ("0.11%", False), (1, True), (2.5, False)],
)
def test_minwidth_is_in_pixels_or_percent(minwidth, drawn):
    assert len(draw("wide 999\none 1\n", minwidth=minwidth).all("one")) == drawn


def test_rows_are_counted_after_leaving_out():
    assert draw("a 100000\nb;c;d;e;f 1\n").height == 2 * 16 + 36 + 34


def test_a_deep_stack_is_drawn():
    depth = 5000
    picture = draw(";".join(f"f{i}" for i in range(depth)) + " 1")
    assert picture.height == (depth + 1) * 16 + 70
    assert picture.box(f"f{depth - 1}").width == 1180


STACKS = st.dictionaries(
    st.lists(st.sampled_from(["a", "b", "a.b", "c d"]), min_size=1, max_size=5).map(";".join),
    st.integers(1, 10**6),
    min_size=1,
    max_size=20,
)


@given(STACKS, st.sampled_from(["flame", "icicle"]), st.sampled_from(["name", "weight", "first"]))
def test_boxes_neither_overlap_nor_leave_their_caller(stacks, kind, order):
    folded = "".join(f"{stack} {count}\n" for stack, count in stacks.items())
    picture = draw(folded, kind=kind, order=order, minwidth="0")
    parents = picture.data()["parent"]
    rows: dict[float, list] = {}
    for box, parent in zip(picture.boxes, parents, strict=True):
        rows.setdefault(box.y, []).append(box)
        below = picture.boxes[parent]
        assert below.x - 0.01 <= box.x and box.x + box.width <= below.x + below.width + 0.01
    for row in rows.values():
        for one, next_one in pairwise(row):
            assert one.x + one.width <= next_one.x + 0.01
