"""The boxes we draw are those that flamegraph.pl and inferno-flamegraph draw, where these are installed.

One difference is wanted. The peers sort whole lines, so a frame with time of its own and callees is cut in pieces
when a sibling's name extends its name by a character below ";" (`foo`, `foo2`). We draw it once. `split` finds these
frames from the input alone, and the tests hold the peers to it: next to such frames only the sums must agree.
"""

from __future__ import annotations

import hashlib
import html
import re
import shutil
import subprocess
from bisect import bisect_right
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from golden import CORPUS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flamegraph.collapse import read
from flamegraph.color import change_colors, frame_colors
from flamegraph.layout import Layout, layout
from flamegraph.palettes import TONES
from flamegraph.render import render
from flamegraph.source import Source
from flamegraph.text import printable

WIDTH, PAD, ROW = 1200, 10, 16

Path_ = tuple[str, ...]
#: Boxes by the names from the root: left edge and width of each box that has this path, from left to right.
Boxes = dict[Path_, list[tuple[float, float]]]


def installed(*places: str) -> str | None:
    return next((found for place in places if (found := shutil.which(place))), None)


INFERNO = installed("inferno-flamegraph", str(Path.home() / ".cargo/bin/inferno-flamegraph"))
#: Debian ships an old flamegraph.pl inside libdevel-nytprof-perl.
PERL = installed("flamegraph.pl", "/usr/share/perl5/Devel/NYTProf/flamegraph.pl")

needs_inferno = pytest.mark.skipif(INFERNO is None, reason="inferno-flamegraph is not installed")
needs_perl = pytest.mark.skipif(PERL is None, reason="flamegraph.pl is not installed")


def folded_files() -> list[Path]:
    """Different folded files of the corpus with one pair of columns and whole counts: what all tools read alike."""
    index = CORPUS / "INDEX.tsv"
    if not index.exists():
        return []
    found: dict[str, Path] = {}
    for row in index.read_text(encoding="utf-8").splitlines()[1:]:
        path, format = row.split("\t")[:2]
        if not re.match(r"folded|collapsed|diff folded \(exp|bcc profile folded|py-spy raw", format):
            continue
        data = bytes(Source(CORPUS / path).data)
        lines = [line for line in data.split(b"\n") if line.strip()]
        columns = {len(re.search(rb"(?:[ \t]+[0-9.]+)*$", line)[0].split()) for line in lines}
        if columns in ({1}, {2}) and b"\r" not in data and not re.search(rb" \d*\.\d*$", data, re.MULTILINE):
            found.setdefault(hashlib.sha256(data).hexdigest(), CORPUS / path)
    return list(found.values())


FILES = folded_files()
on_files = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORPUS)))


def for_inferno(path: Path) -> bytes:
    """A file without what inferno alone reads otherwise: lines without frames, and blanks at the end of a name.

    It leaves those lines out, and takes blanks off the last name of a line, so that one frame gets two names.
    """
    content = re.sub(rb"^[ \t]*\d+$", b"", bytes(Source(path).data), flags=re.MULTILINE)
    return re.sub(rb"[ \t]+(?=;|[ \t]\d+(?:[ \t]\d+)?$)", b"", content, flags=re.MULTILINE)


def peer(program: str, content: bytes, *options: str) -> str:
    done = subprocess.run([program, *options], input=content, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


@cache
def shown(name: str) -> str:
    """A name as all tools show it: each takes some annotations off."""
    return re.sub(r"_\[[kwij]\]$", "", printable(name))


def drawn(svg: str) -> Boxes:
    """The boxes of a picture, ours or a peer's, in pixels."""
    total = re.search(r'total_samples="(\d+)"', svg)
    rows: dict[float, list[tuple[float, float, str]]] = defaultdict(list)
    for title, attributes in re.findall(r"<title>([^<]*)</title>\s*<rect ([^>]*)>", svg):
        values = dict(re.findall(r'([\w:-]+)="([^"]*)"', attributes))
        if total:  # inferno tells the samples
            scale = (WIDTH - 2 * PAD) / int(total[1])
            x, width = PAD + int(values["fg:x"]) * scale, int(values["fg:w"]) * scale
        else:
            x, width = float(values["x"]), float(values["width"])
        name = re.sub(r" \([^()]*\)$", "", html.unescape(title))
        rows[float(values["y"])].append((x, width, shown(name)))
    boxes: Boxes = defaultdict(list)
    below: list[tuple[float, float, Path_]] = [(PAD, WIDTH - 2 * PAD, ())]
    for y in sorted(rows, reverse=True)[1:]:  # the root is the lowest
        row = []
        edges = [x for x, _, _ in below]
        for x, width, name in sorted(rows[y]):
            parent = below[bisect_right(edges, x + width / 2) - 1]
            row.append((x, width, (*parent[2], name)))
            boxes[row[-1][2]].append((x, width))
        below = row
    return dict(boxes)


def paths(boxes: Layout) -> list[Path_]:
    """Each box's names from the root."""
    found: list[Path_] = [()]
    for frame, parent in zip(boxes.frame[1:].tolist(), boxes.parent[1:].tolist(), strict=True):
        found.append((*found[parent], boxes.labels[frame]))
    return found


def laid_out(boxes: Layout, unit: float) -> Boxes:
    """The boxes of a layout, in pixels."""
    out: Boxes = defaultdict(list)
    for path, x, width in zip(paths(boxes)[1:], boxes.start[1:].tolist(), boxes.width[1:].tolist(), strict=True):
        out[tuple(map(shown, path))].append((PAD + x * unit, width * unit))
    return dict(out)


def split(boxes: Layout, metric: int) -> set[Path_]:
    """The paths of the frames that a tool which sorts lines cuts in pieces."""
    found = paths(boxes)
    siblings: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for i, parent in enumerate(boxes.parent[1:].tolist(), start=1):
        siblings[parent].append((found[i][-1], i))
    cut = set()
    for family in siblings.values():
        family.sort()
        for at, (name, i) in enumerate(family):
            if i not in siblings or not boxes.own[i, metric]:
                continue
            for other, _ in family[at + 1 :]:
                if not other.startswith(name):
                    break
                if other[len(name)] < ";":
                    cut.add(found[i])
    return cut


def agree(ours: Boxes, theirs: Boxes, cut: set[Path_], exact: bool) -> None:
    """Every box is the same, but beside frames that are cut in pieces, where widths add up to the same."""
    beside = {tuple(map(shown, path[:-1])) for path in cut}

    def calm(path: Path_) -> bool:
        return not beside or not any(path[:n] in beside for n in range(len(path)))

    same, other = ({path: sorted(b) for path, b in boxes.items() if calm(path)} for boxes in (ours, theirs))
    assert same.keys() == other.keys()
    # Pictures are rounded to a tenth of a pixel each; the hair is for decimal fractions.
    tolerance = 1e-6 if exact else 0.1 + 1e-6
    for path, boxes in same.items():
        assert len(boxes) == len(other[path]), path
        for (x, width), (their_x, their_width) in zip(boxes, other[path], strict=True):
            assert abs(x - their_x) <= tolerance and abs(width - their_width) <= tolerance, (path, boxes, other[path])
    if exact:
        sums = [{p: sum(w for _, w in b) for p, b in boxes.items() if not calm(p)} for boxes in (ours, theirs)]
        assert sums[0].keys() == sums[1].keys()
        for path, width in sums[0].items():
            assert width == pytest.approx(sums[1][path], abs=1e-6)


def check_against_inferno(content: bytes) -> set[Path_]:
    """The layout without pruning, to the last sample. Returns the frames that inferno cut."""
    profile = read(content, format="folded")
    metric = len(profile.metrics) - 1
    boxes = layout(profile, metric)
    theirs = {
        path: [box for box in found if box[1]] for path, found in drawn(peer(INFERNO, content, "--minwidth=0")).items()
    }
    cut = split(boxes, metric)
    unit = (WIDTH - 2 * PAD) / profile.total(metric)
    agree(laid_out(boxes, unit), {path: found for path, found in theirs.items() if found}, cut, exact=True)
    for path in cut:
        assert len(theirs[tuple(map(shown, path))]) > 1, f"{path} was expected in pieces"
    return cut


@needs_inferno
@on_files
def test_the_layout_is_infernos_on_real_files(path: Path):
    check_against_inferno(for_inferno(path))


NAMES = st.sampled_from(["a", "b", "a2", "a.cold", "a-b", "a:b", "aa", "b$1", "Z", "ö", "a_[k]", "-", "a<b>&"])
LINES = st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=4), st.integers(1, 50)), min_size=1, max_size=12)


@needs_inferno
@given(LINES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_layout_is_infernos_on_any_folded_text(lines):
    stacks = {";".join(stack): count for stack, count in lines}  # twice the same stack is a matter of its own
    check_against_inferno("".join(f"{stack} {count}\n" for stack, count in stacks.items()).encode())


@needs_inferno
def test_a_frame_that_inferno_cuts_is_drawn_once():
    content = b"m;foo 100\nm;foo2;x 100\nm;foo;y 100\n"
    assert check_against_inferno(content) == {("m", "foo")}
    ours = drawn(render(read(content, format="folded"), "svg").decode())
    assert [width for _, width in ours["m", "foo"]] == [pytest.approx(1180 * 2 / 3, abs=0.1)]


def compare_pictures(content: bytes, theirs: str) -> None:
    profile = read(content, format="folded")
    metric = len(profile.metrics) - 1
    ours = drawn(render(profile, "svg").decode())
    agree(ours, drawn(theirs), split(layout(profile, metric), metric), exact=False)


@needs_perl
@on_files
def test_the_picture_is_flamegraph_pls_on_real_files(path: Path):
    content = bytes(Source(path).data)
    if "tr/<>/()/" in Path(PERL).read_text(encoding="utf-8", errors="replace"):
        content = content.translate(bytes.maketrans(b"<>", b"()"))  # versions of before 2018 could not write these
    no_comments = b"\n".join(line for line in content.split(b"\n") if not line.startswith(b"#"))
    compare_pictures(content, peer(PERL, no_comments))


@needs_inferno
@on_files
def test_the_picture_is_infernos_on_real_files(path: Path):
    content = for_inferno(path)
    percent = 100 * 0.1 / (WIDTH - 2 * PAD)  # inferno knows no pixels
    compare_pictures(content, peer(INFERNO, content, f"--minwidth={percent!r}"))


#: Palettes for which inferno has flamegraph.pl's rules, or whose rules are inferno's own.
SHARED = ["hot", "mem", "io", "red", "green", "blue", "aqua", "yellow", "purple", "orange", "wakeup", "python", "rust"]
LABELS = [  # in ASCII: inferno hashes bytes where flamegraph.pl hashes characters
    "main", "x", "ab", "libc`read", "`tick", "std::io::read", "app::run", "app`core::fmt", "<alloc::vec",
    "<core::future::from_generator::GenFuture<T>>", "f (/usr/lib/python3.11/json.py)", "<built-in len>",
    "f (/srv/site-packages/x.py)", r"f (C:\Python312\x.py)", "f (/srv/mypython/x.py)", "read_[k]", "-", "--",
]  # fmt: skip


def painted(svg: str) -> dict[str, tuple[int, ...]]:
    """The colour of each name in a picture, without the root's."""
    found = re.findall(r"<title>([^<]*) \([^<(]*</title>\s*<rect [^>]*fill=\"rgb\((\d+),(\d+),(\d+)\)", svg)
    return {shown(html.unescape(name)): tuple(map(int, rgb)) for name, *rgb in found if name != "all"}


def colored(labels: list[str], palette: str, mode: str) -> dict[str, tuple[int, ...]]:
    return dict(zip(map(shown, labels), frame_colors(labels, None, palette, mode), strict=True))


@needs_inferno
@pytest.mark.parametrize("palette", SHARED)
def test_the_colours_are_infernos(palette):
    content = "".join(f"{label} 1\n" for label in LABELS).encode()
    theirs = painted(peer(INFERNO, content, "--hash", f"--colors={palette}"))
    ours = colored(LABELS, palette, "hash")
    assert theirs.keys() == ours.keys()
    for name, color in ours.items():  # inferno reckons in single precision
        assert max(abs(a - b) for a, b in zip(color, theirs[name], strict=True)) <= 1, name


@needs_perl
@pytest.mark.parametrize("palette", [tone for tone in TONES if tone != "pink"])  # which iaprof's has
def test_the_colours_are_flamegraph_pls(palette):
    labels = [label for label in LABELS if not re.search(r"[<>]|^--?$|\]$", label)]  # versions differ on these
    content = "".join(f"{label} 1\n" for label in labels).encode()
    theirs = painted(peer(PERL, content, f"--colors={palette}", "--hash"))
    assert theirs == colored(labels, palette, "hash")


@pytest.mark.skipif(not shutil.which("perl"), reason="perl is not installed")
def test_the_numbers_of_names_are_perls():
    # What flamegraph.pl does since names have colours of their own: seed with the sum of the characters, draw one.
    program = 'use open qw(:std :utf8); while (<>) { chomp; srand(unpack("%32W*", $_)); print rand(1), "\\n" }'
    labels = [*LABELS, "größe", "", "\U0010ffff" * 5000]
    labels.remove("-")
    labels.remove("--")
    done = subprocess.run(
        ["perl", "-e", program], input="\n".join(labels) + "\n", capture_output=True, encoding="utf-8"
    )
    numbers = list(map(float, done.stdout.split()))
    assert [color[1] for color in frame_colors(labels, None, "hot")] == [int(230 * number) for number in numbers]


@needs_perl
@pytest.mark.parametrize("negate", [False, True])
def test_the_colours_of_changes_are_flamegraph_pls(negate):
    before, after = [10, 300, 17, 50, 60, 7], [10, 120, 18, 49, 247, 70]
    content = "".join(f"f{i} {b} {a}\n" for i, (b, a) in enumerate(zip(before, after, strict=True))).encode()
    delta = np.subtract(after, before)
    ours = change_colors(delta, int(np.abs(delta).max()), negate)
    theirs = painted(peer(PERL, content, *["--negate"] * negate))
    assert theirs == {f"f{i}": color for i, color in enumerate(ours)}
