"""How a profile and a comparison show themselves in a notebook: as their page, in a frame of its own.

The frame is a `srcdoc` without the page's origin: nothing in it can reach the notebook, and nothing in the notebook's
style reaches it. Jupyter, VS Code and Colab show such frames, Jupyter in notebooks that are trusted; the line above
the frame, and the object's text where a viewer shows no HTML, say the same in a few words.
"""

from __future__ import annotations

from html import escape

from .comparison import Comparison
from .profile import Profile
from .render import render
from .transform import prune
from .trie import depths
from .units import quantity

__all__ = ["as_html", "in_words"]

#: A notebook keeps what it shows. From so many nodes on, what can't be seen anyway is taken together.
_MANY, _SHARE = 50_000, 0.0001

#: The frame is as tall as the picture, within reason: rows of so many pixels, and what is around them.
_ROW, _AROUND, _LOWEST, _TALLEST = 18, 170, 280, 620


def as_html(what: Profile | Comparison) -> str:
    """The page in a frame, below a line of words; only the words where nothing was counted."""
    said = in_words(what)
    profile = what if isinstance(what, Profile) else what.profile
    if not profile.samples.values.any():
        return f"<p>{escape(said)}</p>"
    if len(profile.stacks) > _MANY:
        column = profile.column()
        what = profile = prune(profile, _SHARE, column)
        said += f"; below {_SHARE:.2%} taken together, write it to a file to see all"
    bars = 1 if profile.sides is None else 4  # of controls and notes, which a comparison has more of
    tall = min(max(int(depths(profile.stacks).max() + bars * 2) * _ROW + _AROUND, _LOWEST), _TALLEST)
    page = escape(render(what, "html").decode("utf-8"))
    return (
        f'<p style="margin:0">{escape(said)}</p>\n'
        f'<iframe srcdoc="{page}" sandbox="allow-scripts allow-downloads" allow="clipboard-write" title="flame graph" '
        f'style="width:100%;height:{tall}px;border:1px solid #8884;border-radius:4px"></iframe>'
    )


def in_words(what: Profile | Comparison) -> str:
    """A line: what was counted, and in how many stacks and functions."""
    profile = what if isinstance(what, Profile) else what.profile
    counted = ", ".join(
        f"{metric.name} {quantity(profile.total(i), metric.unit)}" for i, metric in enumerate(profile.metrics)
    )
    title = f"{type(what).__name__}{f' {profile.meta.title!r}' if profile.meta.title else ''}"
    return f"{title}: {counted or 'nothing'}; {len(profile.stacks) - 1:,} stacks of {len(profile.frames):,} frames"
