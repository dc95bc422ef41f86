"""Take out of a perf.data file what tells on the machine that it was recorded on. For record_fixtures.py.

Host, kernel release, processor and memory are replaced, paths of programs lead to /opt/demo, inode numbers are zero.
Copied stacks and the arguments of tracepoints are zeros of the same length: they are
pieces of memory. Build ids, the machine's topology, its other events and its BPF programs are left out. What remains
is what readers of stacks look at. Little-endian files only, as perf writes them on the machines that record fixtures.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

__all__ = ["scrubbed"]

RELEASE = "6.1.0-generic"

MMAP, SAMPLE, MMAP2, ATTR, TRACING_DATA, FEATURE, COMPRESSED = 1, 9, 10, 64, 66, 80, 81
# Namespaces, BPF symbols and programs, control groups; build ids, and the names of the threads that were recorded.
LEFT_OUT = {16, 17, 18, 19, TRACING_DATA, 67, 73}

HOSTNAME, OSRELEASE, VERSION, NRCPUS, CPUDESC, CPUID, TOTAL_MEM, CMDLINE = 3, 4, 5, 7, 8, 9, 10, 11
#: ARCH, EVENT_DESC, GROUP_DESC, SAMPLE_TIME, CLOCKID and COMPRESSED tell nothing; what is not named here is left out.
KEPT = {6, 12, 17, 21, 23, 27}

RAW, STACK_USER = 1 << 10, 1 << 13
_TRAILER = (1, 2, 6, 9, 7, 16)  # TID, TIME, ID, STREAM_ID, CPU, IDENTIFIER: bits of sample_type, eight bytes each
_BEFORE_READ = (16, 0, 1, 2, 3, 6, 9, 7, 8)  # what stands in a sample before its READ field, eight bytes each
_LARGEST = 0xFF00  # a record's size has 16 bits


def scrubbed(data: bytes, path: Callable[[str], str]) -> bytes:
    """A recording without what tells on its machine. `path` gives the path to be told in place of one."""
    magic, size = struct.unpack_from("<8sQ", data)
    if magic != b"PERFILE2":
        raise SystemExit(f"expected a little-endian perf.data file, found {magic!r}")
    if size == 16:
        return data[:16] + b"".join(Scrubber(path).records(data[16:]))
    attr_size, attr_at, attr_len, start, length = struct.unpack_from("<5Q", data, 16)
    scrubber = Scrubber(path)
    for at in range(attr_at, attr_at + attr_len, attr_size):
        scrubber.attr(data[at : at + attr_size])
    body = b"".join(scrubber.records(data[start : start + length]))
    sections, flags = [], 0
    known = int.from_bytes(data[72:104], "little")
    at = start + length
    for bit in (bit for bit in range(256) if known >> bit & 1):
        offset, size = struct.unpack_from("<2Q", data, at)
        at += 16
        section = scrubber.feature(bit, data[offset : offset + size])
        if section is not None:
            flags |= 1 << bit
            sections.append(section)
    table, at = b"", start + len(body) + 16 * len(sections)
    for section in sections:
        table += struct.pack("<2Q", at, len(section))
        at += len(section)
    head = data[:48] + struct.pack("<Q", len(body)) + data[56:72] + flags.to_bytes(32, "little")
    return head + data[104:start] + body + table + b"".join(sections)


class Scrubber:
    """Goes over the records of one file, which carry along what the next ones mean."""

    def __init__(self, path: Callable[[str], str]):
        self._path = path
        self._attrs: list[tuple[int, int, int, int]] = []  # sample_type, read_format, branch_sample_type, regs_user
        self._inflate = self._deflate = None
        self._rest = b""

    def attr(self, raw: bytes) -> None:
        """Take note of an event. Those that copy memory must not differ in what a sample holds."""
        self._attrs.append((*struct.unpack_from("<2Q", raw, 24), *struct.unpack_from("<2Q", raw, 72)))
        if len(set(self._attrs)) > 1 and any(attr[0] & (RAW | STACK_USER) for attr in self._attrs):
            raise SystemExit("events with copied memory and others in one recording: record them one by one")

    def records(self, raw: bytes) -> Iterator[bytes]:
        """The records as they may be told."""
        at = 0
        while at + 8 <= len(raw):
            kind, _misc, size = struct.unpack_from("<IHH", raw, at)
            if size < 8 or at + size > len(raw):
                break
            record = raw[at : at + size]
            at += size
            if kind == TRACING_DATA:  # its content is not counted in its size
                at += struct.unpack_from("<I", record, 8)[0] + 7 & ~7
            if kind == COMPRESSED:
                yield from self._compressed(record[8:])
            elif kind not in LEFT_OUT:
                yield self._record(kind, record)
        self._rest = raw[at:]  # a record may go on in the next piece of a compressed stream

    def _record(self, kind: int, record: bytes) -> bytes:
        if kind == ATTR:
            self.attr(record[8:])
        if kind in (MMAP, MMAP2):
            return self._mmap(record, 40 if kind == MMAP else 72)
        if kind == SAMPLE and self._attrs[0][0] & (RAW | STACK_USER):
            return self._sample(record)
        if kind == FEATURE:
            (bit,) = struct.unpack_from("<Q", record, 8)
            section = self.feature(bit, record[16:])
            return b"" if section is None else resized(record[:16], section)
        return record

    def _mmap(self, record: bytes, at: int) -> bytes:
        trailer = len(record) - 8 * sum(self._attrs[0][0] >> bit & 1 for bit in _TRAILER)
        head = record[:at] if at == 40 else record[:40] + bytes(24) + record[64:at]
        path = self._path(record[at:trailer].split(b"\0", 1)[0].decode()).encode() + b"\0"
        return resized(head, path + bytes(-len(path) % 8) + record[trailer:])

    def _sample(self, record: bytes) -> bytes:
        kind, _read_format, branch_sample_type, registers = self._attrs[0]
        if kind & 1 << 4 or branch_sample_type:
            raise SystemExit("a recording with counters or branches in its samples: it is not known how to scrub it")
        out = bytearray(record)
        at = 8 + 8 * sum(kind >> bit & 1 for bit in _BEFORE_READ)
        if kind & 1 << 5:
            at += 8 + 8 * struct.unpack_from("<Q", out, at)[0]
        if kind & RAW:
            (size,) = struct.unpack_from("<I", out, at)
            out[at + 4 : at + 4 + size] = bytes(size)
            at += 4 + size
        if kind & STACK_USER:
            (abi,) = struct.unpack_from("<Q", out, at)
            at += 8 + (8 * registers.bit_count() if abi else 0)
            (size,) = struct.unpack_from("<Q", out, at)
            out[at + 8 : at + 8 + size] = bytes(size)
        return bytes(out)

    def _compressed(self, payload: bytes) -> Iterator[bytes]:
        """What one record holds of the stream, scrubbed and compressed again, in records of its own."""
        import zstandard

        if self._inflate is None:
            self._inflate = zstandard.ZstdDecompressor().decompressobj()
            self._deflate = zstandard.ZstdCompressor(level=19, write_content_size=False).compressobj()
        plain = b"".join(self.records(self._rest + self._inflate.decompress(payload)))
        packed = self._deflate.compress(plain) + self._deflate.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        for at in range(0, len(packed), _LARGEST):
            yield resized(struct.pack("<IHH", COMPRESSED, 0, 0), packed[at : at + _LARGEST])

    def feature(self, bit: int, raw: bytes) -> bytes | None:
        """A feature section as it may be told, None where it had better not."""
        if bit in KEPT:
            return raw
        if bit == CMDLINE:
            (count,) = struct.unpack_from("<I", raw)
            words, at = [], 4
            for _ in range(count):
                (length,) = struct.unpack_from("<I", raw, at)
                words.append(raw[at + 4 : at + 4 + length].split(b"\0", 1)[0].decode())
                at += 4 + length
            return struct.pack("<I", count) + b"".join(map(string, words))
        return {
            HOSTNAME: string("host"),
            OSRELEASE: string(RELEASE),
            VERSION: string("6.1"),
            NRCPUS: struct.pack("<2I", 4, 4),
            CPUDESC: string("generic"),
            CPUID: string("generic"),
            TOTAL_MEM: struct.pack("<Q", 16 << 20),
        }.get(bit)


def resized(head: bytes, rest: bytes) -> bytes:
    """A record with the size that it has now."""
    return head[:6] + struct.pack("<H", len(head) + len(rest)) + head[8:] + rest


def string(text: str) -> bytes:
    """Text as perf writes it into its feature sections: in multiples of 64 bytes."""
    raw = text.encode() + b"\0"
    raw += bytes(-len(raw) % 64)
    return struct.pack("<I", len(raw)) + raw
