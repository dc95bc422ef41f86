"""Attributes from a file (`--nameattr`), and what is refused there."""

import re

import pytest
from parsed_svg import SVG, XLINK, draw

import flamegraph as fg
from flamegraph.web_files import web_file

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


@pytest.mark.parametrize(
    "raw",
    [
        'style="opacity:.5; fill: rgb(1 2 3 / calc(10% * 2)); stroke: hsla(1,2%,3%,1)"',
        "data-note=\"see 'url(x)' at //host @ 3 \\\"",
        "aria-label=\"eval ('x')\"",
        'fill="RGB(1,2,3)"',
    ],
)
def test_raw_attributes_that_are_taken(tmp_path, raw):
    (main,) = elements(drawn(tmp_path, f"main\tg_extra={raw}\n"), "main")
    name, _, value = raw.partition("=")
    assert main.attrib == {name: value[1:-1]}


@pytest.mark.parametrize(
    "value",
    [
        "url(#x)",
        "URL(x)",
        "mask-image: image-set('http://x' 1x)",
        "mask-image:-webkit-image-set(x 1x)",
        "mask-image: cross-fade(red, x)",
        "mask-image: src(x)",
        "mask-image: src (x)",
        "mask-image: src/**/(x)",
        "--x: 1; fill: var(--x)",
        "fill: érgb(1)",
        "fill: 'x'",
        "fill: &quot;x",
        "//x",
        "@x",
        "r\\67b(1)",
        "fill: rgb(url(x))",
    ],
)
@pytest.mark.parametrize("name", ["style", "mask", "attributionsrc"])
def test_raw_attributes_load_nothing(tmp_path, name, value):
    with pytest.raises(fg.FlamegraphError, match=r"names.attr:1: expected attributes that"):
        drawn(tmp_path, f'main\tg_extra={name}="{value}"\n')


def test_ids_and_classes_of_the_page_are_refused(tmp_path):
    picture = draw("main 1 2\n", title="x", subtitle="x", notes="x")
    ids = [element.get("id") for element in picture.root.iter() if element.get("id")]
    assert {"frames", "title", "details", "notes", "legend"} <= set(ids)
    for own in ids:
        with pytest.raises(fg.FlamegraphError, match=r"names.attr:1: expected an id that"):
            drawn(tmp_path, f"main\tid={own}\n")
    classes = set(re.findall(r"\.([a-z]+)\b", web_file("svg.css")))
    assert {"flamegraph", "hide", "match", "field"} <= classes
    for own in classes:
        with pytest.raises(fg.FlamegraphError, match=r"names.attr:1: expected a class that"):
            drawn(tmp_path, f"main\tclass=mine {own}\n")


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
