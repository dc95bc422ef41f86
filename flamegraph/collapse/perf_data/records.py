"""Walking the records: file or pipe, compressed or not, as blocks of places that NumPy can take apart.

A block is a buffer and the places of the kernel's records in it. perf's own records (types from 64 on) are consumed
here: attributes and names of a pipe, compressed data, and the payloads that stand outside a record's size.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...text import decode
from .events import attr_from
from .header import Header, build_id_event, take_feature
from .inflate import Inflate
from .tracing import tracepoints

__all__ = ["Block", "blocks"]

#: Bytes looked at at a time: enough for NumPy to pay off, few enough to bound what a block takes in memory. Behind what
#: ends a block early there may soon be more of it, so that from there on they begin small and double.
_WINDOW, _SMALL = 16 << 20, 32 << 10

#: Sizes are multiples of 8, but for a few records that old versions of perf wrote. More than this many are damage.
_UNALIGNED = 1000

_ATTR, _TRACING_DATA, _BUILD_ID, _ROUND, _AUXTRACE, _UPDATE, _FEATURE = 64, 66, 67, 68, 71, 78, 80
_COMPRESSED, _COMPRESSED2 = 81, 83
_LAST_KERNEL, _LAST = 63, 0xFFFF  # simpleperf has types from 32768 on; beyond 16 bits is no type but damage
_UPDATE_NAME = 2
_DAMAGE_INSIDE = "damaged or cut record in compressed data: what follows it was not read"
#: What can't be passed over by its size alone.
_STRUCTURAL = frozenset((_TRACING_DATA, _AUXTRACE, _COMPRESSED, _COMPRESSED2))


@dataclass(frozen=True, eq=False)
class Block:
    """Kernel records that stand in one buffer.

    data   the bytes
    words  the same as uint64, in the file's byte order; `halves` as uint32
    at     int64, where each record begins, in words; `end` where it ends
    kind, misc  its type and its misc word
    mark   how many of them stand before the last of perf's marks "what is older than the last mark but one has been
           written"; -1: there is no mark
    """

    data: memoryview
    words: np.ndarray
    halves: np.ndarray
    at: np.ndarray
    end: np.ndarray
    kind: np.ndarray
    misc: np.ndarray
    mark: int


def blocks(header: Header, data) -> Iterator[Block]:
    """All kernel records of a recording, in the order of the file. Damage ends the walk and is counted."""
    view, order, stop = memoryview(data), header.order, header.stop
    inflate = Inflate(order)
    at, unaligned, window = header.start, 0, _SMALL
    while at + 8 <= stop:
        window = min(2 * window, _WINDOW)
        block, used, sound = _take(header, view[at : min(at + window, stop)])
        if len(block.at):
            yield from _inflated(header, inflate)
            yield block
        elif block.mark >= 0:
            inflate.mark = len(inflate.buffer)
        at += used
        if not sound:
            break
        if at + 8 > stop:
            continue
        kind, misc, size = struct.unpack_from(order + "IHH", view, at)
        if size < 8 or kind > _LAST or at + size > stop:
            break
        if not size & 7 and kind not in _STRUCTURAL:
            if not used:
                break
            continue  # the window ends within this record: the next one begins with it
        window = _SMALL
        if kind in (_COMPRESSED, _COMPRESSED2):
            for full in inflate.feed(view[at + 8 : at + size], sized=kind == _COMPRESSED2):
                if full:
                    yield from _inflated(header, inflate)
                if inflate.damage:
                    break
            if inflate.damage:
                break
        elif kind in _STRUCTURAL and size < (16 if kind == _AUXTRACE else 12):
            break
        elif kind == _AUXTRACE:
            at += struct.unpack_from(order + "Q", view, at + 8)[0]
        elif kind == _TRACING_DATA:
            (length,) = struct.unpack_from(order + "I", view, at + 8)
            header.tracepoints.update(tracepoints(bytes(view[at + size : at + size + length])))
            at += (length + 7) & ~7
        elif size & 7:
            unaligned += 1
            if unaligned > _UNALIGNED:
                break
            if kind <= _LAST_KERNEL:
                header.skip("record of a size that the kernel does not write")
            _own_record(header, bytes(view[at : at + size]), kind, misc)
        at += size
    yield from _inflated(header, inflate)
    if inflate.damage:
        header.skip(inflate.damage)
    elif at < stop:
        header.skip("damaged or cut record: what follows it was not read")
    elif inflate.buffer:
        header.skip(_DAMAGE_INSIDE)


def _inflated(header: Header, inflate: Inflate) -> Iterator[Block]:
    """The whole records among what has been decompressed so far; the beginning of one more stays for the next time."""
    at, data = 0, inflate.take()
    while at + 8 <= len(data):
        block, used, sound = _take(header, data[at : at + _WINDOW])
        if len(block.at):
            marked = at < inflate.mark <= at + used
            yield replace(block, mark=int((8 * block.end <= inflate.mark - at).sum()) if marked else -1)
        inflate.found(len(block.at))
        at += used
        if not sound or not (used or _begins(data[at:], header.order)):
            inflate.damage = inflate.damage or _DAMAGE_INSIDE
            return
        if not used:
            break
    inflate.mark = inflate.mark - at if inflate.mark > at else -1
    inflate.give_back(data[at:])


def _begins(data: memoryview, order: str) -> bool:
    """Whether a record begins here of which the rest may follow."""
    kind, _misc, size = struct.unpack_from(order + "IHH", data)
    return size > len(data) and not size & 7 and kind not in _STRUCTURAL


def _take(header: Header, window: memoryview) -> tuple[Block, int, bool]:
    """(block, bytes used, whether they were sound): records up to one that is not whole or needs a closer look."""
    window = window[: len(window) & ~7]
    places = _scan_little(window) if header.order == "<" else _scan_big(window)
    used = places.pop() * 8
    whole = window[:used]
    words = np.frombuffer(whole, header.order + "u8")
    halves = np.frombuffer(whole, header.order + "u4")
    quarters = np.frombuffer(whole, header.order + "u2")
    at = np.array(places, np.int64)
    kind = halves[2 * at]
    bad = np.flatnonzero(kind > _LAST)
    if len(bad):
        at, kind, used = at[: bad[0]], kind[: bad[0]], int(at[bad[0]]) * 8
    misc = quarters[4 * at + 2]
    end = at + (quarters[4 * at + 3] >> 3)
    mark = -1
    own = kind > _LAST_KERNEL
    if own.any():
        for row in np.flatnonzero(own & (kind != _ROUND)).tolist():
            _own_record(header, bytes(whole[int(at[row]) * 8 : int(end[row]) * 8]), int(kind[row]), int(misc[row]))
        marks = np.flatnonzero(kind == _ROUND)
        mark = int((~own[: marks[-1]]).sum()) if len(marks) else -1
        at, end, kind, misc = at[~own], end[~own], kind[~own], misc[~own]
    return Block(whole, words, halves, at, end, kind, misc, mark), used, not len(bad)


def _scan_little(window: memoryview) -> list[int]:
    """Where records begin, in words of 8 bytes, and last where the first one begins that was not taken."""
    quarters = window.cast("H") if _NATIVE == "<" else np.frombuffer(window, "<u2").astype("=u2").data
    return _scan(quarters, 0)


def _scan_big(window: memoryview) -> list[int]:
    quarters = window.cast("H") if _NATIVE == ">" else np.frombuffer(window, ">u2").astype("=u2").data
    return _scan(quarters, 1)


_NATIVE = "<" if np.little_endian else ">"


def _scan(quarters: memoryview, low: int) -> list[int]:
    # The one loop over all records: every operation in it counts. `low` is where a type has its low 16 bits.
    places: list[int] = []
    append = places.append
    at, end = 0, len(quarters)
    while at < end:
        size = quarters[at + 3]
        if size & 7 or not size or (quarters[at + low] > _LAST_KERNEL and quarters[at + low] in _STRUCTURAL):
            break
        after = at + (size >> 1)
        if after > end:
            break
        append(at >> 2)
        at = after
    append(at >> 2)
    return places


def _own_record(header: Header, raw: bytes, kind: int, misc: int) -> None:
    """Take in one of perf's own records: what a file has in its header, a pipe has in these."""
    order, body = header.order, raw[8:]
    if kind == _ATTR and header.pipe and len(body) >= 64:
        size = struct.unpack_from(order + "I", body, 4)[0]
        size = size if 64 <= size <= len(body) else 64
        ids = struct.unpack_from(f"{order}{(len(body) - size) // 8}Q", body, size)
        header.add(replace(attr_from(body[:size], order), ids=ids))
    elif kind == _UPDATE and len(body) >= 16:
        what, event = struct.unpack_from(order + "2Q", body)
        if what == _UPDATE_NAME:
            header.name(event, decode(body[16:].split(b"\0", 1)[0]))
    elif kind == _FEATURE and len(body) >= 8:
        take_feature(header, struct.unpack_from(order + "Q", body)[0], body[8:])
    elif kind == _BUILD_ID and len(raw) >= 36:
        header.build_ids.append(build_id_event(raw, misc, order))
