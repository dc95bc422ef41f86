"""A message of OpenTelemetry profiles in columns, whichever way it was written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...locations import Lines, Locations, is_kernel
from ...profile import Kind
from ...ragged import Ragged

__all__ = ["Attributes", "Group", "Message", "locations_of", "within"]

_FRAME_TYPE = "profile.frame.type"

#: What the types of frames run as. What is not named here was compiled beforehand, as "native", "go" and "rust" are.
_KINDS = {
    "kernel": Kind.KERNEL,
    **dict.fromkeys(("jvm", "dotnet", "v8js", "beam", "phpjit", "luajit"), Kind.JIT),
    **dict.fromkeys(("cpython", "php", "perl", "ruby", "lua"), Kind.INTERPRETED),
}

#: (key, value) of each row of the table of attributes.
Attributes = list[tuple[str, str]]


class Group(NamedTuple):
    """What the samples of one profile have in common. Times are ns; `attributes` are those of it and its resource."""

    type: tuple[str, str]
    period_type: tuple[str, str]
    period: int
    time: int
    duration: int
    attributes: dict[str, str]


@dataclass(frozen=True, eq=False)
class Message:
    """One message: the tables that it brings along, and samples, a row each.

    An index that is beyond its table is the number of its rows.

    stacks      rows of `locations`, the leaf first
    group       int64[samples] a row of `groups`
    stack       int64[samples] a row of `stacks`
    labels      rows of `attributes` of each sample
    values, times   as the message has them: there may be none of either
    """

    locations: Locations
    stacks: Ragged
    attributes: Attributes
    groups: list[Group]
    group: np.ndarray
    stack: np.ndarray
    labels: Ragged
    values: Ragged
    times: Ragged
    skipped: Counter[str]


def within(index: np.ndarray, size: int) -> np.ndarray:
    """Indexes (uint64) into a table of `size` rows, as int64; `size` for what is beyond."""
    return np.minimum(index, np.uint64(size)).astype(np.int64)


def locations_of(
    functions: list[tuple[str, str]],
    modules: list[str],
    mapping: np.ndarray,
    address: np.ndarray,
    types: Ragged,
    attributes: Attributes,
    lines: Lines,
) -> Locations:
    """The locations, with one more at the end, which stands for those that are missing.

    `mapping` is a row of `modules` for each, `types` are rows of `attributes`, one of which tells the type of frame.
    """
    modules = [*modules, ""]
    mapped = [*mapping.tolist(), len(modules) - 1]
    by_module = [Kind.KERNEL if is_kernel(module) else Kind.USER for module in modules]
    kind = [by_module[i] for i in mapped]
    by_type = {i: _KINDS.get(value, Kind.USER) for i, (key, value) in enumerate(attributes) if key == _FRAME_TYPE}
    for row, i in zip(
        np.repeat(np.arange(len(types.lengths)), types.lengths).tolist(), types.values.tolist(), strict=True
    ):
        kind[row] = by_type.get(i, kind[row])
    return Locations(
        functions=functions,
        module=[modules[i] for i in mapped],
        address=np.append(address, np.uint64(0)),
        kind=kind,
        lines=Lines(
            np.append(lines.count, 0), np.where(lines.function < len(functions), lines.function, -1), lines.line
        ),
    )
