"""Recordings that are a directory, as `perf record --threads` writes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn import by_stack
from recordings import USER, Recording

from flamegraph.collapse import formats, read
from flamegraph.errors import EmptyProfile, InputError
from flamegraph.source import Source


def folder(out: Path, head: Recording, *parts: Recording) -> Path:
    """A directory with a file that is whole, and the bare records of others."""
    out.mkdir()
    (out / "data").write_bytes(head.file())
    for number, part in enumerate(parts):
        (out / f"data.{number}").write_bytes(part.body)
    return out


def parts() -> tuple[Recording, Recording, Recording]:
    """What one processor recorded is about what happened on the other."""
    head, one, two = Recording(), Recording(), Recording()
    head.comm("early")
    one.sample(USER, 0x1010, time=10, period=1)
    one.sample(USER, 0x1010, time=40, period=2)
    two.mmap(0x1000, 0x1000, "/bin/prog", time=5)
    two.comm("late", time=20)
    two.sample(USER, 0x1010, time=30, period=4)
    return head, one, two


def test_all_files_are_read_in_time_order(tmp_path: Path) -> None:
    path = folder(tmp_path / "perf.data", *parts())
    (path / "data.x").write_text("something else")
    profile = read(path)
    assert by_stack(profile) == {("early", "[prog]"): [1], ("late", "[prog]"): [6]}
    assert [*profile.skipped] == ["address in a program or library: file not found"]
    assert profile.meta.duration == 30
    (event,) = formats()["perf_data"].describe(Source(path)).events
    assert (event.samples, event.total) == (3, 7)


def test_ten_files_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    files = [Recording() for _ in range(12)]
    for number, file in enumerate(files):
        file.sample(USER, 0x1000 + number, time=7)
    profile = read(folder(tmp_path / "perf.data", Recording(), *files), timeline=True, addrs=True)
    found = [stack[-1] for stack in by_stack(profile)]
    assert found == [f"[unknown <{0x1000 + number:x}>]" for number in range(12)]


def test_damage_in_one_file_leaves_the_others(tmp_path: Path) -> None:
    head, one, two = parts()
    one.body = one.body[:-10]
    profile = read(folder(tmp_path / "perf.data", head, one, two))
    assert profile.total() == 5
    assert profile.skipped["damaged or cut record: what follows it was not read"] == 1


def test_a_directory_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory, expected a file"):
        read(tmp_path)
    (tmp_path / "data").write_text("")
    with pytest.raises(EmptyProfile, match="found an empty file"):
        read(tmp_path)
