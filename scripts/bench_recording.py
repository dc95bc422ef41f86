"""A perf.data file for bench.py: made-up stacks over the real functions of what runs here, so that all have names.

The programs are those that the running Python has mapped, and the kernel where /proc/kallsyms tells its addresses.
On one machine the same seed and size give the same bytes; on another one there are other programs.
"""

from __future__ import annotations

import platform
import random
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench_stacks import THREADS, grow, zipf

__all__ = ["perf_data"]

KERNEL, USER = (1 << 64) - 128, (1 << 64) - 512
IP, TID, TIME, CALLCHAIN, CPU, PERIOD = 1, 2, 4, 1 << 5, 1 << 7, 1 << 8
_ATTR_SIZE = 112
_FREQ, _SAMPLE_ID_ALL, _EXCLUDE_GUEST = 1 << 10, 1 << 18, 1 << 20
_OSRELEASE, _ARCH = 4, 6
#: perf passes on what it has read at these marks; recordings have one per round over the buffers.
_ROUND = 10_000
#: As many functions as in the text that bench_data.py makes.
_FUNCTIONS = 4_000


@dataclass(frozen=True)
class Program:
    """A mapped file: its code in memory, and (address, size) of its functions there."""

    path: str
    start: int
    length: int
    offset: int
    functions: list[tuple[int, int]]


def perf_data(rng: random.Random, size: int) -> list[bytes]:
    """A recording of about `size` bytes: 137 bytes and 10 addresses a sample, a third of them stopped in the kernel."""
    base, functions, kernel = programs(), [], kernel_functions()
    for program in base:
        functions += program.functions
    functions = rng.sample(sorted(functions), min(_FUNCTIONS, len(functions)))
    inside = rng.sample(kernel[1:], min(200, len(kernel) - 1)) if kernel else []
    body = bytearray(beginning(base, kernel))
    samples(rng, body, size, functions, inside)
    return [head(len(body)), body, features(len(body))]


def samples(
    rng: random.Random,
    body: bytearray,
    size: int,
    functions: list[tuple[int, int]],
    kernel: list[tuple[int, int]],
) -> None:
    """Append samples until the body has its size."""
    calls = [start + rng.randrange(length) for start, length in functions]  # one call site per function
    paths = []
    for stack in grow(rng, len(functions), kept=0.68, fresh=2.0):
        callers = [calls[frame] for frame in reversed(stack[:-1])]
        leaf, above = functions[stack[-1]], [USER]
        if kernel and rng.random() < 0.33:
            picked = [rng.choice(kernel) for _ in range(5)]
            leaf, callers = picked[0], [start for start, _ in picked[1:]] + [USER, calls[stack[-1]], *callers]
            above = [KERNEL]
        words = struct.pack(f"<{len(above)}Q", *above), struct.pack(f"<{len(callers)}Q", *callers)
        paths.append((leaf, len(above) + 1 + len(callers), *words, 1 if above == [KERNEL] else 2))
        if len(paths) == 6_000:
            break
    rng.shuffle(paths)  # the first ones are short, and what is popular need not be
    popular, hot = zipf(len(paths), 1.3), zipf(40, 1.3)
    sample, time = struct.Struct("<IHHQIIQIIQQ"), 2_361_880_000_000
    while True:
        chosen = rng.choices(paths, cum_weights=popular, k=_ROUND)
        spots = rng.choices(range(40), cum_weights=hot, k=_ROUND)
        owners = rng.choices(THREADS, k=_ROUND)
        for ((start, length), depth, above, below, mode), spot, (_, tid) in zip(chosen, spots, owners, strict=True):
            time += rng.randrange(400_000)
            ip = start + spot * 7 % length
            body += sample.pack(9, mode, 56 + 8 * depth, ip, tid, tid, time, tid % 4, 0, 250_000, depth)
            body += above + ip.to_bytes(8, "little") + below
        body += struct.pack("<IHH", 68, 0, 8)
        if len(body) >= size:
            return


def record(kind: int, misc: int, payload: bytes, pid: int) -> bytes:
    payload += bytes(-len(payload) % 8) + struct.pack("<iiQII", pid, pid, 0, 0, 0)  # TID, TIME, CPU
    return struct.pack("<IHH", kind, misc, 8 + len(payload)) + payload


def beginning(base: list[Program], kernel: list[tuple[int, int]]) -> bytes:
    """What was there when the recording began: the kernel, and each thread as a process of its own."""
    out = b""
    if kernel:
        text, length = kernel[0]
        out += record(1, 1, struct.pack("<iiQQQ", -1, 0, text, length, text) + b"[kernel.kallsyms]_text\0", -1)
    for name, tid in THREADS:
        out += record(3, 0, struct.pack("<ii", tid, tid) + name.encode() + b"\0", tid)
        for program in base:
            place = struct.pack("<iiQQQ", tid, tid, program.start, program.length, program.offset)
            out += record(10, 2, place + bytes(24) + struct.pack("<II", 5, 2) + program.path.encode() + b"\0", tid)
    return out


def head(length: int) -> bytes:
    kind = IP | TID | TIME | CALLCHAIN | CPU | PERIOD
    attr = struct.pack("<IIQQQQQ", 1, _ATTR_SIZE, 0, 4000, kind, 0, _FREQ | _SAMPLE_ID_ALL | _EXCLUDE_GUEST)
    entry = attr.ljust(_ATTR_SIZE, b"\0") + struct.pack("<QQ", 0, 0)
    flags = (1 << _OSRELEASE | 1 << _ARCH).to_bytes(32, "little")
    start = 104 + len(entry)
    return b"PERFILE2" + struct.pack("<8Q", 104, len(entry), 104, len(entry), start, length, 0, 0) + flags + entry


def features(length: int) -> bytes:
    texts = [
        struct.pack("<I", 64) + text.encode().ljust(64, b"\0") for text in (platform.release(), platform.machine())
    ]
    at = 104 + _ATTR_SIZE + 16 + length + 32
    return struct.pack("<4Q", at, 68, at + 68, 68) + b"".join(texts)


def programs() -> list[Program]:
    """The files whose code this process has mapped, the larger ones, each at an address of its own."""
    paths = {}
    for line in Path("/proc/self/maps").read_text().splitlines():
        words = line.split(maxsplit=5)
        if len(words) == 6 and words[1][2] == "x" and words[5].startswith("/"):
            paths[words[5]] = None
    found = []
    for path in sorted(paths):
        program = read_program(path, 0x7F00_0000_0000 + len(found) * 0x1000_0000)
        if program is not None and len(program.functions) > 100:
            found.append(program)
    if not found:
        raise SystemExit("no program with functions is mapped here")
    return found


def read_program(path: str, start: int) -> Program | None:
    """The functions of an ELF file (64 bits, little-endian), as its own tables tell them."""
    data = Path(path).read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        return None
    segments_at, sections_at = struct.unpack_from("<QQ", data, 32)
    size, count, width, sections = struct.unpack_from("<4H", data, 54)
    segments = [struct.unpack_from("<IIQQQQ", data, segments_at + size * i) for i in range(count)]
    code = next(
        ((at, address, length) for kind, flags, at, address, _, length in segments if kind == 1 and flags & 1), None
    )
    if code is None:
        return None
    at, address, length = code
    aligned = at & -4096
    functions: dict[int, int] = {}
    for i in range(sections):
        kind, _, _, table, table_size = struct.unpack_from("<IQQQQ", data, sections_at + width * i + 4)
        if kind in (2, 11):  # .symtab, .dynsym
            for _, info, _, section, value, extent in struct.iter_unpack("<IBBHQQ", data[table : table + table_size]):
                if info & 15 == 2 and section and extent >= 16 and address <= value < address + length:
                    functions[start + value - address + at - aligned] = extent
    return Program(path, start, at - aligned + length + 4095 & -4096, aligned, sorted(functions.items()))


def kernel_functions() -> list[tuple[int, int]]:
    """(address, size) of the kernel's text as a whole, then of its functions; nothing where they are hidden."""
    try:
        lines = Path("/proc/kallsyms").read_text().splitlines()
    except OSError:
        return []
    symbols = {name: int(address, 16) for address, kind, name, *module in map(str.split, lines) if not module}
    text, end = symbols.get("_text", 0), symbols.get("_etext", 0)
    places = sorted({address for address in symbols.values() if text < address < end})
    if not text or len(places) < 2:
        return []
    return [(text, end - text)] + [(a, b - a) for a, b in pairwise(places) if b - a >= 16]
