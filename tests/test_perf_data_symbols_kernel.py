"""Names of kernel addresses, and of code compiled at run time."""

from __future__ import annotations

import gzip
import os
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from elves import FUNC, GLOBAL, TEXT_ADDRESS, elf

from flamegraph.collapse.perf_data.jit import jitdump, perf_map
from flamegraph.collapse.perf_data.kernel import parse_kallsyms
from flamegraph.collapse.perf_data.processes import Mapping
from flamegraph.collapse.perf_data.symbols import Resolver

TEXT = 0xFFFFFFFF81000000
MODULE = 0xFFFFFFFFC0200000
KALLSYMS = f"""\
0000000000000000 A fixed_percpu_data
{TEXT:x} T startup_64
{TEXT:x} T _stext
{TEXT:x} T _text
{TEXT + 0x100:x} t local_one
{TEXT + 0x200:x} W weak_alias
{TEXT + 0x200:x} T strong_name
{TEXT + 0x280:x} r no_code
{TEXT + 0x300:x} T last_in_kernel
{MODULE:x} t nf_first\t[nf_tables]
{MODULE + 0x40:x} t nf_second\t[nf_tables]
not a line
"""


def mapping(path: str, start: int, size: int, offset: int = 0, pid: int = -1) -> Mapping:
    return Mapping(start, start + size, offset, path, pid=pid)


def kernel(folder: Path, addresses: list[int], shift: int = 0, more: list[Mapping] = (), text: str = KALLSYMS):
    (folder / "kallsyms").write_text(text)
    resolver = Resolver(kallsyms=str(folder / "kallsyms"), build_ids=[(-1, "[kernel.kallsyms]", "ab" * 20)])
    image = mapping("[kernel.kallsyms]_text", TEXT + shift, 0x1000000, TEXT + shift)
    return resolver, resolver.kernel([image, *more], np.array(addresses, np.uint64))


@pytest.mark.parametrize("shift", [0, 0x2C00000, -0x600000])
def test_a_kernel_that_lay_elsewhere(tmp_path: Path, shift: int) -> None:
    places = [TEXT, TEXT + 0x180, TEXT + 0x200, TEXT + 0x2FF, TEXT + 0x300, TEXT - 0x1000]
    _, (names, where) = kernel(tmp_path, [(place + shift) % (1 << 64) for place in places], shift)
    # Of several at one address the last has the size, and so the name: as perf has it. Weak ones that come first lose.
    assert names == ["_text", "local_one", "strong_name", "strong_name", "last_in_kernel", None]
    assert set(where) == {"[kernel.kallsyms]"}


def test_modules_and_programs(tmp_path: Path) -> None:
    more = [
        mapping("/lib/modules/6.1.0/kernel/net/nf-tables.ko.xz", MODULE, 0x1000),
        mapping("bpf_prog_6deef7357e7b4530_count", MODULE + 0x2000, 0x80),
        mapping("[empty]", MODULE + 0x10000, 0x1000),
    ]
    places = [MODULE + 4, MODULE + 0x44, MODULE + 0x2010, MODULE + 0x10010]
    _, (names, where) = kernel(tmp_path, places, more=more)
    assert names == ["nf_first", "nf_second", "bpf_prog_6deef7357e7b4530_count", None]
    assert where == ["[nf_tables]", "[nf_tables]", "bpf_prog_6deef7357e7b4530_count", "[empty]"]


def test_hidden_addresses_are_told(tmp_path: Path) -> None:
    hidden = "".join("0" * 16 + line[16:] + "\n" for line in KALLSYMS.splitlines() if line[16:17] == " ")
    resolver, (names, _) = kernel(tmp_path, [TEXT, TEXT + 1], text=hidden)
    assert names == [None, None]
    assert [*resolver.notes.values()] == [2] and "kptr_restrict" in next(iter(resolver.notes))


def test_another_kernel_is_not_trusted() -> None:
    resolver = Resolver(build_ids=[(-1, "[kernel.kallsyms]", "ab" * 20)])
    assert resolver.kernel([], np.array([TEXT], np.uint64))[0] == [None]
    assert resolver.notes == {"kernel address: another kernel runs here: give --kallsyms FILE": 1}
    assert Resolver(release="0.0.1-none").kernel([], np.array([TEXT], np.uint64))[0] == [None]


def test_gzip_and_vmlinux(tmp_path: Path) -> None:
    (tmp_path / "k.gz").write_bytes(gzip.compress(KALLSYMS.encode()))
    resolver = Resolver(kallsyms=str(tmp_path / "k.gz"))
    assert resolver.kernel([], np.array([TEXT + 0x101], np.uint64))[0] == ["local_one"]
    (tmp_path / "k.gz").write_bytes(gzip.compress(KALLSYMS.encode())[:20] + b"damage")
    resolver = Resolver(kallsyms=str(tmp_path / "k.gz"))
    assert resolver.kernel([], np.array([TEXT + 0x101], np.uint64))[0] == [None]
    assert len(resolver.notes) == 1
    vmlinux = elf([("_text", TEXT_ADDRESS, 0, FUNC, GLOBAL), ("do_it", TEXT_ADDRESS + 0x40, 16, FUNC, GLOBAL)])
    (tmp_path / "vmlinux").write_bytes(vmlinux)
    resolver = Resolver(vmlinux=str(tmp_path / "vmlinux"), kallsyms="/no/such/file")
    image = mapping("[kernel.kallsyms]_text", TEXT, 0x1000, TEXT)
    assert resolver.kernel([image], np.array([TEXT + 0x44], np.uint64))[0] == ["do_it"]


def test_damaged_kallsyms_do_no_harm() -> None:
    chance = random.Random(3)
    for _ in range(500):
        text = bytearray(KALLSYMS.encode())
        for _ in range(chance.randint(1, 5)):
            text[chance.randrange(len(text))] = chance.randrange(256)
        raw, strings = parse_kallsyms(bytes(text[: chance.randint(0, len(text))]))
        assert len(raw.start) <= 11 and all(raw.name < max(len(strings), 1))


MAP = b"""\
7f0000001000 20 JS:~value node:internal/main:204:20
0x00007f0000002000 0x0000000000000040 java.lang.Object java.util.HashMap.get(java.lang.Object)
7f0000003000 100 old code
7f0000003040 20 new \xff code
nonsense
7f0000004000 zz bad
ffffffffffffffff 10 beyond the end
7f0000005000 0 nothing
7f0000006000 10
"""


def test_perf_maps() -> None:
    places = [0x1000, 0x101F, 0x1020, 0x203F, 0x3000, 0x3040, 0x305F, 0x3060, 0x4000, 0x5000, 0x6000]
    found = perf_map(MAP).names(np.array([0x7F0000000000 + place for place in places], np.uint64))
    value, java = (line.split(b" ", 2)[2] for line in MAP.splitlines()[:2])
    new, old = b"new \xff code", b"old code"
    assert found == [value, value, None, java, old, new, new, old, None, None, None]


def test_the_map_of_a_process_is_found(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp/perf-42.map").write_bytes(MAP)
    resolver = Resolver(symfs=str(tmp_path))
    address = np.array([0x7F0000001008], np.uint64)
    for path in ("//anon", "/memfd:doublemapper (deleted)", "[anon:code]"):
        code = mapping(path, 0x7F0000001000, 0x10000, pid=42)
        assert resolver.user(42, code, address) == ["JS:~value node:internal/main:204:20"]
        assert resolver.user(43, code, address) == [None]
    (tmp_path / "tmp/perf-44.map").symlink_to(tmp_path / "tmp/perf-42.map")
    os.mkfifo(tmp_path / "tmp/perf-45.map")
    for pid in (44, 45):
        assert resolver.user(pid, mapping("//anon", 0x7F0000001000, 0x10000, pid=pid), address) == [None]


def dump(order: str = "<") -> bytes:
    def record(kind: int, *fields: int, tail: bytes = b"", form: str = "II4Q") -> bytes:
        body = struct.pack(order + form, *fields) + tail
        return struct.pack(order + "IIQ", kind, 16 + len(body), 7) + body

    head = struct.pack(order + "6IQQ", 0x4A695444, 1, 40, 62, 0, 9, 0, 0)
    return b"".join(
        [
            head,
            record(0, 9, 9, 0x5000, 0x5000, 0x20, 1, tail=b"first\0" + b"\x90" * 0x20),
            record(2, 0x5000, 0, form="QQ", tail=b"debug information"),
            record(0, 9, 9, 0x6000, 0x6000, 0x20, 2, tail=b"second\0"),
            record(1, 9, 9, 0x7000, 0x5000, 0x7000, 0x20, 1, form="II5Q"),
            record(0, 9, 9, 0x6010, 0x6010, 0x10, 3, tail=b"third\0"),
            record(3, form=""),
        ]
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_jitdumps(order: str, tmp_path: Path) -> None:
    found = jitdump(dump(order)).names(np.array([0x5000, 0x6000, 0x6010, 0x7010, 0x8000], np.uint64))
    assert found == [b"first", b"second", b"third", b"first", None]
    (tmp_path / "jit-9.dump").write_bytes(dump(order))
    memory = [mapping("//anon", 0x5000, 0x4000, pid=9), mapping("/jit-9.dump", 0x1000, 0x1000, pid=9)]
    assert Resolver(symfs=str(tmp_path)).user(9, memory[0], np.array([0x6010], np.uint64), memory) == ["third"]


def test_damaged_jitdumps_do_no_harm() -> None:
    chance = random.Random(9)
    for _ in range(1000):
        data = bytearray(dump())
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.choice([0, 1, 0x7F, 0xFF])
        found = jitdump(bytes(data[: chance.randint(0, len(data))])).names(np.array([0x5000, 0x6010], np.uint64))
        assert len(found) == 2
