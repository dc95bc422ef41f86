"""Searching, details, steps and the other views of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from shown import until

import flamegraph as fg

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"
COLLAPSE = Path(__file__).parents[2] / "fixtures" / "collapse"


def two_metrics() -> fg.Profile:
    build = fg.Builder()
    build.metric("samples", "samples")
    build.metric("allocated", "bytes")
    libc, app = ({"module": module, "file": file, "line": 7} for module, file in (("libc.so", "m.c"), ("app", "a.c")))
    main, work = build.frame("main", **app), build.frame("work", **app)
    copy, move = build.frame("memcpy", **libc), build.frame("memmove", **libc)
    for stack, samples, size in [([main, copy, move], 6, 1024), ([main, work, work], 2, 3072), ([main], 2, 0)]:
        build.sample_all(build.stack(stack), [samples, size])
    return build.finish()


# Search


def test_search(open_page):
    shown = open_page(CALLS)
    page = shown.page
    page.fill("#term", "PARSE")
    assert shown.text("#matched") == "80.0% matched", "parse, and what it calls, counted once"
    assert page.evaluate("flamegraph.found.length") == 2
    plain, found = shown.color("idle"), shown.color("main;parse")
    page.click("#exact")
    assert shown.text("#matched") == "0% matched"
    assert page.get_attribute("#exact", "aria-pressed") == "true"
    assert page.is_disabled("#next") and page.is_disabled("#previous")
    page.click("#exact")
    page.fill("#term", "^(parse|idle)$")
    assert shown.text("#matched") == "0% matched"
    page.click("#regex")
    assert shown.text("#matched") == "100.0% matched"
    assert shown.color("idle") != plain and shown.color("main;parse") == found, "what is not found stands back"
    page.fill("#term", "(")
    assert shown.text("#matched") == "not a regular expression"
    assert page.get_attribute("#term", "aria-invalid") == "true"
    page.fill("#term", "")
    assert shown.text("#matched") == "" and page.get_attribute("#term", "aria-invalid") == "false"


def test_next_and_previous_match(open_page):
    shown = open_page(CALLS)
    shown.page.fill("#term", "parse")
    walked = []
    for button in ("#next", "#next", "#next", "#previous"):
        shown.page.click(button)
        walked.append(shown.pinned)
    assert walked == ["main;eval;parse", "main;parse", "main;eval;parse", "main;parse"]
    shown.page.focus("#term")
    shown.press("Enter")
    assert shown.pinned == "main;eval;parse"
    assert shown.page.evaluate("document.activeElement.id") == "term"


def test_the_share_that_is_found_is_of_what_is_zoomed_into(open_page):
    shown = open_page(CALLS)
    shown.page.fill("#term", "token")
    assert shown.text("#matched") == "30.0% matched"
    shown.click("main;parse")
    assert shown.text("#matched") == "75.0% matched"


def test_what_is_searched_while_typing_is_no_history(open_page):
    shown = open_page(CALLS)
    before = shown.page.evaluate("history.length")
    shown.page.type("#term", "token")
    assert shown.page.evaluate("history.length") == before
    assert "search=token" in shown.page.url


# Details and steps


def pin(shown, stack: str) -> None:
    shown.click(stack, button="right")
    assert shown.pinned == stack


def details(shown) -> dict[str, str]:
    return dict(zip(shown.texts("#panel dt"), shown.texts("#panel dd"), strict=True))


def press_button(shown, label: str) -> None:
    shown.page.click(f"#panel .acts button:text-is('{label}')")


def test_details_stay(open_page):
    shown = open_page(two_metrics())
    pin(shown, "main;memcpy")
    assert shown.text("#panel h2") == "memcpy"
    told = details(shown)
    assert told["Total"] == "6 samples, 60.0% of all, 60.0% of its caller"
    assert told["Module"] == "libc.so" and told["Place"] == "m.c:7"
    assert told["allocated"] == "1.0 KiB"
    assert shown.texts("#panel ol button") == ["main", "memcpy"]
    shown.page.mouse.move(5, 5)
    assert shown.page.locator("#panel").is_visible()
    shown.page.click("#panel ol button:text-is('main')")
    assert shown.pinned == "main"
    shown.page.click("#panel [aria-label='Close the details']")
    assert shown.page.locator("#panel").is_hidden() and shown.pinned is None
    shown.page.click("#pin")
    assert shown.text("#panel h2") == "all"
    shown.page.click("#pin")
    assert shown.page.locator("#panel").is_hidden()


@pytest.mark.parametrize(
    ("label", "left", "said"),
    [
        ("Focus", {"main;memcpy;memmove": 6}, "only memcpy ×"),
        ("Ignore", {"main": 2, "main;work;work": 2}, "without memcpy ×"),
        ("Hide", {"main": 2, "main;memmove": 6, "main;work;work": 2}, "hidden memcpy ×"),
        ("Collapse module", {"main": 2, "main;memcpy": 6, "main;work;work": 2}, "module collapsed libc.so ×"),
    ],
)  # fmt: skip
def test_steps_and_undoing_them(open_page, label, left, said):
    shown = open_page(two_metrics())
    before = shown.stacks
    assert shown.page.is_disabled("#undo")
    pin(shown, "main;memcpy")
    press_button(shown, label)
    assert shown.stacks == left
    assert shown.texts("#trail .step") == [said]
    shown.page.click("#undo")
    assert shown.stacks == before and shown.texts("#trail .step") == []
    shown.page.evaluate("history.back()")
    until(shown.page, "flamegraph.state.steps !== ''")
    assert shown.stacks == left, "the way back undoes the undoing"


def test_each_step_can_be_undone_by_itself(open_page):
    shown = open_page(two_metrics())
    shown.press("x")
    pin(shown, "main;memcpy")
    press_button(shown, "Ignore")
    assert shown.stacks == {"main": 2, "main;work": 2}
    assert shown.texts("#trail .step") == ["recursion collapsed ×", "without memcpy ×"]
    shown.page.click("#trail .step:nth-child(1)")
    assert shown.stacks == {"main": 2, "main;work;work": 2}


def test_zoom_highlight_and_sandwich_from_the_details(open_page):
    shown = open_page(CALLS)
    pin(shown, "main;parse")
    press_button(shown, "Highlight")
    assert shown.page.input_value("#term") == "parse" and shown.state["exact"]
    press_button(shown, "Zoom")
    assert shown.target == "main;parse" and shown.pinned == "main;parse"
    press_button(shown, "Sandwich")
    assert shown.state["view"] == "sandwich" and shown.text("#function") == "parse"


def test_only_one_process(open_page):
    build = fg.Builder()
    build.metric("samples", "samples")
    for process, count in (("nginx", 3), ("redis", 5)):
        build.sample(build.stack([build.frame(process, kind=fg.Kind.PROCESS), build.frame("work")]), count)
    shown = open_page(build.finish())
    assert shown.texts("#owner option") == ["all", "nginx", "redis"]
    shown.page.select_option("#owner", label="redis")
    assert shown.stacks == {"redis;work": 5}
    shown.page.select_option("#owner", label="nginx")
    assert shown.stacks == {"nginx;work": 3}, "in its place, not on top of it"
    shown.page.select_option("#owner", label="all")
    assert len(shown.stacks) == 2


# Views


def test_sandwich(open_page):
    shown = open_page(CALLS)
    shown.page.click("#view-sandwich")
    name = shown.text("#function")
    assert name == "parse", "the costliest, where none is chosen"
    above, below = shown.box("", "above"), shown.box("", "below")
    assert above["width"] == below["width"]
    assert shown.box("eval", "above")["width"] == pytest.approx(above["width"] / 2, abs=0.01)
    assert shown.box("eval", "above")["top"] < above["top"] < below["top"] < shown.box("token", "below")["top"]
    assert shown.box("token", "below")["width"] == pytest.approx(below["width"] * 3 / 8, abs=0.01)
    assert "of its callee" in shown.hover("eval;main", "above")
    shown.click("token", "below")
    assert shown.text("#function") == "token"
    assert shown.box("parse;main", "above")["width"] == shown.box("", "above")["width"]
    shown.page.evaluate("history.back()")
    until(shown.page, "document.getElementById('function').textContent === 'parse'")


def rows(shown) -> list[list[str]]:
    return [[cell.strip() for cell in row.split("\t")] for row in shown.texts("tbody tr")]


def test_table(open_page):
    shown = open_page(CALLS)
    shown.page.click("#view-table")
    assert [(row[0], row[2], row[4]) for row in rows(shown)] == [
        ("5", "8", "parse"), ("3", "3", "token"), ("2", "2", "idle"), ("0", "4", "eval"), ("0", "8", "main"),
    ]  # fmt: skip
    sorted_by = "[...document.querySelectorAll('th')].map((th) => th.ariaSort)"
    assert shown.page.evaluate(sorted_by) == ["descending", "none", "none", "none", "none"]
    shown.page.click("th button:has-text('Function')")
    assert [row[4] for row in rows(shown)] == ["eval", "idle", "main", "parse", "token"]
    assert shown.page.evaluate(sorted_by)[4] == "ascending"
    shown.page.click("th button:has-text('Function')")
    assert [row[4] for row in rows(shown)] == ["token", "parse", "main", "idle", "eval"]
    shown.page.fill("#term", "e")
    assert [row[4] for row in rows(shown)] == ["token", "parse", "idle", "eval"]
    shown.page.fill("#term", "nothing of that name")
    assert shown.text(".empty") == "No function is found."
    shown.page.fill("#term", "")
    shown.page.click("tbody button:text-is('token')")
    assert shown.state["view"] == "sandwich" and shown.text("#function") == "token"


def test_a_column_that_is_sorted_by_the_keyboard_keeps_the_focus(open_page):
    shown = open_page(CALLS, address="#view=table")
    shown.page.focus("th button:has-text('Total %')")
    shown.press("Enter")
    assert shown.page.evaluate("document.activeElement.textContent") == "Total % ▾"
    shown.press("Enter")
    assert shown.page.evaluate("document.activeElement.textContent") == "Total % ▴"


def test_a_long_table_is_shown_in_parts(open_page):
    shown = open_page("".join(f"function_{i:04} {i + 1}\n" for i in range(700)), address="#view=table")
    assert shown.page.locator("tbody tr").count() == 300
    assert shown.text(".more") == "Show more: 400 left"
    shown.page.click(".more")
    assert shown.page.locator("tbody tr").count() == 600
    shown.page.click(".more")
    assert shown.page.locator("tbody tr").count() == 700 and shown.page.locator(".more").is_hidden()


def focused_item(shown) -> str:
    return shown.page.evaluate("document.activeElement.querySelector(':scope > .row .label')?.textContent")


def test_tree_by_keyboard(open_page):
    shown = open_page(CALLS)
    shown.page.click("#view-tree")
    shown.page.focus("[role=treeitem]")
    walk = []
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft", "End", "Home"):
        shown.press(key)
        walk.append(focused_item(shown))
    assert walk == ["main", "main", "eval", "parse", "main", "main", "idle", "all"]
    shown.press("ArrowDown", "Enter")
    assert shown.pinned == "main" and focused_item(shown) == "main"
    item = shown.page.locator("[role=treeitem]:focus")
    assert item.get_attribute("aria-level") == "2"
    assert item.get_attribute("aria-expanded") == "false", "closed by the second arrow to the left"
    assert item.get_attribute("aria-label").startswith("main: Total 8 samples, 80.0% of all")


def test_tree_by_mouse_and_its_rest(open_page):
    shown = open_page("".join(f"main;f{i:03} {i + 1}\n" for i in range(150)), address="#view=tree")
    assert shown.page.locator("[role=treeitem]").count() == 102, "the root, main, and a hundred of its callees"
    more = shown.page.locator("button.more")
    assert more.inner_text() == "Show more: 50 left"
    more.focus()
    shown.press("Enter")
    assert shown.page.locator("[role=treeitem]").count() == 152
    assert focused_item(shown) == "f049", "the first of those that came"
    shown.page.click(".row .label:text-is('main')")
    assert shown.page.locator("[role=treeitem]").count() == 2
    assert shown.pinned == "main"


def test_the_tree_follows_the_state(open_page):
    shown = open_page(two_metrics(), address="#view=tree")
    assert "10 samples" in shown.text("[role=tree] .row >> nth=0")
    shown.page.select_option("#metric", label="allocated")
    assert "4.0 KiB" in shown.text("[role=tree] .row >> nth=0")
    shown.page.click("#turned")
    assert shown.texts("[role=treeitem] [role=treeitem] > .row .label") == ["work", "memmove"]


def test_time(open_page):
    shown = open_page(fg.read(COLLAPSE / "pytorch" / "cuda.json", timeline=True), kind="chart")
    assert shown.state["view"] == "time" and shown.page.locator("#view-time").get_attribute("aria-checked") == "true"
    repeated = shown.page.evaluate(
        """() => {
          const { tree } = flamegraph.shape, at = new Map(), row = flamegraph.stage.picture.seen;
          const seen = (node) => flamegraph.stage.picture.box(node)?.width > 3;
          for (let i = 1; i < tree.count; i++) {
            const key = `${tree.parent[i]} ${tree.name[i]}`;
            if (at.has(key) && seen(i)) return i;
            at.set(key, i);
          }
          return null;
        }"""
    )
    assert repeated is not None, "a call that comes again"
    x, y = shown.page.evaluate(
        """(node) => {
          const { picture } = flamegraph.stage, box = picture.box(node);
          const { left, top } = picture.host.getBoundingClientRect();
          return [left + box.left + box.width / 2, top + box.top + 9];
        }""",
        repeated,
    )
    shown.page.mouse.click(x, y)
    assert shown.page.evaluate("flamegraph.target") == repeated, "that one, not the first of them"
    shown.page.reload()
    shown = type(shown)(shown.page)
    assert shown.page.evaluate("flamegraph.target") == repeated
    assert shown.page.locator("#turned").is_hidden() and shown.page.locator("#order").is_hidden()
    shown.page.click("#view-flame")
    current = shown.page.get_attribute("#trail [aria-current=true]", "title")
    assert shown.target.split(";")[-1] == current != "all", "the same calls, merged"


# Looks


def test_metric(open_page):
    shown = open_page(two_metrics())
    assert shown.text("#whole") == "10 samples" and shown.text("#legend").startswith("width: samples")
    shown.page.select_option("#metric", label="allocated")
    assert shown.text("#whole") == "4.0 KiB" and shown.text("#legend").startswith("width: allocated")
    assert shown.box("main;work")["width"] == pytest.approx(0.75 * shown.box("main")["width"], abs=0.01)
    shown.page.click("#view-table")
    assert "samples" in " ".join(shown.texts("th"))


def test_colours(open_page):
    shown = open_page(two_metrics())
    by_name = shown.color("main;memcpy"), shown.color("main;memcpy;memmove")
    assert by_name[0] != by_name[1]
    shown.page.select_option("#colors", "module")
    assert shown.color("main;memcpy") == shown.color("main;memcpy;memmove") != shown.color("main")
    assert "libc.so" in shown.text("#legend")
    shown.page.select_option("#colors", "kind")
    assert shown.color("main;memcpy") == shown.color("main")
    assert "user code" in shown.text("#legend")


@pytest.mark.parametrize(("system", "other"), [("light", "dark"), ("dark", "light")])
def test_theme(open_page, system, other):
    shown = open_page(CALLS, context={"color_scheme": system})
    paper = "getComputedStyle(document.body).backgroundColor"
    first, box = shown.page.evaluate(paper), shown.color("main")
    assert (first == "rgb(255, 255, 255)") == (system == "light")
    shown.page.select_option("#theme", other)
    assert shown.page.evaluate(paper) != first and shown.color("main") != box
    shown.page.select_option("#theme", system)
    assert shown.page.evaluate(paper) == first and shown.color("main") == box
    shown.page.select_option("#theme", "auto")
    shown.page.emulate_media(color_scheme=other)
    until(shown.page, f"{paper} !== '{first}'")
    shown.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert shown.color("main") != box


def test_details_of_the_whole(open_page):
    shown = open_page(CALLS)
    shown.press("p")
    assert shown.text("#panel").split("\n") == ["×", "all", "Total", "10 samples, 100.0% of all"]


def test_where_nothing_is_left_the_legend_says_so(open_page):
    shown = open_page(CALLS)
    nothing = "nothing is counted in what is chosen"
    assert nothing not in shown.text("#legend")
    shown.page.evaluate(
        "for (const name of ['main', 'idle']) flamegraph.step('ignore', flamegraph.model.names.indexOf(name))"
    )
    assert nothing in shown.text("#legend")
    shown.page.evaluate("flamegraph.change({ view: 'sandwich', name: 1 })")
    assert nothing in shown.text("#legend")
