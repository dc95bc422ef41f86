"""What `flamegraph top` says, as a table and as JSON.

The JSON is one object, "schema": "flamegraph.top/1". Keys may be added under this number; none changes its meaning.

    schema     "flamegraph.top/1"
    inputs     the names of what was read
    format     the format that was read; of several inputs the first one's
    metric     {name, unit, total}: what is listed; `total` is that of the whole profile
    metrics    [{name, unit, total}]: all that was measured
    skipped    {reason: count}: what the input held and could not be read
    by         "self" or "total": the order
    functions  [{name, module, kind, self, total, self_share, total_share}], hottest first
    functions_count   how many functions there are in all
    stacks     [{frames: [name, …], self, self_share}], hottest first, outermost frame first; null without --stacks
    stacks_count      how many different stacks there are in all; null without --stacks

`self` and `total` are in the metric's unit, shares are of the metric's total, from 0 to 1. `module` is "" where it is
not known; `kind` is user, kernel, jit, inlined, …. Names hold no control characters and no surrogates.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from ..columns import amount, bar, display_width, measured, shorten
from ..hot import Functions, HotStacks
from ..profile import Kind, Profile
from ..text import printable
from ..units import percent

__all__ = ["as_json", "as_text", "can_show"]

#: Columns of a bar, and of a terminal that has room for bars beside names.
_BAR, _WITH_BARS = 8, 100

#: A terminal narrower than this gets lines of this width: nothing readable fits in less.
_NARROWEST = 60


def as_json(
    profile: Profile,
    metric: int,
    inputs: Sequence[str],
    functions: Functions,
    stacks: HotStacks | None,
    by: str,
    lines: int,
) -> str:
    """The report as JSON, its schema in the module's docstring."""
    whole = profile.total(metric)
    metrics = [
        {"name": printable(m.name), "unit": printable(m.unit), "total": profile.total(i)}
        for i, m in enumerate(profile.metrics)
    ]
    report: dict[str, Any] = {
        "schema": "flamegraph.top/1",
        "inputs": [printable(name) for name in inputs],
        "format": profile.meta.format,
        "metric": metrics[metric],
        "metrics": metrics,
        "skipped": {printable(reason): count for reason, count in sorted(profile.skipped.items())},
        "by": by,
        "functions": [
            {
                "name": printable(functions.label[i]),
                "module": printable(functions.module[i]),
                "kind": Kind(functions.kind[i]).name.lower(),
                "self": functions.own[i].item(),
                "total": functions.total[i].item(),
                "self_share": _share(functions.own[i].item(), whole),
                "total_share": _share(functions.total[i].item(), whole),
            }
            for i in functions.order(by)[:lines].tolist()
        ],
        "functions_count": len(functions),
        "stacks": None,
        "stacks_count": None,
    }
    if stacks is not None:
        report["stacks"] = [
            {"frames": [printable(name) for name in labels], "self": own, "self_share": _share(own, whole)}
            for labels, own in zip(stacks.labels, stacks.own.tolist(), strict=True)
        ]
        report["stacks_count"] = stacks.count
    return json.dumps(report, indent=2, ensure_ascii=False)


def _share(part: int | float, whole: int | float) -> float:
    return round(part / whole, 6) if whole else 0.0


def as_text(
    profile: Profile,
    metric: int,
    name: str,
    functions: Functions,
    stacks: HotStacks | None,
    by: str,
    lines: int,
    room: int | None,
    ascii: bool,
) -> str:
    """The report as a table, in lines of `room` columns; None: as long as the names are."""
    room = None if room is None else max(room, _NARROWEST)
    whole, unit = profile.total(metric), profile.metrics[metric].unit
    out = [_cut(printable(f"{name} ({profile.meta.format})"), room, ascii), _measured(profile, metric), ""]
    order = functions.order(by)
    out += _function_lines(functions, order[:lines].tolist(), whole, unit, by, room, ascii)
    rest = order[lines:]
    if len(rest):
        out.append(f"{len(rest):,} more functions, self {percent(functions.own[rest].sum().item(), whole)}")
    if stacks is not None:
        out += ["", *_stack_lines(stacks, whole, unit, room, ascii)]
    return "\n".join(line.rstrip() for line in out) + "\n"


def _measured(profile: Profile, metric: int) -> str:
    told = [measured(m.name, m.unit, profile.total(i)) for i, m in enumerate(profile.metrics)]
    others = [text for i, text in enumerate(told) if i != metric]
    return printable(told[metric] + (f"; also {', '.join(others)} (--metric)" if others else ""))


def _function_lines(
    functions: Functions, rows: list[int], whole: int | float, unit: str, by: str, room: int | None, ascii: bool
) -> list[str]:
    own, total = functions.own.tolist(), functions.total.tolist()
    cells = [(amount(own[i], unit), amount(total[i], unit)) for i in rows]
    wide = [max([len(row[k]) for row in cells] + [5]) for k in (0, 1)]
    bars = room is None or room >= _WITH_BARS
    table = [f"{'self':>{wide[0]}} {'':6}  {'total':>{wide[1]}} {'':6}  {' ' * (_BAR + 2) if bars else ''}function"]
    for i, row in zip(rows, cells, strict=True):
        line = f"{row[0]:>{wide[0]}} {percent(own[i], whole):>6}  {row[1]:>{wide[1]}} {percent(total[i], whole):>6}  "
        if bars:
            line += bar((own if by == "self" else total)[i] / whole, _BAR, ascii) + "  "
        left = None if room is None else room - len(line)
        name = _cut(printable(functions.label[i]), left, ascii)
        module = printable(functions.module[i]).rpartition("/")[2].strip("[]")
        behind = f"  ({module})" if module else ""
        table.append(line + name + (behind if left is None or display_width(name + behind) <= left else ""))
    return table


def _stack_lines(stacks: HotStacks, whole: int | float, unit: str, room: int | None, ascii: bool) -> list[str]:
    """Each stack on a line, outermost first; where it does not fit, its outer end gives way."""
    values = [amount(own, unit) for own in stacks.own.tolist()]
    wide = max([len(value) for value in values] + [4])
    out = [f"{'self':>{wide}} {'':>6}  stack"]
    for value, own, labels in zip(values, stacks.own.tolist(), stacks.labels, strict=True):
        line = f"{value:>{wide}} {percent(own, whole):>6}  "
        path = ";".join(printable(label) for label in labels) or "(no frames)"
        out.append(line + _cut(path, None if room is None else room - len(line), ascii, whole_frames=True))
    rest = stacks.count - len(stacks.labels)
    if rest:
        left = whole - stacks.own.sum().item()
        out.append(f"{rest:,} more stacks, self {percent(left, whole)}")
    return out


def _cut(text: str, room: int | None, ascii: bool, whole_frames: bool = False) -> str:
    if room is None:
        return text
    if whole_frames:
        mark = ".." if ascii else "…"
        while len(text) > room and ";" in text.removeprefix(mark + ";"):
            text = f"{mark};" + text.removeprefix(mark + ";").split(";", 1)[1]
    return shorten(text, room, ascii)


def can_show(characters: str) -> bool:
    """Whether standard output has these characters."""
    try:
        characters.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
