"""pprof profiles of other people, held against `go tool pprof` and against what others made of them."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from go_pprof import functions, needs_go, raw
from golden import CORPUS, FIXTURES

from flamegraph.collapse import read
from flamegraph.locations import nameless
from flamegraph.profile import Profile
from flamegraph.value_types import base_unit

HERE = CORPUS / "pprof"
FILES = [
    "austin.pprof",
    *(f"flameshow/{name}.out" for name in ("goroutine", "heap", "profile-10seconds")),
    *(f"google/{name}" for name in ("driver-go.nomappings.crash", "large.cpu", "report-sample.cpu")),
    *(f"parca/{name}.pb.gz" for name in ("alloc_objects", "alloc_space_delta", "fgprof", "fib", "no-python")),
    *(f"parca/{name}.pb.gz" for name in ("node-profile", "profile-with-labels", "single-stack", "two-stacks")),
    *(f"pprofutils/{name}.pprof" for name in ("avg.in", "folded.in", "json.in", "labelframes.in", "labelframes.out")),
]


def paths() -> list[Path]:
    ours = sorted(path for path in (FIXTURES / "pprof").glob("*") if path.name.startswith(("made", "recorded")))
    # What is damaged, pprof refuses; what is a difference, we show as two sides.
    other = ("made_damaged.pb", "made_difference.pb")
    ours = [path for path in ours if path.suffix != ".golden" and path.name not in other]
    return ours + ([HERE / name for name in FILES] if HERE.exists() else [])


each = pytest.mark.parametrize("path", paths(), ids=lambda path: path.name)
needs_corpus = pytest.mark.skipif(not HERE.exists(), reason="the corpus is not here")


def stacks(profile: Profile) -> dict[tuple, list[int]]:
    """Each stack as (name, file, line), root first, with the values of its samples."""
    f = profile.frames
    rows = list(zip(f.name, f.file, f.line.tolist(), strict=True))
    path: list[tuple] = [()]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        path.append((*path[parent], rows[frame]))
    found: dict[tuple, list[int]] = {}
    for node, row in zip(profile.samples.stack.tolist(), profile.samples.values.tolist(), strict=True):
        known = found.setdefault(path[node], [0] * len(row))
        found[path[node]] = [a + b for a, b in zip(known, row, strict=True)]
    return found


@needs_go
@each
def test_stacks_are_those_of_pprof(path: Path):
    """Names, files, lines and all values, stack by stack; the metrics in pprof's order but for the first."""
    theirs, profile = raw(path), read(path)
    default = theirs.default % len(theirs.types)
    order = [default, *(i for i in range(len(theirs.types)) if i != default)]
    assert [metric.name for metric in profile.metrics] == [theirs.types[i][0] for i in order]
    factor = [base_unit(theirs.types[i][1])[1] for i in order]
    expected = {}
    for stack, values in theirs.stacks.items():
        named = tuple((nameless(*one), "", 0) if len(one) == 2 else one for one in stack)
        row = expected.setdefault(named, [0] * len(order))
        for k, i in enumerate(order):
            row[k] += values[i] * factor[k]
    assert stacks(profile) == expected
    assert sum(map(len, expected)) > 1 and not profile.skipped


@needs_go
@each
def test_functions_are_those_of_pprof(path: Path):
    """What was sampled in each function, and with it on the stack, where recursion counts once."""
    profile, theirs = read(path), raw(path)
    default = theirs.types[theirs.default]
    unit = {"ns": "nanoseconds", "bytes": "bytes"}.get(profile.metrics[0].unit, default[1])
    flat, cum = Counter(), Counter()
    for stack, row in by_stack(profile).items():
        names = [re.sub(r"^[0-9a-f]{16} (?=\[.*\]$|<unknown>$)", "", name) for name in stack]
        for name in set(names):
            cum[name] += row[0]
        if names:
            flat[names[-1]] += row[0]
    ours = {name: (flat[name], cum[name]) for name in cum if flat[name] or cum[name]}
    if not default[1].isascii():  # pprof does not know "μs"
        ours = {name: tuple(value // base_unit(default[1])[1] for value in both) for name, both in ours.items()}
    assert ours == functions(path, default[0], unit)


@needs_go
def test_both_sides_of_what_pprof_subtracted(tmp_path: Path):
    """Of a difference that pprof wrote, "before" is what the base has, "after" what the other one has."""
    base, other = (FIXTURES / f"pprof/recorded_go_{name}.pb" for name in ("block", "mutex"))
    path = tmp_path / "difference.pb.gz"
    subprocess.run(["go", "tool", "pprof", "-proto", "-output", path, "-diff_base", base, other], check=True)
    before, after = ({stack: row[0] for stack, row in by_stack(read(path)).items() if row[0]} for path in (base, other))
    found = by_stack(read(path))
    assert before == {stack: row[0] for stack, row in found.items() if row[0]}
    assert after == {stack: row[1] for stack, row in found.items() if row[1]}


@needs_corpus
@pytest.mark.parametrize("name", FILES)
def test_samples_one_by_one(name: str):
    summed, rows = read(HERE / name), read(HERE / name, timeline=True)
    assert [summed.total(i) for i in range(len(summed.metrics))] == [rows.total(i) for i in range(len(rows.metrics))]
    assert by_stack(summed) == by_stack(rows) and len(rows.samples) >= len(summed.samples)


@needs_corpus
def test_folded_as_pprofutils_has_it():
    theirs = {}
    for line in (HERE / "pprofutils/folded.out.txt").read_text().splitlines():
        stack, _, value = line.rpartition(" ")
        theirs[tuple(stack.split(";"))] = [int(value)]
    assert by_stack(read(HERE / "pprofutils/folded.in.pprof")) == theirs


@needs_corpus
def test_labels_as_frames_as_pprofutils_has_them():
    """pprofutils shows "KEY=VALUE" and "N/A"."""
    found = {
        ({"[no mylabel]": "N/A"}.get(root, root), *stack): values
        for (root, *stack), values in by_stack(
            read(HERE / "pprofutils/labelframes.in.pprof", tag_root=("mylabel",))
        ).items()
    }
    theirs = by_stack(read(HERE / "pprofutils/labelframes.out.pprof"))
    assert found == {(root.partition("=")[2], *stack): values for (root, *stack), values in theirs.items()}


@needs_corpus
@pytest.mark.parametrize(("name", "expected"), [("goroutine", "goroutine"), ("profile-10seconds", "profile10s")])
def test_trees_as_flameshow_has_them(name: str, expected: str):
    """The stacks that end in the leaves of flameshow's tree, and no others."""
    ours = set(by_stack(read(HERE / f"flameshow/{name}.out")))
    inner = {stack[:depth] for stack in ours for depth in range(len(stack))}
    tree = json.loads((HERE / f"flameshow/expected/{expected}_frametree.json").read_text())
    found, todo = set(), [((), tree["root"])]
    while todo:
        path, node = todo.pop()
        todo += [((*path, frame), below) for frame, below in node.items()]
        if not node:
            found.add(path)
    assert found == ours - inner
