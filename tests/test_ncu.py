"""Nsight Compute: reports, pages and text tell the same; what does not add up is refused; ncu helps where we can't."""

from __future__ import annotations

import re
import stat
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from golden import CORPUS, FIXTURES

from flamegraph.collapse import read
from flamegraph.errors import InputError, ParseError, UsageError
from flamegraph.source import Source

HERE = FIXTURES / "ncu"
REPORT = HERE / "made_report.ncu-rep"
UNKNOWN = HERE / "bad_report.ncu-rep"
COMMAND = "ncu --import {} --csv --page details --print-units base"


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_text_of_others():
    path = CORPUS / "ncu" / "gpumode-lecture1-ncu_logs.txt"
    durations: Counter[str] = Counter()
    kernel = ""
    for line in Source(path).lines():
        if match := re.match(r"  (\S.*) \(\d+, \d+, \d+\)x\(\d+, \d+, \d+\), Context 1", line):
            kernel = match[1]
        elif match := re.match(r"    Duration +usecond +([\d.]+)$", line):
            durations[kernel] += round(float(match[1]) * 1000)
    profile = read(path)
    assert {stack[-1].removesuffix("_[G]"): values[0] for stack, values in by_stack(profile).items()} == durations
    profiled = sum(line.startswith("==PROF== Profiling ") for line in Source(path).lines())
    assert profile.total(1) == profiled == 17 and not profile.skipped


def test_a_report_tells_what_ncu_prints_of_it():
    report = by_stack(read(REPORT, callers="nvtx"))
    assert report == by_stack(read(HERE / "made_raw.csv"))
    assert report.keys() == by_stack(read(HERE / "made_details.csv")).keys()
    assert by_stack(read(REPORT)).keys() == by_stack(read(HERE / "made_text.txt")).keys()
    for name in ("made_details.csv", "made_both_names.csv", "made_text.txt", "made_raw_text.txt"):
        profile = read(HERE / name)
        assert profile.total() == pytest.approx(read(REPORT).total(), rel=0.001)
        assert profile.total(1) == 5 and profile.skipped == read(REPORT).skipped
    assert by_stack(read(HERE / "made_text.txt", callers="nvtx")).keys() == report.keys()


@pytest.mark.parametrize("name", ["made_report.ncu-rep", "made_raw.csv"])
def test_counters_add_up(name: str):
    profile = read(HERE / name, counter="dram__bytes_read.sum")
    assert (profile.metrics[0].unit, profile.total()) == ("bytes", 1048576 + 99000001 + 3 * 640)
    profile = read(HERE / name, counter="sm__cycles_elapsed.max")
    assert profile.total() == 81000 + 2100000 + 7000 + 7000 + 7100


def test_counters_may_be_called_by_either_name():
    path = HERE / "made_both_names.csv"
    assert by_stack(read(path, counter="Elapsed Cycles")) == by_stack(read(path, counter="sm__cycles_elapsed.max"))


def test_without_callers_there_is_no_boundary():
    assert {stack[0] for stack in by_stack(read(REPORT, callers="none"))} == {
        "sift(float *, int)_[G]",
        "void grind<float, (int)4>(float *, const float *, int)_[G]",
    }


def test_what_does_not_add_up_is_refused():
    with pytest.raises(UsageError, match="--counter Achieved Occupancy: is a ratio"):
        read(HERE / "per_kernel.csv", counter="Achieved Occupancy")
    with pytest.raises(
        UsageError, match=r"--counter nothing: not in .*; expected one of Bytes Read, Duration, Elapsed"
    ):
        read(HERE / "made_details.csv", counter="nothing")


def test_other_units_of_a_counter_are_left_out():
    rows = ['"0","a","x__y.sum","block","3"', '"1","a","x__y.sum","warp","4"']
    text = "\n".join(['"ID","Kernel Name","Metric Name","Metric Unit","Metric Value"', *rows])
    profile = read(text.encode(), counter="x__y.sum")
    assert profile.total() == 3 and profile.metrics[0].unit == "blocks"
    assert profile.skipped == {"launch that is measured in warps, not in blocks": 1}


def test_much_may_be_printed_before_a_page():
    noise = b'==PROF== Profiling "grind" - 0: 0%\n' + b"grinding, still\n" * 10_000
    page = (HERE / "made_details.csv").read_bytes()
    assert by_stack(read(noise + page)) == by_stack(read(page))


def fake_ncu(folder: Path, script: str) -> None:
    program = folder / "ncu"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch) -> Path:
    """A PATH with nothing but what a test puts there, and a shell's own tools."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_an_unknown_report_says_what_to_do(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "my report.ncu-rep"
    path.write_bytes(UNKNOWN.read_bytes())
    with pytest.raises(InputError) as raised:
        read(path)
    assert str(raised.value).endswith("where ncu is installed: " + COMMAND.format(f"'{path}'"))


@pytest.mark.parametrize("as_file", [True, False])
def test_ncu_reads_what_we_can_not(programs: Path, tmp_path: Path, as_file: bool):
    page = HERE / "made_details.csv"
    fake_ncu(programs, f'echo "$@" > {tmp_path}/called; cmp -s "$2" {UNKNOWN} || exit 9; echo ==PROF== x; cat {page}')
    path = tmp_path / "report.ncu-rep"
    path.write_bytes(UNKNOWN.read_bytes())
    profile = read(path if as_file else path.read_bytes())
    assert by_stack(profile) == by_stack(read(page))
    _, report, *rest = (tmp_path / "called").read_text().split()
    assert rest == COMMAND.split()[3:] and (report == str(path)) == as_file


@pytest.mark.parametrize(
    ("script", "error", "says"),
    [
        (
            "echo '==ERROR== Failed to load report'; exit 1",
            InputError,
            r"\(==ERROR== Failed to load report\); try: ncu",
        ),
        ("exit 3", InputError, r"\(exit code 3\); try: ncu --import FILE.ncu-rep --csv"),
        ("echo nothing", ParseError, "expected kernels that Nsight Compute measured, found none"),
    ],
)
def test_ncu_may_fail(programs: Path, script: str, error: type[Exception], says: str):
    fake_ncu(programs, script)
    with pytest.raises(error, match=says):
        read(UNKNOWN.read_bytes())


def test_a_result_that_says_nothing_is_no_launch():
    head = b"\x10\xe8\x07\x28\xa0\x1f"  # a thousand results in 4000 bytes
    profile = read(REPORT.read_bytes() + len(head).to_bytes(4, "little") + head + b"\0" * 4000)
    assert by_stack(profile) == by_stack(read(REPORT))
    assert profile.skipped["result that is empty"] == 1000


def test_sizes_in_a_report_are_not_trusted(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    many = b"\x10" + b"\xff" * 8 + b"\x01"  # so many results, of which there is none
    for block in (many, b"\x28" + b"\xff" * 8 + b"\x01", b"\x22\xff\xff\xff\xff\x0f"):
        with pytest.raises(InputError):
            read(b"NVR\0\2\0\0\0\x08\x07" + len(block).to_bytes(4, "little") + block)
