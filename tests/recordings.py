"""Recordings made up byte by byte, in either byte order: for what no machine at hand records."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

KERNEL, USER, USER_DEFERRED = (1 << 64) - 128, (1 << 64) - 512, (1 << 64) - 640
IP, TID, TIME, READ, CALLCHAIN, ID, CPU, PERIOD = 1, 2, 4, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8
RAW, BRANCH, REGS, STACK, IDENTIFIER = 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 16
USUAL = IP | TID | TIME | CALLCHAIN | CPU | PERIOD
_SAMPLE_ID_ALL = 1 << 18


@dataclass
class Recording:
    """Records are added one by one; `file` and `pipe` are the whole in either form."""

    order: str = "<"
    sample_type: int = USUAL
    attr_size: int = 112
    period: int = 0
    sample_id_all: bool = True
    read_format: int = 0
    branch_sample_type: int = 0
    ids: list[list[int]] = field(default_factory=lambda: [[]])
    sample_types: list[int] = field(default_factory=list)  # of each event, where they differ
    body: bytes = b""

    def pack(self, layout: str, *values: int) -> bytes:
        return struct.pack(self.order + layout, *values)

    def words(self, values: tuple[int, ...]) -> bytes:
        return self.pack(f"{len(values)}Q", *values)

    def record(self, kind: int, payload: bytes, misc: int = 2) -> None:
        payload += bytes(-len(payload) % 8)
        self.body += self.pack("IHH", kind, misc, 8 + len(payload)) + payload

    def sample(
        self,
        *chain: int,
        pid: int = 10,
        tid: int = 0,
        time: int = 1,
        period: int = 1,
        cpu: int = 0,
        id: int = 0,
        **more,
    ):
        """`more`: reads (words), raw (bytes), branches (words), misc."""
        kind, payload = self.sample_type, b""
        address = next((ip for ip in chain if ip < USER), 0)
        for bit, field_ in (
            (IDENTIFIER, self.pack("Q", id)), (IP, self.pack("Q", address)), (TID, self.pack("II", pid, tid or pid)),
            (TIME, self.pack("Q", time)), (ID, self.pack("Q", id)), (CPU, self.pack("II", cpu, 0)),
            (PERIOD, self.pack("Q", period)), (READ, self.words(more.get("reads", ()))),
            (CALLCHAIN, self.pack(f"{len(chain) + 1}Q", len(chain), *chain)),
            (RAW, self.pack("I", len(more.get("raw", b"1234"))) + more.get("raw", b"1234")),
            (BRANCH, self.words(more.get("branches", ()))), (REGS, bytes(8)), (STACK, bytes(8)),
        ):  # fmt: skip
            payload += field_ if kind & bit else b""
        self.record(9, payload, more.get("misc", 2))

    def trailer(self, pid: int, time: int) -> bytes:
        parts = ((TID, self.pack("ii", pid, pid)), (TIME, self.pack("Q", time)), (ID, self.pack("Q", 0)))
        parts += ((CPU, self.pack("II", 0, 0)), (IDENTIFIER, self.pack("Q", 0)))
        return b"".join(field_ for bit, field_ in parts if self.sample_type & bit) if self.sample_id_all else b""

    def comm(self, name: str, pid: int = 10, time: int = 0) -> None:
        text = name.encode() + b"\0"
        self.record(3, self.pack("II", pid, pid) + text + bytes(-len(text) % 8) + self.trailer(pid, time))

    def mmap(self, start: int, length: int, path: str, pid: int = 10, time: int = 0, offset: int = 0, misc: int = 2):
        text = path.encode() + b"\0"
        head = self.pack("iiQQQ", pid, pid, start, length, offset)
        self.record(1, head + text + bytes(-len(text) % 8) + self.trailer(pid, time), misc)

    def fork(self, pid: int, ppid: int, time: int) -> None:
        self.record(7, self.pack("IIIIQ", pid, ppid, pid, ppid, time) + self.trailer(pid, time))

    def deferred(self, cookie: int, *chain: int, count: int | None = None, pid: int = 10, time: int = 0) -> None:
        """The user's stack of the samples with that cookie; `count` is how many addresses it says there are."""
        head = self.pack("QQ", cookie, len(chain) if count is None else count)
        self.record(22, head + self.words(chain) + self.trailer(pid, time))

    def attr(self, n: int) -> bytes:
        flags = _SAMPLE_ID_ALL if self.sample_id_all else 0
        flags |= 1 << 20  # exclude_guest, as perf sets it
        if self.order == ">":  # bit fields begin at the other end
            flags = int(f"{flags:064b}"[::-1], 2)
        kind = self.sample_types[n] if self.sample_types else self.sample_type
        head = self.pack("IIQQQQQ", 1, self.attr_size, n, self.period, kind, self.read_format, flags)
        head += bytes(72 - len(head)) + self.pack("Q", self.branch_sample_type)
        return head.ljust(self.attr_size, b"\0")[: self.attr_size]

    def file(self, cut: int = 0) -> bytes:
        magic = b"PERFILE2" if self.order == "<" else b"2ELIFREP"
        size, count = self.attr_size + 16, len(self.ids)
        at = 104 + size * count
        entries = ids = b""
        for n, numbers in enumerate(self.ids):
            entries += self.attr(n) + self.pack("QQ", at + len(ids), 8 * len(numbers))
            ids += self.pack(f"{len(numbers)}Q", *numbers)
        head = magic + self.pack("QQQQQQQQ", 104, size, 104, size * count, at + len(ids), len(self.body), 0, 0)
        return (head + bytes(32) + entries + ids + self.body)[: -cut or None]

    def pipe(self) -> bytes:
        magic = b"PERFILE2" if self.order == "<" else b"2ELIFREP"
        attrs = b""
        for n, numbers in enumerate(self.ids):
            payload = self.attr(n) + self.pack(f"{len(numbers)}Q", *numbers)
            attrs += self.pack("IHH", 64, 0, 8 + len(payload)) + payload
        return magic + self.pack("Q", 16) + attrs + self.body
