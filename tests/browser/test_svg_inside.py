"""The SVG inside another page, which has keys, an address, names and pictures of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import flamegraph as fg
from flamegraph.render import render

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"

HOST = """<!doctype html><title>x</title>
<p id=p tabindex=0 class="hide control parent match field">text <input></p><div id=legend>legend</div>"""


@pytest.fixture
def host(new_page, tmp_path: Path) -> Any:
    """host(options, options, …): a page with a picture for each."""

    def host(*pictures: dict[str, Any], **context: Any) -> Any:
        profile = fg.read(CALLS.encode(), format="folded")
        svgs = [render(profile, "svg", **options).decode().split("?>", 1)[1] for options in pictures]
        path = tmp_path / "page.html"
        path.write_text("\n".join([HOST, *svgs]), "utf-8")
        page = new_page(**context)
        page.goto(path.as_uri())
        return page

    return host


def shown(page: Any, nth: int = 0) -> list[str]:
    """The names of the frames that are seen in one of the pictures."""
    return (
        page.locator("svg")
        .nth(nth)
        .locator("#frames > :not(.hide) > title")
        .evaluate_all("titles => titles.map(t => t.textContent.replace(/ \\(.*/, ''))")
    )


def frame(page: Any, nth: int, at: int) -> Any:
    return page.locator("svg").nth(nth).locator("#frames > *").nth(at)


def test_keys_and_address_are_left_alone(host):
    page = host({})
    url = page.url
    frame(page, 0, 3).click()
    assert shown(page) == ["all", "main", "eval", "parse"]
    assert page.url == url
    page.locator("#p").focus()
    page.keyboard.press("F3")
    assert page.locator("svg input").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_looks_of_the_page_are_left_alone(host, scheme):
    def looks(page: Any) -> list[list[str]]:
        return page.evaluate(
            """["#p", "#p input", "#legend", "body"].map((selector) => {
                const style = getComputedStyle(document.querySelector(selector));
                const names = ["display", "cursor", "opacity", "fontFamily", "boxSizing", "paddingLeft", "background"];
                return names.map((name) => style[name]);
            })"""
        )

    assert looks(host({}, color_scheme=scheme)) == looks(host(color_scheme=scheme))


def test_two_pictures_are_apart(host):
    page = host({"title": "one"}, {"title": "two", "bgcolors": "#000000"}, color_scheme="dark")
    frame(page, 1, 3).click()
    assert shown(page, 0) == ["all", "idle", "main", "eval", "parse", "parse", "token"]
    assert shown(page, 1) == ["all", "main", "eval", "parse"]
    frame(page, 1, 0).hover()
    details = page.locator("#details")
    assert details.all_text_contents() == [" ", "Function: all (10 samples, 100%)"]
    second = page.locator("svg").nth(1)
    second.locator("#search").click()
    page.keyboard.type("parse")
    assert page.locator("svg").nth(0).locator(".match").count() == 0
    assert second.locator(".match").count() == 2
    # Each has the background that it was given.
    fills = page.locator("#backdrop").evaluate_all(
        """all => all.map((e) => {
            const gradient = document.querySelector(e.getAttribute("fill").slice(4, -1));
            return gradient.closest("svg") === e.closest("svg");
        })"""
    )
    assert fills == [True, True]
