"""The options of the SVG picture: those of flamegraph.pl and of inferno-flamegraph, by the names known from there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...color import CHANGE_PALETTES, PALETTES
from ...errors import UsageError
from ...layout import ORDERS
from ...options import option

__all__ = ["KINDS", "Options", "min_width", "width"]

KINDS = ("flame", "icicle", "chart")

#: What a picture is as wide as where it is not told, as flamegraph.pl has it.
WIDTH = 1200

#: Between what numbers may be: above the first, which leaves nothing to see, and up to the second, far more than makes
#: sense and little enough that no product of them is beyond what a float or an SVG viewer can hold.
_BOUNDS = {"height": (1, 10_000), "fontsize": (0, 10_000), "fontwidth": (0, 10_000), "factor": (0, 1e12)}

_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|[a-zA-Z]+|(?:rgb|hsl)a?\([0-9.,%/ deg]+\)")


@dataclass(frozen=True)
class Options:
    """What the picture shows, and how."""

    kind: str = option("flame", "flame grows up, icicle down; chart keeps the samples in time order", choices=KINDS)
    inverted: bool = option(False, "let the frames grow downwards, as in an icicle graph")
    flamechart: bool = option(False, "the same as --kind chart")
    title: str | None = option(None, "the title (default: the profile's, or the kind of picture)")
    subtitle: str = option("", "a second line of title")
    notes: str = option("", "a remark that is kept in the file and not shown")
    width: str = option(str(WIDTH), "width in pixels, or `fluid`: as wide as the window", metavar="PIXELS")
    height: float = option(16.0, "height of a frame in pixels", metavar="PIXELS")
    minwidth: str = option(
        "0.1", "leave out frames narrower than this, in pixels, or with % in percent of the whole", metavar="PIXELS|%"
    )
    fonttype: str = option("Verdana", "font", metavar="FONT")
    fontsize: float = option(12.0, "size of the font in pixels", metavar="PIXELS")
    fontwidth: float = option(
        0.59, "mean width of a character, in font sizes: how much of a name fits", metavar="RATIO"
    )
    truncate: str = option(
        "right", "the end of a name that is cut off where it does not fit", choices=("left", "right")
    )
    truncate_text_right: bool = option(False, "the same as --truncate right, which is the default")
    countname: str | None = option(None, "what is counted (default: the metric's unit)", metavar="NAME")
    nametype: str = option("Function:", "what is said before a frame's name", metavar="TEXT")
    metric: str | None = option(
        None, "the metric to draw (default: the first; `after` where there is before and after)"
    )
    factor: float = option(1.0, "multiply all counts by this", metavar="NUMBER")
    total: float | None = option(None, "what is 100 %, if more than what was counted", metavar="NUMBER")
    order: str = option("name", "how frames side by side are ordered", choices=ORDERS)
    no_sort: bool = option(False, "the same as --order first")
    colors: str = option("hot", "palette", choices=tuple(PALETTES))
    hash: bool = option(False, "pick colours by a hash of the name: names that begin alike look alike")
    random: bool = option(False, "pick colours at random, the same in every run")
    seed: int = option(0, "another seed gives --random other colours", metavar="NUMBER")
    deterministic: bool = option(False, "without effect: a name has the same colour in every run, always")
    colordiffusion: bool = option(False, "colour by width: the wider, the more red")
    cp: bool = option(False, "keep colours from one picture to the next in palette.map")
    palette_map: str | None = option(None, "keep colours from one picture to the next in this file", metavar="FILE")
    change_colors: str = option("redblue", "colours of what grew and what shrank", choices=CHANGE_PALETTES)
    basis: str | None = option(
        None,
        "what a frame of a comparison is as wide as: after, before, the larger of both (max) or both added up (sum); "
        "default: max for `diff`, where what is gone is to be seen, else after",
        choices=("after", "before", "max", "sum"),
    )
    change: str = option(
        "total",
        "the change that a frame's colour tells: with everything above it, or of itself; the outline tells the other",
        choices=("total", "self"),
    )
    compat: bool = option(False, "widths and colours of a comparison exactly as flamegraph.pl draws them")
    negate: bool = option(False, "swap the colours of what grew and what shrank")
    bgcolors: str | None = option(
        None, "background: yellow, blue, green, grey or #rrggbb (default: as the palette)", metavar="COLOR"
    )
    uicolor: str | None = option(None, "colour of the text around the frames", metavar="COLOR")
    stroke_color: str | None = option(None, "colour of a line around each frame (default: no line)", metavar="COLOR")
    search_color: str = option("#e600e6", "colour of the frames that a search finds", metavar="COLOR")
    nameattr: str | None = option(
        None, "a file of attributes for frames: name, TAB, attribute=value, TAB, …", metavar="FILE"
    )
    javascript: bool = option(True, "make the picture interactive", off="--no-javascript")

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            if not low < getattr(self, name) <= high:
                raise UsageError(f"--{name} {getattr(self, name)}: expected a number above {low}, up to {high:g}")
        # Sums are 64-bit integers where samples are counted in whole numbers.
        if self.total is not None and not 0 < self.total < 2**63:
            raise UsageError(f"--total {self.total}: expected a number above 0 and below 2^63")
        if not self.fonttype.strip():
            raise UsageError("--fonttype is empty: expected the name of a font")
        if self.palette_map == "-":
            raise UsageError("--palette-map -: expected a file, which is read and written")
        for name in ("uicolor", "stroke_color", "search_color"):
            value = getattr(self, name)
            if value is not None and not _COLOR.fullmatch(value):
                raise UsageError(f"--{name.replace('_', '-')} {value}: expected a colour such as red or #e600e6")
        if self.hash and self.random:
            raise UsageError("--hash and --random: expected one of them")
        width(self)
        min_width(self)

    @property
    def timeline(self) -> bool:
        """Whether the picture needs the samples in time order."""
        return self.flamechart or self.kind == "chart"

    @property
    def siblings(self) -> str:
        """How frames side by side are ordered."""
        return "first" if self.no_sort else self.order

    @property
    def cut(self) -> str:
        """Which end of a name that does not fit is cut off."""
        return "right" if self.truncate_text_right else self.truncate

    @property
    def downwards(self) -> bool:
        """Whether frames hang below their callers."""
        return self.inverted or self.kind == "icicle"


def width(options: Options) -> int:
    """How wide the picture is drawn, in pixels; one that is fluid is redrawn by its script."""
    text = str(options.width)
    if text == "fluid":
        return WIDTH
    # Below this nothing is left between the margins.
    if not text.isdecimal() or not 50 <= int(text) <= 1_000_000:
        raise UsageError(f"--width {text}: expected pixels from 50 to 1000000, or fluid")
    return int(text)


def min_width(options: Options) -> tuple[float, bool]:
    """The narrowest frame that is drawn: (number, whether it is in percent of the whole rather than in pixels)."""
    text = str(options.minwidth)
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UsageError(f"--minwidth {text}: expected pixels such as 0.1, or a share such as 0.1%")
    return number, text.endswith("%")
