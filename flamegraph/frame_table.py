"""Frames as a reader meets them, each numbered once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .profile import Frames, Kind

__all__ = ["FrameTable"]

_LAST_LINE = 2**31 - 1


class FrameTable:
    """Numbers frames in the order in which they come; what builds stacks of them builds on this."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, int, str, str, int], int] = {}

    def frame(self, name: str, kind: int = Kind.USER, module: str = "", file: str = "", line: int = 0) -> int:
        """The number of a frame, the same for the same arguments. A line that no file can have is an unknown one."""
        line = line if 0 <= line <= _LAST_LINE else 0
        return self._frames.setdefault((name, int(kind), module, file, line), len(self._frames))

    def take(self, frames: Frames) -> np.ndarray:
        """The numbers of the rows of another table: int64[frames]."""
        known = self._frames
        rows = zip(frames.name, frames.kind.tolist(), frames.module, frames.file, frames.line.tolist(), strict=True)
        return np.array([known.setdefault(row, len(known)) for row in rows], np.int64)

    def frames(self, which: Iterable[int] | None = None) -> Frames:
        """All frames by number, or some of them as they are asked for."""
        rows = list(self._frames)
        if which is not None:
            rows = [rows[i] for i in which]
        name, kind, module, file, line = tuple(zip(*rows, strict=True)) or ((), (), (), (), ())
        return Frames(list(name), np.array(kind, np.uint8), list(module), list(file), np.array(line, np.int32))
