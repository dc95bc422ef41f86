"""Austin: text and MOJO say the same, every mode has its metrics, and hostile bytes do no harm."""

from __future__ import annotations

import json
import sys
from collections import Counter

import pytest
from drawn import by_stack
from golden import CORPUS, FIXTURES, ROOT
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.collapse import Match, read
from flamegraph.collapse.austin import sniff
from flamegraph.collapse.austin.mojo import _number
from flamegraph.errors import FlamegraphError, ParseError
from flamegraph.profile import Kind, Metric, Profile
from flamegraph.source import Source

HERE = FIXTURES / "austin"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")


@pytest.fixture(scope="module")
def mojo():
    """The script that makes MOJO, as a module."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import make_mojo
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    return make_mojo


def drawn(profile: Profile) -> dict[str, list]:
    return {";".join(stack): values for stack, values in by_stack(profile).items()}


def test_made_recordings_are_what_the_script_makes(mojo):
    found = {path.stem: path.read_bytes() for path in HERE.glob("*.mojo") if not path.stem.startswith("recorded")}
    assert found == mojo.RECORDINGS


@pytest.mark.parametrize(
    ("mode", "value", "metrics", "values"),
    [
        ("wall", "100", ["wall"], [100_000]),
        ("cpu", "100", ["cpu"], [100_000]),
        ("memory", "4096", ["allocated"], [4096]),
        ("memory", "-512", ["freed"], [512]),
        ("full", "100,0,7", ["wall", "cpu", "allocated"], [100_000, 100_000, 7]),
        ("full", "100,1,-7", ["wall", "freed"], [100_000, 7]),
        ("", "100", ["wall"], [100_000]),  # a header was cut off, or the version is old
        ("", "100,1,7", ["wall", "allocated"], [100_000, 7]),
        ("tomorrow's", "100", ["wall"], [100_000]),
    ],
)
def test_modes(mode: str, value: str, metrics: list[str], values: list[int]):
    header = f"# austin: 3.7.0\n# interval: 100\n# mode: {mode}\n" if mode else ""
    profile = read(f"{header}P1;T1;a.py:f:3 {value}\n".encode())
    units = {"wall": "ns", "cpu": "ns", "allocated": "bytes", "freed": "bytes"}
    assert profile.metrics == tuple(Metric(name, units[name]) for name in metrics)
    assert [profile.total(k) for k in range(len(metrics))] == values
    assert profile.meta.period == (100_000 if mode and mode != "memory" else 0)


def test_lines_are_added_up_or_kept_in_order():
    content = b"# austin: 3.7.0\n# mode: wall\nP1;T1;a.py:f:3 5\nP1;T2;a.py:g:4 6\nP1;T1;a.py:f:3 7\n"
    assert drawn(read(content)) == {"P1;T1;a.py:f:3": [12_000], "P1;T2;a.py:g:4": [6000]}
    kept = read(content, timeline=True)
    assert kept.samples.values.tolist() == [[5000], [6000], [7000]] and kept.samples.time is None
    assert [kept.threads[i].tid for i in kept.samples.thread.tolist()] == [1, 2, 1]


def test_native_and_kernel_frames():
    profile = read(b"P1;T1;native@7f12:_start:33;a.py:f:3;kernel:do_exit:0;:GC: 5\n")
    kinds = dict(zip(profile.frames.name, profile.frames.kind.tolist(), strict=True))
    assert kinds["kernel:do_exit:0"] == Kind.KERNEL
    files = dict(zip(profile.frames.name, profile.frames.file, strict=True))
    assert files == {"P1": "", "T1": "", "native@7f12:_start:33": "", "a.py:f:3": "a.py", "kernel:do_exit:0": "",
                     ":GC:": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "grade"),
    [
        (b"# austin: 3.7.0\n", Match.SIGNATURE),
        (b"P1;T1;a.py:f:3 5\n", Match.SIGNATURE),
        (b"P1;T0:MainThread 5,0,-3\r\n", Match.SIGNATURE),
        (b"P1;T1;a.py:f:3 5\nP1;T1;a.py:", Match.NO),  # half of it is something else
        (b"# austin: 3.7.0\nP1;T1;a.py:f:3 5\nP1;T1;a.py:", Match.SIGNATURE),
        (b"# austin: 3.7.0\nmain;work 5\n", Match.NO),
        (b"Thread 7f1d;f (a.py);L3 5\n", Match.SIGNATURE),
        (b"Process 1;Thread 7f1d;f (a.py:3) 5 0 0\n", Match.SIGNATURE),
        (b"Thread main;f 5\n", Match.NO),
        (b"Thread 7f1d: 5\n", Match.NO),
        (b"P1;work 5\n", Match.NO),
        (b"PARSE;TOKEN 5\n", Match.NO),
        (b"MOJ\x03\x01mode\0wall\0", Match.SIGNATURE),
        (b"MOJO nixon\n", Match.NO),
        (b"", Match.NO),
        (b" " * 100_000, Match.NO),
    ],
)
def test_what_looks_like_it(content: bytes, grade: Match):
    assert sniff(Source(content)) == grade


def test_what_is_no_sample_is_told():
    with pytest.raises(ParseError) as raised:
        read(b"Dear diary\n", format="austin")
    assert "expected a sample, such as" in str(raised.value) and "Dear diary" in str(raised.value)


@given(st.integers(-(2**60), 2**60))
def test_numbers(n: int):
    sys.path.insert(0, str(ROOT / "scripts"))
    import make_mojo

    sys.path.remove(str(ROOT / "scripts"))
    assert _number(make_mojo.number(n)) == n
    assert make_mojo.number(-131) == b"\xc3\x02"  # the example of Austin's documentation


def test_deep_and_long_stacks(mojo):
    many = b"".join(mojo.sample(3, "1f", *[10] * 50_000) for _ in range(2))
    profile = read(mojo.recording(3, mojo.event(mojo.STACK, 12, 0, "1f") + mojo.names(3), many))
    assert len(profile.stacks) == 50_003 and profile.total() == 2_000_000
    profile = read(b"P1;T1" + b";a.py:f:3" * 50_000 + b" 7\n")
    assert len(profile.stacks) == 50_003 and profile.meta.format == "austin"


@pytest.mark.parametrize(
    "body",
    [
        b"\x02\x01\0" + b"x" * 2_000_000,  # a name that never ends
        b"\x05" + b"\x80" * 2_000_000,  # a number that never ends
        b"\x02\x01\0x\0" + b"\x05\x01" * 1_000_000,
        b"\x02\x01\0x\0\x0d" * 300_000,
        b"\x02\x01\0x\0\x0d\x04\x0d\x09\x01" * 50_000,  # twice what was there before, again and again
        b"\x06" * 2_000_000,
        b"\x03\x01\0\0" + b"\xff" * 12,
    ],
)
def test_hostile_bytes(body: bytes):
    try:
        profile = read(b"MOJ\x04\x01mode\0wall\0" + body)
    except FlamegraphError:
        return
    assert len(profile.stacks) < 1_000_000


@given(st.binary(max_size=200), st.integers(1, 4))
def test_any_bytes(body: bytes, version: int):
    try:
        read(b"MOJ" + bytes([version]) + b"\x01mode\0full\0" + body, format="austin", timeline=True).check()
    except FlamegraphError as error:
        assert "\n" not in str(error)


@needs_corpus
def test_text_and_mojo_of_one_recording():
    text, binary = read(CORPUS / "austin/repeat.austin.gz"), read(CORPUS / "austin/repeat.mojo")
    assert drawn(text) == drawn(binary) and len(drawn(text)) == 12
    assert (text.threads, text.meta, text.metrics) == (binary.threads, binary.meta, binary.metrics)


@needs_corpus
@pytest.mark.parametrize("name", ["austin.out", "repeat.austin.gz", "test.austin.gz"])
def test_corpus_text(name: str):
    """Every line counts, on the stack that stands there, in µs."""
    wanted: Counter[str] = Counter()
    for line in Source(CORPUS / "austin" / name).lines():
        if line and not line.startswith("#"):
            stack, _, time = line.rpartition(" ")
            wanted[stack] += int(time) * 1000
    profile = read(CORPUS / "austin" / name)
    assert {stack: value for stack, (value,) in drawn(profile).items()} == dict(wanted)
    assert not profile.skipped


@needs_corpus
@pytest.mark.parametrize(("name", "total"), [("column.mojo", 3_059_173), ("mp.mojo", 5_286_591)])
def test_corpus_mojo(name: str, total: int):
    """The sums are those of the text that mojo2austin, of austin-python 2.4, makes of the same files."""
    profile = read(CORPUS / "austin" / name)
    assert not profile.skipped and profile.total() == total * 1000
    kinds = zip(profile.frames.name, profile.frames.kind.tolist(), strict=True)
    assert all(":" in frame for frame, kind in kinds if kind == Kind.USER)


@needs_corpus
def test_austins_own_converter_makes_the_same_of_it():
    """austin.json is what austin2speedscope made of austin.out, function by function. It leaves out empty stacks."""
    ours: Counter[tuple[str, ...]] = Counter()
    for (process, thread, *frames), (value,) in by_stack(read(CORPUS / "austin/austin.out")).items():
        if frames:
            functions = (frame.split(":")[-2] for frame in frames)
            ours[(f"{process[1:]}:{thread[1:]}", *functions)] += value
    there = json.loads((CORPUS / "austin/austin.json").read_text())
    names = [frame["name"] for frame in there["shared"]["frames"]]
    theirs: Counter[tuple[str, ...]] = Counter()
    for profile in there["profiles"]:
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True):
            theirs[(profile["name"].split()[-1], *(names[i] for i in sample))] += weight * 1000
    assert ours == theirs
