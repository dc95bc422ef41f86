"""Columns for a page: typed, deflated, in base64.

    base64(deflate(length of the header: 4 bytes, little-endian; header: JSON; the columns, one after the other))

The header has the columns' names, types and lengths as `columns`: [["depth", "u2", 1000], …]. A type is a letter (u:
unsigned, f: float) and how many bytes a value has. Of each column all lowest bytes come first, then all next ones, and
so on: those of a kind deflate to half of what they would in a row.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

__all__ = ["pack"]

#: Of deflate's nine levels, the one beyond which a page gets hardly smaller but takes much longer to make.
_LEVEL = 5


def pack(header: Mapping[str, Any], columns: Mapping[str, np.ndarray]) -> str:
    """The header and the columns as text. Whole numbers are stored as narrow as they are, others as float64.

    Whole numbers from 2^32 on, and negative ones, are stored as float64 as well: scripts know no other numbers.
    """
    stored = {name: _narrowest(np.asarray(values)) for name, values in columns.items()}
    listed = [[name, f"{values.dtype.kind}{values.dtype.itemsize}", len(values)] for name, values in stored.items()]
    told = orjson.dumps({**header, "columns": listed})
    deflate = zlib.compressobj(_LEVEL)
    parts = [deflate.compress(struct.pack("<I", len(told)) + told)]
    for values in stored.values():
        planes = np.ascontiguousarray(values.view(np.uint8).reshape(len(values), values.itemsize).T)
        parts.append(deflate.compress(planes.tobytes()))
    parts.append(deflate.flush())
    return base64.b64encode(b"".join(parts)).decode("ascii")


def _narrowest(values: np.ndarray) -> np.ndarray:
    """The values, little-endian and contiguous, in the smallest type that a script can read and that holds them."""
    if values.dtype.kind == "f" or not len(values):
        return np.ascontiguousarray(values, "<f8")
    low, high = int(values.min()), int(values.max())
    for kind in ("<u1", "<u2", "<u4"):
        if low >= 0 and high <= np.iinfo(kind).max:
            return np.ascontiguousarray(values, kind)
    return np.ascontiguousarray(values, "<f8")
