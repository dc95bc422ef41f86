"""What the page knows: a header of words and settings, and columns per node, per label and, of a chart, per box."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...color import frame_colors
from ...comparison import Comparison
from ...distinct import distinct
from ...errors import UsageError
from ...layout import Preorder, chart, in_preorder
from ...profile import SUFFIX, Profile
from ...text import printable
from .options import Options

__all__ = ["of_comparison", "of_profile"]

Content = tuple[dict[str, Any], dict[str, np.ndarray]]


def of_profile(profile: Profile, options: Options) -> Content:
    """(header, columns) of a profile. One with `before` and `after` is shown as a comparison."""
    return _content(profile, options, lambda *_: ({}, {}) if profile.sides is None else ({"comparison": {}}, {}))


def of_comparison(comparison: Comparison, options: Options) -> Content:
    """(header, columns) of a comparison: its profile's, and how each change is judged."""
    if options.timeline:
        raise UsageError("--kind chart: a comparison has no order of time")
    functions, (_, nodes) = comparison.functions, comparison.nodes
    scale, grains = comparison.scale, comparison.grains
    before, after = comparison.counts
    single = before == after == 1

    def judged(tree: Preorder, rows: np.ndarray) -> Content:
        about = {
            "metric": comparison.metric.name,
            "runs": [before, after],
            "method": comparison.method,
            "alpha": comparison.alpha,
            "norm": scale.name,
            "why": scale.why,
            # Of several runs only the means are here, which can't be scaled back.
            "factors": list(scale.factors) if single else None,
            # What one sample counts in the values that the page shows.
            "grains": [factor * grain for factor, grain in zip(scale.factors, grains.tolist(), strict=True)]
            if single and grains is not None
            else None,
            "differences": [
                f"{d.what}: {printable(d.before)} before, {printable(d.after)} after" for d in comparison.differences
            ],
            "notes": [printable(note) for note in comparison.notes],
            "where": [printable(functions.where[row]) for row in rows.tolist()],
        }
        own = functions.own
        return {"comparison": about}, {
            "verdict": nodes.verdict[tree.node],
            "p": nodes.p[tree.node],
            "function.verdict": own.verdict[rows],
            "function.low": own.low[rows],
            "function.high": own.high[rows],
            "function.p": own.p[rows],
        }

    return _content(comparison.profile, options, judged)


def _content(profile: Profile, options: Options, judged: Callable[[Preorder, np.ndarray], Content]) -> Content:
    tree = in_preorder(profile)
    numbers, first = distinct(tree.frame)
    rows = tree.frame[first[1:]]  # the root is no frame, and comes first
    labels = [tree.labels[row] for row in rows.tolist()]
    frames = profile.frames
    modules, module = _shared(tree.labels, frames.module, labels)
    files, file = _shared(tree.labels, frames.file, labels)
    colors = np.array(frame_colors(labels, frames.kind[rows], options.colors), np.uint8).reshape(-1, 3)
    sides = profile.sides
    header = {
        "title": printable(options.title or profile.meta.title or _kind(profile, options)),
        "names": [printable(frames.name[row]) for row in rows.tolist()],
        "marks": {str(int(kind)): SUFFIX[kind] for kind in sorted(profile.meta.annotated)},
        "modules": [printable(name) for name in modules],
        "files": [printable(name) for name in files],
        "metrics": [{"name": printable(m.name), "unit": printable(m.unit)} for m in profile.metrics],
        "metric": profile.column(options.metric),
        "sides": sides,
        "facts": _facts(profile),
        "skipped": {printable(reason): count for reason, count in sorted(profile.skipped.items())},
        "options": {
            "kind": options.kind,
            "order": options.order,
            "colors": options.colors,
            "basis": options.basis,
            "theme": options.theme,
        },
    }
    columns = {
        "depth": tree.depth,
        "name": numbers,
        **{f"own.{i}": column for i, column in enumerate(tree.own.T)},
        "function.kind": frames.kind[rows],
        "function.module": module,
        "function.file": file,
        "function.line": _lines(tree.labels, frames.line, labels),
        **{f"function.{channel}": colors[:, i] for i, channel in enumerate(("red", "green", "blue"))},
    }
    more, judgement = judged(tree, rows)
    if options.timeline:
        judgement |= _in_time(profile, rows, header["metric"])
    return {**header, **more}, {**columns, **judgement}


def _kind(profile: Profile, options: Options) -> str:
    if profile.sides is not None:
        return "Differential Flame Graph"
    return "Flame Chart" if options.timeline else "Flame Graph"


def _in_time(profile: Profile, rows: np.ndarray, metric: int) -> dict[str, np.ndarray]:
    """The boxes of a flame chart, from left to right and callers before callees."""
    boxes = chart(profile, metric)
    order = np.lexsort((boxes.depth, boxes.start))
    number = np.zeros(len(profile.frames) + 1, np.int64)  # the last one is the root's
    number[rows] = np.arange(1, len(rows) + 1)
    return {
        "chart.depth": boxes.depth[order],
        "chart.name": number[boxes.frame[order]],
        "chart.start": boxes.start[order],
        "chart.width": boxes.width[order],
    }


def _shared(keys: Sequence[str], values: Sequence[str], labels: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """(distinct values, the number of each label's). Number 0 is "": not known, or not the same for all its frames."""
    of_label: dict[str, str] = {}
    for key, value in zip(keys, values, strict=True):
        if value and of_label.setdefault(key, value) != value:
            of_label[key] = ""
    number = {"": 0}
    found = [number.setdefault(of_label.get(label, ""), len(number)) for label in labels]
    return list(number), np.array(found, np.int64)


def _lines(keys: Sequence[str], lines: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """The line of each label; 0 where it is not known or its frames have several."""
    of_label: dict[str, int] = {}
    for key, line in zip(keys, lines.tolist(), strict=True):
        if of_label.setdefault(key, line) != line:
            of_label[key] = 0
    return np.array([max(of_label[label], 0) for label in labels], np.int64)


def _facts(profile: Profile) -> Mapping[str, Any]:
    """What is known about the recording, as the page lists it."""
    meta = profile.meta
    return {
        "format": meta.format,
        "command": printable(meta.command),
        "host": printable(meta.host),
        "duration": meta.duration,
        "period": meta.period,
    }
