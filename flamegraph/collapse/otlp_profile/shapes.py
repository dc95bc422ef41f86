"""What OpenTelemetry profiles look like on the wire, now and in revisions that are not read any more."""

from __future__ import annotations

from typing import Any

from ...errors import ParseError
from ...protobuf import FIXED64
from ...protobuf_shape import BYTES, ENOUGH, FIXED, NUMBER, NUMBERS, Shape, look

__all__ = ["ANCIENT", "CURRENT", "EARLIER", "refusal", "revision"]

#: Revisions. CURRENT: stacks have a table. EARLIER: samples are slices of a list of locations, until version 1.8 of
#: opentelemetry-proto. ANCIENT: each profile has tables of its own, until 1.5.
CURRENT, EARLIER, ANCIENT = "current", "earlier", "ancient"


def _message(numbers: str, **others: Any) -> Shape:
    """The shape of a message most of whose fields are numbers."""
    return {int(n): NUMBER for n in numbers.split()} | {int(name[1:]): shape for name, shape in others.items()}


def _profiles(profile: Shape) -> Shape:
    """Resource profiles, in which are scope profiles, in which are profiles."""
    attribute = {1: BYTES, 2: BYTES, 3: NUMBER}
    resource = {1: attribute, 2: NUMBER, 3: BYTES}
    return {1: resource, 2: {1: BYTES, 2: profile, 3: BYTES}, 3: BYTES, 1000: BYTES}


_FIXED64 = frozenset({FIXED64})
_VALUE_TYPE = _message("1 2 3")
_LINE = _message("1 2 3")
_MAPPING = _message("1 2 3 4 6 7 8 9", _5=NUMBERS)
_FUNCTION = _message("1 2 3 4")
_DICTIONARY: Shape = {1: _MAPPING, 2: _message("1 2", _3=_LINE, _4=NUMBERS, _5=NUMBERS), 3: _FUNCTION}
_DICTIONARY = {**_DICTIONARY, 4: {1: BYTES, 2: BYTES}, 5: BYTES, 6: {1: NUMBERS, 2: BYTES, 3: NUMBER}}

_CURRENT = {
    **_message("4 6", _1=_VALUE_TYPE, _3=_FIXED64, _5=_VALUE_TYPE, _10=BYTES),
    2: _message("1", _2=NUMBERS, _3=NUMBERS, _4=NUMBERS, _5=FIXED),
    **dict.fromkeys((7, 8, 9, 11, 12), NUMBERS),  # what there is to know besides, in changing places
}
_EARLIER = _message(
    "5 7 9",
    _1=_VALUE_TYPE,
    _2=_message("1 2 5", _3=NUMBERS, _4=NUMBERS, _6=NUMBERS),
    _3=NUMBERS,
    _4=NUMBER | _FIXED64,
    _6=_VALUE_TYPE,
    _8=NUMBERS,
    _10=BYTES,
)
_ANCIENT = {
    1: _VALUE_TYPE,
    2: BYTES,
    3: BYTES,
    4: BYTES,
    5: NUMBERS,
    6: BYTES,
    **dict.fromkeys(range(7, 30), NUMBERS | FIXED),
}
_CONTAINER = {1: BYTES, 2: _FIXED64, 3: _FIXED64, 4: BYTES, 5: NUMBER, 6: BYTES, 7: BYTES, 8: BYTES}

_SHAPES: tuple[tuple[str, Shape, frozenset[tuple[int, ...]]], ...] = (
    (CURRENT, {1: _profiles(_CURRENT), 2: {**_DICTIONARY, 7: {1: NUMBERS}}}, frozenset({(1, 2, 2), (2,)})),
    (EARLIER, {1: _profiles(_EARLIER), 2: {**_DICTIONARY, 7: NUMBERS | BYTES}}, frozenset({(1, 2, 2, 1), (2,)})),
    (ANCIENT, {1: _profiles(_ANCIENT)}, frozenset({(1, 2, 2, 1, 1), (1, 2, 2, 2)})),
    (ANCIENT, {1: _profiles(_CONTAINER)}, frozenset({(1, 2, 2, 1), (1, 2, 2, 2), (1, 2, 2, 8)})),
)


def revision(data: bytes) -> str:
    """Which revision a message is of, of which `data` may hold the beginning only; "" where it is none."""
    start, end = 0, None
    if data[:1] == b"\0":  # framed: its length is told first
        start, end = 4, 4 + int.from_bytes(data[:4], "big")
    for name, shape, expected in _SHAPES:
        seen = look(data, shape, start, end)
        if seen and (expected <= seen.fields or (seen.cut and seen.count >= ENOUGH)):
            return name
    return ""


def refusal(where: str, revision: str) -> ParseError:
    """What to say to a revision that is not read."""
    expected = "OTLP profiles with a table of stacks (opentelemetry-proto 1.9 or later)"
    return ParseError(where, expected, f"an {revision} revision; collectors of its time could turn it into pprof")
