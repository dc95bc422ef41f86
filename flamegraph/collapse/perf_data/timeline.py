"""What holds for a key at a time: changes noted one by one, looked up for all samples at once."""

from __future__ import annotations

import numpy as np

__all__ = ["Changes"]


class Changes:
    """Key → value over time, for keys such as thread ids. Changes are added in time order."""

    def __init__(self) -> None:
        self._keys: list[int] = []
        self._times: list[int] = []
        self._values: list[int] = []

    def add(self, key: int, time: int, value: int) -> None:
        """From `time` on, `key` has `value`."""
        self._keys.append(key)
        self._times.append(time)
        self._values.append(value)

    def at(self, keys: np.ndarray, times: np.ndarray) -> np.ndarray:
        """The value of each key at each time: int64, -1 where it had none by then."""
        if not len(keys) or not self._keys:
            return np.full(len(keys), -1, np.int64)
        changed, when = np.array(self._keys, np.int64), np.array(self._times, np.int64)
        # Times become ranks among the times of changes, so that key and time fit into one sortable number.
        ranks = np.unique(when)
        width = len(ranks) + 1
        change = changed * width + np.searchsorted(ranks, when) + 1
        order = np.argsort(change, kind="stable")  # of several at one time the last one holds
        change = change[order]
        asked = keys.astype(np.int64) * width + np.searchsorted(ranks, times, "right")
        found = np.searchsorted(change, asked, "right") - 1
        known = (found >= 0) & (changed[order][found] == keys)
        return np.where(known, np.array(self._values, np.int64)[order][found], -1)
