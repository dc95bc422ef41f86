"""What the picture says about each frame: counts, shares, units and what changed."""

import pytest
from parsed_svg import SVG, draw, profile

import flamegraph as fg
from flamegraph.units import quantity


def one(unit: str, values: dict[str, float], **options):
    build = fg.Builder()
    build.metric("value", unit)
    for name, value in values.items():
        build.sample(build.stack([build.frame(name)]), value)
    return draw(build.finish(), **options)


def test_counts_have_their_thousands_set_apart():
    assert one("samples", {"a": 1234567, "b": 1}).box("a").facts == "1,234,567 samples, 100.00%"
    assert one("samples", {"a": 1234567, "b": 1}).box("all").facts == "1,234,568 samples, 100%"


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("ns", 3_200_000, f"3,200,000 ns, {quantity(3_200_000, 'ns')}"),
        ("ns", 12, "12 ns"),
        ("bytes", 12, "12 bytes"),
        ("bytes", 3_500_000, f"3,500,000 bytes, {quantity(3_500_000, 'bytes')}"),
        ("cycles", 3_200_000, "3,200,000 cycles"),
    ],
)
def test_units_that_have_larger_ones(unit, value, said):
    assert one(unit, {"a": value}).box("a").facts == f"{said}, 100.00%"


def test_a_chosen_countname_has_no_other_unit():
    assert one("ns", {"a": 3_200_000}, countname="ms", factor=1e-6).box("a").facts == "3 ms, 100.00%"


def test_fractions_are_kept():
    picture = one("samples", {"a": 0.25, "b": 1.5})
    assert picture.box("a").facts == "0.25 samples, 14.29%"
    assert picture.box("b").facts == "1.5 samples, 85.71%"


def test_description():
    picture = draw("main;a 1\nno count\nmain;b 2\n")
    assert picture.text("description") == (
        "3 samples. Each frame stands next to its caller, as wide as what was counted with it. "
        "3 frames are drawn. Skipped in the input: line without a count: 1."
    )
    chart = draw(profile("a 1\n", timeline=True), kind="chart").text("description")
    assert "in time order" in chart and "1 frame is drawn" in chart


# difffolded.pl -n of two small profiles, as flamegraph.pl's documentation has them: 10 of `a` alone became 17 once
# scaled, and the whole below `a` grew from 196 to 310.
CHANGED = """\
main;a 17 10
main;a;hot 179 300
main;b;x 71 20
main;gone 89 0
main;new 0 31
"""


def test_a_frame_tells_the_change_of_all_above_it():
    picture = draw(CHANGED)
    assert picture.text("title") == "Differential Flame Graph"
    # 361 after: widths and percentages are of these.
    assert picture.box("a").facts == "310 samples, 85.87%; +31.58%, self -1.94%"
    assert picture.box("hot").facts == "300 samples, 83.10%; +33.52%, self +33.52%"
    assert picture.box("x").facts == "20 samples, 5.54%; -14.13%, self -14.13%"
    assert picture.box("b").facts == "20 samples, 5.54%; -14.13%, self 0.00%"
    assert picture.box("new").facts == "31 samples, 8.59%; +8.59%, self +8.59%, new"
    assert picture.all("gone") == []


def test_a_frame_has_the_color_of_all_above_it():
    picture = draw(CHANGED)
    assert picture.box("hot").fill == "rgb(255,0,0)", "the largest change of all"
    red, green, blue = (int(n) for n in picture.box("a").fill[4:-1].split(","))
    assert red == 255 and green == blue < 50, "red: it grew with what it calls, though its own part shrank"
    red, green, blue = (int(n) for n in picture.box("b").fill[4:-1].split(","))
    assert blue == 255 and red == green > 50


def test_the_root_does_not_set_the_scale():
    picture = draw("a 0 50\nb 0 50\n")
    assert {picture.box(name).fill for name in ("all", "a", "b")} == {"rgb(255,0,0)"}


def test_fractions_have_the_same_colors_as_what_they_are_scaled_from():
    whole, part = draw("a 40 10\nb 10 20\n"), draw("a 0.40 0.10\nb 0.10 0.20\n")
    assert [box.fill for box in whole.boxes] == [box.fill for box in part.boxes]


def test_what_is_gone_is_counted():
    legend = draw(CHANGED).text("legend")
    assert legend.startswith("■ grew ■ shrank")
    assert legend.endswith("1 stack is gone and not drawn: 89 samples, 25.00% of before")
    assert draw("a 1 2\n").text("legend") == "■ grew ■ shrank"
    assert draw("a 1\n").by_id("legend") is None


def test_the_other_side():
    picture = draw(CHANGED, metric="before")
    assert picture.box("gone").facts == "89 samples, 25.00%; -25.00%, self -25.00%, gone"
    assert picture.text("legend").endswith("1 stack is new and not drawn: 31 samples, 8.59% of after")
    assert picture.box("hot").fill == "rgb(255,0,0)"


@pytest.mark.parametrize(("basis", "widths"), [("max", (179, 30, 89)), ("sum", (179 + 300, 30, 89))])
def test_what_is_gone_can_be_drawn(basis, widths):
    picture = draw(CHANGED.replace("hot 179 300", "hot 179 0").replace("new 0 31", "new 0 30") if basis == "max" else
                   CHANGED.replace("new 0 31", "new 0 30"), basis=basis)  # fmt: skip
    whole = picture.box("all").width
    total = {"max": 17 + 179 + 71 + 89 + 30, "sum": 27 + 479 + 91 + 89 + 30}[basis]
    for name, width in zip(("hot", "new", "gone"), widths, strict=True):
        assert picture.box(name).width == pytest.approx(whole * width / total, abs=0.2)
    assert picture.box("gone").element.find(f"{SVG}rect").get("stroke-dasharray"), "dashed"
    new = picture.box("new").element.find(f"{SVG}rect")
    assert new.get("stroke") == "#222" and new.get("stroke-dasharray") is None, "framed"
    assert picture.box("gone").facts.endswith("gone") and picture.box("new").facts.endswith("new")
    assert "1 stack is new (framed)" in picture.text("legend") and "gone (dashed)" in picture.text("legend")


def test_color_and_outline_change_places():
    total, own = draw(CHANGED), draw(CHANGED, change="self")
    edge = [picture.box("a").element.find(f"{SVG}rect").get("stroke") for picture in (total, own)]
    assert edge == ["rgb(0,0,255)", "rgb(255,0,0)"], "alone it shrank, with what it calls it grew"
    red, _, blue = (int(n) for n in own.box("a").fill[4:-1].split(","))
    assert blue == 255 and red > 190


def test_compat_has_the_widths_and_colors_of_flamegraph_pl():
    # FIELD 9.12: difffolded.pl -n | flamegraph.pl of these two.
    sides = [
        profile("main;a;hot 100\nmain;a 10\nmain;gone 50\nmain;b;x 40\nmain;addr 0xdead 1\n", columns="1"),
        profile("main;a;hot 300\nmain;a 10\nmain;new 30\nmain;b;x 20\nmain;addr 0xbeef 1\n", columns="1"),
    ]
    picture = draw(fg.diff(*sides, norm="total"), compat=True)
    assert {box.name: box.fill for box in picture.boxes} == {
        "all": "rgb(255,255,255)",
        "main": "rgb(255,255,255)",
        "b": "rgb(255,255,255)",
        "a": "rgb(197,197,255)",
        "addr 0xbeef": "rgb(255,208,208)",
        "hot": "rgb(255,0,0)",
        "new": "rgb(255,157,157)",
        "x": "rgb(121,121,255)",
    }
    assert picture.box("a").facts.startswith("310 samples") and picture.box("all").width == 1180


def test_what_may_be_noise_is_grey():
    sides = [profile(f"main;f {f}\nmain;g {g}\nmain;h 500\n", columns="1") for f, g in ((400, 20), (900, 25))]
    picture = draw(fg.diff(*sides, norm="none"))
    grey, red = ([int(n) for n in picture.box(name).fill[4:-1].split(",")] for name in ("g", "f"))
    assert red[0] == 255 and red[1] < 10 and max(grey) - min(grey) < 15
    assert picture.box("g").facts.endswith("may be noise") and picture.text("legend").endswith("grey: may be noise")
    assert "900" in picture.box("f").facts and picture.box("f").facts.startswith("400 samples → 900 samples; +")


def test_nothing_is_left_afterwards():
    with pytest.raises(fg.FlamegraphError, match=r"count after, .*--metric"):
        draw("a 5 0\n")
    assert draw("a 5 0\n", metric="before").box("a").width == 1180
