"""flamegraph view: a page in the temporary folder, and a browser where there is one."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path

import pytest

from flamegraph.cli import main, view


@pytest.fixture(autouse=True)
def opened(monkeypatch, tmp_path):
    """What was opened in a browser; pages go to a folder of the test."""
    found = []
    monkeypatch.setattr(webbrowser, "open", found.append)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(view, "_has_browser", lambda: True)
    return found


@pytest.fixture
def profiles(tmp_path):
    for name, count in ("before", 40), ("after", 90):
        (tmp_path / f"{name}.folded").write_text(f"main;parse {count}\nmain;eval 20\n")
    return tmp_path


def written(capfd) -> tuple[Path, str]:
    path = Path(capfd.readouterr().out.strip())
    return path, path.read_text("utf-8")


def test_the_page_is_written_and_opened(profiles, capfd, opened):
    assert main(["view", str(profiles / "after.folded")]) == 0
    path, page = written(capfd)
    assert opened == [path.as_uri()]
    assert path.parent == profiles and path.name.startswith("flamegraph-after-") and path.suffix == ".html"
    assert page.startswith("<!DOCTYPE html>") and "<title>Flame Graph</title>" in page


def test_a_baseline_makes_it_a_comparison(profiles, capfd, opened):
    before, after, out = (str(profiles / name) for name in ("before.folded", "after.folded", "d.html"))
    assert main(["view", after, before, "--title", "Parsing"]) == 0
    _, page = written(capfd)
    assert "<title>Parsing</title>" in page
    assert main(["diff", before, after, "-q", "-o", out, "--title", "Parsing"]) == 0
    assert Path(out).read_text("utf-8") == page


def test_only_the_path(profiles, capfd, opened, monkeypatch):
    assert main(["view", "--no-open", str(profiles / "after.folded")]) == 0
    monkeypatch.setattr(view, "_has_browser", lambda: False)
    assert main(["view", str(profiles / "after.folded")]) == 0
    assert opened == []
    assert len(capfd.readouterr().out.splitlines()) == 2


def test_a_bare_terminal_has_no_browser(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert not view._has_browser()
    monkeypatch.setenv("DISPLAY", ":0")
    assert view._has_browser()


def test_nothing_is_left_where_the_input_is_bad(tmp_path, capfd, opened):
    (tmp_path / "bad.txt").write_bytes(b"PERFILE2" + b"\1" * 400)
    assert main(["view", str(tmp_path / "bad.txt")]) == 1
    assert opened == [] and not list(tmp_path.glob("*.html"))
    assert main(["view"]) == 2
