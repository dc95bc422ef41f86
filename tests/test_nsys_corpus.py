"""Real exports, 2022 to 2026, in every way in which they can be read, held against what plain SQL makes of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from drawn import by_stack
from golden import CORPUS

from flamegraph.collapse import read
from flamegraph.errors import EmptyProfile
from flamegraph.gpu import MODES, OUTSIDE
from flamegraph.profile import Kind, Profile

FILES = sorted((CORPUS / "nsys-sqlite").glob("*.sqlite"))
pytestmark = pytest.mark.skipif(not FILES, reason="the corpus is not here")
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)

SHOWN = ("cpu", "nvtx", "api", "osrt")
KERNEL = "CUPTI_ACTIVITY_KIND_KERNEL"
WORK = ("KERNEL", "MEMCPY", "MEMSET")

#: What each holds, as FORMATS and a look at the tables say.
HOLDS = {
    "jacc-async-cpu-sampling": {"cpu"},
    "jacc-cg-cpu-sampling": {"cpu"},
    "jacc-empty": set(),
    "nsysai-h100_2gpu_1s": {"gpu", "nvtx", "api"},
    "nsysai-healthy_1pct-SYNTHETIC": {"gpu", "api"},
    "nsysai-mfu_2gpu_after": {"gpu", "nvtx", "api"},
    "pipit-cloverleaf-cuda": {"gpu", "cpu", "api", "osrt"},
    "pipit-saxpy-mpi-cuda-perlmutter0": {"gpu", "cpu", "nvtx", "api"},
    "pycnv-python": {"cpu", "osrt"},
    "testcuda": {"gpu", "cpu", "api", "osrt"},
    "weatherbench": {"gpu", "cpu", "api", "osrt"},
}


class Tables:
    """A database asked in plain SQL."""

    def __init__(self, path: Path):
        self.path = path

    def ask(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def has(self, table: str) -> bool:
        return bool(self.ask(f"SELECT 1 FROM sqlite_master WHERE name = '{table}'"))

    def columns(self, table: str) -> set[str]:
        return {row[1] for row in self.ask(f"PRAGMA table_info({table})")}

    def work(self) -> str:
        """All work on the GPU, as one query."""
        parts = []
        for kind in WORK:
            table = f"CUPTI_ACTIVITY_KIND_{kind}"
            if self.has(table):
                owner = "globalPid" if "globalPid" in self.columns(table) else "0"
                size = "bytes" if kind == "MEMCPY" else "0"
                parts.append(
                    f"SELECT start, end, deviceId, correlationId, {owner} AS owner, {size} AS bytes FROM {table}"
                )
        return " UNION ALL ".join(parts)

    def outermost(self, table: str, where: str) -> int:
        """How long a thread was within any of these slices, added up over threads."""
        query = f"SELECT globalTid, start, end FROM {table} WHERE {where} ORDER BY globalTid, start, end DESC"
        total, here, until = 0, None, 0
        for thread, start, end in self.ask(query):
            until = until if thread == here else start
            total += max(0, end - max(start, until))
            here, until = thread, max(until, end)
        return total


@each_file
def test_every_way_is_read_or_said_to_be_missing(path: Path):
    for mode in MODES:
        check(path, "gpu", gpu=mode)
    for mode in SHOWN:
        check(path, mode, show=mode)


def check(path: Path, what: str, **options) -> None:
    holds = HOLDS[path.stem]
    if what in holds:
        try:
            profile = read(path, **options)
        except EmptyProfile as error:  # a single operation leaves no gap
            assert options == {"gpu": "idle"} and path.stem == "weatherbench" and "only zeros" in str(error)
            return
        timeline = read(path, timeline=True, **options)
        assert by_stack(timeline) == by_stack(profile)
        assert (timeline.samples.time[1:] >= timeline.samples.time[:-1]).all()
    else:
        with pytest.raises(EmptyProfile, match=r"expected .*, found (none|only)"):
            read(path, **options)


@each_file
def test_the_default_is_work_on_the_gpu_then_samples(path: Path):
    holds = HOLDS[path.stem]
    if holds:
        assert read(path).metrics[0].name == ("gpu time" if "gpu" in holds else "samples")


def on_gpu() -> list[Path]:
    return [path for path in FILES if "gpu" in HOLDS[path.stem]]


each_with_gpu = pytest.mark.parametrize("path", on_gpu(), ids=lambda path: path.stem)


@each_with_gpu
def test_gpu_time_is_conserved(path: Path):
    db = Tables(path)
    ((time, count, copied),) = db.ask(f"SELECT sum(end - start), count(*), sum(bytes) FROM ({db.work()})")
    profile = read(path)
    assert profile.total() == time
    assert (profile.total(1) if len(profile.metrics) > 1 else 0) == copied
    assert read(path, gpu="launches").total() == count
    for options in ({"callers": "none"}, {"by_stream": True}, {"pid": True, "short_names": True}):
        assert read(path, **options).total() == time


@each_with_gpu
def test_time_by_kernel_is_what_sql_adds_up(path: Path):
    db = Tables(path)
    for column, options in (("demangledName", {}), ("shortName", {"short_names": True})):
        query = f"SELECT value, sum(end - start) FROM {KERNEL} JOIN StringIds ON id = {column} GROUP BY 1"
        expected = dict(db.ask(query)) if db.has(KERNEL) else {}
        found = leaves(read(path, **options))
        assert {name: value for name, value in found.items() if not name.startswith("[CUDA ")} == expected


def leaves(profile: Profile) -> dict[str, int]:
    found: dict[str, int] = {}
    for stack, (value, *_) in by_stack(profile).items():
        name = stack[-1].removesuffix("_[G]")
        found[name] = found.get(name, 0) + value
    return found


@each_with_gpu
def test_busy_and_idle_are_the_wall_time_of_each_device(path: Path):
    db = Tables(path)
    busy = wall = 0
    here, until = None, 0
    for device, start, end in db.ask(f"SELECT deviceId, start, end FROM ({db.work()}) ORDER BY 1, 2, 3"):
        if device != here:
            here, until = device, start
        busy += max(0, end - max(start, until))
        wall += max(0, end - until)
        until = max(until, end)
    assert read(path, gpu="busy").total() == busy
    if wall > busy:
        assert read(path, gpu="idle").total() == wall - busy


@each_with_gpu
def test_launches_are_joined_by_process_and_correlation(path: Path):
    """As many as SQL joins stand below a call; the others below "[launch outside capture]"."""
    db = Tables(path)
    owned = "1" if "SYNTHETIC" in path.stem else "w.owner = r.globalTid & ~0xffffff"
    ((outside,),) = db.ask(
        f"SELECT count(*) FROM ({db.work()}) w WHERE NOT EXISTS "
        f"(SELECT 1 FROM CUPTI_ACTIVITY_KIND_RUNTIME r WHERE r.correlationId = w.correlationId AND {owned})"
    )
    launches = by_stack(read(path, gpu="launches"))
    assert sum(count for stack, (count,) in launches.items() if OUTSIDE in stack) == outside


def test_kernels_of_two_processes_are_not_mixed_up():
    """Without the process 11 kernels more would find a call: one of the other process (METHODS 2.3)."""
    launches = by_stack(read(CORPUS / "nsys-sqlite" / "nsysai-h100_2gpu_1s.sqlite", gpu="launches"))
    kernels = {stack: count for stack, (count,) in launches.items() if not stack[-1].startswith("[CUDA ")}
    assert sum(kernels.values()) == 3442
    assert sum(count for stack, count in kernels.items() if OUTSIDE not in stack) == 1632


def stacks_of_samples(profile: Profile) -> list[tuple[str, ...]]:
    """The stack of each sample, as names from the root."""
    path: list[tuple[str, ...]] = [()]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        path.append((*path[parent], profile.frames.name[frame]))
    return [path[node] for node in profile.samples.stack.tolist()]


def test_calls_with_chains_are_where_their_chain_says():
    """All 38 chains hold the function that was called: they are counted from 0 in this old export."""
    profile = read(CORPUS / "nsys-sqlite" / "pipit-saxpy-mpi-cuda-perlmutter0.sqlite", show="api", timeline=True)
    chained = [stack for stack in stacks_of_samples(profile) if "_start" in stack]
    assert len(chained) == 38
    assert not any("cupti" in name for name in profile.frames.name), "nothing of what is below the call"
    launches = [stack for stack in chained if stack[-1] == "cudaLaunchKernel"]
    assert len(launches) == 5 and all("saxpy(double*, double*, double*, double, int)" in stack for stack in launches)


def with_samples() -> list[Path]:
    return [path for path in FILES if "cpu" in HOLDS[path.stem]]


@pytest.mark.parametrize("path", with_samples(), ids=lambda path: path.stem)
def test_samples_and_their_frames_are_all_there(path: Path):
    db = Tables(path)
    profile = read(path, show="cpu", timeline=True)
    assert profile.total() == db.ask("SELECT count(*) FROM COMPOSITE_EVENTS")[0][0]
    assert not profile.skipped
    roots = {name for name, kind in zip(profile.frames.name, profile.frames.kind.tolist(), strict=True)
             if kind in (Kind.PROCESS, Kind.THREAD)}  # fmt: skip
    stacks = [stack[1 + (stack[1] in roots) :] for stack in stacks_of_samples(profile)]
    ((rows, kernel),) = db.ask("SELECT count(*), sum(kernelMode) FROM SAMPLING_CALLCHAINS")
    assert sum(map(len, stacks)) == rows
    ((broken,),) = db.ask(
        "SELECT count(*) FROM SAMPLING_CALLCHAINS JOIN StringIds s ON s.id = symbol "
        "WHERE value IN ('[Broken backtraces]', '[Max depth]')"
    )
    assert sum(stack[0] in ("[Broken backtraces]", "[Max depth]") for stack in stacks) == broken
    assert (Kind.KERNEL in profile.meta.annotated) == bool(kernel)


@each_file
@pytest.mark.parametrize(
    ("show", "table", "where"),
    [
        ("nvtx", "NVTX_EVENTS", "eventType = 59"),
        ("api", "CUPTI_ACTIVITY_KIND_RUNTIME", "1"),
        ("osrt", "OSRT_API", "eventClass = 27"),
    ],
)
def test_own_times_add_up_to_what_the_outermost_took(path: Path, show: str, table: str, where: str):
    if show not in HOLDS[path.stem]:
        return
    db = Tables(path)
    if show == "api" and "eventClass" in db.columns(table):
        where = "eventClass != 67"
    profile = read(path, show=show)
    assert profile.total() == db.outermost(table, where)
    assert not profile.skipped
    assert (profile.samples.values >= 0).all()


def test_ranges_of_pytorch_are_one_frame_per_operator():
    path = CORPUS / "nsys-sqlite" / "nsysai-h100_2gpu_1s.sqlite"
    assert len(read(path, show="nvtx").stacks) < 600
    assert len(read(path, show="nvtx", range_numbers=True).stacks) > 10_000
    assert read(path, show="nvtx").total() == read(path, show="nvtx", range_numbers=True).total()
