"""Protocol Buffers in columns, held against the messages they were written from."""

from __future__ import annotations

import random
import struct

import drawn  # noqa: F401  (its settings)
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import fixed64, holding, number, packed, varint

from flamegraph import protobuf
from flamegraph.protobuf import LENGTH, VARINT, message, number_in
from flamegraph.protobuf_shape import BYTES, NUMBER, NUMBERS, look

numbers = st.integers(0, 2**64 - 1) | st.integers(0, 300)

#: Rows of (number that stands once, repeated number, packed or not, text, numbers of eight bytes).
rows = st.lists(
    st.tuples(
        numbers, st.lists(numbers, max_size=5), st.booleans(), st.text(max_size=3), st.lists(numbers, max_size=3)
    ),
    max_size=120,
)


def written(rows) -> bytes:
    out = b""
    for one, many, is_packed, text, eight in rows:
        body = number(1, one)
        body += packed(2, many) if is_packed else b"".join(varint(2 << 3) + varint(value) for value in many)
        body += holding(3, text) + holding(300, holding(1, text)) + varint(9 << 3 | 5) + bytes(4)
        body += b"".join(varint(5 << 3 | 1) + struct.pack("<Q", value) for value in eight)
        out += holding(7, body)
    return out


@given(rows)
def test_reads_what_was_written(rows):
    top = message(written(rows))
    found = top.messages(7)
    assert not top.broken.any() and not found.broken.any()
    assert len(found) == len(rows) and found.owner.tolist() == [0] * len(rows)
    assert found.number(1).tolist() == [row[0] for row in rows]
    assert found.number(4).tolist() == [0] * len(rows)
    values, lengths = found.repeated(2)
    assert values.tolist() == [value for row in rows for value in row[1]]
    assert lengths.tolist() == [len(row[1]) for row in rows]
    assert found.text(3) == found.texts(3) == [row[3] for row in rows]
    inner = found.messages(300)
    assert inner.owner.tolist() == list(range(len(rows))) and inner.text(1) == [row[3] for row in rows]
    values, lengths = found.fixed64(5)
    assert values.tolist() == [value for row in rows for value in row[4]]
    assert lengths.tolist() == [len(row[4]) for row in rows]
    assert found.having(2, LENGTH).tolist() == [i for i, row in enumerate(rows) if row[2] and row[1]]
    assert found.having(1, VARINT).tolist() == [i for i, row in enumerate(rows) if row[0]]


@given(st.binary(max_size=60), st.integers(0, 2**32))
def test_many_messages_are_read_as_one_is(content: bytes, seed: int):
    """Field by field, and all messages at once: the same fields, and the same are broken."""
    chance = random.Random(seed)
    pieces = [content[: chance.randrange(len(content) + 1)] for _ in range(60)]
    data = np.frombuffer(b"".join(pieces), np.uint8)
    end = np.cumsum([len(piece) for piece in pieces])
    start = end - [len(piece) for piece in pieces]
    together, broken = protobuf._walk(data, start, end)
    for i in range(60):
        alone, alone_broken = protobuf._walk(data, start[i : i + 1], end[i : i + 1])
        mine = together.owner == i
        assert broken[i] == alone_broken[0]
        for ours, theirs in zip(together[1:], alone[1:], strict=True):
            assert ours[mine].tolist() == theirs.tolist()


@pytest.mark.parametrize(
    "damage",
    [
        varint(3 << 3 | 2) + varint(100) + b"short",  # a text that is longer than the message
        varint(3 << 3 | 2) + varint(2**64 - 5) + b"long",
        varint(4 << 3) + b"\x80",  # a number that does not end
        varint(4 << 3) + b"\xff" * 11,
        varint(5 << 3 | 1) + b"1234567",
        varint(5 << 3 | 3),  # a group
        b"\x00\x00",  # field 0
        varint(1 << 33) + b"\0",
        b"\x80",
        varint(3 << 3 | 2),
    ],
)
@pytest.mark.parametrize("many", [1, 100])
def test_what_stands_before_damage_is_read(damage: bytes, many: int):
    found = message(holding(7, number(1, 5) + damage) * many + number(2, 1)).messages(7)
    assert found.broken.all() and len(found) == many
    assert found.number(1).tolist() == [5] * many


def test_the_last_of_several_counts():
    found = message(number(1, 4) + number(1, 7))
    assert found.number(1).tolist() == [7]


def test_packed_numbers_that_go_on_behind_their_end_are_none():
    values, lengths = message(holding(1, b"\x05\x80") + packed(1, [1, 300])).repeated(1)
    assert values.tolist() == [1, 300] and lengths.tolist() == [2]


def test_numbers_come_in_pieces(monkeypatch):
    """However many are decoded at once, they are the same, and what converts them sees few."""
    monkeypatch.setattr(protobuf, "_BLOCK", 100)
    rows = [list(range(i, i + 20)) for i in range(200)]
    seen = []

    def convert(values: np.ndarray) -> np.ndarray:
        seen.append(len(values))
        return values.astype(np.int32)

    found = message(b"".join(holding(7, packed(1, row)) for row in rows)).messages(7)
    values, lengths = found.repeated(1, convert)
    assert values.dtype == np.int32 and values.tolist() == [value for row in rows for value in row]
    assert lengths.tolist() == [20] * 200 and max(seen) < 200


def test_numbers_with_fractions():
    one = varint(1 << 3 | 5) + struct.pack("<f", 0.5) + varint(2 << 3 | 1) + struct.pack("<d", -0.1)
    both = message(holding(1, one) + holding(1, b"") + holding(1, number(1, 7))).messages(1)
    assert both.real(1).tolist()[0] == 0.5 and both.real(2).tolist()[0] == -0.1
    assert np.isnan(both.real(1)[1:]).all() and np.isnan(both.real(2)[1:]).all()


def test_one_number_of_one_message():
    data = number(3, 300) + holding(2, "text") + number(1, 2**63)
    view = memoryview(b"\xff" + data)
    assert [number_in(view, 1, len(view), field) for field in (1, 2, 3, 4)] == [2**63, 0, 300, 0]
    assert number_in(view, 1, 3, 3) == 0  # it goes on behind the end


def test_texts_that_are_no_utf_8_are_kept():
    assert message(holding(1, b"a\xffb")).texts(1) == ["a\udcffb"]


SHAPE = {1: NUMBER, 2: {1: NUMBERS, 2: BYTES}, 3: BYTES}


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (number(1, 5) + holding(3, "text"), {(1,), (3,)}),
        (holding(2, packed(1, [1, 2])) + holding(2, number(1, 2)), {(2,), (2, 1)}),
        (holding(3, ""), set()),
        (number(7, 5), {(7,)}),  # may be new
        (number(7, 5) * 5, None),
        (number(20, 5), None),
        (holding(1, "text"), None),
        (holding(2, number(2, 5)), None),
        (holding(2, "text"), None),
        (number(200, 5), None),
        (fixed64(3, 5), None),
        (b"\0\0", None),
        (holding(2, holding(2, "long") + varint(2 << 3 | 2) + varint(50)), None),
    ],
)
def test_shape(content: bytes, fields):
    seen = look(content, SHAPE)
    assert (seen and set(seen.fields)) == fields
    assert seen is None or not seen.cut


def test_shape_of_what_is_cut_anywhere():
    content = number(1, 2**60) + holding(2, packed(1, [1] * 300) + holding(2, "x" * 200)) + holding(3, "y" * 300)
    whole = look(content, SHAPE)
    for at in range(1, len(content)):
        seen = look(content[:at], SHAPE)
        assert seen and seen.fields <= whole.fields and (seen.cut or len(seen.fields) in (1, 4))
    assert look(content * 100, SHAPE, most=5).cut


def test_shape_of_what_is_damaged():
    """Once enough has fitted, what does not is no reason to doubt."""
    for many, seen in ((10, False), (30, True)):
        assert bool(look(number(1, 5) * many + holding(1, "text"), SHAPE)) is seen
        assert bool(look(holding(2, number(1, 5) * many + fixed64(2, 5)), SHAPE)) is seen
