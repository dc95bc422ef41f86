"""The two commands that everything starts with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from golden import ROOT

SCRIPTS = ["scripts/demo", "scripts/test", "scripts/environment.sh", ".ci/run"]
# Made by scripts/test or scripts/demo, so that running them again installs nothing.
READY = (ROOT / ".venv" / ".installed").exists()


def picture_of(output: str) -> Path:
    """The file that the last line of scripts/demo names."""
    label, _, path = output.splitlines()[-1].partition(": ")
    assert label == "picture" and Path(path).is_absolute()
    return Path(path)


@pytest.mark.parametrize("name", SCRIPTS)
def test_is_plain_shell(name: str):
    subprocess.run(["sh", "-n", str(ROOT / name)], check=True)
    assert os.access(ROOT / name, os.X_OK) or name.endswith(".sh")


def test_ci_runs_the_tests_and_nothing_else():
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and line[0] != "#"]
    assert len(lines) == 1 and lines[0].endswith('/../scripts/test"')


@pytest.mark.skipif(not READY, reason=".venv was not made by scripts/test")
def test_demo_from_another_folder_twice(tmp_path: Path):
    for _ in range(2):
        done = subprocess.run(
            [str(ROOT / "scripts" / "demo")], cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        picture = picture_of(done.stdout)
        assert picture.read_bytes() == (ROOT / "docs" / "demo.svg").read_bytes()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not READY, reason=".venv was not made by scripts/test")
def test_demo_of_a_file_named_from_here(tmp_path: Path):
    (tmp_path / "my profile.folded").write_text("main;my function 3\n")
    done = subprocess.run(
        [str(ROOT / "scripts" / "demo"), "my profile.folded"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert b"my function" in picture_of(done.stdout).read_bytes()


@pytest.mark.skipif(not READY, reason=".venv was not made by scripts/test")
def test_demo_of_what_is_no_profile(tmp_path: Path):
    (tmp_path / "notes").write_text("Dear diary\n")
    done = subprocess.run([str(ROOT / "scripts" / "demo"), "notes"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stdout == ""
