"""Call chains: tables of frames by chain and depth, of which the innermost has depth 0.

Where unwinding ended early, the outermost frame says so: "[Broken backtraces]", "[Max depth]". It is kept, as what
stands above it is not called by the process's first function; its kind is `Kind.GAP`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...chains import ranges
from ...distinct import distinct
from ...profile import Kind
from .export import Export
from .pairs import distinct_pairs
from .stacks import StackBuilder

__all__ = ["Chains", "read_chains"]


@dataclass(frozen=True, eq=False)
class Chains:
    """Chains by id: the frames of chain id[i] are frame[start[i] : start[i] + length[i]], outermost first."""

    id: np.ndarray
    start: np.ndarray
    length: np.ndarray
    frame: np.ndarray

    def find(self, id: np.ndarray) -> np.ndarray:
        """The row of each id, -1 where there is no such chain."""
        if not len(self.id):
            return np.full(len(id), -1, np.int64)
        at = np.minimum(np.searchsorted(self.id, id), len(self.id) - 1)
        return np.where(self.id[at] == id, at, -1)

    def of_calls(self, id: np.ndarray, call: np.ndarray, build: StackBuilder) -> np.ndarray:
        """The row of the chain of each call, a frame, by the id that the call has for it; -1 where there is none.

        Chains count from 1. So do calls, with 0 for none; but in old exports they count from 0. The function that was
        called is in its chain, which tells the two apart.
        """
        rows = [np.where(id >= 0, self.find(id + shift), -1) for shift in (0, 1)]
        if not (id == 0).any():
            return rows[0]
        agree = [np.count_nonzero(self._place(row, call, build) >= 0) for row in rows]
        return rows[1] if agree[1] > agree[0] else rows[0]

    def _place(self, row: np.ndarray, call: np.ndarray, build: StackBuilder) -> np.ndarray:
        """How many frames of each chain stand above the first that is called like the frame `call`, -1 for all."""
        frames, count = self.take(row)
        names = build.names()
        numbers = {name: i for i, name in enumerate(dict.fromkeys(names))}
        name = np.array([numbers[name] for name in names], np.int64)
        which = np.repeat(np.arange(len(row)), count)
        hit = np.flatnonzero(name[frames] == name[call[which]])
        calls, first = np.unique(which[hit], return_index=True)
        place = np.full(len(row), -1, np.int64)
        place[calls] = hit[first] - (np.cumsum(count) - count)[calls]
        return place

    def take(self, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(frames, lengths) of the chains in these rows, one after the other; row -1 is an empty one."""
        if not len(self.id):
            return self.frame[:0], np.zeros(len(row), np.int64)
        count = np.where(row >= 0, self.length[row], 0)
        return self.frame[ranges(self.start[row], count)], count

    def above(self, row: np.ndarray, call: np.ndarray, build: StackBuilder) -> tuple[np.ndarray, np.ndarray]:
        """(frames, lengths) of what called: the chains in these rows without the function `call`, a frame, itself.

        A chain goes on below the function that was called, into the driver and Nsight's own library; all that goes.
        """
        frames, count = self.take(row)
        stop = np.cumsum(count)
        kept = self._place(row, call, build)
        # Libraries have other names for their own functions: __GI___libc_open is open, poll@@GLIBC_2.2.5 is poll.
        other = np.flatnonzero((kept < 0) & (count > 0))
        number, pairs = distinct_pairs(frames[stop[other] - 1], call[other])
        names = build.names()
        same = np.array([names[leaf].partition("@")[0].endswith(names[called]) for leaf, called in pairs], bool)
        kept[other] = count[other] - (same[number] if len(pairs) else 0)
        kept = np.maximum(kept, 0)
        return frames[ranges(stop - count, kept)], kept


def read_chains(export: Export, table: str, build: StackBuilder, addresses: bool, wanted: bool = True) -> Chains:
    """The chains of a table, their frames known to `build`; none where they are not `wanted`."""
    if not wanted:
        none = np.zeros(0, np.int64)
        return Chains(none, none, none, none)
    rows = export.read(table, id=-1, symbol=-1, module=-1, unresolved=0, kernelMode=0, stackDepth=0)
    order = np.lexsort((-rows["stackDepth"], rows["id"]))
    id, symbol, module = rows["id"][order], rows["symbol"][order], rows["module"][order]
    flags = (rows["unresolved"][order] != 0) * 2 + (rows["kernelMode"][order] != 0)
    symbols, symbol = np.unique(symbol, return_inverse=True)
    modules, module = np.unique(module, return_inverse=True)
    number, first = distinct((symbol * len(modules) + module) * 4 + flags)
    frame_of = _frames(export.string, build, addresses)
    each = zip(symbols[symbol[first]].tolist(), modules[module[first]].tolist(), flags[first].tolist(), strict=True)
    frames = np.array([frame_of(*one) for one in each], np.int64)
    ids, start, length = np.unique(id, return_index=True, return_counts=True)
    return Chains(ids, start, length, frames[number] if len(number) else number)


def _frames(
    string: Callable[[int], str | None], build: StackBuilder, addresses: bool
) -> Callable[[int, int, int], int]:
    def frame(symbol: int, module: int, flags: int) -> int:
        name, place = string(symbol) or "[unknown]", string(module) or ""
        if name == place and name.startswith("["):
            return build.frame(name, Kind.GAP if name != "[Unknown]" else Kind.USER)
        if flags & 2 and not addresses:
            # The symbol is an address, another one in every run; the module says all that is known.
            name = f"[{place.replace(chr(92), '/').rpartition('/')[2].strip('[]') or 'unknown'}]"
        return build.frame(name, Kind.KERNEL if flags & 1 else Kind.USER, place)

    return frame
