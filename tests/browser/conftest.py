"""A real browser: Chromium as the system has it, driven by Playwright. Without either, these tests are skipped, or fail
where FLAMEGRAPH_REQUIRE_BROWSER is set (scripts/test sets it in CI)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shown import Shown

import flamegraph as fg
from flamegraph.render import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

#: --no-sandbox: containers run tests as root. The rest keeps the browser from doing anything but the test.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    missing = pytest.fail if os.environ.get("FLAMEGRAPH_REQUIRE_BROWSER") else pytest.skip
    if CHROMIUM is None:
        missing("Chromium is not installed")
    try:
        from playwright import sync_api
    except ImportError:
        missing("Playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[Any]:
    """new_page(**context options): a page that fails the test if it complains, loads something or opens a dialog."""
    contexts, complaints = [], []

    def make(**options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1240, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: None if _is_own(request.url) else complaints.append(request.url))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def _is_own(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:", "about:"))


@pytest.fixture
def show(new_page: Any, tmp_path: Path) -> Any:
    """show(folded text or profile, **options of the SVG): a page that shows the picture."""

    def show(
        source: str | fg.Profile, *, query: str = "", context: dict[str, Any] | None = None, **options: Any
    ) -> Any:
        profile = (
            fg.read(source.encode("utf-8", "surrogateescape"), format="folded") if isinstance(source, str) else source
        )
        path = tmp_path / "picture.svg"
        path.write_bytes(render(profile, "svg", **options))
        page = new_page(**(context or {}))
        page.goto(path.as_uri() + query)
        return page

    return show


@pytest.fixture
def open_page(new_page: Any, tmp_path: Path) -> Any:
    """open_page(folded text, profile or comparison, **options of the page): the page with every view, opened."""

    def open_page(
        source: str | fg.Profile | fg.Comparison,
        *,
        address: str = "",
        context: dict[str, Any] | None = None,
        **options: Any,
    ) -> Shown:
        what = fg.read(source.encode(), format="folded") if isinstance(source, str) else source
        path = tmp_path / "page.html"
        path.write_bytes(render(what, "html", **options))
        page = new_page(**(context or {}))
        page.goto(path.as_uri() + address)
        return Shown(page)

    return open_page
