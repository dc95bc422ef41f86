"""The flame graph as people know it: one SVG file that shows, zooms and searches in any browser, without a network.

Measures, colours, controls and options are those of flamegraph.pl and inferno-flamegraph. Its deliberate differences:

- a frame is drawn once (see `flamegraph.layout`), and the same input gives the same bytes;
- in a comparison the colour and the first percentage tell the change of a frame with everything above it, the outline
  and the second one that of the frame alone (see `sides`); what is new and what is gone can be drawn, and is counted
  in the legend. `--compat` has the widths and colours of flamegraph.pl;
- `--factor` scales counts and changes alike; shares are those of the exact counts;
- a search looks at names alone, not at the counts behind them, and its share is that of the frame zoomed into;
- `--total` below what was counted is ignored without a word, and `--minwidth` in percent is one of the total drawn.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...color import PaletteMap
from ...comparison import Comparison, Verdict
from ...distinct import distinct
from ...errors import EmptyProfile
from ...layout import Layout, chart, layout
from ...profile import Profile
from ...text import printable
from .. import Renderer, save
from . import attributes, words
from .canvas import Canvas
from .fills import fills
from .frames import elements
from .options import Options, min_width, width
from .sides import Sides

__all__ = ["RENDERER", "Options", "render", "render_comparison"]

RENDERER = Renderer("interactive flame graph", (".svg",), Options)


def render(profile: Profile, options: Options) -> bytes:
    return _draw(*Sides.of(profile, options, None, "after"), options)


def render_comparison(comparison: Comparison, options: Options) -> bytes:
    """The picture of a comparison, which knows more than its two columns: what may be no more than noise."""
    sure = None
    if comparison.grains is not None or comparison.method != "sampling noise only":
        sure = tuple(~np.isin(side.verdict, [Verdict.INCONCLUSIVE, Verdict.SAME]) for side in comparison.nodes)
    return _draw(*Sides.of(comparison.profile, options, sure, "max"), options)


def _draw(profile: Profile, sides: Sides | None, options: Options) -> bytes:
    from .page import page  # the templates' library takes longer to load than all the rest

    column = sides.column if sides is not None else profile.column(options.metric)
    boxes, canvas = _boxes(profile, options, column, sides is not None)
    say = words.counted(profile.metrics[column], options)
    whole = boxes.width[0].item()
    facts = words.facts(boxes, whole, say) if sides is None else sides.facts(boxes, whole, say)

    # Frames are drawn by name without annotation; the root is no frame and comes first. Names are numbered as they
    # are drawn, not as they were read: that may differ for the same content.
    which, first = distinct(boxes.frame)
    rows = boxes.frame[first[1:]].tolist()
    names = ["all", *(printable(profile.frames.name[row]) for row in rows)]
    given = {}
    if options.nameattr is not None:
        by_name = attributes.load(options.nameattr)
        for n, row in enumerate(rows, start=1):
            found = by_name.get(boxes.labels[row]) or by_name.get(profile.frames.name[row])
            if found is not None:
                given[n] = found
    path = options.palette_map or ("palette.map" if options.cp else None)
    kept = PaletteMap() if path is None else PaletteMap.load(path)
    known = kept.dumps()
    colors = fills(profile, boxes, options, kept) if sides is None else sides.colors(profile, boxes)
    outlines = None if sides is None else sides.outlines(boxes)
    drawn = elements(boxes, names, which, facts, colors, canvas, options.cut, outlines, given)
    content = page(
        options=options,
        canvas=canvas,
        title=_title(profile, options, sides is not None),
        description=words.description(profile, boxes, options.timeline, say),
        omission=words.omission(boxes),
        legend=None if sides is None else sides.legend(profile, say),
        columns={"parent": boxes.parent, "start": boxes.start, "width": boxes.width, "name": which},
        names=names,
        frames=drawn,
    )
    if path is not None and kept.dumps() != known:
        save(kept.dumps(), path)
    return content


def _boxes(profile: Profile, given: Options, column: int, compared: bool) -> tuple[Layout, Canvas]:
    """The boxes, the root as wide as the whole, and the measures of the picture that they make."""
    whole = profile.total(column)
    if not whole > 0:
        name = profile.metrics[column].name
        raise EmptyProfile(f"expected samples that count some {name}, found a total of {whole:,}; see --metric")
    if given.total is not None and given.total > whole:
        whole = int(given.total) if float(given.total).is_integer() else given.total
    number, in_percent = min_width(given)
    narrowest = number * whole / (100 if in_percent else width(given) - 2 * Canvas.pad)
    if given.timeline:
        boxes = chart(profile, column, min_width=narrowest)
    else:
        boxes = layout(profile, column, order=given.siblings, min_width=narrowest)
    widths = boxes.width.astype(np.result_type(boxes.width, type(whole)))
    widths[0] = whole
    boxes = replace(boxes, width=widths)
    canvas = Canvas(
        width=width(given),
        whole=whole,
        rows=int(boxes.depth.max()) + 1,
        row_height=given.height,
        font_size=given.fontsize,
        font_width=given.fontwidth,
        bands=bool(given.subtitle) + compared,
        downwards=given.downwards,
    )
    return boxes, canvas


def _title(profile: Profile, options: Options, compared: bool) -> str:
    if options.title is not None:
        return options.title
    if profile.meta.title:
        return profile.meta.title
    kind = "Flame Chart" if options.timeline else "Icicle Graph" if options.downwards else "Flame Graph"
    return f"Differential {kind}" if compared else kind
