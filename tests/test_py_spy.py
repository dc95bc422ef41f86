"""py-spy: raw text goes out as it came in, names are put together again, dumps are one sample per thread."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress

import pytest
from drawn import by_stack
from golden import CORPUS, FIXTURES

from flamegraph.collapse import Match, detect, read
from flamegraph.collapse.py_spy import sniff
from flamegraph.collapse.py_spy.labels import Label, parse_label
from flamegraph.errors import EmptyProfile, ParseError
from flamegraph.profile import Kind
from flamegraph.render import render
from flamegraph.source import Source

HERE = FIXTURES / "py_spy"
LOCAL = CORPUS / "py-spy/local"
RAW = [*LOCAL.glob("pyspy-raw*.txt"), CORPUS / "py-spy/flamelens/recursive.txt"]
RAW += [CORPUS / "py-spy/flameshow-pyspy-dump.txt", CORPUS / "folded/gprof2dot-synapse.collapse.gz"]


def lines(text: bytes) -> Counter[bytes]:
    """The lines of folded text, equal stacks added up."""
    found: Counter[bytes] = Counter()
    for line in text.splitlines():
        stack, _, count = line.rpartition(b" ")
        found[stack] += int(count)
    return found


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize("path", RAW, ids=lambda path: path.name)
def test_raw_text_goes_out_as_it_came_in(path):
    profile = read(path)
    assert profile.meta.format == "py_spy" and not profile.skipped
    assert lines(render(profile, "folded")) == lines(bytes(Source(path).data))


@pytest.mark.parametrize("name", ["raw", "native", "idle", "gil", "nolineno", "function", "full_filenames"])
def test_recorded_raw_text_goes_out_as_it_came_in(name: str):
    content = (HERE / f"recorded_{name}.txt").read_bytes().replace(b"water;wheel", b"water:wheel")
    assert lines(render(read(content), "folded")) == lines(content)


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_counts_are_those_of_flamelens():
    """What flamelens counts for each function of the same file."""
    there = CORPUS / "py-spy/flamelens"
    own: Counter[str] = Counter()
    for stack, (count,) in by_stack(read(there / "recursive.txt")).items():
        own[stack[-1]] += count
    entries = json.loads((there / "expected/recursive/expected_ordered_counts.json").read_text())["entries"]
    assert {e["name"]: e["count"]["own"] for e in entries if e["count"]["own"]} == dict(own)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("main (app.py:19)", Label("main (app.py:19)", file="app.py", line=19)),
        ("main (app.py)", Label("main (app.py)", file="app.py")),
        ("<module> (<string>:2)", Label("<module> (<string>:2)", file="<string>", line=2)),
        ("<module> (<frozen os>)", Label("<module> (<frozen os>)", file="<frozen os>")),
        ("main (a (1).py:19)", Label("main (a (1).py:19)", file="a (1).py", line=19)),
        ("0x7f (libc.so.6)", Label("0x7f (libc.so.6)", module="libc.so.6")),
        ("std::f (int) (fast.cpp:3)", Label("std::f (int) (fast.cpp:3)", file="fast.cpp", line=3)),
        ("f) (g.py:3)", Label("f) (g.py:3)", file="g.py", line=3)),
        ("thread (0x1F): a", Label("thread (0x1F): a", Kind.THREAD)),
        ("thread (12)", Label("thread (12)", Kind.THREAD)),
        ('process 7:"sh"', Label('process 7:"sh"', Kind.PROCESS)),
        ("thread (main.py:3)", Label("thread (main.py:3)", file="main.py", line=3)),
        ("[unknown]", Label("[unknown]")),
    ],
)
def test_labels(text: str, label: Label):
    assert parse_label(text) == label


@pytest.mark.parametrize(
    ("content", "grade"),
    [
        ("main (app.py:19);work (app.py:3) 4\n", Match.SIGNATURE),
        ("main (app.py);work (app.py) 4\n", Match.SIGNATURE),
        ('process 1:"sh -c a; b";main (app.py:19) 4\n', Match.SIGNATURE),
        ("thread (1): a;b;main (<string>:19) 4\n", Match.SIGNATURE),
        ("main (app.py:19);work (app.py:3) 4\nmain (app.py:19", Match.SIGNATURE),
        ("main;work 4\n", Match.NO),
        ("std::sort (libfoo.so);operator() (fast.cpp:9) 4\n", Match.NO),  # frames of this shape, but none of Python
        ("python;main (app.py:19);work 4\n", Match.NO),  # a frame of Python, but most are not of this shape
        ("P12;T12;app.py:main:19 4\n", Match.NO),
        ("Thread 7f1d24;main (app.py:19);work (app.py:20);more (app.py:3) 4\n", Match.NO),  # Austin's, version 1
        ("main (app.py:19)\nwork (app.py:3)\n", Match.NO),
        ('Thread 12 (idle): "MainThread"\n    main (app.py:19)\n', Match.SIGNATURE),
        ("Thread 12 (LWP 7):\n#0  main () at app.c:3\n", Match.NO),  # gdb's
        ('[{"thread_id": 1, "active": true, "owns_gil": false, "frames": []}]', Match.SIGNATURE),
        ('[{"thread_id": 1, "name": "x"}]', Match.NO),
        ("", Match.NO),
        ("\0" * 9, Match.NO),
        (" " * 100_000, Match.NO),
    ],
)
def test_what_looks_like_it(content: str, grade: Match):
    assert sniff(Source(content.encode())) == grade


def test_a_line_longer_than_what_is_looked_at_is_recognised():
    content = b"<module> (app.py:1);" + b"fall (app.py:23);" * 50_000 + b"end (app.py:2) 7\n"
    assert detect(Source(content)).name == "py_spy"
    profile = read(content)
    assert profile.total() == 7 and len(profile.stacks) == 50_003


def test_a_dump_has_the_labels_of_a_recording():
    recorded = read(b"thread (12): MainThread;<module> (app.py:9);main (app.py:3) 1\n")
    dumped = read(b'Thread 12 (active): "MainThread"\n    main (app.py:3)\n    <module> (app.py:9)\n')
    assert list(by_stack(dumped)) == list(by_stack(recorded))
    assert [metric.name for metric in dumped.metrics] == ["samples", "active"]


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize("name", ["dump", "dump-native", "dump-locals"])
def test_corpus_dumps(name: str):
    profile = read(LOCAL / f"pyspy-{name}.txt")
    assert profile.total() == 3 and not profile.skipped
    assert [(t.pid, t.tid, t.name) for t in profile.threads] == [
        (30064, 30064, "MainThread"),
        (30064, 30066, "json;thread 1"),
        (30064, 30067, "sleeper"),
    ]
    assert profile.total(profile.column("gil")) == 1


def test_threads_are_known_by_the_name_they_get():
    profile = read(b"thread (7);a (x.py:1) 1\nthread (7): MainThread;a (x.py:1) 2\nthread (7);b (x.py:1) 1\n")
    assert [(t.pid, t.tid, t.name) for t in profile.threads] == [(-1, 7, "MainThread")]


@pytest.mark.parametrize(
    "content",
    [
        b'process 1:"' + b"a;" * 400_000,
        b'process 1:"a;' + b"f (x.py:1);" * 100_000 + b'" 3\n',
        b'process 1:"\n' * 100_000,
        b'process 1:"\n' + b"x\n" * 400_000,
        b"thread (1): " + b"(" * 400_000 + b" (x.py:1) 3\n",
        b"f " + b"(" * 200_000 + b")" * 200_000 + b" 3\n",
        b"[" * 400_000,
        b'Thread 1 (idle): "' + b'"' * 400_000 + b"\n",
    ],
)
def test_no_name_takes_long(content: bytes):
    """Each would take minutes if the work grew with the square of the length."""
    with suppress(ParseError, EmptyProfile):
        assert read(content, format="py_spy").check()


def test_what_is_no_raw_text_is_told():
    with pytest.raises(ParseError) as raised:
        read(b"Dear diary,\nnothing happened\n", format="py_spy")
    assert "expected stacks with a count" in str(raised.value) and "Dear diary" in str(raised.value)
    with pytest.raises(ParseError):
        read(b'{"thread_id": 1, "active": true, "owns_gil": true}', format="py_spy")
