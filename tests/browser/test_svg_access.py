"""The SVG without a mouse and without eyes: keyboard, and what Chromium tells a screen reader."""

from __future__ import annotations

from typing import Any

import pytest
from shown import tree

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"


def focused(page: Any) -> str:
    return page.evaluate("document.activeElement?.id || document.activeElement?.children[0]?.textContent || ''")


def test_tab_stops_are_few(show):
    page = show("".join(f"main;f{i} 1\n" for i in range(300)))
    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(focused(page))
    assert stops[:3] == ["search", "ignorecase", "all (300 samples, 100%)"]
    assert "(" not in stops[3], "one frame is a stop, the others are reached by arrow keys"


@pytest.mark.parametrize(
    ("kind", "away", "back"), [("flame", "ArrowUp", "ArrowDown"), ("icicle", "ArrowDown", "ArrowUp")]
)
def test_arrow_keys_walk_the_frames(show, kind, away, back):
    page = show(CALLS, kind=kind)
    for _ in range(3):
        page.keyboard.press("Tab")
    walk = []
    for key in (away, "ArrowLeft", "ArrowRight", away, away, back, "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        walk.append(focused(page).split(" ")[0])
    assert walk == ["main", "idle", "main", "eval", "parse", "eval", "parse", "parse"]
    # The details line tells what has the focus.
    assert page.evaluate("document.getElementById('details').textContent") == "Function: parse (4 samples, 40.00%)"


@pytest.mark.parametrize("key", ["Enter", " "])
def test_enter_zooms_and_escape_resets(show, key):
    page = show(CALLS)
    for press in ("Tab", "Tab", "Tab", "ArrowUp", "ArrowUp", key):
        page.keyboard.press(press)
    assert page.locator("#frames > .hide").count() == 3
    page.keyboard.press("ArrowUp")
    assert focused(page) == "parse (4 samples, 40.00%)"
    page.keyboard.press("Escape")
    assert page.locator("#frames > .hide").count() == 0
    assert focused(page) == "parse (4 samples, 40.00%)", "the focus stays where it was"


def test_buttons_work_by_key(show):
    page = show(CALLS)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("token")
    page.keyboard.press("Enter")
    assert focused(page) == "search", "back on the button"
    page.keyboard.press("Enter")
    assert page.locator(".match").count() == 0
    for press in ("Tab", "Tab", "ArrowUp", "Enter", "Shift+Tab", "Shift+Tab", "Shift+Tab"):
        page.keyboard.press(press)
    assert focused(page) == "unzoom"
    page.keyboard.press("Enter")
    assert focused(page) == "main (8 samples, 80.00%)"


def test_the_focus_is_not_lost_with_the_button(show):
    page = show(CALLS)
    for press in ("Tab", "Tab", "Tab", "ArrowUp", "ArrowUp", "Enter", "Shift+Tab", "Shift+Tab", "Shift+Tab"):
        page.keyboard.press(press)
    assert focused(page) == "unzoom"
    page.keyboard.press("Escape")
    assert page.locator("#frames > .hide").count() == 0
    assert focused(page) == "eval (4 samples, 40.00%)"


def test_links_are_reached_and_followed_by_key(show, tmp_path):
    attributes = tmp_path / "attributes"
    attributes.write_text("eval\thref=#there\ttarget=_self\nidle\thref=#other\ttarget=_self\n")
    page = show(CALLS, nameattr=str(attributes))
    for press in ("Tab", "Tab", "Tab"):
        page.keyboard.press(press)
    assert focused(page).startswith("all ")
    page.keyboard.press("Tab")
    assert "(" not in focused(page), "links are no stops of their own"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "eval (4 samples, 40.00%)"
    page.keyboard.press(" ")
    assert page.locator("#frames > .hide").count() == 3 and "#there" not in page.url
    page.keyboard.press("Enter")
    assert page.url.endswith("#there")
    assert page.locator("#frames > .hide").count() == 3


def test_the_focus_can_be_seen(show):
    page = show(CALLS)
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement.children[1]).strokeWidth") == "1.5px"


def test_what_a_screen_reader_is_told(show):
    nodes = tree(show(CALLS, title="Mine"))
    assert nodes[0]["role"] == "RootWebArea" and nodes[0]["name"] == "Mine"
    (group,) = (node for node in nodes if node["role"] == "group")
    assert group["name"] == "Mine"
    assert group["description"].startswith("10 samples. Each frame stands next to its caller")
    assert [(n["name"], n.get("pressed")) for n in nodes if n["role"] == "button"] == [
        ("Search", None),
        ("Ignore case", "false"),
    ]
    assert [n["name"] for n in nodes if n["role"] == "tree"] == ["Frames, from caller to callee"]
    items = [(node["level"], node["name"]) for node in nodes if node["role"] == "treeitem"]
    assert items[:3] == [
        (1, "all (10 samples, 100%)"),
        (2, "idle (2 samples, 20.00%)"),
        (2, "main (8 samples, 80.00%)"),
    ]
    assert items[-1] == (4, "token (3 samples, 30.00%)")
    assert [node["live"] for node in nodes if node["role"] == "status"] == ["polite"]


def test_what_is_hidden_is_not_told(show):
    page = show(CALLS)
    for press in ("Tab", "Tab", "Tab", "ArrowUp", "ArrowUp", "Enter"):
        page.keyboard.press(press)
    names = [node["name"].split(" ")[0] for node in tree(page) if node["role"] == "treeitem"]
    assert names == ["all", "main", "eval", "parse"]
    assert "Reset Zoom" in [node["name"] for node in tree(page) if node["role"] == "button"]


def test_without_script_frames_have_their_names(show):
    page = show(CALLS, javascript=False)
    assert {"main (8 samples, 80.00%)", "token (3 samples, 30.00%)"} <= {node["name"] for node in tree(page)}
    assert not page.locator("#search").is_visible()
