"""From addresses to frames: which mapping holds an address, what is there, and what that is called in a picture.

Each distinct address of a process is looked up once, and each distinct function is named once.
"""

from __future__ import annotations

import numpy as np

from ...chains import ranges
from ...distinct import distinct
from ...text import encode
from ..perf_script.frames import Frame, Spelling, parse_frame
from .inline import Call
from .processes import Mapping, Processes
from .symbols import Resolver
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
        order = np.argsort(space, kind="stable")
        cuts = np.flatnonzero(np.diff(space[order])) + 1
        for rows in np.split(order, cuts):
            if len(rows):
                self._look_up_in(int(space[rows[0]]), rows, address[rows], caller[rows], found)
        count = np.array([len(frames) for frames in found], np.int64)
        return np.array([f for frames in found for f in frames], np.int64), np.cumsum(count) - count, count

    def _look_up_in(
        self, space: int, rows: np.ndarray, address: np.ndarray, caller: np.ndarray, found: list[list[int]]
    ) -> None:
        if space == _IN_KERNEL:
            names, dsos = self._resolver.kernel(self._processes.kernel, address)
            mapped = _in_kernel(self._processes.kernel, address).tolist()
            for row, name, dso, ip, known in zip(rows.tolist(), names, dsos, address.tolist(), mapped, strict=True):
                found[row] = self._table.at(name, dso if known or name else "[unknown]", ip)
            return
        which = np.full(len(rows), -1, np.int64)
        if space >= 0:
            which = self._processes.states[space].find(address)
        for number in np.unique(which).tolist():
            mine = np.flatnonzero(which == number)
            ips = address[mine]
            if number < 0:
                for row, ip in zip(rows[mine].tolist(), ips.tolist(), strict=True):
                    found[row] = self._table.at(None, "[unknown]", ip)
                continue
            memory = self._processes.states[space].mappings
            mapping = memory[number]
            once, back = np.unique(ips, return_inverse=True)  # one may be a caller and a leaf
            names = self._resolver.user(mapping.pid, mapping, once, memory)
            names = [names[at] for at in back.tolist()]
            calls = self._resolver.inlined(mapping, ips, caller[mine]) if self._inline else [()] * len(ips)
            shift = 0 if mapping.anonymous else mapping.offset - mapping.start
            for row, name, ip, inlined in zip(rows[mine].tolist(), names, ips.tolist(), calls, strict=True):
                found[row] = self._table.at(name, shown(mapping), ip + shift, inlined)


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
