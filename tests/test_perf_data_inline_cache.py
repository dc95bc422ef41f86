"""Tables of debug information kept for the next run: whole or not at all, and never too many."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest

from flamegraph.collapse.perf_data import inline_cache


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "flamegraph" / "inline"


def test_another_version_is_none(home: Path) -> None:
    inline_cache.save("abcd", 9, b"table")
    assert inline_cache.load("abcd", 9) == b"table"
    assert inline_cache.load("abcd", 10) is None and inline_cache.load("abce", 9) is None


def test_names_stay_inside(home: Path) -> None:
    for key in ("../../x", "", "ab/cd", "abcd\n"):
        inline_cache.save(key, 9, b"table")
        assert inline_cache.load(key, 9) is None
    assert not home.exists()


def test_runs_at_once(home: Path) -> None:
    tables = [bytes([n]) * 100_000 for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        saved = [pool.submit(inline_cache.save, "abcd", 9, table) for table in tables * 5]
        loaded = [pool.submit(inline_cache.load, "abcd", 9) for _ in range(40)]
        for job in chain(saved, loaded):
            assert job.result() is None or job.result() in tables
    assert [path.name for path in home.iterdir()] == ["abcd"]


def test_the_oldest_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline_cache, "_MOST", 1000)
    for n in range(6):
        inline_cache.save(f"abcd{n}", 9, bytes(300))
        os.utime(home / f"abcd{n}", (n, n))
    assert sorted(path.name for path in home.iterdir()) == ["abcd4", "abcd5"]
