"""Every option of the SVG, seen in the picture."""

import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from parsed_svg import SVG, draw, profile

import flamegraph as fg
from flamegraph.color import background
from flamegraph.profile import Meta
from flamegraph.render import render
from flamegraph.render.svg import Options, page

CALLS = "main;parse;token 3\nmain;parse 1\nmain;eval 4\nidle 2\n"
CHANGED = "main;a 10 14\nmain;b 5 1\n"


def fill(name: str, **options) -> str:
    return draw(CALLS, **options).box(name).fill


def test_title_subtitle_notes():
    picture = draw(CALLS, title="Mine & yours", subtitle="on <Monday>", notes="run -- 7")
    assert picture.text("title") == "Mine & yours"
    assert picture.root.find(f"{SVG}title").text == "Mine & yours"
    assert picture.text("subtitle") == "on <Monday>"
    assert picture.text("notes") == "run -- 7"
    plain = draw(CALLS)
    assert plain.text("title") == "Flame Graph"
    assert plain.by_id("subtitle") is None and plain.by_id("notes") is None
    assert picture.height == plain.height + 24


def test_title_of_the_profile():
    build = fg.Builder()
    build.metric("samples", "samples")
    build.sample(build.stack([build.frame("main")]), 1)
    named = build.finish(Meta(title="nightly"))
    assert draw(named).text("title") == "nightly"
    assert draw(named, title="").text("title") == ""


def test_width_and_height():
    picture = draw(CALLS, width=500, height=20)
    assert (picture.root.get("width"), picture.width) == ("500", 500)
    assert (picture.box("all").width, picture.box("all").height) == (480, 19)
    assert picture.box("all").y - picture.box("main").y == 20
    assert draw(CALLS, width="500").box("main") is not None
    fluid = draw(CALLS, width="fluid")
    assert fluid.root.get("width") == "100%" and fluid.root.get("height") is None
    assert fluid.data()["fluid"] is True


def test_font():
    picture = draw(CALLS, fonttype="Courier New", fontsize=20)
    assert picture.root.get("font-family") == "Courier New, sans-serif"
    assert picture.root.get("font-size") == "20"
    assert picture.height == 4 * 16 + 5 * 20 + 10


def test_names_are_cut_where_they_do_not_fit():
    folded = "a_rather_long_name 1\nrest 9\n"
    # 118 pixels hold 16 characters of 12 * 0.59 pixels.
    assert draw(folded).box("a_rather_long_name").label == "a_rather_long_.."
    assert draw(folded, truncate="left").box("a_rather_long_name").label == "..ther_long_name"
    assert draw(folded, fontwidth=0.5).box("a_rather_long_name").label == "a_rather_long_name"
    assert draw(folded, fontsize=6).box("a_rather_long_name").label == "a_rather_long_name"
    # Two characters tell nothing.
    assert [draw(folded, width=w).box("a_rather_long_name").label for w in (220, 240)] == ["", "a.."]


def test_countname_and_nametype():
    picture = draw(CALLS, countname="calls", nametype="Method:")
    assert picture.box("parse").facts == "4 calls, 40.00%"
    assert picture.data()["nametype"] == "Method:"


def test_metric():
    build = fg.Builder()
    cycles, misses = build.metric("cycles", "cycles"), build.metric("misses", "misses")
    for name, values in {"a": (9, 1), "b": (1, 4)}.items():
        stack = build.stack([build.frame(name)])
        build.sample(stack, values[0], cycles)
        build.sample(stack, values[1], misses)
    both = build.finish()
    assert draw(both).box("a").facts == "9 cycles, 90.00%"
    assert draw(both, metric="misses").box("a").facts == "1 misses, 20.00%"
    with pytest.raises(fg.FlamegraphError, match=r"no metric is called 'time'.*cycles, misses"):
        draw(both, metric="time")


def test_factor():
    assert draw(CALLS, factor=1000).box("parse").facts == "4,000 samples, 40.00%"
    assert draw(CALLS, factor=0.5).box("main").facts == "4 samples, 80.00%"
    picture = draw(CHANGED, factor=0.1)
    assert picture.box("b").facts.split("; ")[1].startswith("-26.67%")


def test_total():
    picture = draw(CALLS, total=20)
    assert (picture.box("all").facts, picture.box("all").width) == ("20 samples, 100%", 1180)
    assert (picture.box("main").facts, picture.box("main").width) == ("8 samples, 40.00%", 472)
    assert draw(CALLS, total=5).box("main").width == 944
    assert draw(CALLS, total=2**62).box("all").facts == "4,611,686,018,427,387,904 samples, 100%"


@pytest.mark.parametrize(
    ("order", "names"), [("name", ["eval", "parse"]), ("weight", ["eval", "parse"]), ("first", ["parse", "eval"])]
)
def test_order(order, names):
    picture = draw("main;parse 1\nmain;eval 4\n", order=order)
    assert sorted(names, key=lambda name: picture.box(name).x) == names


def test_names_that_inferno_has():
    calls = "main;parse_everything 1\nmain;eval 19\n"
    assert render(profile(calls), "svg", no_sort=True) == render(profile(calls), "svg", order="first")
    same = {"truncate_text_right": True, "deterministic": True}
    assert render(profile(calls), "svg", **same) == render(profile(calls), "svg")
    assert draw(calls, truncate="left", truncate_text_right=True).box("parse_everything").label == "parse_.."


def test_colors():
    # Worked out by hand from flamegraph.pl's formulas, see FlameGraph's color().
    assert draw("foo 1\n").box("foo").fill == "rgb(220,71,17)"
    assert draw("foo 1\n", hash=True).box("foo").fill == "rgb(247,199,47)"
    assert draw("foo 1\n", colors="blue").box("foo").fill != "rgb(220,71,17)"
    kernel = "sys_read_[k] 1\n"
    red, green, blue = map(int, re.findall(r"\d+", draw(kernel, colors="java").box("sys_read").fill))
    assert red > green > blue == 0, "orange"


def test_random_colors_have_a_seed():
    assert fill("main", random=True) == fill("main", random=True, seed=0)
    assert fill("main", random=True) != fill("main", random=True, seed=1)
    assert fill("main", random=True) != fill("main")


def test_color_by_width():
    picture = draw(CALLS, colordiffusion=True)
    assert picture.box("all").fill == "rgb(255,0,0)"
    wide, narrow = (int(picture.box(name).fill.split(",")[1]) for name in ("main", "idle"))
    assert 0 < wide < narrow < 210


def test_palette_map(tmp_path, monkeypatch):
    path = tmp_path / "my.map"
    path.write_text("parse->rgb(1,2,3)\nelsewhere->rgb(4,5,6)\n")
    picture = draw(CALLS, palette_map=str(path))
    assert picture.box("parse").fill == "rgb(1,2,3)"
    lines = path.read_text().splitlines()
    assert lines == sorted(lines)
    assert {line.split("->")[0] for line in lines} == {"elsewhere", "eval", "idle", "main", "parse", "token"}
    # What a name has got it keeps, whatever the palette.
    assert draw(CALLS, palette_map=str(path), colors="blue").box("main").fill == picture.box("main").fill

    monkeypatch.chdir(tmp_path)
    draw(CALLS, cp=True)
    assert (tmp_path / "palette.map").exists()


def test_a_palette_map_is_written_only_with_its_picture(tmp_path, monkeypatch):
    def fails(**_):
        raise RuntimeError("no picture")

    path = tmp_path / "palette.map"
    with monkeypatch.context() as patch:
        patch.setattr(page, "page", fails)
        with pytest.raises(RuntimeError):
            draw(CALLS, palette_map=str(path))
    assert not path.exists()
    draw(CHANGED, palette_map=str(path))
    assert not path.exists(), "in a comparison names have no colours to keep"
    draw(CALLS, palette_map=str(path))
    assert path.exists()


def test_a_broken_palette_map_stays_as_it_is(tmp_path):
    path = tmp_path / "palette.map"
    path.write_text("main=red\n")
    with pytest.raises(fg.FlamegraphError, match=r"palette.map:1: expected name->rgb"):
        draw(CALLS, palette_map=str(path))
    assert path.read_text() == "main=red\n"


def test_background():
    def stops(**options):
        return [stop.get("stop-color") for stop in draw(CALLS, **options).root.iter(f"{SVG}stop")]

    assert stops() == list(background("hot"))
    assert stops(bgcolors="blue") == list(background("hot", "blue"))
    assert stops(bgcolors="#123456") == ["#123456", "#123456"]


@pytest.mark.parametrize("options", [{"bgcolors": "blue"}, {"uicolor": "navy"}])
def test_chosen_surroundings_stay_in_the_dark(options):
    assert draw(CALLS).root.get("class") == "flamegraph adaptive"
    assert draw(CALLS, **options).root.get("class") == "flamegraph"


def test_colors_around_and_on_the_frames():
    picture = draw(CALLS, uicolor="navy", stroke_color="#333", search_color="rgb(0, 255, 0)")
    assert picture.by_id("surroundings").get("fill") == "navy"
    assert picture.by_id("frames").get("stroke") == "#333"
    assert picture.root.get("style") == "--search: rgb(0, 255, 0); --found: #000"
    assert draw(CALLS).by_id("frames").get("stroke") is None


@pytest.mark.parametrize(
    ("color", "text"),
    [
        ("#e600e6", "#000"),
        ("#ff0", "#000"),
        ("#006", "#fff"),
        ("#00008b", "#fff"),
        ("#00008bff", "#fff"),
        ("rgb(0, 0, 139)", "#fff"),
        ("rgba(0 0 55% / 1)", "#fff"),
        ("rgb(255,255,0)", "#000"),
        ("magenta", "#000"),
    ],
)
def test_what_is_found_can_be_read(color, text):
    assert draw(CALLS, search_color=color).root.get("style") == f"--search: {color}; --found: {text}"


def test_change_colors_and_negate():
    shades = {key: draw(CHANGED, **options).box("a").fill for key, options in {
        "plain": {}, "negate": {"negate": True}, "other": {"change_colors": "blueorange"}
    }.items()}  # fmt: skip
    assert shades == {"plain": "rgb(255,0,0)", "negate": "rgb(0,0,255)", "other": "rgb(213,94,0)"}


def test_dark_boxes_have_white_text():
    picture = draw(CHANGED)
    assert picture.box("b").fill == "rgb(0,0,255)"
    assert picture.box("b").element[2].get("fill") == "#fff"
    assert picture.box("a").element[2].get("fill") is None


def test_without_script():
    picture = draw(CALLS, javascript=False)
    assert list(picture.root.iter(f"{SVG}script")) == []
    assert picture.box("token").facts == "3 samples, 30.00%"


def test_annotations_color_a_name_and_are_not_shown():
    picture = draw("main;read_[k] 1\n")
    assert picture.box("read").label == "read"
    assert "_[k]" not in render(profile("main;read_[k] 1\n"), "svg").decode()


@pytest.mark.parametrize(
    "options",
    [
        {"width": "wide"},
        {"width": 10},
        {"width": "-5"},
        {"minwidth": "much"},
        {"minwidth": "-1"},
        {"minwidth": "nan"},
        {"height": 0},
        {"fontsize": -1.0},
        {"fontwidth": float("nan")},
        {"factor": float("inf")},
        {"factor": 1e308},
        {"height": 1},
        {"height": 1e308},
        {"fontsize": 1e308},
        {"total": 0},
        {"total": -5},
        {"total": float("nan")},
        {"total": float("inf")},
        {"total": 1e30},
        {"total": 2**63},
        {"palette_map": "-"},
        {"fonttype": ""},
        {"fonttype": " "},
        {"colors": "mauve"},
        {"bgcolors": "mauve"},
        {"bgcolors": 'red"/>'},
        {"uicolor": "red; background: url(x)"},
        {"search_color": "url(https://example.com)"},
        {"stroke_color": '"'},
        {"search_color": ""},
        {"search_color": "#12345"},
        {"truncate": "middle"},
        {"order": "size"},
        {"kind": "pie"},
        {"hash": True, "random": True},
    ],
)
def test_options_that_cannot_be_honoured(options):
    with pytest.raises(fg.FlamegraphError) as caught:
        draw(CALLS, **options)
    assert caught.value.exit_code == 2
    assert "expected" in str(caught.value) and "\n" not in str(caught.value)


@cache
def words_of_tests() -> set[str]:
    here = Path(__file__).parent
    return set(re.findall(r"\w+", "".join(path.read_text(encoding="utf-8") for path in here.glob("test_svg*.py"))))


@pytest.mark.parametrize("option", [option.name for option in fields(Options)])
def test_every_option_is_tested_and_explained(option):
    assert option in words_of_tests()
    (metadata,) = (field.metadata for field in fields(Options) if field.name == option)
    assert len(metadata["help"]) > 3 and not metadata["help"].endswith(".")
