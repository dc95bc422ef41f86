"""Profiles seen another way."""

from __future__ import annotations

import re
from time import process_time

import numpy as np
import pytest
from drawn import by_stack, drawn, folded, lines
from hypothesis import given
from hypothesis import strategies as st

from flamegraph import transform
from flamegraph.builder import Builder
from flamegraph.cli import main
from flamegraph.collapse import read
from flamegraph.errors import UsageError
from flamegraph.render import render
from flamegraph.transform import reverse
from flamegraph.trie import totals


@given(lines, st.booleans())
def test_reverse_turns_every_stack_over(lines, timeline):
    profile = read(folded(lines), format="folded", timeline=timeline)
    turned = reverse(profile)
    assert by_stack(turned) == {stack[::-1]: row for stack, row in by_stack(profile).items()}
    assert turned.samples.values.tolist() == profile.samples.values.tolist(), "samples stay where they are"
    assert turned.frames is profile.frames and turned.metrics == profile.metrics


@given(lines)
def test_twice_is_as_before(lines):
    profile = read(folded(lines), format="folded")
    assert render(reverse(reverse(profile)), "folded") == render(profile, "folded")


def test_reverse_keeps_both_columns():
    profile = reverse(drawn("a;b 1 2\nc;b 0 5"))
    assert by_stack(profile) == {("b", "a"): [1, 2], ("b", "c"): [0, 5]}
    assert profile.values(1).sum() == 7


def test_reverse_of_a_deep_stack():
    depth = 50_000
    profile = reverse(read(b";".join(b"f%d" % i for i in range(depth)) + b" 3\n", format="folded"))
    assert profile.frames.name[profile.stacks.frame[1]] == f"f{depth - 1}"
    assert len(profile.stacks) == depth + 1 and np.flatnonzero(profile.values()).tolist() == [depth]


PATTERN = st.sampled_from(["a", "b|c", "^d$", "nothing", "."])


def expected(lines: list, change) -> dict[tuple[str, ...], list[int]]:
    """What a transform does to stacks, done one stack at a time; None leaves one out."""
    out: dict[tuple[str, ...], list[int]] = {}
    for stack, row in by_stack(read(folded(lines), format="folded")).items():
        seen = change(list(stack))
        if seen is not None:
            known = out.setdefault(tuple(seen), [0] * len(row))
            out[tuple(seen)] = [a + b for a, b in zip(known, row, strict=True)]
    return {stack: row for stack, row in out.items() if any(row)}


def first_match(pattern: str, stack: list[str]) -> int | None:
    return next((i for i, name in enumerate(stack) if re.search(pattern, name)), None)


def merged_fully(stack: list[str]) -> list[str]:
    out: list[str] = []
    for name in stack:
        out = out[: out.index(name) + 1] if name in out else [*out, name]
    return out


def oracle(name: str, pattern: str):
    """The transform called `name` on one stack, in the plainest way."""
    return {
        "focus": lambda s: s if first_match(pattern, s) is not None else None,
        "ignore": lambda s: s if first_match(pattern, s) is None else None,
        "hide": lambda s: [f for f in s if not re.search(pattern, f)],
        "show_from": lambda s: None if (i := first_match(pattern, s)) is None else s[i:],
        "drop_below": lambda s: s if (i := first_match(pattern, s)) is None else s[: i + 1],
    }[name]


@given(lines, PATTERN, st.sampled_from(["focus", "ignore", "hide", "show_from", "drop_below"]), st.booleans())
def test_transforms_by_pattern(lines, pattern, name, timeline):
    profile = read(folded(lines), format="folded", timeline=timeline)
    assert by_stack(getattr(transform, name)(profile, pattern)) == expected(lines, oracle(name, pattern))


@given(lines, st.integers(0, 4))
def test_trim(lines, count):
    profile = read(folded(lines), format="folded")
    assert by_stack(transform.trim(profile, count)) == expected(lines, lambda stack: stack[count:])


@given(lines)
def test_recursion(lines):
    profile = read(folded(lines), format="folded")
    direct = expected(lines, lambda stack: [f for i, f in enumerate(stack) if i == 0 or stack[i - 1] != f])
    assert by_stack(transform.merge_recursion(profile)) == direct
    assert by_stack(transform.merge_recursion(profile, full=True)) == expected(lines, merged_fully)


def test_recursion_of_a_deep_stack():
    names = ";".join(f"f{i % 30_000}" for i in range(60_000))
    profile = drawn(names + " 3")
    assert len(transform.merge_recursion(profile, full=True).stacks) == 30_001
    assert len(transform.hide(profile, "7$").stacks) == 54_001


@given(lines, st.floats(0, 1))
def test_pruning_conserves_the_total(lines, share):
    profile = read(folded(lines), format="folded")
    pruned = transform.prune(profile, share)
    assert pruned.total() == profile.total()
    own = totals(pruned.stacks, pruned.values())
    small = own < share * own[0]
    names = pruned.labels()
    assert all(names[pruned.stacks.frame[node]].endswith(" more)") for node in np.flatnonzero(small).tolist())


def test_pruning_tells_how_many_there_were():
    assert by_stack(transform.prune(drawn("a;b 90\na;c 4\na;d;e 3\na;f 3"), 0.05)) == {
        ("a", "b"): [90],
        ("a", "(3 more)"): [10],
    }


def test_renaming_makes_frames_one():
    profile = transform.rename(drawn("m;f_v1 2\nm;f_v2 3"), r"_v\d", "")
    assert by_stack(profile) == {("m", "f"): [5]} and len(profile.frames) == 2
    assert by_stack(transform.rename(drawn("m;f 2"), "^f$", "")) == {("m", "f"): [2]}, "no name becomes empty"
    with pytest.raises(UsageError, match="rename"):
        transform.rename(drawn("m;f 2"), "f", r"\3")


@pytest.mark.parametrize(
    ("name", "tidied"),
    [
        ("std::vector<int, std::allocator<int> >::push_back", "std::vector::push_back"),
        ("std::map<std::string, std::vector<int>>::operator[]", "std::map::operator[]"),
        ("operator<<", "operator<<"),
        ("operator<", "operator<"),
        ("<T as core::fmt::Display>::fmt", "<T as core::fmt::Display>::fmt"),
        ("core::ptr::drop_in_place::<alloc::string::String>", "core::ptr::drop_in_place"),
        ("app::run::h0123456789abcdef", "app::run"),
        ("app::run::{{closure}}::h0123456789abcdef", "app::run::{closure}"),
        ("app::run::{closure#0}", "app::run::{closure}"),
        ("parse.constprop.0.isra.1", "parse"),
        ("parse.cold", "parse"),
        ("parse [clone .part.2]", "parse"),
        ("main::{lambda(int)#2}::operator()", "main::{lambda}::operator()"),
        ("App$$Lambda$12/0x00007f01.run", "App$$Lambda.run"),
        ("LazyCompile:~parse file.js:3", "parse file.js:3"),
        ("Function:^parse file.js:3", "parse file.js:3"),
        ("main.run.func1.2", "main.run.func"),
        ("0xdeadbeef", "0x…"),
        ("addr 0xdead", "addr 0x…"),
        ("<module>", "<module>"),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
        ("plain", "plain"),
    ],
)
def test_tidy_names(name, tidied):
    assert transform.tidy_name(name) == tidied


def test_groups():
    build = Builder()
    build.metric("samples", "samples")
    frames = [build.frame("main", module="app"), build.frame("read", module="libc"), build.frame("copy", module="libc")]
    build.sample(build.stack(frames), 2)
    build.sample(build.stack([*frames, build.frame("[unknown]")]), 3)
    grouped = transform.group(build.finish(), "module")
    assert by_stack(grouped) == {("app", "libc"): [2], ("app", "libc", "[unknown]"): [3]}
    java = transform.group(drawn("java/util/HashMap.put;java/util/HashMap.get;app::parse::token 3"), "package")
    assert by_stack(java) == {("java/util", "app::parse"): [3]}


def test_time_and_threads():
    build = Builder(timeline=True)
    build.metric("samples", "samples")
    one, other = build.thread(1, 11, "io worker"), build.thread(1, 12, "")
    for time, thread in ((100, one), (200, other), (300, one)):
        build.sample(build.stack([build.frame("main")]), 1, time=time, thread=thread)
    profile = build.finish()
    assert transform.between(profile, 100, None).samples.time.tolist() == [200, 300]
    assert transform.between(profile, None, 200).samples.time.tolist() == [100, 200]
    assert transform.threads(profile, "io").samples.time.tolist() == [100, 300]
    assert transform.threads(profile, "12").samples.time.tolist() == [200]
    assert by_stack(transform.by_thread(profile)) == {("io worker (11)", "main"): [2], ("thread (12)", "main"): [1]}
    threads = {("process (1)", "io worker (11)", "main"): [2], ("process (1)", "thread (12)", "main"): [1]}
    assert by_stack(transform.by_process(transform.by_thread(profile))) == threads
    for refused in (transform.between, transform.by_thread, transform.by_process):
        with pytest.raises(UsageError, match="timeline=True"):
            refused(drawn("a 1"))


def test_a_process_is_called_what_its_first_thread_is():
    build = Builder(timeline=True)
    build.metric("samples", "samples")
    for pid, tid, name in ((7, 8, "worker"), (7, 7, "server"), (9, 9, ""), (-1, -1, "")):
        build.sample(build.stack([build.frame("main")]), 1, time=tid, thread=build.thread(pid, tid, name))
    roots = {path[0]: values for path, values in by_stack(transform.by_process(build.finish())).items()}
    assert roots == {"server (7)": [2], "process (9)": [1], "process": [1]}


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["--focus", "b"], "a;b 2\na;b;c 3\n"),
        (["--ignore", "c"], "a;b 2\nx 1\n"),
        (["--hide", "^b$"], "a 2\na;c 3\nx 1\n"),
        (["--show-from", "b", "--reverse"], "b 2\nc;b 3\n"),
        (["--trim", "1"], " 1\nb 2\nb;c 3\n"),
        (["--drop-below", "a"], "a 5\nx 1\n"),
        (["--rename", "[bc]=y", "--recursion", "direct"], "a;y 5\nx 1\n"),
        (["--prune", "20"], "(1 more) 1\na;b 2\na;b;c 3\n"),
    ],
)
def test_on_the_command_line(arguments, out, tmp_path, capfd):
    (tmp_path / "x.folded").write_text("a;b 2\na;b;c 3\nx 1\n")
    assert main(["collapse", str(tmp_path / "x.folded"), *arguments]) == 0
    assert capfd.readouterr().out == out


@pytest.mark.parametrize(
    "arguments", [["--focus", "("], ["--trim", "-1"], ["--prune", "200"], ["--rename", "x"], ["--between", "1"]]
)
def test_what_can_not_be_asked(arguments, tmp_path, capfd):
    (tmp_path / "x.folded").write_text("a;b 2\n")
    assert main(["collapse", str(tmp_path / "x.folded"), *arguments]) == 2
    assert capfd.readouterr().err.count("\n") == 1


def test_a_transform_that_leaves_nothing(tmp_path, capfd):
    (tmp_path / "x.folded").write_text("a;b 2\n")
    assert main(["collapse", str(tmp_path / "x.folded"), "--focus", "q"]) == 1
    assert "--focus would leave" in capfd.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        "a<" * 4000 + ">" * 4000,
        "LambdaForm$" + "a" * 30_000 + "!",
        "Generated" * 4000,
        ".part.1" * 9000 + "!",
        "(" * 20_000 + ")" * 20_000,
    ],
)
def test_names_made_to_take_long_do_not(name):
    """Each took from four seconds to minutes."""
    start = process_time()
    transform.tidy_name(name)
    transform.group(read(f"{name} 1\n".encode(), format="folded"), "package")
    assert process_time() - start < 3
