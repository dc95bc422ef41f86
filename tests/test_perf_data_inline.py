"""Functions that the compiler inlined, found in DWARF: what `perf script` prints of them is what is shown.

perf prints inlined functions where it unwinds copied stacks; there the chains are the same with and without them, so
that each address is compared. Deliberate differences, allowed for in `agree`: an innermost function without a linkage
name is called as DWARF calls it, where perf shows the symbol's name again; the outermost one is called as the symbol,
where perf calls it as DWARF does, and marks it as inlined if that differs.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn import by_stack
from perf_oracle import by_gnu, record, tidy

from flamegraph.collapse import read
from flamegraph.collapse.perf_data import inline
from flamegraph.collapse.perf_data.images import Image
from flamegraph.collapse.perf_data.inline import Call
from flamegraph.collapse.perf_data.processes import Mapping
from flamegraph.collapse.perf_data.symbols import Resolver
from flamegraph.collapse.perf_script.frames import Spelling, parse_frame
from flamegraph.errors import MissingExtra
from flamegraph.profile import Kind, Profile

pytest.importorskip("symbolic")

PROGRAM = """
#include <algorithm>
#include <cstdlib>
#include <vector>
namespace {
struct Hidden { long add(long n) { for (long i = 0; i < 50; i++) n = n * 31 + (n ^ i) % 7; return n; } };
inline long anon(long n) { return Hidden().add(n) + 1; }
}
static long local(long n) { return anon(n) ^ anon(n + 2); }
namespace work {
template <class T> struct Box {
    T value;
    template <class F> T map(F f) const { return f(value) + f(value + 1); }
    T operator<(T other) const { return local(value) % other; }
};
template <class T> T twice(T n) {
    return Box<T>{n}.map([](T x) { long s = x; for (int i = 0; i < 30; i++) s += s / ((x & 3) + 3); return s; });
}
__attribute__((noinline)) long outer(long n) { long a = twice(n); return a + (Box<long>{a} < 17); }
__attribute__((noinline)) long again(int depth, long n) {
    if (!depth) return outer(n);
    long x = again(depth - 1, n + 1);
    return x + twice(x);
}
}
inline long factorial(long n) { return n < 2 ? 1 : n * factorial(n - 1) % 1000003; }
__attribute__((noinline)) long sorted(int n) {
    std::vector<long> v;
    for (int i = 0; i < n; i++) v.push_back(factorial(i % 20) * 7919 % 1013);
    std::sort(v.begin(), v.end(), [](long a, long b) { return a % 97 < b % 97; });
    return v[n / 2];
}
extern "C" { static inline long plain(long n) { for (int i = 0; i < 40; i++) n += n / 3 ^ i; return n; } }
int main(int argc, char** argv) {
    long sum = 0;
    auto body = [&sum](int i) { sum += work::again(i % 6, i) + sorted(200) + plain(i); };
    for (int i = 0; i < atoi(argv[1]); i++) body(i);
    volatile long kept = sum;
    (void)kept;
}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "flamegraph" / "inline"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("g++") is None:
        pytest.skip("g++ makes what is tested here")
    folder = tmp_path_factory.mktemp("inline")
    (folder / "nest.cpp").write_text(PROGRAM)
    command = ["g++", "-O2", "-g", "-fno-omit-frame-pointer", "-Wl,--build-id", "nest.cpp", "-o"]
    kinds = {"nest": [], "fixed": ["-no-pie"], "packed": ["-gz=zlib"], "old": ["-gdwarf-4"]}
    builds = [subprocess.Popen([*command, name, *extra], cwd=folder) for name, extra in kinds.items()]
    assert not any(build.wait() for build in builds)
    return folder


def stacks_of(path: Path, program: Path, *arguments: str) -> list[list[tuple[int, bytes]]]:
    """Of each sample (address in the file, line of perf script) while these are in the program, leaf first."""
    command = ["perf", "script", "-f", "-i", str(path), "-F", "ip,sym,dso", "--max-stack", "1000", *arguments]
    samples = []
    for text in subprocess.run(command, capture_output=True, check=True).stdout.split(b"\n\n"):
        lines = []
        for line in filter(None, text.split(b"\n")):
            if not line.endswith((f"({program})".encode(), b"(inlined)")):
                break
            lines.append((int(line.split()[0], 16), line))
        samples.append(lines)
    return samples


def name_in(line: bytes) -> str:
    return parse_frame(b"\t" + line.strip(), None, Spelling(full=True))[0].name


def spelled(name: str) -> str:
    """A name as it comes out of a line, as perf spells it."""
    return by_gnu(name, True) if name.startswith("_Z") else tidy(name, True)


@pytest.mark.parametrize("program", ["nest", "fixed", "packed", "old"])
def test_addresses_have_the_frames_that_perf_prints(program: str, folder: Path, tmp_path: Path) -> None:
    path = folder / program
    data = record(
        tmp_path / "perf.data", "-e", "cpu-clock", "-F", "997", "--call-graph", "dwarf,4096", str(path), "6000"
    )
    image = Image(str(path), "", "", Resolver()._demangler.shown)
    compared: set[int] = set()
    several = 0
    for plain, whole in zip(stacks_of(data, path, "--no-inline"), stacks_of(data, path), strict=True):
        at = 0
        whole = whole if plain else []  # what was inlined elsewhere
        for address, line in plain:
            offsets = np.array([address], np.uint64)
            calls = image.inlined(offsets, np.zeros(1, bool), False)[0]
            lines = [name_in(entry) for entry_at, entry in whole[at : at + max(1, len(calls))] if entry_at == address]
            assert len(lines) == max(1, len(calls)), hex(address)
            at += len(lines)
            if address not in compared:
                ours = [spelled(call.name) for call in reversed(calls)] or [name_in(line)]
                assert spelled(image.names(offsets)[0] or "?") == name_in(line)
                assert agree(lines, ours, name_in(line)), f"{address:x} {lines} {ours}"
            compared.add(address)
            several += len(calls) > 1
        assert at == len(whole)
    assert len(compared) > 10 and several > 10


def agree(perfs: list[str], dwarfs: list[str], symbol: str) -> bool:
    """Whether perf printed what is in DWARF. All have the innermost function first."""
    inner = perfs[0] in (symbol, dwarfs[0]) and perfs[1:-1] == dwarfs[1:-1]
    return inner and (perfs[-1] in (symbol, dwarfs[-1]) or perfs[-1].split("<")[0] == last_part(symbol))


def last_part(symbol: str) -> str:
    """What a function is called without its scope and its template arguments, as where DWARF has no linkage name."""
    return symbol.split("<")[0].rpartition("::")[2]


def test_recordings_with_frame_pointers(folder: Path, tmp_path: Path) -> None:
    program = str(folder / "nest")
    data = record(tmp_path / "perf.data", "-e", "cpu-clock", "-F", "1999", "-g", program, "4000")
    without, auto, asked = (read(data, inline=wish) for wish in ("no", "auto", "yes"))
    # Libraries may have more debug information than is read without asking.
    assert stacks(auto, inlined_in=program) == stacks(asked, inlined_in=program) != stacks(without)
    assert stacks(without) == stacks(asked), "without what was inlined they are the same, frame by frame"
    assert Kind.INLINED not in without.frames.kind.tolist() and auto.skipped == without.skipped
    assert asked.meta.annotated == frozenset()  # as with perf script, names alone don't tell
    marked = replace(asked, meta=replace(asked.meta, annotated=frozenset({Kind.INLINED})))
    text = "\n".join(";".join(stack) for stack in by_stack(marked))
    assert "main;operator_[i];sorted" in text and "factorial_[i];factorial_[i]" in text
    assert "work::twice<long>_[i];work::Box<long>::map<work::twice<long>_[i]" in text


def stacks(profile: Profile, inlined_in: str = "") -> dict[tuple[str, ...], int]:
    """The sampled stacks and their values, of what was inlined only what is in one module."""
    frames = profile.frames
    rows = zip(frames.name, frames.kind.tolist(), frames.module, strict=True)
    names = ["" if kind == Kind.INLINED and module != inlined_in else name for name, kind, module in rows]
    found: dict[tuple[str, ...], int] = {}
    for stack, (value, *_) in by_stack(replace(profile, frames=replace(frames, name=names))).items():
        key = tuple(filter(None, stack))
        found[key] = found.get(key, 0) + value
    return found


def test_source_places_are_known(folder: Path, tmp_path: Path) -> None:
    data = record(tmp_path / "perf.data", "-e", "cpu-clock", "-F", "1999", "-g", str(folder / "nest"), "4000")
    frames = read(data).frames
    lines = (folder / "nest.cpp").read_text().splitlines()
    seen = {}
    for name, kind, file, line, module in zip(
        frames.name, frames.kind, frames.file, frames.line, frames.module, strict=True
    ):
        if module == str(folder / "nest") and file == str(folder / "nest.cpp"):
            seen.setdefault((name, int(kind)), set()).add(lines[line - 1])
    assert any("body(i)" in line for line in seen["main", Kind.USER])
    assert seen["operator", Kind.INLINED] >= {line for line in lines if "auto body" in line}
    assert seen["factorial", Kind.INLINED] == {line for line in lines if "inline long factorial" in line}


def test_what_was_called_is_looked_up_before_the_return(folder: Path) -> None:
    image = Image(str(folder / "nest"), "", "", Resolver()._demangler.shown)
    start = next(int(line.split()[0], 16) for line in symbols(folder / "nest") if line.endswith(" main"))
    spans = np.arange(start, start + 0x90, dtype=np.uint64)
    here = image.inlined(spans, np.zeros(len(spans), bool), False)
    later = image.inlined(spans, np.ones(len(spans), bool), False)
    assert later[0] == () and later[1:] == here[:-1]  # not into what stands before the function
    assert any(len(calls) > 1 for calls in here)


def symbols(path: Path) -> list[str]:
    return subprocess.run(["nm", str(path)], capture_output=True, check=True, text=True).stdout.splitlines()


def test_debug_information_in_a_file_of_its_own(folder: Path, tmp_path: Path) -> None:
    whole, stripped, debug = folder / "nest", tmp_path / "nest", tmp_path / "nest.debug"
    if shutil.which("objcopy") is None:
        pytest.skip("objcopy makes what is tested here")
    subprocess.run(["objcopy", "--only-keep-debug", str(whole), str(debug)], check=True)
    subprocess.run(["objcopy", "-g", f"--add-gnu-debuglink={debug}", str(whole), str(stripped)], check=True)
    spans = np.arange(0x1000, 0x2400, 7, dtype=np.uint64)
    caller = np.zeros(len(spans), bool)
    one, other = (Image(str(path), "", "", Resolver()._demangler.shown) for path in (whole, stripped))
    found = one.inlined(spans, caller, False)
    assert found == other.inlined(spans, caller, False) and any(len(calls) > 2 for calls in found)
    debug.unlink()
    assert not any(Image(str(stripped), "", "", str).inlined(spans, caller, False))


def test_much_debug_information_is_read_only_when_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flamegraph.collapse.perf_data.images.LARGEST", 1000)
    mapping = Mapping(0x1000, 0x3000, 0x1000, str(folder / "nest"))
    addresses = np.arange(0x1200, 0x2000, 16, dtype=np.uint64)
    for wish in ("auto", "yes"):
        resolver = Resolver(inline=wish)
        resolver.user(1, mapping, addresses)
        found = resolver.inlined(mapping, addresses, np.zeros(len(addresses), bool))
        assert any(found) == (wish == "yes")
        assert not resolver.notes


def test_the_library_is_missing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = record(tmp_path / "perf.data", "-e", "cpu-clock", "-F", "999", "-g", str(folder / "nest"), "2000")
    for module in ("flamegraph.collapse.perf_data.reading", "flamegraph.collapse.perf_data.assemble"):
        monkeypatch.setattr(f"{module}.AVAILABLE", False)
    with pytest.raises(MissingExtra, match=r"--inline yes needs .*: pip install 'flamegraphs\[inline\]'"):
        read(data, inline="yes")
    assert by_stack(read(data)) == by_stack(read(data, inline="no"))


def test_copied_stacks_have_what_perf_finds(folder: Path, tmp_path: Path) -> None:
    data = record(
        tmp_path / "perf.data",
        "-e",
        "cpu-clock",
        "-F",
        "499",
        "--call-graph",
        "dwarf,4096",
        str(folder / "nest"),
        "12000",
    )
    command = ["perf", "script", "-f", "-i", str(data), "-F", "+pid,+ip,+sym,+dso", "--max-stack", "1024"]
    text = subprocess.run(command, capture_output=True, check=True).stdout
    assert by_stack(read(data, inline="yes")) == by_stack(read(text, format="perf_script"))
    assert Kind.INLINED in read(data, inline="yes").frames.kind.tolist()
    assert Kind.INLINED not in read(data).frames.kind.tolist()


def test_damaged_debug_information(folder: Path, tmp_path: Path, home: Path) -> None:
    """Whatever the bytes of the debug sections are: names stay, and nothing is raised."""
    whole, path = bytearray((folder / "nest").read_bytes()), tmp_path / "nest"
    elf = inline.Elf(bytes(whole))
    sections = [(int(s["offset"]), int(s["size"])) for s, name in zip(elf.sections, elf.names, strict=True)
                if name.startswith(b".debug_")]  # fmt: skip
    spans = np.arange(0x1100, 0x2100, 16, dtype=np.uint64)
    names = Image(str(folder / "nest"), "", "", str).names(spans)
    draw, problems, fewer = np.random.default_rng(4), set(), 0
    good = Image(str(folder / "nest"), "", "", repr).inlined(spans, spans == 0, False)
    for turn in range(30):
        data = bytearray(whole)
        for offset, size in sections:
            hits = draw.integers(0, size, max(1, size >> (turn % 9 + 2)))
            for hit in hits.tolist():
                data[offset + hit] = int(draw.integers(0, 256))
        if turn % 10 == 0:
            data = data[: sections[0][0] + 100 * turn]
        path.write_bytes(data)
        shutil.rmtree(home, ignore_errors=True)  # the build id is the same
        image = Image(str(path), "", "", repr)
        found = image.inlined(spans, spans == 0, False)
        problems.add(image.inline_problem)
        fewer += found != good
        if len(data) == len(whole):
            assert len(found) == len(spans) and Image(str(path), "", "", str).names(spans) == names
    assert fewer > 15 and all(len(problem) < 250 and "\n" not in problem for problem in problems)


#: A function f with as many functions inlined into each other as {count}.
NESTED = """
.text
f: .skip 64, 0x90
.globl main
main: ret
.section .debug_abbrev,"",@progbits
.uleb128 1, 0x11; .byte 1; .uleb128 3, 8, 0x11, 1, 0x12, 7, 0, 0
.uleb128 2, 0x2e; .byte 1; .uleb128 3, 8, 0x11, 1, 0x12, 7, 0, 0
.uleb128 3, 0x1d; .byte 1; .uleb128 0x31, 0x13, 0x11, 1, 0x12, 7, 0, 0
.byte 0
.section .debug_info,"",@progbits
.long last - first
first: .short 4; .long 0; .byte 8
.uleb128 1; .asciz "f.c"; .quad f; .quad 65
of: .uleb128 2; .asciz "f"; .quad f; .quad 64
.rept {count}
.uleb128 3; .long of - first + 4; .quad f; .quad 64
.endr
.zero {count} + 3
last:
.section .note.GNU-stack,"",@progbits
"""


@pytest.mark.parametrize(("count", "depth"), [(3, 3), (3000, 1024), (300_000, 0)])
def test_functions_nested_without_end(count: int, depth: int, tmp_path: Path) -> None:
    """A file that makes the library overflow its stack leaves this process alone."""
    if shutil.which("gcc") is None or platform.machine() != "x86_64":
        pytest.skip("gcc makes what is tested here")
    (tmp_path / "deep.s").write_text(NESTED.format(count=count))
    subprocess.run(["gcc", "-no-pie", "-o", "deep", "deep.s"], cwd=tmp_path, check=True)
    path = tmp_path / "deep"
    start = next(int(line.split()[0], 16) for line in symbols(path) if line.endswith(" f"))
    image = Image(str(path), "", "", repr)
    (calls,) = image.inlined(np.array([start + 5 - 0x400000], np.uint64), np.zeros(1, bool), False)
    assert len(calls) == depth and ("its reader ended with" in image.inline_problem) == (depth == 0)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import sys; sys.exit('of a kind of its own')", "of a kind of its own"),
        ("import os; os.abort()", "its reader ended with -6"),
        ("print('no table')", ""),
    ],
)
def test_a_library_that_fails(script: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "_MAKE", script)
    mapping, addresses = Mapping(0x1000, 0x3000, 0x1000, str(folder / "nest")), np.array([0x1200, 0x1300], np.uint64)
    resolver = Resolver(inline="yes")
    resolver.user(1, mapping, addresses)
    assert resolver.inlined(mapping, addresses, np.zeros(2, bool)) == [(), ()]
    (note,) = resolver.notes
    assert f"debug information can't be read, no inlined functions ({said}" in note


class TestCache:
    """Tables are kept, and found again whole or not at all."""

    def calls(self, folder: Path) -> list[tuple[Call, ...]]:
        spans = np.arange(0x1100, 0x2100, 16, dtype=np.uint64)
        return Image(str(folder / "nest"), "", "", repr).inlined(spans, spans == 0, False)

    def test_found_again(self, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        first = self.calls(folder)
        (kept,) = home.iterdir()
        assert any(first)
        monkeypatch.setattr(inline, "_MAKE", "")  # it can't be made now
        assert self.calls(folder) == first
        content = kept.read_bytes()
        for damaged in (b"", content[:40], content[:-1], content + b"x", content[:999] + b"?" + content[1000:]):
            kept.write_bytes(damaged)
            assert not any(self.calls(folder))

    def test_damage_is_mended(self, folder: Path, home: Path) -> None:
        first = self.calls(folder)
        (kept,) = home.iterdir()
        good = kept.read_bytes()
        kept.write_bytes(good[:-5])
        assert self.calls(folder) == first and kept.read_bytes() == good

    def test_no_place_for_it(self, folder: Path, home: Path) -> None:
        home.parent.mkdir(parents=True)
        home.write_text("a file")
        assert any(self.calls(folder))
