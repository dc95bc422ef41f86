"""perf script text that is cut, noisy, enormous, or read in several processes."""

from __future__ import annotations

import os
import signal
import time
from functools import partial

import numpy as np
import pytest
from drawn import by_stack
from golden import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from flamegraph.collapse import read
from flamegraph.collapse.perf_script import reader, spans, stacks, windows
from flamegraph.collapse.perf_script.frames import Spelling
from flamegraph.errors import InputError, ParseError
from flamegraph.profile import Profile

FIXTURES = ROOT / "fixtures/collapse/perf_script"
TEXTS = sorted(path for path in FIXTURES.glob("*.txt") if not path.name.startswith("bad_"))
CUT_OFF = "sample cut off at the end"

SAMPLE = "shop 101  10.%06d:     250000 cpu-clock: \n\t    1000 work+0x10 (/shop)\n\t    2000 main+0x10 (/shop)\n\n"


def usual(count: int) -> bytes:
    return "".join(SAMPLE % i for i in range(count)).encode()


def tables(profile: Profile) -> list:
    """All that a profile holds, for comparison."""
    arrays = [profile.stacks.parent, profile.stacks.frame, profile.samples.stack, profile.samples.values]
    optional = [a for a in (profile.samples.time, profile.samples.thread, profile.samples.cpu) if a is not None]
    frames = profile.frames
    return [
        *(array.tolist() for array in [*arrays, *optional, frames.kind, frames.line]),
        [frames.name, frames.module, frames.file, profile.metrics, profile.threads, profile.meta, profile.skipped],
    ]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("timeline", [False, True], ids=["", "timeline"])
def test_the_number_of_processes_and_windows_changes_nothing(path, timeline: bool, monkeypatch) -> None:
    data = path.read_bytes() * 3
    one = read(data, format="perf_script", timeline=timeline)
    for processes, window in [(1, 128), (3, windows._WINDOW), (2, 256)]:
        monkeypatch.setattr(windows, "_WINDOW", window)
        monkeypatch.setattr(spans, "read_parts", partial(spans.read_parts, processes=processes))
        assert tables(read(data, format="perf_script", timeline=timeline)) == tables(one)
        monkeypatch.undo()


def test_a_helper_that_dies_is_done_without(monkeypatch) -> None:
    here, read_part = os.getpid(), spans.read_part

    def dying(*work):
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return read_part(*work)

    data = usual(100)
    monkeypatch.setattr(spans, "read_part", dying)
    parts = spans.read_parts(data, len(data), Spelling(), False, processes=2)
    assert len(parts) == 2 and sum(p.count.sum() for p in parts) == 100


def test_what_is_remembered_has_a_limit(monkeypatch) -> None:
    data = b"".join(p.read_bytes() for p in TEXTS if p.stem in ("recorded_threads", "srcline", "jit", "one_line")) * 2
    expected = tables(read(data))
    monkeypatch.setattr(stacks, "_REMEMBERED", 500)
    monkeypatch.setattr(reader, "_REMEMBERED", 2)
    assert tables(read(data)) == expected


def test_too_many_events(monkeypatch) -> None:
    monkeypatch.setattr(reader, "MOST_EVENTS", 2)
    data = b"".join(b"shop 1 1.5: 10 e%c:\n\t1 a (/x)\n\n" % c for c in b"abcab")
    profile = read(data)
    assert [metric.name for metric in profile.metrics] == ["ea", "eb"] and profile.total() == 20
    assert sum(profile.skipped.values()) == 1


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_cut_anywhere(path) -> None:
    data = path.read_bytes()
    whole = read(data, format="perf_script", weight="samples")
    for stop in np.linspace(0, len(data), 60).astype(int).tolist():
        try:
            profile = read(data[:stop], format="perf_script", weight="samples")
        except InputError:
            continue
        more = profile.skipped.get(CUT_OFF, 0)
        assert profile.samples.values.sum() + more <= whole.samples.values.sum() + len(whole.skipped) + 1


def test_a_sample_that_is_cut_off() -> None:
    data = usual(3)
    one = len(data) // 3
    for stop in range(2 * one + 1, 3 * one):
        profile = read(data[:stop])
        if data[:stop].rstrip(b"\n").endswith(b")"):  # after a whole line nobody can tell
            assert (profile.total(), profile.skipped) == (750000, {})
        elif not data[:stop].endswith(b"\n"):
            assert (profile.total(), profile.skipped) == (500000, {CUT_OFF: 1})
    flat = b"".join(b"            shop 101 1.5: 1 cycles:              %x work (/shop)\n" % i for i in range(3))
    profile = read(flat[:-9])
    assert (profile.total(), profile.skipped) == (2, {CUT_OFF: 1})


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_noise(data) -> None:
    text = bytearray(data.draw(st.sampled_from([path.read_bytes() for path in TEXTS])))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(text)))
        noise = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"\n", b"\n\n", b": ", b" 1.5: ", b"\t", b"(", b")", b"->"])
        )
        text[at : at + data.draw(st.integers(0, 12))] = noise
    options = data.draw(
        st.fixed_dictionaries({}, optional={k: st.booleans() for k in ("timeline", "addrs", "srcline", "tid")})
    )
    try:
        profile = read(bytes(text), format="perf_script", **options)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert len(profile.samples) and by_stack(profile)


def test_noise_is_counted() -> None:
    profile = read(FIXTURES / "noise.txt")
    assert profile.total() == 500000
    assert profile.skipped == {"line that is neither a sample nor a frame": 3, "frame without a sample": 1}


LONG = 4_000_000


@pytest.mark.parametrize(
    "line",
    [
        b"x" * LONG,
        b" " * LONG,
        b"\t" + b"a" * LONG,
        b"\t1 " + b"(" * LONG,
        b"\t1 " + b"()" * (LONG // 2) + b" (/x)",
        b"\t1 " + b"a->" * (LONG // 3),
        b"\t1 " + b".(" * (LONG // 2) + b" (/x)",
        b"\t1 " + b"+0x1" * (LONG // 4) + b" (/x)",
        b"shop 1 " + b"1.5:" * (LONG // 4),
        b"shop 1 1.5: " + b"1" * LONG + b" cycles:",
        b"shop 1 1.5: 1 " + b"c" * LONG + b":",
        b"1 " * (LONG // 2),
        b": " * (LONG // 2),
        b"a: " * (LONG // 3),
        b"1.5: " * (LONG // 5),
        b"shop " + b"[001] " * (LONG // 6) + b"1.5: 1 cycles:",
        b"shop 1 1.5: 1 cycles:" + b" ff" * (LONG // 3),
        b"# cmdline :" + b" " * LONG + b"x",
        bytes(LONG),
    ],
    ids=lambda line: repr(line[:12]),
)
@pytest.mark.parametrize("where", ["alone", "between", "below"])
def test_an_enormous_line_is_linear(line: bytes, where: str) -> None:
    around = usual(1)
    text = {"alone": line, "between": around + line + b"\n\n" + around, "below": around[:-1] + line + b"\n\n" + around}
    start = time.perf_counter()
    try:
        profile = read(text[where], format="perf_script")
        assert profile.total() >= (0 if where == "alone" else 500000)
    except InputError:
        assert where == "alone"
    # Sixteen terabytes of work if it were quadratic; a tenth of a second as it is.
    assert time.perf_counter() - start < 5


def test_many_hostile_lines_are_linear() -> None:
    lines = [b"1 " * 500, b" " * 1000, b"a: " * 300, b"1.5: " * 200, b" ff" * 300, b"[1] " * 200 + b"1.5:"]
    start = time.perf_counter()
    with pytest.raises(ParseError):
        read(b"\n".join(lines * 300), format="perf_script")
    assert time.perf_counter() - start < 10


def test_a_stack_of_fifty_thousand_frames() -> None:
    frames = "".join(f"\t{i:x} f{i % 7}+0x1 (/shop)\n" for i in range(50_000))
    profile = read(f"shop 1 1.5: 10 cycles:\n{frames}\n".encode() * 2)
    assert profile.total() == 20 and len(profile.stacks) == 50_002


def test_sums_beyond_64_bits() -> None:
    one = b"shop 1 1.5: 999999999999999 cycles:\n\t1 a (/x)\n\n"
    assert read(one * 9).total() == 999999999999999 * 9
    with pytest.raises(ParseError, match=r"add up to less than 2\^63, found 9,299,"):
        read(one * 9300)


def test_what_only_looks_like_a_header_names_no_event() -> None:
    profile = read(b"job 1: run: 77 1.000001:          1 cycles:\n\tffff main+0x1 (/bin/x)\n\n")
    assert [metric.name for metric in profile.metrics] == ["cycles"]


def test_a_first_sample_that_is_cut_off_is_told_as_such() -> None:
    with pytest.raises(ParseError, match="<bytes>:3: expected the rest of the first sample, found the end"):
        read(b"hot 1  1.000001:  1 cycles:\n\tfff f (/bin/x)\n\tffff main+0x1 (/bi", format="perf_script")
