"""Two sides compared: what is conserved, what is symmetric, what may be called changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flamegraph as fg
from flamegraph.comparison import Verdict
from flamegraph.comparison.power import power
from flamegraph.errors import IncompatibleProfiles, UsageError
from flamegraph.render import render

# FIELD §9.12: what difffolded.pl makes of these is known.
BEFORE = {"main;a;hot": 100, "main;a": 10, "main;gone": 50, "main;b;x": 40, "main;addr 0xdead": 1}
AFTER = {"main;a;hot": 300, "main;a": 10, "main;new": 30, "main;b;x": 20, "main;addr 0xbeef": 1}

STACKS = st.dictionaries(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(";".join), st.integers(1, 50), min_size=1, max_size=12
)


def profile(stacks: dict[str, int]) -> fg.Profile:
    return fg.read(
        "".join(f"{stack} {count}\n" for stack, count in stacks.items()).encode(), format="folded", columns="1"
    )


def verdicts(comparison: fg.Comparison) -> dict[str, str]:
    functions = comparison.functions
    return {
        label: Verdict(verdict).name.lower()
        for label, verdict in zip(functions.label, functions.own.verdict.tolist(), strict=True)
    }


def row(comparison: fg.Comparison, label: str) -> int:
    return list(comparison.functions.label).index(label)


def test_self_and_total_of_functions():
    comparison = fg.diff(profile(BEFORE), profile(AFTER), norm="none")
    own, total = comparison.functions.own, comparison.functions.total
    a, hot = row(comparison, "a"), row(comparison, "hot")
    assert (own.before[a], own.after[a], own.change[a]) == (10, 10, 0)
    assert (total.before[a], total.after[a], total.change[a]) == (110, 310, 200), "what it calls is in its total"
    assert own.relative[hot] == 2
    assert comparison.profile.total(0) == 201 and comparison.profile.total(1) == 361


def test_gone_and_new_functions_are_kept():
    comparison = fg.diff(profile(BEFORE), profile(AFTER), norm="none")
    found = verdicts(comparison)
    assert found["gone"] == "gone" and found["new"] == "new" and found["hot"] == "regressed"
    assert found["addr 0xbeef"] == "inconclusive", "one sample that was not there before is no finding"
    new = row(comparison, "new")
    assert comparison.functions.own.relative[new] == np.inf


def test_a_key_matches_functions_that_are_called_otherwise():
    comparison = fg.diff(profile(BEFORE), profile(AFTER), norm="none", key=lambda label: label.split(" 0x")[0])
    addr = row(comparison, "addr 0xbeef")
    assert comparison.functions.own.before[addr] == comparison.functions.own.after[addr] == 1
    assert "addr 0xdead" not in comparison.functions.label


def test_total_keeps_fractions_and_leaves_after_as_it_was():
    comparison = fg.diff(profile(BEFORE), profile(AFTER), norm="total")
    own = comparison.functions.own
    assert own.before[row(comparison, "hot")] == pytest.approx(100 * 361 / 201)
    assert own.after[row(comparison, "hot")] == 300
    assert comparison.profile.total(0) == pytest.approx(361)


def test_ratio_does_not_blame_the_innocent():
    """One function grows: by shares all others shrink, by the median of ratios none does."""
    before = {f"main;f{i}": 1000 for i in range(10)}
    after = {**before, "main;f3": 3000}
    found = verdicts(fg.diff(profile(before), profile(after), norm="ratio"))
    assert found.pop("f3") == "regressed"
    assert set(found.values()) == {"same"}
    blamed = verdicts(fg.diff(profile(before), profile(after), norm="total"))
    assert blamed["f1"] == "improved"


def test_too_few_functions_to_tell_are_compared_as_they_are():
    """By totals, what did not change would shrink where another grows."""
    before, after = profile({"main;grown": 1000, "main;same": 1000}), profile({"main;grown": 3000, "main;same": 1000})
    comparison = fg.diff(before, after)
    assert comparison.scale.name == "none" and "too few functions" in comparison.scale.why
    found = verdicts(comparison)
    assert (found["grown"], found["same"]) == ("regressed", "same")
    with pytest.raises(IncompatibleProfiles, match="--norm ratio: expected 5 functions"):
        fg.diff(before, after, norm="ratio")


def test_work_scales_by_what_each_side_did():
    comparison = fg.diff(profile({"f": 100}), profile({"f": 300}), norm="work=1000:3000")
    assert comparison.functions.own.change.tolist() == pytest.approx([0])
    assert comparison.scale.factors == (3.0, 1.0)


@pytest.mark.parametrize("norm", ["wrk=1:2", "work", "work=1", "work=0:1", "work=-1:1", "work=a:b", "half", "auto=1"])
def test_norms_that_are_none(norm):
    with pytest.raises(UsageError, match="--norm"):
        fg.diff(profile(BEFORE), profile(AFTER), norm=norm)


@given(STACKS, STACKS)
def test_changes_add_up(before, after):
    comparison = fg.diff(profile(before), profile(after), norm="none")
    change = sum(after.values()) - sum(before.values())
    assert comparison.functions.own.change.sum() == change
    own, total = comparison.nodes
    assert own.change.sum() == change and total.change[0] == change
    assert own.before.dtype == np.int64, "whole numbers stay whole"


@given(STACKS, STACKS, st.sampled_from(["none", "total", "ratio", "work=2:3"]))
def test_sides_swapped_is_the_change_negated(before, after, norm):
    if norm == "ratio":  # which needs a few that both sides have
        before, after = ({**side, **{f"f{k}": 10 + k for k in range(5)}} for side in (before, after))
    one = fg.diff(profile(before), profile(after), norm=norm)
    back = fg.diff(profile(after), profile(before), norm=norm.replace("2:3", "3:2"))
    # Each is in the size of what it calls after.
    size = back.scale.factors[0]
    there = dict(zip(one.functions.label, (one.functions.own.change * size).tolist(), strict=True))
    here = dict(zip(back.functions.label, back.functions.own.change.tolist(), strict=True))
    assert here == pytest.approx({label: -change for label, change in there.items()}, abs=1e-6)
    swap = {"regressed": "improved", "improved": "regressed", "new": "gone", "gone": "new"}
    assert verdicts(back) == {label: swap.get(verdict, verdict) for label, verdict in verdicts(one).items()}


def test_sides_that_measure_different_things_are_refused():
    build = fg.Builder()
    build.metric("cycles", "cycles")
    build.sample(build.stack([build.frame("f")]), 5)
    with pytest.raises(IncompatibleProfiles, match="cycles"):
        fg.diff(profile(BEFORE), build.finish())
    forced = fg.diff(profile(BEFORE), build.finish(), force=True)
    assert {difference.what for difference in forced.differences if difference.fatal} == {"metric", "unit"}


def test_a_side_without_the_kernel_is_told():
    with_kernel = fg.read(b"main;read;ksys_read_[k] 5\nmain 5\n")
    without = fg.read(b"main;read 5\nmain 5\n")
    found = fg.diff(without, with_kernel).differences
    assert [(d.what, d.before, d.after, d.fatal) for d in found] == [("kernel frames", "none", "some", False)]
    assert fg.diff(with_kernel, with_kernel).differences == fg.diff(without, without).differences == ()


def test_a_cost_that_went_to_a_neighbour_is_moved():
    rest = {f"main;other;f{i}": 1000 for i in range(10)}
    before = {**rest, "main;parse;scan": 500, "main;parse;build": 1500}
    after = {**rest, "main;parse;scan": 1500, "main;parse;build": 500}
    comparison = fg.diff(profile(before), profile(after), norm="none")
    found = verdicts(comparison)
    assert found["scan"] == found["build"] == "moved"
    assert comparison.functions.where[row(comparison, "scan")] == "from build, within parse"
    assert comparison.functions.where[row(comparison, "build")] == "to scan, within parse"


def test_a_function_that_was_renamed_is_moved():
    rest = {f"main;f{i}": 1000 for i in range(10)}
    before = {**rest, "main;read_all_tokens": 500}
    after = {**rest, "main;read_tokens": 510}
    comparison = fg.diff(profile(before), profile(after), norm="none")
    assert verdicts(comparison)["read_tokens"] == "moved"
    assert comparison.functions.where[row(comparison, "read_tokens")] == "renamed from read_all_tokens"


def simulated(random: np.random.Generator, mean: np.ndarray, spread: float) -> fg.Profile:
    counts = random.poisson(mean * random.normal(1, spread, len(mean)).clip(0.2))
    return profile({f"main;f{i}": int(count) for i, count in enumerate(counts) if count})


def test_repeated_runs_flag_what_was_planted_and_nothing_else():
    random = np.random.default_rng(7)
    mean = random.gamma(0.5, 400, 60)
    mean[11] = 300
    planted = mean.copy()
    planted[11] *= 1.5
    comparison = fg.diff(
        [simulated(random, mean, 0.05) for _ in range(6)], [simulated(random, planted, 0.05) for _ in range(6)]
    )
    assert (comparison.method, comparison.scale.name, comparison.counts) == ("max-t", "ratio", (6, 6))
    found = verdicts(comparison)
    assert found.pop("f11") == "regressed"
    assert not {"regressed", "improved", "new", "gone", "moved"} & set(found.values())
    low, high = (getattr(comparison.functions.own, end)[row(comparison, "f11")] for end in ("low", "high"))
    assert 0 < low < 150 < high


def test_too_few_runs_know_sampling_noise_only():
    random = np.random.default_rng(7)
    mean = random.gamma(0.5, 400, 60)
    runs = [simulated(random, mean, 0.05) for _ in range(6)]
    assert fg.diff(runs[:3], runs[3:]).method == "sampling noise only"
    assert fg.diff(runs[0], runs[1:]).method == "sampling noise only"


def test_alike_runs_flag_something_in_at_most_alpha():
    random = np.random.default_rng(3)
    mean = random.gamma(0.5, 200, 80)
    trials, flagged, alpha = 150, 0, 0.05
    for _ in range(trials):
        runs = [simulated(random, mean, 0.1) for _ in range(10)]
        comparison = fg.diff(runs[:5], runs[5:], alpha=alpha)
        flagged += bool((comparison.functions.own.p <= alpha).any())
    assert flagged / trials <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / trials)


def test_the_runs_that_power_asks_for_find_the_change():
    random = np.random.default_rng(2)
    mean = random.gamma(0.5, 400, 40)
    mean[7] = 900
    pilot = fg.diff([simulated(random, mean, 0.0) for _ in range(6)], [simulated(random, mean, 0.0) for _ in range(6)])
    need = next(n for n in power(pilot, 0.05) if pilot.functions.label[n.function] == "f7")
    planted = mean.copy()
    planted[7] *= 1.05
    found, trials = 0, 40
    for _ in range(trials):
        sides = [[simulated(random, m, 0.0) for _ in range(need.runs)] for m in (mean, planted)]
        comparison = fg.diff(*sides)
        found += bool(comparison.functions.own.p[row(comparison, "f7")] <= 0.05)
    assert found / trials >= 0.8 - 3 * np.sqrt(0.8 * 0.2 / trials)
    assert need.runs <= 40


@pytest.mark.parametrize("runs", [2, 3])
def test_power_from_few_runs_asks_for_about_as_many_as_from_many(runs):
    random = np.random.default_rng(6)
    mean = random.gamma(0.5, 400, 40)

    def needed(runs: int) -> float:
        sides = [[simulated(random, mean, 0.05) for _ in range(runs)] for _ in range(2)]
        return float(np.median([need.runs or 200 for need in power(fg.diff(*sides), 0.1, most=8)]))

    few, many = (np.mean([needed(count) for _ in range(8)]) for count in (runs, 10))
    assert 0.8 * many < few < 2 * many, "rather too many than too few"


def capture(random: np.random.Generator, shares: np.ndarray, seconds: int, phase: int = 0) -> fg.Profile:
    """A capture at 100 Hz; with a `phase`, in seconds, the program turns to other functions that often."""
    build = fg.Builder(timeline=True)
    build.metric("samples", "samples")
    nodes = [build.stack([build.frame("main"), build.frame(f"f{i}")]) for i in range(len(shares))]
    turned = np.roll(shares, len(shares) // 2)
    for tick in range(100 * seconds):
        now = turned if phase and tick // (100 * phase) % 2 else shares
        build.sample(nodes[random.choice(len(shares), p=now)], 1, time=tick * 10_000_000)
    return build.finish()


def test_blocks_of_time_stand_for_runs():
    random = np.random.default_rng(4)
    shares = random.dirichlet(np.full(12, 2.0))
    slower = shares.copy()
    slower[2] += 0.3
    before, after = (capture(random, s / s.sum(), 60) for s in (shares, slower))
    comparison = fg.diff(before, after, blocks=True, norm="total")
    assert comparison.method == "max-t" and "stand for runs" in comparison.notes[0]
    assert verdicts(comparison)["f2"] == "regressed"
    assert comparison.profile.total(1) == pytest.approx(6000, rel=0.01), "as much as the whole capture counts"


def test_blocks_are_scaled_as_their_captures_are():
    """One program turns to other things now and then, so that its blocks are longer, and fewer."""
    random = np.random.default_rng(4)
    shares = random.dirichlet(np.full(12, 2.0))
    sides = [capture(random, shares, 60, phase=2), capture(random, shares, 60)]
    sides = [replace(side, meta=replace(side.meta, command="x")) for side in sides]
    comparison = fg.diff(*sides, blocks=True)
    before, after = comparison.counts
    assert before < after and comparison.blocks
    assert (comparison.scale.name, comparison.scale.why) == ("none", "both ran the same command")
    assert [comparison.profile.total(side) for side in (0, 1)] == pytest.approx([6000, 6000], rel=0.01)


def test_no_blocks_where_a_program_has_long_phases():
    random = np.random.default_rng(4)
    shares = random.dirichlet(np.full(12, 1.0))
    sides = [capture(random, shares, 60, phase=15) for _ in range(2)]
    comparison = fg.diff(*sides, blocks=True)
    assert comparison.method == "sampling noise only" and "too few blocks" in comparison.notes[0]


def test_blocks_need_times():
    with pytest.raises(UsageError, match="timeline=True"):
        fg.diff(profile(BEFORE), profile(AFTER), blocks=True)
    with pytest.raises(UsageError, match="one capture per side"):
        fg.diff([profile(BEFORE)] * 2, profile(AFTER), blocks=True)


def test_what_others_lost_by_chance_hides_no_regression():
    """A function grew by half; twenty neighbours each lost a little, none of them more than chance does."""
    rest = {f"main;other;f{i}": 3000 for i in range(10)}
    before = {**rest, "main;run;slow": 400, **{f"main;run;g{i}": 200 for i in range(20)}}
    after = {**rest, "main;run;slow": 600, **{f"main;run;g{i}": 190 for i in range(20)}}
    assert verdicts(fg.diff(profile(before), profile(after), norm="none"))["slow"] == "regressed"


def test_a_function_that_was_renamed_and_became_slower_is_not_hidden():
    rest = {f"main;f{i}": 30_000 for i in range(10)}
    comparison = fg.diff(
        profile({**rest, "main;read_all_tokens": 10_000}), profile({**rest, "main;read_tokens": 11_900}), norm="none"
    )
    found = verdicts(comparison)
    assert (found["read_all_tokens"], found["read_tokens"]) == ("gone", "new")
    assert comparison.functions.where[row(comparison, "read_tokens")] == "renamed from read_all_tokens"


@pytest.mark.parametrize(("unit", "step"), [("bytes", 16), ("cycles", 1000), ("ns", 1000)])
def test_what_numbers_have_in_common_need_not_be_a_sample(unit, step):
    """Sizes are multiples of 16, traced times come in microseconds: that says nothing about noise."""
    sides = []
    for factor in (900_000, 1_100_000):
        build = fg.Builder()
        build.metric("measured", unit)
        for i in range(5):
            build.sample(build.stack([build.frame("main"), build.frame(f"f{i}")]), step * (factor + i))
        sides.append(build.finish())
    comparison = fg.diff(*sides, norm="none")
    assert comparison.grains is None and set(verdicts(comparison).values()) == {"same", "inconclusive"}


@pytest.mark.parametrize("runs", [2, 3])
def test_few_runs_that_differ_widely_are_no_finding(runs):
    """Sampling alone would call something changed in most of these."""
    random = np.random.default_rng(runs)
    mean, flagged, trials = random.gamma(0.5, 800, 40), 0, 40
    for _ in range(trials):
        sides = [[simulated(random, mean, 0.1) for _ in range(runs)] for _ in range(2)]
        found = set(verdicts(fg.diff(*sides)).values())
        flagged += bool(found - {"same", "inconclusive"})
    assert flagged / trials <= 0.2
    slower = mean.copy()
    slower[np.argmax(mean)] *= 3
    sides = [[simulated(random, m, 0.02) for _ in range(runs)] for m in (mean, slower)]
    assert verdicts(fg.diff(*sides))[f"f{np.argmax(mean)}"] == "regressed", "what is plain to see is still said"


@pytest.mark.filterwarnings("error")
def test_a_side_that_counts_next_to_nothing():
    tiny = fg.read(b"a;b 0." + b"0" * 299 + b"1\n", format="folded")
    comparison = fg.diff(tiny, profile({"a;b": 10, "a;c": 20}), norm="total")
    assert set(verdicts(comparison).values()) == {"inconclusive", "same"}, "what it counts is no sample"


@pytest.mark.parametrize("norm", ["work=1e-200:1e200", "work=1e200:1e-200"])
def test_work_whose_ratio_no_float_holds(norm):
    with pytest.raises(UsageError, match="--norm"):
        fg.diff(profile(BEFORE), profile(AFTER), norm=norm)


@given(STACKS, STACKS)
def test_what_is_written_reads_back_as_the_same_comparison(before, after):
    comparison = fg.diff(profile(before), profile(after), norm="none")
    back = fg.read(render(comparison, "folded"), format="folded", columns="2")

    def side(column: int) -> fg.Profile:
        samples = replace(back.samples, values=back.samples.values[:, [column]])
        return replace(back, samples=samples, metrics=(fg.Metric("samples", "samples"),))

    again = fg.diff(side(0), side(1), norm="none")
    assert verdicts(again) == verdicts(comparison)
    for label in verdicts(comparison):
        one, other = row(comparison, label), row(again, label)
        for table in ("own", "total"):
            mine, its = getattr(comparison.functions, table), getattr(again.functions, table)
            for column in ("before", "after", "low", "high", "p"):
                np.testing.assert_equal(getattr(mine, column)[one], getattr(its, column)[other])
