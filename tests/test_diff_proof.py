"""What `flamegraph diff` promises: kept with runs of a real program (scripts/record_runs.py), and simulated."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from golden import ROOT

import flamegraph as fg
from flamegraph.comparison import Verdict
from flamegraph.comparison.power import power
from flamegraph.render import render

RUNS = ROOT / "fixtures" / "diff"
FINDINGS = [Verdict.REGRESSED, Verdict.IMPROVED, Verdict.NEW, Verdict.GONE, Verdict.MOVED]


def recorded(name: str) -> list[fg.Profile]:
    return [fg.read(path) for path in sorted(RUNS.glob(f"{name}-*.folded"))]


@pytest.fixture(scope="module")
def same() -> list[fg.Profile]:
    return recorded("same")


@pytest.fixture(scope="module")
def slower() -> list[fg.Profile]:
    return recorded("slower")


def findings(comparison: fg.Comparison) -> set[str]:
    found = np.isin(comparison.functions.own.verdict, FINDINGS)
    return {label for label, yes in zip(comparison.functions.label, found.tolist(), strict=True) if yes}


def too_many(flagged: int, trials: int, alpha: float) -> bool:
    return flagged / trials > alpha + 3 * np.sqrt(alpha * (1 - alpha) / trials)


@pytest.mark.parametrize("norm", ["ratio", "none"])
def test_real_runs_of_one_program_differ_in_at_most_alpha(same, norm):
    random, flagged, trials = np.random.default_rng(1), 0, 150
    for _ in range(trials):
        chosen = random.permutation(len(same))
        sides = [[same[i] for i in chosen[:5]], [same[i] for i in chosen[5:10]]]
        flagged += bool(findings(fg.diff(*sides, norm=norm)))
    assert not too_many(flagged, trials, 0.05), f"{flagged} of {trials}"


@pytest.mark.parametrize("norm", ["auto", "none"])
def test_the_function_that_became_slower_is_found_and_no_other(same, slower, norm):
    comparison = fg.diff(same[:8], slower, norm=norm)
    assert findings(comparison) == {"scan"}
    scan = list(comparison.functions.label).index("scan")
    own = comparison.functions.own
    assert own.verdict[scan] == Verdict.REGRESSED
    assert own.relative[scan] == pytest.approx(0.5, abs=0.1), "planted: half as much again"
    assert own.low[scan] < 0.5 * own.before[scan] < own.high[scan]


def test_what_became_faster_is_found_too(same, slower):
    comparison = fg.diff(slower, same[:8])
    assert findings(comparison) == {"scan"}
    assert comparison.functions.own.verdict[list(comparison.functions.label).index("scan")] == Verdict.IMPROVED


def test_the_path_to_it_is_what_changed_in_the_tree(same, slower):
    comparison = fg.diff(same[:8], slower, norm="none")
    _, total = comparison.nodes
    stacks, labels = comparison.profile.stacks, comparison.profile.labels()
    changed = {labels[stacks.frame[i]] for i in np.flatnonzero(np.isin(total.verdict, FINDINGS)).tolist() if i}
    assert "scan" in changed and changed <= {"main", "load", "scan"}


def test_a_twentieth_is_found_with_the_runs_that_power_asks_for():
    steady, slower = recorded("steady"), recorded("slower5")
    pilot = fg.diff(steady[:5], steady[5:10])
    scan = list(pilot.functions.label).index("scan")
    [runs] = [need.runs for need in power(pilot, 0.05, chance=0.8) if need.function == scan]
    assert runs < len(steady)
    random, found, wrong, trials = np.random.default_rng(1), 0, 0, 60
    for _ in range(trials):
        sides = [[every[i] for i in random.permutation(len(every))[:runs]] for every in (steady, slower)]
        told = findings(fg.diff(*sides))
        found += "scan" in told
        wrong += bool(told - {"scan"})
    assert found / trials > 0.8 - 3 * np.sqrt(0.8 * 0.2 / trials), f"{found} of {trials} with {runs} runs a side"
    assert not too_many(wrong, trials, 0.05), f"{wrong} of {trials}"


def test_shares_blame_the_innocent(same, slower):
    """Why `total` is no default: what one function takes more, every other seems to have lost."""
    by_share = fg.diff(same, slower, norm="total").functions
    by_ratio = fg.diff(same, slower).functions
    rest = [i for i, label in enumerate(by_share.label) if label not in ("scan", "main")]
    share, ratio = (np.median(functions.own.relative[rest]) for functions in (by_share, by_ratio))
    assert share < -0.05 and abs(ratio) < 0.03


@pytest.mark.parametrize(("spread", "runs"), [(0.0, 4), (0.03, 5), (0.2, 6)])
def test_simulated_runs_differ_in_at_most_alpha(spread, runs):
    random = np.random.default_rng(runs)
    mean, flagged, trials = random.gamma(0.5, 150, 60), 0, 60
    for _ in range(trials):
        sides = [[simulated(random, mean, spread) for _ in range(runs)] for _ in range(2)]
        flagged += bool(findings(fg.diff(*sides)))
    assert not too_many(flagged, trials, 0.05), f"{flagged} of {trials}"


@pytest.mark.parametrize(("grown", "longer"), [(1.0, 1.0), (1.3, 1.0), (1.0, 1.1)])
def test_beside_stackgate(tmp_path, grown, longer):
    """As many changes found, and no more that are none. Runs after may be `longer`, which is no change."""
    stackgate = pytest.importorskip("stackgate")
    random = np.random.default_rng(1)
    mean = random.gamma(0.5, 150, 60)
    mean[7] = 300
    after = mean * longer
    after[7] *= grown
    trials, ours, theirs = 40, [], []
    for _ in range(trials):
        sides = [[simulated(random, side, 0.05) for _ in range(6)] for side in (mean, after)]
        ours.append(findings(fg.diff(*sides)))
        paths = [[tmp_path / f"{side}-{run}.folded" for run in range(6)] for side in ("before", "after")]
        for path, profile in zip(chain(*paths), chain(*sides), strict=True):
            path.write_bytes(render(profile, "folded"))
        told = stackgate.compare(*paths, permutations=2000)
        changed = (*told.regressed_functions, *told.improved_functions)
        theirs.append({one.function for one in changed if one.is_significant})
    planted = {"f7"} if grown > 1 else set()
    assert not too_many(sum(bool(found - planted) for found in ours), trials, 0.05)
    assert sum(planted <= found for found in ours) >= sum(planted <= found for found in theirs) - 3


def simulated(random: np.random.Generator, mean: np.ndarray, spread: float) -> fg.Profile:
    build = fg.Builder()
    build.metric("samples", "samples")
    main = build.frame("main")
    for i, count in enumerate(random.poisson(mean * random.normal(1, spread, len(mean)).clip(0.1)).tolist()):
        build.sample(build.stack([main, build.frame(f"f{i}")]), count)
    return build.finish()
