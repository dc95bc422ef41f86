"""Recordings made here and now, read by us and by `perf script` piped through the reader of its text: the same lines.

Deliberate differences beside those of perf_oracle.py, and where they are allowed for: perf script prints the innermost
127 frames (here it is asked for more), and an address without a symbol and without a call chain as it was in memory
(no test uses --addrs there).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from drawn import by_stack
from golden import FIXTURES
from perf_oracle import CLOCK, perf_script, read, record, same, script, settled

from flamegraph.errors import EmptyProfile
from flamegraph.profile import Profile

PROGRAM = """
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>
#include <sys/prctl.h>
namespace work {
template <class T> __attribute__((noinline)) T spin(T n) {
    T sum = 0;
    for (T i = 0; i < n; i++) sum += i ^ sum << 1;
    return sum;
}
struct Deep { virtual long run(int depth) { return depth ? run(depth - 1) + 1 : spin<long>(200000); } };
}
__attribute__((noinline)) long memory() {
    std::vector<std::string> all;
    for (int i = 0; i < 20000; i++) all.push_back(std::string(50 + i % 100, 'x'));
    return all.size();
}
int main(int argc, char** argv) {
    auto job = [](const char* name, int rounds) {
        prctl(PR_SET_NAME, name);
        work::Deep deep;
        long sum = 0;
        for (int i = 0; i < rounds; i++) sum += deep.run(i % 12) + memory();
        volatile long kept = sum;
        (void)kept;
    };
    int rounds = argc > 1 ? atoi(argv[1]) : 40;
    std::thread one(job, "io worker 1", rounds), two(job, "a;b (c) 5/7", rounds);
    one.join();
    two.join();
}
"""

SCRIPT = """
for i in 1 2 3; do ({program} 2; ls -R /usr/include > /dev/null); done
exec {python} -S -c 'import os
for i in range(3):
    if not os.fork():
        sum(j * j for j in range(200000)); os.execv("/bin/ls", ["ls", "/usr/lib"])
    os.wait()' > /dev/null
"""


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A C++ program with threads, templates, virtual functions and deep stacks."""
    if shutil.which("perf") is None or shutil.which("g++") is None:
        pytest.skip("perf and g++ make what is tested here")
    folder = tmp_path_factory.mktemp("program")
    (folder / "program.cpp").write_text(PROGRAM)
    command = ["g++", "-O2", "-g", "-fno-omit-frame-pointer", "-pthread", "-o", "program", "program.cpp"]
    subprocess.run(command, cwd=folder, check=True)
    (folder / "script.sh").write_text(SCRIPT.format(program=folder / "program", python=sys.executable))
    return folder / "program"


WAYS = {
    "frame pointers": (*CLOCK, "-g"),
    "user only": ("-e", "cpu-clock:u", "-F", "1999", "-g"),
    "zstd": (*CLOCK, "-g", "-z"),
    "several events": ("-e", "cpu-clock/freq=499/", "-e", "page-faults", "-e", "context-switches/period=3/", "-g"),
    "fixed periods": ("-e", "page-faults", "-c", "7", "-g"),
    "leader sampling": ("-e", "{cpu-clock,task-clock,page-faults}:S", "-g"),
    "flat": CLOCK,
    "data and cpus": (*CLOCK, "-d", "--sample-cpu"),
    "identifiers": (*CLOCK, "--sample-identifier", "-g"),
    "no time": (*CLOCK, "--no-timestamp", "-g"),
    "switches": (*CLOCK, "--switch-events", "--namespaces", "-g"),
    "tracepoints": ("-e", "sched:sched_switch", "-e", "sched:sched_process_exec", "-g"),
}


@pytest.mark.parametrize("way", WAYS)
def test_processes_that_fork_and_exec(way: str, program: Path, tmp_path: Path) -> None:
    # Without times the order of the file counts, and on several processors that says little: one is taken then.
    one = ("taskset", "-c", "0") if way == "no time" else ()
    path = record(tmp_path / "perf.data", *WAYS[way], "bash", str(program.with_name("script.sh")), within=one)
    same(read(path), perf_script(path))


@pytest.mark.parametrize("option", ["pid", "tid", "kernel", "jit", "all", "addrs"])
def test_options(option: str, program: Path, tmp_path: Path) -> None:
    path = record(tmp_path / "perf.data", *CLOCK, "-g", str(program), "10")
    same(read(path, **{option: True}), perf_script(path, **{option: True}))


@pytest.mark.parametrize("extra", [(), ("-z",)], ids=["pipe", "pipe zstd"])
def test_pipes(extra: tuple[str, ...], program: Path, tmp_path: Path) -> None:
    path = tmp_path / "pipe.data"
    with open(path, "wb") as file:
        command = ["perf", "record", *CLOCK, "-g", *extra, "-o", "-", str(program)]
        if subprocess.run(command, stdout=file, stderr=subprocess.PIPE).returncode:
            pytest.skip("perf can't record here")
    same(read(path), perf_script(path))


@pytest.mark.parametrize("extra", [(), ("-z",), ("--call-graph", "dwarf,4096")], ids=["", "zstd", "copied stacks"])
def test_directories(extra: tuple[str, ...], program: Path, tmp_path: Path) -> None:
    path = record(tmp_path / "perf.data", "--threads", *CLOCK, "-g", *extra, str(program), "10")
    assert path.is_dir()
    same(read(path), perf_script(path))
    if not extra:  # the head tells that it is not all
        same(read(path / "data"), read(path))
        with pytest.raises(EmptyProfile, match="of which only one file was read"):
            read((path / "data").read_bytes())


def test_per_thread(program: Path, tmp_path: Path) -> None:
    path = record(tmp_path / "perf.data", *CLOCK, "-g", "--per-thread", sys.executable, "-c", "sum(range(30000000))")
    same(read(path), perf_script(path))


def test_the_whole_system(program: Path, tmp_path: Path) -> None:
    path = record(tmp_path / "perf.data", *CLOCK, "-g", "-a", str(program))
    ours, theirs = read(path), perf_script(path)
    # Another process of this machine may be anything; those started here are compared, and the total of all.
    assert ours.total() == theirs.total()
    mine = ("io_worker_1", "a:b_(c)_5/7", "a;b_(c)_5/7")
    here = [{s: v for s, v in by_stack(settled(p)).items() if s[0] in mine} for p in (ours, theirs)]
    assert here[0] == here[1] and here[0]


def test_choices(program: Path, tmp_path: Path) -> None:
    path = record(tmp_path / "perf.data", *CLOCK, "-g", "--sample-cpu", "taskset", "-c", "0", str(program))
    whole = read(path, timeline=True)
    times, tid = whole.samples.time, whole.threads[-1].tid
    span = ",".join(f"{int(times[len(times) * part // 10]) / 1e9:.6f}" for part in (3, 4))
    same_some(read(path, time=span), perf_script(path, "--time", span))
    same_some(read(path, comm=("io worker 1",)), perf_script(path, "--comms", "io worker 1"))
    same_some(read(path, cpu="0"), perf_script(path, "--cpu", "0"))
    same_some(read(path, only_tid=(tid,)), perf_script(path, "--tid", str(tid)))
    same_some(read(path, only_pid=(whole.threads[-1].pid,)), perf_script(path, "--pid", str(whole.threads[-1].pid)))
    text = script(path, "--no-inline", "-F", "+pid,+ip,+sym,+dso", "--ns")
    for choice in ({"comm": ("io worker 1",)}, {"cpu": "0"}, {"only_tid": (tid,)}, {"time": "+0.01,"}):
        same_some(read(path, **choice), read(text, **choice))


def same_some(ours: Profile, theirs: Profile) -> None:
    whole = by_stack(settled(ours))
    assert whole == by_stack(settled(theirs)) and whole


def test_copied_stacks_are_unwound_by_perf(program: Path, tmp_path: Path) -> None:
    path = record(tmp_path / "perf.data", *CLOCK, "--call-graph", "dwarf,4096", str(program), "10")
    same(read(path), perf_script(path))
    same_some(read(path, comm=("io worker 1",)), perf_script(path, comm=("io worker 1",)))
    leaves = read(path, unwind="leaf")
    for what in ("command", "duration"):
        assert getattr(read(path).meta, what) == getattr(leaves.meta, what) != type(getattr(leaves.meta, what))()
    assert leaves.total() == read(path).total()
    assert any(reason.startswith("copied user stack") for reason in leaves.skipped)


def test_no_perf_is_needed(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = record(tmp_path / "perf.data", *CLOCK, "--call-graph", "dwarf,4096", str(program), "10")
    monkeypatch.setenv("PATH", os.devnull)
    profile = read(path)
    assert any(reason.startswith("copied user stack") for reason in profile.skipped)
    assert any("spin" in label for label in profile.labels())


#: Fixtures that perf reads less of, or not at all: tracepoints whose fields were left out, attributes and user stacks
#: that it does not know yet, a record of an unknown kind, an event that was not announced, damage, names that text
#: can't hold.
NOT_BY_PERF = {"recorded_tracepoint", "made_newer_attributes", "made_raw", "made_events_by_id"}
NOT_BY_PERF |= {"made_damaged_chain", "made_deferred", "made_killed", "made_hostile_names"}
READ_BY_BOTH = [
    path
    for path in sorted((FIXTURES / "perf_data").glob("*.data"))
    if path.stem not in NOT_BY_PERF and not path.stem.startswith("bad")
]


@pytest.mark.skipif(shutil.which("perf") is None, reason="perf is the oracle")
@pytest.mark.parametrize("path", READ_BY_BOTH, ids=lambda path: path.stem)
def test_fixtures(path: Path) -> None:
    """Without kernel and programs at hand, but with this machine's vdso, whose names perf believes in."""
    ours, theirs = read(path.read_bytes()), perf_script(path, "--kallsyms", os.devnull)
    assert by_stack(ours) == {
        tuple("[[vdso]]" if name.startswith("__vdso") else name for name in stack): values
        for stack, values in by_stack(theirs).items()
    }
