"""What no machine at hand records, made up: byte orders, sizes, processes over time, damage, windows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from drawn import by_stack
from recordings import (
    BRANCH,
    CPU,
    ID,
    IDENTIFIER,
    IP,
    KERNEL,
    PERIOD,
    RAW,
    READ,
    REGS,
    STACK,
    TID,
    TIME,
    USER,
    USUAL,
    Recording,
)

from flamegraph.collapse import Match, detect, perf_data, read
from flamegraph.collapse.perf_data import gather, records
from flamegraph.errors import EmptyProfile, InputError, UsageError
from flamegraph.source import Source

NOTHING = {"symfs": "/nonexistent", "kallsyms": os.devnull}


def stacks(data: bytes, **options) -> dict[str, list[int]]:
    return {";".join(stack): values for stack, values in by_stack(read(data, **NOTHING, **options)).items()}


def usual(**more) -> Recording:
    recording = Recording(**more)
    recording.mmap(0xFFFFFFFF81000000, 0x1000000, "[kernel.kallsyms]_text", pid=-1, misc=1)
    recording.comm("prog")
    recording.mmap(0x1000, 0x1000, "/bin/prog")
    recording.mmap(0x3000, 0x1000, "/lib/libc.so.6")
    recording.sample(KERNEL, 0xFFFFFFFF81000010, USER, 0x3010, 0x1010, time=10, period=5)
    recording.sample(USER, 0x1020, time=20, period=7)
    recording.sample(USER, 0x1020, 0x9999, time=30, period=1)
    return recording


USUAL_STACKS = {"prog;[prog];[libc.so.6];[[kernel.kallsyms]]": [5], "prog;[prog]": [7], "prog;[unknown];[prog]": [1]}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", ["file", "pipe"])
@pytest.mark.parametrize("attr_size", [64, 72, 96, 112, 128, 136, 200])
def test_byte_orders_forms_and_sizes(order: str, form: str, attr_size: int) -> None:
    data = getattr(usual(order=order, attr_size=attr_size), form)()
    assert detect(Source(data)).name == "perf_data" and perf_data.sniff(Source(data)) == Match.SIGNATURE
    assert stacks(data) == USUAL_STACKS


@pytest.mark.parametrize("window", [1 << 16, 256])
def test_windows(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_WINDOW", window)
    assert stacks(usual().file()) == USUAL_STACKS


def test_samples_are_handed_over_where_marks_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_WINDOW", 512)
    monkeypatch.setattr(gather, "_WAITING", 5)
    handed = []
    settle = gather.Gather._settle
    monkeypatch.setattr(gather.Gather, "_settle", lambda self, until: (handed.append(until), settle(self, until)))
    recording = usual()
    for n in range(100):
        recording.sample(USER, 0x1000 + n % 3, time=100 + n)
        if n % 10 == 9:
            recording.record(68, b"")
        if n == 50:
            recording.comm("renamed", time=100 + n)
    found = stacks(recording.file())
    assert len(handed) > 3 and handed[-1] is None
    assert found["prog;[prog]"] == [57] and found["renamed;[prog]"] == [50]


def test_records_out_of_order_are_put_in_order() -> None:
    recording = Recording()
    recording.sample(USER, 0x1010, time=30)
    recording.sample(USER, 0x1010, time=10)
    recording.mmap(0x1000, 0x1000, "/bin/prog", time=5)
    recording.comm("later", time=20)
    recording.comm("first", time=1)
    assert stacks(recording.file()) == {"later;[prog]": [1], "first;[prog]": [1]}


def test_processes_over_time() -> None:
    recording = Recording()
    recording.comm("shell", time=1)
    recording.mmap(0x1000, 0x1000, "/bin/sh", time=1)
    recording.fork(11, 10, time=10)
    recording.sample(USER, 0x1010, pid=11, time=11)  # still the shell
    recording.comm("ls", pid=11, time=12)
    recording.mmap(0x1000, 0x800, "/bin/ls", pid=11, time=13)
    recording.sample(USER, 0x1010, pid=11, time=14)
    recording.sample(USER, 0x1910, pid=11, time=14)  # what was not covered is still there
    recording.sample(USER, 0x1010, pid=10, time=15)  # the parent is what it was
    recording.sample(USER, 0x1010, pid=12, time=16)  # never heard of
    recording.sample(KERNEL, 0x10, pid=0, time=17)
    assert stacks(recording.file()) == {
        "shell;[sh]": [2], "ls;[ls]": [1], "ls;[sh]": [1], ":12;[unknown]": [1], "swapper;[unknown]": [1],
    }  # fmt: skip


def test_a_mapping_that_is_replaced_is_two_mappings() -> None:
    recording = Recording()
    recording.comm("prog", time=1)
    for n in range(4):
        recording.mmap(0x1000, 0x1000, f"/lib/{n % 2}.so", time=10 * n)
        recording.sample(USER, 0x1010, time=10 * n + 5)
    assert stacks(recording.file()) == {"prog;[0.so]": [2], "prog;[1.so]": [2]}


def test_events_are_routed_by_id() -> None:
    recording = usual(sample_type=USUAL | IDENTIFIER, ids=[[7, 8], [9]])
    recording.body = b""
    recording.sample(USER, 0x10, id=8, period=2)
    recording.sample(USER, 0x10, id=9, period=3, time=2)
    recording.sample(USER, 0x10, id=99, period=3)
    profile = read(recording.file(), **NOTHING)
    assert [metric.name for metric in profile.metrics] == ["cpu-clock", "task-clock"]
    assert profile.samples.values.tolist() == [[2, 3]]
    assert profile.skipped == {"sample of an unknown event": 1}
    assert stacks(recording.file(), event="task-clock") == {":10;[unknown]": [3]}
    with pytest.raises(UsageError, match="expected one of cpu-clock, task-clock"):
        read(recording.file(), event="cycles")


def test_groups_count_what_was_added_since_the_last_sample() -> None:
    recording = Recording(sample_type=IP | TID | TIME | READ | ID, read_format=4 | 8, ids=[[1], [2]])
    for time, first, second in ((10, 100, 5), (30, 170, 9), (20, 150, 5)):
        recording.sample(0x10, time=time, id=1, reads=(2, first, 1, second, 2))
    profile = read(recording.file(), **NOTHING)
    assert profile.samples.values.tolist() == [[170, 9]]


def test_groups_count_on_the_processors_that_are_wanted() -> None:
    """What a counter has counted on one of them is not what it has counted since the last sample there."""
    recording = Recording(sample_type=IP | TID | TIME | READ | ID | CPU, read_format=4 | 8, ids=[[1], [2]])
    for time, cpu, first, second in ((10, 0, 100, 5), (30, 0, 170, 9), (20, 1, 150, 5)):
        recording.sample(0x10, time=time, cpu=cpu, id=1, reads=(2, first, 1, second, 2))
    assert read(recording.file(), cpu="0", **NOTHING).samples.values.tolist() == [[120, 9]]
    assert read(recording.file(), cpu="1", **NOTHING).samples.values.tolist() == [[50]]
    assert read(recording.file(), cpu="0-1", **NOTHING).samples.values.tolist() == [[170, 9]]


def test_fields_before_the_branches_are_stepped_over() -> None:
    recording = Recording(sample_type=USUAL | RAW | BRANCH, branch_sample_type=1 << 11 | 1 << 17)
    branches = (2, 0, 0x20, 0x30, 0, 0x40, 0x50, 0)  # count, hw_idx, then from, to, flags
    recording.mmap(0x1000, 0x1000, "/bin/prog")
    recording.sample(USER, 0x1010, raw=b"123456789012", branches=branches)
    chains = stacks(recording.file(), addrs=True)
    assert chains == {":10;[unknown <40>];[unknown <20>];[unknown <30>]": [1]}


def test_aux_data_is_no_record() -> None:
    recording = usual()
    kept, recording.body = recording.body, b""
    recording.body += recording.pack("IHHQQQIIII", 71, 0, 48, 4096, 0, 0, 0, 0, 0, 0) + b"\xff" * 4096
    recording.body += kept
    assert stacks(recording.file()) == USUAL_STACKS
    recording.body = recording.pack("IHHI", 66, 0, 12, 5) + b"12345\0\0\0" + kept
    assert stacks(recording.pipe()) == USUAL_STACKS


def test_zstd_is_one_stream() -> None:
    zstandard = pytest.importorskip("zstandard")
    recording = usual()
    packed = zstandard.ZstdCompressor().compress(recording.body)
    for kind in (81, 83):
        recording.body = b""
        for at in range(0, len(packed), 48):
            piece = packed[at : at + 48]
            length = recording.pack("Q", len(piece)) if kind == 83 else b""
            recording.body += recording.pack("IHH", kind, 0, 8 + len(length) + len(piece)) + length + piece
        assert stacks(recording.file()) == USUAL_STACKS


def test_choices() -> None:
    data = usual().file()
    assert stacks(data, time="0.00000002,0.000000025") == {"prog;[prog]": [7]}
    assert stacks(data, time="+0.00000001,") == {"prog;[prog]": [7], "prog;[unknown];[prog]": [1]}
    assert stacks(data, weight="samples")["prog;[prog]"] == [1]
    assert stacks(data, tid=True).keys() == {s.replace("prog;", "prog-10/10;", 1) for s in USUAL_STACKS}
    for empty in ({"cpu": "1-3"}, {"comm": ("other",)}, {"time": "5,"}):
        with pytest.raises(EmptyProfile):
            read(data, **empty)
    for wrong in ({"cpu": "x"}, {"time": "1"}, {"time": "a,b"}):
        with pytest.raises(UsageError):
            read(data, **wrong)
    with pytest.raises(UsageError, match="holds no processors"):
        read(_without_cpu(), cpu="1")


def _without_cpu() -> bytes:
    recording = Recording(sample_type=IP | TID | TIME | PERIOD)
    recording.sample(0x10)
    return recording.file()


def test_a_timeline_keeps_time_and_thread() -> None:
    profile = read(usual().file(), timeline=True, **NOTHING)
    assert profile.samples.time.tolist() == [10, 20, 30]
    assert [profile.threads[n].name for n in profile.samples.thread] == ["prog"] * 3
    assert profile.threads[0].pid == 10 and profile.meta.duration == 20


def test_lost_records_are_counted() -> None:
    recording = usual()
    recording.record(2, recording.pack("QQ", 1, 5) + recording.trailer(10, 40))
    recording.record(13, recording.pack("Q", 3) + recording.trailer(10, 40))
    recording.record(13, recording.pack("Q", 3) + recording.trailer(10, 40), misc=1 << 15)  # left out by a filter
    profile = read(recording.file(), **NOTHING)
    assert {k: v for k, v in profile.skipped.items() if "lost" in k} == {
        "record lost by the kernel": 5, "sample lost by the kernel": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "junk", [b"[ perf record: Woken up 1 times to write data ]\n", bytes(40), b"\x09\0\0\0\2\0\4\0"]
)
def test_what_follows_damage_is_not_read(junk: bytes) -> None:
    recording = usual()
    recording.body += junk
    profile = read(recording.file(), **NOTHING)
    assert profile.samples.values.sum() == 13
    assert any("damaged or cut record" in reason for reason in profile.skipped)


def test_cut_anywhere() -> None:
    data = usual().file()
    for stop in range(len(data)):
        try:
            read(data[:stop], format="perf_data", **NOTHING)
        except InputError as error:
            assert "\n" not in str(error)


def test_a_corrupt_context_empties_the_chain() -> None:
    recording = usual()
    recording.body = b""
    recording.sample(USER, 0x10, (1 << 64) - 1)
    recording.sample(USER, 0x10)
    assert stacks(recording.file()) == {":10": [1], ":10;[unknown]": [1]}


def test_a_summary_tells_what_is_there() -> None:
    recording = usual(ids=[[1], [2]], sample_type=USUAL | ID)
    recording.record(2, recording.pack("QQ", 1, 5) + recording.trailer(10, 40))
    found = perf_data.describe(Source(recording.file()))
    assert [(event.name, event.unit, event.samples, event.total) for event in found.events] == [
        ("cpu-clock", "ns", 3, 13), ("task-clock", "ns", 0, 0),
    ]  # fmt: skip
    assert (found.duration, found.lost_records, found.lost_samples) == (20, 5, 0)


def test_what_perf_unwound_keeps_the_head_and_the_losses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """perf is one that prints a stack here: its text says nothing of the rest."""
    recording = usual(sample_type=USUAL | REGS | STACK)
    recording.body = b""
    recording.sample(USER, 0x10, time=20)
    recording.sample(USER, 0x10, time=50)
    recording.record(2, recording.pack("QQ", 1, 5) + recording.trailer(10, 40))
    words = b"".join(recording.pack("I", 8) + word.ljust(8, b"\0") for word in (b"perf", b"record"))
    recording.record(80, recording.pack("QI", 11, 2) + words)
    (tmp_path / "perf.data").write_bytes(recording.pipe())
    (tmp_path / "perf").write_text("#!/bin/sh\nprintf 'prog 10 [000] 1.0: 1 cycles:\\n\\t10 leaf (/bin/prog)\\n\\n'\n")
    (tmp_path / "perf").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    profile = read(tmp_path / "perf.data", **NOTHING)
    assert by_stack(profile) == {("prog", "leaf"): [1]}
    assert (profile.meta.command, profile.meta.duration) == ("perf record", 30)
    assert profile.skipped == {"record lost by the kernel": 5}
