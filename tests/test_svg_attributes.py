"""Attributes from a file (`--nameattr`), and what is refused there."""

import pytest
from parsed_svg import SVG, XLINK, draw

import flamegraph as fg

CALLS = "main;parse 1\nmain;eval;parse 2\n"


def drawn(tmp_path, text: str, calls: str = CALLS):
    path = tmp_path / "names.attr"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return draw(calls, nameattr=str(path))


def elements(picture, title: str):
    return [box.element for box in picture.boxes if box.element.find(f"{SVG}title").text.startswith(title)]


def test_a_link(tmp_path):
    picture = drawn(tmp_path, "parse\thref=https://example.com/?a=1&b=2\ttitle=the parser\tclass=mine\n")
    one, two = elements(picture, "the parser")
    assert one.tag == two.tag == f"{SVG}a"
    assert one.attrib == {f"{XLINK}href": "https://example.com/?a=1&b=2", "target": "_top", "class": "mine"}
    assert one.find(f"{SVG}title").text == "the parser"
    (main,) = elements(picture, "main")
    assert main.tag == f"{SVG}g" and main.attrib == {}


def test_an_id_is_given_once(tmp_path):
    one, two = elements(drawn(tmp_path, "parse\tid=p\ttarget=_blank\n"), "parse")
    assert (one.attrib, two.attrib) == ({"id": "p"}, {})


def test_quotes_and_raw_attributes(tmp_path):
    lines = [
        'main\tclass="x"\tg_extra=data-owner=\'core &amp; co\' opacity=".5"',
        "\r",
        "eval\thref='#x'\ta_extra=rel=\"nofollow\"",
    ]
    picture = drawn(tmp_path, "\n".join(lines))
    (main,), (link,) = elements(picture, "main"), elements(picture, "eval")
    assert main.attrib == {"class": "x", "data-owner": "core & co", "opacity": ".5"}
    assert link.attrib == {f"{XLINK}href": "#x", "target": "_top", "rel": "nofollow"}


def test_names_may_be_written_with_their_annotation(tmp_path):
    assert elements(drawn(tmp_path, "read_[k]\ttitle=kernel\n", "read_[k] 1\n"), "kernel")
    assert elements(drawn(tmp_path, "read\ttitle=kernel\n", "read_[k] 1\n"), "kernel")


@pytest.mark.parametrize(
    "href", ["https://x", "HTTP://x", "mailto:a@b", "page.html", "/page", "#frag", "?q=a:b", "a/b:c"]
)
def test_links_that_are_taken(tmp_path, href):
    (link, _) = elements(drawn(tmp_path, f"parse\thref={href}\n"), "parse")
    assert link.get(f"{XLINK}href") == href


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\x01script:alert(1)",
        "java script:alert(1)",
        "\x08javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
    ],
)
def test_links_that_are_refused(tmp_path, href):
    with pytest.raises(fg.FlamegraphError, match=r"names.attr:1: expected href to http"):
        drawn(tmp_path, f"parse\thref={href}\n")


@pytest.mark.parametrize(
    "line",
    [
        "no tab",
        "name\tcolour=red",
        "name\tjust text",
        'name\tg_extra=onclick="alert(1)"',
        'name\tg_extra=ONLOAD="alert(1)"',
        'name\tg_extra=x="1"><script>alert(1)</script>',
        'name\tg_extra=style="background: url(https://example.com)"',
        'name\tg_extra=style="background: u\\72l(https://example.com)"',
        'name\tg_extra=xlink:href="javascript:alert(1)"',
        'name\thref=#\ta_extra=href="javascript:alert(1)"',
        'name\tg_extra=a="1" a="2"',
        'name\tg_extra=id="frames"',
        "name\tg_extra=a=1",
    ],
)
def test_what_is_refused(tmp_path, line):
    with pytest.raises(fg.FlamegraphError, match=r"names.attr:2: expected ") as caught:
        drawn(tmp_path, f"fine\ttitle=x\n{line}\n")
    assert "\n" not in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(fg.FlamegraphError, match="can't be read"):
        draw(CALLS, nameattr=str(tmp_path / "nothing"))


def test_hostile_values_stay_text(tmp_path):
    nasty = "</title><script>alert(1)</script>]]>&\"'\x01\u2028\udcff"
    picture = drawn(tmp_path, f"main\ttitle={nasty}\tclass={nasty}\ttarget={nasty}\n")
    (main,) = elements(picture, "</title><script>")
    assert main.find(f"{SVG}title").text == "</title><script>alert(1)</script>]]>&\"'␁\\u2028\ufffd"
    assert main.get("class") == "</title><script>alert(1)</script>]]>&\"'␁\\u2028\ufffd"
    assert len(list(picture.root.iter(f"{SVG}script"))) == 2
