"""The frames as elements: `<g><title>…</title><rect …/><text …>…</text></g>`, which is also what other tools expect.

This is the only part that works once per box, so it is one plain loop over columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

from ...color import RGB
from ...layout import Layout
from ...text import printable
from .attributes import Attributes
from .canvas import Canvas, pixels
from .fills import dark

__all__ = ["elements", "shortened"]

#: A name of which fewer characters fit is not written: "a.." tells nothing.
FEWEST = 3


def elements(
    boxes: Layout,
    names: list[str],
    which: np.ndarray,
    facts: list[str],
    colors: list[RGB],
    canvas: Canvas,
    truncate: str,
    outlines: list[str] | None,
    given: Mapping[int, Attributes],
) -> str:
    """The elements of all boxes, in their order, as text.

    names   the distinct names, printable; `which` is each box's row of them
    facts   what is said about each box
    outlines  the attributes of each box's outline; None: no box has one
    given   the attributes of some rows of `names`
    """
    left, right = canvas.edges(boxes.start, boxes.width)
    room = canvas.fitting(right - left).tolist()
    rows = canvas.above(np.arange(canvas.rows))
    top = [pixels(y) for y in rows.tolist()]
    middle = [f"{y:.2f}" for y in (rows + (canvas.row_height - canvas.gap) / 2 + 3).tolist()]
    height = pixels(canvas.row_height - canvas.gap)
    is_dark = dark(np.array(colors))
    paint = [f"rgb({r},{g},{b})" for r, g, b in colors]
    ink = [' fill="#fff"' if d else "" for d in is_dark.tolist()]
    safe = [escape(name) for name in names]
    left, right, which, depth = left.tolist(), right.tolist(), which.tolist(), boxes.depth.tolist()
    edge = outlines or [""] * len(boxes)
    seen: set[int] = set()
    out = []
    for i, n in enumerate(which):
        x, row, chars = left[i], depth[i], room[i]
        if chars < FEWEST:
            label = ""
        elif len(names[n]) <= chars:
            label = safe[n]
        else:
            label = escape(shortened(names[n], chars, truncate))
        opening, closing, tooltip = "<g>", "</g>", f"{safe[n]} ({escape(facts[i])})"
        if n in given:
            opening = given[n].opening(n not in seen)
            closing = "</a>" if given[n].href is not None else "</g>"
            tooltip = tooltip if given[n].title is None else escape(printable(given[n].title))
            seen.add(n)
        out.append(
            f'{opening}<title>{tooltip}</title><rect x="{x / 10:.1f}" y="{top[row]}" width="{(right[i] - x) / 10:.1f}" '
            f'height="{height}" fill="{paint[i]}"{edge[i]} rx="2" ry="2"/><text x="{x / 10 + 3:.2f}" y="{middle[row]}"'
            f"{ink[i]}>{label}</text>{closing}\n"
        )
    return "".join(out)


def shortened(name: str, chars: int, truncate: str) -> str:
    """The part of a name that is shown where only so many characters fit: "parse_va.." or "..se_value"."""
    if len(name) <= chars:
        return name
    return name[: chars - 2] + ".." if truncate == "right" else ".." + name[len(name) - chars + 2 :]
