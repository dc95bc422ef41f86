"""scripts/bench.py: its inputs are what they say, and it measures. No test here asserts a time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import pytest
from golden import ROOT

from flamegraph.collapse import read
from flamegraph.render import render

SCRIPTS = ROOT / "scripts"


@pytest.fixture(scope="module")
def bench_data():
    sys.path.insert(0, str(SCRIPTS))
    try:
        import bench_data
    finally:
        sys.path.remove(str(SCRIPTS))
    return bench_data


@pytest.mark.parametrize("kind", ["perf-script", "folded"])
def test_an_input_is_read_whole_and_the_same_every_time(bench_data, kind):
    size = 100_000
    first, again = (b"".join(bench_data.KINDS[kind](random.Random(1), size)) for _ in range(2))
    assert first == again
    assert size <= len(first) < size + 10_000
    profile = read(first)
    assert profile.meta.format == kind.replace("-", "_")
    assert not profile.skipped
    assert profile.total() == (
        250_000 * first.count(b"cycles:P:")
        if kind == "perf-script"
        else sum(int(line.rpartition(b" ")[2]) for line in first.splitlines())
    )


@pytest.mark.skipif(sys.platform != "linux", reason="its functions are those of the programs mapped here")
def test_a_recording_is_read_whole_and_the_same_every_time(bench_data):
    first, again = (b"".join(bench_data.KINDS["perf-data"](random.Random(1), 1_000_000)) for _ in range(2))
    assert first == again
    profile = read(first)
    assert b";[" not in render(profile, "folded"), "all that is called has a name"
    assert profile.total() % (250_000 * 10_000) == 0 and profile.metrics[0].name == "cpu-clock"
    assert len(set(profile.labels())) > 500


def test_a_benchmark_reports_every_program_that_is_there(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "samply").write_text("#!/bin/sh\necho profile\n")
    (tmp_path / "bin" / "samply").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    data = tmp_path / "data"
    command = [sys.executable, SCRIPTS / "bench.py", "--size-mb=0.2", "--runs=1", "--json", f"--data={data}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["results"]
    assert [row["work"] for row in rows if row["program"] == "flamegraph"] == [
        "perf-data",
        "perf-script",
        "svg",
        "diff",
        "diff-sorted",
        "help",
    ]
    goals = {(row["work"], row["program"]): row["must"] for row in rows}
    assert goals["perf-data", "flamegraph"] is None and goals["perf-data", "samply"] == 1
    assert goals["help", "import click"] == pytest.approx(2 / 3)
    assert all(row["seconds"] > 0 and row["peak_mb"] > 0 for row in rows)
    for row in rows:
        if row["met"] is not None:
            assert row["met"] == (row["speed"] >= row["must"])
    assert len(list(data.iterdir())) == 6, "the inputs are kept for the next run"


def test_a_benchmark_refuses_what_it_cannot_do():
    command = [sys.executable, SCRIPTS / "bench.py", "--only=nothing"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "perf-script" in done.stderr
