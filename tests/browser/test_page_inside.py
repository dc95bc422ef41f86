"""The page where it is not at home: in a frame of another page, and with names that mean harm."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest
from shown import until

import flamegraph as fg
from flamegraph.profile import Meta
from flamegraph.render import render

CALLS = fg.read(b"main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n", format="folded")

HOSTILE = [
    "</script><script>alert(1)</script>",
    "</svg></style></title><img src=x onerror=alert(1)>",
    "<!-- ]]> <![CDATA[",
    '" onmouseover=alert(1) x="',
    "{{ 7*7 }} ${alert(1)} `x`",
    "null\0 bell\a escape\x1b[31m",
    "right\u202eto left",
    "\ud800 lone \udfff",
    "constructor",
    "__proto__",
    "x" * 10_000,
    "",
    " ",
]


@pytest.mark.parametrize("sandbox", [None, "allow-scripts"])
def test_in_a_frame_of_another_page(new_page: Any, tmp_path: Path, sandbox: str | None):
    inner = html.escape(render(CALLS, "html").decode())
    rights = f' sandbox="{sandbox}"' if sandbox else ""
    path = tmp_path / "notebook.html"
    head = '<!doctype html><title>x</title><link rel="icon" href="data:,"><h1>Notebook</h1>'
    path.write_text(f'{head}<iframe{rights} width=900 height=500 srcdoc="{inner}"></iframe>')
    page = new_page()
    page.goto(path.as_uri() + "#cell-7")
    frame = page.frame_locator("iframe")
    frame.locator("canvas.boxes").wait_for()
    before = page.evaluate("history.length")
    [inside] = [one for one in page.frames if one != page.main_frame]
    box = inside.evaluate(
        """() => {
          const { picture } = flamegraph.stage, box = picture.box(2);
          const { left, top } = picture.host.getBoundingClientRect();
          return [left + box.left + box.width / 2, top + box.top + 9];
        }"""
    )
    outer = page.locator("iframe").bounding_box()
    page.mouse.click(outer["x"] + 2 + box[0], outer["y"] + 2 + box[1])
    until(inside, "flamegraph.target === 2")
    frame.locator("#view-table").click()
    frame.locator("tbody tr").first.wait_for()
    frame.locator("#term").fill("token")
    assert frame.locator("tbody tr").count() == 1
    assert page.url.endswith("#cell-7") and page.evaluate("history.length") == before
    assert inside.evaluate("location.href") == "about:srcdoc"


@pytest.fixture(scope="module")
def hostile() -> fg.Profile:
    build = fg.Builder()
    build.metric("samples", "constructor")
    build.metric(HOSTILE[0], HOSTILE[1])
    for i, name in enumerate(HOSTILE):
        frame = build.frame(name, module=name, file=name, line=i + 1)
        build.sample_all(build.stack([frame, frame]), [i + 1, 2])
    text = " ".join(HOSTILE[:7])
    return build.finish(Meta(title=text, command=text, host=text))


def harmless(page: Any) -> None:
    assert page.locator("img, iframe, object").count() == 0
    assert page.locator("script").count() == 1
    attributes = page.evaluate("[...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames())")
    assert [name for name in attributes if name.startswith("on")] == []


@pytest.mark.parametrize("view", ["flame", "icicle", "sandwich", "table", "tree"])
def test_names_that_mean_harm_are_text_in_every_view(open_page, hostile, view):
    shown = open_page(hostile, address=f"#view={view}&name=3")
    assert shown.state["view"] == view
    harmless(shown.page)
    for key in ("r", "o", "p", "x", "t"):
        shown.press(key)
        harmless(shown.page)
    for palette in ("module", "kind", "name"):
        if shown.page.locator("#colors").is_visible():
            shown.page.select_option("#colors", palette)
    shown.page.select_option("#metric", "1")
    shown.page.fill("#term", "script")
    harmless(shown.page)
    assert "</script><script>" in shown.page.title() and "</script>" in shown.text("#legend")


def test_details_tips_and_steps_of_names_that_mean_harm(open_page, hostile):
    shown = open_page(hostile)
    for node in range(1, shown.page.evaluate("flamegraph.shape.tree.count"), 2):
        shown.page.evaluate("(node) => flamegraph.choose(node)", node)
        harmless(shown.page)
        name = shown.page.evaluate("(node) => flamegraph.model.names[flamegraph.shape.tree.name[node]]", node)
        assert shown.page.evaluate("document.querySelector('#panel h2').textContent") == name
    wide = shown.page.evaluate(
        """() => {
          const { picture } = flamegraph.stage, { left, top } = picture.host.getBoundingClientRect(), found = [];
          for (let node = 1; node < flamegraph.shape.tree.count; node++) {
            const box = picture.box(node);
            if (box && box.width > 10) found.push([left + box.left + box.width / 2, top + box.top + 9]);
          }
          return found;
        }"""
    )
    assert len(wide) > 10
    for x, y in wide:
        shown.page.mouse.move(x, y)
        assert shown.page.locator("#tip b").count() == 1
        harmless(shown.page)
    for name in range(1, 5):
        shown.page.evaluate("(name) => flamegraph.step('hide', name)", name)
    assert len(shown.texts("#trail .step")) == 4
    harmless(shown.page)


@pytest.mark.parametrize("kind", ["svg", "png", "folded", "speedscope"])
def test_files_of_names_that_mean_harm(open_page, hostile, kind):
    shown = open_page(hostile)
    with shown.page.expect_download() as waiting:
        shown.page.select_option("#save", kind)
    content = Path(waiting.value.path()).read_bytes()
    assert len(content) > 200
    assert not any(letter in waiting.value.suggested_filename for letter in '/\\<>:"\0')
    if kind == "folded":
        assert fg.read(content, format="folded", columns="1").total() == hostile.total()
    if kind == "speedscope":
        assert fg.read(content).total() == hostile.total()


def test_a_deep_stack_in_every_view(open_page):
    deep = ";".join(f"f{i % 50}" for i in range(5_000))
    shown = open_page(f"{deep} 3\nother 1\n")
    for key in ("2", "r", "r", "3", "4", "1", "x"):
        shown.press(key)
    assert shown.page.evaluate("flamegraph.shape.tree.deepest") == 5_000
    shown.press("5")
    shown.page.focus("[role=treeitem]")
    shown.press("ArrowDown", "ArrowRight")
    assert shown.page.locator("[role=treeitem]").count() > 300, "a chain of calls opens at once, as far as is sensible"
