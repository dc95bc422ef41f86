"""Sums that are exact, and whether they fit into the 64 bits that a profile has for them."""

from __future__ import annotations

import numpy as np

__all__ = ["LARGEST", "exact_sum", "too_large"]

#: The largest sum of a metric: samples are int64, and so is what they add up to.
LARGEST = 2**63 - 1


def exact_sum(values: np.ndarray) -> int | float:
    """The sum of int64[n], exact however large it is; the sum of float64[n] as NumPy has it."""
    if values.dtype.kind == "f":
        return float(values.sum())
    # Both halves of the numbers add up to less than 2^63, as there are less than 2^31 of them.
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFF_FFFF).sum())


def too_large(values: np.ndarray) -> tuple[int, int | float] | None:
    """The first column of int64 or float64 [n, m] whose sum is too large, and that sum; None where all fit.

    Negative numbers are added up on their own, so that no part of a column adds up to too much either.
    """
    for k, column in enumerate(values.T):
        for part in (np.maximum(column, 0), np.minimum(column, 0)):
            found = exact_sum(part)
            if not -LARGEST <= found <= LARGEST:  # nor does what is no number
                return k, found
    return None
