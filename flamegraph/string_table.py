"""Strings that are told once and then by their number, as profiles of pprof's family do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["StringTable"]


class StringTable:
    """The strings of a file. One that is asked for and not there is "" and is noted in `skipped`."""

    def __init__(self, strings: Sequence[str], skipped: Counter[str]):
        self._strings, self._skipped = strings or [""], skipped

    def at(self, index: int) -> str:
        """The string of this number."""
        return self.all([index])[0]

    def all(self, index: Iterable[int] | np.ndarray) -> list[str]:
        """The strings of these numbers."""
        numbers = index.tolist() if isinstance(index, np.ndarray) else list(index)
        strings, size = self._strings, len(self._strings)
        found = [strings[i] if 0 <= i < size else None for i in numbers]
        if missing := found.count(None):
            self._skipped["name that is not in the file"] += missing
        return [text or "" for text in found]

    def places(self, texts: Iterable[int]) -> dict[str, list[int]]:
        """Which of these numbers stand for each text: the same may be in the table twice."""
        found: dict[str, list[int]] = {}
        for i, text in zip(texts, self.all(texts), strict=True):
            found.setdefault(text, []).append(i)
        return found
