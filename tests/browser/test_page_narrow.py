"""The page in a narrow window: names, which say the most, stay in sight."""

from __future__ import annotations

import pytest

import flamegraph as fg

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"
NARROW = {"viewport": {"width": 390, "height": 700}, "has_touch": True}


@pytest.mark.parametrize(("view", "name"), [("table", "td.name button"), ("tree", ".row .label")])
@pytest.mark.parametrize("sides", [False, True])
def test_names_are_in_sight(open_page, view, name, sides):
    one = fg.read(CALLS.encode(), format="folded")
    what = fg.diff(one, fg.read(b"main;parse 9\nnew 3\n", format="folded")) if sides else one
    shown = open_page(what, address=f"#view={view}", context=NARROW)
    for label in shown.page.locator(name).all():
        box = label.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390, label.inner_text()


def test_the_notes_leave_room_for_the_picture(open_page):
    sides = fg.diff(fg.read(CALLS.encode(), format="folded"), fg.read(b"main;parse 9\nnew 3\n", format="folded"))
    shown = open_page(sides, context={"viewport": {"width": 390, "height": 400}})
    assert shown.page.locator(".scroll").bounding_box()["height"] > 120


def test_the_callers_of_a_deep_box_stand_in_one_line(open_page):
    deep = ";".join(f"module::part::function{i}" for i in range(40))
    shown = open_page(f"{deep} 1\n")
    for depth in (30, 7):
        shown.page.evaluate(f"flamegraph.zoom({depth})")
        crumbs = shown.page.locator("#trail > *").all()
        places = [crumb.bounding_box() for crumb in crumbs]
        assert max(place["height"] for place in places) < 30
        assert shown.texts("#trail button")[0] == "all" and places[0]["width"] > 15
        assert shown.texts("#trail button")[-1].endswith(f"function{depth - 1}")
