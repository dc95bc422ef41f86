"""Real files compared with themselves, in which nothing changed, and with their neighbours."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from golden import CORPUS

import flamegraph as fg
from flamegraph.cli._changes import as_json, as_text
from flamegraph.comparison import Verdict
from flamegraph.errors import FlamegraphError
from flamegraph.render import render

pytestmark = pytest.mark.filterwarnings("error")

#: Larger ones take too long for every run of the tests, and hold nothing that others do not.
_LARGE = 2 << 20


def files() -> list[Path]:
    """The corpus's folded stacks and perf script texts."""
    index = CORPUS / "INDEX.tsv"
    if not index.exists():
        return []
    rows = [line.split("\t") for line in index.read_text(encoding="utf-8").splitlines()[1:]]
    wanted = [CORPUS / row[0] for row in rows if re.match("folded|collapsed|diff folded|perf script", row[1])]
    return [path for path in wanted if path.stat().st_size < _LARGE]


def readable(path: Path) -> fg.Profile | None:
    try:
        return fg.read(path)
    except FlamegraphError:
        return None


@pytest.fixture(scope="module")
def profiles() -> list[fg.Profile]:
    found = [profile for path in files() if (profile := readable(path)) is not None]
    if not found:
        pytest.skip("the corpus is not here")
    return found


def test_nothing_changed_in_a_file_compared_with_itself(profiles):
    for profile in profiles:
        comparison = fg.diff(profile, profile)
        functions = comparison.functions
        assert comparison.differences == () and set(comparison.scale.factors) == {1.0}
        assert not functions.own.change.any() and not functions.total.change.any()
        assert set(functions.own.verdict.tolist()) == {Verdict.SAME}
        assert "no function changed" in as_text(comparison, "a", "a", 20, None, False)


def test_any_two_files_can_be_compared(profiles):
    for before, after in pairwise(profiles):
        comparison = fg.diff(before, after, force=True)
        own, runs = comparison.functions.own, comparison.runs
        assert own.change.sum() == pytest.approx(own.after.sum() - own.before.sum(), rel=1e-9, abs=1e-3)
        assert runs.own[1:].sum() == pytest.approx(runs.function_own.sum())
        assert np.isfinite(own.before).all() and np.isfinite(own.after).all()
        assert as_text(comparison, "a", "b", 20, 100, True) and as_json(comparison, ["a"], ["b"], None)
        assert render(comparison, "folded")
