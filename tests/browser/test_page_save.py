"""Files and copies of what the page shows: they hold what is seen, and are read again."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from shown import until

import flamegraph as fg

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n"
PYTORCH = Path(__file__).parents[2] / "fixtures" / "collapse" / "pytorch" / "cuda.json"
SVG = "{http://www.w3.org/2000/svg}"


def saved(shown, kind: str) -> tuple[str, bytes]:
    """(name, content) of the file."""
    with shown.page.expect_download() as waiting:
        shown.page.select_option("#save", kind)
    assert shown.page.input_value("#save") == ""
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_folded(open_page):
    shown = open_page(CALLS, title="My: profile / 1")
    name, content = saved(shown, "folded")
    assert name == "My-profile-1.folded"
    assert sorted(content.decode().splitlines()) == sorted(CALLS.splitlines())
    shown.click("main;parse")
    assert saved(shown, "folded")[1] == b"main;parse 1\nmain;parse;token 3\n"
    shown.click("")
    shown.page.click("#turned")
    assert b"parse;eval;main 4\n" in saved(shown, "folded")[1]


def test_speedscope(open_page):
    shown = open_page(CALLS)
    name, content = saved(shown, "speedscope")
    assert name.endswith(".speedscope.json")
    assert json.loads(content)["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    profile = fg.read(content)
    assert profile.meta.format == "speedscope" and profile.total() == 10
    shown.press("x")
    shown.click("main;eval")
    assert fg.read(saved(shown, "speedscope")[1]).total() == 4


def test_in_order_of_time_files_hold_what_the_samples_count(open_page):
    profile = fg.read(PYTORCH, timeline=True)
    shown = open_page(profile, kind="chart")
    assert fg.read(saved(shown, "folded")[1], format="folded").total() == profile.total()
    assert fg.read(saved(shown, "speedscope")[1]).total() == profile.total()


@pytest.mark.parametrize("view", ["flame", "icicle"])
def test_svg(open_page, view):
    shown = open_page(CALLS, address=f"#view={view}")
    name, content = saved(shown, "svg")
    assert name == "Flame-Graph.svg"
    root = ElementTree.fromstring(content)
    boxes = {group.find(f"{SVG}title").text.splitlines()[0]: group.find(f"{SVG}rect") for group in root.iter(f"{SVG}g")}
    assert set(boxes) == {"all", "main", "idle", "eval", "parse", "token"}
    assert float(boxes["main"].get("width")) == pytest.approx(0.8 * 1200, abs=1)
    assert (float(boxes["main"].get("y")) < float(boxes["all"].get("y"))) == (view == "flame")
    assert len(list(root.iter(f"{SVG}g"))) == 7


def test_an_svg_is_that_of_what_is_zoomed_into(open_page):
    shown = open_page(CALLS)
    shown.click("main;parse")
    root = ElementTree.fromstring(saved(shown, "svg")[1])
    assert len(list(root.iter(f"{SVG}g"))) == 4
    assert {group.find(f"{SVG}rect").get("width") for group in root.iter(f"{SVG}g")} == {"1199.5", "899.5"}


def test_a_sandwich_is_saved_with_both_halves(open_page):
    shown = open_page(CALLS, address="#view=sandwich&name=99")
    shown.page.click("#view-sandwich")
    assert shown.text("#function") == "parse"
    root = ElementTree.fromstring(saved(shown, "svg")[1])
    boxes = [
        (group.find(f"{SVG}title").text.splitlines()[0], int(group.find(f"{SVG}rect").get("y")))
        for group in root.iter(f"{SVG}g")
    ]
    assert [name for name, _ in boxes] == ["parse", "eval", "main", "main", "parse", "token"]
    function = [y for name, y in boxes if name == "parse"]
    assert dict(boxes)["eval"] < function[0] < function[1] < dict(boxes)["token"]
    assert int(root.get("height")) >= dict(boxes)["token"] + 18
    expected = ["main;eval;parse 4", "main;parse 1", "main;parse;token 3"]
    assert sorted(saved(shown, "folded")[1].decode().splitlines()) == expected
    assert fg.read(saved(shown, "speedscope")[1]).total() == 8


def test_png(open_page):
    shown = open_page(CALLS)
    name, content = saved(shown, "png")
    assert name == "Flame-Graph.png" and content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (2400, 2 * (30 + 4 * 18 + 10))


def test_a_very_tall_png_fits(open_page):
    shown = open_page(";".join(f"f{i}" for i in range(1500)) + " 1\n")
    width, height = struct.unpack(">II", saved(shown, "png")[1][16:24])
    assert height <= 16_000 and 0 < width < 1200


def test_copies(open_page):
    shown = open_page(CALLS)
    shown.page.evaluate(
        """() => {
          globalThis.copied = [];
          navigator.clipboard.writeText = async (text) => { globalThis.copied.push(text); };
        }"""
    )
    shown.click("main;eval;parse", button="right")
    shown.page.click("#panel button:text-is('Copy name')")
    shown.page.click("#panel button:text-is('Copy stack')")
    shown.press("c", "Shift+C")
    until(shown.page, "copied.length === 4")
    assert shown.page.evaluate("copied") == ["parse", "main;eval;parse"] * 2
    assert shown.text("#said") == "copied"


def test_copies_where_the_clipboard_is_refused(open_page):
    shown = open_page(CALLS)
    shown.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    shown.click("main;parse", button="right")
    shown.page.click("#panel button:text-is('Copy stack')")
    until(shown.page, "document.getElementById('said').textContent !== ''")
    assert shown.page.locator("textarea").count() == 0
    shown.page.focus("#term")
    shown.press("Control+v")
    assert shown.page.input_value("#term") in ("main;parse", "")
    assert shown.text("#said") == (
        "copied" if shown.page.input_value("#term") else "The browser does not allow copying."
    )
