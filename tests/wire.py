"""Protocol Buffers, pprof and OpenTelemetry profiles written field by field: for what no profiler at hand writes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

Labels = dict[str, "str | int | tuple[int, str]"]


def varint(value: int) -> bytes:
    """A number, of which negative ones are the 64 bits they have."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    """A number in a field; nothing for 0, as proto3 has it."""
    return varint(field << 3) + varint(value) if value else b""


def fixed64(field: int, value: int) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<q", value)


def holding(field: int, content: bytes | str) -> bytes:
    """A text, or a message in a field."""
    content = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def packed(field: int, values: list[int], *, fixed: bool = False) -> bytes:
    content = struct.pack(f"<{len(values)}q", *values) if fixed else b"".join(map(varint, values))
    return holding(field, content) if values else b""


class Table(dict):
    """Rows told apart by what they hold; row 0 is there from the start where `first` is given."""

    def __init__(self, *first):
        super().__init__({row: i for i, row in enumerate(first)})

    def row(self, value) -> int:
        return self.setdefault(value, len(self))


@dataclass
class Pprof:
    """A profile.proto. A frame is a name, or (name, file, line), or the id of a location."""

    types: tuple[tuple[str, str], ...] = (("samples", "count"),)
    module: str = "/opt/demo/made"
    packed: bool = True
    more: bytes = b""  # further fields of the profile
    strings: Table = field(default_factory=lambda: Table(""))
    functions: Table = field(default_factory=Table)
    mappings: Table = field(default_factory=Table)
    locations: Table = field(default_factory=Table)
    samples: bytes = b""

    def mapping(self, module: str) -> int:
        return self.mappings.row(module) + 1 if module else 0

    def function(self, name: str, file: str = "") -> int:
        return self.functions.row((self.strings.row(name), self.strings.row(file))) + 1

    def location(self, *lines, address: int = 0, module: str | None = None) -> int:
        rows = []
        for line in lines:
            name, file, at = line if isinstance(line, tuple) else (line, "", 0)
            rows.append((self.function(name, file), at))
        return self.locations.row((self.mapping(self.module if module is None else module), address, *rows)) + 1

    def sample(self, stack: list, *values: int, **labels: str | int | tuple[int, str]) -> None:
        """A sample. `stack` is leaf first: ids from `location`, names, or what `location` takes."""
        ids = [one if isinstance(one, int) else self.location(one) for one in stack]
        each = (
            (lambda f, v: packed(f, v))
            if self.packed
            else (lambda f, v: b"".join(varint(f << 3) + varint(x) for x in v))
        )
        body = each(1, ids) + each(2, list(values))
        for key, value in labels.items():
            label = number(1, self.strings.row(key))
            if isinstance(value, str):
                label += number(2, self.strings.row(value))
            else:
                amount, unit = value if isinstance(value, tuple) else (value, "")
                label += number(3, amount) + number(4, self.strings.row(unit))
            body += holding(3, label)
        self.samples += holding(2, body)

    def value_type(self, field: int, name: str, unit: str) -> bytes:
        return holding(field, number(1, self.strings.row(name)) + number(2, self.strings.row(unit)))

    def text(self, field: int, text: str) -> bytes:
        """A field of the profile that is a text: for `more`."""
        return number(field, self.strings.row(text))

    def file(self) -> bytes:
        head = b"".join(self.value_type(1, *pair) for pair in self.types)
        tables = b""
        for module, i in self.mappings.items():
            tables += holding(3, number(1, i + 1) + number(2, 0x400000) + number(5, self.strings.row(module)))
        for (mapping, address, *lines), i in self.locations.items():
            body = number(1, i + 1) + number(2, mapping) + number(3, address)
            body += b"".join(holding(4, number(1, function) + number(2, at)) for function, at in lines)
            tables += holding(4, body)
        for (name, file), i in self.functions.items():
            tables += holding(5, number(1, i + 1) + number(2, name) + number(4, file))
        return head + self.samples + tables + b"".join(holding(6, text) for text in self.strings) + self.more


@dataclass
class Otlp:
    """A message of OpenTelemetry profiles, of the revision in which values are field 4 of a sample, or of 1.9."""

    values_second: bool = False
    strings: Table = field(default_factory=lambda: Table(""))
    mappings: Table = field(default_factory=lambda: Table(0))
    functions: Table = field(default_factory=lambda: Table((0, 0)))
    attributes: Table = field(default_factory=lambda: Table((0, b"")))
    locations: Table = field(default_factory=lambda: Table((0, 0, (), ())))
    stacks: Table = field(default_factory=lambda: Table(()))
    resources: bytes = b""

    def attribute(self, key: str, value: str | int | float | bool) -> int:
        return self.attributes.row((self.strings.row(key), any_value(value)))

    def location(self, *lines, kind: str = "", address: int = 0, module: str = "") -> int:
        """A place. Lines are names, or (name, file, line), the innermost first."""
        mapping = self.mappings.row(self.strings.row(module)) if module else 0
        rows = []
        for line in lines:
            name, file, at = line if isinstance(line, tuple) else (line, "", 0)
            rows.append((self.functions.row((self.strings.row(name), self.strings.row(file))), at))
        attributes = (self.attribute("profile.frame.type", kind),) if kind else ()
        return self.locations.row((mapping, address, tuple(rows), attributes))

    def stack(self, *places: int | str) -> int:
        """A stack, leaf first, of locations or names."""
        return self.stacks.row(tuple(self.location(one) if isinstance(one, str) else one for one in places))

    def sample(self, stack: int, values=(), times=(), link: int = 0, **attributes) -> bytes:
        own = [self.attribute(key.replace("_", "."), value) for key, value in attributes.items()]
        fields = (2, 3, 4) if self.values_second else (4, 2, 3)
        body = packed(fields[0], list(values)) + packed(fields[1], own) + number(fields[2], link)
        return holding(2, number(1, stack) + body + packed(5, list(times), fixed=True))

    def profile(self, type: tuple[str, str], *samples: bytes, period=None, time: int = 0, duration: int = 0, more=b""):
        """A profile; `period` is (name, unit, number)."""
        body = holding(1, self._type(*type)) + b"".join(samples)
        body += (fixed64(3, time) if time else b"") + number(4, duration)
        if period:
            body += holding(5, self._type(*period[:2])) + number(6, period[2])
        return holding(2, body + more)

    def resource(self, *profiles: bytes, **attributes: str) -> None:
        pairs = b"".join(
            holding(1, holding(1, key.replace("_", ".")) + holding(2, any_value(value)))
            for key, value in attributes.items()
        )
        self.resources += holding(
            1, holding(1, pairs) + holding(2, holding(1, holding(1, "made")) + b"".join(profiles))
        )

    def dictionary(self) -> bytes:
        out = b"".join(holding(1, number(4, name)) for name in self.mappings)
        for mapping, address, lines, attributes in self.locations:
            body = number(1, mapping) + number(2, address) + packed(4, list(attributes))
            body += b"".join(holding(3, number(1, function) + number(2, at)) for function, at in lines)
            out += holding(2, body)
        out += b"".join(holding(3, number(1, name) + number(3, file)) for name, file in self.functions)
        out += holding(4, b"") + b"".join(holding(5, text) for text in self.strings)
        out += b"".join(holding(6, number(1, key) + holding(2, value)) for key, value in self.attributes)
        return holding(2, out + b"".join(holding(7, packed(1, list(places))) for places in self.stacks))

    def file(self) -> bytes:
        return self.resources + self.dictionary()

    def _type(self, name: str, unit: str) -> bytes:
        return number(1, self.strings.row(name)) + number(2, self.strings.row(unit))


def any_value(value: str | int | float | bool) -> bytes:
    if isinstance(value, bool):
        return varint(2 << 3) + varint(value)
    if isinstance(value, int):
        return varint(3 << 3) + varint(value)
    if isinstance(value, float):
        return varint(4 << 3 | 1) + struct.pack("<d", value)
    return holding(1, value)


def framed(*messages: bytes) -> bytes:
    """Messages as the collector's file exporter writes them: each behind its length."""
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)
