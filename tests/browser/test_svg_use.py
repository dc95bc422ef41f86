"""What a person does with the SVG in a browser."""

from __future__ import annotations

import re

import pytest

import flamegraph as fg

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"


def frame(page, name: str, nth: int = 0):
    return (
        page.locator("#frames > *").filter(has=page.locator(f"title:text-matches('^{re.escape(name)} \\\\(')")).nth(nth)
    )


def shown(page) -> dict[str, tuple[float, float]]:
    """Name → (x, width) of the frames that are seen; where a name is there twice, of the last one drawn."""
    return {
        name: (x, width)
        for name, x, width in page.evaluate(
            """[...document.querySelectorAll("#frames > *")].filter((e) => getComputedStyle(e).display !== "none").map(
                (e) => [e.children[0].textContent.replace(/ \\(.*/, ""), +e.children[1].getAttribute("x"),
                        +e.children[1].getAttribute("width")])"""
        )
    }


def text(page, name: str) -> str:
    return page.evaluate("(id) => document.getElementById(id).textContent", name)


def faded(page) -> list[str]:
    return page.eval_on_selector_all(
        ".parent > title", "titles => titles.map(t => t.textContent.replace(/ \\(.*/, ''))"
    )


def test_zoom_and_reset(show):
    page = show(CALLS)
    before = shown(page)
    frame(page, "eval").click()
    after = shown(page)
    assert set(after) == {"all", "main", "eval", "parse"}
    assert after["eval"] == after["parse"] == after["main"] == after["all"] == (10, 1180)
    assert faded(page) == ["all", "main"]
    assert page.locator("#unzoom").is_visible()
    assert "x=" in page.url and "y=" in page.url
    page.locator("#unzoom").click()
    assert shown(page) == before
    assert faded(page) == []
    assert not page.locator("#unzoom").is_visible()
    assert "x=" not in page.url


def test_zooming_out_by_a_faded_frame(show):
    page = show(CALLS)
    frame(page, "token").click()
    frame(page, "main").click()
    assert set(shown(page)) == {"all", "main", "parse", "token", "eval"}
    frame(page, "all").click()
    assert "idle" in shown(page)
    assert not page.locator("#unzoom").is_visible()


def test_names_are_written_out_where_zooming_makes_room(show):
    page = show("main;a_name_that_is_quite_long 1\nmain;rest 19\n")
    assert frame(page, "a_name_that_is_quite_long").locator("text").text_content() == "a_name.."
    frame(page, "a_name_that_is_quite_long").click()
    assert frame(page, "a_name_that_is_quite_long").locator("text").text_content() == "a_name_that_is_quite_long"
    page.keyboard.press("Escape")
    assert frame(page, "a_name_that_is_quite_long").locator("text").text_content() == "a_name.."


def test_search(show):
    page = show(CALLS)
    page.keyboard.press("Control+f")
    page.keyboard.type("^parse|token")
    # Both frames called parse, 8 of 10; token stands on one of them.
    assert text(page, "matched") == "Matched: 80.0%"
    page.keyboard.press("Enter")
    assert page.locator("input").count() == 0
    assert page.locator(".match").count() == 3
    fill = frame(page, "token").locator("rect").evaluate("e => getComputedStyle(e).fill")
    assert fill == "rgb(230, 0, 230)"
    assert "s=%5Eparse%7Ctoken" in page.url
    assert text(page, "search") == "Reset Search"
    page.locator("#search").click()
    assert page.locator(".match").count() == 0
    assert text(page, "matched") == " "
    assert "s=" not in page.url


def test_search_is_within_the_frame_zoomed_into(show):
    page = show(CALLS, query="?s=parse")
    assert text(page, "matched") == "Matched: 80.0%"
    frame(page, "eval").click()
    assert text(page, "matched") == "Matched: 100%"
    page.keyboard.press("Escape")
    assert text(page, "matched") == "Matched: 80.0%"


@pytest.mark.parametrize("key", ["Control+f", "F3"])
def test_search_opens_by_key_and_closes_by_escape(show, key):
    page = show(CALLS)
    page.keyboard.press(key)
    page.keyboard.type("main")
    assert page.locator(".match").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("input").count() == 0
    assert page.locator(".match").count() == 0


def test_ignore_case(show):
    page = show(CALLS)
    page.locator("#search").click()
    page.keyboard.type("PARSE")
    assert text(page, "matched") == "Matched: 0.0%"
    page.keyboard.press("Control+i")
    assert text(page, "matched") == "Matched: 80.0%"
    page.keyboard.press("Enter")
    page.locator("#ignorecase").click()
    assert text(page, "matched") == "Matched: 0.0%"
    assert page.locator("#ignorecase").get_attribute("aria-pressed") == "false"


def test_a_broken_expression_is_told(show):
    page = show(CALLS)
    page.locator("#search").click()
    page.keyboard.type("par")
    page.keyboard.type("(")
    assert text(page, "matched") == "Invalid expression"
    assert page.locator(".match").count() == 2, "what was found stays"
    page.keyboard.type("se)")
    assert text(page, "matched") == "Matched: 80.0%"


def test_a_broken_expression_is_not_lost(show):
    page = show(CALLS)
    page.keyboard.press("Control+f")
    page.keyboard.type("operator(")
    field = page.locator("input")
    assert field.get_attribute("aria-invalid") == "true"
    assert "regular expression" in field.get_attribute("title")
    page.keyboard.press("Enter")
    frame(page, "eval").click()
    assert field.evaluate("e => e.value") == "operator("
    assert text(page, "matched") == "Invalid expression"
    page.keyboard.press("Control+f")
    page.keyboard.press("End")
    page.keyboard.type(")|eval")
    assert field.get_attribute("aria-invalid") == "false" and field.get_attribute("title") == ""
    page.keyboard.press("Enter")
    assert field.count() == 0
    assert text(page, "matched") == "Matched: 100%"


def test_a_broken_expression_is_given_up_by_escape(show):
    page = show(CALLS, query="?s=(")
    assert text(page, "matched") == "Invalid expression"
    page.keyboard.press("Control+f")
    page.keyboard.press("Enter")
    assert page.locator("input").count() == 0 and text(page, "matched") == " "
    page.keyboard.press("Control+f")
    page.keyboard.type("(")
    page.keyboard.press("Escape")
    assert page.locator("input").count() == 0 and text(page, "matched") == " "


def test_words_below_do_not_overlap_where_it_is_narrow(show):
    page = show("main;parse 1000\nmain;parse;token 1\n", minwidth="3", width=420)
    page.keyboard.press("Control+f")
    page.keyboard.type("a_long_expression(")
    left, right = (page.locator(name).bounding_box() for name in ("#details", "#matched"))
    assert left["width"] > 100 and left["x"] + left["width"] < right["x"]


def test_the_rest_of_the_address_stays(show):
    page = show(CALLS, query="?q=1#part")
    frame(page, "eval").click()
    assert "q=1&x=" in page.url and page.url.endswith("#part")
    page.keyboard.press("Escape")
    assert page.url.endswith("?q=1#part")


def test_state_comes_from_the_address(show):
    page = show(CALLS)
    frame(page, "eval").click()
    page.keyboard.press("Control+f")
    page.keyboard.type("PARSE")
    page.keyboard.press("Control+i")
    page.keyboard.press("Enter")
    url, seen = page.url, shown(page)
    page.goto("about:blank")
    page.goto(url)
    assert shown(page) == seen
    assert text(page, "matched") == "Matched: 100%"
    assert page.locator("#ignorecase").get_attribute("aria-pressed") == "true"
    assert page.url == url


@pytest.mark.parametrize("query", ["?x=1&y=2", "?x=%22%5D&y=x", "?s=(", "?s=", "?x=10.0", "?q=%ff"])
def test_a_strange_address_does_no_harm(show, query):
    assert len(shown(show(CALLS, query=query))) == 6


def test_details(show):
    page = show(CALLS)
    frame(page, "token").hover()
    assert text(page, "details") == "Function: token (3 samples, 30.00%)"
    page.mouse.move(1, 1)
    assert text(page, "details") == " "


def test_details_keep_the_counts_of_long_names(show):
    page = show("main;" + "long_" * 2000 + " 3\n")
    frame(page, "all").hover()
    page.locator("#frames > *").nth(2).hover()
    said = text(page, "details")
    assert said.startswith("Function: long_") and said.endswith(".. (3 samples, 100.00%)")
    box = page.locator("#details").bounding_box()
    assert box["x"] + box["width"] <= 1200


def test_links_are_followed_and_zoomed_with_control(show, tmp_path):
    attributes = tmp_path / "attributes"
    attributes.write_text("eval\thref=#there\ttarget=_self\n")
    page = show(CALLS, nameattr=str(attributes))
    frame(page, "eval").click(modifiers=["Control"])
    assert faded(page) == ["all", "main"]
    assert not page.url.endswith("#there")
    frame(page, "eval").click()
    assert page.url.endswith("#there")


def test_an_icicle_zooms_downwards(show):
    page = show(CALLS, kind="icicle")
    frame(page, "eval").click()
    assert set(shown(page)) == {"all", "main", "eval", "parse"}
    above, below = frame(page, "eval").bounding_box(), frame(page, "parse", 1).bounding_box()
    assert above["y"] < below["y"]


def test_a_chart_zooms_to_one_stretch_of_time(show):
    chart = fg.read(b"main;a 1\nmain;b 2\nmain;a 1\n", format="folded", timeline=True)
    page = show(chart, kind="chart")
    assert page.locator("#frames > *").count() == 5
    frame(page, "a", 1).click()
    assert set(shown(page)) == {"all", "main", "a"}
    page.keyboard.press("Escape")
    page.keyboard.press("Control+f")
    page.keyboard.type("a$")
    assert text(page, "matched") == "Matched: 50.0%"


def test_a_comparison(show):
    page = show("main;a 10 14\nmain;b 5 1\nmain;gone 3 0\n")
    frame(page, "a").hover()
    assert text(page, "details") == "Function: a (14 samples, 93.33%; +26.67%, self +26.67%)"
    assert "gone and not drawn" in text(page, "legend")


def test_fluid_follows_the_window(show):
    page = show(CALLS, width="fluid")
    for width in (1240, 700):
        page.set_viewport_size({"width": width, "height": 600})
        page.wait_for_function("w => document.querySelector('rect + text') && innerWidth === w", arg=width)
        drawn = page.evaluate("document.documentElement.clientWidth")
        page.wait_for_function(
            "w => Math.abs(+document.querySelector('#frames rect').getAttribute('width') - (w - 20)) < 0.1", arg=drawn
        )
        search = page.locator("#ignorecase").bounding_box()
        assert search["x"] + search["width"] <= drawn
    frame(page, "eval").click()
    assert shown(page)["eval"][1] == pytest.approx(drawn - 20, abs=0.1)
