"""Python's collector of garbage, paused.

It looks through all objects whenever many new ones were made. While a reader makes a million that all stay, that takes
longer than to make them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is collected in here; what has no references left is freed all the same."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
