"""The picture depends on the content alone, and its numbers are exact however large it is."""

import random
import re
from itertools import pairwise

import pytest
from parsed_svg import draw, profile

from flamegraph.render import render

ONE = "main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 7\nmain;exit 5\nstart;main 7\n"
TWO = "main;parse;token 3 4\nmain;parse 1 0\nmain;eval;parse 4 9\nidle 0 2\nmain;exit 5 5\nstart;main 7 1\n"


def gradient(content: bytes) -> str:
    (name,) = re.findall(r'<linearGradient id="([^"]+)"', content.decode())
    assert content.decode().count(f'fill="url(#{name})"') == 1
    return name


def test_same_input_same_bytes():
    assert render(profile(ONE), "svg") == render(profile(ONE), "svg")


@pytest.mark.parametrize("folded", [ONE, TWO], ids=["one column", "two columns"])
@pytest.mark.parametrize("options", [{"kind": "flame"}, {"kind": "icicle"}, {"order": "weight"}], ids=str)
def test_the_order_of_the_input_does_not_matter(folded, options):
    lines = folded.splitlines(keepends=True)
    expected = render(profile(folded), "svg", **options)
    for seed in range(8):
        random.Random(seed).shuffle(lines)
        assert render(profile("".join(lines)), "svg", **options) == expected


def test_pictures_in_one_page_have_backgrounds_of_their_own():
    one = gradient(render(profile(ONE), "svg"))
    assert one == gradient(render(profile(ONE), "svg"))
    others = [{"title": "x"}, {"bgcolors": "blue"}, {"kind": "icicle"}, {"uicolor": "navy"}]
    assert (
        len({one, gradient(render(profile(TWO), "svg")), *(gradient(render(profile(ONE), "svg", **o)) for o in others)})
        == 6
    )


@pytest.mark.parametrize("kind", ["flame", "icicle"])
def test_rows_of_very_tall_pictures_do_not_collide(kind):
    picture = draw(";".join(["a", "b"] * 3_500) + " 1\n", kind=kind, subtitle="x", height=163)
    rows = [box.y for box in picture.boxes]
    steps = {abs(one - other) for one, other in pairwise(rows)}
    assert steps == {163}
    assert picture.height == 7_001 * 163 + 94
    assert picture.by_id("details").get("y") == str(7_001 * 163 + 94 - 17)


def test_small_numbers_stay_short():
    picture = draw("a 1\n", height=16.3, fontsize=12.5, width=501)
    assert picture.root.get("viewBox") == "0 0 501 105.1"
    assert picture.by_id("title").get("x") == "250.5"
    assert picture.boxes[0].element[1].get("height") == "15.3"
