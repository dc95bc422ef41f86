"""Names of user addresses: ELF files, and where the symbols of a stripped one are found."""

from __future__ import annotations

import lzma
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from elves import FUNC, GLOBAL, LOCAL, NOTYPE, OBJECT, TEXT_ADDRESS, TEXT_OFFSET, WEAK, elf

from flamegraph.collapse.perf_data.elf import Elf
from flamegraph.collapse.perf_data.images import symbol_table
from flamegraph.collapse.perf_data.processes import Mapping
from flamegraph.collapse.perf_data.symbols import Resolver

ID = "0123456789abcdef0123456789abcdef01234567"
BASE = 0x7F0000000000


def names(data: bytes, *addresses: int) -> list[str | None]:
    """The names of addresses as the file states them, before it is mapped anywhere."""
    found = symbol_table(Elf(data), Elf(data), bytes.decode).names(np.array(addresses, np.uint64))
    return [name and name.decode() for name in found]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [True, False])
def test_every_kind_of_elf(order: str, wide: bool) -> None:
    symbols = [("first", 0x401200, 0x10, FUNC, GLOBAL), ("second", 0x401210, 0x20, FUNC, LOCAL)]
    data = elf(symbols, plt=["malloc", "free"], build_id=ID, order=order, wide=wide)
    assert names(data, 0x4011FF, 0x401200, 0x40120F, 0x401210, 0x40122F, 0x401230) == [
        None, "first", "first", "second", "second", None,
    ]  # fmt: skip
    assert names(data, 0x40200F, 0x402010, 0x40202F, 0x402030) == [None, "malloc@plt", "free@plt", None]
    assert Elf(data).build_id == ID
    assert Elf(data).addresses(np.array([TEXT_OFFSET, 1 << 40], np.uint64)).tolist() == [TEXT_ADDRESS, 1 << 40]


# What perf makes of several symbols at one address, and of sizes that are not stated; checked against perf script.
TIES = {
    "a size beats none": ([("none", 0, NOTYPE, GLOBAL), ("sized", 8, FUNC, LOCAL)], "sized"),
    "a type beats none": ([("label", 8, NOTYPE, GLOBAL), ("typed", 8, OBJECT, LOCAL)], "typed"),
    "weak is worse than local": ([("weak", 8, FUNC, WEAK), ("local", 8, FUNC, LOCAL)], "local"),
    "global is better than local": ([("local_", 8, FUNC, LOCAL), ("glob", 8, FUNC, GLOBAL)], "glob"),
    "fewer underscores in front": ([("__libc_read", 8, FUNC, GLOBAL), ("read", 8, FUNC, GLOBAL)], "read"),
    "longer": ([("read", 8, FUNC, GLOBAL), ("reading", 8, FUNC, GLOBAL)], "reading"),
    "first": ([("one", 8, FUNC, GLOBAL), ("two", 8, FUNC, GLOBAL)], "one"),
    "the last without a size gets one": ([("one", 0, FUNC, GLOBAL), ("two", 0, FUNC, LOCAL)], "two"),
}


@pytest.mark.parametrize("case", TIES)
def test_symbols_at_one_address(case: str) -> None:
    symbols, winner = TIES[case]
    data = elf([(name, 0x401300, *rest) for name, *rest in symbols])
    assert names(data, 0x401300, 0x401307) == [winner, winner]


def test_the_end_is_that_of_the_symbol_that_is_chosen() -> None:
    def found(*symbols: tuple[str, int]) -> list[str | None]:
        rows = [(name, 0x401300, size, FUNC, GLOBAL) for name, size in symbols]
        return names(elf([*rows, ("next", 0x401310, 8, FUNC, GLOBAL)]), 0x401300, 0x401303, 0x401304, 0x40130F)

    assert found(("cpus", 4), ("affinity", 0)) == ["affinity"] * 4
    assert found(("affinity", 4), ("cpus", 0)) == ["affinity", "affinity", None, None]
    assert found(("cpus", 0), ("affinity", 4)) == ["affinity", "affinity", None, None]


def test_ends_and_overlaps() -> None:
    data = elf(
        [
            ("open", 0x401200, 0, FUNC, GLOBAL),
            ("outer", 0x401300, 0x100, FUNC, GLOBAL),
            ("label", 0x401310, 0, NOTYPE, LOCAL),
            ("inner", 0x401320, 0x10, FUNC, LOCAL),
            ("last", 0x401500, 0, FUNC, GLOBAL),
        ]
    )
    assert names(data, 0x4012FF) == ["open"], "up to the next symbol"
    assert names(data, 0x401318, 0x401328, 0x401330, 0x4013FF) == ["outer", "inner", "outer", "outer"]
    assert names(data, 0x401400) == [None], "a stated size is not stretched"
    assert names(data, 0x402FFF, 0x403000) == ["last", None], "the rest of its page and one more"


def test_dynamic_symbols_come_in_too() -> None:
    data = elf([("static", 0x401200, 8, FUNC, LOCAL)], [("exported", 0x401210, 8, FUNC, GLOBAL)])
    assert names(data, 0x401200, 0x401210) == ["static", "exported"]


def test_marks_on_arm_are_no_names() -> None:
    symbols = [("work", 0x401201, 16, FUNC, GLOBAL), ("$t", 0x401204, 0, NOTYPE, LOCAL), ("$d.1", 0x401210, 0, 0, 0)]
    assert names(elf(symbols, machine=40, wide=False), 0x401200, 0x401205, 0x401212) == ["work", "work", None]


def ask(folder: Path, build_id: str = "", path: str = "/bin/program") -> tuple[list[str | None], dict[str, int]]:
    resolver = Resolver(symfs=str(folder), build_ids=[(1, path, build_id)] if build_id else [])
    mapping = Mapping(BASE, BASE + 0x2000, TEXT_OFFSET, path)
    return resolver.user(1, mapping, np.array([BASE + 4, BASE + 0x800], np.uint64)), resolver.notes


def put(folder: Path, path: str, data: bytes) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)


FULL = elf([("work", TEXT_ADDRESS, 16, FUNC, GLOBAL)], build_id=ID)
STRIPPED = elf(build_id=ID)


@pytest.mark.parametrize(("recorded", "named"), [(ID, True), (ID[:-1] + "0", False), ("", True)])
def test_only_the_file_that_ran_is_trusted(tmp_path: Path, recorded: str, named: bool) -> None:
    put(tmp_path, "bin/program", FULL)
    found, notes = ask(tmp_path, recorded)
    assert found == (["work", None] if named else [None, None])
    assert notes == ({} if named else {"address in /bin/program: build id differs": 2})


@pytest.mark.parametrize(
    "place", [f"usr/lib/debug/.build-id/{ID[:2]}/{ID[2:]}.debug", "usr/lib/debug/bin/program.debug"]
)
def test_symbols_beside_a_stripped_file(tmp_path: Path, place: str) -> None:
    put(tmp_path, "bin/program", STRIPPED)
    assert ask(tmp_path, ID) == ([None, None], {"address in a program or library: no symbols": 2})
    put(tmp_path, place, elf([("work", TEXT_ADDRESS, 16, FUNC, GLOBAL)], build_id="00" + ID[2:]))
    assert ask(tmp_path, ID)[0] == [None, None], "it belongs to another file"
    put(tmp_path, place, FULL)
    assert ask(tmp_path, ID) == (["work", None], {})
    (tmp_path / "bin/program").unlink()
    assert ask(tmp_path, ID)[0] == ["work", None], "without the file that ran its debug file has to do"


def test_debug_link_and_packed_symbols(tmp_path: Path) -> None:
    debug = elf([("work", TEXT_ADDRESS, 16, FUNC, GLOBAL)])
    link = b"program.debug".ljust(16, b"\0") + struct.pack("<I", zlib.crc32(debug))
    put(tmp_path, "bin/program", elf(sections=[(".gnu_debuglink", link)]))
    put(tmp_path, "bin/.debug/program.debug", debug + b"changed")
    assert ask(tmp_path)[0] == [None, None]
    put(tmp_path, "bin/.debug/program.debug", debug)
    assert ask(tmp_path)[0] == ["work", None]
    put(tmp_path, "bin/program", elf(sections=[(".gnu_debugdata", lzma.compress(debug))]))
    assert ask(tmp_path)[0] == ["work", None]


def test_the_build_id_cache_of_perf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path, f".debug/.build-id/{ID[:2]}/{ID[2:]}/elf", FULL)
    resolver = Resolver(build_ids=[(1, "/no/such/program", ID)])
    mapping = Mapping(BASE, BASE + 0x2000, TEXT_OFFSET, "/no/such/program")
    assert resolver.user(1, mapping, np.array([BASE], np.uint64)) == ["work"]


def test_paths_out_of_a_recording_stay_below_symfs(tmp_path: Path) -> None:
    put(tmp_path, "secret", FULL)
    put(tmp_path, "root/here", b"")
    assert ask(tmp_path / "root", path="/../secret")[0] == [None, None]


@pytest.mark.parametrize(
    "path", ["/dev/zero-like", "relative", "", "/bin", "/a\0b", "[heap]", "/bin/program (deleted)"]
)
def test_paths_that_name_no_file(tmp_path: Path, path: str) -> None:
    put(tmp_path, "bin/program", FULL)
    assert ask(tmp_path, path=path)[0] == [None, None]


def test_a_damaged_file_names_less_and_does_no_harm() -> None:
    whole = elf(
        [(f"name{n}", TEXT_ADDRESS + 16 * n, 16 * (n % 3), FUNC, n % 3) for n in range(50)],
        [("dynamic", TEXT_ADDRESS + 0x400, 8, FUNC, GLOBAL)],
        plt=["malloc"],
        build_id=ID,
        sections=[(".gnu_debuglink", b"x\0\0\0abcd"), (".gnu_debugdata", lzma.compress(FULL))],
    )
    chance = random.Random(5)
    places = np.arange(TEXT_ADDRESS, TEXT_ADDRESS + 0x500, 8, dtype=np.uint64)
    for _ in range(1500):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            size = len(data)
            at = chance.choice([chance.randrange(64), chance.randrange(size - 900, size), chance.randrange(size)])
            data[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        try:
            image = Elf(bytes(data))
        except ValueError:
            continue
        table = symbol_table(image, image, lambda raw: raw.decode("utf-8", "surrogateescape"))
        assert len(table.names(image.addresses(places - np.uint64(TEXT_ADDRESS - TEXT_OFFSET)))) == len(places)
        assert isinstance(image.build_id + image.debug_link[0], str)
