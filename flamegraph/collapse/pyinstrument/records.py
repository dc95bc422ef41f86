"""The samples of a session: a list of frames, outermost first, and how long it took to get there."""

from __future__ import annotations

from typing import Any

from ...builder import Builder
from .frames import MARK, Frames, nanoseconds

__all__ = ["read_records"]

NO_RECORD = "entry that is no sample"


def read_records(records: list[Any], build: Builder, frames: Frames) -> None:
    """Add the samples of a session to `build`. Times count from its beginning."""
    known: dict[str, int] = {}
    now = 0
    for record in records:
        try:
            texts, seconds = record
            for text in texts:
                if text not in known:
                    identifier, *marks = text.split(MARK)
                    known[text] = frames.identified(identifier, marks)
            stack = build.stack([known[text] for text in texts])
        except (TypeError, ValueError, AttributeError):  # not a pair, or frames that are no list of texts
            build.skip(NO_RECORD)
            continue
        time = nanoseconds(seconds)
        if time is None or time < 0:
            build.skip(NO_RECORD)
            continue
        build.sample(stack, time, time=now)
        now += time
