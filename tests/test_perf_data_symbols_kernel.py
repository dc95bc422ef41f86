"""Names of kernel addresses, and of code compiled at run time."""

from __future__ import annotations

import gzip
import lzma
import os
import platform
import random
import struct
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from elves import FUNC, GLOBAL, LOCAL, TEXT_ADDRESS, TEXT_SIZE, elf
from recordings import KERNEL, USER, Recording

from flamegraph.collapse import read
from flamegraph.collapse.perf_data import jit, modules
from flamegraph.collapse.perf_data import kernel as kernel_module
from flamegraph.collapse.perf_data.jit import jitdump, perf_map
from flamegraph.collapse.perf_data.kernel import parse_kallsyms
from flamegraph.collapse.perf_data.processes import Mapping
from flamegraph.collapse.perf_data.symbols import Resolver
from flamegraph.collapse.perf_data.table import Raw

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


def moved(folder: Path, image: Mapping, text: str = KALLSYMS, **options: str) -> list[str | None]:
    """The names of a place in the kernel and of one in a module, with the kernel where `image` says."""
    (folder / "kallsyms").write_text(text)
    more = [image, mapping("/lib/modules/6.1.0/nf-tables.ko", MODULE, 0x1000)]
    addresses = np.array([image.start + 0x180, MODULE + 0x44], np.uint64)
    return Resolver(kallsyms=str(folder / "kallsyms"), **options).kernel(more, addresses)[0]


def test_modules_are_not_moved_with_the_kernel(tmp_path: Path) -> None:
    """After a boot they lie somewhere else, and nothing in kallsyms says where they were."""
    here = mapping("[kernel.kallsyms]_text", TEXT, 0x1000000, TEXT)
    assert moved(tmp_path, here) == ["local_one", "nf_second"]
    there = mapping("[kernel.kallsyms]_text", TEXT + 0x200000, 0x1000000, TEXT + 0x200000)
    assert moved(tmp_path, there) == ["local_one", None]


def test_a_place_belongs_to_the_module_that_was_recorded_there(tmp_path: Path) -> None:
    _, (names, where) = kernel(tmp_path, [MODULE + 4], more=[mapping("/lib/other.ko", MODULE, 0x1000)])
    assert (names, where) == ([None], ["[other]"])


def test_a_reference_whose_name_ends_another(tmp_path: Path) -> None:
    """Linkers keep "_text" within "my_text"."""
    start, kind = np.array([0x1000, 0x2000], np.uint64), np.zeros(2, np.uint8)
    raw = Raw(start, start, kind, kind, np.array([1, 3]))
    image = mapping("[kernel.kallsyms]_text", TEXT, 0x1000000, TEXT)
    assert kernel_module._moved(raw, memoryview(b"\0my_text\0"), [image]) == TEXT - 0x2000
    assert kernel_module._moved(raw, memoryview(b"\0my_texts\0"), [image]) is None


BUILD_ID = "5a" * 20
IMAGE = [("_text", TEXT_ADDRESS, 0, FUNC, GLOBAL), ("do_it", TEXT_ADDRESS + 0x40, 16, FUNC, GLOBAL)]


@pytest.mark.parametrize(
    "place",
    [
        "usr/lib/debug/boot/vmlinux-6.1.0-x", "boot/vmlinux-6.1.0-x", "lib/modules/6.1.0-x/build/vmlinux",
        "usr/lib/debug/lib/modules/6.1.0-x/vmlinux", f"usr/lib/debug/.build-id/5a/{BUILD_ID[2:]}.debug",
    ],
)  # fmt: skip
def test_images_of_another_kernel_in_the_usual_places(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    image = mapping("[kernel.kallsyms]_text", TEXT, 0x1000, TEXT)
    for build_id, core, expected in (
        (BUILD_ID, image, "do_it"),
        ("5b" * 20, image, None),  # not the one that was recorded
        (BUILD_ID, mapping("[kernel.kallsyms]_text", TEXT, 0x1000), None),  # it is not known where it lay
    ):
        path.write_bytes(elf(IMAGE, build_id=build_id))
        resolver = Resolver(
            symfs=str(tmp_path), release="6.1.0-x", build_ids=[(-1, "[kernel.kallsyms]", BUILD_ID)]
        )  # fmt: skip
        assert resolver.kernel([core], np.array([TEXT + 0x44], np.uint64))[0] == [expected]
        assert bool(resolver.notes) == (expected is None)


def test_no_file_is_looked_for_under_a_made_up_release(tmp_path: Path) -> None:
    (tmp_path / "vmlinux").write_bytes(elf(IMAGE, build_id=BUILD_ID))
    for release in ("../../vmlinux", "x/../../../vmlinux", "\0", ""):
        resolver = Resolver(
            symfs=str(tmp_path), release=release, build_ids=[(-1, "[kernel.kallsyms]", BUILD_ID)]
        )  # fmt: skip
        image = mapping("[kernel.kallsyms]_text", TEXT, 0x1000, TEXT)
        assert resolver.kernel([image], np.array([TEXT + 0x44], np.uint64))[0] == [None]


def test_the_build_id_may_stand_with_the_kernels_mapping() -> None:
    """perf record --buildid-mmap, the rule in newer versions, writes no table of build ids."""
    image = replace(mapping("[kernel.kallsyms]_text", TEXT, 0x1000, TEXT), build_id=BUILD_ID)
    resolver = Resolver(release=platform.release())
    assert resolver.kernel([image], np.array([TEXT + 0x44], np.uint64))[0] == [None]
    assert resolver.notes == {"kernel address: another kernel runs here: give --kallsyms FILE": 1}


def test_what_is_mapped_in_a_virtual_machine_is_not_here() -> None:
    recording = Recording()
    recording.mmap(TEXT, 0x1000, "[guest.kernel.kallsyms]", pid=-1, misc=4)
    recording.mmap(0x1000, 0x1000, "/bin/guest", misc=5)
    recording.sample(KERNEL, TEXT + 8, misc=1)
    recording.sample(USER, 0x1008)
    profile = read(recording.file(), kallsyms=os.devnull)
    assert sorted(profile.frames.name) == [":10", "[unknown]"]


MODULE_CODE = [(".init.text", 0x400), (".exit.text", 0x100), (".text.unlikely", 0x200)]
MODULE_SYMBOLS = [
    ("work", 0x40, 0x20, FUNC, GLOBAL),
    (".init.text:start", 0x10, 0x20, FUNC, LOCAL),
    (".exit.text:stop", 0x10, 0x20, FUNC, LOCAL),
    (".text.unlikely:fail", 0x10, 0x20, FUNC, LOCAL),
]


def module_names(folder: Path, path: str, content: bytes, build_id: str = BUILD_ID) -> list[str | None]:
    file = folder / "lib/modules/6.1.0-x/kernel/net/nf-tables.ko"
    file = file.with_name(path.rsplit("/", 1)[1]) if path.startswith("/") else file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    resolver = Resolver(symfs=str(folder), release="6.1.0-x", build_ids=[(-1, path, build_id)])
    # What runs only at the start lies elsewhere; the other sections with code follow one another.
    places = [MODULE + 0x48, MODULE + TEXT_SIZE + 0x14, MODULE + TEXT_SIZE + 0x114, MODULE + TEXT_SIZE + 0x300]
    return resolver.kernel([mapping(path, MODULE, 0x4000)], np.array(places, np.uint64))[0]


def test_modules_from_their_files(tmp_path: Path) -> None:
    data = elf(MODULE_SYMBOLS, build_id=BUILD_ID, module=MODULE_CODE)
    expected = ["work", ".exit.text:stop", ".text.unlikely:fail", None]
    path = "/lib/modules/6.1.0-x/kernel/net/nf-tables.ko"
    zstandard = pytest.importorskip("zstandard")
    for suffix, content in (
        ("", data), (".gz", gzip.compress(data)), (".xz", lzma.compress(data)),
        (".zst", zstandard.ZstdCompressor().compress(data)),
    ):  # fmt: skip
        assert module_names(tmp_path, path + suffix, content) == expected
        assert module_names(tmp_path, path + suffix, content, "5b" * 20) == [None] * 4
        assert module_names(tmp_path, path + suffix, content[:-40]) in (expected, [None] * 4)
    # Of some the recording has the name alone.
    assert module_names(tmp_path, "[nf_tables]", data) == [None] * 4
    (tmp_path / "lib/modules/6.1.0-x/modules.dep").write_text("kernel/a.ko.xz:\nkernel/net/nf-tables.ko: kernel/a.ko\n")
    assert module_names(tmp_path, "[nf_tables]", data) == expected


def test_modules_that_grow_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "_MAX", 1 << 20)
    zeros = [("zeros", bytes(1 << 24))]
    data = elf(MODULE_SYMBOLS, build_id=BUILD_ID, module=MODULE_CODE, sections=zeros)
    path = "/lib/modules/6.1.0-x/kernel/net/nf-tables.ko"
    for suffix, content in ((".gz", gzip.compress(data)), (".xz", lzma.compress(data))):
        assert module_names(tmp_path, path + suffix, content) == [None] * 4


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

+7f0000006000 10 a sign
7f0000006000  10 a space too many
7f00000060001234567 10 too many digits
7f0000007000 100000000000000000 too many, too
0X7F0000008000 0X10 upper case
"""


def test_perf_maps() -> None:
    places = [0x1000, 0x101F, 0x1020, 0x203F, 0x3000, 0x3040, 0x305F, 0x3060, 0x4000, 0x5000, 0x6000, 0x7000, 0x8000]
    found = perf_map(MAP).names(np.array([0x7F0000000000 + place for place in places], np.uint64))
    value, java = (line.split(b" ", 2)[2] for line in MAP.splitlines()[:2])
    new, old = b"new \xff code", b"old code"
    assert found == [value, value, None, java, old, new, new, old, None, None, None, None, b"upper case"]


@pytest.mark.parametrize("window", [1, 50, 1 << 20])
def test_a_perf_map_in_windows(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "_WINDOW", window)
    test_perf_maps()
    assert perf_map(MAP[:27]).names(np.array([0x7F0000001000], np.uint64)) == [b"JS:~value n"], "cut within a line"


@pytest.mark.parametrize("text", [b"\n" * (16 << 20), b"1 1\n" * (4 << 20), b"f" * (16 << 20), b"0x" * (8 << 20)])
def test_a_perf_map_without_entries_is_soon_read(text: bytes) -> None:
    start = time.perf_counter()
    assert not len(perf_map(text))
    assert time.perf_counter() - start < 3


def test_code_without_a_map_is_told(tmp_path: Path) -> None:
    resolver, code = Resolver(symfs=str(tmp_path)), mapping("//anon", 0x1000, 0x1000, pid=42)
    assert resolver.user(42, code, np.array([0x1000, 0x1800], np.uint64)) == [None, None]
    assert resolver.notes == {jit.NO_MAP: 2} and "perf inject --jit" in jit.NO_MAP


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
