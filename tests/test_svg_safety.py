"""Text from outside stays text: in every option that takes words, and in what the script reads."""

import pytest
from parsed_svg import SVG, draw, profile

from flamegraph.render import render
from flamegraph.text import printable
from flamegraph.web_files import web_file

NASTY = [
    "</script><script>alert(1)</script>",
    "]]><x/>",
    "<!-- -->",
    "\"quoted\" 'too' & &amp;",
    "tab\there\x00and\x1bthere",
    "line\u2028separator\u2029.",
    "\udcff\udcfe not UTF-8",
    "\ufffe\uffff",
    "{{ 7 * 7 }}{% include 'x' %}",
    "x" * 10_000,
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_words_stay_text(text):
    options = dict.fromkeys(("title", "subtitle", "notes", "countname", "nametype", "fonttype"), text)
    picture = draw("main 1\n", **options)
    shown = printable(text)
    assert picture.text("title") == picture.text("subtitle") == picture.text("notes") == shown
    assert picture.boxes[1].element[0].text == f"main (1 {shown}, 100.00%)"
    assert picture.data()["nametype"] == shown
    assert len(list(picture.root.iter(f"{SVG}script"))) == 2
    assert picture.root.get("font-family") == f"{shown}, sans-serif"


@pytest.mark.parametrize("hidden", ["\u061c", "\U000e0000", "\U000e0001", "\U000e0041", "\U000e007f"])
def test_marks_that_cannot_be_seen_are_shown(hidden):
    shown = printable(f"a{hidden}b")
    assert hidden not in shown and shown[0] + shown[-1] == "ab" and len(shown) >= 3
    assert draw(f"a{hidden}b 1\n").boxes[1].name == shown


@pytest.mark.parametrize("text", [text for text in NASTY if "\n" not in text and ";" not in text], ids=lambda t: t[:8])
def test_names_stay_text(text):
    picture = draw(f"main;{text} 1\n")
    box = picture.boxes[2]
    assert box.name == picture.data()["names"][2]
    assert box.name.rstrip() == printable(text).rstrip()


def test_the_script_reads_data_that_is_safe_in_xml_and_html():
    content = render(profile("main;</script><a>&]]> 1\n"), "svg")
    data = content[content.index(b'<script type="application/json">') + 32 :]
    data = data[: data.index(b"</script>")]
    assert data.endswith(b"}") and not set(b"<>&") & set(data)


@pytest.mark.parametrize("name", ["svg.css", "svg_model.mjs", "svg.mjs"])
def test_files_go_in_as_they_are(name):
    text = web_file(name)
    assert "]]>" not in text and "http://" not in text.replace("http://www.w3.org/", "")
    assert text.encode() in render(profile("main 1\n"), "svg")


def test_nothing_is_loaded():
    content = render(profile("main;a 1\n"), "svg").decode()
    addresses = {part.split('"')[0].split("<")[0] for part in content.split("://")[1:]}
    assert addresses <= {"www.w3.org/2000/svg", "www.w3.org/1999/xlink", "www.w3.org/1999/xhtml"}
