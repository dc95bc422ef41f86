"""The file around the frames: title, controls, colours for light and dark, the script and what it needs to know."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import orjson
from markupsafe import Markup

from ...color import background, change_colors
from ...text import printable
from ...web_files import template, web_file
from .canvas import Canvas, pixels
from .fills import ink_on
from .frames import FEWEST
from .options import Options

__all__ = ["page"]

#: In JSON these stand only inside strings, where they may also be written like this, so that no name can end the
#: element that holds it, whether the file is read as XML or pasted into HTML.
_HARMLESS = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))


def page(
    *,
    options: Options,
    canvas: Canvas,
    title: str,
    description: str,
    omission: str,
    legend: str | None,
    columns: dict[str, np.ndarray],
    names: list[str],
    frames: str,
) -> bytes:
    """The whole file. `omission` is said until something is pointed at; `legend` is None where nothing is compared."""
    top, bottom = background(options.colors, options.bgcolors)
    content = {
        "canvas": canvas,
        "fluid": options.width == "fluid",
        "font": printable(options.fonttype),
        # Whoever chose colours for the surroundings gets these in the dark, too.
        "adaptive": options.bgcolors is None and options.uicolor is None,
        "ui": options.uicolor or "#000",
        "stroke": options.stroke_color,
        "search_color": options.search_color,
        "ink": ink_on(options.search_color),
        "background": (top, bottom),
        "title": printable(title),
        "subtitle": printable(options.subtitle),
        "notes": printable(options.notes),
        "description": printable(description),
        "omission": omission,
        "legend": legend,
        "hues": _hues(options) if legend is not None else None,
        "frames": Markup(frames),
        "css": Markup(web_file("svg.css")),
        "script": Markup(web_file("svg_model.mjs") + web_file("svg.mjs")) if options.javascript else None,
        "data": Markup(_data(options, canvas, columns, names)) if options.javascript else None,
    }
    return template("svg.svg.j2").render(content, mark=_mark(content), pixels=pixels).encode("utf-8")


def _mark(content: dict[str, Any]) -> str:
    """What tells this picture's ids from those of others in the same page: a digest, so that it stays the same."""
    digest = blake2b(digest_size=6)
    for value in content.values():
        digest.update(f"{value}\0".encode())
    return digest.hexdigest()


def _hues(options: Options) -> list[str]:
    """The colours of what grew and what shrank, as the legend shows them."""
    colors = change_colors(np.array([0.8, -0.8]) * 1e6, 1e6, options.negate, options.change_colors)
    return [f"rgb({r},{g},{b})" for r, g, b in colors]


def _data(options: Options, canvas: Canvas, columns: dict[str, np.ndarray], names: list[str]) -> str:
    """What the script works with, as JSON that is safe between tags."""
    known = {
        "names": names,
        **{name: np.ascontiguousarray(column) for name, column in columns.items()},
        "pad": canvas.pad,
        "picture": canvas.width,
        "fluid": options.width == "fluid",
        "downwards": canvas.downwards,
        "character": canvas.font_size * canvas.font_width,
        "fewest": FEWEST,
        "truncate": options.cut,
        "nametype": printable(options.nametype),
    }
    text = orjson.dumps(known, option=orjson.OPT_SERIALIZE_NUMPY)
    for raw, safe in _HARMLESS:
        text = text.replace(raw, safe)
    return text.decode("utf-8")
