"""Names of NVTX ranges, as frameworks give them."""

from __future__ import annotations

__all__ = ["without_numbers"]


def without_numbers(name: str) -> str:
    """The name up to PyTorch's numbers: "aten::mm, seq = 3, op_id = 12, sizes = [[8, 8]]" is "aten::mm"."""
    return name.partition(", seq = ")[0].partition(", op_id = ")[0]
