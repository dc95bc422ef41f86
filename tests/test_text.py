"""The call tree in plain text, and what fits into columns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flamegraph import Builder, read
from flamegraph.columns import amount, bar, display_width, shorten
from flamegraph.errors import UsageError
from flamegraph.render import render

EXAMPLE = b"main;parse 21\nmain;parse;read_token 580\nmain;eval 330\nmain;eval;eval 50\nmain;exit 1\nidle 18\n"


def lines(content: bytes, **options) -> list[str]:
    return render(read(content), "text", **options).decode().splitlines()


def test_tree():
    assert lines(EXAMPLE, min_share=1) == [
        "1,000 samples",
        "",
        " total             self  samples",
        "100.0% ████████            1,000  all",
        " 98.2% ███████▉              982  ├─ main  (0.1% not shown)",
        " 60.1% ████▊       2.1%      601  │  ├─ parse",
        " 58.0% ████▋      58.0%      580  │  │  read_token",
        " 38.0% ███        33.0%      380  │  └─ eval",
        "  5.0% ▍           5.0%       50  │     eval",
        "  1.8% ▏           1.8%       18  └─ idle",
    ]


def test_ascii():
    shown = lines(EXAMPLE, ascii=True, min_share=10)
    assert shown[3:] == [
        "100.0% ########            1,000  all  (1.8% not shown)",
        " 98.2% ########              982  main  (0.1% not shown)",
        " 60.1% #####       2.1%      601  |- parse",
        " 58.0% #####      58.0%      580  |  read_token",
        " 38.0% ###        33.0%      380  `- eval  (5.0% not shown)",
    ]
    assert all(line.isascii() for line in shown)


def test_both_sides_of_a_comparison_are_shown():
    shown = lines(b"a;b 10 30\na;c 5 0\n")
    assert shown[:2] == ["after: 30 samples", "also before: 15 samples"]
    assert shown[3:] == [
        " total             self  before  after",
        "100.0% ████████              15     30  all",
        "100.0% ████████              15     30  a",
        "100.0% ████████  100.0%      10     30  b",
    ]


def test_metric():
    build = Builder()
    stack = build.push(0, build.frame("f"))
    build.sample(stack, 7, build.metric("cycles", "cycles"))
    build.sample(stack, 2_500_000, build.metric("wall", "ns"))
    profile = build.finish()
    assert render(profile, "text", metric="wall").decode().splitlines()[:2] == ["wall: 2.5 ms", "also 7 cycles"]
    with pytest.raises(UsageError, match=r"'x'.*cycles, wall"):
        render(profile, "text", metric="x")


@given(
    st.dictionaries(
        st.lists(st.sampled_from("abc"), min_size=1, max_size=9).map(";".join), st.integers(1, 99), min_size=1
    ),
    st.sampled_from([0, 5, 40]),
)
def test_what_is_not_shown_is_told(stacks, min_share):
    """Each line's share is its own, its callees' and what is not shown; within what rounding leaves."""
    content = "".join(f"{stack} {count}\n" for stack, count in stacks.items()).encode()
    tree = lines(content, ascii=True, min_share=min_share)[3:]
    total = sum(stacks.values())
    at = tree[0].index("all")
    rows = []  # (column of the name, share, own, not shown, is a branch)
    for line in tree:
        lead = re.match(r"(?:\|  |   )*(\|- |`- )?", line[at:])
        hidden = re.search(r"\((<?[\d.]+)% not shown\)", line)
        own = line[16:23].strip().rstrip("%")
        rows.append((lead.end(), bool(lead[1]), float(line[:6].rstrip("%")), float(own or 0), hidden and hidden[1]))
    for i, (column, _, share, own, hidden) in enumerate(rows):
        callees, j = 0.0, i + 1
        if j < len(rows) and not rows[j][1] and rows[j][0] == column:
            callees = rows[j][2]  # the only one
        else:
            while j < len(rows) and rows[j][0] > column:
                callees += rows[j][2] if rows[j][1] and rows[j][0] == column + 3 else 0
                j += 1
        rest = 0.1 if hidden and hidden.startswith("<") else float(hidden or 0)
        assert abs(share - own - callees - rest) < 0.1 * (len(rows) + 2), tree
    shown = {line[at:].strip("|`- ").split("  ")[0] for line in tree}
    heavy = {stack.split(";")[0] for stack in stacks}
    sums = {top: sum(count for stack, count in stacks.items() if stack.split(";")[0] == top) for top in heavy}
    assert {top for top, count in sums.items() if count >= min_share / 100 * total} <= shown


def test_deep_and_branching_stacks_stay_narrow_and_quick():
    build = Builder()
    build.metric("samples", "samples")
    node, names = 0, [build.frame(name) for name in "ab"]
    for _ in range(3000):
        build.sample(build.push(node, names[1]), 1)
        node = build.push(node, names[0])
        build.sample(node, 1)
    out = render(build.finish(), "text", min_share=0, line_width=80).decode().splitlines()
    assert len(out) == 3 + 6001
    assert max(map(display_width, out)) <= 80


NAMES = st.one_of(st.text(max_size=80), st.sampled_from(["operator<", "a->b", "f(((", "x" * 5000, "名" * 99, "(" * 99]))


@given(NAMES, st.integers(0, 120), st.booleans())
def test_shortened_names_fit(name, room, ascii):
    assert display_width(shorten(name, room, ascii)) <= max(room, 0)
    if display_width(name) <= room:
        assert shorten(name, room, ascii) == name


@pytest.mark.parametrize(
    "name, room, shown",
    [
        ("std::vector<int, std::allocator<int> >::push_back(int const&)", 30, "std::vector<…>::push_back(…)"),
        ("draw(Canvas const&, int)", 20, "draw(…)"),
        ("run()", 4, "…n()"),
        ("bool operator<(A const&, A const&)", 20, "bool operator<(…)"),
        ("com/example/deep/packages/HashMap.get", 20, "…kages/HashMap.get"[:20]),
        ("std::sort_loop<std::vector<int>, By<main::compare", 20, "std::sort_loop<…"),
        ("std::map<int, char>::operator<", 24, "std::map<…>::operator<"),
        ("find<decltype(a->b)>(int)", 10, "find<…>(…)"),
    ],
)
def test_what_tells_least_goes_first(name, room, shown):
    short = shorten(name, room)
    assert short == shown or (short.endswith(shown.lstrip("…")) and display_width(short) <= room)


@pytest.mark.parametrize(
    "value, unit, shown",
    [
        (9_999_999, "cycles", "9,999,999"),
        (12_345_678, "cycles", "12.3 M"),
        (999_960_000, "cycles", "1.0 G"),
        (5 * 10**18, "cycles", "5.0 E"),
        (0.25, "samples", "0.25"),
        (2_500_000, "ns", "2.5 ms"),
    ],
)
def test_amount(value, unit, shown):
    assert amount(value, unit) == shown


@given(st.floats(-1, 2, allow_nan=False), st.integers(0, 40))
def test_bars_have_one_width(share, room):
    for ascii in (False, True):
        assert display_width(bar(share, room, ascii)) == room
    assert bar(1, room) == "█" * room and bar(0, room).strip() == ""
