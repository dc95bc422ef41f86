"""`flamegraph merge`: one profile from many, whatever their order, by one process or several."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from golden import ROOT

from flamegraph.cli import _reading, main


def many(folder: Path, n: int) -> dict[str, int]:
    """n files of folded stacks in a folder; what they add up to."""
    chance, sums = random.Random(n), {}
    for i in range(n):
        lines = {f"main;f{chance.randrange(30)};g{chance.randrange(9)}": chance.randrange(1, 50) for _ in range(20)}
        (folder / f"host-{i}.folded").write_text("".join(f"{stack} {value}\n" for stack, value in lines.items()))
        for stack, value in lines.items():
            sums[stack] = sums.get(stack, 0) + value
    return sums


def lines_of(text: str) -> dict[str, int]:
    return {stack: int(value) for stack, _, value in (line.rpartition(" ") for line in text.splitlines())}


@pytest.fixture
def run(capfd):
    def run(*arguments: object) -> str:
        code = main(["merge", *map(str, arguments)])
        out, err = capfd.readouterr()
        assert code == 0, err
        return out

    return run


@pytest.mark.parametrize("n", [2, 7, 8, 9, 70])
def test_many_files_in_any_order(run, tmp_path, n):
    wanted = many(tmp_path, n)
    files = sorted(tmp_path.iterdir())
    assert lines_of(run(*files)) == wanted
    assert run(*files[::-1]) == run(tmp_path) == run(f"{tmp_path}/*.folded") == run(*files)


def test_several_processes_make_the_same(run, tmp_path, monkeypatch):
    many(tmp_path, 40)
    alone = run(tmp_path)
    labelled = run("--label", tmp_path)
    monkeypatch.setattr(_reading, "_LARGE", 0)
    assert run(tmp_path) == alone
    assert run("--label", tmp_path) == labelled


def test_what_goes_wrong_in_another_process_is_told(tmp_path, monkeypatch, capfd):
    many(tmp_path, 40)
    monkeypatch.setattr(_reading, "_LARGE", 0)
    (tmp_path / "host-7.folded").write_bytes(b"PERFILE2" + b"\1" * 400)
    assert main(["merge", str(tmp_path)]) == 1
    err = capfd.readouterr().err
    assert "host-7.folded" in err and err.count("\n") == 1


class Started:
    """`flamegraph merge` with its processes in a group of their own, as a terminal starts it."""

    def __init__(self, folder: Path):
        many(folder, 64)
        for path in folder.iterdir():  # enough for several processes, and for seconds
            path.write_text("".join(f"main;{path.stem};f{i};g{i % 7} 1\n" for i in range(20_000)))
        command = [sys.executable, "-m", "flamegraph", "merge", str(folder)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, env=environment
        )
        for _ in range(100):
            if len(self.others()) >= 2:
                return
            time.sleep(0.05)
        raise AssertionError("no processes were started")

    def others(self) -> list[int]:
        """The processes that read, by number."""
        told = subprocess.run(
            ["ps", "-e", "-ww", "-o", "pid=,pgid=,stat=,args="], capture_output=True, text=True
        ).stdout
        rows = [line.split(None, 3) for line in told.splitlines()]
        mine = [row for row in rows if int(row[1]) == self.process.pid and not row[2].startswith("Z")]
        return [int(row[0]) for row in mine if "spawn_main" in row[-1]]

    def end(self) -> tuple[int, str]:
        told = self.process.communicate(timeout=60)[1].decode()
        for _ in range(100):
            if not self.others():
                break
            time.sleep(0.05)
        assert not self.others(), "nothing is left running"
        return self.process.returncode, told


needs_ps = pytest.mark.skipif(not shutil.which("ps") or os.name != "posix", reason="there is no ps")


@needs_ps
@pytest.mark.parametrize("seconds", [0, 0.3, 1.5])
def test_interrupted_by_ctrl_c(tmp_path, seconds):
    started = Started(tmp_path)
    time.sleep(seconds)
    os.killpg(started.process.pid, signal.SIGINT)
    assert started.end() in ((130, ""), (130, "\n"))


@needs_ps
def test_a_process_that_was_killed_is_told_of(tmp_path):
    started = Started(tmp_path)
    os.kill(started.others()[0], signal.SIGKILL)
    code, told = started.end()
    assert code == 1 and told.count("\n") == 1 and "was killed; is there enough memory?" in told


def test_labels_tell_the_inputs_apart(run, tmp_path):
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.folded").write_text(f"main {value}\n")
    (tmp_path / "y.folded").write_text("main 3\n")
    same = [tmp_path / "a" / "x.folded", tmp_path / "b" / "x.folded"]
    assert lines_of(run("--label", same[0], tmp_path / "y.folded")) == {"x;main": 1, "y;main": 3}
    assert lines_of(run("--label", *same)) == {f"{same[0]};main": 1, f"{same[1]};main": 2}
    assert sorted(lines_of(run("--label", same[0], same[0])).values()) == [1, 1]


def test_pictures_go_by_the_ending(run, tmp_path):
    many(tmp_path, 3)
    run(tmp_path, "-o", tmp_path / "all.svg")
    assert (tmp_path / "all.svg").read_text().startswith("<?xml")
