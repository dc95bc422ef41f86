"""The colour of each box by what it is, and whether dark or light text can be read on it."""

from __future__ import annotations

import re

import numpy as np

from ...color import RGB, PaletteMap, change_colors, frame_colors
from ...layout import Layout
from ...profile import Profile
from .options import Options

__all__ = ["dark", "fills", "ink_on"]

#: The share of light that red, green and blue carry, and below which light black text is not told apart: a contrast
#: of 3 to 1, the least that WCAG 2.2 allows. Above it text stays black, as people know these pictures.
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_DARK = 0.1

#: A colour as a reader writes it, "rgb(0 0 55% / 1)": the numbers of red, green and blue.
_RGB = re.compile(r"rgba?\(" + r"[ ,]*".join([r" *([0-9.]+%?)"] * 3))


def fills(profile: Profile, boxes: Layout, options: Options, kept: PaletteMap) -> list[RGB]:
    """The colour of each box: by width if so wanted, else by name.

    What a name has in `kept` goes first; names that have no colour there yet get theirs.
    """
    if options.colordiffusion:
        # By the root of the width, as inferno does: a tenth of the width is a third of the colour.
        share = np.sqrt(boxes.width / max(boxes.width[0], 1e-300))
        return change_colors(np.clip(share, 0, 1) * 1e6, 1e6, options.negate, options.change_colors)

    present, which = np.unique(boxes.frame, return_inverse=True)
    rows = present[present >= 0]
    labels = [boxes.labels[row] for row in rows.tolist()]
    mode = "hash" if options.hash else "random" if options.random else "name"
    colors = frame_colors(
        ["", *labels], np.append(np.uint8(0), profile.frames.kind[rows]), options.colors, mode, options.seed
    )
    # The root's frame, -1, comes first.
    colors = [colors[0], *kept.keep(labels, colors[1:])]
    return [colors[i] for i in which.tolist()]


def dark(colors: np.ndarray) -> np.ndarray:
    """Which of these colours, [n, 3], are so dark that text on them must be white: bool[n]."""
    part = colors / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ _LUMINANCE < _DARK


def ink_on(color: str) -> str:
    """The colour of text on a colour that is given in words; black where these don't tell how light it is."""
    if color.startswith("#"):
        step = 1 if len(color) < 6 else 2
        digits = [color[at : at + step] for at in range(1, 1 + 3 * step, step)]
        channels = [int(digit * (3 - step), 16) for digit in digits]
    elif match := _RGB.match(color):
        channels = [min(float(part.rstrip("%")) * (2.55 if "%" in part else 1), 255) for part in match.groups()]
    else:
        return "#000"
    return "#fff" if dark(np.array([channels]))[0] else "#000"
