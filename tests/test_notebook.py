"""What a profile and a comparison say of themselves, in words and in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import flamegraph as fg
from flamegraph.render import render

BEFORE, AFTER = b"main;parse;token 60\nmain;eval 40\n", b"main;parse;token 90\nmain;eval 40\n"


class _Frames(HTMLParser):
    """The attributes of each iframe, and the text around them."""

    def __init__(self, html: str):
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "iframe":
            self.found.append(dict(attributes))

    def handle_data(self, data):
        self.text += data


def test_words():
    profile = fg.read(BEFORE)
    assert repr(profile) == "<Profile: samples 100 samples; 4 stacks of 4 frames>"
    comparison = fg.diff(profile, fg.read(AFTER))
    assert repr(comparison).startswith("<Comparison: before ")
    assert "after 130 samples" in repr(comparison)


@pytest.mark.parametrize("compared", [False, True])
def test_a_frame_holds_the_page(compared):
    profile = fg.read(BEFORE)
    what = fg.diff(profile, fg.read(AFTER)) if compared else profile
    html = what._repr_html_()
    shown = _Frames(html)
    [frame] = shown.found
    assert frame["srcdoc"].encode() == render(what, "html")
    assert "allow-same-origin" not in frame["sandbox"]
    assert shown.text.split()[0].startswith(type(what).__name__)
    assert len(html) < 1_000_000


def test_names_stay_text():
    title = "</iframe><script>alert(1)</script>\"'"
    profile = fg.read(b'main;a"b</iframe><img src=x onerror=alert(1)> 3\n')
    from dataclasses import replace

    html = replace(profile, meta=replace(profile.meta, title=title))._repr_html_()
    assert "<img" not in html and "<script" not in html
    assert len(_Frames(html).found) == 1


def test_large_profiles_are_made_smaller_and_say_so():
    lines = b"".join(b"main;f%d;g%d 1\n" % (i % 300, i) for i in range(60_000)) + b"main;hot 40000\n"
    html = fg.read(lines)._repr_html_()
    assert len(html) < 1_000_000
    assert "taken together" in _Frames(html).text


def test_what_counted_nothing_is_told_in_words():
    profile = fg.read(b"main;a 1\n")
    empty = fg.transform.focus(profile, "nothing like this")
    assert "<iframe" not in empty._repr_html_()
    assert repr(empty).startswith("<Profile: samples 0 samples")


def test_frames_are_as_tall_as_the_picture():
    def tall(source: bytes) -> int:
        [frame] = _Frames(fg.read(source)._repr_html_()).found
        return int(frame["style"].split("height:")[1].split("px")[0])

    assert tall(b"a;b 1\n") < tall(b";".join([b"f"] * 20) + b" 1\n") < tall(b";".join([b"f"] * 500) + b" 1\n") < 700
