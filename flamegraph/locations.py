"""Places in programs, as profiles of pprof's family tell them, and the frames that stand for them.

A location is an address in a mapped file, with the lines of source that it came from: one per function, the innermost
first, since a compiler may have put several into one place. Stacks are lists of locations; here they become frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import ParseError
from .frame_table import FrameTable
from .profile import Kind, Stacks
from .source import Source
from .trie import graft, levels

__all__ = ["Lines", "Locations", "Places", "expand", "is_kernel", "most_frames", "nameless"]

_KERNEL = ("[kernel", "[guest.kernel", "vmlinux")
_MODULE = (".ko", ".ko.gz", ".ko.xz", ".ko.zst", ".ko.debug")


def is_kernel(module: str) -> bool:
    """Whether a mapped file is the Linux kernel or a module of it."""
    name = module.rpartition("/")[2]
    return name.startswith(_KERNEL) or name.endswith(_MODULE) or module == "/proc/kcore"


def nameless(address: int, module: str) -> str:
    """What stands for a function without a name, as pprof prints it: "00000000004a10c0 [libfoo.so]"."""
    where = f"[{module.rpartition('/')[2]}]" if module else "<unknown>"
    return f"{address:016x} {where}" if address else where


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines of all locations, one location after the other and the innermost first.

    count     int64[locations] how many each has
    function  int64[k] a row of `Locations.functions`, -1 where that is not known
    line      int64[k], 0 where unknown
    """

    count: np.ndarray
    function: np.ndarray
    line: np.ndarray


@dataclass(frozen=True, eq=False)
class Locations:
    """Locations, a row each, and what they refer to.

    functions  (name, file) of each function; a name may be ""
    module     the mapped file of each location, "" where unknown
    address    uint64[n], 0 where unknown
    kind       the `Kind` of each, as far as it is known without its lines
    """

    functions: list[tuple[str, str]]
    module: list[str]
    address: np.ndarray
    kind: list[int]
    lines: Lines


@dataclass(frozen=True, eq=False)
class Places:
    """The frames of locations: of location i, `count[i]` of `frame` from `first[i]` on, innermost first."""

    first: np.ndarray
    count: np.ndarray
    frame: np.ndarray

    @classmethod
    def of(cls, locations: Locations, used: np.ndarray, table: FrameTable) -> Places:
        """Those of the locations in `used`, bool[n]; the others have none."""
        lines = locations.lines
        begin = (np.cumsum(lines.count) - lines.count).tolist()
        how_many, function, line = lines.count.tolist(), lines.function.tolist(), lines.line.tolist()
        address, first, count = locations.address.tolist(), [0] * len(used), [0] * len(used)
        frames: list[int] = []
        for i in np.flatnonzero(used).tolist():
            module, kind = locations.module[i], locations.kind[i]
            first[i], count[i] = len(frames), max(how_many[i], 1)
            if not how_many[i]:
                frames.append(table.frame(nameless(address[i], module), kind, module))
            for at in range(begin[i], begin[i] + how_many[i]):
                name, file = locations.functions[function[at]] if function[at] >= 0 else ("", "")
                sort = kind if at == begin[i] + how_many[i] - 1 else Kind.INLINED
                frames.append(table.frame(name or nameless(address[i], module), sort, module, file, line[at]))
        return cls(np.array(first, np.int64), np.array(count, np.int64), np.array(frames, np.int32))

    @classmethod
    def joined(cls, several: Sequence[Places]) -> Places:
        """All locations, numbered on from one to the next."""
        before = np.cumsum([0, *(len(places.frame) for places in several)])
        first = [places.first + offset for places, offset in zip(several, before, strict=False)]
        return cls(
            np.concatenate([np.zeros(0, np.int64), *first]),
            np.concatenate([np.zeros(0, np.int64), *(places.count for places in several)]),
            np.concatenate([np.zeros(0, np.int32), *(places.frame for places in several)]),
        )

    @classmethod
    def single(cls, frames: list[int]) -> Places:
        """Locations that are a frame each."""
        return cls(np.arange(len(frames)), np.ones(len(frames), np.int64), np.array(frames, np.int32))


def most_frames(source: Source) -> int:
    """How many frames the stacks of an input may have: a small file can claim more than any memory holds."""
    return 5_000_000 + 20 * len(source.data)


def expand(stacks: Stacks, places: Places, source: Source) -> tuple[Stacks, np.ndarray]:
    """The trie over locations as one over frames: (trie, node map). Each node becomes as many as it has frames.

    ParseError where these are more than an input of this size can mean.
    """
    count, first = places.count[stacks.frame[1:]], places.first[stacks.frame[1:]]
    if not len(count):
        return stacks, np.zeros(1, np.int32)
    if (count == 1).all():
        # Locations on no stack have no frame.
        return graft(stacks, places.frame[np.minimum(places.first, len(places.frame) - 1)])
    last = np.concatenate(([0], np.cumsum(count)))  # the node of each node's innermost frame
    if last[-1] > most_frames(source):
        raise ParseError(source.name, f"stacks of at most {most_frames(source):,} frames", f"{last[-1]:,}")
    begin = last[1:] - count + 1
    parent = np.arange(-1, last[-1], dtype=np.int32)
    parent[0] = 0
    parent[begin] = last[stacks.parent[1:]]
    # Each line of each location is a frame of its own at first. They lie innermost first, the trie outermost first.
    line = np.full(len(parent), -1, np.int32)
    line[1:] = np.repeat(first + count - 1 + begin, count) - np.arange(1, len(parent))
    to, by_level = _level_by_level(stacks, count, last)
    expanded, went = graft(Stacks(to[parent[by_level]], line[by_level]), places.frame)
    return expanded, went[to[last]]


def _level_by_level(stacks: Stacks, count: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(new number of each expanded node, old numbers in the new order): numbered by depth, a trie is walked faster."""
    deepest = np.zeros(len(stacks), np.int32)  # of the frames that a node becomes
    for nodes in list(levels(stacks))[1:]:
        deepest[nodes] = deepest[stacks.parent[nodes]] + count[nodes - 1]
    depth = np.arange(last[-1] + 1) - np.repeat(last - deepest, np.concatenate(([1], count)))
    by_level = np.argsort(depth.astype(np.uint16) if depth.max() < 1 << 16 else depth, kind="stable")
    to = np.empty(len(by_level), np.int32)
    to[by_level] = np.arange(len(by_level))
    return to, by_level
