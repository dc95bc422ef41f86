"""Rows of different lengths in two arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .chains import ranges

__all__ = ["Ragged", "side_by_side"]


class Ragged(NamedTuple):
    """Several numbers for each of many rows: all of them one after the other, and how many each row has."""

    values: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Ragged:
        """These rows, int64."""
        lengths = np.array([len(row) for row in rows], np.int64)
        return cls(np.array([value for row in rows for value in row], np.int64), lengths)

    @classmethod
    def below_each_other(cls, several: Iterable[Ragged]) -> Ragged:
        """The rows of all, int64."""
        values, lengths = zip((np.zeros(0, np.int64),) * 2, *several, strict=True)
        return cls(np.concatenate(values), np.concatenate(lengths))


def side_by_side(parts: Sequence[tuple[Ragged, np.ndarray]]) -> Ragged:
    """Rows made of rows of several tables: of each part the table, and which of its rows to take for each."""
    lengths = sum(table.lengths[rows] for table, rows in parts)
    out = np.zeros(int(lengths.sum()), np.int64)
    at = np.cumsum(lengths) - lengths
    for table, rows in parts:
        length = table.lengths[rows]
        start = (np.cumsum(table.lengths) - table.lengths)[rows]
        out[ranges(at, length)] = table.values[ranges(start, length)]
        at = at + length
    return Ragged(out, lengths)
