"""pprof's older formats: small ones written here, and other people's as google/pprof reads them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from drawn import by_stack
from go_pprof import needs_go, parsed, raw
from golden import CORPUS, FIXTURES

from flamegraph.collapse import Match, formats, read
from flamegraph.collapse.pprof_legacy.maps import Maps
from flamegraph.errors import EmptyProfile, ParseError
from flamegraph.locations import nameless
from flamegraph.profile import Metric
from flamegraph.source import Source

HERE = CORPUS / "pprof" / "google"
EXPECTED = sorted((HERE / "expected").glob("*.string")) if HERE.exists() else []
OTHERS = ["fuzz-gobench.cpu.pb", "fuzz-java.cpu.pb", "driver-cppbench.small.contention"]
OURS = sorted(path for path in (FIXTURES / "pprof_legacy").glob("recorded_*") if path.suffix != ".golden")

#: The text names functions, which google/pprof does not look at.
NAMED = {"cppbench.thread", "cppbench.thread.all"}
#: google/pprof does not read these.
UNKNOWN = {"recorded_jemalloc.heap"}


def same(profile, theirs, named: bool = False) -> None:
    """All values, stack by stack; the last type is the first metric."""
    order = [len(theirs.types) - 1, *range(len(theirs.types) - 1)]
    assert [metric.name for metric in profile.metrics] == [theirs.types[i][0] for i in order]
    units = {"nanoseconds": 1, "microseconds": 1000}
    factor = [units.get(theirs.types[i][1], 1) for i in order]
    expected: dict = {}
    for stack, values in theirs.stacks.items():
        names = tuple(nameless(*place) if len(place) == 2 else place[0] for place in stack)
        row = expected.setdefault(names, [0] * len(order))
        for k, i in enumerate(order):
            row[k] += values[i] * factor[k]
    found = by_stack(profile)
    if named:
        assert sorted(found.values()) == sorted(expected.values())
        assert sorted(map(len, found)) == sorted(map(len, expected))
        assert not any("[" in name for stack in found for name in stack[-2:])
    else:
        assert found == expected


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_as_google_pprof_reads_it(path: Path):
    profile = read(HERE / f"profile-{path.stem}")
    theirs = parsed(path.read_text())
    same(profile, theirs, path.stem in NAMED)
    assert profile.meta.format == "pprof_legacy" and not profile.skipped


@needs_go
@pytest.mark.parametrize(
    "path", [*(HERE / name for name in OTHERS if HERE.exists()), *OURS], ids=lambda path: path.name
)
def test_as_go_tool_pprof_reads_it(path: Path):
    if path.name in UNKNOWN:
        pytest.skip("google/pprof does not read jemalloc's text")
    profile, theirs = read(path), raw(path)
    if path.name.startswith("recorded_go"):
        # Go names what matters of a stack; google/pprof keeps its addresses.
        assert profile.metrics[0].name == theirs.types[-1][0]
        assert profile.total() == sum(values[-1] for values in theirs.stacks.values())
    else:
        same(profile, theirs)


def cpu(*stacks: tuple[int, ...], words: str = "<Q", java: int = 0, tail: bytes = b"", end: bool = True) -> bytes:
    """A CPU profile of gperftools; a stack is its count and then its addresses."""
    order, size = words
    numbers = [0, 3, java, 10_000, 0]
    for count, *addresses in stacks:
        numbers += [count, len(addresses), *addresses]
    if end:
        numbers += [0, 1, 0]
    return struct.pack(f"{order}{len(numbers)}{size}", *numbers) + tail


MAPS = b"""
00400000-00410000 r-xp 00000000 00:00 0   /opt/demo/made
00410000-00420000 rw-p 00010000 00:00 0   /opt/demo/made
"""


@pytest.mark.parametrize("words", ["<Q", ">Q", "<I", ">I"])
def test_cpu_profile(words: str):
    content = cpu((3, 0x401000, 0x402001), (4, 0x401000), words=words, tail=MAPS)
    assert formats()["pprof_legacy"].sniff(Source(content)) is Match.SIGNATURE
    profile = read(content)
    assert profile.metrics == (Metric("cpu", "ns"), Metric("samples", "count"))
    assert by_stack(profile) == {
        ("0000000000402000 [made]", "0000000000401000 [made]"): [30_000_000, 3],
        ("0000000000401000 [made]",): [40_000_000, 4],
    }
    assert profile.meta.period == 10_000_000 and set(profile.frames.module) == {"/opt/demo/made"}


def test_frames_of_the_signal_handler_are_left_out():
    """What nearly all stacks have above the leaf, and the leaf itself if it is there twice."""
    stacks = [(1, leaf, 0x99, 0x77, 0x500, 0x600) for leaf in range(0x10, 0x20)]
    profile = read(cpu(*stacks, (1, 0x40, 0x99, 0x77, 0x40, 0x600)))
    assert {len(stack) for stack in by_stack(profile)} == {3, 2}
    assert ("00000000000005ff <unknown>", "0000000000000040 <unknown>") in by_stack(profile)


def test_java_cpu_profile():
    tail = b"\n 0x11 com.example.Shop.sell (Shop.java:30)\n 0x12 memcpy (/lib/libc.so)\n"
    tail += b" 0x13 GC\n 0x14 generated stub/JIT\n"
    profile = read(cpu((2, 0x14, 0x12, 0x11, 0x13, 0x99), java=1, tail=tail))
    assert by_stack(profile) == {
        ("0000000000000099 <unknown>", "GC", "com.example.Shop.sell", "memcpy", "STUB"): [20_000_000, 2]
    }
    place = profile.frames.name.index("com.example.Shop.sell")
    assert (profile.frames.file[place], profile.frames.line[place]) == ("Shop.java", 30)


def test_cpu_profile_that_is_cut_off():
    whole = cpu((3, 0x401000, 0x402001), (4, 0x401000), end=False)
    assert read(whole).skipped == {"sample cut off at the end": 1}
    assert read(whole[:-8]).total() == 30_000_000
    with pytest.raises(EmptyProfile):
        read(whole[:48])


def test_heap():
    text = (
        b"heap profile: 1: 100 [2: 300] @ heapprofile\n1: 100 [2: 300] @ 0x401001\n0: 0 [1: 5] @\nMAPPED_LIBRARIES:"
        + MAPS
    )
    profile = read(text)
    assert [metric.name for metric in profile.metrics] == [
        "inuse_space",
        "alloc_objects",
        "alloc_space",
        "inuse_objects",
    ]
    assert by_stack(profile) == {("0000000000401000 [made]",): [100, 2, 300, 1], (): [0, 1, 5, 0]}
    for kind in (b"growthz", b"growth", b"fragmentationz"):
        profile = read(b"heap profile: 1: 100 [0: 0] @ %s\n1: 100 [0: 0] @ 0x5\n" % kind)
        assert [metric.name for metric in profile.metrics] == ["space", "objects"] and profile.total() == 100


def test_sampled_heaps_are_scaled():
    """An allocation of as many bytes as the rate is noticed with a probability of 1 - 1/e."""
    for kind in (b"heap_v2/1000", b"heapz_v2/1000", b"heap/2000"):
        profile = read(b"heap profile: 1: 1000 [1: 1000] @ %s\n2: 2000 [2: 2000] @ 0x5\n" % kind)
        assert profile.total() == int(2000 / (1 - 2.718281828459045**-1)) and profile.meta.period == 1000
    assert read(b"heap profile: 1: 1 [1: 1] @ heapprofile\n-1: -100 [0: 0] @ 0x5\n2: 50 [0: 0] @ 0x6\n").total() == -50


def test_jemalloc():
    text = (
        b"heap_v2/1\n  t*: 3: 60 [0: 0]\n  t0: 3: 60 [0: 0]\n@ 0x401001 0x402001\n"
        b"  t*: 2: 40 [0: 0]\n  t0: 1: 20 [0: 0]\n  t1: 1: 20 [0: 0]\n@ 0x401001\n  t*: 1: 20 [0: 0]\n\n"
        b"MAPPED_LIBRARIES:" + MAPS
    )
    profile = read(text)
    assert profile.metrics == (Metric("space", "bytes"), Metric("objects", "count"))
    assert by_stack(profile) == {
        ("0000000000402000 [made]", "0000000000401000 [made]"): [40, 2],
        ("0000000000401000 [made]",): [20, 1],
    }


def test_names_that_go_prints():
    text = (
        b"goroutine profile: total 3\n2 @ 0x44 0x45 0x46\n"
        b"#\t0x43\tmain.wait+0x1c\t/src/a b.go:7\n#\t0x45\tmain.main\t\tmain.go:9\n\n"
        b"1 @ 0x44\n#\t0x43\n\n# 5 = other\n"
    )
    profile = read(text)
    assert by_stack(profile) == {("main.main", "main.wait"): [2], ("0000000000000043 <unknown>",): [1]}
    assert ("/src/a b.go", 7) in zip(profile.frames.file, profile.frames.line.tolist(), strict=True)


def test_contention():
    text = (
        b"--- contentionz 1 ---\ncycles/second = 2000000000\nsampling period = 100\nms since reset = 5\n 30 2 @ 0x11\n"
    )
    profile = read(text)
    assert by_stack(profile) == {("0000000000000010 <unknown>",): [1500, 200]}
    assert (
        profile.metrics == (Metric("delay", "ns"), Metric("contentions", "count"))
        and profile.meta.duration == 5_000_000
    )
    mutex = b"--- mutex:\ncycles/second=1000000000\nsampling period=1\n30 2 @ 0x11\n#\t0x10\tmain.f+0x1\tf.go:3\n"
    assert by_stack(read(mutex)) == {("main.f",): [30, 2]}


def test_threads_that_are_the_same():
    text = (
        b"--- threadz 1 ---\n\n--- Thread 7f (name: main/1) stack: ---\n  PC: 0x10 0x21\n"
        b"--- Thread 80 (name: a/2) stack: ---\n [same as previous thread]\n"
        b"--- Thread 81 (name: b/3) stack: ---\n  PC: 0x00000030: poll(int, char)\n  0x41: run\n"
    )
    assert by_stack(read(text)) == {
        ("0000000000000020 <unknown>", "0000000000000010 <unknown>"): [2],
        ("run", "poll(int, char)"): [1],
    }


@pytest.mark.parametrize(
    ("text", "where", "expected"),
    [
        (b"heap profile: 1: 1 [1: 1] @ heap\nnonsense\n", 2, "a sample (objects: bytes [objects: bytes] @ addresses)"),
        (b"goroutine profile: total 1\nx @ 0x1\n", 2, "a sample (a count, @, addresses)"),
        (b"--- contentionz 1 ---\nx\n", 2, "a sample (cycles, a count, @, addresses)"),
        (b"--- heapz 1 ---\nformat = java\nnothing\n", 3, "a sample (value, count, @, addresses)"),
    ],
)
def test_what_is_wrong_and_where(text: bytes, where: int, expected: str):
    with pytest.raises(ParseError) as raised:
        read(Source(text, "x"))
    assert str(raised.value).startswith(f"x:{where}: expected {expected}, found ")


def test_lines_that_are_no_sample_are_counted():
    profile = read(b"goroutine profile: total 1\n1 @ 0x1\nnonsense\n2 @ 0x2\n")
    assert profile.total() == 3 and profile.skipped == {"line that is no sample": 1}


def test_too_large():
    with pytest.raises(ParseError, match=r"less than 2\^63"):
        read(cpu((2**62, 0x10), (2**62, 0x10)))
    with pytest.raises(Exception, match=r"2\^63"):
        read(b"goroutine profile: total 1\n9223372036854775807 @ 0x1\n9223372036854775807 @ 0x2\n")


def test_maps():
    maps = Maps(
        [
            "W1234 file.cc:77] build=/opt/x",
            "  40000000-40015000: $build (@1000)",
            "7f0000-7f8000 r-xp 00002000 00:00 5   /lib/c.so",
            "7f8000-7f9000 rw-p 00002000 00:00 5   /lib/c.so",
            "x.cc:5] ffff0000-ffff1000: [vdso]",
            "nonsense",
        ]
    )
    places = {
        0x40000000: "/opt/x",
        0x7F0000: "/lib/c.so",
        0x7EE000: "/lib/c.so",
        0x7F8000: "",
        0xFFFF0FFF: "[vdso]",
        5: "",
    }
    assert {address: maps.module(address) for address in places} == places
