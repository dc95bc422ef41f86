"""The user's part of a call chain, where the kernel did not walk it: branch records, or copies of the stack.

`complete` is where an unwinder stands: `columns.registers` says where each sample's registers are, the copied stack
follows them, and what comes out is the chain with the user's frames behind those of the kernel. Until there is one, a
copied stack gives its leaf alone.
"""

from __future__ import annotations

import numpy as np

from .header import Header
from .records import Block
from .samples import Columns, Layout

__all__ = ["CONTEXT", "COPIED", "complete"]

COPIED = "copied user stack not unwound, only its leaf is shown (perf unwinds it where it is installed)"

#: PERF_CONTEXT_*: what stands in a chain before the frames of each mode (1 kernel, 2 user, 3 hypervisor, 4 and 5 those
#: of a guest).
CONTEXT = {1: -128, 2: -512, 3: -32, 4: -2176, 5: -2560}

#: Which register is the instruction pointer (arch/*/include/uapi/asm/perf_regs.h), by how the machine is called.
_IP_REGISTER = {"x86_64": 8, "i386": 8, "i486": 8, "i586": 8, "i686": 8, "aarch64": 32, "riscv64": 0, "arm": 15}


def complete(block: Block, columns: Columns, keep: np.ndarray, layout: Layout, header: Header) -> list[bytes]:
    """The whole chains of the samples `keep`, as the words they would be in the file."""
    user = np.array([CONTEXT[2]], np.int64).view(np.uint64).astype(header.order + "u8").tobytes()
    start, end = (column[keep] * 8 for column in columns.chain)
    raw = bytes(block.data)
    chains = [raw[a:b] for a, b in zip(start.tolist(), end.tolist(), strict=True)]
    if layout.lbr:
        start, end = (column[keep] for column in columns.lbr)
        return [_branches(chain, user, block.words[a:b]) for chain, a, b in zip(chains, start, end, strict=True)]
    arch = header.words.get("arch", "x86_64")
    register = _IP_REGISTER.get(arch, _IP_REGISTER["arm"] if arch.startswith("arm") else 8)
    mask = layout.regs_user
    place = columns.registers[keep]
    place = np.where(place < 0, -1, place + (mask & (1 << register) - 1).bit_count())
    if not mask >> register & 1:
        return chains
    header.skip(COPIED, int((place >= 0).sum()))
    return [
        chain if at < 0 else chain + user + raw[8 * at : 8 * at + 8]
        for chain, at in zip(chains, place.tolist(), strict=True)
    ]


def _branches(chain: bytes, user: bytes, branches: np.ndarray) -> bytes:
    """A chain with the user's part as the processor recorded it: where the last call went, then each call's place."""
    words = [chain[at : at + 8] for at in range(0, len(chain), 8)]
    if user not in words or not len(branches):
        return chain
    calls = branches.reshape(-1, 3)
    return b"".join((*words[: words.index(user) + 1], calls[0, 1].tobytes(), calls[:, 0].tobytes()))
