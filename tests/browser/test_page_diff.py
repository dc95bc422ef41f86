"""The page of a comparison: both sides, what changed, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import pytest

import flamegraph as fg

DIFF = Path(__file__).parents[2] / "fixtures" / "diff"
TWO = "keep 100 100\ngrew;more 50 150\nshrank 80 20\ngone 40 0\nnew 0 60\n"


@pytest.fixture(scope="module")
def runs() -> fg.Comparison:
    return fg.diff(*([fg.read(path) for path in sorted(DIFF.glob(f"{side}-0*"))] for side in ("same", "slower")))


@pytest.fixture(scope="module")
def pair() -> fg.Comparison:
    return fg.diff(*(fg.read(DIFF / f"{side}-00.folded") for side in ("same", "slower")))


def widths(shown, *stacks: str) -> list[float]:
    """Of boxes, as shares of all."""
    whole = shown.box("")["width"]
    return [box["width"] / whole if (box := shown.box(stack)) else 0 for stack in stacks]


def slide(shown, slider: str, value: float) -> None:
    shown.page.evaluate(
        """([id, value]) => {
          const slider = document.getElementById(id);
          slider.value = value;
          slider.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        [slider, value],
    )


def test_sides_and_widths(open_page):
    shown = open_page(TWO)
    assert shown.text("#whole") == "270 samples → 330 samples"
    assert shown.page.locator("#comparing").is_visible()
    stacks = ("keep", "grew", "gone", "new")
    assert widths(shown, *stacks) == pytest.approx([100 / 430, 150 / 430, 40 / 430, 60 / 430], abs=1e-3)
    for basis, expected in [
        ("sum", [200, 200, 40, 60, 600]),
        ("before", [100, 50, 40, 0, 270]),
        ("after", [100, 150, 0, 60, 330]),
    ]:
        shown.page.select_option("#basis", basis)
        assert widths(shown, *stacks) == pytest.approx([value / expected[-1] for value in expected[:-1]], abs=1e-3)
        assert shown.state["basis"] == basis
    shown.page.click("#side-before")
    assert widths(shown, *stacks) == pytest.approx([100 / 270, 50 / 270, 40 / 270, 0], abs=1e-3)
    for control in ("#basis", "#threshold", "#hues"):
        assert shown.page.locator(control).is_hidden(), "these are about the change"
    shown.page.click("#side-after")
    assert widths(shown, *stacks) == pytest.approx([100 / 330, 150 / 330, 0, 60 / 330], abs=1e-3)
    shown.page.click("#side-change")
    assert shown.page.locator("#basis").is_visible()


def test_what_grew_is_warm_and_what_shrank_is_cold(open_page):
    shown = open_page(TWO)
    for hues in ("blueorange", "redblue"):
        shown.page.select_option("#hues", hues)
        grew, shrank, keep = (shown.color(stack) for stack in ("grew", "shrank", "keep"))
        assert grew[0] > grew[2] + 20 and shrank[2] > shrank[0] + 20
        assert max(keep) - min(keep) < 8
    assert "grew" in shown.text("#legend") and "shrank" in shown.text("#legend")
    assert "new" in shown.text("#legend") and "gone" in shown.text("#legend")


def test_small_changes_are_left_out_by_the_threshold(open_page):
    shown = open_page("keep 1000 1000\nlittle 100 120\nmuch 100 300\n")
    little, much, keep = (shown.color(stack) for stack in ("little", "much", "keep"))
    slide(shown, "threshold", 5)
    assert shown.color("little") == keep != little and shown.color("much") == much
    assert shown.state["threshold"] == 5 and shown.text("label:has(#threshold) output") == "5.00%"


def test_confidence_of_one_pair(open_page, pair):
    shown = open_page(pair)
    assert shown.page.locator("#sure").is_visible()
    colors = """
      [...flamegraph.stage.picture.seen.values()].flatMap(({ node }) => node.filter((n) => n >= 0))
        .map((n) => flamegraph.stage.picture.scene.look(n).rgb.join())"""
    before = shown.page.evaluate(colors)
    slide(shown, "sure", 99)
    after = shown.page.evaluate(colors)
    assert before != after and len(set(after)) < len(set(before)), "noise is grey"
    assert shown.text("label:has(#sure) output") == "99.0%"
    shown.click(max(shown.stacks, key=shown.stacks.get), button="right")
    told = dict(zip(shown.texts("#panel dt"), shown.texts("#panel dd"), strict=True))
    assert told["Box verdict"] in {"same", "inconclusive", "regressed", "improved", "moved", "new", "gone"}
    assert told["Confidence"].endswith("%") and "sampling noise only" in told.get("Self change", "sampling noise only")


def test_scale(open_page, pair):
    shown = open_page(pair)
    compared = shown.text("#whole")
    shown.page.select_option("#norm", "none")
    counted = shown.text("#whole")
    assert counted != compared
    assert counted == f"{pair.runs.own[:, 0].sum():,.0f} samples → {pair.runs.own[:, 1].sum():,.0f} samples"
    shown.page.select_option("#norm", "total")
    before, after = shown.text("#whole").split(" → ")
    assert before == after


def test_verdicts_of_repeated_runs(open_page, runs):
    shown = open_page(runs)
    own = runs.functions.own
    regressed = sum(1 for verdict in own.verdict.tolist() if verdict == 2)
    assert regressed > 0
    shown.page.click("#view-table")
    assert {"Verdict", "Interval of self change"} <= set(shown.texts("th"))
    shown.page.click("th button:text-is('Verdict')")
    column = shown.texts("th").index("Verdict ▾")
    verdicts = shown.texts(f"tbody td:nth-child({column + 1})")
    assert verdicts[:regressed] == ["regressed"] * regressed and "regressed" not in verdicts[regressed:]
    interval = shown.text("tbody tr:first-child td:nth-child(7)")
    assert interval.startswith("+") and "…" in interval, "what regressed has an interval above nothing"


def test_a_table_of_changes(open_page):
    shown = open_page(TWO, address="#view=table")
    rows = [[cell.strip() for cell in row.split("\t")] for row in shown.texts("tbody tr")]
    told = {row[-1]: row[:4] for row in rows}
    assert told["more"] == ["+100", "+200.0%", "50", "150"]
    assert told["gone"] == ["-40", "gone", "40", "0"]
    assert told["new"] == ["+60", "new", "0", "60"]
    assert [row[-1] for row in rows[:4]] == ["more", "new", "shrank", "gone"], "the largest first, whichever way"


def test_what_is_told_of_a_change(open_page):
    shown = open_page(TWO)
    told = shown.hover("gone")
    assert "40 samples → 0 samples" in told and "gone" in told
    told = shown.hover("grew")
    assert "50 samples → 150 samples" in told and "+100 samples (+200.0%), +30.3% of all" in told


def test_views_of_a_comparison(open_page, runs):
    shown = open_page(runs)
    whole = shown.text("#whole")
    for view in ("icicle", "sandwich", "table", "tree", "flame"):
        shown.page.click(f"#view-{view}")
        assert shown.state["view"] == view and shown.text("#whole") == whole
    shown.page.click("#turned")
    assert shown.text("#whole") == whole
    shown.page.click("#view-tree")
    first = shown.text("[role=tree] .row >> nth=0")
    shown.page.select_option("#basis", "before")
    shown.page.select_option("#norm", "total")
    assert shown.text("[role=tree] .row >> nth=0") != first, "the tree follows"
