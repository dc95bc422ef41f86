"""What is particular about a comparison: how wide a frame with two values is, its colour, outline and words.

The colour tells the change of a frame with everything above it, the outline that of the frame alone, or the other way
round. What is new has a solid dark outline, what is gone a dashed one. Where it is known how sure a change is, those
that may be no more than noise are grey.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...color import RGB, change_colors
from ...layout import Layout
from ...profile import Metric, Profile, Samples
from ...units import percent
from .options import Options

__all__ = ["Sides"]

#: Changes are scaled to this: what counts is the proportion, not whether it was seconds or nanoseconds.
_FULL = 1e6

#: What is left of the colour where a change may be noise, and the grey in its place.
_FAINT, _GREY = 0.2, 228

#: A self change of this share of the largest change has an outline.
_OUTLINED = 0.05

_NEW = ' stroke="#222" stroke-width="1.5"'
_GONE = ' stroke="#222" stroke-width="1.5" stroke-dasharray="4 2"'


@dataclass(frozen=True, eq=False)
class Sides:
    """Both sides of a comparison, and how they are to be drawn.

    before, after  columns of the profile's values
    column         the one that widths are taken from
    basis          "after", "before", "max" or "sum"
    sure           bool[nodes] of the profile's trie: whose change is more than noise, (of the node itself, with all
                   above it); None where that is not known
    options        the picture's
    """

    before: int
    after: int
    column: int
    basis: str
    sure: tuple[np.ndarray, np.ndarray] | None
    options: Options

    @classmethod
    def of(
        cls, profile: Profile, options: Options, sure: tuple[np.ndarray, np.ndarray] | None, basis: str
    ) -> tuple[Profile, Sides | None]:
        """The profile, with a column for widths where it has none that fits; None where nothing is compared."""
        if profile.sides is None or (options.metric is not None and options.metric not in ("before", "after")):
            return profile, None
        before, after = profile.sides
        basis = options.metric or options.basis or basis
        if options.compat:
            basis, sure = options.metric or "after", None
            profile = _whole_numbers(profile, before)
        if basis in ("before", "after"):
            return profile, cls(before, after, profile.column(basis), basis, sure, options)
        values = profile.samples.values
        two = values[:, [before, after]]
        wide = np.maximum(*two.T) if basis == "max" else two.sum(axis=1)
        metric = Metric(f"{basis} of before and after", profile.metrics[after].unit)
        samples = Samples(profile.samples.stack, np.column_stack((values, wide)))
        profile = replace(profile, samples=samples, metrics=(*profile.metrics, metric))
        return profile, cls(before, after, len(profile.metrics) - 1, basis, sure, options)

    def colors(self, profile: Profile, boxes: Layout) -> list[RGB]:
        """The colour of each box."""
        first, _ = self._changes(boxes)
        options = self.options
        if options.compat:
            # flamegraph.pl takes the largest change of any line, drawn or not, and at least 1.
            change = profile.values(self.after) - profile.values(self.before)
            return change_colors(first, float(np.abs(change).max(initial=0)), options.negate, options.change_colors)
        scale = self._scale(first)
        found = change_colors(np.clip(first / scale, -1, 1) * _FULL, _FULL, options.negate, options.change_colors)
        if self.sure is None:
            return found
        noise = ~self._both(*self.sure)[0][boxes.node]
        noise[0] = False
        rgb = np.array(found, np.float64).reshape(-1, 3)
        rgb[noise] = rgb[noise] * _FAINT + _GREY * (1 - _FAINT)
        return [(r, g, b) for r, g, b in rgb.astype(np.int64).tolist()]

    def outlines(self, boxes: Layout) -> list[str]:
        """The attributes of each box's outline, "" for none."""
        if self.options.compat:
            return [""] * len(boxes)
        first, second = self._changes(boxes)
        scale = self._scale(first)
        hues = change_colors(np.sign(second) * _FULL, _FULL, self.options.negate, self.options.change_colors)
        marked = np.abs(second) >= _OUTLINED * scale
        if self.sure is not None:
            marked &= self._both(*self.sure)[1][boxes.node]
        new, gone = boxes.total[:, self.before] == 0, boxes.total[:, self.after] == 0
        out = []
        for n, g, m, (r, g_, b) in zip(new.tolist(), gone.tolist(), marked.tolist(), hues, strict=True):
            out.append(_NEW if n else _GONE if g else f' stroke="rgb({r},{g_},{b})" stroke-width="1.5"' if m else "")
        return out

    def facts(self, boxes: Layout, whole: float, say: Callable[[int | float], str]) -> list[str]:
        """What stands behind each box's name: its values, its width's share, both changes in percent of `whole`."""
        old, now = boxes.total[:, self.before], boxes.total[:, self.after]
        shares = (boxes.width.astype(np.float64) * 100 / whole).tolist()
        if self.basis in ("before", "after"):
            texts = [f"{say(value)}, {share:.2f}%" for value, share in zip(boxes.width.tolist(), shares, strict=True)]
            texts[0] = f"{say(boxes.width[0].item())}, 100%"
        else:
            whole = max(old[0].item(), now[0].item())
            texts = [f"{say(a)} → {say(b)}" for a, b in zip(old.tolist(), now.tolist(), strict=True)]
        change = ((now - old) * 100.0 / whole).tolist()
        alone = ((boxes.own[:, self.after] - boxes.own[:, self.before]) * 100.0 / whole).tolist()
        state = np.where(old == 0, ", new", np.where(now == 0, ", gone", ""))
        if self.sure is not None:
            state = np.where(~self.sure[1][boxes.node] & (now != old), np.char.add(state, ", may be noise"), state)
        return [
            f"{text}; {_signed(c)}, self {_signed(a)}{more}"
            for text, c, a, more in zip(texts, change, alone, state.tolist(), strict=True)
        ]

    def legend(self, profile: Profile, say: Callable[[int | float], str]) -> str:
        """Both totals, what is new and what is gone; of the side that is not drawn, how much that is."""
        old, now = profile.values(self.before), profile.values(self.after)
        wide = self.basis in ("max", "sum")
        parts = [f"{say(old.sum().item())} → {say(now.sum().item())}"] if wide else []
        for word, values, others, side in (("new", now, old, "after"), ("gone", old, now, "before")):
            lost = values[(values > 0) & (others <= 0)]
            if not len(lost) or self.basis == side:
                continue
            stacks = "1 stack is" if len(lost) == 1 else f"{len(lost):,} stacks are"
            share = percent(lost.sum().item(), values.sum().item(), 2)
            drawn = (" (framed)" if word == "new" else " (dashed)") if wide else " and not drawn"
            parts.append(f"{stacks} {word}{drawn}: {say(lost.sum().item())}, {share} of {side}")
        if self.sure is not None:
            parts.append("grey: may be noise")
        return "; ".join(parts)

    def _changes(self, boxes: Layout) -> tuple[np.ndarray, np.ndarray]:
        """The changes that the colour and the outline tell."""
        return self._both(*(table[:, self.after] - table[:, self.before] for table in (boxes.own, boxes.total)))

    def _both(self, own: np.ndarray, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(what the colour is about, what the outline is about)"""
        return (own, total) if self.options.change == "self" or self.options.compat else (total, own)

    @staticmethod
    def _scale(change: np.ndarray) -> float:
        return float(np.abs(change[1:]).max(initial=0)) or 1.0


def _whole_numbers(profile: Profile, column: int) -> Profile:
    """With the fractions of a column cut off, as difffolded.pl -n does it."""
    values = profile.samples.values.copy()
    values[:, column] = np.trunc(values[:, column])
    return replace(profile, samples=replace(profile.samples, values=values))


def _signed(share: float) -> str:
    text = f"{share:+.2f}%"
    return "0.00%" if text in ("+0.00%", "-0.00%") else text
