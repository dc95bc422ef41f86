"""Reports of nsys stats: sums as the tables have them, whichever report is taken."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from golden import CORPUS, FIXTURES

from flamegraph.collapse import nsys_stats, read
from flamegraph.collapse.nsys_stats.reports import PREFERRED
from flamegraph.errors import UsageError

HERE = FIXTURES / "nsys_stats"
BUNDLE = HERE / "made_bundle.csv"
TRACE = HERE / "made_cuda_gpu_trace.csv"

HEAD = "Start (ns),End (ns),Duration (ns),DurChild (ns),DurNonChild (ns),Name,PID,TID,Lvl,NumChild,RangeId,ParentId,"


def table(path: Path) -> list[dict[str, str]]:
    """A file with one report and no log, by Python's own reader."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def kernels(path: Path, **options) -> dict[str, int]:
    """How much there is of each operation, whatever stands around it."""
    found: Counter[str] = Counter()
    for frames, values in by_stack(read(path, **options)).items():
        found[frames[-1].removesuffix("_[G]")] += values[0]
    return dict(found)


needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")


@needs_corpus
def test_gpu_trace_of_others():
    path = CORPUS / "nsys-csv" / "vernier-nsys-2026.3.1-cuda_gpu_trace.csv"
    expected: Counter[tuple[str, ...]] = Counter()
    for row in table(path):
        expected[row["Device"], f"stream {row['Strm']}", row["Name"] + "_[G]"] += int(row["Duration (ns)"])
    profile = read(path)
    assert {stack: [value] for stack, value in expected.items()} == by_stack(profile)
    assert not profile.skipped
    rows = table(path)
    assert read(path, gpu="launches").total() == len(rows)
    # No two operations overlap there, so that all the time is busy, and what is left is idle.
    span = int(rows[-1]["Start (ns)"]) + int(rows[-1]["Duration (ns)"]) - int(rows[0]["Start (ns)"])
    assert read(path, gpu="busy").total() == profile.total()
    assert read(path, gpu="idle").total() == span - profile.total() and profile.meta.duration == span


@needs_corpus
def test_ranges_of_others():
    path = CORPUS / "nsys-csv" / "vernier-nsys-2026.3.1-nvtx_pushpop_trace.csv"
    rows = table(path)
    profile = read(path)
    assert not profile.skipped
    assert profile.total() == sum(int(row["Duration (ns)"]) for row in rows if row["Lvl"] == "0")
    inside = by_stack(profile)["NvtxAnnotation.G1Phases", "copy_in"]
    assert inside == [int(row["Duration (ns)"]) for row in rows if row["NameTree"] == "--:copy_in"]


def test_summaries_and_traces_agree():
    """The same recording, added up by nsys and by us."""
    traced, summed = kernels(TRACE), kernels(HERE / "made_cuda_api_gpu_sum.csv")
    assert traced == {name: value for name, value in summed.items() if value}
    both = kernels(BUNDLE, report=("cuda_gpu_kern_sum", "cuda_gpu_mem_time_sum"))
    assert both == traced == kernels(HERE / "made_tabs.tsv") == kernels(HERE / "made_table.txt")
    grinding = {name: value for name, value in traced.items() if not name.startswith("[")}
    assert kernels(HERE / "made_cuda_kern_exec_trace.csv") == grinding


def test_versions_agree():
    spelt = {"HtoD": "Host-to-Device", "DtoH": "Device-to-Host"}
    old = {
        name[:-5] + spelt[name[-5:-1]] + "]" if name.startswith("[") else name: value
        for name, value in kernels(HERE / "made_gputrace_2022.csv").items()
    }
    assert old == kernels(TRACE)
    ranges = [by_stack(read(HERE / name)) for name in ("made_nvtx_pushpop_trace.csv", "made_nvtxpptrace_2022.csv")]
    assert ranges[0] == ranges[1]


def test_own_times_of_ranges_add_up_to_the_outermost():
    rows = table(HERE / "made_nvtx_pushpop_trace.csv")
    outermost = sum(int(row["Duration (ns)"]) for row in rows if not row["ParentId"])
    assert read(HERE / "made_nvtx_pushpop_trace.csv").total() == outermost
    rows = table(HERE / "row_without_range.csv")
    outermost = sum(int(row["Projected Duration (ns)"]) for row in rows if row["Lvl"] == "0")
    assert read(HERE / "row_without_range.csv").total() == outermost


def test_busy_and_idle_make_up_the_wall_time():
    wall = 0
    for device in ("NVIDIA Quern 10 (0)", "NVIDIA Quern 10 (1)"):
        mine = [row for row in table(TRACE) if row["Device"] == device]
        start = [int(row["Start (ns)"]) for row in mine]
        wall += max(s + int(row["Duration (ns)"]) for s, row in zip(start, mine, strict=True)) - min(start)
    assert read(TRACE, gpu="busy").total() + read(TRACE, gpu="idle").total() == wall


def test_what_is_left_is_counted():
    profile = read(BUNDLE)
    lines = [line for line in BUNDLE.read_text().splitlines() if line[:1].isdigit()]
    assert sum(profile.skipped.values()) == len(lines) - 3


def test_a_report_may_be_called_by_its_old_name():
    assert by_stack(read(BUNDLE, report=("gpukernsum",))) == by_stack(read(BUNDLE, report=("cuda_gpu_kern_sum",)))


def test_the_best_report_wins_wherever_it_stands():
    api, trace = (HERE / "api_calls_within_calls.csv").read_bytes(), TRACE.read_bytes()
    first, last = read(trace + b"\n" + api), read(api + b"\n" + trace)
    assert by_stack(first) == by_stack(last) == by_stack(read(trace))
    assert first.skipped == last.skipped == {"row of cuda_api_trace, another report: see --report": 5}


def test_the_order_is_told():
    told = " ".join(nsys_stats.__doc__.split()).split("that is here of ")[1]
    assert told.startswith(", ".join(PREFERRED) + ", or of others the first")


def test_a_report_of_several_recordings_is_added_up():
    twice = read(TRACE.read_bytes() + b"\n" + TRACE.read_bytes())
    assert {stack: [2 * value] for stack, (value,) in by_stack(read(TRACE)).items()} == by_stack(twice)
    assert (
        read(TRACE.read_bytes() + b"\n" + TRACE.read_bytes(), gpu="idle").total() == 2 * read(TRACE, gpu="idle").total()
    )


@pytest.mark.parametrize(
    ("path", "options", "says"),
    [
        (BUNDLE, {"report": ("cuda_gpu_trace",)}, "--report cuda_gpu_trace: not in .*expected one of cuda_api_sum, "),
        (BUNDLE, {"gpu": "busy"}, "--gpu busy: not told by what is in .*: cuda_api_sum, "),
        (BUNDLE, {"gpu": "time", "report": ("osrt_sum",)}, "osrt_sum can't tell what --gpu time asks for"),
        (BUNDLE, {"gpu": "time", "report": ("cuda_gpu_mem_size_sum",)}, "can't tell what --gpu time asks for"),
        (HERE / "row_without_range.csv", {"gpu": "launches"}, "--gpu launches: not told"),
    ],
)
def test_what_can_not_be_told(path: Path, options: dict, says: str):
    with pytest.raises(UsageError, match=says):
        read(path, **options)


def test_ranges_as_deep_as_they_come():
    rows = [HEAD + "RangeStack,NameTree"]
    path = ""
    for i in range(2000):
        path += f":{i}"
        rows.append(f"{i},9999,5,4,1,range {i},7,7,{i},1,{i},,{path},")
    profile = read("\n".join(rows).encode())
    assert profile.total() == 2000 and max(map(len, by_stack(profile))) == 2000
