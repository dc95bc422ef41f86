"""What the picture says in words: each frame's tooltip, the legend of a comparison, the description."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...layout import Layout
from ...profile import Metric, Profile
from ...text import printable
from ...units import count, percent, quantity
from .options import Options

__all__ = ["counted", "description", "facts", "legend", "omission"]

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


def facts(boxes: Layout, whole: float, say: Callable[[int | float], str], sides: tuple[int, int] | None) -> list[str]:
    """For each box what stands behind its name: "12 samples, 3.45%", in a comparison with what changed.

    `sides` are the columns of before and after. Both changes, of the box with all above it and of the box alone, are
    percentages of `whole`, as its width is. `--factor` multiplies value and whole alike, so no percentage sees it.
    """
    shares = (boxes.width.astype(np.float64) * 100 / whole).tolist()
    texts = [f"{say(value)}, {share:.2f}%" for value, share in zip(boxes.width.tolist(), shares, strict=True)]
    texts[0] = f"{say(boxes.width[0].item())}, 100%"
    if sides is None:
        return texts
    before, after = sides
    change = ((boxes.total[:, after] - boxes.total[:, before]) * 100.0 / whole).tolist()
    alone = ((boxes.own[:, after] - boxes.own[:, before]) * 100.0 / whole).tolist()
    fresh = (boxes.total[:, before] == 0).tolist()
    return [
        f"{text}; {_signed(c)}, self {_signed(a)}{', new' if new else ''}"
        for text, c, a, new in zip(texts, change, alone, fresh, strict=True)
    ]


def _signed(share: float) -> str:
    text = f"{share:+.2f}%"
    return "0.00%" if text in ("+0.00%", "-0.00%") else text


def legend(profile: Profile, column: int, sides: tuple[int, int], say: Callable[[int | float], str]) -> str:
    """What a comparison can't show: stacks that are on the other side only have no width on the side drawn."""
    if column not in sides:
        return ""
    other = sides[0] if column == sides[1] else sides[1]
    values = profile.values(other)
    lost = values[(profile.values(column) <= 0) & (values > 0)]
    if not len(lost):
        return ""
    word, side = ("gone", "before") if other == sides[0] else ("new", "after")
    stacks = "1 stack is" if len(lost) == 1 else f"{len(lost):,} stacks are"
    share = percent(lost.sum().item(), values.sum().item(), 2)
    return f"{stacks} {word} and not drawn: {say(lost.sum().item())}, {share} of {side}"


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
