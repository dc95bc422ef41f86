"""What `flamegraph diff --power` says, as a table and as JSON: what it takes to see a change of a given size.

The JSON is one object, "schema": "flamegraph.power/1". Keys may be added under this number; none changes its meaning.

    schema     "flamegraph.power/1"
    size       the change that is to be seen, a share: 0.05
    chance     how often it is to be seen
    alpha      how often a comparison without a change may call anything changed
    spread     "runs" where the spread between runs is known, "sampling" where only the noise of sampling is
    functions  [{name, mean, share, runs, samples}], hottest first: what it counts per run, its share of all; runs per
               side of the test of repeated runs, null where 200 are too few; samples of everything per side that a
               single pair needs, null where it is not known what a sample counts
"""

from __future__ import annotations

import json

from ..columns import amount, shorten
from ..comparison import Comparison
from ..comparison.permutation import FEWEST
from ..comparison.power import power
from ..text import printable
from ..units import count, percent

__all__ = ["told"]

_CHANCE = 0.8


def told(comparison: Comparison, size: float, lines: int, as_json: bool, room: int | None, ascii: bool) -> str:
    """How many runs, or samples, it takes to see the hottest functions change by `size`, a share."""
    needs = power(comparison, size, _CHANCE, lines)
    labels, own = comparison.functions.label, comparison.functions.own
    whole = (own.before.sum() + own.after.sum()).item() / 2
    count_of_runs = sum(comparison.counts)
    known = count_of_runs > 2
    if as_json:
        report = {
            "schema": "flamegraph.power/1",
            "size": size,
            "chance": _CHANCE,
            "alpha": comparison.alpha,
            "spread": "runs" if known else "sampling",
            "functions": [
                {
                    "name": printable(labels[need.function]),
                    "mean": need.mean,
                    "share": need.mean / whole,
                    "runs": need.runs,
                    "samples": need.samples,
                }
                for need in needs
            ],
        }
        return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    few = "" if min(comparison.counts) >= FEWEST else ", a rough guess from so few"
    spread = (
        f"runs vary as these {count_of_runs} do" + few
        if known
        else "runs vary by sampling alone, the least there can be; give repeated runs to know more"
    )
    out = [f"to see a change of {100 * size:.4g}% in {_CHANCE:.0%} of cases, where {spread}:"]
    rows = [("per run", "share", "runs", "samples", "function")]
    for need in needs:
        rows.append(
            (
                amount(round(need.mean), comparison.metric.unit),
                percent(need.mean, whole),
                "> 200" if need.runs is None else count(need.runs),
                "" if need.samples is None else count(need.samples),
                printable(labels[need.function]),
            )
        )
    wide = [max(len(row[k]) for row in rows) for k in range(4)]
    for row in rows:
        line = "  ".join(f"{row[k]:>{wide[k]}}" for k in range(4)) + "  "
        out.append(line + (row[4] if room is None else shorten(row[4], room - len(line), ascii)))
    out.append("runs per side, with the test of repeated runs; or samples of everything per side, in a single pair")
    return "\n".join(out) + "\n"
