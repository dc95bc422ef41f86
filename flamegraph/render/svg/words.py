"""What the picture says in words: each frame's tooltip, and the description."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...layout import Layout
from ...profile import Metric, Profile
from ...text import printable
from ...units import count, quantity
from .options import Options

__all__ = ["counted", "description", "facts", "omission"]

#: Large enough that a unit which can be scaled shows it.
_MUCH = 10**13


def counted(metric: Metric, options: Options) -> Callable[[int | float], str]:
    """What says a value in words: "1,234 samples"; "3,200,000 ns, 3.2 ms" where the unit has larger ones."""
    name = printable(options.countname or metric.unit or metric.name)
    factor = options.factor

    def plain(value: int | float) -> str:
        if isinstance(value, int):
            # A whole number stays one: samples that are scaled are still samples.
            return f"{value:,} {name}" if factor == 1 else f"{value * factor:,.0f} {name}"
        return f"{count(value * factor)} {name}"

    if options.countname is not None or quantity(_MUCH, metric.unit) == f"{count(_MUCH)} {metric.unit}":
        return plain

    def with_unit(value: int | float) -> str:
        text, scaled = plain(value), quantity(value * factor, metric.unit)
        # "12 bytes, 12 B" says it twice.
        return text if text.split()[0] == scaled.split()[0] else f"{text}, {scaled}"

    return with_unit


def facts(boxes: Layout, whole: float, say: Callable[[int | float], str]) -> list[str]:
    """For each box what stands behind its name: "12 samples, 3.45%".

    `--factor` multiplies value and whole alike, so no percentage sees it.
    """
    shares = (boxes.width.astype(np.float64) * 100 / whole).tolist()
    texts = [f"{say(value)}, {share:.2f}%" for value, share in zip(boxes.width.tolist(), shares, strict=True)]
    texts[0] = f"{say(boxes.width[0].item())}, 100%"
    return texts


def description(profile: Profile, boxes: Layout, in_time_order: bool, say: Callable[[int | float], str]) -> str:
    """What the picture is, for those who can't see it, and what it leaves out."""
    way = "in time order, from left to right" if in_time_order else "as wide as what was counted with it"
    text = f"{say(boxes.width[0].item())}. Each frame stands next to its caller, {way}. {_frames(len(boxes) - 1)} drawn"
    if boxes.hidden:
        text += f", {omission(boxes)}"
    skipped = "; ".join(f"{reason}: {number:,}" for reason, number in sorted(profile.skipped.items()))
    return f"{text}. Skipped in the input: {skipped}." if skipped else f"{text}."


def omission(boxes: Layout) -> str:
    """How many frames were too narrow to be drawn; "" where none was."""
    return f"{_frames(boxes.hidden, 'narrower ')} not drawn" if boxes.hidden else ""


def _frames(number: int, which: str = "") -> str:
    return f"{number:,} {which}frame is" if number == 1 else f"{number:,} {which}frames are"
