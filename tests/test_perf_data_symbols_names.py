"""C++ and Rust names as perf prints them, and the oracle: names of random addresses of the programs that are here."""

from __future__ import annotations

import random
import re
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from perf_oracle import by_gnu, is_vague, script, tidy

from flamegraph.collapse.perf_data import demangle
from flamegraph.collapse.perf_data.demangle import Demangler
from flamegraph.collapse.perf_data.elf import Elf, mapped
from flamegraph.collapse.perf_data.gnu_names import gnu_spelling
from flamegraph.collapse.perf_data.processes import Mapping
from flamegraph.collapse.perf_data.symbols import Resolver

needs_library = pytest.mark.skipif(demangle.pycxxfilt is None, reason="the extra `symbols` is not installed")

# Right: what `c++filt -p -i` says.
NAMES = {
    "_Z3fooi": "foo",
    "_Z3foov.constprop.0.isra.0": "foo",
    "_ZN1A1fEi@plt": "A::f@plt",
    "_ZNKR1A1fEv": "A::f",
    "_ZN12_GLOBAL__N_11AclEi": "(anonymous namespace)::A::operator()",
    "_ZStltIcSt11char_traitsIcESaIcEEbRKSbIT_T0_T1_ES7_": (
        "std::operator< <char, std::char_traits<char>, std::allocator<char> >"
    ),
    "_ZlsIiERSoS0_T_": "operator<< <int>",
    "_ZN1AcvT_IiEEv": "A::operator int<int>",
    "_ZN1AdaEPv": "A::operator delete[]",
    "_ZN1CrsEi": "C::operator>>",
    "_Z2fpILi3EEPFicEi": "fp<3>",
    "_ZSt3maxIiERKT_S2_S2_": "std::max<int>",
    "_ZZ3fooIiEvT_ENKUliE_clEi": "foo<int>(int)::{lambda(int)#1}::operator()",
    "_ZZ4mainENKUlT_E0_clIiEEDaS_": "main::{lambda(auto:1)#2}::operator()<int>",
    "_ZZ3foovE1x": "foo()::x",
    "_ZThn8_N1A1fEi": "non-virtual thunk to A::f(int)",
    "_ZTI1A": "typeinfo for A",
    "_ZGTtNKSt11logic_error4whatEv": "transaction clone for std::logic_error::what() const",
    "_ZN1fI1AIJidEEEEvv": "f<A<int, double> >",
    "_ZN1fI1AI1BIiEJEEEEvv": "f<A<B<int>> >",
    "_ZN1XIXadL_ZN1A1fEiEEE1gEv": "X<&A::f>::g",
    "_ZN1XIXadL_Z1hiEEE1gEv": "X<&(h(int))>::g",
    "_ZN1B3fooB5cxx11Ev": "B::foo[abi:cxx11]",
    "_RNvMNtCsbi0EcKpyApm_17rustc_thread_pool11thread_poolNtB2_10ThreadPool3new": (
        "<rustc_thread_pool::thread_pool::ThreadPool>::new"
    ),
    "_ZN4core3fmt5write17h0123456789abcdefE": "core::fmt::write",
    "_ZN5bytes5bytes12static_clone17hdc2ea4b110292e8cE.llvm.123": "bytes::bytes::static_clone",
    "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$9write_str17hcc4e95ed9fd4917cE": (
        "<alloc::string::String as core::fmt::Write>::write_str"
    ),
    "_ZN1A1gI1BIiEJEEEvT_DpOT0_": "A::g<B<int>>",
    "_ZN1XIXadL_ZN1A1fIiEEiT_EEE1gEv": "X<&(int A::f<int>(int))>::g",
    "_ZN1XIXadL_ZNK1A1fEvEEE1gEv": "X<&(A::f() const)>::g",
    "_ZN1fISt5_BindIFPFvibES0_bEEE1gEv": "f<std::_Bind<void (*(std::_Bind, bool))(int, bool)> >::g",
    "_Z1fIDv4_iEvT_": "f<int __vector(4)>",
    "_ZTH1a": "TLS init function for a",
    "_ZTW1a": "TLS wrapper function for a",
    "_D3std5stdio7writelnFZv": "_D3std5stdio7writelnFZv",
    "_Znonsense": "_Znonsense",
    "main": "main",
    "_start": "_start",
}


@needs_library
@pytest.mark.parametrize("name", NAMES)
def test_names_as_perf_prints_them(name: str) -> None:
    assert Demangler().shown(name.encode()) == NAMES[name]
    assert Demangler(wanted=False).shown(name.encode()) == name


def test_without_the_library_names_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demangle, "pycxxfilt", None)
    demangler = Demangler()
    assert [demangler.shown(name) for name in (b"_Z3fooi", b"_Z3fooi", b"main")] == ["_Z3fooi", "_Z3fooi", "main"]
    assert demangler.missed == 1
    assert demangler.shown(b"_ZN4core3fmt5write17h0123456789abcdefE") == "core::fmt::write"


def doubling(levels: int) -> str:
    """A name whose every level holds the one before twice."""
    ids = ["S_", *(f"S{digit}_" for digit in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    return "_Z1f1a1bIS_S_E" + "".join(f"S0_I{ids[n + 2]}{ids[n + 2]}E" for n in range(levels))


@needs_library
@pytest.mark.parametrize(
    "name", [doubling(30), "_Z1f" + "P" * 200_000 + "i", "_Z1f" + "1AI" * 50_000 + "i" + "E" * 50_000]
)
def test_names_made_to_hurt_stay_as_they_are(name: str) -> None:
    start = time.perf_counter()
    assert Demangler().shown(name.encode()) == name
    assert time.perf_counter() - start < 2


PROGRAM = """
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>
namespace { struct Call { int operator()(int x) const { return x; } template <class T> T get(T t) { return t; } }; }
template <class F> __attribute__((noinline)) auto call(F f, int x) -> decltype(f(x)) { return f(x); }
template <int N> __attribute__((noinline)) int (*pointer(int))(char) { return nullptr; }
struct Odd {
    template <class T> operator T*() { return nullptr; }
    Odd& operator<<(int) & { return *this; }
    Odd& operator>>(int) && { return *this; }
    bool operator<(const Odd&) const volatile { return true; }
    virtual ~Odd() {}
};
template <class T> bool operator<(const std::vector<T>&, Odd) { return true; }
int main(int argc, char** argv) {
    auto generic = [&](auto q) { return [=](int z) { return z + q; }(1); };
    std::vector<int> v{1, 2, 3};
    std::sort(v.begin(), v.end(), [](int p, int q) { return p < q; });
    std::map<std::string, std::vector<std::string>> map{{"a", {"b"}}};
    std::function<int(int)> f = generic;
    Odd odd;
    odd << 1, Odd() >> 1, odd < odd, (int*)odd, v < odd;
    return call(generic, argc) + call(Call(), argc) + Call().get(3) + f(4) + (pointer<3>(1) != nullptr) + map.size();
}
"""


def programs(folder: Path) -> Iterator[str]:
    """Programs and libraries that are here, and C++ of our own."""
    for name in ("bash", "python3", "perf", "node", "go", "ld"):
        found = shutil.which(name)
        if found and Path(found).resolve().read_bytes()[:4] == b"\x7fELF":
            yield str(Path(found).resolve())
    for name in ("libc.so.6", "libm.so.6", "libstdc++.so.6", "libpython3*.so*", "libcrypto.so*"):
        yield from (str(path) for path in Path("/usr/lib/x86_64-linux-gnu").glob(name))
    if shutil.which("g++"):
        (folder / "odd.cpp").write_text(PROGRAM)
        builds = [
            subprocess.Popen(["g++", level, "-std=c++17", "-o", f"odd{level}", "odd.cpp"], cwd=folder)
            for level in ("-O0", "-O2")
        ]
        assert not any(build.wait() for build in builds)
        yield from (str(folder / f"odd{level}") for level in ("-O0", "-O2"))


def recording(plans: list[tuple[str, int, list[int]]]) -> bytes:
    """A perf.data file of one process that has mapped these files and is found at these offsets of each."""

    def record(kind: int, body: bytes) -> bytes:
        body += b"\0" * (-len(body) % 8)
        return struct.pack("<IHH", kind, 2, len(body) + 8) + body

    records, chain, at = record(3, struct.pack("<ii8s", 7, 7, b"oracle")), [], BASE
    for path, size, offsets in plans:
        fields = struct.pack("<iiQQQIIQQII", 7, 7, at, size, 0, 0, 0, 0, 0, 5, 2)
        records += record(10, fields + path.encode() + b"\0")
        chain += [at + offset for offset in offsets]
        at += (size + 0x100000) & ~0xFFF
    for first in range(0, len(chain), 100):  # perf script shows no more than 127 at a time
        part = chain[first : first + 100]
        fields = struct.pack("<QiiQQ", part[0], 7, 7, len(part) + 1, (1 << 64) - 512)
        records += record(9, fields + struct.pack(f"<{len(part)}Q", *part))
    attr = struct.pack("<IIQQQQ", 1, 128, 0, 1, 0x23, 0) + bytes(88)
    head = b"PERFILE2" + struct.pack("<10Q", 104, 144, 104, 144, 248, len(records), 0, 0, 0, 0) + bytes(16)
    return head + attr + bytes(16) + records


BASE = 0x10000000000


def offsets_of(image: Elf, chance: random.Random, count: int) -> list[int]:
    """Beginnings, middles and ends of symbols, as offsets in the file, and any places in the code."""
    code = image.segments[(image.segments["type"] == 1) & (image.segments["flags"] & 1 > 0)]
    found = set()
    for segment in code:
        offset, address, size = (int(segment[field]) for field in ("offset", "vaddr", "filesz"))
        found |= {offset + chance.randrange(max(size, 1)) for _ in range(count)}
        for raw, _ in image.symbols():
            rows = np.flatnonzero((raw.start >= address) & (raw.end < address + size)).tolist()
            for row in chance.sample(rows, min(count, len(rows))):
                start, end = int(raw.start[row]), int(raw.end[row])
                found |= {at - address + offset for at in (start, (start + end) // 2, max(end - 1, start), end)}
    return sorted(at for at in found if 0 <= at < len(image.data))


#: By path and offset in the file, the name.
Names = dict[tuple[str, int], str]


@pytest.fixture(scope="session")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, int, list[int]]]]:
    """A recording that hits programs here in many places, and these: (path, size, offsets)."""
    if shutil.which("perf") is None:
        pytest.skip("perf is the oracle")
    folder, chance, found = tmp_path_factory.mktemp("names"), random.Random(1), []
    for path in programs(folder):
        image = Elf(mapped(path))
        found.append((path, len(image.data) + 0xFFF & ~0xFFF, offsets_of(image, chance, 300)))
    (folder / "perf.data").write_bytes(recording(found))
    return folder / "perf.data", found


def by_perf(path: Path, *arguments: str) -> Names:
    text = script(path, "-F", "ip,sym,dso", *arguments).decode("utf-8", "replace")
    lines = re.findall(r"^\s+([0-9a-f]+) (.*) \((/.*)\)$", text, re.MULTILINE)
    return {(where, int(at, 16)): name for at, name, where in lines}


def by_us(plans: list[tuple[str, int, list[int]]], demangle: bool) -> Names:
    resolver, found = Resolver(demangle=demangle), {}
    for path, size, offsets in plans:
        names = resolver.user(7, Mapping(0, size, 0, path), np.array(offsets, np.uint64))
        found |= {(path, at): name or "[unknown]" for at, name in zip(offsets, names, strict=True)}
    return found


def different(perfs: Names, ours: Names) -> list[tuple[str, str, str, str]]:
    """(path, offset, perf's name, ours), but not where perf's is a matter of chance."""
    assert perfs.keys() == ours.keys() and len(ours) > 3000
    return [
        (path, f"{at:x}", name, ours[path, at])
        for (path, at), name in perfs.items()
        if name != ours[path, at] and not any(is_vague(other, path) for other in (name, ours[path, at]))
    ]


def test_symbols_are_those_of_perf(plans) -> None:
    path, files = plans
    assert not different(by_perf(path, "--no-demangle"), by_us(files, demangle=False))


#: What GNU's demangler and LLVM's may spell differently: expressions, parameter packs, default arguments, closures.
_INTRICATE = re.compile(r"X|J|d\d*_|U[lt]")


@needs_library
def test_names_are_those_of_perf(plans) -> None:
    path, files = plans
    raw = by_perf(path, "--no-demangle")
    differ = different(by_perf(path), by_us(files, demangle=True))
    for where, at, name, mine in differ:
        symbol = raw[where, int(at, 16)]
        if mine.startswith("_Z"):  # the library refuses it
            assert by_gnu(mine, full=True) == tidy(name, full=True)
        else:
            assert _INTRICATE.search(symbol) and outline(name) == outline(mine), (where, at, symbol)


def outline(name: str) -> str:
    """A name without what is in brackets."""
    shorter = re.sub(r"<[^<>]*>|\([^()]*\)", "", name)
    return name if shorter == name else outline(shorter)


@pytest.mark.parametrize("unit", ["'lambda'(", "<&a::b(", "(&a", "f<(a)::x, <a", "<a("])
def test_what_is_nested_without_end_is_not_spelled_anew(unit: str) -> None:
    """Each level would be looked through again at the level above it."""
    start = time.perf_counter()
    with pytest.raises(ValueError, match="nested too deep"):
        gnu_spelling(unit * (16_000 // len(unit)))
    closing = "".join(")>"["(<".index(bracket)] for bracket in reversed(unit) if bracket in "(<")
    gnu_spelling((unit * 40 + closing * 40 + ", ") * (400 // len(unit)))
    assert time.perf_counter() - start < 2
