"""The tables of a profile.proto, with ids and indexes looked up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ...errors import ParseError
from ...locations import Lines, Locations, is_kernel
from ...profile import Kind
from ...protobuf import Messages, message
from ...ragged import Ragged
from ...source import Source
from ...string_table import StringTable

__all__ = ["Tables", "read_tables"]


@dataclass(frozen=True, eq=False)
class Tables:
    """A profile as it was written.

    types      (name, unit) of each sample type; `default` is the row of the one shown first
    chains     rows of `locations`, int32, of each sample: the leaf first
    values     int64[samples, types]
    labels     key, text, number and unit (rows of `strings`) and the sample of each label, in columns
    """

    strings: StringTable
    types: list[tuple[str, str]]
    default: int
    locations: Locations
    chains: Ragged
    values: np.ndarray
    labels: tuple[np.ndarray, ...]
    drop_frames: str
    keep_frames: str
    duration: int
    period_type: tuple[str, str]
    period: int
    comments: list[str]
    skipped: Counter[str]


def read_tables(source: Source) -> Tables:
    """What a file holds. ParseError where it is no profile after all."""
    top = message(source.data)
    skipped: Counter[str] = Counter()
    if top.broken[0]:
        skipped["rest of the file, cut off or damaged"] += 1
    strings = top.texts(6)
    if not strings:
        raise ParseError(source.name, "a string table", "none: the file is cut off" if top.broken[0] else "none")
    if strings[0]:
        raise ParseError(source.name, "a string table that begins with an empty string", repr(strings[0][:60]))
    if np.count_nonzero(top.repeated(9)[0]) > 1:
        raise ParseError(source.name, "one profile", "several, one after the other; write each to a file of its own")

    table = StringTable(strings, skipped)
    types = _value_types(top.messages(1), table)
    samples = top.messages(2)
    if len(samples) and not types:
        raise ParseError(source.name, "sample types", "samples alone")
    locations, ids = _locations(top, table)
    unknown = len(ids)
    chains, lengths = samples.repeated(1, lambda some: _rows_of(ids, some).astype(np.int32))
    if missing := int(np.count_nonzero(chains == unknown)):
        skipped["location that is not in the file"] += missing
    values, counts = samples.repeated(2)
    labels = samples.messages(3)
    kept = ~samples.broken & (counts == len(types))
    if not kept.all():
        damaged = int(np.count_nonzero(samples.broken))
        skipped += Counter(
            {"damaged sample": damaged, "sample without a value of each type": int((~kept).sum()) - damaged}
        )
        chains, lengths = chains[np.repeat(kept, lengths)], lengths[kept]
        values = values[np.repeat(kept, counts)]
    row = np.cumsum(kept) - 1
    labelled = np.flatnonzero(kept[labels.owner])
    period_type = _value_types(top.messages(11), table)
    default = table.at(int(top.number(14)[0]))
    named = [i for i, (name, _) in enumerate(types) if default and name == default]
    return Tables(
        table,
        types,
        named[0] if named else max(len(types) - 1, 0),
        locations,
        Ragged(chains, lengths),
        values.view(np.int64).reshape(len(lengths), len(types)),
        (*(labels.number(field)[labelled] for field in (1, 2, 3, 4)), row[labels.owner[labelled]]),
        table.at(int(top.number(7)[0])),
        table.at(int(top.number(8)[0])),
        _signed(top, 10),
        period_type[-1] if period_type else ("", ""),
        _signed(top, 12),
        table.all(top.repeated(13)[0]),
        skipped,
    )


def _value_types(messages: Messages, strings: StringTable) -> list[tuple[str, str]]:
    return list(zip(*(strings.all(messages.number(field)) for field in (1, 2)), strict=True))


def _locations(top: Messages, strings: StringTable) -> tuple[Locations, np.ndarray]:
    """The locations with one more at the end, which stands for those that are missing, and the id of each."""
    functions, mappings, locations = top.messages(5), top.messages(3), top.messages(4)
    lines = locations.messages(4)
    names, system_names, files = (strings.all(functions.number(field)) for field in (2, 3, 4))
    names = [name or system for name, system in zip(names, system_names, strict=True)]
    modules = [*strings.all(mappings.number(5)), ""]
    kinds = [Kind.KERNEL if is_kernel(module) else Kind.USER for module in modules]
    mapped = [*_rows_of(mappings.number(1), locations.number(2)).tolist(), len(mappings)]
    function = _rows_of(functions.number(1), lines.number(1))
    return Locations(
        functions=list(zip(names, files, strict=True)),
        module=[modules[i] for i in mapped],
        address=np.append(locations.number(3), np.uint64(0)),
        kind=[kinds[i] for i in mapped],
        lines=Lines(
            np.bincount(lines.owner, minlength=len(locations) + 1),
            np.where(function == len(functions), -1, function),
            lines.number(2).view(np.int64),
        ),
    ), locations.number(1)


def _rows_of(ids: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The row in which each of the wanted ids stands, len(ids) where it does in none. Ids may be any numbers."""
    n = len(ids)
    if n == 0:
        return np.zeros(len(wanted), np.int64)
    if int(ids.max()) < 4 * n + 1000:
        # One more row, for all that are beyond. Id 0 is no id.
        table = np.full(int(ids.max()) + 2, n)
        table[ids] = np.arange(n)
        table[0] = n
        return table[np.minimum(wanted, np.uint64(len(table) - 1)).astype(np.int64)]
    order = np.argsort(ids, kind="stable")
    at = np.minimum(np.searchsorted(ids[order], wanted), n - 1)
    return np.where((ids[order[at]] == wanted) & (wanted != 0), order[at], n)


def _signed(top: Messages, field: int) -> int:
    return int(top.number(field).view(np.int64)[0])
