"""Recordings of many years, machines and versions of perf, against perf's own decoding of them.

perf was given no binaries, so that user functions are unknown; what is compared is everything else: events, periods,
comms over time, mappings over time, chains. Samples of which the text has no period are compared as samples.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from golden import CORPUS

from flamegraph.collapse import read
from flamegraph.errors import FlamegraphError
from flamegraph.profile import Kind, Profile

HERE = CORPUS / "perf-data"

#: Stacks that were copied: perf had nothing to unwind them with, so that only the kernel's part can be compared.
COPIED = {
    "perfparser/contentsize.data",
    "perfparser/fork_static_gcc/perf.data.zstd",
    "perfparser/parallel_static_gcc/perf.data.zstd",
    "perfparser/vector_static_clang/perf.data",
    "perfparser/vector_static_gcc/perf.data",
    "perfparser/vector_static_gcc/perf.data.zstd",
}

#: perf script prints no more frames than these, the innermost; a deliberate difference.
DEEPEST = 127


def expected() -> list[tuple[str, Path]]:
    """(recording, perf's text of it)."""
    folder = HERE / "perf-script-expected"
    texts = sorted(path for path in folder.rglob("*.perf-script.txt*") if path.is_file())
    pairs = [(str(path.relative_to(folder)).split(".perf-script.txt")[0], path) for path in texts]
    return [(name, path) for name, path in pairs if (HERE / name).exists()]


def test_the_corpus_is_complete() -> None:
    if not HERE.exists():
        pytest.skip("the corpus is not here")
    assert {name for name, _ in expected()}.issuperset(COPIED) and len(expected()) > 30


@pytest.mark.parametrize(("name", "text"), [pytest.param(*e, id=e[0]) for e in expected()])
def test_as_perf_script(name: str, text: Path, tmp_path: Path) -> None:
    theirs = read(text)
    nothing = {"symfs": str(tmp_path), "kallsyms": os.devnull, "unwind": "leaf"}
    weight = "samples" if any(metric.unit == "samples" for metric in theirs.metrics) else None
    ours = read(HERE / name, format="perf_data", weight=weight, **nothing)
    assert {metric.name for metric in ours.metrics} == {metric.name for metric in theirs.metrics}
    for metric in theirs.metrics:
        assert lines(ours, metric.name, name in COPIED) == lines(theirs, metric.name, name in COPIED)


def lines(profile: Profile, metric: str, kernel_only: bool) -> Counter[tuple[str, ...]]:
    """What each stack counts. With `kernel_only` the user's frames are left out."""
    labels = profile.labels()
    user = {label for label, kind in zip(labels, profile.frames.kind, strict=True) if kind == Kind.USER}
    counted: Counter[tuple[str, ...]] = Counter()
    for stack, values in by_stack(profile).items():
        value = values[[m.name for m in profile.metrics].index(metric)]
        if value:
            stack = tuple(frame for frame in stack if not kernel_only or frame not in user)
            counted[stack[:1] + stack[1:][-DEEPEST:]] += value
    return counted


def crashers() -> list[Path]:
    return sorted((HERE / "fuzz").glob("*"))


@pytest.mark.parametrize("path", crashers(), ids=lambda path: path.name[-12:])
def test_crashers(path: Path) -> None:
    try:
        profile = read(path)
    except FlamegraphError as error:
        assert "\n" not in str(error)
    else:
        assert profile.skipped


def recordings() -> list[Path]:
    folders = ("autofdo", "hotspot", "linux-perf-data", "local", "misc", "perf_data_converter", "perfparser", "quipper")
    found = [path for folder in folders for path in sorted((HERE / folder).rglob("*")) if path.is_file()]
    return [path for path in found if path.read_bytes()[:4] in (b"PERF", b"2ELI")]


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.name)
def test_a_timeline_counts_the_same(path: Path) -> None:
    options = {"symfs": "/nonexistent", "kallsyms": os.devnull, "unwind": "leaf"}
    try:
        profile = read(path, **options)
    except FlamegraphError as error:
        assert path.name == "perf.data.piped.corrupted.zero_size_sample-3.2", error
        return
    timeline = read(path, timeline=True, **options)
    assert lines(profile, profile.metrics[0].name, False) == lines(timeline, profile.metrics[0].name, False)
    assert timeline.samples.thread is not None
