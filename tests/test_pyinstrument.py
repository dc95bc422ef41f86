"""pyinstrument: sessions and the trees made of them hold the same time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from drawn import by_stack
from golden import CORPUS, FIXTURES

from flamegraph.collapse import Match, read
from flamegraph.collapse.pyinstrument import sniff
from flamegraph.errors import EmptyProfile, ParseError
from flamegraph.profile import Kind, Profile
from flamegraph.source import Source

needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")


def drawn(profile: Profile) -> dict[str, int]:
    return {";".join(stack): value for stack, (value,) in by_stack(profile).items()}


def session(*records: Any, **more: Any) -> bytes:
    known = {"start_call_stack": [], "target_description": "Program: app.py 2", "duration": 1.5, "sys_path": ["/srv"]}
    return json.dumps(known | {"frame_records": records} | more).encode()


def tree(root: Any, **more: Any) -> bytes:
    return json.dumps({"duration": 1.5, "sample_count": 3, "root_frame": root} | more).encode()


def frame(function: str, time: Any, *children: Any, **more: Any) -> dict[str, Any]:
    return {"function": function, "time": time, "children": children, "file_path": "/srv/a.py", "line_no": 3} | more


def test_a_session_is_samples_in_time_order():
    one, two = ["MainThread\0<thread>\x0012", "f\0/srv/a.py\x003\x01l5"], ["MainThread\0<thread>\x0012"]
    content = session([one, 0.001], [two, 0.002], [one, 0.003])
    profile = read(content)
    assert drawn(profile) == {"MainThread;f": 4_000_000, "MainThread": 2_000_000}
    assert profile.meta.command == "app.py 2" and profile.meta.duration == 1_500_000_000
    assert [(t.pid, t.tid, t.name) for t in profile.threads] == [(-1, 12, "MainThread")]
    assert profile.frames.kind.tolist() == [Kind.THREAD, Kind.USER]
    assert read(content, timeline=True).samples.time.tolist() == [0, 1_000_000, 3_000_000]


@pytest.mark.parametrize(
    ("text", "name", "label"),
    [
        ("f\0/srv/app/a.py\x003", "f", "f (app/a.py:3)"),
        ("f\0/srv/app/a.py\x003\x01cOven\x01l9", "Oven.f", "Oven.f (app/a.py:3)"),
        ("f\0/elsewhere/a.py\x003\x01l9", "f", "f (/elsewhere/a.py:3)"),
        ("f\0/srvice/a.py\x003", "f", "f (/srvice/a.py:3)"),
        ("sum\0<built-in>\x000", "sum", "sum (<built-in>)"),
        ("[await]", "[await]", "[await]"),
        ("f\0a.py\0" + "9" * 30, "f", "f (a.py)"),
        ("", "", ""),
    ],
)
def test_frames(text: str, name: str, label: str):
    content = session([["root", text], 0.001])
    assert drawn(read(content)) == {f"root;{name}": 1_000_000}
    assert drawn(read(content, srcline=True)) == {f"root;{label}": 1_000_000}


def test_a_tree_holds_what_each_frame_took_itself():
    content = tree(frame("main", 1.0, frame("a", 0.25), frame("b", 0.5, frame("[self]", 0.125), frame("c", 0.25))))
    assert drawn(read(content)) == {
        "main": 250_000_000,
        "main;a": 250_000_000,
        "main;b": 250_000_000,
        "main;b;c": 250_000_000,
    }


def test_rounding_is_no_loss_but_more_is():
    rounded = tree(frame("main", 0.000003, *(frame(f"f{i}", 0.000002) for i in range(2))))
    assert not read(rounded).skipped
    wrong = tree(frame("main", 0.1, frame("f", 0.2)))
    assert read(wrong).skipped == {"frame whose callees take longer than itself": 1}


def test_a_class_is_told_once():
    node = {"identifier": "f\0/srv/a.py\x003", "time": 1, "attributes": {"cOne": 0.25, "l4": 1, "cTwo": 0.75}}
    content = json.dumps(
        {"session": {"start_call_stack": [], "target_description": "x"}, "frame_tree": node | {"children": []}}
    )
    assert drawn(read(content.encode())) == {"Two.f": 10**9}


@pytest.mark.parametrize("depth", [400, 2000, 50_000])
def test_a_tree_as_deep_as_recursion_goes(depth: int):
    head = '{"duration": 1, "sample_count": 1, "root_frame": '
    content = head + '{"function": "f", "time": 1, "children": [' * depth + "]}" * depth + "}"
    profile = read(content.encode())
    assert len(profile.stacks) == depth + 1 and profile.total() == 10**9


@pytest.mark.parametrize(
    ("content", "grade"),
    [
        (session(), Match.SIGNATURE),
        (tree(None), Match.SIGNATURE),
        (b'{"session": {"start_call_stack": [], "target_description"', Match.SIGNATURE),
        (b'{"duration": 3, "root_frame": {}}', Match.NO),
        (b'["start_call_stack", "target_description"]', Match.NO),
        (b"", Match.NO),
    ],
)
def test_what_looks_like_it(content: bytes, grade: Match):
    assert sniff(Source(content)) == grade


@pytest.mark.parametrize("content", [b"[]", b'{"session": 3}', tree(None), tree([]), b"3"])
def test_what_is_none_is_told(content: bytes):
    with pytest.raises(ParseError):
        read(content, format="pyinstrument")
    with pytest.raises(EmptyProfile):
        read(session([["f"], -1]))


@needs_corpus
@pytest.mark.parametrize(
    "name", ["hatchet", "local", "sympy_calculation", "wikipedia_article_word_count"], ids=lambda name: name
)
def test_corpus_trees(name: str):
    """What comes out is the time of the root, but for what many times rounded to µs differ from it."""
    path = CORPUS / f"pyinstrument/{name}.json"
    there = json.loads(path.read_text("utf-8"))
    root = there.get("root_frame") or there["frame_tree"]
    profile = read(path)
    assert not profile.skipped
    assert profile.total() == pytest.approx(root["time"] * 10**9, abs=1000 * len(profile.stacks))


@needs_corpus
def test_corpus_session():
    path = CORPUS / "pyinstrument/local.pyisession.gz"
    there = Source(path).json()
    profile = read(path)
    assert profile.total() == sum(round(seconds * 10**9) for _, seconds in there["frame_records"])
    assert len(read(path, timeline=True).samples) == len(there["frame_records"]) and not profile.skipped


def test_the_recorded_session_was_of_the_program():
    profile = read(FIXTURES / "pyinstrument/recorded_session.pyisession")
    assert "Oven.turn" in profile.frames.name and profile.meta.command == "bakery.py 1"
