"""The options of the page: what it shows first. The reader of the page can choose anything else."""

from __future__ import annotations

from dataclasses import dataclass

from ...color import PALETTES
from ...options import option

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """What the page shows when it is opened."""

    kind: str = option(
        "flame",
        "flame grows up, icicle down; chart keeps the samples in time order",
        choices=("flame", "icicle", "chart"),
    )
    title: str | None = option(None, "the title (default: the profile's, or the kind of picture)")
    metric: str | None = option(
        None, "the metric to draw (default: the first; `after` where there is before and after)"
    )
    order: str = option("name", "how frames side by side are ordered", choices=("name", "weight"))
    colors: str = option("hot", "palette", choices=tuple(PALETTES))
    basis: str = option(
        "max",
        "what a frame of a comparison is as wide as: after, before, the larger of both (max) or both added up (sum)",
        choices=("after", "before", "max", "sum"),
    )
    theme: str = option("auto", "light or dark (default: as the reader prefers)", choices=("auto", "light", "dark"))

    @property
    def timeline(self) -> bool:
        """Whether the page needs the samples in time order."""
        return self.kind == "chart"
