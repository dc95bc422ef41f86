"""Choosing samples by process, thread, processor and time, in perf's text and in its recordings alike."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from drawn import by_stack
from golden import FIXTURES
from recordings import CALLCHAIN, IP, PERIOD, TIME, USER, USUAL, Recording

from flamegraph.cli import main
from flamegraph.collapse import read
from flamegraph.collapse.perf_script import spans, windows
from flamegraph.collapse.perf_script.selection import Selection
from flamegraph.errors import EmptyProfile, UsageError
from flamegraph.profile import Profile

#: pid, tid, comm, cpu, time in µs
SAMPLES = [
    (10, 10, "shop", 0, 1_000_000), (10, 11, "io worker 1", 1, 1_000_250), (10, 12, "io worker 2", 1, 1_000_500),
    (20, 20, "shop", 0, 1_001_000), (20, 21, "[001] 5/7", 2, 1_002_000),
]  # fmt: skip
TEXT = "".join(
    f"{comm} {pid}/{tid} [{cpu:03}] {time // 10**6:5}.{time % 10**6:06}:  {n + 1} cycles: \n"
    f"\t{n + 1:x} f{n} (/bin/x)\n\n"
    for n, (pid, tid, comm, cpu, time) in enumerate(SAMPLES)
).encode()


def recording() -> bytes:
    made = Recording(sample_type=USUAL)
    for n, (pid, tid, comm, cpu, time) in enumerate(SAMPLES):
        made.comm(comm, pid=tid)
        made.sample(USER, n + 1, pid=pid, tid=tid, cpu=cpu, time=time * 1000, period=n + 1)
    return made.file()


def numbers(profile: Profile) -> list[int]:
    """Which samples are in it: each has a period of its own."""
    return sorted(value for value, *_ in by_stack(profile).values())


CHOICES: list[tuple[dict[str, Any], list[int]]] = [
    ({"only_pid": (10,)}, [1, 2, 3]),
    ({"only_pid": (10, 20)}, [1, 2, 3, 4, 5]),
    ({"only_tid": (11, 20)}, [2, 4]),
    ({"only_pid": (10,), "only_tid": (11, 20)}, [2]),
    ({"comm": ("shop",)}, [1, 4]),
    ({"comm": ("io worker 1", "[001] 5/7")}, [2, 5]),
    ({"cpu": "0,2"}, [1, 4, 5]),
    ({"cpu": "1-2", "comm": ("io worker 2",)}, [3]),
    ({"time": "1.00025,1.001"}, [2, 3, 4]),
    ({"time": "+0.001,"}, [4, 5]),
    ({"time": "+0.001,", "cpu": "2"}, [5]),
    ({"time": ",+0.0004", "only_tid": (11,)}, [2]),
    ({"time": "+0.0001,", "only_tid": (11,)}, [2]),
]


@pytest.mark.parametrize(("options", "left"), CHOICES, ids=[str(options) for options, _ in CHOICES])
@pytest.mark.parametrize("content", [TEXT, recording()], ids=["text", "recording"])
@pytest.mark.parametrize("timeline", [False, True], ids=["", "timeline"])
def test_choices(options: dict[str, Any], left: list[int], content: bytes, timeline: bool) -> None:
    profile = read(content, timeline=timeline, tid=True, **options)
    assert numbers(profile) == left
    assert not any("id (perf" in reason or "processor" in reason for reason in profile.skipped)
    times = [SAMPLES[number - 1][4] * 1000 for number in left]
    assert profile.meta.duration == times[-1] - times[0]
    cpu = profile.samples.cpu.tolist() if timeline else profile.samples.cpu
    assert cpu == ([SAMPLES[number - 1][3] for number in left] if timeline else None)


def test_threads_are_not_told_apart_by_processors() -> None:
    text = TEXT + TEXT.replace(b"[002]", b"[001]").replace(b"[000]", b"[-01]").replace(b" 1.00", b" 2.00")
    profile = read(text, timeline=True)
    assert profile.threads == read(text).threads and len(profile.threads) == len(SAMPLES)
    assert profile.samples.cpu.tolist() == [0, 1, 1, 0, 2, -1, 1, 1, -1, 1]
    assert profile.samples.thread.tolist() == [0, 1, 2, 3, 4] * 2


@pytest.mark.parametrize("content", [TEXT, recording()], ids=["text", "recording"])
@pytest.mark.parametrize("options", [{"only_pid": (5,)}, {"time": "7,8"}, {"comm": ("x",), "cpu": "0"}], ids=str)
def test_nothing_is_left(content: bytes, options: dict[str, Any]) -> None:
    with pytest.raises(EmptyProfile, match="expected samples, found none"):
        read(content, **options)
    if content is TEXT:
        with pytest.raises(EmptyProfile):
            read(content, event="cycles", **options)


@pytest.mark.parametrize(
    ("fixture", "options", "reason"),
    [
        ("recorded_threads", {"only_pid": (13441,)}, r"sample without a process id \(perf script -F \+pid prints it\)"),
        ("recorded_threads", {"cpu": "0"}, "sample without a processor"),
        ("no_time", {"time": "0,"}, "sample without a time"),
    ],
)
def test_text_that_does_not_tell(fixture: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(EmptyProfile, match=reason):
        read(FIXTURES / "perf_script" / f"{fixture}.txt", **options)


@pytest.mark.parametrize(
    ("kind", "options"), [(IP | CALLCHAIN | PERIOD, {"only_tid": (1,)}), (IP | TIME | CALLCHAIN, {"cpu": "0"})]
)
def test_a_recording_that_does_not_tell(kind: int, options: dict[str, Any]) -> None:
    made = Recording(sample_type=kind)
    made.sample(USER, 1)
    with pytest.raises(UsageError, match="--" + next(iter(options)).replace("_", "-")):
        read(made.file(), **options)


@pytest.mark.parametrize("name", ["recorded_system", "recorded_pid", "comms", "recorded_task_events"])
def test_the_parts_are_the_whole(name: str) -> None:
    path = FIXTURES / "perf_script" / f"{name}.txt"
    whole = read(path)
    parts = [read(path, only_tid=(thread.tid,)) for thread in whole.threads]
    assert sum(part.total() for part in parts) == whole.total() and len(parts) > 3
    assert [thread for part in parts for thread in part.threads] == list(whole.threads)


@pytest.mark.parametrize("options", [{"comm": ("shop",)}, {"cpu": "0"}, {"time": "+0.02,+0.1"}], ids=str)
def test_the_number_of_processes_and_windows_changes_nothing(options: dict[str, Any], monkeypatch) -> None:
    data = (FIXTURES / "perf_script" / "recorded_system.txt").read_bytes() * 3
    one = read(data, **options)
    for processes, window in [(1, 128), (3, windows._WINDOW), (2, 256)]:
        monkeypatch.setattr(windows, "_WINDOW", window)
        monkeypatch.setattr(spans, "read_parts", partial(spans.read_parts, processes=processes))
        other = read(data, **options)
        assert by_stack(other) == by_stack(one) and other.skipped == one.skipped
        monkeypatch.undo()


@pytest.mark.parametrize("time", ["1", "1,2,3", "a,b", "1e3,", "-1,", "1234567890,"])
def test_times_that_are_none(time: str) -> None:
    with pytest.raises(UsageError, match="--time"):
        Selection(time=time)


@pytest.mark.parametrize("cpu", ["", "a", "3-1", "1-", "0,,1", "0-99999999"])
def test_processors_that_are_none(cpu: str) -> None:
    with pytest.raises(UsageError, match="--cpu"):
        Selection(cpu=cpu)


def test_on_the_command_line(tmp_path, capfd) -> None:
    (tmp_path / "text").write_bytes(TEXT)
    arguments = ["collapse", "-q", str(tmp_path / "text")]
    assert main([*arguments, "--only-tid", "11", "--only-tid", "20", "--only-pid", "20"]) == 0
    assert capfd.readouterr().out == "shop;f3 4\n"
    assert main([*arguments, "--only-pid", "x"]) == 2
    assert "--only-pid" in capfd.readouterr().err
