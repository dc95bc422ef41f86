"""nvprof: what its summaries, traces and text say of one run agrees, and no row is lost."""

from __future__ import annotations

import contextlib
import csv
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from golden import FIXTURES

from flamegraph.collapse import detect, read
from flamegraph.errors import ParseError, UsageError
from flamegraph.gpu import OUTSIDE
from flamegraph.source import Source

HERE = FIXTURES / "nvprof"
GOOD = sorted(path for path in HERE.glob("*.[ct][sx][vt]") if not path.name.startswith("bad"))

HEAD = '"Type","Time(%)","Time","Calls","Avg","Min","Max","Name"\n,%,us,,us,us,us,\n'


def table(path: Path, head: str) -> list[dict[str, str]]:
    """The rows below the line that starts with `head`, without the one of units."""
    lines = path.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(head))
    return list(csv.DictReader(lines[start:]))[1:]


def on_gpu(profile) -> Counter[str]:
    found: Counter[str] = Counter()
    for stack, values in by_stack(profile).items():
        if stack[-1].endswith("_[G]"):
            found[stack[-1].removesuffix("_[G]")] += values[0]
    return found


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_recognised_by_its_tables(path: Path):
    assert detect(Source(path)).name == "nvprof"


def test_summary_trace_and_text_agree():
    summary, trace, text = (on_gpu(read(HERE / name)) for name in ("summary.csv", "gpu_trace.csv", "text.txt"))
    kernels = [name for name in summary if "CUDA" not in name]
    assert {name: trace[name] for name in kernels} == {name: summary[name] for name in kernels}
    assert all(abs(text[name] - summary[name]) <= 100 for name in summary)  # text has five digits


def test_sums_are_those_of_the_rows():
    rows = table(HERE / "summary.csv", '"Type"')
    assert {row["Type"] for row in rows} == {"GPU activities", "API calls", "OpenACC (incl)"}
    profile = read(HERE / "summary.csv")
    for metric, type_, column in [
        (0, "GPU activities", "Time"),
        (1, "GPU activities", "Calls"),
        (2, "API calls", "Time"),
    ]:
        cells = [float(row[column]) for row in rows if row["Type"] == type_ and row[column] != "nan"]
        assert profile.total(metric) == pytest.approx(sum(cells) * (1e6 if column == "Time" else 1))


def test_all_work_of_a_trace_is_counted():
    rows = table(HERE / "gpu_trace.csv", '"Start"')
    expected = sum(round(float(row["Duration"]) * 1e3) for row in rows if row["Duration"])
    profile = read(HERE / "gpu_trace.csv")
    assert profile.total() == expected
    assert read(HERE / "gpu_trace.csv", gpu="launches").total() + sum(profile.skipped.values()) == len(rows)
    rows = table(HERE / "both_traces.csv", '"Start"')
    expected = sum(round(float(row["Duration"]) * 1e3) for row in rows if row["Device"])
    assert read(HERE / "both_traces.csv").total() == expected


def test_work_stands_below_the_call_with_its_id():
    stacks = by_stack(read(HERE / "both_traces.csv"))
    assert stacks["cudaLaunchKernel", "-", "grind(float*)_[G]"] == [10125]
    assert stacks[OUTSIDE, "-", "sift(float*, int)_[G]"] == [5000]


def test_numbers_of_launches_are_no_part_of_a_name():
    assert not any("[1" in name for name in on_gpu(read(HERE / "gpu_trace.csv")))


@pytest.mark.parametrize(
    ("name", "what", "says"),
    [
        ("summary.csv", "busy", "--gpu busy: .* holds sums"),
        ("text.txt", "idle", "--gpu idle: .* holds sums"),
        ("api_trace.csv", "time", "--gpu time: there is no work on a GPU"),
    ],
)
def test_what_cannot_be_told(name: str, what: str, says: str):
    with pytest.raises(UsageError, match=says):
        read(HERE / name, gpu=what)


def test_a_name_with_commas_that_was_never_quoted(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "GPU activities,100,2.5,1,2.5,2.5,2.5,void f<int, 3>(int, int)\n")
    assert on_gpu(read(path)) == {"void f<int, 3>(int, int)": 2500}


@pytest.mark.parametrize(
    "row",
    [
        '"GPU activities",1,1e300,1,1,1,1,"f"',
        '"GPU activities",1,-1,1,1,1,1,"f"',
        '"GPU activities",1,inf,1,1,1,1,"f"',
        '"GPU activities",1,1,1.5,1,1,1,"f"',
        f'"GPU activities",1,{"9" * 5000},1,1,1,1,"f"',
        '"GPU activities",1',
    ],
)
def test_rows_of_nonsense_are_left_out_and_counted(tmp_path: Path, row: str):
    path = tmp_path / "a.csv"
    path.write_text(HEAD + row + '\n"GPU activities",1,2,1,2,2,2,"g"\n')
    profile = read(path)
    assert on_gpu(profile) == {"g": 2000} and sum(profile.skipped.values()) == 1


def test_a_table_cut_off_anywhere(tmp_path: Path):
    path = tmp_path / "a.csv"
    for whole in (HERE / "both_traces.csv", HERE / "summary.csv", HERE / "text.txt"):
        data = whole.read_bytes()
        for length in range(len(data)):
            path.write_bytes(data[:length])
            with contextlib.suppress(ParseError):
                read(path, format="nvprof")
