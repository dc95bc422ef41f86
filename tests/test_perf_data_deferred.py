"""User stacks that the kernel records after the samples they belong to."""

from __future__ import annotations

import os

import pytest
from drawn import by_stack
from recordings import KERNEL, USER, USER_DEFERRED, Recording

from flamegraph.collapse import read
from flamegraph.collapse.perf_data.deferred import NEVER_CAME
from flamegraph.profile import Profile

IN_KERNEL = 0xFFFFFFFF81000010


def made(order: str = "<") -> Recording:
    recording = Recording(order=order)
    recording.mmap(0xFFFFFFFF81000000, 0x1000000, "[kernel.kallsyms]_text", pid=-1, misc=1)
    recording.comm("prog")
    recording.mmap(0x1000, 0x1000, "/bin/prog")
    recording.mmap(0x3000, 0x1000, "/lib/libc.so.6")
    return recording


def answer(recording: Recording, **options) -> tuple[dict[str, list[int]], Profile]:
    profile = read(recording.file(), symfs="/nonexistent", kallsyms=os.devnull, **options)
    return {";".join(stack): values for stack, values in by_stack(profile).items()}, profile


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("context", [(USER,), ()])
def test_they_are_joined_with_their_samples(order: str, context: tuple[int, ...]) -> None:
    recording = made(order)
    for cookie in (1 << 32 | 5, 1 << 32 | 6):
        recording.sample(KERNEL, IN_KERNEL, USER_DEFERRED, cookie, time=cookie, period=3)
        recording.sample(USER_DEFERRED, cookie, time=cookie + 1)
        recording.deferred(cookie, *context, 0x3010, 0x1010, time=cookie + 2)
    recording.sample(USER, 0x1010, time=1)
    found, profile = answer(recording)
    user = "prog;[prog];[libc.so.6]"
    assert found == {f"{user};[[kernel.kallsyms]]": [6], user: [2], "prog;[prog]": [1]}
    assert NEVER_CAME not in profile.skipped


def test_one_that_never_came_is_counted() -> None:
    recording = made()
    recording.sample(KERNEL, IN_KERNEL, USER_DEFERRED, 7, time=1, period=3)
    recording.sample(KERNEL, IN_KERNEL, USER_DEFERRED, 7, time=2, period=3)
    recording.sample(USER_DEFERRED, 8, time=3, period=3)
    recording.deferred(9, USER, 0x1010, time=4)
    found, profile = answer(recording)
    assert found == {"prog;[[kernel.kallsyms]]": [6], "prog": [3]}
    assert profile.skipped[NEVER_CAME] == 3
    assert answer(recording, time="0.000000002,")[1].skipped[NEVER_CAME] == 2, "of the samples that are wanted"


@pytest.mark.parametrize("count", [3, 100, 1 << 61, (1 << 64) - 1])
def test_damaged_ones_never_came(count: int) -> None:
    recording = made()
    recording.sample_id_all = False
    recording.sample(KERNEL, IN_KERNEL, USER_DEFERRED, 7, time=1)
    recording.deferred(7, USER, 0x1010, count=count)
    recording.record(22, recording.pack("Q", 7))
    recording.record(22, b"")
    found, profile = answer(recording)
    assert found == {"prog;[[kernel.kallsyms]]": [1]} and profile.skipped[NEVER_CAME] == 1


def test_a_context_alone_announces_nothing() -> None:
    recording = made()
    recording.sample(USER_DEFERRED, time=1)
    recording.sample(KERNEL, IN_KERNEL, USER_DEFERRED, time=2)
    assert answer(recording)[0] == {"prog": [2]}
