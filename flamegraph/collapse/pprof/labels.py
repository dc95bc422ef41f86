"""Labels of samples: text or a number with a unit. Some say when a sample was taken, and in which thread."""

from __future__ import annotations

import numpy as np

from ...errors import UsageError
from ...profile import Thread
from ...string_table import StringTable

__all__ = ["Labels"]

#: Labels that tell the time of a sample, in ns: perf_to_profile's and Datadog's.
_TIMES = ("timestamp_ns", "end_timestamp_ns")

#: What profilers call the ids and the name of a thread, in lower case and with blanks for "_".
_PID = ("pid", "process id")
_TID = ("tid", "thread id", "thread native id")
_NAME = ("thread name", "thread comm", "comm")


class Labels:
    """The labels of `samples` samples: columns as in `reader.Tables.labels`."""

    def __init__(self, columns: tuple[np.ndarray, ...], strings: StringTable, samples: int):
        self._key, self._text, self._number, self._unit, self._sample = columns
        self._strings, self._samples = strings, samples

    def keys(self) -> dict[str, list[int]]:
        """The names of all labels, each with the numbers of the strings that it stands in."""
        found = self._strings.places(np.unique(self._key).tolist())
        return {name: index for name, index in found.items() if name}

    def values(self, key: str) -> tuple[np.ndarray, list[str]]:
        """What each sample has for a label: (int64[samples] which of the texts, the texts). The first is for none.

        UsageError where no sample has this label.
        """
        keys = self.keys()
        if key not in keys:
            raise UsageError(f"no sample has a label {key!r}; the labels are: {', '.join(keys) or 'none'}")
        texts: dict[str, int] = {f"[no {key}]": 0}
        found: dict[int, list[str]] = {}
        for sample, text in self._pairs(keys[key]):
            if text:
                found.setdefault(sample, []).append(text)
        which = np.zeros(self._samples, np.int64)
        for sample, several in found.items():
            which[sample] = texts.setdefault(",".join(several), len(texts))
        return which, list(texts)

    def having(self, key: str) -> np.ndarray:
        """Which samples have a label: bool[samples]."""
        found = np.zeros(self._samples, bool)
        found[self._sample[np.isin(self._key, self.keys().get(key, []))]] = True
        return found

    def times(self) -> np.ndarray | None:
        """When each sample was taken, in ns: int64[samples]; None where labels do not tell it of all."""
        keys = self.keys()
        for key in _TIMES:
            rows = np.flatnonzero(np.isin(self._key, keys.get(key, [])))
            time = np.full(self._samples, -1)
            time[self._sample[rows]] = self._number[rows].view(np.int64)
            if len(rows) and (time > 0).all():
                return time
        return None

    def threads(self) -> tuple[list[Thread], np.ndarray | None]:
        """The threads that labels tell of, and which of them each sample is from; None where they do not tell."""
        keys = {key.lower().replace("_", " "): index for key, index in self.keys().items()}
        columns = []
        for names in (_PID, _TID, _NAME):
            column = [""] * self._samples
            for name in names:
                for sample, text in self._pairs(keys.get(name, [])):
                    column[sample] = column[sample] or text
            columns.append(column)
        if not any(map(any, columns)):
            return [], None
        threads: dict[Thread, int] = {}
        which = [
            threads.setdefault(Thread(_id(pid), _id(tid), name), len(threads))
            for pid, tid, name in zip(*columns, strict=True)
        ]
        return list(threads), np.array(which, np.int32)

    def _pairs(self, key: list[int]) -> list[tuple[int, str]]:
        """(sample, value) of each label whose key is one of these strings."""
        rows = np.flatnonzero(np.isin(self._key, key)) if key else np.zeros(0, np.int64)
        text, unit = (self._strings.all(column[rows]) for column in (self._text, self._unit))
        told = zip(text, self._number[rows].view(np.int64).tolist(), unit, strict=True)
        values = [text or f"{number} {unit}".rstrip() for text, number, unit in told]
        return list(zip(self._sample[rows].tolist(), values, strict=True))


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
