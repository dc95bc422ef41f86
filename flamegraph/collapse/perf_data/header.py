"""The head of a perf.data file: byte order, event attributes, feature sections.

Layout and numbers: tools/perf/Documentation/perf.data-file-format.txt and include/uapi/linux/perf_event.h of Linux.
Every size that the file states is checked before it is used.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace

from ...errors import ParseError
from ...text import decode
from .events import Attr, attr_from
from .tracing import tracepoints

__all__ = ["Header", "build_id_event", "magic", "read_header", "take_feature"]

_MAGICS = {b"PERFILE2": "<", b"2ELIFREP": ">"}
_OLD_MAGIC = b"PERFFILE"  # the same bytes in either byte order; the size that follows tells
_FILE_SIZE, _PIPE_SIZE = 104, 16

_DIR_FORMAT = 24
_TRACING_DATA, _BUILD_ID, _HOSTNAME, _OSRELEASE, _VERSION, _ARCH, _CMDLINE, _EVENT_DESC = 1, 2, 3, 4, 5, 6, 11, 12
_STRINGS = {_HOSTNAME: "hostname", _OSRELEASE: "osrelease", _VERSION: "version", _ARCH: "arch"}
_BUILD_ID_HAS_SIZE = 1 << 15

#: `perf record -e 'syscalls:*'` makes seven hundred events; more than these are none, and each is a column.
_MOST_EVENTS = 4096

#: An attribute entry is at least the first version of struct perf_event_attr and its two words of ids. The largest
#: known today is 152; perf itself would not believe in more than a page.
_ENTRY_MIN, _ENTRY_MAX = 64 + 16, 4096


@dataclass
class Header:
    """What the head of the file says. In a pipe most of it arrives later, as records.

    order      "<" or ">", for struct and NumPy
    start, stop  where the records are, in bytes
    of_id      which of `attrs` has an id
    words      hostname, osrelease, version, arch, where they are known
    command    the command line of `perf record`
    build_ids  (pid, path, hex)
    tracepoints  id → name, for events that are named nowhere else
    in_folder  whether other files beside this one belong to the recording
    """

    order: str
    pipe: bool
    start: int
    stop: int
    attrs: list[Attr] = field(default_factory=list)
    of_id: dict[int, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    build_ids: list[tuple[int, str, str]] = field(default_factory=list)
    tracepoints: dict[int, str] = field(default_factory=dict)
    in_folder: bool = False
    skipped: dict[str, int] = field(default_factory=dict)

    def add(self, attr: Attr) -> None:
        """Take in one more event."""
        if len(self.attrs) >= _MOST_EVENTS:
            return self.skip(f"event beyond the first {_MOST_EVENTS:,}")
        for id in attr.ids:
            self.of_id.setdefault(id, len(self.attrs))
        self.attrs.append(attr)

    def name(self, id: int, name: str) -> None:
        """Say what the event is called that has an id, unless that is known."""
        if id in self.of_id:
            number = self.of_id[id]
            self.attrs[number] = replace(self.attrs[number], name=self.attrs[number].name or name)

    def skip(self, reason: str, count: int = 1) -> None:
        """Note that something was dropped, and why."""
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count


def magic(head: bytes) -> str | None:
    """The byte order of what begins like perf.data, None for anything else."""
    if head[:8] == _OLD_MAGIC and len(head) >= 16:
        return "<" if struct.unpack_from("<Q", head, 8)[0] < 1 << 32 else ">"
    return _MAGICS.get(head[:8])


def read_header(data, name: str) -> Header:
    """The head of `data`. ParseError where it is not one."""
    order = magic(bytes(data[:16]))
    if order is None or len(data) < _PIPE_SIZE:
        raise ParseError(name, "a perf.data header", f"{len(data):,} bytes that begin with {bytes(data[:8])!r}")
    (size,) = struct.unpack_from(order + "Q", data, 8)
    if size == _PIPE_SIZE:
        return Header(order, True, _PIPE_SIZE, len(data))
    if size < _FILE_SIZE or len(data) < _FILE_SIZE:
        raise ParseError(name, f"a perf.data header of {_FILE_SIZE} bytes", f"one of {min(size, len(data))}")
    attr_size, attr_at, attr_len, start, length = struct.unpack_from(order + "5Q", data, 16)
    if start > len(data) or start < _FILE_SIZE:
        raise ParseError(name, f"records inside the file of {len(data):,} bytes", f"them at byte {start:,}")
    # A recording that was killed has written no size.
    header = Header(order, False, start, min(start + length, len(data)) if length else len(data))
    if not length:
        header.skip("the recording was not finished: names of events and build ids are missing")
    elif start + length > len(data):
        header.skip("the file ends before its records do")
    if not _ENTRY_MIN <= attr_size <= _ENTRY_MAX or attr_at + attr_len > len(data):
        raise ParseError(name, "event attributes", f"a table of {attr_len:,} bytes in entries of {attr_size:,}")
    _read_attrs(header, data, name, range(attr_at, attr_at + attr_len - attr_size + 1, attr_size), attr_size)
    if length:
        _read_features(header, data, start + length)
    return header


def _read_attrs(header: Header, data, name: str, places: range, size: int) -> None:
    room = len(data)  # so that no file has more ids than it has bytes
    for at in places:
        attr = attr_from(data[at : at + size - 16], header.order)
        ids_at, ids_len = struct.unpack_from(header.order + "2Q", data, at + size - 16)
        room -= ids_len
        if ids_at + ids_len > len(data) or room < 0:
            raise ParseError(name, "event ids inside the file", f"{ids_len:,} bytes of them at byte {ids_at:,}")
        header.add(replace(attr, ids=struct.unpack_from(f"{header.order}{ids_len // 8}Q", data, ids_at)))


def _read_features(header: Header, data, at: int) -> None:
    flags = struct.unpack_from(header.order + "4Q", data, 72)
    for bit in (64 * i + bit for i, word in enumerate(flags) for bit in range(64) if word >> bit & 1):
        if at + 16 > len(data):
            return header.skip("the file ends before its feature sections do")
        offset, size = struct.unpack_from(header.order + "2Q", data, at)
        at += 16
        if bit in _READERS:
            if offset + size > len(data):
                header.skip("damaged feature section")
            else:
                take_feature(header, bit, bytes(data[offset : offset + size]))


def take_feature(header: Header, bit: int, raw: bytes) -> None:
    """Take in one feature section. A damaged one is counted and as good as none."""
    try:
        if bit in _READERS:
            _READERS[bit](header, bit, raw)
    except struct.error:
        header.skip("damaged feature section")


def _string(raw: bytes, at: int, order: str) -> tuple[str, int]:
    (length,) = struct.unpack_from(order + "I", raw, at)
    end = at + 4 + length
    if end > len(raw):
        raise struct.error("string beyond the end")
    return decode(raw[at + 4 : end].split(b"\0", 1)[0]), end


def _words(header: Header, bit: int, raw: bytes) -> None:
    header.words[_STRINGS[bit]] = _string(raw, 0, header.order)[0]


def _command(header: Header, _bit: int, raw: bytes) -> None:
    (count,) = struct.unpack_from(header.order + "I", raw, 0)
    words, at = [], 4
    for _ in range(count):
        word, at = _string(raw, at, header.order)
        words.append(word)
    header.command = words


def _in_folder(header: Header, _bit: int, _raw: bytes) -> None:
    header.in_folder = True


def _tracing_data(header: Header, _bit: int, raw: bytes) -> None:
    header.tracepoints.update(tracepoints(raw))


def _event_desc(header: Header, _bit: int, raw: bytes) -> None:
    count, size = struct.unpack_from(header.order + "2I", raw, 0)
    at, described = 8, []
    for _ in range(count):
        attr = attr_from(raw[at : at + size], header.order)
        (nr_ids,) = struct.unpack_from(header.order + "I", raw, at + size)
        name, at = _string(raw, at + size + 4, header.order)
        if nr_ids * 8 > len(raw) - at:
            raise struct.error("ids beyond the end")
        described.append(replace(attr, name=name, ids=struct.unpack_from(f"{header.order}{nr_ids}Q", raw, at)))
        at += 8 * nr_ids
    known = header.attrs or described
    if len(described) == len(known):  # the same events in the same order: take over the names
        header.attrs, header.of_id = [], {}
        for attr, other in zip(known, described, strict=True):
            header.add(replace(attr, name=other.name or attr.name, ids=attr.ids or other.ids))


def _build_ids(header: Header, _bit: int, raw: bytes) -> None:
    at = 0
    while at + 36 <= len(raw):
        _type, misc, size = struct.unpack_from(header.order + "I2H", raw, at)
        if size < 36:
            raise struct.error("a build id without an end")
        header.build_ids.append(build_id_event(raw[at : at + size], misc, header.order))
        at += size


def build_id_event(raw: bytes, misc: int, order: str) -> tuple[int, str, str]:
    """(pid, path, hex) of a build id record, as they stand in the feature section and in a pipe."""
    (pid,) = struct.unpack_from(order + "i", raw, 8)
    length = raw[32] if misc & _BUILD_ID_HAS_SIZE else 20
    return pid, decode(raw[36:].split(b"\0", 1)[0]), raw[12 : 12 + min(length, 20)].hex()


_READERS = {
    _TRACING_DATA: _tracing_data,
    _DIR_FORMAT: _in_folder,
    _BUILD_ID: _build_ids,
    _CMDLINE: _command,
    _EVENT_DESC: _event_desc,
    **dict.fromkeys(_STRINGS, _words),
}
