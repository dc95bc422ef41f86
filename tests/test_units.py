"""Numbers for people, with the edges at which a unit changes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.units import count, duration_ns, percent, quantity, size_bytes


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0"),
        (12345, "12,345"),
        (-1234567, "-1,234,567"),
        (2**63 - 1, "9,223,372,036,854,775,807"),
        (np.int64(2**62 + 1), "4,611,686,018,427,387,905"),
        (1000.0, "1,000"),
        (-0.0, "0"),
        (1234.5, "1,234.5"),
        (12.345678, "12.35"),
        (-1.999, "-2"),
        (0.05123, "0.0512"),
        (0.5, "0.5"),
        (1e-12, "1e-12"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_count(n, text):
    assert count(n) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (1, "1 ns"),
        (999, "999 ns"),
        (0.5, "0.5 ns"),
        (999.94, "999.94 ns"),
        (999.96, "1.0 µs"),
        (1000, "1.0 µs"),
        (1049, "1.0 µs"),
        (1051, "1.1 µs"),
        (999_940, "999.9 µs"),
        (999_950, "1.0 ms"),
        (1_234_567, "1.2 ms"),
        (-1_234_567, "-1.2 ms"),
        (-999_950, "-1.0 ms"),
        (59_940_000_000, "59.9 s"),
        (59_960_000_000, "1.0 min"),
        (90 * 10**9, "1.5 min"),
        (3_597_000_000_000, "1.0 h"),
        (86_400 * 10**12, "24,000.0 h"),
        (math.inf, "inf ns"),
        (math.nan, "nan ns"),
    ],
)
def test_duration(ns, text):
    assert duration_ns(ns) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1.0 KiB"),
        (-1536, "-1.5 KiB"),
        (2**20 - 52, "1,023.9 KiB"),
        (2**20 - 51, "1.0 MiB"),
        (3_565_158, "3.4 MiB"),
        (2**50, "1.0 PiB"),
        (2**62, "4,096.0 PiB"),
    ],
)
def test_size(n, text):
    assert size_bytes(n) == text


@pytest.mark.parametrize(
    ("part", "whole", "places", "text"),
    [
        (0, 7, 1, "0.0%"),
        (7, 7, 1, "100.0%"),
        (123, 1000, 1, "12.3%"),
        (1, 10_000, 1, "<0.1%"),
        (-1, 10_000, 1, ">-0.1%"),
        (5, 10_000, 1, "0.1%"),
        (1, 10_000, 2, "0.01%"),
        (1, 200, 0, "<1%"),
        (-1, 4, 0, "-25%"),
        (3, 2, 1, "150.0%"),
        (3, 0, 1, "n/a"),
    ],
)
def test_percent(part, whole, places, text):
    assert percent(part, whole, places) == text


def test_quantity_scales_what_has_a_scale():
    assert quantity(1_234_567, "ns") == "1.2 ms"
    assert quantity(1.5, "ms") == "1.5 ms"
    assert quantity(2048, "bytes") == "2.0 KiB"
    assert quantity(12345, "samples") == "12,345 samples"
    assert quantity(0.25, "cycles") == "0.25 cycles"
    assert quantity(7, "") == "7"


SIZES = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9}


@given(st.integers(-(10**18), 10**18))
def test_what_is_shown_is_within_half_of_the_last_digit(n):
    number, unit = duration_ns(n).split()
    digit = 1 if unit == "ns" else 0.1
    assert abs(float(number.replace(",", "")) * SIZES[unit] - n) <= digit / 2 * SIZES[unit] * 1.0001


@given(st.integers(0, 10**18))
def test_what_is_less_never_reads_as_more(n):
    def shown(ns):
        number, unit = duration_ns(ns).split()
        return float(number.replace(",", "")) * SIZES[unit]

    assert shown(n) <= shown(n + 1 + n // 7)
