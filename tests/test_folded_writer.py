"""Folded text out: what is written reads back as the same, and no name can add a line or a frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import by_stack, drawn, folded, lines
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.builder import Builder
from flamegraph.collapse import read
from flamegraph.errors import EmptyProfile, UsageError
from flamegraph.profile import Profile
from flamegraph.render import produce, render


def stack_of(line: bytes) -> bytes:
    return line.rpartition(b" ")[0]


@given(lines)
def test_lines_are_sorted_and_added_up(lines):
    sums: dict[str, int] = {}
    for frames, weight in lines:
        sums[";".join(frames)] = sums.get(";".join(frames), 0) + weight
    wanted = [f"{stack} {sums[stack]}\n".encode() for stack in sorted(sums, key=str.encode)]
    assert render(read(folded(lines), format="folded"), "folded") == b"".join(wanted)
    assert render(read(folded(lines), format="folded", timeline=True), "folded") == b"".join(wanted)


@given(lines)
def test_lines_do_not_depend_on_how_many_are_put_together_at_once(lines):
    profile = read(folded(lines), format="folded")
    whole = render(profile, "folded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flamegraph.render.folded._BLOCK", 16)
        assert b"".join(produce(profile, "folded")) == whole


def test_lines_come_as_they_are_made(monkeypatch):
    monkeypatch.setattr("flamegraph.render.folded._BLOCK", 16)
    pieces = list(produce(drawn("main;a 1\nmain;a;b 2\nmain;c 3\n"), "folded"))
    assert len(pieces) == 2 and b"".join(pieces) == b"main;a 1\nmain;a;b 2\nmain;c 3\n"


def test_what_can_not_be_written_is_told_before_anything_is():
    with pytest.raises(UsageError, match="nope"):
        produce(drawn("main 1"), "folded", metric="nope")


def test_stacks_that_count_nothing_are_left_out_with_all_they_are_made_of():
    content = b"a;gone;b 0 0\na;gone;c;d 0 0\na;z 0 4\nb;gone 0 0\nc 1 0\nc;gone 0 0\n"
    assert render(read(content, format="folded"), "folded") == b"a;z 0 4\nc 1 0\n"


def profile_of(stacks: list[tuple[list[str], float]]) -> Profile:
    build = Builder()
    build.metric("samples", "samples")
    for frames, weight in stacks:
        build.sample(build.stack([build.frame(name) for name in frames]), weight)
    return build.finish().check()


hostile = st.text(st.characters() | st.sampled_from(";\n\r\t\x00\x85\u2028 #1"), max_size=8)


@given(st.lists(st.tuples(st.lists(hostile, min_size=1, max_size=4), st.integers(1, 9)), min_size=1, max_size=8))
def test_no_name_adds_a_line_or_a_frame(stacks):
    text = render(profile_of(stacks), "folded")
    written = text.splitlines()
    assert text.endswith(b"\n") and len(written) == len(text.decode("utf-8", "surrogateescape").splitlines())
    assert sum(int(line.rpartition(b" ")[2]) for line in written) == sum(weight for _, weight in stacks)
    assert len(written) <= len(stacks)
    assert {stack_of(line).count(b";") + 1 for line in written} <= {len(frames) for frames, _ in stacks}
    again = read(text, format="folded", columns="1")
    assert again.total() == sum(weight for _, weight in stacks) and not again.skipped


def test_a_separator_in_a_name_becomes_a_colon():
    assert render(profile_of([(["a;b", "c\nd"], 1)]), "folded") == b"a:b;c d 1\n"


def test_names_that_become_the_same_are_one_line():
    assert render(profile_of([(["a;b", "x"], 1), (["a:b", "x"], 2), (["a:b"], 4)]), "folded") == b"a:b 4\na:b;x 3\n"


def test_a_line_is_never_a_comment():
    text = render(profile_of([(["# a", "b"], 1), (["#c"], 2), (["#"], 4)]), "folded")
    assert text == b"#_ 4\n#_ a;b 1\n#c 2\n"
    assert read(text, format="folded").total() == 7


def test_bytes_that_are_not_utf8_go_out_as_they_came():
    content = b"caf\xe9;\xff\xfe;na\xc3\xafve 1\n"
    assert render(read(content, format="folded"), "folded") == content


def test_annotations_go_out_as_they_came():
    content = b"a;f 1\na;f_[0] 2\na;f_[1] 3\na;f_[i] 4\na;f_[j] 5\na;f_[k] 6\na;f_[w] 7\n"
    assert render(read(content, format="folded"), "folded") == content


numbers = st.floats(1e-9, 1e17) | st.integers(1, 10**15).map(lambda n: n / 8)


@given(st.dictionaries(st.sampled_from("abcdefgh"), numbers, min_size=1))
def test_fractions_read_back_as_the_same_number(values):
    profile = profile_of([([name], value) for name, value in values.items()])
    text = render(profile, "folded")
    assert b"e" not in text.replace(b"e ", b""), "no exponents"
    assert by_stack(read(text, format="folded")) == {(name,): [value] for name, value in values.items()}


def test_whole_numbers_have_no_point():
    assert render(drawn("a 1.0\nb 2.50\nc 3"), "folded") == b"a 1\nb 2.5\nc 3\n"
    assert render(drawn(f"a {2**53 + 1}"), "folded") == b"a 9007199254740993\n"


@given(st.lists(st.tuples(st.sampled_from(["a", "a;b", "a;c", "d"]), st.integers(0, 9), st.integers(1, 9)), min_size=1))
def test_two_columns(rows):
    profile = read("".join(f"{stack} {a} {b}\n" for stack, a, b in rows).encode(), format="folded")
    wanted = {
        stack: (sum(a for s, a, _ in rows if s == stack), sum(b for s, _, b in rows if s == stack))
        for stack, _, _ in rows
    }
    assert render(profile, "folded").decode() == "".join(f"{s} {a} {b}\n" for s, (a, b) in sorted(wanted.items()))


def test_one_metric_of_several():
    profile = drawn("a;b 1 2\na;c 3 0\nd 0 5")
    assert render(profile, "folded") == b"a;b 1 2\na;c 3 0\nd 0 5\n"
    assert render(profile, "folded", metric="before") == b"a;b 1\na;c 3\n"
    assert render(profile, "folded", metric="after") == b"a;b 2\nd 5\n"
    with pytest.raises(UsageError, match="no metric is called 'cycles'; expected one of before, after"):
        render(profile, "folded", metric="cycles")


def test_what_counts_nothing_is_left_out():
    assert render(drawn("a 0\na;b 1\nc 0"), "folded") == b"a;b 1\n"
    zeros = replace(drawn("a 1"), samples=replace(drawn("a 1").samples, values=np.zeros((1, 1), np.int64)))
    with pytest.raises(EmptyProfile):
        render(zeros, "folded")


def test_the_empty_stack_comes_first():
    content = b" 4\n!;b 2\na 1\n"
    assert render(read(content, format="folded"), "folded") == content


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_lines_are_put_together_some_at_a_time(size, monkeypatch):
    monkeypatch.setattr("flamegraph.render.folded._BLOCK", size)
    content = b"".join(sorted(b"main;f%d;g%d;%s %d\n" % (i % 7, i % 5, b"h" * (i % 3), i + 1) for i in range(105)))
    assert render(read(content, format="folded"), "folded").splitlines() == sorted(content.splitlines(), key=stack_of)
