"""iaprof: no count of any reason is lost, and what it folds itself reads as the same stacks."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from golden import FIXTURES

from flamegraph.collapse import detect, read
from flamegraph.errors import ParseError
from flamegraph.gpu import OUTSIDE
from flamegraph.source import Source

HERE = FIXTURES / "iaprof"
REASONS = ["active", "control", "pipestall", "send", "dist_acc", "sbid", "sync", "inst_fetch", "other", "tdr"]


def lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


def told(name: str) -> Counter[str]:
    """The counts of each reason in a file of today's iaprof."""
    found: Counter[str] = Counter()
    for line in lines(HERE / name):
        if line[0] == "eustall":
            found.update(dict(zip(REASONS, map(int, line[3:]), strict=True)))
    return +found


def reasons(profile) -> Counter[str]:
    found: Counter[str] = Counter()
    for stack, values in by_stack(profile).items():
        reason = stack[-1] if "[unknown kernel]_[G]" in stack else stack[-2]
        found[reason.removesuffix("_[g]")] += values[0]
    return found


def folded_by_iaprof(path: Path) -> str:
    """What `iaprof flame` of version 0.5 prints for a recording of its own."""
    strings, now, stacks = {"0": "<missing string>"}, {}, Counter()
    for what, *rest in lines(path):
        if what == "string":
            strings[rest[0]] = rest[1]
        elif what == "e":
            cpu = "".join(strings[now[name]] for name in ("ustack", "kstack") if now[name] != "0")
            gpu = [strings[now["gpu_file"]], strings[now["gpu_symbol"]]]
            code = [strings[now["insn_text"]], strings[rest[1]], f"0x{rest[2]}"]
            frames = ["-", *(f"{one}_[G]" for one in gpu), *(f"{one}_[g]" for one in code)]
            stacks[f"{strings[now['proc_name']]};{now['pid']};{cpu}{';'.join(frames)};"] += int(rest[3])
        elif rest:
            now[what] = rest[0]
    return "".join(f"{stack} {count}\n" for stack, count in stacks.items())


@pytest.mark.parametrize("name", ["stalls", "v05", "old_ids", "old_texts"])
def test_recognised_by_its_lines(name: str):
    assert detect(Source(HERE / f"{name}.iaprof")).name == "iaprof"


def test_each_reason_keeps_its_count():
    profile = read(HERE / "stalls.iaprof")
    without_kernel = {"active": 1, "sbid": 4}
    assert reasons(profile) == told("stalls.iaprof") + Counter(without_kernel)
    assert set(reasons(profile)) == set(REASONS)
    lost = [stack for stack in by_stack(profile) if stack[:3] == (OUTSIDE, "-", "[unknown kernel]_[G]")]
    assert len(lost) == len(without_kernel)
    timeline = read(HERE / "stalls.iaprof", timeline=True)
    assert timeline.total() == profile.total()
    assert sorted(set(timeline.samples.time.tolist())) == [5120_010_000_000, 5120_030_000_000]


def test_its_folded_text_reads_as_the_same_stacks(tmp_path: Path):
    path = tmp_path / "stalls.folded"
    path.write_text(folded_by_iaprof(HERE / "v05.iaprof"))
    assert detect(Source(path)).name == "folded"
    theirs = {
        (OUTSIDE, *stack[2:]) if stack[0] == "<missing string>" else stack: values
        for stack, values in by_stack(read(path)).items()
    }
    assert by_stack(read(HERE / "v05.iaprof")) == theirs == by_stack(read(HERE / "old_ids.iaprof"))


def test_several_recordings_in_one_file(tmp_path: Path):
    path, text = tmp_path / "two.iaprof", (HERE / "stalls.iaprof").read_text()
    path.write_text(text + text.replace("grind_kernel", "press_kernel").replace("quern", "anvil"))
    profile, one = read(path), read(HERE / "stalls.iaprof")
    assert profile.total() == 2 * one.total()
    renamed = {
        tuple(frame.replace("grind_kernel", "press_kernel").replace("quern", "anvil") for frame in stack): values
        for stack, values in by_stack(one).items()
        if stack[0] == "quern"
    }
    assert renamed and renamed.items() <= by_stack(profile).items()


def test_strings_that_are_not_there(tmp_path: Path):
    path = tmp_path / "a.iaprof"
    path.write_text("interval\t0\t1.0\nkernel\t0x100\t1\t5\t2\t3\t4\neustall\t0x8\t6\t1" + "\t0" * 9 + "\n")
    assert by_stack(read(path)) == {
        ("[unknown]", "5", "[unknown]", "-", "[unknown file]_[G]", "0x100_[G]", "[failed decode]_[g]", "active_[g]",
         "0x8_[g]"): [1]
    }  # fmt: skip


@pytest.mark.parametrize("count", ["-1", "1.5", "9" * 30, "9" * 5000, "x", ""])
def test_counts_that_are_none(tmp_path: Path, count: str):
    path, good = tmp_path / "a.iaprof", "eustall\t0x0\t5\t7" + "\t0" * 9 + "\n"
    path.write_text("interval\t0\t1.0\n" + good + "eustall\t0x8\t5\t7" + "\t0" * 8 + f"\t{count}\n")
    profile = read(path)
    assert profile.total() == 7 and profile.skipped == {"stall without counts": 1}


def test_cut_off_anywhere(tmp_path: Path):
    path = tmp_path / "a.iaprof"
    for whole in ("stalls.iaprof", "v05.iaprof", "old_ids.iaprof"):
        data = (HERE / whole).read_bytes()
        for length in range(len(data)):
            path.write_bytes(data[:length])
            with contextlib.suppress(ParseError):
                read(path, format="iaprof")
