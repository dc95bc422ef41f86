"""A notebook that is executed, exported and opened: the objects show their pages in it."""

from __future__ import annotations

import pytest
from shown import until

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
nbconvert = pytest.importorskip("nbconvert")

CELLS = [
    "import flamegraph as fg\nbefore = fg.read(b'main;parse;token 60\\nmain;eval 40\\n')\nbefore",
    "fg.diff(before, fg.read(b'main;parse;token 190\\nmain;eval 40\\n'))",
]


@pytest.fixture(scope="module")
def executed():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()


def test_the_text_is_there_too(executed):
    for cell in executed.cells:
        [output] = cell.outputs
        assert output["data"]["text/plain"].startswith("<")
        assert "Profile" in output["data"]["text/plain"] or "Comparison" in output["data"]["text/plain"]


def test_both_pages_work_in_the_exported_file(executed, new_page, tmp_path):
    body, _ = nbconvert.HTMLExporter(template_name="basic").from_notebook_node(executed)
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>notebook</title><body>{body}", encoding="utf-8")
    page = new_page()
    page.goto(path.as_uri())
    until(page, "document.querySelectorAll('iframe').length === 2")
    frames = [element.content_frame() for element in page.query_selector_all("iframe")]
    address = page.url
    for frame, words in zip(frames, ["100 samples", "→"], strict=True):
        until(frame, "Boolean(globalThis.flamegraph?.stage.picture?.seen)")
        assert words in frame.inner_text("#whole")
        node = frame.evaluate("flamegraph.shape.tree.name.findIndex((name) => flamegraph.model.names[name] === 'eval')")
        box = frame.evaluate("(node) => flamegraph.stage.picture.box(node)", node)
        frame.locator(".scroll").click(position={"x": box["left"] + box["width"] / 2, "y": box["top"] + 8})
        assert frame.inner_text("#trail").split() == ["all", "›", "main", "›", "eval"]
        frame.click("#view-table")
        assert "eval" in frame.inner_text("table")
    assert page.url == address
