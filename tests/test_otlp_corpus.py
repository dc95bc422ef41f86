"""OpenTelemetry profiles of other people, held against a decoder that knows nothing but the schema beside them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from typing import Any

import pytest
from golden import CORPUS

from flamegraph.collapse import read
from flamegraph.locations import nameless
from flamegraph.profile import Kind, Profile

HERE = CORPUS / "otlp"

pytestmark = pytest.mark.skipif(not HERE.exists(), reason="the corpus is not here")

_FIELD = re.compile(r"(repeated )?([\w.]+)\s+(\w+)\s*=\s*(\d+)")


@cache
def schema() -> dict[str, dict[int, tuple[str, str, bool]]]:
    """Of each message, by number: the name of a field, its type, and whether it is repeated."""
    found: dict[str, dict[int, tuple[str, str, bool]]] = {}
    for name in ("common", "resource", "profiles"):
        text = re.sub(r"//.*", "", (HERE / f"{name}.proto").read_text())
        for message, body in re.findall(r"^message (\w+) \{(.*?)^\}", text, re.MULTILINE | re.DOTALL):
            rows = _FIELD.findall(body)
            found[message] = {int(n): (field, kind.rpartition(".")[2], bool(many)) for many, kind, field, n in rows}
    # Samples were in another order when these were recorded, and profiles had comments.
    sample, profile = found["Sample"], found["Profile"]
    found["Sample"] |= {2: sample[4], 3: sample[2], 4: sample[3]}
    found["Profile"] |= {7: ("comments", "int32", True), **{n + 1: profile[n] for n in range(7, max(profile) + 1)}}
    return found


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def decode(data: bytes, kind: str) -> dict[str, Any]:
    """A message as a dict: what is repeated is a list, what is left out is not there."""
    out: dict[str, Any] = defaultdict(list)
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        name, of, many = schema()[kind][tag >> 3]
        values: list[Any]
        if tag & 7 == 2:
            size, at = varint(data, at)
            content, at = data[at : at + size], at + size
            if of in schema():
                values = [decode(content, of)]
            elif of in ("string", "bytes"):
                values = [content.decode() if of == "string" else content]
            elif of == "fixed64":
                values = [int.from_bytes(content[i : i + 8], "little") for i in range(0, size, 8)]
            else:
                values, inner = [], 0
                while inner < size:
                    value, inner = varint(content, inner)
                    values.append(value)
        elif tag & 7 == 0:
            value, at = varint(data, at)
            values = [value]
        else:
            values, at = [int.from_bytes(data[at : at + 8], "little")], at + 8
        if many:
            out[name] += values
        else:
            out[name] = values[-1]
    return out


def expected(data: bytes) -> tuple[Counter[tuple[str, ...]], int]:
    """How often each stack was seen, outermost first, without what it stands on; and the ns of all samples."""
    count: Counter[tuple[str, ...]] = Counter()
    time = 0
    framed, at = data[:1] == b"\0", 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big") + 4 if framed else len(data)
        top = decode(data[at + 4 * framed : at + size], "ProfilesData")
        at += size
        tables = top["dictionary"]
        for resource in top["resource_profiles"]:
            for profile in (one for scope in resource["scope_profiles"] for one in scope["profiles"]):
                for sample in profile["samples"]:
                    seen = sum(sample["values"]) or len(sample["timestamps_unix_nano"])
                    rows = tables["stack_table"][sample["stack_index"] or 0]["location_indices"]
                    names = [name for row in rows for name in frames(tables["location_table"][row], tables)]
                    count[tuple(reversed(names))] += seen
                    time += seen * profile["period"]
    return count, time


def frames(location: dict, tables: dict) -> list[str]:
    """The functions of a location, innermost first; its address and file where it has none."""
    strings, functions = tables["string_table"], tables["function_table"]
    names = [strings[functions[line["function_index"] or 0]["name_strindex"] or 0] for line in location["lines"]]
    if any(names):
        return names
    file = strings[tables["mapping_table"][location["mapping_index"] or 0]["filename_strindex"] or 0]
    return [nameless(location["address"] or 0, file)]


def stacks(profile: Profile) -> Counter[tuple[str, ...]]:
    """The first metric of each stack without processes and threads."""
    shown = [kind not in (Kind.PROCESS, Kind.THREAD) for kind in profile.frames.kind.tolist()]
    path: list[tuple[str, ...]] = [()]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        path.append((*path[parent], profile.frames.name[frame]) if shown[frame] else path[parent])
    found: Counter[tuple[str, ...]] = Counter()
    for node, (value, *_) in zip(profile.samples.stack.tolist(), profile.samples.values.tolist(), strict=True):
        found[path[node]] += value
    return found


@pytest.mark.parametrize("name", ["k8s", "profile"])
@pytest.mark.parametrize("timeline", [False, True])
def test_stacks_and_sums(name: str, timeline: bool):
    path = HERE / f"sig-profiling-{name}.otlp"
    count, time = expected(path.read_bytes())
    profile = read(path, timeline=timeline)
    assert [metric.name for metric in profile.metrics] == ["samples", "cpu"] and not profile.skipped
    assert (profile.total(0), profile.total(1)) == (sum(count.values()), time) and sum(count.values()) > 100
    assert stacks(profile) == count
