"""What only happens on a terminal: progress, fitting lines, and not being flooded with SVG."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from golden import ROOT

from flamegraph.cli import _progress
from flamegraph.cli._progress import progress

pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

FOLDED = b"main;parse 3\nmain;parse;read 5\n"


def on_terminal(arguments: list[str], columns: int = 80, stdout: bool = False, write=None) -> tuple[int, str, bytes]:
    """Run a command with standard error, and if wanted output, on a terminal: (code, what it got, piped output)."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns)) if hasattr(termios, "tcsetwinsize") else _resize(theirs, columns)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs if stdout else subprocess.PIPE,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    got: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(ours, got))
    reader.start()
    if write:
        write()
    piped = b"" if stdout else process.stdout.read()
    code = process.wait(30)
    reader.join(30)
    os.close(ours)
    if process.stdout:
        process.stdout.close()
    return code, b"".join(got).decode(), piped


def _resize(terminal: int, columns: int) -> None:
    import fcntl
    import struct

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def _drain(terminal: int, into: list[bytes]) -> None:
    while True:
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:  # how Linux says that the other side has gone
            return
        if not piece:
            return
        into.append(piece)


def screen(got: str) -> str:
    """The line that is left to be seen, of what was written over and over."""
    line: list[str] = []
    for part in got.split("\r"):
        assert "\n" not in part and "\x1b" not in part
        line[: len(part)] = part
    return "".join(line).rstrip()


@pytest.fixture
def slow(tmp_path: Path):
    """(a pipe that the command reads, what feeds it slowly)."""
    path = tmp_path / ("slow-" + "x" * 100)
    os.mkfifo(path)

    def feed() -> None:
        with open(path, "wb") as pipe:
            time.sleep(1.9)
            pipe.write(FOLDED)

    return path, feed


def test_progress_is_shown_while_it_takes_long_and_erased(slow):
    path, feed = slow
    code, got, piped = on_terminal(["-m", "flamegraph", "collapse", str(path)], columns=50, write=feed)
    assert (code, piped) == (0, FOLDED)
    assert " 1 s" in got and "xxxxxx" in got
    assert all(len(part) <= 49 for part in got.split("\r")), "no line wraps"
    assert screen(got) == ""


def test_progress_is_erased_before_an_error(slow, tmp_path):
    path, _ = slow

    def feed() -> None:
        with open(path, "wb") as pipe:
            time.sleep(1.5)
            pipe.write(b"\0\1\2")

    code, got, _ = on_terminal(["-m", "flamegraph", "top", str(path)], columns=50, write=feed)
    assert code == 1
    shown, error = got.split("flamegraph: ")
    assert " 1 s" in shown and screen(shown) == "" and "expected one of" in error


@pytest.mark.parametrize("arguments", [["--quiet"], []])
def test_quick_or_quiet_work_shows_nothing(tmp_path, slow, arguments):
    quick = tmp_path / "quick.folded"
    quick.write_bytes(FOLDED)
    path, feed = slow if arguments else (quick, None)
    code, got, piped = on_terminal(["-m", "flamegraph", "collapse", *arguments, str(path)], write=feed)
    assert (code, got, piped) == (0, "", FOLDED)


def test_svg_is_not_poured_over_a_terminal(tmp_path):
    path = tmp_path / "a.folded"
    path.write_bytes(FOLDED)
    code, got, _ = on_terminal(["-m", "flamegraph", "render", str(path)], stdout=True)
    assert code == 2 and "-o FILE" in got and "--to text" in got and got.count("\n") == 1


@pytest.mark.parametrize("columns", [70, 120])
def test_text_fits_the_terminal(tmp_path, columns):
    path = tmp_path / "a.folded"
    path.write_bytes(b"main;%b 3\nmain;%b 2\n" % (b"f" * 300, b"g" * 300))
    for arguments in (["render", "--to", "text"], ["top", "--stacks"]):
        code, got, _ = on_terminal(["-m", "flamegraph", *arguments, str(path)], columns=columns, stdout=True)
        assert code == 0 and max(map(len, got.splitlines())) == columns


def test_progress_needs_no_thread_so_that_readers_may_fork(monkeypatch):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        threads, handler = threading.active_count(), signal.getsignal(signal.SIGALRM)
        with progress("reading"):
            assert threading.active_count() == threads
        assert signal.getsignal(signal.SIGALRM) == handler
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    os.close(ours)


def test_progress_in_another_thread(monkeypatch):
    """Signals reach the main thread alone: elsewhere a thread keeps the time."""
    ours, theirs = pty.openpty()
    monkeypatch.setattr(_progress, "_PATIENCE", 0.01)
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)

        def work() -> None:
            with progress("reading"):
                os.read(ours, 1)  # until something is shown

        worker = threading.Thread(target=work)
        worker.start()
        worker.join(20)
        assert not worker.is_alive()
        assert b"reading" in os.read(ours, 1000)
    os.close(ours)
