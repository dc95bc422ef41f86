"""Work in forks: it is done there, and where that fails, here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from flamegraph.processes import Fork, can_fork, processors, sharing

HERE = os.getpid()

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="there is no safe fork")


def test_work_is_done_elsewhere():
    fork = Fork(lambda a, b: (a + b, os.getpid()), 1, 2)
    found, where = fork.result()
    fork.stop()
    assert found == 3 and where != HERE


def test_large_results():
    fork = Fork(lambda: b"x" * (8 << 20))
    assert len(fork.result()) == 8 << 20
    fork.stop()


def killed():
    if os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return "here"


def interrupted():
    if os.getpid() != HERE:
        raise KeyboardInterrupt
    return "here"


def unspeakable():
    return (lambda: None) if os.getpid() != HERE else "here"  # what can't be sent


@pytest.mark.parametrize("work", [killed, interrupted, unspeakable])
def test_work_that_a_fork_does_not_finish_is_done_here(work, capfd):
    fork = Fork(work)
    assert fork.result() == "here"
    fork.stop()
    assert capfd.readouterr().err == ""


def test_work_that_fails_fails_here(capfd):
    fork = Fork(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        fork.result()
    fork.stop()
    assert capfd.readouterr().err == ""


def test_a_fork_that_nobody_waits_for_is_ended():
    begin = time.monotonic()
    Fork(time.sleep, 60).stop()
    assert time.monotonic() - begin < 30


#: Whoever inherits standard output holds it open: its reader gets to the end once all of them have ended.
NESTED = """
import os, signal, sys, time
from flamegraph.processes import Fork

def large():
    return b"x" * (8 << 20)

def nested():
    forks = [Fork(large) for _ in range(3)]
    try:
        time.sleep(0.5)  # until each of them waits for somebody to read
        print("ready", flush=True)
        {inside}
        return b"".join(fork.result() for fork in forks)
    finally:
        for fork in forks:
            fork.stop()

def here():
    return nested() if os.getpid() != me else b"here"

me = os.getpid()
others = [Fork(large)]
fork = Fork(here)
others.append(Fork(large))
{outside}
"""


@pytest.mark.parametrize(
    ("inside", "outside", "said"),
    [
        ("pass", "print(len(fork.result()) >> 20); [one.stop() for one in (*others, fork)]", "ready\n24\n"),
        ("time.sleep(60)", "time.sleep(2); [one.stop() for one in (*others, fork)]", "ready\n"),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "print(fork.result()); [one.stop() for one in others]",
            "ready\nb'here'\n",
        ),
        ("pass", "time.sleep(2); os.kill(me, signal.SIGKILL)", "ready\n"),
        ("pass", "time.sleep(2); os.kill(me, signal.SIGTERM)", "ready\n"),
    ],
    ids=["done", "stopped", "fork killed", "killed", "terminated"],
)
def test_forks_of_forks_end_when_nobody_waits_for_them(inside, outside, said):
    script = NESTED.replace("{inside}", inside).replace("{outside}", outside)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50)
    assert (done.stdout, done.stderr) == (said, "")


def test_no_memory_for_a_fork(monkeypatch):
    def refuse() -> int:
        raise BlockingIOError("too many processes")

    monkeypatch.setattr(os, "fork", refuse)
    fork = Fork(os.getpid)
    assert fork.result() == HERE
    fork.stop()


def test_processors_are_shared():
    alone = processors()
    with sharing(2):
        assert processors() == max(1, alone // 2)
        with sharing(1 << 20):
            assert processors() == 1
    assert processors() == alone >= 1


def test_no_fork_beside_threads():
    assert can_fork() == (threading.active_count() == 1)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert not can_fork()
    done.set()
    thread.join()
