"""rocprof in all its forms: who launched what, sums as the files have them, and nothing of a database is believed."""

from __future__ import annotations

import copy
import csv
import json
import random
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from golden import CORPUS, FIXTURES

from flamegraph.collapse import detect, read
from flamegraph.errors import FlamegraphError, UsageError
from flamegraph.gpu import OUTSIDE
from flamegraph.source import Source

HERE = FIXTURES / "rocprof"
THEIRS = CORPUS / "rocprof"
ALL = ["made_results.json", "made_rocpd_results.db", "made_rocpd_timestamps_results.db"]

needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def kernels(profile) -> Counter[str]:
    found: Counter[str] = Counter()
    for stack, values in by_stack(profile).items():
        found[stack[-1].removesuffix("_[G]")] += values[0]
    return found


def bare(name: str) -> str:
    return name.removesuffix(" [clone .kd]").removesuffix(".kd")


@needs_corpus
def test_results_of_others():
    expected: Counter[str] = Counter()
    for row in table(THEIRS / "gunrock-results.csv"):
        assert int(row["EndNs"]) - int(row["BeginNs"]) == int(row["DurationNs"])
        expected[bare(row["KernelName"])] += int(row["DurationNs"])
    traced, summed = read(THEIRS / "gunrock-results.csv"), read(THEIRS / "gunrock-results.stats.csv")
    assert kernels(traced) == kernels(summed) == expected
    rows = table(THEIRS / "gunrock-results.stats.csv")
    assert summed.total(0) == sum(int(row["TotalDurationNs"]) for row in rows)
    assert (
        summed.total(1)
        == sum(int(row["Calls"]) for row in rows)
        == read(THEIRS / "gunrock-results.csv", gpu="launches").total()
    )


@needs_corpus
def test_counters_of_others():
    rows = table(THEIRS / "omniperf-MI200-pmc_perf.csv")
    profile = read(THEIRS / "omniperf-MI200-pmc_perf.csv")
    assert profile.total() == sum(int(row["End_Timestamp"]) - int(row["Start_Timestamp"]) for row in rows)


@needs_corpus
def test_json_of_others():
    path = THEIRS / "rocprofv3-908_results.json.gz"
    tool = Source(path).json()["rocprofiler-sdk-tool"][0]
    names = {one["kernel_id"]: one["formatted_kernel_name"] for one in tool["kernel_symbols"]}
    expected: Counter[str] = Counter()
    for one in tool["buffer_records"]["kernel_dispatch"]:
        name = names[one["dispatch_info"]["kernel_id"]]
        expected[bare(name)] += one["end_timestamp"] - one["start_timestamp"]
    profile = read(path)
    assert kernels(profile) == expected and not profile.skipped
    assert {stack[0] for stack in by_stack(profile)} == {"python3.10"}  # no call was recorded: device and queue it is
    assert {stack[1] for stack in by_stack(profile)} == {"AMD Instinct MI350X (0)"}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("options", [{}, {"gpu": "busy"}, {"gpu": "idle"}, {"gpu": "launches"}, {"show": "api"}])
def test_all_forms_tell_the_same(name: str, options: dict):
    assert by_stack(read(HERE / name, **options)) == by_stack(read(HERE / ALL[0], **options))
    tables = by_stack(read(HERE / "made_all_traces.csv", **options))
    assert {("mill", *stack): values[:1] for stack, values in tables.items()} == {
        stack: values[:1] for stack, values in by_stack(read(HERE / name, **options)).items()
    }


@pytest.mark.parametrize("name", [*ALL, "made_all_traces.csv", "made_rpd.rpd", "made_kernel_trace.csv"])
def test_all_work_is_counted(name: str):
    work = 0 if name == "made_kernel_trace.csv" else 500  # the copy
    for row in table(HERE / "made_kernel_trace.csv"):
        work += int(row["End_Timestamp"]) - int(row["Start_Timestamp"])
    profile = read(HERE / name)
    assert profile.total() == work and set(profile.skipped) <= {"mark: a moment, no range"}
    lost = [stack for stack in by_stack(profile) if OUTSIDE in stack]
    assert len(lost) == (name != "made_kernel_trace.csv")
    wall = {0: 6100 - (2800 if work < 8000 else 1500), 1: 4000}
    assert read(HERE / name, gpu="busy").total() + read(HERE / name, gpu="idle").total() == sum(wall.values())


def test_calls_add_up_to_the_outermost():
    outermost = (9000 - 1000) + (7000 - 2000)
    assert read(HERE / ALL[0], show="api").total() == outermost


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("made_hip_api_trace.csv", {"gpu": "time"}, "--gpu time: there is no work on a GPU in"),
        ("made_kernel_trace.csv", {"show": "api"}, "--show api: there are no calls in"),
        ("v1_results_stats.csv", {"gpu": "busy"}, "--gpu busy: .* holds sums"),
        ("v1_results_stats.csv", {"show": "api"}, "--show: .* holds sums"),
        ("made_results.json", {"gpu": "time", "show": "api"}, "does not go with --show api"),
    ],
)
def test_what_can_not_be_told(name: str, options: dict, says: str):
    with pytest.raises(UsageError, match=says):
        read(HERE / name, **options)


def test_sums_beside_a_trace_are_left():
    both = (HERE / "made_kernel_trace.csv").read_bytes() + b"\n" + (HERE / "v1_results_stats.csv").read_bytes()
    profile = read(both)
    assert by_stack(profile) == by_stack(read(HERE / "made_kernel_trace.csv"))
    assert profile.skipped == {"row of sums, which are told one by one": 2, "row without numbers": 1}


def test_sums_of_calls_and_of_kernels():
    both = (HERE / "hip_stats.csv").read_bytes() + b"\n" + (HERE / "v1_results_stats.csv").read_bytes()
    assert [metric.name for metric in read(both).metrics] == ["time", "calls", "gpu time", "launches"]
    assert read(both, gpu="launches").total() == 3


def test_two_processes_of_one_database_are_told_apart(tmp_path: Path):
    """Ids are counted anew in each process."""
    path = tmp_path / "two_results.db"
    path.write_bytes((HERE / "made_rocpd_results.db").read_bytes())
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in tables:
            other = name.replace("_00000450_", "_00000451_")
            connection.execute(f'CREATE TABLE "{other}" AS SELECT * FROM "{name}"')
            if "info_process" in name:
                connection.execute(f"""UPDATE "{other}" SET command = '/opt/other/sifter'""")
    connection.close()
    one, two = by_stack(read(HERE / "made_rocpd_results.db")), by_stack(read(path))
    assert two == one | {("sifter", *stack[1:]): values for stack, values in one.items()}


def test_the_schema_may_lie_far_back(tmp_path: Path):
    path = tmp_path / "far.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
        for i in range(200):
            connection.execute(f"CREATE TABLE filler_{i} (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)")
        connection.execute("INSERT INTO notes VALUES (zeroblob(200000))")
        connection.executescript('CREATE TABLE rocpd_op (id, gpuId, queueId, start, "end", description_id, opType_id)')
        connection.execute("CREATE TABLE rocpd_string (id, string)")
        connection.execute("INSERT INTO rocpd_op VALUES (1, 0, 0, 10, 25, 1, 1)")
    connection.execute("VACUUM")
    connection.close()
    assert detect(Source(path)).name == "rocprof"
    assert read(path).total() == 15


def test_views_are_not_run(tmp_path: Path):
    """A view may compute for ever."""
    path = tmp_path / "views.db"
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, 1 AS stack_id FROM n"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE rocpd_kernel_dispatch_0a (id, pid, kernel_id, "start", "end", event_id)')
        connection.execute("INSERT INTO rocpd_kernel_dispatch_0a VALUES (1, 1, 1, 10, 12, 1)")
        for name in ("rocpd_event_0a", "rocpd_string_0a", "rocpd_kernel_dispatch", "kernels"):
            connection.execute(f"CREATE VIEW {name} AS {endless}")
    connection.close()
    assert read(path).total() == 2


def test_anything_may_stand_in_the_json():
    whole = json.loads((HERE / "made_results.json").read_text())
    chance = random.Random(5)
    junk = [None, [], {}, "x", -1, 2**70, 1.5, True, [[]], {"handle": []}, {"internal": {}}]
    for _ in range(300):
        broken = copy.deepcopy(whole)
        node, key = broken, "rocprofiler-sdk-tool"
        for _ in range(chance.randrange(9)):
            below = node[key]
            if not isinstance(below, (dict, list)) or not below:
                break
            node, key = below, chance.choice(list(below) if isinstance(below, dict) else range(len(below)))
        node[key] = chance.choice(junk)
        try:
            profile = read(json.dumps(broken).encode(), format="rocprof")
        except FlamegraphError:
            continue
        assert profile.check().total() >= 0
