"""Hot functions and stacks: totals in which recursion counts once, the table, and the JSON."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flamegraph import Builder, Kind, read
from flamegraph.cli._report import as_json, as_text
from flamegraph.hot import functions, hot_stacks
from flamegraph.trie import outermost

STACKS = st.dictionaries(st.lists(st.sampled_from("abcd"), max_size=8).map(tuple), st.integers(1, 9), min_size=1)


def profile_of(stacks: dict):
    """{(frame, …): count} as a profile. A frame is a name, or (name, kind, module, file, line)."""
    build = Builder()
    build.metric("samples", "samples")
    for stack, count in stacks.items():
        frames = [build.frame(*((frame,) if isinstance(frame, str) else frame)) for frame in stack]
        build.sample(build.stack(frames), count)
    return build.finish()


@given(STACKS)
def test_totals_count_each_sample_once_per_function(stacks):
    found = functions(profile_of(stacks))
    own, total = Counter(), Counter()
    for stack, count in stacks.items():
        if stack:
            own[stack[-1]] += count
        for name in set(stack):
            total[name] += count
    assert dict(zip(found.label, found.total.tolist(), strict=True)) == total
    assert {label: n for label, n in zip(found.label, found.own.tolist(), strict=True) if n} == own


@given(STACKS)
def test_outermost_has_nothing_of_its_group_below(stacks):
    profile = profile_of(stacks)
    trie = profile.stacks
    chosen = outermost(trie, trie.frame)
    assert not chosen[0]
    for node in range(1, len(trie)):
        below, at = set(), int(trie.parent[node])
        while at:
            below.add(int(trie.frame[at]))
            at = int(trie.parent[at])
        assert chosen[node] == (int(trie.frame[node]) not in below)


@given(STACKS)
def test_hot_stacks_are_all_stacks_in_order(stacks):
    found = hot_stacks(profile_of(stacks), 10**6)
    assert dict(zip(map(tuple, found.labels), found.own.tolist(), strict=True)) == stacks
    assert found.own.tolist() == sorted(stacks.values(), reverse=True)
    assert found.count == len(stacks)


def test_deep_recursion_counts_once():
    depth = 50_000
    build = Builder()
    build.metric("samples", "samples")
    name = build.frame("again")
    build.sample(build.stack([name] * depth), 3)
    found = functions(build.finish())
    assert (found.own.tolist(), found.total.tolist()) == ([3], [3])


def test_a_function_is_one_whatever_its_lines_but_not_across_modules():
    first, second = ("f", Kind.USER, "lib.so", "f.c", 1), ("f", Kind.USER, "lib.so", "f.c", 2)
    other = ("f", Kind.USER, "other.so", "", 0)
    found = functions(profile_of({(first,): 1, (first, second): 2, (other,): 4}))
    rows = sorted(zip(found.label, found.module, found.own.tolist(), found.total.tolist(), strict=True))
    assert rows == [("f", "lib.so", 3, 3), ("f", "other.so", 4, 4)]
    assert hot_stacks(profile_of({(first,): 1, (second,): 2}), 5).own.tolist() == [3]


def test_a_frame_without_module_joins_the_only_module_of_its_name():
    inlined, plain = ("g", Kind.INLINED, "", "", 0), ("g", Kind.USER, "lib.so", "", 0)
    found = functions(profile_of({("m", inlined): 1, ("m", plain): 2}))
    assert sorted(zip(found.label, found.module, found.own.tolist(), strict=True)) == [("g", "lib.so", 3), ("m", "", 0)]
    third = ("g", Kind.USER, "else.so", "", 0)
    found = functions(profile_of({(inlined,): 1, (plain,): 2, (third,): 4}))
    assert sorted(zip(found.module, found.own.tolist(), strict=True)) == [("", 1), ("else.so", 4), ("lib.so", 2)]


def test_order_is_hot_first_then_by_name_and_without_zeros():
    found = functions(profile_of({("m", "b"): 2, ("m", "a"): 2, ("m", "z", "c"): 5}))
    assert [found.label[i] for i in found.order("self")] == ["c", "a", "b"]
    assert [found.label[i] for i in found.order("total")] == ["m", "c", "z", "a", "b"]


def test_values_with_fractions_stay_so():
    found = functions(read(b"a;b 1.5\na 0.25\n"))
    assert dict(zip(found.label, found.total.tolist(), strict=True)) == {"a": 1.75, "b": 1.5}


def text_of(content: bytes, room: int | None = None, ascii: bool = False, lines: int = 20, by: str = "self") -> str:
    profile = read(content)
    return as_text(profile, 0, "in.folded", functions(profile), hot_stacks(profile, lines), by, lines, room, ascii)


def test_table():
    assert text_of(b"main;parse 600\nmain;eval;eval 399\nmain 1\n", lines=2) == "\n".join(
        [
            "in.folded (folded)",
            "1,000 samples",
            "",
            " self         total                   function",
            "  600  60.0%    600  60.0%  ████▊     parse",
            "  399  39.9%    399  39.9%  ███▎      eval",
            "1 more functions, self 0.1%",
            "",
            "self         stack",
            " 600  60.0%  main;parse",
            " 399  39.9%  main;eval;eval",
            "1 more stacks, self 0.1%",
            "",
        ]
    )


NAMES = ["x" * 300, "über::" * 60 + "f", "名前" * 90, "f(" + "int, " * 90 + "int)", "a\x1b[31m\n\u2028b", "\udcff" * 90]


@pytest.mark.parametrize("room", [20, 60, 80, 200])
@pytest.mark.parametrize("ascii", [False, True])
def test_lines_fit_and_hold_no_control_characters(room, ascii):
    from flamegraph.columns import display_width

    profile = profile_of({("root", name, *("deep",) * 40): i for i, name in enumerate(NAMES, 1)} | {(): 5})
    found, stacks = functions(profile), hot_stacks(profile, 9)
    for line in as_text(profile, 0, "n" * 400, found, stacks, "total", 20, room, ascii).splitlines():
        assert display_width(line) <= max(room, 60)
        assert line.isprintable()


def test_json_has_its_schema_and_exact_numbers():
    profile = profile_of({("m", ("f\udcff\x00", Kind.KERNEL, "vmlinux", "", 0)): 2**60 + 1, ("m",): 1})
    text = as_json(profile, 0, ["in\udcfe"], functions(profile), hot_stacks(profile, 1), "self", 1)
    text.encode()  # no surrogates
    report = json.loads(text)
    assert list(report) == [
        *("schema", "inputs", "format", "metric", "metrics", "skipped", "by"),
        *("functions", "functions_count", "stacks", "stacks_count"),
    ]
    assert report["schema"] == "flamegraph.top/1"
    assert report["metric"] == {"name": "samples", "unit": "samples", "total": 2**60 + 2}
    assert report["functions"] == [
        {
            "name": "f\ufffd\u2400",
            "module": "vmlinux",
            "kind": "kernel",
            "self": 2**60 + 1,
            "total": 2**60 + 1,
            "self_share": 1.0,
            "total_share": 1.0,
        }
    ]
    assert report["stacks"] == [{"frames": ["m", "f\ufffd\u2400"], "self": 2**60 + 1, "self_share": 1.0}]
    assert (report["functions_count"], report["stacks_count"]) == (2, 2)


def test_merging_order_does_not_change_the_report():
    from flamegraph import merge

    one, two = read(b"a;b 1\na;c 4\n"), read(b"a;b 3\nz 2\n")
    rows = []
    for profile in (merge([one, two]), merge([two, one])):
        found = functions(profile)
        rows.append([(found.label[i], found.own[i], found.total[i]) for i in found.order("total")])
    assert rows[0] == rows[1] and np.sum([own for _, own, _ in rows[0]]) == 10
