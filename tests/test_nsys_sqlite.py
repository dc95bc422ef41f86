"""Exports of Nsight Systems: what stands on what, what counts, and what is made of odd and hostile ones."""

from __future__ import annotations

import gzip
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from drawn import by_stack
from golden import FIXTURES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nsys_exports import NsysExport, process, thread

from flamegraph.collapse import detect, formats, read
from flamegraph.errors import EmptyProfile, FlamegraphError, ParseError, UsageError
from flamegraph.gpu import OUTSIDE
from flamegraph.profile import Profile
from flamegraph.render import render
from flamegraph.source import Source

HERE = FIXTURES / "nsys_sqlite"


def folded(origin, **options) -> list[str]:
    return render(read(origin, **options), "folded").decode().splitlines()


def execute(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


# What may be asked


@pytest.mark.parametrize(
    ("given", "option"),
    [({"gpu": "time"}, "--gpu"), ({"by_stream": True}, "--by-stream"), ({"short_names": True}, "--short-names")],
)
def test_what_is_for_the_gpu_does_not_go_with_show(given, option: str):
    with pytest.raises(UsageError, match=f"{option} is for work on a GPU; it does not go with --show api"):
        read(HERE / "training.sqlite", show="api", **given)


def test_what_is_not_there_is_told_with_what_is():
    with pytest.raises(EmptyProfile) as raised:
        read(HERE / "training.sqlite", show="osrt")
    assert str(raised.value).endswith(
        "expected calls of the operating system, found only work on the GPU (--gpu), NVTX ranges (--show nvtx), "
        "calls of CUDA (--show api)"
    )


@pytest.mark.parametrize(
    ("name", "metric"),
    [("old_backtraces", "gpu time"), ("nvtx_only", "nvtx time"), ("system_calls", "osrt time")],
)
def test_by_default_it_is_the_first_of_what_there_is(name: str, metric: str):
    assert read(HERE / f"{name}.sqlite").metrics[0].name == metric


def test_samples_come_before_ranges_and_ranges_before_calls(tmp_path: Path):
    made = NsysExport()
    made.os_call(0, 5, "poll", 0, 1)
    assert read(made.write(tmp_path / "a.sqlite")).metrics[0].name == "osrt time"
    made.call(0, 5, "cudaFree_v3020", 1, 1)
    assert read(made.write(tmp_path / "a.sqlite")).metrics[0].name == "api time"
    made.range(0, 5, "step", 1)
    assert read(made.write(tmp_path / "a.sqlite")).metrics[0].name == "nvtx time"
    made.sample(1, 5, 1, None, ("main", "/opt/demo/solve"), cycles=900)
    assert [metric.name for metric in read(made.write(tmp_path / "a.sqlite")).metrics] == ["samples", "cycles"]


def test_describe_tells_everything_that_can_be_shown():
    found = formats()["nsys_sqlite"].describe(Source(HERE / "old_backtraces.sqlite"))
    assert [(event.name, event.unit, event.samples, event.total) for event in found.events] == [
        ("work on the GPU (--gpu)", "ns", 3, 112_000),
        ("CPU samples (--show cpu)", "samples", 7, 7),
        ("NVTX ranges (--show nvtx)", "ns", 3, 285_000),
        ("calls of CUDA (--show api)", "ns", 5, 146_600),
    ]
    with pytest.raises(EmptyProfile):
        formats()["nsys_sqlite"].describe(Source(HERE / "bad_no_rows.sqlite"))


# What stands on what


def test_a_call_is_found_by_process_and_number():
    """Both processes have calls with the same numbers, and the one of a kernel is in the other process."""
    lines = folded(HERE / "training.sqlite", pid=True, gpu="launches", short_names=True)
    assert "python3.12-100;[launch outside capture];-;ampere::gemm_[G] 1" in lines
    assert not any("python3.12-200;[launch outside capture];-;ampere::gemm" in line for line in lines)


def test_chains_of_old_exports_are_counted_from_0_and_of_new_ones_from_1(tmp_path: Path):
    for first in (0, 1):
        made = NsysExport("new" if first else "old")
        for n, name in enumerate(("cudaMalloc", "cudaFree", "cudaLaunchKernel")):
            made.call(n * 10, n * 10 + 9, f"{name}_v3020", n + 1, 1, callchainId=n + first)
            made.chain("CUDA_CALLCHAINS", n + 1, (f"calls_{name}", "a.out"), (name, "libcudart.so"))
        made.call(50, 59, "cudaSetDevice_v3020", 9, 1, callchainId=0 if first else None)
        assert folded(made.write(tmp_path / "a.sqlite"), show="api") == [
            "pid 1;calls_cudaFree;cudaFree 9",
            "pid 1;calls_cudaLaunchKernel;cudaLaunchKernel 9",
            "pid 1;calls_cudaMalloc;cudaMalloc 9",
            "pid 1;cudaSetDevice 9",
        ]


def test_a_chain_alone_may_be_the_call(tmp_path: Path):
    """The row with the chain is there, the one of the call is not."""
    made = NsysExport("old")
    made.call(0, 10, "cudaMemcpy", 5, 1, eventClass=67, callchainId=1)
    made.chain(
        "CUDA_CALLCHAINS", 1, ("main", "a.out"), ("cudaMemcpy", "libcudart.so"), ("0x1", "libcuda.so", "unresolved")
    )
    made.copy(20, 50, 2, 8, 5, 1)
    assert folded(made.write(tmp_path / "a.sqlite")) == ["pid 1;main;cudaMemcpy;-;[CUDA memcpy DtoH]_[G] 30"]


def test_ranges_where_there_is_no_chain(tmp_path: Path):
    made = NsysExport()
    made.range(0, 100, "step", 1)
    made.call(10, 20, "cudaLaunchKernel_v7000", 1, 1, callchainId=1)
    made.call(30, 40, "cudaLaunchKernel_v7000", 2, 1)
    made.chain("CUDA_CALLCHAINS", 1, ("main", "a.out"))
    for correlation in (1, 2):
        made.kernel(correlation * 100, correlation * 100 + 7, "k", correlation, 1)
    path = made.write(tmp_path / "a.sqlite")
    both = {
        "auto": {"pid 1;main;cudaLaunchKernel;-;k_[G] 7", "pid 1;step;cudaLaunchKernel;-;k_[G] 7"},
        "chain": {"pid 1;main;cudaLaunchKernel;-;k_[G] 7", "pid 1;cudaLaunchKernel;-;k_[G] 7"},
        "nvtx": {"pid 1;step;cudaLaunchKernel;-;k_[G] 14"},
        "none": {"pid 1;cudaLaunchKernel;-;k_[G] 14"},
    }
    for callers, expected in both.items():
        assert set(folded(path, callers=callers)) == expected


def test_devices_of_two_processes_are_two_gpus_or_one(tmp_path: Path):
    """Both call theirs device 0. Where the export tells the machine's numbers, idle time is told apart."""
    made = NsysExport()
    for pid in (1, 2):
        made.kernel(pid * 100, pid * 100 + 50, "k", 0, pid)
        made.kernel(pid * 1000, pid * 1000 + 50, "k", 0, pid)
    path = made.write(tmp_path / "a.sqlite")
    assert read(path, gpu="idle").total() == (200 - 150) + (1000 - 250) + (2000 - 1050)
    for pid in (1, 2):
        made.add("TARGET_INFO_CUDA_DEVICE", gpuId=pid, cudaId=0, pid=pid, uuid="")
    assert read(made.write(path), gpu="idle").total() == (1000 - 150) + (2000 - 250)


# Sums, held against SQL

TIMES = st.tuples(st.integers(0, 60), st.integers(1, 20))
KERNELS = st.lists(
    st.tuples(TIMES, st.integers(0, 4), st.integers(1, 3), st.sampled_from(["k", "l<int>(int)"])), max_size=12
)
CALLS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.sampled_from(["cudaLaunch", "cuLaunch"])), max_size=8
)

JOINED = """
    SELECT k.globalPid >> 24 & 0xffffff, c.name, s.value, sum(k.end - k.start)
    FROM CUPTI_ACTIVITY_KIND_KERNEL k JOIN StringIds s ON s.id = k.demangledName
    LEFT JOIN (
        SELECT globalTid >> 24 << 24 AS process, correlationId, value AS name, min(start)
        FROM CUPTI_ACTIVITY_KIND_RUNTIME JOIN StringIds ON id = nameId GROUP BY process, correlationId
    ) c ON c.process = k.globalPid AND c.correlationId = k.correlationId AND k.correlationId != 0
    GROUP BY 1, 2, 3
"""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KERNELS, CALLS)
def test_what_was_launched_is_what_sql_joins(tmp_path: Path, kernels, calls):
    made = NsysExport()
    made.add(
        "CUPTI_ACTIVITY_KIND_RUNTIME", start=0, end=0, eventClass=0, globalTid=thread(9), correlationId=0, nameId="x"
    )
    for n, (correlation, pid, name) in enumerate(calls):
        made.call(n * 10, n * 10 + 5, name, correlation, pid)
    for (start, length), correlation, pid, name in kernels:
        made.kernel(start, start + length, name, correlation, pid)
    made.kernel(0, 3, "k", 0, 1)
    path = made.write(tmp_path / "a.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        expected = {row[:3]: row[3] for row in connection.execute(JOINED)}
    found: Counter = Counter()
    for stack, (value, *_) in by_stack(read(path)).items():
        owner, call, _, kernel = stack
        key = int(owner.removeprefix("pid ")), None if call == OUTSIDE else call, kernel.removesuffix("_[G]")
        found[key] += value
    assert found == expected
    assert read(path, gpu="launches").total() == len(kernels) + 1


# Where it comes from


def test_a_file_bytes_and_compressed_bytes_give_the_same():
    path = HERE / "training.sqlite"
    assert folded(path) == folded(path.read_bytes()) == folded(gzip.compress(path.read_bytes()))


def test_nothing_is_written(tmp_path: Path):
    path = tmp_path / "a.sqlite"
    path.write_bytes((HERE / "training.sqlite").read_bytes())
    path.chmod(0o400)
    read(path)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == (HERE / "training.sqlite").read_bytes()


def test_a_schema_far_back_is_found_in_a_file(tmp_path: Path):
    """The tables that tell may lie behind others: what the first 64 KiB do not tell, the schema of a file does."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size = 512")
        for n in range(300):
            connection.execute(f"CREATE TABLE mine_{n} (a INTEGER)")
        for table in ("StringIds (id INTEGER PRIMARY KEY, value TEXT)", "OSRT_API (start, end, globalTid, nameId)"):
            connection.execute(f"CREATE TABLE {table}")
        connection.execute("CREATE TABLE META_DATA_EXPORT (name TEXT, value TEXT)")
        connection.execute("INSERT INTO OSRT_API VALUES (1, 4, 5, 0)")
        connection.commit()
    assert b"StringIds" not in Source(path).head
    assert detect(Source(path)).name == "nsys_sqlite"
    assert folded(path) == ["pid 0;[unknown call] 3"]


@pytest.mark.parametrize("tables", [["notes (text TEXT)"], ["StringIds (id, value)", "kernels (name)"]])
def test_other_databases_are_not_claimed(tmp_path: Path, tables: list[str]):
    path = execute(tmp_path / "a.sqlite", *(f"CREATE TABLE {table}" for table in tables))
    with pytest.raises(FlamegraphError, match="53 51 4c 69 74 65"):
        detect(Source(path))


# Odd and hostile


def test_odd_values_are_numbers_names_or_nothing(tmp_path: Path):
    """SQLite keeps any value in any column."""
    path = NsysExport().write(tmp_path / "a.sqlite")
    kernel = "CUPTI_ACTIVITY_KIND_KERNEL"
    execute(
        path,
        f"CREATE TABLE {kernel} (start, end, deviceId, streamId, correlationId, globalPid, demangledName, graphNodeId)",
        f"INSERT INTO {kernel} VALUES ('10', 30.9, 'zero', x'00ff', NULL, -1, 'name', 1e300)",
        f"INSERT INTO {kernel} VALUES (NULL, 7, 9223372036854775807, -1, -9223372036854775808, 5, NULL, -5)",
        f"INSERT INTO {kernel} VALUES (-9223372036854775808, 9223372036854775807, 0, 0, 0, 0, 0, 0)",
    )
    profile = read(path, by_stream=True)
    assert profile.total() == 20 + 7
    assert profile.skipped == {"time that is out of range": 1}


def test_columns_that_are_missing_are_unknown(tmp_path: Path):
    path = NsysExport().write(tmp_path / "a.sqlite")
    execute(path, "CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start, end)",
            "INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (1, 5)")  # fmt: skip
    assert folded(path) == ["[unknown process];[launch outside capture];-;[CUDA memcpy]_[G] 4"]


def test_views_are_not_asked(tmp_path: Path):
    """A view can go on for ever."""
    path = NsysExport().write(tmp_path / "a.sqlite")
    execute(path, "CREATE VIEW OSRT_API AS WITH RECURSIVE n(start) AS (SELECT 1 UNION ALL SELECT start + 1 FROM n) "
                  "SELECT start, start + 1 AS end FROM n")  # fmt: skip
    with pytest.raises(EmptyProfile):
        read(path)


def test_pages_that_hold_each_other_end(tmp_path: Path):
    """An inner page whose children are all one page has more rows than the file has bytes."""
    made = NsysExport()
    for n in range(3000):
        made.os_call(n * 10, n * 10 + 5, "poll", 0, 1)
    path = made.write(tmp_path / "a.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'OSRT_API'").fetchone()
    content = bytearray(path.read_bytes())
    page = memoryview(content)[(root - 1) * 512 : root * 512]
    assert page[0] == 5
    cells = int.from_bytes(page[3:5], "big")
    for cell in range(cells):  # every child is the page itself
        at = int.from_bytes(page[12 + 2 * cell : 14 + 2 * cell], "big")
        page[at : at + 4] = root.to_bytes(4, "big")
    del page
    with pytest.raises(FlamegraphError):
        read(bytes(content))


def test_what_comes_before_damage_is_kept(tmp_path: Path):
    made = NsysExport()
    for n in range(3000):
        made.os_call(n * 10, n * 10 + 5, "poll", 0, 1)
    path = made.write(tmp_path / "a.sqlite")
    content = bytearray(path.read_bytes())
    pages = [at for at in range(0, len(content), 512) if content[at] == 13]
    content[pages[len(pages) // 2]] = 0xEE  # the kind of a page
    profile = read(bytes(content))
    assert 0 < profile.total() < 15_000
    assert profile.skipped == {"OSRT_API: the rest of the table, which is damaged": 1}


@pytest.mark.parametrize("size", [100, 1000, 5000])
def test_cut_files_end_in_an_error(size: int):
    content = (HERE / "training.sqlite").read_bytes()[:size]
    with pytest.raises(ParseError, match="expected a sound SQLite database"):
        read(content, format="nsys_sqlite")


def test_deep_ranges_and_chains(tmp_path: Path):
    made = NsysExport()
    n = 20_000
    for depth in range(n):
        made.range(depth, 2 * n - depth, "deeper", 1)
    made.call(n - 1, n, "cudaLaunchKernel_v7000", 1, 1)
    made.kernel(n, n + 5, "k", 1, 1)
    made.sample(1, 5, 1, None, *[("recurse", "a.out")] * n)
    path = made.write(tmp_path / "a.sqlite", 4096)

    def depth(profile: Profile) -> int:
        return folded_depth(render(profile, "folded"))

    assert depth(read(path)) == n + 4
    assert depth(read(path, show="cpu")) == n + 1
    assert read(path, show="nvtx").total() == 2 * n


def folded_depth(text: bytes) -> int:
    return max(line.count(b";") + 1 for line in text.splitlines())


def test_ids_take_apart_into_machine_process_and_thread():
    """As Nsight's documentation has it: 0x10042ac0042ac is thread 17068 of process 17068 on machine 1."""
    assert thread(17068) == 0x10042AC0042AC and process(17068) == 0x10042AC000000


RANGES = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 12)), max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RANGES, RANGES)
def test_ranges_that_are_started_and_ended_count_where_they_cross_none(tmp_path: Path, pushed, started):
    """What is left out crosses one that is pushed, or one that was started before; what counts crosses none."""
    kept: list[tuple[int, int]] = []
    made = NsysExport()
    made.range(0, 100, "whole", 1)
    for start, end in nested([(start, start + length) for start, length in pushed]):
        kept.append((start, end))
        made.range(start, end, "pushed", 1)
    total = len(kept)
    for start, length in sorted(started, key=lambda one: (one[0], -one[1])):
        made.range(start, start + length, "started", 1, eventType=60)
        crosses = any(cross(one, (start, start + length)) for one in kept)
        total += not crosses
        kept += [] if crosses else [(start, start + length)]
    profile = read(made.write(tmp_path / "a.sqlite"), show="nvtx")
    assert profile.total() == 100 and (profile.samples.values >= 0).all()
    assert len(pushed_and_started(made)) - sum(profile.skipped.values()) == total


def pushed_and_started(made: NsysExport) -> list:
    return made.rows["NVTX_EVENTS"][1:]


def cross(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[0] < a[1] < b[1] or b[0] < a[0] < b[1] < a[1]


def nested(slices: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that cross none of the others before them."""
    found: list[tuple[int, int]] = []
    for one in slices:
        if not any(cross(one, other) for other in found):
            found.append(one)
    return found
