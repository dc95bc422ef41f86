"""OpenTelemetry profiles as JSON."""

from __future__ import annotations

import json

import pytest
from drawn import by_stack
from wire import Otlp

from flamegraph.collapse import read
from flamegraph.errors import ParseError
from flamegraph.profile import Kind


def as_json(one: Otlp) -> dict:
    """The same message as JSON: what the tests' writer knows, spelled as protojson spells it."""
    texts = list(one.strings)
    return {
        "stringTable": texts,
        "mappingTable": [{"filenameStrindex": name} for name in one.mappings],
        "functionTable": [{"nameStrindex": name, "filenameStrindex": file} for name, file in one.functions],
        "locationTable": [
            {
                "mappingIndex": mapping,
                "address": str(address),
                "lines": [{"functionIndex": function, "line": str(line)} for function, line in lines],
                "attributeIndices": list(attributes),
            }
            for mapping, address, lines, attributes in one.locations
        ],
        "stackTable": [{"locationIndices": list(stack)} for stack in one.stacks],
        "attributeTable": [
            {"keyStrindex": key, "value": {"stringValue": value[2:].decode()}} for key, value in one.attributes
        ],
    }


def json_message() -> dict:
    one = Otlp()
    stack = one.stack(one.location(("f", "f.c", 3), kind="kernel"), one.location("g", module="libc.so", address=2**63))
    thread = one.attribute("thread.name", "main")
    samples, count = one.strings.row("samples"), one.strings.row("count")
    cpu, ns = one.strings.row("cpu"), one.strings.row("nanoseconds")
    sample = {"stackIndex": stack, "attributeIndices": [thread], "timestampsUnixNano": ["1000", "2000"], "linkIndex": 1}
    valued = {"stackIndex": stack, "values": ["5"]}
    profile = {
        "sampleType": {"typeStrindex": samples, "unitStrindex": count},
        "periodType": {"typeStrindex": cpu, "unitStrindex": ns},
        "period": "10",
        "timeUnixNano": "900",
        "durationNano": "2000",
        "samples": [sample, valued],
        "originalPayloadFormat": "jfr",
    }
    attributes = [
        {"key": "service.name", "value": {"stringValue": "shop"}},
        {"key": "n", "value": {"intValue": "5"}},
        {"key": "b", "value": {"boolValue": True}},
    ]
    resource = {"resource": {"attributes": attributes}, "scopeProfiles": [{"profiles": [profile]}]}
    return {"resourceProfiles": [resource], "dictionary": as_json(one)}


def test_json():
    message = json_message()
    profile = read(json.dumps(message).encode())
    assert by_stack(profile) == {("shop", "main", "g", "f"): [2, 20], ("shop", "g", "f"): [5, 50]}
    assert profile.skipped == {"link to a span": 1, "original payload (jfr)": 1}
    frames = profile.frames
    rows = zip(frames.name, frames.kind.tolist(), frames.module, frames.file, frames.line.tolist(), strict=True)
    assert ("f", Kind.KERNEL, "", "f.c", 3) in list(rows)
    assert [row.tolist() for row in read(json.dumps(message).encode(), timeline=True).samples.values] == [
        [5, 50],
        [1, 10],
        [1, 10],
    ]
    assert by_stack(read(json.dumps(message).encode(), tag_root=("n", "b"))).keys() == {("5", "true", "g", "f")}


def test_json_lines():
    line = json.dumps(json_message()).encode()
    profile = read(line + b"\n\n" + line + b"\n" + line[:-50])
    assert profile.total() == 14 and profile.skipped["line that is no JSON"] == 1
    assert read(json.dumps(json_message(), indent=1).encode()).total() == 7


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("dictionary", "stringTable"), [1], "strings"),
        (("dictionary", "stackTable"), [5], "stackTable: objects, found 5"),
        (("dictionary", "stackTable"), {"a": 1}, "stackTable: a list"),
        (("resourceProfiles",), [[]], "resourceProfiles: objects"),
        (("dictionary",), 5, "dictionary: an object, found 5"),
        (
            ("resourceProfiles", 0, "scopeProfiles", 0, "profiles", 0, "period"),
            1.5,
            "period: a number of 64 bits, found 1.5",
        ),
        (("resourceProfiles", 0, "scopeProfiles", 0, "profiles", 0, "period"), "9" * 30, "period: a number of 64 bits"),
        (
            ("resourceProfiles", 0, "scopeProfiles", 0, "profiles", 0, "period"),
            "\u0665x",
            "period: a number of 64 bits",
        ),
    ],
)
def test_json_of_other_types(path, value, message):
    content = json_message()
    at = content
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(ParseError, match=message):
        read(json.dumps(content).encode(), format="otlp_profile")
