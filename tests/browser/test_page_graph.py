"""The graph of the page: boxes are where they belong, zooming, the way back, links, and pictures that are large."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from shown import until

import flamegraph as fg

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"
GPU = Path(__file__).parents[2] / "fixtures" / "collapse" / "nsys_sqlite" / "training.sqlite"


def test_boxes_are_as_wide_as_they_count(open_page):
    shown = open_page(CALLS)
    whole = shown.box("")
    for stack, share, left in [
        ("main", 0.8, 0.2),
        ("idle", 0.2, 0),
        ("main;eval;parse", 0.4, 0.2),
        ("main;parse", 0.4, 0.6),
    ]:
        box = shown.box(stack)
        assert box["width"] == pytest.approx(share * whole["width"], abs=0.01)
        assert box["left"] - whole["left"] == pytest.approx(left * whole["width"], abs=0.01)
    assert whole["width"] == whole["room"] > 1000


@pytest.mark.parametrize(("kind", "way"), [("flame", -1), ("icicle", 1)])
def test_flames_grow_up_and_icicles_down(open_page, kind, way):
    shown = open_page(CALLS, kind=kind)
    tops = [shown.box(stack)["top"] for stack in ("", "main", "main;parse", "main;parse;token")]
    assert [b - a for a, b in pairwise(tops)] == [18 * way] * 3
    shown.page.click("#view-icicle" if kind == "flame" else "#view-flame")
    assert (shown.box("main")["top"] - shown.box("")["top"]) * way < 0


def test_a_click_zooms_and_the_browser_goes_back_and_forward(open_page):
    shown = open_page(CALLS)
    shown.click("main;parse")
    assert shown.target == "main;parse"
    assert shown.box("main;parse")["width"] == shown.box("")["width"] == shown.box("")["room"]
    assert shown.box("idle") is None and shown.box("main;eval") is None
    shown.click("main;parse;token")
    assert shown.box("main;parse;token")["width"] == shown.box("")["width"]
    for way, stack in [
        ("back", "main;parse"),
        ("back", ""),
        ("forward", "main;parse"),
        ("forward", "main;parse;token"),
    ]:
        shown.page.evaluate(f"history.{way}()")
        depth = stack.count(";") + bool(stack)
        until(shown.page, "depth => flamegraph.shape.tree.depth[flamegraph.target] === depth", depth)
        assert shown.target == stack
        assert shown.box(stack)["width"] == shown.box(stack)["room"]


def test_a_click_that_changes_nothing_is_nothing_to_go_back_to(open_page):
    shown = open_page(CALLS)
    before = shown.page.evaluate("history.length")
    shown.click("")
    shown.page.click("#view-flame")
    assert shown.page.evaluate("history.length") == before
    shown.click("main")
    assert shown.page.evaluate("history.length") == before + 1


def test_callers_of_what_is_zoomed_into_lead_back(open_page):
    shown = open_page(CALLS)
    shown.click("main;parse;token")
    assert shown.texts("#trail button") == ["all", "main", "parse", "token"]
    assert shown.text("#trail [aria-current=true]") == "token"
    shown.page.click("#trail button:text-is('main')")
    assert shown.target == "main"
    shown.click("")
    assert shown.target == ""
    assert shown.page.url.endswith("page.html#") or shown.page.url.endswith("page.html")


def test_the_address_shows_the_same_picture(open_page):
    shown = open_page(CALLS)
    shown.page.click("#view-icicle")
    shown.page.select_option("#order", "weight")
    shown.click("main;parse")
    shown.page.fill("#term", "tok.*")
    shown.page.click("#regex")
    shown.page.select_option("#colors", "module")
    shown.page.select_option("#theme", "dark")
    shown.click("main;parse;token", button="right")
    state, boxes = shown.state, [shown.box("main;parse"), shown.box("main;parse;token")]
    shown.page.reload()
    again = type(shown)(shown.page)
    assert again.state == state
    assert [again.box("main;parse"), again.box("main;parse;token")] == boxes


@pytest.mark.parametrize(
    "address",
    [
        "#view=nonsense",
        "#view=time",
        "#view=sandwich&name=4096",
        "#view=sandwich",
        "#hues=pink&colors=change",
        "#metric=99",
        "#at=99.1.x&pin=..",
        "#steps=focus.999~nonsense~constructor.1",
        "#search=(&regex=1",
        "#threshold=-5&sure=abc",
        "#%&__proto__=1",
    ],
)
def test_an_address_that_makes_no_sense_shows_a_picture(open_page, address):
    shown = open_page(CALLS, address=address)
    assert shown.page.locator("#loading").count() == 0
    assert shown.state["view"] == "flame"
    shown.press("1")
    assert shown.page.locator("canvas.boxes").count() == 1


def test_an_address_typed_into_the_open_page_is_followed(open_page):
    shown = open_page(CALLS)
    shown.page.evaluate("location.hash = 'view=table'")
    shown.page.wait_for_selector("table")
    shown.page.evaluate("location.hash = 'view=nonsense&metric=7'")
    shown.page.wait_for_selector("canvas.boxes")


def test_what_is_pointed_at_is_told(open_page):
    shown = open_page(CALLS)
    told = shown.hover("main;parse")
    assert told.splitlines()[0] == "parse"
    assert "Total: 4 samples, 40.0% of all, 50.0% of its caller" in told
    assert "Self: 1 samples, 10.0% of all" in told
    shown.page.mouse.move(5, 5)
    assert shown.page.locator("#tip").is_hidden()


def test_the_tip_stays_in_the_window(open_page):
    shown = open_page("a" * 300 + ";" + "b" * 300 + " 1\nz 1\n", context={"viewport": {"width": 700, "height": 400}})
    for stack in ("a" * 300, "z", ""):
        shown.hover(stack)
        box = shown.page.locator("#tip").bounding_box()
        assert box["x"] >= 0 and box["y"] >= 0 and box["x"] + box["width"] <= 700 and box["y"] + box["height"] <= 400


def test_order(open_page):
    shown = open_page(CALLS)
    assert shown.box("idle")["left"] < shown.box("main")["left"]
    shown.page.select_option("#order", "weight")
    assert shown.box("main")["left"] < shown.box("idle")["left"]
    assert shown.box("main")["width"] == pytest.approx(0.8 * shown.box("")["width"], abs=0.01)


def test_callers(open_page):
    shown = open_page(CALLS)
    shown.click("main")
    shown.page.click("#turned")
    assert shown.target == "", "a stack that is turned around is another one"
    assert shown.stacks == {"token;parse;main": 3, "parse;main": 1, "parse;eval;main": 4, "idle": 2}
    assert shown.box("parse")["width"] == pytest.approx(0.5 * shown.box("")["width"], abs=0.01)
    assert "of its callee" in shown.hover("parse;eval")
    assert shown.page.get_attribute("#turned", "aria-pressed") == "true"
    shown.page.click("#turned")
    assert shown.box("main;eval")


def test_resizing_lays_out_anew(open_page):
    shown = open_page(CALLS)
    shown.page.set_viewport_size({"width": 640, "height": 500})
    until(
        shown.page,
        "flamegraph.stage.picture.box(0).width === flamegraph.stage.picture.host.clientWidth && innerWidth === 640",
    )
    assert shown.box("")["width"] <= 640
    assert shown.box("main")["width"] == pytest.approx(0.8 * shown.box("")["width"], abs=0.01)


@pytest.mark.parametrize("size", [(380, 700), (700, 380), (1600, 900)])
def test_the_frame_of_what_is_pointed_at_lies_upon_it(open_page, size):
    shown = open_page(CALLS, context={"viewport": {"width": size[0], "height": size[1]}})
    one, other = shown.page.evaluate(
        "['canvas', 'mark'].map((which) => flamegraph.stage.picture[which].getBoundingClientRect().toJSON())"
    )
    assert one == other
    host = shown.page.evaluate("flamegraph.stage.picture.host.getBoundingClientRect().toJSON()")
    assert one["top"] == host["top"] and one["width"] == pytest.approx(host["width"], abs=16)


def test_a_narrow_window_has_all_controls_and_no_overflow(open_page):
    shown = open_page(CALLS, context={"viewport": {"width": 360, "height": 640}})
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 360
    shown.page.locator("#help").scroll_into_view_if_needed()
    shown.page.click("#help")
    assert shown.page.locator("#sheet").is_visible()
    shown.press("Escape")
    shown.page.fill("#term", "parse")
    assert shown.text("#matched") == "80.0% matched"
    assert shown.box("main")["width"] > 200


DEEP = ";".join(f"f{i}" for i in range(400)) + " 1\n"


def test_a_deep_stack_has_a_small_map_of_itself(open_page):
    shown = open_page(DEEP)
    picture = "flamegraph.stage.picture"
    small = shown.page.locator("canvas.minimap")
    assert small.is_visible()
    bottom = shown.page.evaluate(f"{picture}.host.scrollTop")
    assert bottom > 5000, "a flame graph is seen from its root"
    box = small.bounding_box()
    shown.page.mouse.click(box["x"] + 30, box["y"] + 2)
    until(shown.page, f"{picture}.host.scrollTop < 100")
    until(shown.page, f"{picture}.seen.has(398)")
    shown.page.mouse.move(box["x"] + 30, box["y"] + 5)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + 30, box["y"] + box["height"] / 2)
    shown.page.mouse.up()
    until(shown.page, f"{picture}.host.scrollTop > 1000 && {picture}.host.scrollTop < {bottom}")


def test_the_small_map_comes_and_goes_with_the_window(open_page):
    shown = open_page(
        ";".join(f"f{i}" for i in range(45)) + " 1\n", context={"viewport": {"width": 1000, "height": 950}}
    )
    assert shown.page.locator("canvas.minimap").is_hidden()
    shown.page.set_viewport_size({"width": 1000, "height": 500})
    shown.page.wait_for_selector("canvas.minimap:visible")
    shown.page.set_viewport_size({"width": 1000, "height": 950})
    shown.page.wait_for_selector("canvas.minimap", state="hidden")


def test_what_is_zoomed_into_is_scrolled_to(open_page):
    shown = open_page(DEEP)
    deep = ";".join(f"f{i}" for i in range(200))
    names = shown.page.evaluate(
        "(n) => Array.from({ length: n }, (_, i) => flamegraph.model.names.indexOf('f' + i)).join('.')", 200
    )
    shown.page.evaluate("(at) => { location.hash = 'at=' + at; }", names)
    until(shown.page, "flamegraph.target === 200")
    host = shown.page.evaluate("flamegraph.stage.picture.host.getBoundingClientRect().toJSON()")
    box = shown.box(deep)
    assert host["top"] < box["top"] < host["bottom"]


def test_many_narrow_boxes_are_drawn_as_one(open_page):
    shown = open_page("wide 50000\n" + "".join(f"n{i:05} 1\n" for i in range(50_000)))
    assert shown.box("n00000") is None
    row = shown.page.evaluate("flamegraph.stage.picture.seen.get(1).node")
    assert len(row) == 2 and -1 in row


def test_a_gpu_profile(open_page):
    shown = open_page(fg.read(GPU))
    assert shown.text("#whole").endswith(("ns", "µs", "ms", " s"))
    assert shown.box("")["width"] == shown.box("")["room"]
    stack = max(shown.stacks, key=shown.stacks.get)
    shown.click(stack)
    assert shown.target == stack
    shown.page.select_option("#colors", "kind")
    assert "on the GPU" in shown.text("#legend") and "gpu time" in shown.text("#legend")
    assert shown.color(stack) != shown.color(stack.split(";")[0])


def test_a_zoom_draws_once(open_page):
    deep = ";".join(f"f{i}" for i in range(120))
    shown = open_page(f"main;{deep} 3\nmain;idle 5\n")
    shown.page.evaluate(
        """() => {
          const { picture } = flamegraph.stage, { draw, resize } = picture;
          globalThis.counted = { drawn: 0, resized: 0 };
          picture.draw = () => (counted.drawn++, draw.call(picture));
          picture.resize = (...size) => (counted.resized++, resize.apply(picture, size));
        }"""
    )
    shown.page.evaluate("flamegraph.zoom(60)")
    shown.page.wait_for_timeout(200)  # the window scrolls, and says so later
    assert shown.page.evaluate("counted") == {"drawn": 1, "resized": 0}
    shown.page.mouse.move(300, 400)
    shown.page.mouse.wheel(0, 100)
    until(shown.page, "counted.drawn > 1")
