"""The promises that every fixture keeps. Drop a file into fixtures/collapse/<format>/ and it is tested."""

from __future__ import annotations

import gzip
import random
import re
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from golden import FIXTURES, Case, cases, fixtures, read_as_text

from flamegraph.collapse import formats, read
from flamegraph.errors import FlamegraphError
from flamegraph.options import fill
from flamegraph.profile import Profile
from flamegraph.render import render
from flamegraph.source import Source

CASES = list(cases())
FILES = list(fixtures())

each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_profile = pytest.mark.parametrize("case", [case for case in CASES if not case.must_fail], ids=str)
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")


@each_case
def test_golden(case: Case, compare):
    """It is read as its golden says. A golden is never nonsense, blessed or not."""
    text = read_as_text(case.fixture.read_bytes(), case.fixture.name, case.options)
    if case.must_fail:
        assert text.startswith("error: "), "a fixture called bad* must fail"
        assert text.count("\n") == 1, "an error is one line"
    else:
        assert not text.startswith("error: "), text
        conserves(case)
    compare(case.golden, text)


def conserves(case: Case) -> None:
    """What is drawn adds up to what was sampled, whether samples are added up or kept one by one."""
    content, name = case.fixture.read_bytes(), case.fixture.name
    profile = read(Source(content, name), **case.options)
    assert profile.samples.values.any(), "all values are zero"
    sums = [profile.values(metric).sum() for metric in range(len(profile.metrics))]
    np.testing.assert_allclose(sums, profile.samples.values.sum(axis=0))
    if hasattr(fill(formats()[case.format].options, {}, ""), "timeline"):
        other = read(Source(content, name), **case.options | {"timeline": not profile.meta.timeline})
        assert other.metrics == profile.metrics and other.skipped == profile.skipped
        assert totals(other) == pytest.approx(totals(profile))


def totals(profile: Profile) -> Counter:
    """(function that was running, metric) → how much."""
    found: Counter = Counter()
    labels = profile.labels()
    for node, row in zip(profile.samples.stack.tolist(), profile.samples.values.tolist(), strict=True):
        frame = profile.stacks.frame[node]
        for metric, value in zip(profile.metrics, row, strict=True):
            found[labels[frame] if frame >= 0 else "", metric] += value
    return found


@each_file
def test_claimed_by_its_format_alone(path: Path):
    """Content decides, whatever the file is called, and no other format would have it as much."""
    source = Source(path.read_bytes())
    grades = {name: format.sniff(source) for name, format in formats().items()}
    best = max(grades.values())
    claimants = [name for name, grade in grades.items() if grade == best and grade]
    if path.name.startswith("bad"):
        assert claimants in ([], [path.parent.name])
    else:
        assert claimants == [path.parent.name]


@each_profile
def test_folded_and_back(case: Case):
    """Written as folded text and read again, it is written the same."""
    profile = read(Source(case.fixture.read_bytes()), **case.options)
    names = [metric.name for metric in profile.metrics]
    two = {"before", "after"} <= set(names)
    for metric in [None, *names]:
        text = render(profile, "folded", metric=metric)
        columns = "2" if two and metric is None else "1"
        if text:
            again = read(Source(text), format="folded", columns=columns)
            assert not again.skipped
            assert render(again, "folded") == text


@each_case
def test_compressed_and_with_other_line_ends(case: Case):
    """gzip, zstd and CRLF make no difference."""
    content, name = case.fixture.read_bytes(), case.fixture.name
    if content[:2] == b"\x1f\x8b" or content[:4] == b"\x28\xb5\x2f\xfd":
        pytest.skip("is compressed")
    expected = read_as_text(content, name, case.options)
    assert read_as_text(gzip.compress(content), name, case.options) == expected
    zstandard = pytest.importorskip("zstandard")
    assert read_as_text(zstandard.compress(content), name, case.options) == expected
    if not re.search(rb"[\0\r]", content):
        assert read_as_text(content.replace(b"\n", b"\r\n"), name, case.options) == expected


@each_file
def test_damaged(path: Path):
    """Cut anywhere or with bytes changed, it is a profile or a FlamegraphError, and nothing else."""
    content = path.read_bytes()
    chance = random.Random(zlib.crc32(path.name.encode()))
    # A bound on the work, not on the clock: 40 trials, fewer of a large file.
    for trial in range(max(8, min(40, 20_000_000 // (len(content) + 1)))):
        damaged = damage(content, trial % 4, chance)
        for format in (None, path.parent.name):
            timeline = {"timeline": True} if trial % 8 > 3 and format else {}
            try:
                profile = read(Source(damaged, "damaged"), format=format, **timeline)
            except FlamegraphError as error:
                assert "\n" not in str(error)
            else:
                assert len(profile.check().samples)


def damage(content: bytes, how: int, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    if how == 0:
        return content[:at]
    if how == 1:  # a few bytes are others
        broken = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            if broken:
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        return bytes(broken)
    if how == 2:  # a number is enormous, or has become a word
        runs = list(re.finditer(rb"\d+", content)) or [re.search(rb"", content)]
        run = chance.choice(runs)
        return (
            content[: run.start()]
            + chance.choice([b"9" * 19, b"9" * 5000, b"-1", b"NaN", b"1e999"])
            + content[run.end() :]
        )
    end = chance.randrange(at, len(content) + 1)  # a piece is missing, or there twice
    return content[:at] + content[end:] if chance.random() < 0.5 else content[:end] + content[at:]


def test_every_golden_belongs_to_a_fixture():
    known = {case.golden for case in CASES}
    assert sorted(set(FIXTURES.glob("*/*.golden")) - known) == []


def test_every_format_has_fixtures_and_every_folder_is_a_format():
    assert {path.parent.name for path in FILES} == set(formats())


def test_fixtures_differ_in_more_than_their_suffix():
    """A golden belongs to one fixture."""
    stems = Counter((path.parent, path.name.split(".")[0]) for path in FILES)
    assert [stem for stem, count in stems.items() if count > 1 or "__" in stem[1]] == []


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=lambda folder: folder.name)
def test_fixtures_are_small_and_say_where_they_are_from(folder: Path):
    origin = (folder / "ORIGIN").read_text(encoding="utf-8")
    for path in FILES:
        if path.parent == folder:
            assert len(Source(path.read_bytes()).data.splitlines()) <= 200 or "large" in path.name, path.name
            assert path.name in origin or "written by hand" in origin, path.name
