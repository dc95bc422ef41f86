"""Where things stand in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["ranks"]


def ranks(keys: Sequence[Any]) -> np.ndarray:
    """The place of each key among all in ascending order: int64[n]. Of equal keys the first stands first."""
    rank = np.empty(len(keys), np.int64)
    rank[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return rank
