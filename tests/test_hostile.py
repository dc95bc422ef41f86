"""Names and inputs that mean harm: every output stays what it is, and every bad input ends in one line."""

from __future__ import annotations

import gzip
import html.parser
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import flamegraph as fg
from flamegraph.profile import Meta
from flamegraph.render import render, renderers
from flamegraph.text import decode, printable

NAMES = [
    "</script><script>alert(1)</script>",
    "</svg></style></title><img src=x onerror=alert(1)>",
    "<![CDATA[ ]]> <!-- --> <?pi?>",
    "\"double\" 'single' `back` \\ %s {{ 7*7 }} {% raw %} ${x}",
    "&amp; & &#0; &nbsp; &lt;",
    "null\0 bell\a escape\x1b[31m delete\x7f c1\x9b",
    "line\nfeed\r\ncarriage\rreturn\ttab\vvertical\fform",
    "next line\x85 line\u2028separator paragraph\u2029separator",
    "right\u202eto left\u2066 isolate\ufeff mark",
    "semi;colon",
    "trailing number 42",
    "x" * 10_000,
    decode(b"not \xff\xfe utf-8 \xed\xa0\x80"),
    "\ud800\udc00 lone surrogates \udfff",
    "noncharacters \uffff \ufffe \U0010ffff \ufdd0",
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
    "constructor",
    "__proto__",
    "größe 漢字 🔥 e\u0301",
    "",
    " ",
    "_[k]",
]


def profile_of(names: list[str], title: str) -> fg.Profile:
    build = fg.Builder()
    build.metric("samples", "samples")
    root = build.push(0, build.frame("root"))
    for i, name in enumerate(names):
        build.sample(build.push(root, build.frame(name, module=name, file=name)), i + 1)
        build.sample(build.stack([build.frame(name)] * 3), 1)
    return build.finish(Meta(title=title, command=title, host=title))


@pytest.fixture(scope="module")
def hostile() -> fg.Profile:
    return profile_of(NAMES, " ".join(NAMES[:6]))


HARMLESS = profile_of([f"function_{i}" for i in range(len(NAMES))], "title")


def text_of(content: bytes) -> str:
    """An output as a reader sees it. Only folded text keeps bytes that are not UTF-8."""
    return content.decode("utf-8")


@pytest.mark.parametrize("name", renderers())
def test_every_output_takes_every_name(name: str, hostile: fg.Profile):
    content = render(hostile, name)
    suffix = renderers()[name].suffixes[0]
    check = CHECKS.get(suffix)
    assert check, f"{suffix} needs a check here"
    check(content, hostile)
    assert render(hostile, name) == content, "same input, same bytes"


def check_folded(content: bytes, profile: fg.Profile) -> None:
    lines = content.split(b"\n")
    assert lines.pop() == b""
    labels = dict.fromkeys(profile.labels())
    assert len(lines) <= 2 * len(labels) and all(re.search(rb" \d+$", line) for line in lines)
    assert sum(int(line.rsplit(b" ", 1)[1]) for line in lines) == profile.total()
    assert not re.search(rb"[\0-\x09\x0b-\x1f\x7f]", content)
    assert b"not \xff\xfe utf-8 \xed\xa0\x80" in content, "bytes go out as they came in"
    again = fg.read(content, format="folded", columns="1")
    assert again.total() == profile.total() and not again.skipped


def check_xml(content: bytes, profile: fg.Profile) -> None:
    """The picture of hostile names is made of the same elements, attributes and code as any other."""
    hostile, harmless = ElementTree.fromstring(content), ElementTree.fromstring(render(HARMLESS, "svg"))
    assert skeleton(hostile) <= skeleton(harmless)
    assert code(hostile) == code(harmless) != []
    for script in hostile.iter(SCRIPT):
        if script.get("type") == "application/json":
            json.loads(script.text)
    assert b"</script><script>alert" not in content
    check_text(content, profile)
    assert "漢字" in text_of(content)


SCRIPT = "{http://www.w3.org/2000/svg}script"


def skeleton(root: ElementTree.Element) -> set[tuple[str, str]]:
    return {(str(element.tag), key) for element in root.iter() for key in ("", *element.attrib)}


def code(root: ElementTree.Element) -> list[str]:
    return [script.text for script in root.iter(SCRIPT) if script.get("type") != "application/json"]


def check_text(content: bytes, profile: fg.Profile) -> None:
    text = text_of(content).replace("\n", "").replace("\t", "")
    assert printable(text) == text, "nothing invisible"


def check_json(content: bytes, profile: fg.Profile) -> None:
    json.loads(content)
    assert b"</script" not in content


class Page(html.parser.HTMLParser):
    """Counts what a browser would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.images = self.handlers = 0
        self.running = ""
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script"
        self.images += tag == "img"
        self.handlers += any(key.startswith("on") for key, _ in attrs)

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.running += data


def check_html(content: bytes, profile: fg.Profile) -> None:
    page = Page()
    page.feed(text_of(content))
    assert not page.images and not page.handlers and "alert(1)" not in page.running
    check_text(content, profile)


CHECKS = {
    ".folded": check_folded,
    ".svg": check_xml,
    ".html": check_html,
    ".txt": check_text,
    ".json": check_json,
    ".speedscope.json": check_json,
}


# Damaged input through the command, as a person meets it.

INPUTS = {
    "empty": (b"", "found an empty file"),
    "blank": (b"\n \n", "found an empty file"),
    "binary": (bytes(range(256)) * 40, "binary data"),
    "elf": (b"\x7fELF\2\1\1" + b"\0" * 5000, "binary data"),
    "prose": (b"Dear diary,\nnothing happened today.\n", "text that begins with"),
    "empty gzip": (gzip.compress(b""), "found an empty file"),
    "gzip head only": (b"\x1f\x8b\x08", "expected compressed data"),
    "gzip of binary": (gzip.compress(b"\0\1\2" * 999), "binary data"),
    "bad gzip": (b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\xff" * 99, "expected compressed data"),
    "bad zstd": (b"\x28\xb5\x2f\xfd" + b"\xff" * 99, "zstd"),
    "no counts": (b"main;work x\nmain;play y\n", "text that begins with"),
    "only zeros": (b"main;work 0\nmain 0\n", "found only zeros"),
    "huge count": (b"main;work 99999999999999999999999\n", "expected"),
}


def command(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(fg.__file__).parent.parent)}
    return subprocess.run(
        [sys.executable, "-m", "flamegraph", *arguments], input=stdin, capture_output=True, env=environment, timeout=60
    )


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """What the command said as it failed, after checking how it failed."""
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert said.count("\n") == 1 and "Traceback" not in said, said
    assert done.stdout == b""
    return said


@pytest.mark.parametrize("name", INPUTS)
def test_bad_input_is_one_line_and_leaves_the_old_file(name: str, tmp_path: Path):
    content, says = INPUTS[name]
    path, out = tmp_path / "input", tmp_path / "out.svg"
    path.write_bytes(content)
    out.write_text("the old picture")
    said = one_line(command("render", str(path), "-o", str(out)))
    assert says in said and "input: " in said, said
    assert out.read_text() == "the old picture"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["input", "out.svg"]


def test_no_such_file(tmp_path: Path):
    assert "No such file" in one_line(command("collapse", str(tmp_path / "nothing")))


def test_no_such_folder_to_write_to(tmp_path: Path):
    path = tmp_path / "a.folded"
    path.write_text("main 1\n")
    assert "can't be written" in one_line(command("collapse", str(path), "-o", str(tmp_path / "no" / "out.folded")))


def test_a_truncated_gzip_gives_what_was_read(tmp_path: Path):
    text = b"".join(b"main;f%d;g%d %d\n" % (i % 97, i * i % 89, i) for i in range(1, 5000))
    path = tmp_path / "cut.folded.gz"
    path.write_bytes(gzip.compress(text)[:-2000])
    done = command("collapse", str(path))
    assert done.returncode == 0 and done.stdout.count(b"\n") > 100
    assert b"ends early" in done.stderr and b"Traceback" not in done.stderr
    profile = fg.read(path)
    assert profile.skipped["a gzip stream that ends early"] == 1


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
import flamegraph as fg
try:
    profile = fg.read(sys.argv[1])
    print("read", len(profile.samples), sum(profile.skipped.values()))
except fg.FlamegraphError as error:
    print(type(error).__name__, len(str(error)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
@pytest.mark.parametrize(
    "begins", [b"main;work 3\n", b"main 1 [000] 1.000001: 9 cycles: \n\t55d main+0x1 (/bin/m)\n\n"]
)
def test_an_enormous_line(begins: bytes, tmp_path: Path):
    """100 MB without a line end, behind something that is a profile: read, or refused in a short line."""
    path = tmp_path / "line"
    path.write_bytes(begins * 2000 + b"x" * 100_000_000)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(fg.__file__).parent.parent,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    word, *numbers = done.stdout.split()
    assert word == "read" or int(numbers[0]) < 1000
