"""Take the README's pictures of the page anew: docs/page-*.png. They need Chromium, and are looked at before they stay.

python scripts/take_pictures.py [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure_page import ROOT, opened

import flamegraph as fg

#: name → what is shown, what is done there first, width and height of the window, light or dark. `number` finds a name.
PICTURES = {
    "page-flame": ("shop", "flamegraph.change({search: 'sort'})", (1240, 520), "light"),
    "page-change": (
        "runs",
        "flamegraph.choose(flamegraph.shape.tree.name.indexOf(number('scan')))",
        (1240, 420),
        "light",
    ),
    "page-sandwich": (
        "shop",
        "flamegraph.change({view: 'sandwich', name: number('exc_page_fault'), colors: 'kind'})",
        (1240, 460),
        "dark",
    ),
}

_NUMBER = "const number = (name) => flamegraph.model.names.indexOf(name);"


def profiles() -> dict[str, fg.Profile | fg.Comparison]:
    """What the pictures show, all of it recorded by this repository's scripts."""
    runs = ROOT / "fixtures" / "diff"
    sides = [[fg.read(path) for path in sorted(runs.glob(f"{side}-0*.folded"))] for side in ("same", "slower")]
    return {"shop": fg.read(ROOT / "fixtures" / "demo" / "shop.perf.txt.gz"), "runs": fg.diff(*sides)}


def main(arguments: list[str]) -> None:
    from playwright import sync_api

    folder = Path(arguments[0]) if arguments else ROOT / "docs"
    shown = profiles()
    with sync_api.sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = opened(playwright)
        for name, (what, act, (width, height), scheme) in PICTURES.items():
            path = Path(place) / f"{name}.html"
            fg.write(shown[what], path, title="shop" if what == "shop" else "scan works half as much again")
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(path.as_uri())
            page.locator("canvas.boxes").first.wait_for()
            page.evaluate(f"() => {{ {_NUMBER} {act}; return new Promise((done) => setTimeout(done, 300)); }}")
            page.screenshot(path=folder / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
