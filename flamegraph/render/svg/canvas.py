"""Where things are in the picture, in pixels: the measures of flamegraph.pl, so that pictures can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Canvas", "pixels"]


def pixels(value: float) -> str:
    """A length as attributes have it: to a thousandth, however large it is."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Canvas:
    """A picture's measures.

    width       of the picture, in pixels
    whole       what the full width of the frames stands for, in units of the metric
    rows        how many rows of frames there are
    row_height  of a frame and the gap to the next row
    font_size   of all text but the title
    font_width  mean width of a character, in font sizes
    bands       lines of text between the title and the frames
    downwards   whether the root is at the top
    """

    width: int
    whole: float
    rows: int
    row_height: float
    font_size: float
    font_width: float
    bands: int
    downwards: bool

    #: Left and right of the frames, and between two rows.
    pad = 10
    gap = 1

    @property
    def per_unit(self) -> float:
        """Pixels for one unit of the metric."""
        return (self.width - 2 * self.pad) / self.whole

    @property
    def top(self) -> float:
        """How much is above the frames."""
        return self.font_size * (3 + 2 * self.bands)

    @property
    def bottom(self) -> float:
        """How much is below the frames."""
        return self.font_size * 2 + 10

    @property
    def height(self) -> float:
        return self.rows * self.row_height + self.top + self.bottom

    def above(self, depth: np.ndarray) -> np.ndarray:
        """The upper edge of frames at these depths."""
        if self.downwards:
            return self.top + depth * self.row_height
        return self.height - self.bottom - (depth + 1) * self.row_height + self.gap

    def edges(self, start: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Left and right edge of frames, in whole tenths of a pixel, so that neighbours meet: int64[k] each."""
        left = self.pad + start * self.per_unit
        right = self.pad + (start + width) * self.per_unit
        return np.rint(left * 10).astype(np.int64), np.rint(right * 10).astype(np.int64)

    def fitting(self, tenths: np.ndarray) -> np.ndarray:
        """How many characters fit into frames of this width in tenths of a pixel: int64[k]."""
        return (tenths / 10 / (self.font_size * self.font_width)).astype(np.int64)
