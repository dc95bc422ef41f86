"""Names of NVTX ranges, as programs and frameworks give them."""

from __future__ import annotations

import re

__all__ = ["without_sequence"]

#: PyTorch numbers its operators, so that no name occurs twice: "aten::mm, op_id = 12, input_op_ids = [(11,0)]".
_SEQUENCE = re.compile(r", (?:seq|op_id) = -?\d+|, input_op_ids = \[.*\]$")


def without_sequence(name: str) -> str:
    """A range's name without PyTorch's sequence numbers, so that an operator is one frame."""
    return _SEQUENCE.sub("", name) if "op_id" in name or ", seq = " in name else name
