"""OpenTelemetry profiles as Protocol Buffers: one message, or several, each behind its length in four bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ...errors import ParseError
from ...locations import Lines, Locations
from ...protobuf import FIXED64, LENGTH, VARINT, Messages, message
from ...ragged import Ragged
from ...source import Source
from ...string_table import StringTable
from .model import Attributes, Group, Message, locations_of, within

__all__ = ["read_binary"]


def read_binary(source: Source) -> Iterator[Message]:
    """The messages in a file. What is left of one that is cut off is read as well."""
    data = source.data
    if data[:1] != b"\0":
        yield _read(source, message(data))
        return
    at = 0
    while at + 4 < len(data):
        start = at + 4
        at = start + int.from_bytes(data[at:start], "big")
        yield _read(source, message(data, start, min(at, len(data))), cut=at > len(data))


def _read(source: Source, top: Messages, cut: bool = False) -> Message:
    resources, dictionary = top.messages(1), top.messages(2)
    skipped: Counter[str] = Counter()
    if cut or top.broken[0] or dictionary.broken.any():
        skipped["message that is cut off or damaged"] += 1
    if not len(dictionary) and len(resources):
        raise ParseError(source.name, "a dictionary of profiles", "the end of the message" if skipped else "none")
    strings = StringTable(dictionary.texts(5), skipped)
    scopes = resources.messages(2)
    profiles = scopes.messages(2)
    samples = profiles.messages(2)
    table = dictionary.messages(6)
    attributes = list(zip(strings.all(table.number(1)), _any_values(table, 2, strings), strict=True))
    locations = _locations(dictionary, strings, attributes)
    stacks = Ragged(*dictionary.messages(7).repeated(1))
    labels, links, values = _sample_fields(source, samples, len(attributes))
    skipped += Counter({"link to a span": int(np.count_nonzero(links))})
    times, times_of = samples.fixed64(5)
    return Message(
        locations=locations,
        stacks=Ragged(within(stacks.values, len(locations.module) - 1), stacks.lengths),
        attributes=attributes,
        groups=_groups(profiles, scopes, _resources(resources, strings), strings, attributes, skipped),
        group=samples.owner,
        stack=within(samples.number(1), len(stacks.lengths)),
        labels=Ragged(within(labels.values, len(attributes)), labels.lengths),
        values=Ragged(values.values.view(np.int64), values.lengths),
        times=Ragged(times.view(np.int64), times_of),
        skipped=skipped,
    )


def _sample_fields(source: Source, samples: Messages, attributes: int) -> tuple[Ragged, np.ndarray, Ragged]:
    """Attributes, link and values of samples, whose fields were in another order in version 1.9 of the schema.

    There values came second, before the attributes. A link is a number, the others are packed: where one of the
    latter is behind the second field, it tells. Where not, attributes are what refers to attributes.
    """
    second = Ragged(*samples.repeated(2))
    new = len(samples.having(4, LENGTH)) + len(samples.having(3, VARINT)) > 0
    old = len(samples.having(3, LENGTH)) + len(samples.having(4, VARINT)) > 0
    if new and old:
        raise ParseError(source.name, "samples of one revision of the schema", "samples of two, or damaged ones")
    if not new and not old:
        old = bool(((second.values >= attributes) | (second.values == 0)).any())
    if old:
        return Ragged(*samples.repeated(3)), samples.number(4), second
    return second, samples.number(3), Ragged(*samples.repeated(4))


def _groups(
    profiles: Messages,
    scopes: Messages,
    resources: list[dict[str, str]],
    strings: StringTable,
    table: Attributes,
    skipped: Counter[str],
) -> list[Group]:
    types, period_types = (_value_types(profiles, field, strings) for field in (1, 5))
    time = np.zeros(len(profiles), np.int64)
    fixed, lengths = profiles.fixed64(3)
    time[lengths > 0] = fixed.view(np.int64)[np.cumsum(lengths)[lengths > 0] - 1]
    duration, period = (profiles.number(field).view(np.int64) for field in (4, 6))
    shift = int(len(profiles.having(8, LENGTH)) > 0)  # version 1.9.0 had comments before the id
    own, lengths = profiles.repeated(11 + shift)
    stop = np.cumsum(lengths).tolist()
    groups = []
    for i, payload in enumerate(profiles.text(9 + shift)):
        if payload:
            skipped[f"original payload ({payload[:40]})"] += 1
        of_profile = own[stop[i] - int(lengths[i]) : stop[i]].tolist()
        attributes = resources[scopes.owner[profiles.owner[i]]] | dict(table[n] for n in of_profile if n < len(table))
        groups.append(Group(types[i], period_types[i], int(period[i]), int(time[i]), int(duration[i]), attributes))
    return groups


def _value_types(profiles: Messages, field: int, strings: StringTable) -> list[tuple[str, str]]:
    out, types = [("", "")] * len(profiles), profiles.messages(field)
    pairs = zip(strings.all(types.number(1)), strings.all(types.number(2)), strict=True)
    for row, pair in zip(types.owner.tolist(), pairs, strict=True):
        out[row] = pair
    return out


def _resources(resources: Messages, strings: StringTable) -> list[dict[str, str]]:
    """The attributes of each resource."""
    out: list[dict[str, str]] = [{} for _ in range(len(resources))]
    resource = resources.messages(1)
    pairs = resource.messages(1)
    keys = [key or other for key, other in zip(pairs.text(1), strings.all(pairs.number(3)), strict=True)]
    owner = resource.owner[pairs.owner].tolist()
    for row, key, value in zip(owner, keys, _any_values(pairs, 2, strings), strict=True):
        out[row][key] = value
    return out


def _any_values(outer: Messages, field: int, strings: StringTable) -> list[str]:
    """A value of any type, which stands once in each message, as text. Lists and bytes are left empty."""
    values = outer.messages(field)
    found = [text or other for text, other in zip(values.text(1), strings.all(values.number(8)), strict=True)]
    truth, number = values.number(2).tolist(), values.number(3).view(np.int64).tolist()
    for i in values.having(2, VARINT).tolist():
        found[i] = "true" if truth[i] else "false"
    for i in values.having(3, VARINT).tolist():
        found[i] = str(number[i])
    for i, real in zip(
        values.having(4, FIXED64).tolist(), values.fixed64(4)[0].view(np.float64).tolist(), strict=False
    ):
        found[i] = f"{real:g}"
    out = [""] * len(outer)
    for row, text in zip(values.owner.tolist(), found, strict=True):
        out[row] = text
    return out


def _locations(dictionary: Messages, strings: StringTable, attributes: Attributes) -> Locations:
    mappings, locations, functions = dictionary.messages(1), dictionary.messages(2), dictionary.messages(3)
    lines = locations.messages(3)
    names, system_names, files = (strings.all(functions.number(field)) for field in (1, 2, 3))
    return locations_of(
        functions=[(name or other, file) for name, other, file in zip(names, system_names, files, strict=True)],
        modules=strings.all(mappings.number(4)),
        mapping=within(locations.number(1), len(mappings)),
        address=locations.number(2),
        types=Ragged(*locations.repeated(4)),
        attributes=attributes,
        lines=Lines(
            np.bincount(lines.owner, minlength=len(locations)),
            within(lines.number(1), len(functions)),
            lines.number(2).view(np.int64),
        ),
    )
