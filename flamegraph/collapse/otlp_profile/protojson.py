"""OpenTelemetry profiles as JSON: one object, or one per line, as the collector's file exporter writes them.

    {"resourceProfiles": [{"scopeProfiles": [{"profiles": [{"samples": […]}]}]}], "dictionary": {"stringTable": […]}}

Numbers of 64 bits may be strings. What is left out is 0, "" or empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import ParseError
from ...locations import Lines, Locations
from ...ragged import Ragged
from ...source import Source
from ...string_table import StringTable
from .model import Attributes, Group, Message, locations_of, within
from .shapes import ANCIENT, EARLIER, refusal

__all__ = ["read_json"]

Object = dict[str, Any]


def read_json(source: Source) -> Iterator[Message]:
    """The messages in a file."""
    cut = Counter({"line that is no JSON": 0})
    for number, (where, message) in enumerate(_objects(source, cut)):
        yield _Reader(where).message(message, Counter() if number else cut)


def _objects(source: Source, cut: Counter[str]) -> Iterator[tuple[str, Object]]:
    """Each object and where it stands. Lines that are no JSON are counted; ParseError where all are."""
    try:
        yield source.name, source.json()
        return
    except ParseError:
        lines = [line for line in bytes(source.data).splitlines() if line.strip()]
        if len(lines) < 2:
            raise
    import orjson

    found = []
    for number, line in enumerate(bytes(source.data).splitlines(), 1):
        if line.strip():
            try:
                found.append((f"{source.name}:{number}", orjson.loads(line)))
            except orjson.JSONDecodeError:
                cut["line that is no JSON"] += 1
    if not found:
        source.json()
    yield from found


class _Reader:
    """Reads the fields of objects that may be anything. ParseError, at `where`, for what is of the wrong type."""

    def __init__(self, where: str):
        self._where = where

    def message(self, top: Any, skipped: Counter[str]) -> Message:
        """The message that an object is."""
        if not isinstance(top, dict):
            raise self._wrong("an object", top)
        skipped = +skipped
        dictionary = self._object(top, "dictionary")
        texts = self._list(dictionary, "stringTable")
        if not all(isinstance(text, str) for text in texts):
            raise self._wrong("stringTable: strings", "something else")
        strings = StringTable(texts, skipped)
        rows = self._objects(dictionary, "attributeTable")
        keys = strings.all(self._int(row, "keyStrindex") for row in rows)
        attributes = list(zip(keys, [self._any(self._object(row, "value"), strings) for row in rows], strict=True))
        locations = self._locations(dictionary, strings, attributes)
        stacks = [self._ints(stack, "locationIndices") for stack in self._objects(dictionary, "stackTable")]
        groups, samples, group = [], [], []
        for attributes_of, profile in self._profiles(top, strings):
            if profile.get("locationIndices") or not dictionary:
                raise refusal(self._where, EARLIER if dictionary else ANCIENT)
            if payload := profile.get("originalPayloadFormat"):
                skipped[f"original payload ({str(payload)[:40]})"] += 1
            own = [attributes[i] for i in self._ints(profile, "attributeIndices") if 0 <= i < len(attributes)]
            of_profile = self._objects(profile, "samples") or self._objects(profile, "sample")
            group += [len(groups)] * len(of_profile)
            samples += of_profile
            groups.append(self._group(profile, attributes_of | dict(own), strings))
        skipped += Counter({"link to a span": sum(self._int(sample, "linkIndex") > 0 for sample in samples)})
        stack_rows, labels = (
            Ragged.of(stacks),
            Ragged.of([self._ints(sample, "attributeIndices") for sample in samples]),
        )
        stack = np.array([self._int(sample, "stackIndex") for sample in samples], np.int64)
        return Message(
            locations=locations,
            stacks=Ragged(_inside(stack_rows.values, len(locations.module) - 1), stack_rows.lengths),
            attributes=attributes,
            groups=groups,
            group=np.array(group, np.int64),
            stack=_inside(stack, len(stacks)),
            labels=Ragged(_inside(labels.values, len(attributes)), labels.lengths),
            values=Ragged.of([self._ints(sample, "values") for sample in samples]),
            times=Ragged.of([self._ints(sample, "timestampsUnixNano") for sample in samples]),
            skipped=skipped,
        )

    def _profiles(self, top: Object, strings: StringTable) -> Iterator[tuple[dict[str, str], Object]]:
        """Each profile with the attributes of its resource."""
        for resource in self._objects(top, "resourceProfiles"):
            attributes = {}
            for pair in self._objects(self._object(resource, "resource"), "attributes"):
                key = pair.get("key") or strings.at(self._int(pair, "keyStrindex"))
                attributes[str(key)] = self._any(self._object(pair, "value"), strings)
            for scope in self._objects(resource, "scopeProfiles"):
                for profile in self._objects(scope, "profiles"):
                    yield attributes, profile

    def _group(self, profile: Object, attributes: dict[str, str], strings: StringTable) -> Group:
        types = [
            (strings.at(self._int(kind, "typeStrindex")), strings.at(self._int(kind, "unitStrindex")))
            for kind in (self._object(profile, "sampleType"), self._object(profile, "periodType"))
        ]
        facts = (self._int(profile, name) for name in ("period", "timeUnixNano", "durationNano"))
        return Group(types[0], types[1], *facts, attributes)

    def _locations(self, dictionary: Object, strings: StringTable, attributes: Attributes) -> Locations:
        locations, functions = self._objects(dictionary, "locationTable"), self._objects(dictionary, "functionTable")
        modules = strings.all(self._int(row, "filenameStrindex") for row in self._objects(dictionary, "mappingTable"))
        columns = ("nameStrindex", "systemNameStrindex", "filenameStrindex")
        named = zip(*(strings.all(self._int(row, name) for row in functions) for name in columns), strict=True)
        lines = [self._objects(row, "lines") or self._objects(row, "line") for row in locations]
        each = [line for of_location in lines for line in of_location]
        types = Ragged.of([self._ints(row, "attributeIndices") for row in locations])
        function = np.array([self._int(line, "functionIndex") for line in each], np.int64)
        mapping = np.array([self._int(row, "mappingIndex") for row in locations], np.int64)
        return locations_of(
            functions=[(name or other, file) for name, other, file in named],
            modules=modules,
            mapping=_inside(mapping, len(modules)),
            address=np.array([self._int(row, "address") % (1 << 64) for row in locations], np.uint64),
            types=types,
            attributes=attributes,
            lines=Lines(
                np.array([len(of_location) for of_location in lines], np.int64),
                _inside(function, len(functions)),
                np.array([self._int(line, "line") for line in each], np.int64),
            ),
        )

    def _any(self, value: Object, strings: StringTable) -> str:
        """A value of any type as text. Lists and bytes are left empty."""
        for name, one in value.items():
            if name == "boolValue":
                return "true" if one else "false"
            if name in ("stringValue", "intValue", "doubleValue"):
                return str(one)
        return strings.at(self._int(value, "stringValueStrindex"))

    def _object(self, of: Object, name: str) -> Object:
        value = of.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._wrong(f"{name}: an object", value)
        return value

    def _list(self, of: Object, name: str) -> list[Any]:
        value = of.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(f"{name}: a list", value)
        return value

    def _objects(self, of: Object, name: str) -> list[Object]:
        values = self._list(of, name)
        for value in values:
            if not isinstance(value, dict):
                raise self._wrong(f"{name}: objects", value)
        return values

    def _int(self, of: Object, name: str) -> int:
        return self._number(of.get(name) or 0, name)

    def _ints(self, of: Object, name: str) -> list[int]:
        return [self._number(value, name) for value in self._list(of, name)]

    def _number(self, value: Any, name: str) -> int:
        """A number of 64 bits, which may be a string."""
        if isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) <= 20:
            value = int(value)
        if type(value) is not int or not -(1 << 63) <= value < 1 << 64:
            raise self._wrong(f"{name}: a number of 64 bits", value)
        return value - (1 << 64) if value >= 1 << 63 else value

    def _wrong(self, expected: str, found: Any) -> ParseError:
        return ParseError(self._where, expected, repr(found)[:60])


def _inside(index: np.ndarray, size: int) -> np.ndarray:
    return within(index.view(np.uint64), size)
