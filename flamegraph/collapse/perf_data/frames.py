"""From addresses to frames: which mapping holds an address, what is there, and what that is called in a picture.

Each distinct place in a file is looked up once, whatever the number of processes that ran it, and each distinct
function is named once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...chains import ranges
from ...distinct import distinct
from ...text import encode
from ..perf_script.frames import Frame, Spelling, parse_frame
from .inline import Call
from .processes import Mapping, Processes, Space
from .symbols import Resolver, compiled_code
from .unwind import CONTEXT

__all__ = ["FrameTable", "Places"]

_KERNEL, _USER = CONTEXT[1], CONTEXT[2]
#: Memories that are no process's, beside -1 for a process of which nothing is known.
_IN_KERNEL, _NOWHERE = -2, -3
#: From here on a word of a chain is no address but a context (PERF_CONTEXT_MAX).
_CONTEXTS = np.uint64((1 << 64) - 4095)


class FrameTable:
    """Frames by number, made from what is at an address.

    jit_inlined   whether a JIT's names told of inlined functions ("a->b")
    """

    def __init__(self, spelling: Spelling):
        self.rows: dict[Frame, int] = {}
        self.jit_inlined = False
        self._spelling = spelling
        self._known: dict[tuple[str | None, str, int, tuple[Call, ...]], list[int]] = {}

    def number(self, frame: Frame) -> int:
        """The number of a frame, the same for the same frame."""
        return self.rows.setdefault(frame, len(self.rows))

    def at(self, symbol: str | None, dso: str, address: int, calls: tuple[Call, ...] = ()) -> list[int]:
        """The frames of an address, outermost first: perf's line for it, read as perf script's is.

        calls   the function itself, of which the place counts, and those inlined into it
        """
        key = (symbol, dso, address if symbol is None and self._spelling.addrs else 0, calls)
        known = self._known.get(key)
        if known is None:
            line = b"\t%x %b (%b)" % (address, encode(symbol or "[unknown]"), encode(dso))
            place = (calls[0].file, calls[0].line, False) if calls else None
            frames = parse_frame(line, place, self._spelling)
            self.jit_inlined |= len(frames) > 1
            for call in calls[1:]:
                line = b"\t%x %b (inlined)" % (address, encode(call.name or "[unknown]"))
                place = (call.file, call.line, True)
                frames += [frame._replace(module=dso) for frame in parse_frame(line, place, self._spelling)]
            known = self._known[key] = [self.number(frame) for frame in frames]
        return known


class Places:
    """Looks up the addresses of chains in the memory of their processes."""

    def __init__(self, processes: Processes, resolver: Resolver, table: FrameTable):
        self._processes, self._resolver, self._table = processes, resolver, table
        self._inline = resolver.inline != "no"

    def frames_of(self, chains: ChainWords, chain: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(frames, lengths) of chains in memories, one stack after the other, outermost frame first."""
        start, length = chains.start[chain], chains.length[chain]
        word = np.repeat(2 * start + length - 1, length) - ranges(start, length)  # from the last, the outermost
        row = np.repeat(np.arange(len(chain)), length)
        mode = chains.mode[word]
        keep = mode != 0  # contexts are no frames
        word, row, mode = word[keep], row[keep], mode[keep]
        # The kernel is the same for all; what is neither the kernel's nor the user's can't be known.
        space = np.where(mode == _USER, state[row], np.where(mode == _KERNEL, _IN_KERNEL, _NOWHERE))
        number, first = distinct(chains.words[word])
        caller = chains.callers[word] if self._inline else np.zeros(len(word), bool)
        place, at = distinct(2 * ((space - _NOWHERE) * (len(first) + 1) + number) + caller)
        pieces, begin, count = self._look_up(space[at], chains.words[word[at]], caller[at])
        lengths = np.zeros(len(chain), np.int64)
        np.add.at(lengths, row, count[place])
        return pieces[ranges(begin[place], count[place])], lengths

    def _look_up(
        self, space: np.ndarray, address: np.ndarray, caller: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(frame numbers, where those of each address begin, how many they are)."""
        found: list[list[int]] = [self._table.at(None, "[unknown]", 0)] * len(space)
        files = _Files(len(space))
        for rows in _grouped(space):
            here = int(space[rows[0]])
            if here == _IN_KERNEL:
                self._in_kernel(rows, address[rows], found)
            elif here < 0 or not self._processes.states[here].mappings:
                self._nowhere(rows.tolist(), address, found)
            else:
                self._nowhere(files.add(self._processes.states[here], rows, address[rows]), address, found)
        file, offset = files.file, address + files.shift
        known = np.flatnonzero(file >= 0)
        spot, first = distinct(2 * (distinct(offset[known])[0] * len(files.found) + file[known]) + caller[known])
        once = known[first]
        for rows in _grouped(file[once]):
            mine = once[rows]
            self._in_file(files.found[file[mine[0]]], mine, offset[mine], caller[mine], found)
        for row, same in zip(known.tolist(), once[spot].tolist(), strict=True):
            found[row] = found[same]
        count = np.array([len(frames) for frames in found], np.int64)
        return np.array([f for frames in found for f in frames], np.int64), np.cumsum(count) - count, count

    def _in_kernel(self, rows: np.ndarray, address: np.ndarray, found: list[list[int]]) -> None:
        names, dsos = self._resolver.kernel(self._processes.kernel, address)
        mapped = _in_kernel(self._processes.kernel, address).tolist()
        for row, name, dso, ip, known in zip(rows.tolist(), names, dsos, address.tolist(), mapped, strict=True):
            found[row] = self._table.at(name, dso if known or name else "[unknown]", ip)

    def _nowhere(self, rows: list[int], address: np.ndarray, found: list[list[int]]) -> None:
        for row, ip in zip(rows, address[rows].tolist(), strict=True):
            found[row] = self._table.at(None, "[unknown]", ip)

    def _in_file(
        self, part: _Part, rows: np.ndarray, offset: np.ndarray, caller: np.ndarray, found: list[list[int]]
    ) -> None:
        mapping = part.mapping
        ips = offset + np.uint64((mapping.start - mapping.offset) % (1 << 64))
        once, back = np.unique(ips, return_inverse=True)  # one may be a caller and a leaf
        names = self._resolver.user(mapping.pid, mapping, once, part.memory, list(part.alike.values()))
        names = [names[at] for at in back.tolist()]
        calls = self._resolver.inlined(mapping, ips, caller) if self._inline else [()] * len(ips)
        shown_at = ips if mapping.anonymous else offset
        for row, name, ip, inlined in zip(rows.tolist(), names, shown_at.tolist(), calls, strict=True):
            found[row] = self._table.at(name, shown(mapping), ip, inlined)


class _Part(NamedTuple):
    """A file, or memory of one process, in which addresses are looked up.

    mapping   one of its mappings
    memory    all that is mapped beside it
    alike     the first mapping of each process, by its number
    """

    mapping: Mapping
    memory: list[Mapping]
    alike: dict[int, Mapping]


class _Files:
    """Which file each of `size` addresses is in, -1 for none, and what is added to get the place in that file.

    Processes share files: what is at a place in one is looked up once for all of them.
    """

    def __init__(self, size: int):
        self.found: list[_Part] = []
        self.file, self.shift = np.full(size, -1, np.int64), np.zeros(size, np.uint64)
        self._numbers: dict[object, int] = {}

    def add(self, space: Space, rows: np.ndarray, address: np.ndarray) -> list[int]:
        """Take in the addresses of a process, which are at `rows`. Those that nothing is mapped at are given back."""
        known: dict[int, tuple[int, int]] = {-1: (-1, 0)}
        which = space.find(address).tolist()
        for number in set(which) - known.keys():
            known[number] = self._number(space.mappings[number], space.mappings)
        both = [known[number] for number in which]
        self.file[rows] = [file for file, _ in both]
        self.shift[rows] = np.array([shift for _, shift in both], np.uint64)
        return [row for row, (file, _) in zip(rows.tolist(), both, strict=True) if file < 0]

    def _number(self, mapping: Mapping, memory: list[Mapping]) -> tuple[int, int]:
        """(number of the file, shift) of a mapping. What was compiled at run time belongs to its process alone."""
        key = (mapping.pid, mapping.start) if compiled_code(mapping) else (mapping.path, mapping.build_id)
        number = self._numbers.setdefault(key, len(self.found))
        if number == len(self.found):
            self.found.append(_Part(mapping, memory, {}))
        self.found[number].alike.setdefault(mapping.pid, mapping)
        return number, (mapping.offset - mapping.start) % (1 << 64)


def _grouped(keys: np.ndarray) -> list[np.ndarray]:
    """The rows with the same key, for each key."""
    if not len(keys):
        return []
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)


def _in_kernel(mappings: list[Mapping], address: np.ndarray) -> np.ndarray:
    """bool: whether the recording says that the kernel, a module or a program of its BPF machine is there."""
    if not mappings:
        return np.zeros(len(address), bool)
    if any(mapping.start == mapping.end == 0 for mapping in mappings):
        return np.ones(len(address), bool)  # some old recordings say no more of the kernel
    order = sorted(mappings, key=lambda mapping: mapping.start)
    starts = np.array([mapping.start for mapping in order], np.uint64)
    ends = np.maximum.accumulate(np.array([mapping.end for mapping in order], np.uint64))
    at = np.searchsorted(starts, address, "right") - 1
    return (at >= 0) & (address < ends[at])


def shown(mapping: Mapping) -> str:
    """What perf calls what is mapped: for code without a file, the map of symbols that its process may have left."""
    return f"/tmp/perf-{mapping.pid}.map" if mapping.anonymous else mapping.path


class ChainWords:
    """All distinct chains as one array.

    words   uint64, leaf first; start, length: where each chain is
    mode    int64, the context (CONTEXT) that each word is in; 0 for words that are contexts themselves
    callers bool, whether a word of the user's part is where a call returns to, not where the processor was
    """

    def __init__(self, contents: list[bytes], order: str):
        self.words = np.frombuffer(b"".join(contents), order + "u8").astype(np.uint64)
        self.length = np.array([len(content) >> 3 for content in contents], np.int64)
        self.start = np.cumsum(self.length) - self.length
        self.mode = np.full(len(self.words), _USER, np.int64)
        context = self.words >= _CONTEXTS
        at = np.flatnonzero(context)
        if len(at):
            # Each context holds up to the next one, or to the end of its chain.
            chain = np.searchsorted(self.start, at, "right") - 1
            stop = np.minimum(np.append(at[1:], len(self.words)), self.start[chain] + self.length[chain])
            value = self.words[at].view(np.int64)
            self.mode[ranges(at, stop - at)] = np.repeat(value, stop - at)
            self.mode[at] = 0
            # As perf: where a word can be neither an address nor a context, nothing in the chain is believed.
            damaged = np.unique(chain[~np.isin(value, list(CONTEXT.values()))])
            self.mode[ranges(self.start[damaged], self.length[damaged])] = 0
        self.callers = self.mode == _USER
        self.callers[1:] &= self.mode[:-1] != 0
        self.callers[self.start[self.length > 0]] = False
