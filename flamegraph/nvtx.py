"""Names of NVTX ranges, as frameworks give them."""

from __future__ import annotations

from typing import AnyStr

__all__ = ["without_numbers"]

#: What stands before the numbers.
_MARKS = (", seq = ", ", op_id = ")
_RAW_MARKS = tuple(mark.encode() for mark in _MARKS)


def without_numbers(name: AnyStr) -> AnyStr:
    """The name up to PyTorch's numbers: "aten::mm, seq = 3, op_id = 12, sizes = [[8, 8]]" is "aten::mm"."""
    for mark in _MARKS if isinstance(name, str) else _RAW_MARKS:
        name = name.partition(mark)[0]
    return name
