"""What the process may take that makes a table of debug information: a file can be made to hurt."""

from __future__ import annotations

import sys
import time

import pytest

from flamegraph.collapse.perf_data import inline

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("bytes(1 << 28)", "MemoryError"),
        ("import sys; sys.stdout.buffer.write(bytes(1 << 26))", "File too large"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "its reader ended with -9"),
    ],
)
def test_too_much(script: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "_MAKE", script)
    with pytest.raises(ValueError, match=said):
        inline._made("a file", 60, 1 << 27)


def test_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "_MAKE", "import time; time.sleep(60)")
    start = time.perf_counter()
    with pytest.raises(ValueError, match="its reader took longer than 1 s"):
        inline._made("a file", 1, 1 << 27)
    assert time.perf_counter() - start < 20


def test_arguments_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "_MAKE", "print(sys.argv[1], end='')")
    assert inline._made("a file", 60, 1 << 27) == b"a file"


def test_what_is_allowed_grows_with_the_file_up_to_a_point() -> None:
    assert inline._limits(0) < inline._limits(1 << 28) < inline._limits(1 << 64) == inline._limits(1 << 99)
