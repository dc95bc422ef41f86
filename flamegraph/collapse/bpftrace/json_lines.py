"""JSON output, `-f json`: one object per line.

    {"type": "map", "data": {"@": {"\\n    vfs_read+187\\n,\\n    main+194\\n,io worker 1": 3}}}
    {"type": "hist", "data": {"@h": {"\\n    vfs_read+187\\n": [{"min": 4, "max": 7, "count": 5}]}}}

Two keys of a map may be the same: stacks of different addresses that have the same names. What reads objects as
dictionaries loses all but one of them; here they are pairs.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .output import CUT_OFF, MESSAGE, NO_STACKS, Output, Value

__all__ = ["read_json"]

#: How bpftrace 0.17 writes a byte above 0x7f, sign and all.
_BYTES = re.compile("(?:\uffffff[89a-f][0-9a-f])+")

Pairs = list[tuple[str, Any]]


def read_json(text: str) -> Output:
    """The entries in JSON lines, and what was printed."""
    out = Output(",")
    said: list[str] = []
    lines = text.rstrip("\n").split("\n")
    for number, line in enumerate(lines, 1):
        if not line.startswith("{"):
            out.say([line] if line else [])
            continue
        message = _load(line)
        if message is None and number == len(lines):
            out.skipped[CUT_OFF] += 1
            message = _load(_whole_part(line))
        if message is None:
            out.skipped["line that is not JSON"] += number < len(lines)
        else:
            _take(dict(message), said, out)
    out.say("".join(said).split("\n"))
    return out


def _load(line: str) -> Pairs | None:
    try:
        found = json.loads(line, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(pair, tuple) for pair in found) else None


def _whole_part(line: str) -> str:
    """A line whose end is missing, with as many entries as are whole."""
    return line[: line.rfind(', "')] + "}}}"


def _take(message: dict[str, Any], said: list[str], out: Output) -> None:
    kind, data = message.get("type"), message.get("data")
    if kind in ("map", "hist", "stats", "tseries") and _is_object(data):
        for name, entries in data:
            _take_map(name.removeprefix("@"), entries, kind, out)
    elif kind == "lost_events":
        lost = dict(data).get("events") if _is_object(data) else message.get("count")
        out.skipped["lost event"] += lost if isinstance(lost, int) and lost > 0 else 1
    elif isinstance(data, str):  # printf(), time(), cat() and others
        said.append(data)
    elif kind != "attached_probes":
        out.skipped[MESSAGE] += 1


def _is_object(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(pair, tuple) for pair in data)


def _take_map(name: str, entries: Any, kind: str, out: Output) -> None:
    if not _is_object(entries) or _is_stats(entries) is not None:
        out.skipped[NO_STACKS] += 1  # a number, or statistics, without keys
        return
    for key, value in entries:
        if kind == "stats" and _number(value) is not None:
            out.skipped["average, of which the number of samples is not told"] += 1
        else:
            out.add(name, _BYTES.sub(_decoded, key) if "\uffff" in key else key, _value(value))


def _decoded(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("\uffffff", "")).decode("utf-8", "surrogateescape")


def _value(data: Any) -> Value | None:
    number = _number(data)
    if number is not None:
        return Value(number)
    if _is_object(data):
        return _is_stats(data)
    if isinstance(data, list) and data and all(_is_object(bucket) for bucket in data):
        counts = [_number(dict(bucket).get("count")) for bucket in data]
        return None if None in counts else Value(None, sum(counts))  # type: ignore[arg-type]
    return None


def _is_stats(data: Pairs) -> Value | None:
    """The value of an object that holds statistics, None for another one."""
    found = dict(data)
    total, count = _number(found.get("total")), _number(found.get("count"))
    return Value(total, count) if total is not None and count is not None and "average" in found else None


def _number(data: Any) -> int | None:
    """A whole number. One that a float can't hold is written as a string."""
    if isinstance(data, str) and re.fullmatch(r"-?\d{1,20}", data, re.ASCII):
        return int(data)
    return data if isinstance(data, int) and not isinstance(data, bool) else None
