"""DTrace aggregations, also against what inferno-collapse-dtrace made of the same files."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from drawn import by_stack
from golden import CORPUS, ROOT

from flamegraph.collapse import Match, formats, read
from flamegraph.collapse.dtrace import _names
from flamegraph.errors import EmptyProfile
from flamegraph.source import Source
from flamegraph.text import decode

HEADER = "CPU     ID                    FUNCTION:NAME\n  0  64091                        :tick-60s \n\n"
FIXTURES = ROOT / "fixtures/collapse/dtrace"
HERE = CORPUS / "dtrace"


def stacks(text: str, **options) -> dict[tuple[str, ...], int]:
    return {stack: value for stack, (value,) in by_stack(read(text.encode(), **options)).items()}


def block(*frames: str) -> str:
    return "".join(f"              {frame}\n" for frame in frames)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("java`LFoo;::run->LBar;::step", ["java`LFoo;::run", "LBar;::step"]),
        ("app`A::operator->", ["app`A::operator->"]),
        ("app`f(fn() -> int)", ["app`f(fn() -> int)"]),
        ("app`_$LT$T$u20$as$u20$a..B$GT$::c::h0123456789abcdef", ["app`<T as a::B>::c"]),
        ("app`a::_$u7b$$u7b$closure$u7d$$u7d$::h0123456789abcdef", ["app`a::{{closure}}"]),
        ("app`a::b::h0123456789abcdef (.llvm.12)", ["app`a::b"]),
        ("app`a..b$u20$", ["app`a..b$u20$"]),  # no name of Rust
        (
            "libsystem_platform.dylib`_platform_memset$VARIANT$Haswell",
            ["libsystem_platform.dylib`_platform_memset$VARIANT$Haswell"],
        ),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert _names(text) == names


def test_kernel_and_program_are_one_stack() -> None:
    text = (
        HEADER
        + block("zfs`zfs_write+0x1", "unix`sys_syscall+0x2")
        + "\n"
        + block("libc.so.1`write+0x3", "cat`main+0x4")
    )
    assert stacks(text + block("  7")) == {("cat`main", "libc.so.1`write", "unix`sys_syscall", "zfs`zfs_write"): 7}
    marked = stacks(text + block("  7"), kernel=True)
    assert marked == {("cat`main", "libc.so.1`write", "unix`sys_syscall_[k]", "zfs`zfs_write_[k]"): 7}


def test_a_second_output_has_a_header_of_its_own() -> None:
    text = HEADER + block("cat`main+0x4", "  7") + HEADER + block("cat`main+0x5", "  8")
    assert stacks(text) == {("cat`main",): 15}


def test_what_is_missing_is_told() -> None:
    profile = read((FIXTURES / "keys.txt").read_bytes())
    assert profile.skipped == {"sample dropped by DTrace": 17}
    with pytest.raises(EmptyProfile):
        read(HEADER.encode())


def test_stacks_may_be_deep() -> None:
    text = HEADER + block(*(f"app`f{i % 7}+0x{i:x}" for i in range(50_000)), "  2")
    assert [(len(stack), value) for stack, value in stacks(text).items()] == [(50_000, 2)]


@pytest.mark.parametrize(
    ("head", "grade"),
    [
        (HEADER, Match.SIGNATURE),
        (block("cat`main+0x4", "  7"), Match.SHAPE),
        (block("cat`main+0x4"), Match.NO),
        ("  `code` in prose\n", Match.NO),
    ],
)
def test_sniff(head: str, grade: Match) -> None:
    assert formats()["dtrace"].sniff(Source(head.encode())) is grade


def theirs(name: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in Source(HERE / "expected" / name).lines():
        stack, _, value = line.rpartition(" ")
        counts[stack.replace("_{{closure}}", "{{closure}}")] += int(value)  # half a mangling is left there
    return counts


def shortened(text: str, offsets: bool) -> str:
    """An input whose names are cut as inferno cuts them, at the last "(" or "<" behind the first "::"."""
    lines = []
    for line in text.split("\n"):
        if "`" in line and "$" not in line and not offsets:
            line = re.sub(r"(::.*)[(<].*", r"\1", re.sub(r"\+0x[0-9a-f]+$", "", line))
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.skipif(not HERE.exists(), reason="the corpus is not here")
@pytest.mark.parametrize(
    ("name", "expected", "offsets"),
    [
        ("example-dtrace-stacks.txt", "dtrace-example.txt", False),
        ("example-dtrace-stacks.txt", "dtrace-example-offsets.txt", True),
        ("flamegraph-bug.txt", "flamegraph-bug.txt", True),
        ("java.txt", "java.txt", False),
        ("rust-names.txt", "rust-names.txt", False),
        ("stack-ustack.txt", "stack-ustack.txt", False),
    ],
)
def test_the_lines_are_infernos(name: str, expected: str, offsets: bool) -> None:
    text = shortened(decode((HERE / name).read_bytes()), offsets)
    ours: Counter[str] = Counter()
    for (*callers, leaf), value in stacks(text, offsets=offsets).items():
        ours[";".join([*callers, re.sub(r"\+0x[0-9a-f]+$", "", leaf)])] += value  # theirs never has the leaf's
    assert ours == theirs(expected)


@pytest.mark.skipif(not HERE.exists(), reason="the corpus is not here")
@pytest.mark.parametrize("name", ["example-dtrace-stacks.txt", "gprof2dot-go.dtrace", "gprof2dot-rust.dtrace.gz"])
def test_every_sample_counts(name: str) -> None:
    source = Source(HERE / name)
    profile = read(HERE / name)
    assert profile.total() == sum(map(int, re.findall(rb"(?m)^ +(\d+)\s*$", bytes(source.data))))
    assert not profile.skipped
    assert all("`" in name or name.startswith("0x") for name in profile.frames.name)
