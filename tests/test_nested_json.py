"""JSON that is nested too deeply for other parsers is read as they would read it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.errors import ParseError
from flamegraph.nested_json import loads
from flamegraph.source import Source

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(values, st.sampled_from([None, 1]), st.booleans())
def test_reads_what_json_writes(value, indent, ascii):
    assert loads(json.dumps(value, indent=indent, ensure_ascii=ascii)) == value


@given(st.text(alphabet='{}[]:,"\\ \n01-.etrufalsn', max_size=12))
def test_refuses_what_json_refuses(text: str):
    try:
        expected = json.loads(text, strict=False)
    except json.JSONDecodeError:
        with pytest.raises(json.JSONDecodeError):
            loads(text)
    else:
        assert loads(text) == expected


def test_a_source_goes_as_deep_as_stacks_do():
    deep = Source(b'{"a":[' * 50_000 + b"7" + b"]}" * 50_000).json()
    depth = 0
    while isinstance(deep, dict):
        deep, depth = deep["a"][0], depth + 1
    assert (depth, deep) == (50_000, 7)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"[" * 3_000_000, "JSON, found Nested too deeply"),
        (b"[" * 2000, "JSON, found Expecting something else"),
        (b"[\n" * 2000 + b"x", "t:2001: expected JSON, found Expecting something else"),
        (b'{"a":' * 2000 + b"1" + b"}" * 1999 + b"]", "JSON, found Expecting something else"),
        (b"[" + b"9" * 5000 + b"]", "JSON, found a number of thousands of digits"),
    ],
)
def test_what_is_broken_is_an_error(content: bytes, found: str):
    with pytest.raises(ParseError) as raised:
        Source(content, "t").json()
    assert found in str(raised.value)
