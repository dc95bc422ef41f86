"""Which pairs of numbers there are: much faster than sorting the rows of a table."""

from __future__ import annotations

import numpy as np

from ...distinct import distinct

__all__ = ["distinct_pairs"]


def distinct_pairs(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """(int64[n] the number of each pair (a[i], b[i]), the pairs by number), in order of first appearance."""
    number_a, _ = distinct(a)
    number_b, first_b = distinct(b)
    number, first = distinct(number_a * (len(first_b) or 1) + number_b)
    return number, list(zip(a[first].tolist(), b[first].tolist(), strict=True))
