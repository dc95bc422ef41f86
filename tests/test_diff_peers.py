"""A comparison is what difffolded.pl, inferno-diff-folded and `go tool pprof -diff_base` make of the same files."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from go_pprof import needs_go, pprof
from golden import CORPUS
from test_peers import FILES, for_inferno
from wire import Pprof

import flamegraph as fg
from flamegraph.cli import main
from flamegraph.source import Source

PAIRS = CORPUS / "differential"
INFERNO = shutil.which("inferno-diff-folded") or shutil.which(
    "inferno-diff-folded", path=str(Path.home() / ".cargo" / "bin")
)

ONE_COLUMN = [path for path in FILES if not re.search(rb" \d+ \d+\s*\Z", bytes(Source(path).data))]

needs_corpus = pytest.mark.skipif(not PAIRS.exists(), reason="the corpus is not here")
needs_inferno = pytest.mark.skipif(INFERNO is None, reason="inferno-diff-folded is not installed")


def compared(*arguments: object) -> dict[str, list[float]]:
    """The stacks that `flamegraph diff` writes as folded text, with what they count on both sides."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "x.folded"
        assert main(["diff", *map(str, arguments), "--match", "name", "-q", "-o", str(out)]) == 0
        return rows(out.read_text(encoding="utf-8", errors="surrogateescape"))


def rows(text: str) -> dict[str, list[float]]:
    """Lines of two counts, by stack."""
    found: dict[str, list[float]] = {}
    for line in text.splitlines():
        stack, one, other = line.rsplit(" ", 2)
        found[stack] = [float(one), float(other)]
    return found


def whole(stacks: dict[str, list[float]]) -> dict[str, list[float]]:
    """Without what peers cut off: fractions."""
    return {stack: [float(int(value + 1e-9)) for value in sides] for stack, sides in stacks.items()}


@needs_corpus
@pytest.mark.parametrize(
    ("before", "arguments", "expected"),
    [
        ("before", ["--norm", "none"], "default"),
        ("before", ["--norm", "none", "--rename", "0x[0-9a-zA-Z]+=0x..."], "strip_hex"),
        ("before", ["--norm", "total"], "normalize"),
        ("before_fractionals", ["--norm", "none"], "fractionals"),
    ],
)
def test_what_inferno_expects_of_itself(before, arguments, expected):
    folder = PAIRS / "inferno"
    ours = compared(folder / f"{before}.txt", folder / "after.txt", *arguments)
    assert whole(ours) == rows((folder / "expected" / f"{expected}.txt").read_text())


@needs_corpus
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--norm", "none"], "diff"),
        (["--norm", "none", "--rename", "0x[0-9a-zA-Z]+=0x..."], "diff-s"),
        (["--norm", "total"], "diff-n"),
    ],
)
def test_what_difffolded_made_of_a_recording(tmp_path, arguments, expected):
    # The other side is kept in what difffolded.pl made of the two.
    told = rows((PAIRS / "local" / "diff.folded").read_text(encoding="utf-8"))
    after = "".join(f"{stack} {int(sides[1])}\n" for stack, sides in told.items() if sides[1])
    (tmp_path / "after.folded").write_text(after, encoding="utf-8")
    ours = compared(PAIRS / "local" / "before.folded", tmp_path / "after.folded", *arguments)
    assert whole(ours) == rows((PAIRS / "local" / f"{expected}.folded").read_text(encoding="utf-8"))


@needs_inferno
@pytest.mark.parametrize("pair", list(pairwise(ONE_COLUMN)), ids=lambda pair: f"{pair[0].name}-{pair[1].name}")
def test_inferno_counts_the_same_on_real_files(pair, tmp_path):
    for name, path in zip("ab", pair, strict=True):
        (tmp_path / name).write_bytes(for_inferno(path))
    command = [INFERNO, str(tmp_path / "a"), str(tmp_path / "b")]
    theirs = rows(subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "surrogateescape"))
    ours = compared(tmp_path / "a", tmp_path / "b", "--norm", "none", "--from", "folded")
    # It takes comments for stacks, and writes those that count nothing.
    assert ours == {stack: sides for stack, sides in theirs.items() if any(sides) and not stack.startswith("# ")}


@needs_go
@pytest.mark.parametrize("norm", ["none", "total"])
def test_pprof_tells_the_same_changes(norm, tmp_path):
    draw, names = random.Random(4), [f"f{i}" for i in range(12)]
    totals = []
    for side in ("before", "after"):
        made = Pprof(types=(("cpu", "nanoseconds"),))
        counts = [draw.randrange(10**9) for _ in range(60)]
        for count in counts:
            made.sample([*draw.sample(names, 4), "main"], count)
        totals.append(sum(counts))
        (tmp_path / side).write_bytes(made.file())
    before, after = tmp_path / "before", tmp_path / "after"

    options = ["-top", "-trim=false", "-unit=ns", f"-diff_base={before}"] + ["-normalize"] * (norm == "total")
    theirs: dict[str, list[float]] = {}
    for line in pprof(after, *options).partition("cum%\n")[2].splitlines():
        flat, _, _, cum, _, name = line.split(None, 5)
        theirs[name] = [float(value.removesuffix("ns")) for value in (flat, cum)]
    # pprof scales what was measured after, we what was measured before.
    scale = totals[1] / totals[0] if norm == "total" else 1
    found = fg.diff(fg.read(before), fg.read(after), norm=norm).functions
    ours = {label: [found.own.change[i] / scale, found.total.change[i] / scale] for i, label in enumerate(found.label)}
    assert set(ours) == set(theirs) == {*names, "main"}
    for name, changes in ours.items():
        assert changes == pytest.approx(theirs[name], abs=60), "it cuts fractions off, of each sample"
