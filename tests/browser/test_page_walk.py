"""Walking the views that are no single picture: matches in the table and the tree, arrow keys in the sandwich."""

from __future__ import annotations

import flamegraph as fg

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"


def test_the_next_match_opens_the_tree_to_it(open_page):
    # The second match is the smallest of many callees, which are not all listed at once.
    many = "".join(f"main;run;f{i:03} {i + 10}\n" for i in range(150))
    shown = open_page(f"{many}main;run;deep;seek 1\nother;seek 2\n", address="#view=tree")
    shown.page.fill("#term", "seek")
    assert shown.page.locator(".found").count() == 0
    for stack in ("main;run;deep;seek", "other;seek", "main;run;deep;seek"):
        shown.page.click("#next")
        assert shown.pinned == stack
        item = shown.page.locator("[aria-selected=true] > .row")
        assert item.count() == 1 and item.locator(".label").inner_text() == "seek"
        top, bottom = item.bounding_box()["y"], 800
        assert 100 < top < bottom, "it is seen"
    shown.page.focus("#term")
    shown.press("Enter")
    assert shown.page.evaluate("document.activeElement.id") == "term", "who types can go on"
    shown.page.locator("[aria-selected=true] > .row").click()
    shown.press("n")
    assert shown.pinned == "main;run;deep;seek"
    assert shown.page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true", "the focus goes along"


def test_a_search_leaves_the_tree_as_it_was_opened(open_page):
    shown = open_page(CALLS, address="#view=tree")
    shown.page.click(".label:text-is('main')")
    shown.page.click(".label:text-is('eval')")
    shown.page.fill("#term", "parse")
    assert shown.texts(".found > .row .label") == ["parse", "parse"]
    shown.page.fill("#term", "")
    assert shown.page.locator(".found").count() == 0
    assert shown.page.locator(".label:text-is('parse')").count() == 2


def test_a_match_deeper_than_a_tree_can_be_opened(open_page):
    deep = ";".join(f"f{i}" for i in range(3000))
    shown = open_page(f"{deep};seek 1\nother 1\n", address="#view=tree")
    shown.page.fill("#term", "seek")
    shown.page.click("#next")
    assert shown.text("#panel h2") == "seek", "its details are shown"
    assert 300 < shown.page.locator("[role=treeitem]").count() < 500


def test_the_next_match_in_the_table_is_the_next_row(open_page):
    shown = open_page("".join(f"main;get{i:03} {i + 1}\n" for i in range(310)), address="#view=table")
    shown.page.fill("#term", "get")
    focused = "document.activeElement.textContent"
    walked = []
    for keys in ("Enter", "n", "n", "N"):
        shown.press(keys)
        walked.append(shown.page.evaluate(focused))
    assert walked == ["get309", "get308", "get307", "get308"]
    shown.page.locator("tbody button").nth(299).focus()
    shown.press("n")
    assert shown.page.evaluate(focused) == "get009", "rows that were not listed yet are"


def test_what_is_found_in_the_table_is_of_the_whole_table(open_page):
    shown = open_page(CALLS)
    shown.page.fill("#term", "token")
    shown.click("main;parse")
    assert shown.text("#matched") == "75.0% matched"
    shown.page.click("#view-table")
    assert shown.text("#matched") == "30.0% matched", "it lists all functions, whatever the picture is zoomed to"


def test_arrow_keys_walk_the_sandwich(open_page):
    shown = open_page(CALLS, address="#view=sandwich")
    shown.page.evaluate("flamegraph.sandwich(flamegraph.model.names.indexOf('parse'))")
    said = []
    for key in ("ArrowUp", "ArrowRight", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown"):
        shown.press(key)
        said.append(shown.page.text_content("#said").split(",")[0])
    # eval and main call parse, parse calls token
    assert said == ["eval", "main", "main", "parse", "token", "token"]
    assert "Total 3 samples" in shown.page.text_content("#said")
    shown.press("Enter")
    assert shown.text("#function") == "token"
    shown.press("Enter")
    assert shown.text("#function") == "token", "nothing is walked to yet"


def test_the_next_match_in_the_sandwich(open_page):
    shown = open_page(CALLS, address="#view=sandwich")
    shown.page.evaluate("flamegraph.sandwich(flamegraph.model.names.indexOf('parse'))")
    shown.page.fill("#term", "a")
    walked = []
    for button in ("#next", "#next", "#next", "#next"):
        shown.page.click(button)
        walked.append(shown.page.evaluate("flamegraph.stage.halves.at.picture.scene.chosen"))
    assert walked[0] == walked[2] != walked[1] == walked[3], "eval;main and main, on parse itself"
    said = shown.page.text_content("#said")
    assert said.startswith("main, level 1")
    assert shown.pinned is None


def test_where_not_all_callers_are_followed_the_legend_says_so(open_page):
    build = fg.Builder()
    build.metric("samples", "samples")
    leaf, stack = build.frame("leaf"), 0
    frames = [build.frame(name) for name in "ab"]
    for i in range(20_000):
        stack = build.push(stack, frames[i % 2])
        build.sample(build.push(stack, leaf), 1)
    shown = open_page(build.finish())
    cut = "not all callers are followed to the end"
    assert cut not in shown.text("#legend")
    shown.press("r")
    assert cut in shown.text("#legend")
    shown.press("4")
    assert cut not in shown.text("#legend"), "the table knows no callers"
    shown.page.evaluate("flamegraph.change({ turned: false })")
    shown.page.evaluate("flamegraph.sandwich(flamegraph.model.names.indexOf('leaf'))")
    assert cut in shown.text("#legend")


def test_no_metric_is_worked_out_that_the_table_does_not_show(open_page):
    build = fg.Builder()
    for i in range(9):
        build.metric(f"metric{i}", "samples")
    build.sample_all(build.stack([build.frame("main")]), list(range(1, 10)))
    shown = open_page(build.finish(), address="#view=table")
    assert len(shown.texts("thead th")) == 9
    assert shown.page.evaluate("[...flamegraph.model.kept.keys()].filter((key) => key.startsWith('table')).length") == 5
