"""Sums at the edge of 64 bits: exact, and refused where they do not fit, wherever numbers are added up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import by_stack, drawn
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.builder import Builder
from flamegraph.errors import IncompatibleProfiles, InputError, ParseError
from flamegraph.merging import merge
from flamegraph.profile import Metric
from flamegraph.render import render, renderers
from flamegraph.sums import LARGEST, exact_sum, too_large

int64 = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(int64, max_size=20))
def test_sums_are_exact(values):
    assert exact_sum(np.array(values, np.int64)) == sum(values)


@given(st.lists(int64, min_size=1, max_size=8))
def test_too_large(values):
    sums = [sum(v for v in values if v > 0), sum(v for v in values if v < 0)]
    bad = [found for found in sums if abs(found) > LARGEST]
    column = np.array(values, np.int64)
    assert too_large(np.stack((np.zeros_like(column), column), axis=1)) == ((1, bad[0]) if bad else None)


@pytest.mark.parametrize("value", [2.0**63, np.inf, -np.inf, np.nan])
def test_fractions_that_are_too_large(value):
    assert too_large(np.array([[1.5], [value]])) is not None
    assert too_large(np.array([[1.5], [2.0**62]])) is None


class TestFolded:
    def test_the_largest_count_is_read(self):
        for text in (f"a;b {LARGEST}", f"a;b {LARGEST - 1}\na;c 1", f"a {2**62}\nb {2**62 - 1}"):
            assert drawn(text).total() == LARGEST

    @pytest.mark.parametrize("text", [f"a {LARGEST}\nb 1", f"a {2**62}\na {2**62}", f"a 1 {LARGEST}\nb 1 1"])
    def test_one_more_is_not(self, text):
        with pytest.raises(ParseError, match=r"counts that add up to less than 2\^63, found 9,223,372,036,854,775,808"):
            drawn(text)

    @pytest.mark.parametrize("name", renderers())
    def test_outputs_hold_it(self, name):
        content = render(drawn(f"a;b {LARGEST - 1}\na;c 1"), name)
        assert b"-9223372036854775808" not in content
        if name == "folded":
            assert content == f"a;b {LARGEST - 1}\na;c 1\n".encode()


class TestMerge:
    def test_up_to_the_edge(self):
        both = merge([drawn(f"a {LARGEST - 5}"), drawn("a 2\nb 3")])
        assert by_stack(both) == {("a",): [LARGEST - 3], ("b",): [3]}

    @pytest.mark.parametrize("timeline", [False, True])
    def test_beyond(self, timeline):
        one = drawn("a;b 6000000000000000000", timeline=timeline)
        with pytest.raises(
            IncompatibleProfiles, match=r"samples: .* less than 2\^63, found 12,000,000,000,000,000,000"
        ):
            merge([one, one])

    def test_each_metric_on_its_own(self):
        one, other = drawn(f"a {LARGEST}"), drawn(f"a {LARGEST}")
        both = merge([one, replace(other, metrics=(Metric("bytes", "bytes"),))])
        assert by_stack(both) == {("a",): [LARGEST, LARGEST]}


class TestBuilder:
    def build(self, *values, timeline=False):
        build = Builder(timeline=timeline)
        build.metric("calls", "calls")
        size = build.metric("size", "bytes")
        for value in values:
            build.sample(build.stack([build.frame("a")]), value, size)
        return build.finish()

    def test_up_to_the_edge(self):
        assert self.build(LARGEST - 1, 1).total(1) == LARGEST

    @pytest.mark.parametrize("timeline", [False, True])
    @pytest.mark.parametrize("values", [(LARGEST, 1), (-LARGEST, -5, LARGEST), (0.5, 2**63), (float("inf"),)])
    def test_beyond(self, values, timeline):
        with pytest.raises(InputError, match=r"size: expected values that add up to less than 2\^63, found "):
            self.build(*values, timeline=timeline)

    @pytest.mark.parametrize("values", [(2**64,), (2**63, -1), (0.5, 10**5000)])
    def test_one_value_beyond(self, values):
        with pytest.raises(InputError, match="fit into 64 bits"):
            self.build(*values)
