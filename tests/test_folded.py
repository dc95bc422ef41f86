"""The folded reader against a slow one that goes line by line, and what it does with bad lines."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest
from drawn import by_stack, drawn, folded, lines
from golden import CORPUS
from hypothesis import given
from hypothesis import strategies as st

from flamegraph import chunks
from flamegraph.collapse import Match, detect, read
from flamegraph.collapse.folded import sniff
from flamegraph.collapse.folded import stacks as stacks_module
from flamegraph.collapse.folded.names import MARGIN, distinct_pieces
from flamegraph.errors import EmptyProfile, ParseError, UsageError
from flamegraph.profile import Kind
from flamegraph.render import render
from flamegraph.source import Source
from flamegraph.sums import LARGEST
from flamegraph.text import decode

COUNT = re.compile(r"(.*)[ \t](\d+(?:\.\d*)?)[ \t\r]*", re.DOTALL | re.ASCII)


def naive(content: bytes) -> tuple[dict[tuple[str, ...], list], int]:
    """Stack → sums, and how many lines were left out. One regular expression, as the tools it comes from have it."""
    counted, dropped = [], 0
    for line in decode(content).split("\n"):
        match = COUNT.fullmatch(line)
        if match and not line.startswith(("# ", "#\t")):
            whole = match[2].partition(".")[0].lstrip("0")
            if len(whole) > 19 or int(whole or 0) > LARGEST:  # fits no column of numbers
                dropped += 1
                continue
            counted.append((match[1], [match[2]]))
        elif line.strip(" \t\r") and not line.startswith("#"):
            dropped += 1
    again = [COUNT.fullmatch(stack) for stack, _ in counted]
    if all(again):
        counted = [(m[1], [m[2], *values]) for m, (_, values) in zip(again, counted, strict=True)]
    number = float if any("." in value for _, values in counted for value in values) else int
    sums: dict[tuple[str, ...], list] = {}
    for stack, values in counted:
        row = sums.setdefault(tuple(stack.split(";")) if stack else (), [0] * len(values))
        for k, value in enumerate(values):
            row[k] += number(value)
    return sums, dropped


def agrees(content: bytes) -> None:
    wanted, dropped = naive(content)
    if not any(value for row in wanted.values() for value in row):
        with pytest.raises(EmptyProfile):
            read(content, format="folded")
        return
    if any(sum(column) > LARGEST for column in zip(*wanted.values(), strict=True)):
        with pytest.raises(ParseError):
            read(content, format="folded")
        return
    profile = read(content, format="folded")
    assert by_stack(profile) == wanted
    assert sum(profile.skipped.values()) == dropped
    timeline = read(content, format="folded", timeline=True)
    assert by_stack(timeline) == wanted and timeline.frames.name == profile.frames.name


@given(lines, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_clean_lines(lines, end, closed):
    content = folded(lines).replace(b"\n", end.encode())
    agrees(content if closed else content.removesuffix(end.encode()))


PIECES = [
    "a",
    "main",
    ";",
    ";;",
    " ",
    "  ",
    "\t",
    "\r",
    "#",
    "# ",
    "1",
    "0",
    "42",
    "007",
    "3.5",
    "1.",
    ".5",
    "-3",
    "\n",
]
PIECES += ["\n", " 1\n", " 2 3\n", " 2\r\n", "é", "\x80", "x y", "_[k]", "0" * 17, "a" * 40, "a" * 40 + "b", "\x00"]


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.sampled_from([3, 20, 1 << 20]))
def test_lines_of_any_kind_in_chunks_of_any_size(pieces, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", size)
        patch.setattr(stacks_module, "CHUNK", size)
        agrees("".join(pieces).encode("utf-8", "surrogateescape"))


@given(st.lists(st.binary(max_size=70).map(lambda b: b.replace(b"\n", b"")), max_size=40))
def test_pieces_of_text_are_told_apart(pieces):
    """Whatever their length, and whether they differ in the first byte or in the last."""
    pieces = [variant for piece in pieces for variant in (piece, piece * 9, piece * 9 + b"!", b"?" + piece * 9, piece)]
    length = np.array([len(piece) for piece in pieces], np.int64)
    text = np.frombuffer(b"".join(pieces) + bytes(MARGIN), np.uint8)
    number, first = distinct_pieces(text, np.cumsum(length) - length, length)
    order = list(dict.fromkeys(pieces))
    assert number.tolist() == [order.index(piece) for piece in pieces]
    assert first.tolist() == [pieces.index(piece) for piece in order]


def test_names_that_collide_are_still_told_apart(monkeypatch):
    """A hash with a known multiplier can be beaten; the answer must not depend on it."""
    monkeypatch.setattr("os.urandom", lambda n: bytes(n))
    content = b"".join(b"%016d%016d;%s 1\n" % (i % 7, i % 5, b"x" * (i % 3)) for i in range(200))
    agrees(content)


def test_numbering_does_not_depend_on_chance():
    content = b"".join(b"main;f%d;g%d %d\n" % (i % 90, i % 70, i) for i in range(1, 2000))
    one, two = (read(content, format="folded") for _ in range(2))
    assert one.frames.name == two.frames.name and one.frames.name[:3] == ["main", "f1", "g1"]
    assert one.stacks.frame.tolist() == two.stacks.frame.tolist()


def test_counts_stay_exact():
    values = [2**53 + 1, 2**62, 1, 10**17 - 1, 10**18 - 1]
    profile = read(b"".join(b"f%d %d\n" % (i, value) for i, value in enumerate(values)), format="folded")
    assert profile.samples.values[:, 0].tolist() == values and profile.samples.values.dtype == np.int64
    assert profile.total() == sum(values)


def test_fractions_are_kept():
    profile = drawn("a;b 1.5\na;b 0.25\nc 2.\nd 3")
    assert by_stack(profile) == {("a", "b"): [1.75], ("c",): [2], ("d",): [3]}
    assert profile.samples.values.dtype == np.float64


def test_what_is_left_out_is_counted_by_reason():
    content = b"# mode: wall 3\n#\n\na;b 1\nno count here\na -3\nb 99999999999999999999\n12\n#tag\n   \nc .5\nd 1e5\n"
    profile = read(content, format="folded")
    assert by_stack(profile) == {("a", "b"): [1]}
    assert profile.skipped == {"line without a count": 4, "negative count": 1, "count of 2^63 or more": 1}


def test_a_frame_may_begin_with_a_hash():
    assert by_stack(drawn("#<Class:Foo>;bar 3\n#<Proc> 2")) == {("#<Class:Foo>", "bar"): [3], ("#<Proc>",): [2]}


def test_empty_frames_are_frames_and_an_empty_stack_is_the_root():
    content = b"a;;b 1\n;a 2\na; 3\n 4\n"
    assert by_stack(read(content, format="folded")) == {("a", "", "b"): [1], ("", "a"): [2], ("a", ""): [3], (): [4]}


def test_what_divides_the_last_frame_from_the_count_is_no_frame():
    """iaprof 0.5 puts a ";" behind every frame."""
    content = b"app;-;mad_[g];sbid_[g];0x70_[g]; 13\napp;-;mad_[g]; 2\n"
    assert by_stack(read(content)) == {
        ("app", "-", "mad_[g]", "sbid_[g]", "0x70_[g]"): [13],
        ("app", "-", "mad_[g]"): [2],
    }
    assert by_stack(read(content + b"app 1\n"))[("app", "-", "mad_[g]", "")] == [2]
    assert by_stack(read(b";a;_[g]; 1\n_[g]; 2\n")) == {("", "a", "_[g]"): [1], ("_[g]",): [2]}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a;b -1\na;c -2\n", "found none: negative count (2)"),
        (b"f -1\n", "found none: negative count (1)"),
        (b"a;b 99999999999999999999\n", "found none: count of 2^63 or more (1)"),
    ],
)
def test_nothing_but_bad_counts_is_told(content, says):
    with pytest.raises(EmptyProfile, match=re.escape(says)):
        read(content)


@given(st.lists(st.sampled_from(["f 1", "g;h 2", "word", "-1", "f -1", "f: 3", "", "# x"]), max_size=8))
def test_what_is_recognised_is_read(lines):
    """Whatever is claimed holds a sample, or what is left out of it is told."""
    content = "\n".join(lines).encode()
    if sniff(Source(content)):
        try:
            assert read(content, format="folded").total()
        except EmptyProfile as error:
            assert "found none: " in str(error)


class TestColumns:
    def test_two_where_every_line_has_two(self):
        profile = drawn("a;b 1 2\na;c 0 5\na;b 3 0.")
        assert [(m.name, m.unit) for m in profile.metrics] == [("before", "samples"), ("after", "samples")]
        assert by_stack(profile) == {("a", "b"): [4, 2], ("a", "c"): [0, 5]}

    def test_one_number_decides_for_all_lines(self):
        """flamegraph.pl reads the first of these lines as a stack counted 3 before and 200 after."""
        profile = drawn("main;b 2 3 200\nmain;c 7")
        assert by_stack(profile) == {("main", "b 2 3"): [200], ("main", "c"): [7]}
        profile = drawn("main;line 12 3\nmain;line 14 4\nmain;idle 1")
        assert by_stack(profile) == {("main", "line 12"): [3], ("main", "line 14"): [4], ("main", "idle"): [1]}

    def test_the_last_two_of_three(self):
        assert by_stack(drawn("a;b 1 2 3\nc 4 5 6")) == {("a", "b 1"): [2, 3], ("c 4",): [5, 6]}

    def test_the_option_overrules(self):
        assert by_stack(drawn("a 1 2\nb 3 4", columns="1")) == {("a 1",): [2], ("b 3",): [4]}
        profile = drawn("a 1 2\nb 3\nc -1 3", columns="2")
        assert by_stack(profile) == {("a",): [1, 2]}
        assert profile.skipped == {"line without two counts": 1, "negative count": 1}

    def test_the_option_has_two_values(self):
        with pytest.raises(UsageError, match="expected one of 1, 2"):
            drawn("a 1", columns="3")

    def test_in_time_order(self):
        profile = drawn("a 1 2\nb 3 4\na 5 6", timeline=True)
        assert profile.samples.values.tolist() == [[1, 2], [3, 4], [5, 6]]


class TestAnnotations:
    def test_become_kinds_and_stay_in_labels(self):
        profile = drawn("main;sys_read_[k] 1\nJava;run_[j];get_[i];loop_[0];c1_[1] 2\nwaker_[w] 1")
        kinds = dict(zip(profile.frames.name, profile.frames.kind.tolist(), strict=True))
        assert kinds["sys_read"] == Kind.KERNEL and kinds["run"] == Kind.JIT and kinds["get"] == Kind.INLINED
        assert kinds["loop"] == Kind.INTERPRETED and kinds["c1"] == Kind.COMPILED_C1 and kinds["waker"] == Kind.WAKER
        assert kinds["main"] == Kind.USER
        assert profile.meta.annotated == {Kind(kind) for kind in kinds.values()} - {Kind.USER}
        assert "sys_read_[k]" in profile.labels()

    def test_the_same_name_with_and_without_is_two_frames(self):
        profile = drawn("read_[k] 1\nread 2\nread_[k]_[k] 3\n_[k] 4")
        assert by_stack(profile) == {("read_[k]",): [1], ("read",): [2], ("read_[k]_[k]",): [3], ("_[k]",): [4]}
        assert profile.frames.name == ["read", "read", "read_[k]", ""]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("web;main;-;vfs_read 3\nweb;main 4\n", Kind.GAP),
        ("web;main;-;schedule;-;wake_up;-;start 3\n", Kind.GAP),
        ("web;main;- 3\nweb;main;-;vfs_read 3\n", Kind.USER),  # it was running, so it is a function
        ("-;main 3\nweb;-;main 3\n", Kind.USER),  # it was outermost
    ],
)
def test_delimiters_are_no_code(content, kind):
    """What bcc's tools put between a program and the kernel; a function of that name stays one."""
    for dash in ("-", "--"):
        text = content.replace("-", dash).encode()
        profile = read(text)
        assert profile.frames.kind[profile.frames.name.index(dash)] == kind
        assert not profile.meta.annotated
        assert by_stack(read(render(profile, "folded"))) == by_stack(profile) == by_stack(read(text))


def test_a_timeline_keeps_lines_in_their_order():
    profile = drawn("b 1\na 2\nb 3", timeline=True)
    assert profile.samples.values[:, 0].tolist() == [1, 2, 3]
    assert [profile.frames.name[profile.stacks.frame[node]] for node in profile.samples.stack] == ["b", "a", "b"]
    assert profile.meta.timeline and profile.samples.time is None


@pytest.mark.parametrize(
    "content",
    [
        b"a;b 1",
        b"main 3\nidle 4\n",
        b"# mode: wall\n\nP1;T1;f:1 7\n",
        b"junk\na;b 1\nb;c 2\n",
        b";;; 1\n",
        b"a;b 1.5\r\n",
        # What the reader can make something of, or can tell what is wrong with.
        b"a;b 1\njunk\n",
        b"f 1\ng 2\nh 3\njunk\n",
        b"f 1\nmore words\ng 2\n 3\n",
        b"a;b 12\na;c;d",
        b"f 1\ng",
        b"a;b -1\na;c -2\n",
        b"f -1\ng 1\n",
        b"a;b 99999999999999999999\n",
        b"f -1\ng 99999999999999999999\nh 1\njunk\n",
    ],
)
def test_recognised(content):
    assert sniff(Source(content)) == Match.SHAPE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"# 3\n",
        b"hello\n",
        b"{\n  1\n",
        b"a;b\nc;d\n",
        b"type: 0\nsize 3\n}\n",
        b"\x00a;b 1\n",
        b"-1\n-2\n",
        b"a;b 1\njunk\nmore\n",
        b"f 1\njunk\n",
        b"junk",
        # Tables and settings, prose, CSV
        b"name count\nf 1\ng 2\nh 3\ni 4\n",
        b"name\tcount\nf\t1\ng\t2\nh\t3\ni\t4\n",
        b"version: 1\nwidth: 3\nheight: 4\ndepth: 9\nname: x\n",
        b"x = 1\ny = 2\nz = 3\nw = 5\nname = x\n",
        b"name, count\nf, 1\ng, 2\nh, 3\ni, 4\n",
        b"f, 1\ng, 2\nh, 3\n",
        b"f,g 1,2\ng,h 3,4\n",
        b"name;count\nf;1\ng;2\n",
        b"They met in 1984\nand then again in 1990; nobody knew\nof it until long after\n",
        b"Call me; it is 7\nor so; I shall be\nwaiting, in room 3\nand no other\n",
    ],
)
def test_not_recognised(content):
    assert sniff(Source(content)) == Match.NO


def test_a_head_that_ends_within_a_line():
    assert sniff(Source(b"main;a_rather_long_name 1\n" * 9000)) == Match.SHAPE


@pytest.mark.parametrize("shape", ["wide", "digits", "fraction", "blanks", "no line end", "one frame"])
def test_enormous_lines(shape):
    content = {
        "wide": b"f" * 5_000_000 + b";g 1\n" + b"f" * 5_000_000 + b";h 2\n",
        "digits": b"a " + b"1" * 100_000 + b"\nb;c 2\n",
        "fraction": b"a 1." + b"1" * 100_000 + b"\nb;c 2\n",
        "blanks": b"a 1" + b" " * 1_000_000 + b"\nb;c 2\n",
        "no line end": b"a;b 7\n" + b"x;y" * 1_000_000,
        "one frame": b"a" * 9_000_000 + b" 12",
    }[shape]
    agrees(content)


def test_deep_stacks():
    frames = b";".join(b"f%d" % (i % 999) for i in range(50_000))
    content = frames + b" 1\n" + frames + b";leaf 2\n" + b"f0;" + frames + b" 3\n"
    profile = read(content, format="folded")
    assert len(profile.stacks) == 100_001 + 1 and profile.total() == 6
    assert render(profile, "folded").splitlines() == sorted(content.splitlines())


def test_compressed_and_utf16():
    text = "größe;naïve 3\n"
    wanted = {("größe", "naïve"): [3]}
    for content in (gzip.compress(text.encode()), text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        profile = read(content)
        assert by_stack(profile) == wanted and profile.meta.format == "folded"


@pytest.mark.skipif(not CORPUS.exists(), reason="needs the corpus of other people's files")
def test_corpus():
    """Every file that is folded text is claimed, by this format alone, and read as the slow reader reads it."""
    rows = [line.split("\t") for line in (CORPUS / "INDEX.tsv").read_text("utf-8").splitlines()[1:]]
    claimed = 0
    for path, kind, *_ in rows:
        source = Source(CORPUS / path)
        if sniff(source):
            claimed += 1
            # Some profilers write folded text of a shape of their own, which has a format of its own.
            assert detect(source).name in ("folded", "py_spy", "austin"), path
            agrees(bytes(source.data))
            assert re.search("folded|collapsed|py-spy raw", kind), f"{path} is {kind}"
        else:
            assert kind != "folded" or "nameattr" in path or not source.head.strip(), path
    assert claimed > 200


def test_a_stack_longer_than_the_head_is_recognised() -> None:
    stack = ";".join(f"frame{i}" for i in range(20_000))
    profile = read(f"{stack} 3\n{stack};leaf 4\n".encode())
    assert profile.total() == 7 and len(profile.stacks) == 20_002
