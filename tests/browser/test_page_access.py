"""The page without a mouse and without eyes: every key, the sheet that lists them, roles, the focus, and paper."""

from __future__ import annotations

import pytest
from shown import tree, until

import flamegraph as fg

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"


@pytest.mark.parametrize(
    ("kind", "away", "back"), [("flame", "ArrowUp", "ArrowDown"), ("icicle", "ArrowDown", "ArrowUp")]
)
def test_arrow_keys_walk_enter_zooms_and_escape_goes_back(open_page, kind, away, back):
    shown = open_page(CALLS, kind=kind)
    walk = []
    for key in (away, away, away, "ArrowRight", away, back, "ArrowLeft"):
        shown.press(key)
        walk.append(shown.pinned)
    assert walk == ["", "main", "main;eval", "main;parse", "main;parse;token", "main;parse", "main;eval"]
    assert shown.text("#said").startswith("eval, level 2, Total 4 samples")
    shown.press("Enter")
    assert shown.target == "main;eval"
    shown.page.keyboard.press("/")
    assert shown.page.evaluate("document.activeElement.id") == "term"
    shown.page.keyboard.type("parse")
    for state in ({"search": ""}, {"pin": ""}, {"at": ""}):
        shown.press("Escape")
        assert shown.state.items() >= state.items()
    assert shown.target == ""


def test_backspace_zooms_out_by_one_caller(open_page):
    shown = open_page(CALLS)
    shown.click("main;parse;token")
    for stack in ("main;parse", "main", "", ""):
        shown.press("Backspace")
        assert shown.target == stack


def test_keys_of_views_and_looks(open_page):
    shown = open_page(CALLS)
    for key, view in [("2", "icicle"), ("3", "sandwich"), ("4", "table"), ("5", "tree"), ("6", "tree"), ("1", "flame")]:
        shown.press(key)
        assert shown.state["view"] == view
    for key, name, values in [
        ("r", "turned", [True, False]),
        ("o", "order", ["weight", "name"]),
        ("t", "theme", ["dark", "light"]),
    ]:
        for value in values:
            shown.press(key)
            assert shown.state[name] == value
    shown.press("p")
    assert shown.pinned == ""
    shown.press("p")
    assert shown.pinned is None
    shown.press("Alt+c", "Alt+r")
    assert shown.state["exact"] and shown.state["regex"]
    shown.press("Control+f")
    assert shown.page.evaluate("document.activeElement.id") == "term"


def test_keys_of_matches(open_page):
    shown = open_page(CALLS)
    shown.page.fill("#term", "parse")
    shown.page.evaluate("document.activeElement.blur()")
    shown.press("n", "n")
    assert shown.pinned == "main;parse"
    shown.press("Shift+N")
    assert shown.pinned == "main;eval;parse"


@pytest.mark.parametrize(
    ("key", "left"),
    [
        ("f", {"main;parse;token": 3, "main;parse": 1, "main;eval;parse": 4}),
        ("i", {"idle": 2}),
        ("h", {"main;token": 3, "main": 1, "main;eval": 4, "idle": 2}),
        ("x", {"main;parse;token": 3, "main;parse": 1, "main;eval;parse": 4, "idle": 2}),
    ],
)
def test_keys_of_steps(open_page, key, left):
    shown = open_page(CALLS)
    before = shown.stacks
    shown.press(key if key == "x" else "z")
    shown.click("main;parse", button="right")
    if key != "x":
        shown.press(key)
    assert shown.stacks == left
    assert len(shown.texts("#trail .step")) == 1
    shown.press("u")
    assert shown.stacks == before and shown.texts("#trail .step") == []


def test_keys_of_the_function(open_page):
    shown = open_page(CALLS)
    shown.click("main;parse", button="right")
    shown.press("l")
    assert shown.page.input_value("#term") == "parse"
    shown.press("s")
    assert shown.text("#function") == "parse"
    shown.press("i")
    assert list(shown.texts("#trail .step")) == ["without parse ×"], "the function of the sandwich"


def test_keys_do_nothing_where_text_is_typed(open_page):
    shown = open_page(CALLS)
    shown.page.focus("#term")
    shown.page.keyboard.type("rotpxu41")
    assert shown.state["search"] == "rotpxu41"
    assert shown.state["view"] == "flame" and not shown.state["turned"] and shown.state["steps"] == ""


def test_the_sheet_lists_the_keys(open_page):
    shown = open_page(CALLS)
    shown.page.keyboard.press("?")
    assert shown.page.locator("dialog[open]").is_visible()
    said = " ".join(shown.texts("dialog kbd"))
    for key in (
        "n, N",
        "1 … 6",
        "f, i, h",
        "c, C",
        "Escape",
        "Backspace",
        "u",
        "?",
        "x",
        "m",
        "s",
        "l",
        "r",
        "o",
        "t",
        "p",
    ):
        assert key in said
    shown.press("r")
    assert not shown.state["turned"], "what is behind the sheet stays"
    shown.press("Escape")
    assert shown.page.locator("dialog[open]").count() == 0
    shown.page.click("#help")
    shown.page.click("dialog button:text-is('Close')")
    assert shown.page.locator("dialog[open]").count() == 0


def test_single_characters_can_be_switched_off(open_page):
    """WCAG 2.1.4: who speaks to the computer says letters that are meant for no key."""
    shown = open_page(CALLS)
    shown.page.click("#help")
    shown.page.uncheck("#letters")
    shown.press("Escape")
    shown.press("r", "4", "?", "/")
    assert shown.state["view"] == "flame" and not shown.state["turned"]
    assert shown.page.locator("dialog[open]").count() == 0
    shown.press("Control+f")
    assert shown.page.evaluate("document.activeElement.id") == "term"
    shown.page.reload()
    until(shown.page, "Boolean(globalThis.flamegraph)")
    assert not shown.state["letters"]
    shown.page.click("#help")
    shown.page.check("#letters")
    shown.press("Escape", "r")
    assert shown.state["turned"]


def test_what_has_the_focus_is_seen(open_page):
    shown = open_page(CALLS)
    reached = []
    for _ in range(40):
        shown.press("Tab")
        told = shown.page.evaluate(
            """() => {
              const focused = document.activeElement, style = getComputedStyle(focused);
              return [focused.id || focused.className || focused.tagName, style.outlineStyle, style.outlineWidth];
            }"""
        )
        if told[0] == "BODY":
            break
        reached.append(told[0])
        assert told[1:] == ["solid", "2px"], f"{told[0]} shows no focus"
    assert {
        "term",
        "exact",
        "regex",
        "view-flame",
        "turned",
        "order",
        "colors",
        "pin",
        "save",
        "theme",
        "help",
        "scroll",
    } <= set(reached)
    assert "view-icicle" not in reached, "the views are one stop, which arrow keys change"
    shown.page.focus("#view-flame")
    shown.press("ArrowRight")
    assert shown.state["view"] == "icicle" and shown.page.evaluate("document.activeElement.id") == "view-icicle"


@pytest.mark.parametrize("view", ["flame", "sandwich", "table", "tree"])
def test_whatever_can_be_used_has_a_name(open_page, view):
    shown = open_page(CALLS)
    shown.page.click(f"#view-{view}")
    shown.press("p")
    used = {
        "button",
        "combobox",
        "searchbox",
        "slider",
        "radio",
        "img",
        "image",
        "treeitem",
        "columnheader",
        "tree",
        "dialog",
    }
    nodes = tree(shown.page)
    assert [node for node in nodes if node["role"] in used and not node["name"].strip()] == []
    assert {"navigation", "main", "heading", "search"} <= {node["role"] for node in nodes}
    chosen = [node["name"] for node in nodes if node["role"] == "radio" and node.get("checked") == "true"]
    assert chosen == [view.title()]


def test_the_tree_and_the_table_tell_what_the_picture_does(open_page):
    shown = open_page(CALLS, address="#view=tree")
    items = [node for node in tree(shown.page) if node["role"] == "treeitem"]
    assert [(node["name"].split(":")[0], node.get("level"), node.get("expanded")) for node in items] == [
        ("all", 1, True), ("main", 2, False), ("idle", 2, None),
    ]  # fmt: skip
    assert "Total 8 samples, 80.0% of all" in items[1]["name"]
    shown.press("4")
    nodes = tree(shown.page)
    assert len([node for node in nodes if node["role"] == "row"]) == 6
    assert len([node for node in nodes if node["role"] == "columnheader"]) == 5


@pytest.mark.parametrize("view", ["flame", "table"])
def test_on_paper_there_are_no_controls(open_page, view):
    shown = open_page(CALLS, address=f"#view={view}&theme=dark")
    shown.press("p")
    shown.page.emulate_media(media="print")
    for selector in ("#toolbar", "#searching", "#panel", "#tip"):
        assert shown.page.locator(selector).is_hidden()
    for selector in ("#title", "#whole", "#legend", "canvas.boxes" if view == "flame" else "table"):
        assert shown.page.locator(selector).is_visible()
    shown.page.emulate_media(media="screen")
    assert shown.page.locator("#toolbar").is_visible()


def test_paper_is_white(open_page):
    shown = open_page(CALLS, address="#theme=dark&view=table")
    paper = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    dark = shown.page.evaluate(paper)
    shown.page.emulate_media(media="print")
    assert shown.page.evaluate(paper) == ["rgb(255, 255, 255)", "rgb(27, 27, 31)"] != dark


def test_all_of_the_picture_is_printed(open_page):
    """What the window shows of a deep picture is not all, and paper is narrower than a window."""
    deep = ";".join(f"f{i}<b>" for i in range(80)) + " 1\nidle 1\n"
    shown = open_page(deep, address="#theme=dark")
    shown.page.evaluate(
        """() => addEventListener("beforeprint", () => {
          const svg = document.querySelector(".paper svg"), boxes = [...svg.querySelectorAll("rect")];
          globalThis.printed = {
            boxes: boxes.length, words: svg.textContent.includes("f79<b>"),
            inside: boxes.every((box) => box.getBBox().x + box.getBBox().width <= svg.viewBox.baseVal.width + 1),
          };
        })"""
    )
    shown.page.pdf(format="A4")
    assert shown.page.evaluate("printed") == {"boxes": 82, "words": True, "inside": True}
    assert shown.page.locator(".paper").count() == 0, "it is gone when the paper is"
    assert shown.page.evaluate("flamegraph.dark"), "and the window is as dark as it was"


_FAINTEST = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [red, green, blue] = numbers(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const paper = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at), parts = numbers(backgroundColor);
      if (parts.length === 3 || parts[3] === 1) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  let least = [21, ""];
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  for (const element of document.querySelectorAll("body *")) {
    if (!element.checkVisibility() || element.matches(":disabled, option, .away")) continue;
    const words = [...element.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!words && element.id !== "term") continue;
    const found = ratio(getComputedStyle(element).color, paper(element));
    if (found < least[0]) least = [found, element.outerHTML.slice(0, 120)];
  }
  const term = document.getElementById("term");
  const hint = ratio(getComputedStyle(term, "::placeholder").color, paper(term));
  return hint < least[0] ? [hint, "placeholder"] : least;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", ["flame", "sandwich", "table", "tree"])
def test_words_stand_out(open_page, view, theme):
    """4.5 to 1 or more, as WCAG's AA asks of text."""
    sides = fg.diff(fg.read(CALLS.encode(), format="folded"), fg.read(b"main;parse 9\nnew 3\n", format="folded"))
    shown = open_page(sides, address=f"#view={view}&name=1&theme={theme}&search=parse&pin=1")
    ratio, where = shown.page.evaluate(_FAINTEST)
    assert ratio >= 4.5, where
