"""User stacks that the kernel walks later, on its way back to the program (`--call-graph fp,defer`, from Linux 6.19).

The chain of such a sample ends with PERF_CONTEXT_USER_DEFERRED and a cookie. A record that follows has that cookie and
the user's part of all samples with it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np

from .records import Block
from .unwind import CONTEXT

__all__ = ["NEVER_CAME", "Deferred"]

NEVER_CAME = "user stack announced by the kernel that never came, only the kernel's part is shown"

_CALLCHAIN_DEFERRED = 22
_USER_DEFERRED = -640


class Deferred:
    """Takes the blocks of a recording; then the chains of its samples can be completed.

    It holds a cookie for each way back to a program that was sampled on the way, and each distinct stack once.
    """

    def __init__(self, order: str):
        self._order = order
        self._announced, self._user = (struct.pack(order + "q", mark) for mark in (_USER_DEFERRED, CONTEXT[2]))
        self._stack: dict[bytes, bytes] = {}  # by cookie
        self._once: dict[bytes, bytes] = {}

    def take(self, block: Block) -> None:
        """Note the stacks in a block."""
        rows = np.flatnonzero(block.kind == _CALLCHAIN_DEFERRED)
        for at, end in zip((8 * block.at[rows]).tolist(), (8 * block.end[rows]).tolist(), strict=True):
            raw = bytes(block.data[at + 8 : end])
            count = struct.unpack_from(self._order + "Q", raw, 8)[0] if len(raw) >= 16 else len(raw)
            if 16 + 8 * count <= len(raw):
                stack = raw[16 : 16 + 8 * count]
                self._stack[raw[:8]] = self._once.setdefault(stack, stack)

    def completed(self, chains: Iterable[bytes]) -> tuple[list[bytes], list[int]]:
        """(chains with the stacks that were announced, the numbers of those where one never came)."""
        found, lacking = list(chains), []
        for number, chain in enumerate(found):
            if chain[-16:-8] == self._announced:
                stack = self._stack.get(chain[-8:])
                if stack is None:
                    lacking.append(number)
                context = b"" if stack and stack[:8] == self._user else self._user
                found[number] = chain[:-16] + context + (stack or b"")
        return found, lacking
