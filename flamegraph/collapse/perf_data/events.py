"""Events as they were asked for: struct perf_event_attr, and what an event is called where the file does not say.

Numbers and names: include/uapi/linux/perf_event.h and `perf list` of Linux.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["TRACEPOINT", "Attr", "Sample", "attr_from", "event_name"]

#: PERF_TYPE_TRACEPOINT
TRACEPOINT = 2


class Sample:
    """PERF_SAMPLE_*: what a sample holds."""

    IP, TID, TIME, ADDR, READ, CALLCHAIN, ID, CPU, PERIOD = (1 << bit for bit in range(9))
    STREAM_ID, RAW, BRANCH_STACK, REGS_USER, STACK_USER = (1 << bit for bit in range(9, 14))
    IDENTIFIER = 1 << 16


@dataclass(frozen=True)
class Attr:
    """One event. `modifiers` is what perf writes behind its name ("u", "k", …), `ids` are its numbers in samples."""

    type: int
    config: int
    period: int
    sample_type: int
    read_format: int
    freq: bool
    sample_id_all: bool
    modifiers: str = ""
    branch_sample_type: int = 0
    regs_user: int = 0
    name: str = ""
    ids: tuple[int, ...] = ()


def attr_from(raw: bytes, order: str) -> Attr:
    """struct perf_event_attr of any version. Fields that it is too old to have are 0, newer ones are not looked at."""
    raw = bytes(raw[:136])
    (size,) = struct.unpack_from(order + "I", raw.ljust(8, b"\0"), 4)
    raw = raw[: size if size >= 64 else 64].ljust(136, b"\0")
    kind, _size, config, period, sample_type, read_format, flags = struct.unpack_from(order + "2I5Q", raw, 0)
    if order == ">":  # bit fields are laid out from the other end
        flags = int(f"{flags:064b}"[::-1], 2)
    branch, regs_user = struct.unpack_from(order + "2Q", raw, 72)
    return Attr(
        kind, config, period, sample_type, read_format, bool(flags >> 10 & 1), bool(flags >> 18 & 1), _modifiers(flags),
        branch, regs_user,
    )  # fmt: skip


def _modifiers(flags: int) -> str:
    """As perf: which modes are counted where one is not, how precise, and host or guest where that is not the rule."""
    user, kernel, hypervisor, idle, host, guest = (not flags >> bit & 1 for bit in (4, 5, 6, 7, 19, 20))
    precise = flags >> 15 & 3
    said, host_only = "", False
    if not (user and kernel and hypervisor and idle):
        said, host_only = "k" * kernel + "u" * user + "h" * hypervisor, True
    if precise:
        said, host_only = said + "p" * precise, True
    return said if host and guest == host_only else said + "H" * host + "G" * guest


_NAMES = {
    0: "cycles instructions cache-references cache-misses branches branch-misses bus-cycles stalled-cycles-frontend "
    "stalled-cycles-backend ref-cycles",
    1: "cpu-clock task-clock page-faults context-switches cpu-migrations minor-faults major-faults alignment-faults "
    "emulation-faults dummy bpf-output cgroup-switches",
}
_CACHES = ["L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node"]
_CACHE_OPS = ("load", "store", "prefetch")


def event_name(attr: Attr, tracepoints: Mapping[int, str]) -> str:
    """What the event is called: as the recording says, or as perf names its type and number."""
    if attr.name:
        return attr.name
    known = _NAMES.get(attr.type, "").split()
    if attr.config < len(known):
        name = known[attr.config]
    elif attr.type == TRACEPOINT:
        return tracepoints.get(attr.config, f"tracepoint:{attr.config}")
    elif attr.type == 3 and attr.config & 255 < len(_CACHES) and attr.config >> 8 & 255 < len(_CACHE_OPS):
        operation = _CACHE_OPS[attr.config >> 8 & 255]
        what = f"{operation}-misses" if attr.config >> 16 else f"{operation}{'es' if operation[-1] == 'h' else 's'}"
        name = f"{_CACHES[attr.config & 255]}-{what}"
    elif attr.type == 4:
        name = f"raw 0x{attr.config:x}"
    elif attr.type == 5:
        name = "breakpoint"
    else:
        name = f"pmu-{attr.type}:0x{attr.config:x}"
    return f"{name}:{attr.modifiers}" if attr.modifiers else name
