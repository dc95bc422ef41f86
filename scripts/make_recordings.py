#!/usr/bin/env python3
"""Make fixtures/collapse/perf_data/made_* and bad_*: what no machine at hand records, and what nobody should meet.

    scripts/make_recordings.py

A function here is a file there, its docstring says what the file is about. A test compares them. Goldens are then
written with `scripts/test --bless`; read them before you commit.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from record_fixtures import DATA_GOES_TO, DATA_ORIGIN, read_origin, write_origin  # noqa: E402
from recordings import (  # noqa: E402
    BRANCH,
    ID,
    IDENTIFIER,
    IP,
    KERNEL,
    PERIOD,
    RAW,
    TID,
    TIME,
    USER,
    USER_DEFERRED,
    USUAL,
    Recording,
)

TEXT = 0xFFFFFFFF81000000
MS = 1_000_000


def start(**how) -> Recording:
    """A kernel with a module, and a process that runs /opt/demo/made with a library."""
    made = Recording(period=MS, **how)
    made.mmap(TEXT, 0x1000000, "[kernel.kallsyms]_text", pid=-1, offset=TEXT, misc=1)
    made.mmap(0xFFFFFFFFC0000000, 0x9000, "/lib/modules/6.1.0-generic/kernel/net/made_up.ko", pid=-1, misc=1)
    made.comm("made")
    made.mmap(0x400000, 0x10000, "/opt/demo/made")
    made.mmap(0x7F0000, 0x20000, "/opt/demo/libmade.so.1")
    return made


def usual(**how) -> Recording:
    """Three stacks: in the program, in the kernel called from the library, in a module of the kernel."""
    made = start(**how)
    made.sample(USER, 0x401000, 0x402000, time=1 * MS, period=MS)
    made.sample(KERNEL, TEXT + 0x10, TEXT + 0x20, USER, 0x7F1000, 0x402000, time=2 * MS, period=2 * MS)
    made.sample(KERNEL, 0xFFFFFFFFC0000100, TEXT + 0x20, USER, 0x7F1000, 0x402000, time=3 * MS, period=4 * MS)
    made.sample(USER, 0x401000, 0x402000, 0x99, time=4 * MS, period=8 * MS)
    return made


def made_big_endian() -> bytes:
    """Recorded on a machine whose bytes are the other way round: bit fields of the attributes too."""
    return usual(order=">").file()


def made_big_endian_pipe() -> bytes:
    """The same, written into a pipe."""
    return usual(order=">").pipe()


def made_version_1() -> bytes:
    """The first magic, PERFFILE, and the first size of attributes."""
    return b"PERFFILE" + usual(attr_size=64).file()[8:]


def made_newer_attributes() -> bytes:
    """Attributes larger than any today: what is behind the known fields is skipped by size."""
    return usual(attr_size=200).file()


def made_killed() -> bytes:
    """perf record was killed: no size of the records, no features, and half a record at the end."""
    made = usual()
    return patched(made.file(cut=12), 48, bytes(8))


def made_with_garbage() -> bytes:
    """A pipe into which perf record's own message went."""
    return usual().pipe() + b"[ perf record: Woken up 1 times to write data ]\n"


def made_lost() -> bytes:
    """The kernel lost records and samples, and says how many."""
    made = usual()
    made.record(2, made.pack("QQ", 1, 5) + made.trailer(10, 3 * MS))
    made.record(13, made.pack("Q", 7) + made.trailer(10, 3 * MS))
    return made.file()


def made_exec() -> bytes:
    """A child runs in its parent's memory, then executes another program, which covers it. Told out of order."""
    made = start()
    made.sample(USER, 0x401000, pid=11, time=30 * MS)  # in the parent's program
    made.sample(USER, 0x401000, pid=11, time=60 * MS)  # in the other one, at the same address
    made.sample(USER, 0x7F1000, pid=11, time=70 * MS)  # where nothing has covered the library, as perf sees it
    made.fork(11, 10, 20 * MS)
    made.record(3, made.pack("II", 11, 11) + b"executed".ljust(16, b"\0") + made.trailer(11, 50 * MS), misc=1 << 13)
    made.mmap(0x400000, 0x10000, "/opt/demo/other", pid=11, time=51 * MS)
    return made.file()


def made_events_by_id() -> bytes:
    """Events told apart by an identifier in each sample, one event without samples, and an identifier of no event."""
    made = start(sample_type=USUAL | IDENTIFIER, ids=[[101, 102], [201], [301]])
    for n, number in enumerate((101, 201, 102, 201, 201, 999)):
        made.sample(USER, 0x401000 + n % 2 * 0x3EF000, time=n * MS, period=10 + n, id=number)
    return made.file()


def made_flat() -> bytes:
    """No call chains, no times, no periods: an address, a thread and an event are all there is."""
    made = start(sample_type=IP | TID | ID, ids=[[1]])
    for address in (0x401000, 0x401000, 0x7F1000, 0x99):
        made.sample(USER, address, id=1)
    return made.file()


def made_32_bit() -> bytes:
    """From a machine with 32 bits, whose kernel begins at 0xc0000000, though not its markers."""
    made = Recording(attr_size=96)
    made.mmap(0xC0008000, 0x10000000, "[kernel.kallsyms]_text", pid=-1, offset=0xC0008000, misc=1)
    made.comm("made32")
    made.mmap(0x10000, 0x1000, "/opt/demo/made32")
    made.mmap(0xB6F00000, 0x10000, "/opt/demo/libmade.so.1")
    made.sample(KERNEL, 0xC0008100, 0xC0009100, USER, 0xB6F00100, 0x10100, time=1)
    made.sample(USER, 0xB6F00100, 0x10100, time=2)
    return made.file()


def made_branches() -> bytes:
    """Last branches of the hardware used as call chain: the user's callers stand in them."""
    made = start(sample_type=USUAL | BRANCH, branch_sample_type=1 << 11)
    branches = (3, 0x401100, 0x401000, 0, 0x402100, 0x401080, 0, 0x7F1100, 0x402080, 0)
    made.sample(USER, 0x401000, time=MS, branches=branches)
    made.sample(KERNEL, TEXT + 0x10, USER, 0x401000, time=2 * MS, branches=branches)
    return made.file()


def made_deferred() -> bytes:
    """User stacks that were recorded on the way back to the program, after samples in the kernel; one never came."""
    made = start()
    for n, cookie in enumerate((1 << 32 | 2, 1 << 32 | 2, 2 << 32 | 2, 3 << 32 | 2)):
        made.sample(KERNEL, TEXT + 0x10, TEXT + 0x20, USER_DEFERRED, cookie, time=(n + 1) * MS, period=MS)
    made.deferred(1 << 32 | 2, USER, 0x7F1000, 0x402000, time=3 * MS)
    made.deferred(2 << 32 | 2, USER, 0x401000, 0x402000, time=4 * MS)
    made.sample(USER, 0x401000, 0x402000, time=5 * MS, period=MS)
    return made.file()


def made_raw() -> bytes:
    """Records of kinds that nobody knows, and samples with something raw at their end."""
    made = start(sample_type=IP | TID | TIME | PERIOD | RAW)
    made.record(200, b"from the future!")
    made.sample(USER, 0x401000, time=MS, raw=b"twelve bytes")
    made.record(32770, b"simpleperf")
    made.sample(USER, 0x7F1000, time=2 * MS, raw=b"1234")
    return made.file()


def made_damaged_chain() -> bytes:
    """A sample whose call chain claims to be longer than its record."""
    made = usual()
    good = made.body
    made.sample(USER, 0x401000, time=5 * MS)
    made.body = good + made.body[len(good) :].replace(struct.pack("<Q", 2), struct.pack("<Q", 1 << 40), 1)
    made.sample(USER, 0x402000, time=6 * MS)
    return made.file()


def made_hostile_names() -> bytes:
    """Names with separators, markup, control characters and bytes that are not UTF-8."""
    made = Recording()
    made.record(3, made.pack("II", 10, 10) + b"a;b \xff\x1b[31m\n".ljust(16, b"\0") + made.trailer(10, 0))
    made.mmap(0x400000, 0x1000, "/opt/demo/<script>alert(1)</script>;x y")
    made.mmap(0x500000, 0x1000, "/opt/demo/gone (deleted)")
    made.sample(USER, 0x400010, 0x500010, time=1)
    made.sample(USER, 0x500010, time=2)
    return made.file()


def bad_magic_only() -> bytes:
    """The first eight bytes, and nothing behind them."""
    return b"PERFILE2"


def bad_cut_header() -> bytes:
    """Cut inside of its header."""
    return usual().file()[:60]


def bad_attributes() -> bytes:
    """Attributes of a size that no kernel knows."""
    return patched(usual().file(), 16, struct.pack("<Q", 1 << 40))


def bad_ids() -> bytes:
    """An event with more ids than the file has bytes."""
    made = usual()
    return patched(made.file(), 104 + made.attr_size + 8, struct.pack("<Q", 1 << 60))


def bad_records_outside() -> bytes:
    """Records said to begin behind the end of the file."""
    return patched(usual().file(), 40, struct.pack("<Q", 1 << 50))


def bad_no_samples() -> bytes:
    """Everything but samples."""
    return start().file()


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


MADE: dict[str, Callable[[], bytes]] = {
    name: value for name, value in globals().items() if name.startswith(("made_", "bad_"))
}


def main() -> None:
    DATA_GOES_TO.mkdir(parents=True, exist_ok=True)
    recorded = {file: said for file, said in read_origin(DATA_GOES_TO / "ORIGIN").items() if file[:8] == "recorded"}
    made = {f"{name}.data": " ".join(make.__doc__.split()) for name, make in MADE.items()}
    for name, make in MADE.items():
        (DATA_GOES_TO / f"{name}.data").write_bytes(make())
    write_origin(DATA_GOES_TO / "ORIGIN", DATA_ORIGIN, recorded | made)


if __name__ == "__main__":
    main()
