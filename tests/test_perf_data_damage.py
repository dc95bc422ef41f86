"""Recordings that are damaged, or that mean harm: nothing hangs, nothing takes gigabytes, no sum is wrong."""

from __future__ import annotations

import itertools
import os
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from recordings import CPU, IDENTIFIER, IP, PERIOD, TID, TIME, USER, USUAL, Recording
from test_perf_data_records import stacks

import flamegraph as fg
from flamegraph.collapse import perf_data
from flamegraph.collapse.perf_data import gather, inflate, symbols
from flamegraph.collapse.perf_data.header import read_header
from flamegraph.collapse.perf_data.records import blocks
from flamegraph.collapse.perf_data.tracing import tracepoints
from flamegraph.errors import ParseError
from flamegraph.source import Source

zstandard = pytest.importorskip("zstandard")

COMPRESSED, ROUND = 83, 68


def compressed(parts: Iterable[bytes], marks: bool = False) -> bytes:
    """A recording made with -z; with `marks` each part is flushed and followed by perf's mark of a round."""
    stream, out = zstandard.ZstdCompressor().compressobj(), Recording()
    for last, part in itertools.chain(((False, part) for part in parts), [(True, b"")]):
        content = stream.compress(part)
        content += stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) if marks or last else b""
        for at in range(0, len(content), 60_000):
            piece = content[at : at + 60_000]
            out.record(COMPRESSED, struct.pack("<Q", len(piece)) + piece)
        if marks:
            out.record(ROUND, b"")
    return out.file()


def records(count: int) -> bytes:
    recording = Recording()
    for n in range(count):
        recording.sample(USER, 0x1000, time=n)
    return recording.body


MEASURED = """
import resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
import flamegraph as fg
start = time.process_time()
try:
    print(fg.read(sys.argv[1], inline="no", kallsyms="/dev/null").skipped)
except fg.FlamegraphError as error:
    print(error)
print(time.process_time() - start)
"""


def read_within_bounds(data: bytes, tmp_path: Path, seconds: float = 20) -> str:
    """What reading says, by a process that may take a gigabyte of memory and so much of the processor's time."""
    (tmp_path / "hostile.data").write_bytes(data)
    command = [sys.executable, "-c", MEASURED, str(tmp_path / "hostile.data")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    said, took = run.stdout.rsplit("\n", 2)[:2]
    assert float(took) < seconds
    return said


def test_zeros_that_were_compressed(tmp_path: Path) -> None:
    data = compressed(bytes(1 << 20) for _ in range(2000))
    assert len(data) < 200_000
    assert "damaged or cut record in compressed data" in read_within_bounds(data, tmp_path)


def test_records_that_were_compressed_too_well(tmp_path: Path) -> None:
    part = records(10_000)
    data = compressed(part for _ in range(1000))
    assert len(data) < 200_000
    assert "holds more than it can" in read_within_bounds(data, tmp_path)


def test_large_records_that_were_compressed_too_well(tmp_path: Path) -> None:
    recording = Recording()
    recording.record(99, bytes(65_000))  # of a kind that nobody knows
    data = compressed(recording.body * 64 for _ in range(700))
    assert "holds more than it can" in read_within_bounds(data, tmp_path)


def test_what_comes_before_damage_in_compressed_data_is_kept() -> None:
    profile = fg.read(compressed([records(10), struct.pack("<IHH", 9, 2, 0), records(10)]), kallsyms=os.devnull)
    assert profile.total() == 10
    assert "damaged or cut record in compressed data: what follows it was not read" in profile.skipped


@pytest.mark.parametrize("full", [1, 100, 1 << 20])
def test_marks_between_compressed_records(full: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples are handed over where marks allow it, also where records lie across compressed ones."""
    monkeypatch.setattr(inflate, "_FULL", full)
    monkeypatch.setattr(gather, "_WAITING", 5)
    handed = []
    settle = gather.Gather._settle
    monkeypatch.setattr(gather.Gather, "_settle", lambda self, until: (handed.append(until), settle(self, until)))
    recording = Recording()
    recording.comm("one", time=1)
    for n in range(100):
        recording.sample(USER, 0x1000 + n % 3, time=100 + n)
        if n == 50:
            recording.comm("two", time=100 + n)
    cuts = [*range(0, len(recording.body), 333), len(recording.body)]
    data = compressed((recording.body[a:b] for a, b in itertools.pairwise(cuts)), marks=True)
    assert stacks(data) == {"one;[unknown]": [50], "two;[unknown]": [50]}
    assert handed[-1] is None and (len(handed) > 3) == (full < 1 << 20)


def test_a_mark_holds_for_what_stands_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind it may be newer than what the next round begins with."""
    monkeypatch.setattr(gather, "_WAITING", 1)
    end = (71, struct.pack("<Q", 0) + bytes(32))  # ends a block
    recording = Recording()
    recording.sample(USER, 0x1000, time=10)
    recording.record(ROUND, b"")
    recording.sample(USER, 0x1000, time=50)
    recording.record(*end)
    recording.sample(USER, 0x1000, time=30)
    recording.record(ROUND, b"")
    recording.record(*end)
    recording.sample(USER, 0x1000, time=45)
    recording.comm("early", time=40)
    assert stacks(recording.file()) == {":10;[unknown]": [2], "early;[unknown]": [2]}


def test_periods_beyond_64_bits_are_no_wrong_sum() -> None:
    recording = Recording()
    for n in range(9):
        recording.sample(USER, 0x1000, time=n, period=(1 << 62) - 1)
    for ask in (fg.read, lambda data: perf_data.describe(Source(data))):
        with pytest.raises(ParseError, match="periods that add up to less than"):
            ask(recording.file())


def test_damaged_tracing_data() -> None:
    head = b"\x17\x08\x44tracing0.6\0\0\x08" + struct.pack("<I", 4096) + b"header_page\0"
    for size in (1 << 63, (1 << 64) - 1, 1 << 40, 0):
        assert tracepoints(head + struct.pack("<Q", size)) == {}


def test_many_events_with_many_names(tmp_path: Path) -> None:
    recording = Recording(ids=[[n] for n in range(20_000)], sample_type=USUAL | IDENTIFIER)
    names = bytearray()
    for n in range(20_000):
        payload = struct.pack("<QQ", 2, n) + b"event\0\0\0"
        names += struct.pack("<IHH", 78, 0, 8 + len(payload)) + payload
    recording.body = bytes(names)
    recording.sample(USER, 0x1000, id=5)
    assert "event beyond the first 4,096" in read_within_bounds(recording.pipe(), tmp_path, seconds=5)


def test_blocks_do_not_overlap() -> None:
    """Where something ends a block early, the next one does not hold again all that follows."""
    recording = Recording()
    for _ in range(100):
        recording.sample(USER, 0x1000)
        recording.record(71, struct.pack("<Q", 0) + bytes(32))
    data = recording.file()
    assert sum(len(block.data) for block in blocks(read_header(data, ""), data)) < len(data)


def test_records_of_odd_sizes_are_counted() -> None:
    recording = Recording()
    recording.sample(USER, 0x1000)
    recording.body += struct.pack("<IHH", 3, 0, 20) + bytes(12)
    recording.sample(USER, 0x1000)
    profile = fg.read(recording.file(), kallsyms=os.devnull)
    assert profile.total() == 2 and profile.skipped["record of a size that the kernel does not write"] == 1


def test_times_stand_where_the_layout_of_their_event_says() -> None:
    """Only the second event has processors in its samples, and so behind its other records."""
    plain, wide = (IDENTIFIER | IP | TID | TIME | PERIOD, IDENTIFIER | IP | TID | TIME | CPU | PERIOD)
    recording = Recording(sample_types=[plain, wide], ids=[[7], [8]])
    for n, (kind, name) in enumerate(((wide, "wide"), (plain, "plain"))):
        text, when = name.encode() + b"\0" * (8 - len(name)), struct.pack("<iiQ", 10, 10, 20 - 10 * n)
        behind = when + struct.pack("<II", 3, 0) * (kind == wide) + struct.pack("<Q", 7 + (kind == wide))
        recording.record(3, struct.pack("<II", 10, 10) + text + behind)
    for n in (15, 25):
        recording.record(9, struct.pack("<QQIIQQ", 7, 0x1000, 10, 10, n, 1))
    assert stacks(recording.file()) == {"plain;[unknown]": [1], "wide;[unknown]": [1]}


def test_events_that_are_told_late() -> None:
    """A pipe may tell of an event after the first samples, and behind what ends a block."""
    recording = Recording(sample_type=USUAL | IDENTIFIER, ids=[[1]])
    recording.sample(USER, 0x1000, id=1)
    recording.record(71, struct.pack("<Q", 0) + bytes(32))
    recording.record(64, recording.attr(2) + struct.pack("<Q", 2))
    recording.sample(USER, 0x1000, id=2)
    profile = fg.read(recording.pipe(), kallsyms=os.devnull)
    assert [metric.name for metric in profile.metrics] == ["cpu-clock", "page-faults"] and not profile.skipped


def test_what_processes_share_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    names = symbols.Image.names
    monkeypatch.setattr(symbols.Image, "names", lambda self, at: (asked.append(len(at)), names(self, at))[1])
    recording = Recording()
    for pid in range(100, 200):
        recording.mmap(0x1000 * pid, 0x1000, "/bin/prog", pid=pid)
        recording.sample(USER, 0x1000 * pid + 8, 0x1000 * pid + 16, pid=pid, time=pid)
    profile = fg.read(recording.file(), kallsyms=os.devnull)
    assert profile.total() == 100 and sum(asked) == 2
    assert profile.skipped == {"address in a program or library: file not found": 2}


def test_a_timeline_holds_samples_of_all_rounds() -> None:
    data = compressed([records(10), records(10)], marks=True)
    profile = fg.read(data, timeline=True, kallsyms=os.devnull)
    assert np.array_equal(profile.samples.time, np.repeat(np.arange(10), 2))
