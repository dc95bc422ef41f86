"""What `flamegraph diff` says, as a table and as JSON.

The JSON is one object, "schema": "flamegraph.diff/1"; flamegraph/schemas/diff-1.json is its JSON Schema and says what
each key means. Keys may be added under this number; none changes its meaning.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from ..columns import amount, display_width, shorten
from ..comparison import Changes, Comparison, Verdict
from ..comparison.permutation import FEWEST, smallest_p
from ..profile import Kind
from ..ranking import ranks
from ..text import printable
from ..units import percent, quantity

__all__ = ["as_json", "as_text", "order"]

#: Runs per side that make the smallest p there is small enough for many functions.
_BETTER = 6

#: Verdicts from what a reader looks for first to what does not matter.
_FIRST = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.NEW, Verdict.GONE, Verdict.MOVED)

#: A terminal narrower than this gets lines of this width.
_NARROWEST = 60


def order(comparison: Comparison, by: str = "self") -> np.ndarray:
    """The functions that counted anything, by themselves or with what they call, as `by` says what comes first: those
    with a finding, then by how much changed, then by name."""
    own, total = comparison.functions.own, comparison.functions.total
    rows = np.flatnonzero((own.before != 0) | (own.after != 0) | (total.before != 0) | (total.after != 0))
    changes = own if by == "self" else total
    found = np.isin(changes.verdict[rows], _FIRST)
    names = np.array(comparison.functions.label, object)[rows]
    return rows[np.lexsort((ranks(names), -np.abs(changes.change[rows]), ~found))]


def as_json(comparison: Comparison, before: Sequence[str], after: Sequence[str], lines: int | None) -> str:
    """The comparison as JSON: all functions, or the first `lines` of them."""
    rows = order(comparison)
    functions = comparison.functions
    one, other = _counted(comparison)
    report: dict[str, Any] = {
        "schema": "flamegraph.diff/1",
        "before": {"inputs": [printable(name) for name in before], "counted": one},
        "after": {"inputs": [printable(name) for name in after], "counted": other},
        "metric": {"name": printable(comparison.metric.name), "unit": printable(comparison.metric.unit)},
        "norm": {
            "name": comparison.scale.name,
            "why": comparison.scale.why,
            "factors": list(comparison.scale.factors),
        },
        "method": comparison.method,
        "alpha": comparison.alpha,
        "differences": [
            {"what": d.what, "before": printable(d.before), "after": printable(d.after), "fatal": d.fatal}
            for d in comparison.differences
        ],
        "notes": [*comparison.notes, *_caveats(comparison)],
        "functions_count": len(rows),
        "functions": [
            {
                "name": printable(functions.label[i]),
                "module": printable(functions.module[i]),
                "kind": Kind(functions.kind[i]).name.lower(),
                "verdict": Verdict(functions.own.verdict[i]).name.lower(),
                "where": printable(functions.where[i]),
                "self": _row(functions.own, i),
                "total": _row(functions.total, i),
            }
            for i in rows[:lines].tolist()
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _counted(comparison: Comparison) -> tuple[int | float, int | float]:
    """What was counted before and after, before it was scaled: of several runs the mean, of blocks all."""
    totals, after = comparison.runs.own.sum(axis=0), comparison.runs.after
    one, other = (totals[after == side] for side in (False, True))
    if comparison.blocks:
        return one.sum().item(), other.sum().item()
    return tuple(side[0].item() if len(side) == 1 else side.mean().item() for side in (one, other))  # type: ignore[return-value]


def _row(changes: Changes, i: int) -> dict[str, Any]:
    relative = float(changes.relative[i])
    known = math.isfinite(changes.low[i]) and math.isfinite(changes.high[i])
    return {
        "before": changes.before[i].item(),
        "after": changes.after[i].item(),
        "change": changes.change[i].item(),
        "relative": relative if math.isfinite(relative) else None,
        "interval": [float(changes.low[i]), float(changes.high[i])] if known else None,
        "p": None if math.isnan(changes.p[i]) else float(changes.p[i]),
        "verdict": Verdict(changes.verdict[i]).name.lower(),
    }


def as_text(
    comparison: Comparison, before: str, after: str, lines: int, room: int | None, ascii: bool, by: str = "self"
) -> str:
    """The comparison as a table, in lines of `room` columns; None: as long as the names are."""
    room = None if room is None else max(room, _NARROWEST)
    rows = order(comparison, by)
    changes = comparison.functions.own if by == "self" else comparison.functions.total
    rows = rows[(changes.before[rows] != 0) | (changes.after[rows] != 0)]
    shown = [i for i in rows.tolist() if changes.change[i]][:lines]
    out = [_cut(line, room, ascii) for line in _heading(comparison, before, after)]
    out += ["", *(_table(comparison, changes, shown, room, ascii) if shown else ["no function changed"])]
    rest = len(rows) - len(shown)
    if rest:
        calm = int((changes.verdict[rows] == Verdict.SAME).sum())
        unsure = int((changes.verdict[rows] == Verdict.INCONCLUSIVE).sum())
        out.append(f"{rest:,} more functions; of all {len(rows):,}, {calm:,} same, {unsure:,} inconclusive")
    return "\n".join(line.rstrip() for line in out) + "\n"


def _heading(comparison: Comparison, before: str, after: str) -> Iterator[str]:
    unit, one, other = comparison.metric.unit, *_counted(comparison)
    yield printable(f"{before} → {after}")
    change = f"{_signed(other - one, unit)}, {_percent(other - one, one)}"
    name = comparison.metric.name
    each = " per run" if comparison.counts != (1, 1) and not comparison.blocks else ""
    told = f"{quantity(_rounded(one), unit)} → {quantity(_rounded(other), unit)}{each} ({change})"
    yield printable(told if name == unit else f"{name}: {told}")
    scale = comparison.scale
    factors = " and ".join(f"{factor:.4g}" for factor in scale.factors[: comparison.counts[0]])
    scaled = (
        "" if len(set(scale.factors)) == 1 else f", before × {factors}" if len(scale.factors) == 2 else ", each run"
    )
    yield printable(f"norm: {scale.name}{scaled} ({scale.why})")
    for difference in comparison.differences:
        yield printable(f"not alike: {difference.what}: {difference.before} before, {difference.after} after")
    for text in (*comparison.notes, *_caveats(comparison)):
        yield printable(text)


def _caveats(comparison: Comparison) -> Iterator[str]:
    """What the numbers can't tell, and what would."""
    before, after = comparison.counts
    what = "blocks" if comparison.blocks else "runs"
    runs, share = f"{before} {what} before, {after} after", f"{comparison.alpha:.2g}"
    if comparison.method == "max-t":
        yield f"{runs}: where nothing changed, any function is called changed in at most {share} of comparisons"
        if (least := smallest_p(before, after)) > comparison.alpha:
            needed = next(k for k in count(FEWEST) if smallest_p(k, k) <= comparison.alpha)
            yield f"so few {what} can't call anything changed: no p is below {least:.2g}; {needed} per side could"
        return
    if comparison.method == "fdr":
        yield f"{runs}: of all that is called changed, at most {share} are expected to be wrong"
        return
    runs = "one run per side" if (before, after) == (1, 1) else runs
    better = f"{FEWEST} per side can tell and {_BETTER} do it well; mix their order"
    if comparison.grains is None:
        yield f"{runs}, and what a sample counts is not known: there is nothing to judge changes by"
    elif (before, after) == (1, 1):
        yield f"sampling noise only: {runs} can't tell how runs differ; {better}"
    else:
        yield f"few runs: {runs} hint at how runs differ, verdicts are without a promise; {better}"


def _table(comparison: Comparison, changes: Changes, rows: list[int], room: int | None, ascii: bool) -> Iterator[str]:
    unit = comparison.metric.unit
    heads = ("verdict", "before", "after", "change", "", "p" if comparison.method != "sampling noise only" else "±")
    cells = [heads]
    for i in rows:
        before, after, change = changes.before[i].item(), changes.after[i].item(), changes.change[i].item()
        if comparison.method == "sampling noise only":
            reach = (changes.high[i] - changes.low[i]) / 2
            doubt = "" if not math.isfinite(reach) else amount(_rounded(reach), unit)
        else:
            doubt = "" if math.isnan(changes.p[i]) else f"{changes.p[i]:.2g}"
        verdict = Verdict(changes.verdict[i]).name.lower()
        numbers = (amount(_rounded(before), unit), amount(_rounded(after), unit), _signed(change, unit))
        cells.append((verdict, *numbers, _percent(change, before), doubt))
    wide = [max(display_width(row[k]) for row in cells) for k in range(len(heads))]
    names = ["function", *(comparison.functions.label[i] for i in rows)]
    where = ["", *(comparison.functions.where[i] for i in rows)]
    for row, name, place in zip(cells, names, where, strict=True):
        left = f"{row[0]:<{wide[0]}}"
        line = "  ".join([left, *(f"{row[k]:>{wide[k]}}" for k in range(1, len(heads)))]) + "  "
        text = printable(name) + (f"  ({printable(place)})" if place else "")
        yield line + _cut(text, None if room is None else room - display_width(line), ascii)


def _rounded(value: float) -> int | float:
    """Without digits that mean nothing: fractions of large numbers."""
    return round(value) if abs(value) >= 100 else round(value, 1)


def _signed(value: int | float, unit: str) -> str:
    text = amount(_rounded(value), unit)
    return text if text.startswith("-") else f"+{text}"


def _percent(change: int | float, before: int | float) -> str:
    if not before or math.isinf(change / before):
        return "new" if change else ""
    text = percent(change, before)
    return text if text.startswith((">", "-", "<")) else f"+{text}"


def _cut(text: str, room: int | None, ascii: bool) -> str:
    return text if room is None else shorten(text, room, ascii)
