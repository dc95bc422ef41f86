"""The call tree as text: what a person sees over ssh.

    total                self     time
    100.0% ████████             12.3 s  all
     98.2% ███████▉             12.1 s  main
     60.2% ████▊         2.1%    7.4 s  ├─ parse  (0.1% not shown)
     58.0% ████▋        58.0%    7.1 s  │  read_token
     38.0% ███          38.0%    4.7 s  └─ eval

The tree moves to the right only where it branches: a name below a name without a branch is its only callee. What is
less than `--min-share` of the whole is left out, and how much that is stands behind the caller.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..columns import amount, bar, measured, shorten
from ..errors import UsageError
from ..layout import Layout, layout
from ..options import option
from ..profile import Profile
from ..text import encode, printable
from ..units import percent
from . import Renderer

__all__ = ["RENDERER", "Options", "render"]

#: Columns of the bar, and the fewest that a name gets however deep the tree branches.
_BAR, _NAME = 8, 24


@dataclass(frozen=True)
class Options:
    """How much of the tree is written, and how."""

    metric: str | None = option(None, "the metric to write (default: the first; `after` if compared)")
    min_share: float = option(0.5, "leave out what is less than this of the whole", metavar="PERCENT")
    line_width: int = option(100, "columns of a line (default: as the terminal has; in a file 100)", metavar="COLUMNS")
    ascii: bool = option(False, "draw with ASCII characters alone; names stay as they are")

    def __post_init__(self) -> None:
        if not 0 <= self.min_share <= 100:
            raise UsageError(f"--min-share {self.min_share}: expected percent, from 0 to 100")


RENDERER = Renderer("call tree in plain text", (".txt",), Options, plain=True)


def render(profile: Profile, options: Options) -> bytes:
    metric = profile.column(options.metric)
    shown = list(profile.sides or (metric,))
    whole = profile.total(metric)
    boxes = layout(profile, metric, order="weight", min_width=options.min_share / 100 * whole)
    lines = [*_head(profile, metric), "", *_tree(profile, boxes, metric, shown, options)]
    return encode("\n".join(line.rstrip() for line in lines) + "\n")


def _head(profile: Profile, metric: int) -> list[str]:
    lines = [profile.meta.title] if profile.meta.title else []
    for i in [metric, *(i for i in range(len(profile.metrics)) if i != metric)]:
        m = profile.metrics[i]
        lines.append(("" if i == metric else "also ") + measured(m.name, m.unit, profile.total(i)))
    lines += [f"skipped: {count:,} × {reason}" for reason, count in sorted(profile.skipped.items())]
    return [printable(line) for line in lines]


def _tree(profile: Profile, boxes: Layout, metric: int, shown: list[int], options: Options) -> list[str]:
    whole = boxes.total[0, metric].item()
    total, own = boxes.total[:, metric].tolist(), boxes.own[:, metric].tolist()
    amounts = [[amount(v, profile.metrics[i].unit) for v in boxes.total[:, i].tolist()] for i in shown]
    heads = [_heading(profile, i) for i in shown]
    wide = [max(len(head), *map(len, column)) for head, column in zip(heads, amounts, strict=True)]
    left = 6 + 1 + _BAR + 2 + 6 + sum(2 + w for w in wide) + 2
    room = max(options.line_width, left + _NAME)
    prefixes = _prefixes(boxes, room - left - _NAME, options.ascii)
    hidden = np.array(total) - np.array(own)
    np.subtract.at(hidden, boxes.parent[1:], boxes.total[1:, metric])

    columns = "".join(f"  {head:>{w}}" for head, w in zip(heads, wide, strict=True))
    lines = [f"{'total':>6} {'':{_BAR}}  {'self':>6}{columns}"]
    for box in _order(boxes):
        columns = "".join(f"  {column[box]:>{w}}" for column, w in zip(amounts, wide, strict=True))
        share = bar(total[box] / whole, _BAR, options.ascii)
        line = f"{percent(total[box], whole):>6} {share}  {percent(own[box], whole) if own[box] else '':>6}{columns}  "
        name = printable(boxes.labels[boxes.frame[box]]) if box else "all"
        rest = f"  ({percent(hidden[box], whole)} not shown)" if hidden[box] * 2000 >= whole else ""
        line += prefixes[box]
        lines.append(line + shorten(name, max(room - len(line) - len(rest), _NAME // 2), options.ascii) + rest)
    return lines


def _heading(profile: Profile, metric: int) -> str:
    """What stands above a column of amounts, short enough not to widen it much."""
    return shorten(printable(profile.metrics[metric].name), 10)


def _order(boxes: Layout) -> list[int]:
    """The boxes from the root up, callees below their caller, in the order in which they stand from left to right."""
    callees: list[list[int]] = [[] for _ in range(len(boxes))]
    for box, parent in enumerate(boxes.parent.tolist()[1:], start=1):
        callees[parent].append(box)
    order, stack = [], [0]
    while stack:
        box = stack.pop()
        order.append(box)
        stack.extend(reversed(callees[box]))
    return order


def _prefixes(boxes: Layout, limit: int, ascii: bool) -> list[str]:
    """What stands before each name to show where it belongs, never more than `limit` columns."""
    fork, last, bar, gap = ("|- ", "`- ", "|  ", "   ") if ascii else ("├─ ", "└─ ", "│  ", "   ")
    mark = ".." if ascii else "…"
    parent = boxes.parent.tolist()
    callees = np.bincount(boxes.parent[1:], minlength=len(boxes)).tolist()
    left = list(callees)
    own, below = [""] * len(boxes), [""] * len(boxes)
    for box in range(1, len(boxes)):  # parents come first, siblings from left to right
        caller = parent[box]
        left[caller] -= 1
        base = below[caller]
        if callees[caller] == 1:
            own[box] = below[box] = base
            continue
        more = left[caller] > 0
        for put, piece in ((own, fork if more else last), (below, bar if more else gap)):
            text = base + piece
            put[box] = text if len(text) <= limit else mark + text[len(text) - limit + len(mark) :]
    return own
