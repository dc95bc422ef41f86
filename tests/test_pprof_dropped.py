"""Frames that a profile calls uninteresting, and the patterns that tell them."""

from __future__ import annotations

import random
import re

import pytest
from drawn import by_stack
from wire import Pprof

from flamegraph.collapse import read
from flamegraph.collapse.pprof.patterns import Pattern, Unsupported


def test_drop_frames_takes_no_years():
    """Patterns that Python's `re` would need years for, and names that a finite automaton grows without end for."""
    made = Pprof()
    chance = random.Random(1)
    for _ in range(300):
        made.sample(["".join(chance.choices("ab", k=300))], 1)
    made.more = made.text(7, "(a*)*(a|b)*c" + "(a|b)*a" + "(?:a|b)" * 60)
    assert not read(made.file()).skipped
    made.more = made.text(7, "(a|b)*a" + "(?:a|b)" * 900)
    assert read(made.file()).skipped == {"drop_frames that is no known pattern": 1}


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("abc", ["abc"], ["ab", "abcd", ""]),
        ("a.*c", ["ac", "abbc"], ["ab", "a\nc"]),
        ("a+b?", ["a", "aab"], ["b", "abb"]),
        ("(ab|c)*d", ["d", "ababcd"], ["abd ", "bd"]),
        ("(?:a|b)c|", ["ac", "bc", ""], ["c"]),
        ("[a-c_]+[^0-9]", ["abcx", "_x"], ["ab1", "x"]),
        (r"[\d.-]*", ["1.5-"], ["a"]),
        (r"\w+\(\)\.\*", ["f_1().*"], ["f()"]),
        (r"[]a]", ["]", "a"], ["b"]),
        ("a??b*?", ["ab", "bbb"], ["ba"]),
    ],
)
def test_patterns(pattern: str, matches: list[str], others: list[str]):
    compiled = Pattern(pattern)
    assert [text for text in (*matches, *others) if compiled.fullmatch(text)] == matches
    assert [text for text in (*matches, *others) if re.fullmatch(pattern, text)] == matches


#: Wrong, or more than is understood.
OTHER = [
    "(",
    "a)",
    "a{2}",
    "^a",
    "a$",
    "*",
    r"\p{L}",
    "\\",
    "[a",
    "[[:alpha:]]",
    "[z-a]",
    "(" * 99 + ")" * 99,
    "a" * 30_000,
]


@pytest.mark.parametrize("pattern", OTHER, ids=lambda pattern: pattern[:9])
def test_patterns_that_are_not_understood(pattern: str):
    with pytest.raises(Unsupported):
        Pattern(pattern)


def test_drop_frames():
    made = Pprof()
    inlined = made.location("tcmalloc::Alloc(int)", "wrapper", address=9)
    made.sample(["deep", "malloc", "work", "malloc_user", "main"], 1)
    made.sample([inlined, "main"], 2)
    made.sample(["keep", "main", "malloc"], 4)  # nothing is dropped below the first function that stays
    made.sample(["x", "malloc(unsigned long)", "y", "free", "main"], 8)
    made.sample(["malloc"], 16)
    made.more = made.text(7, r"malloc|tcmalloc::.*|.*free")
    assert by_stack(read(made.file())) == {
        ("main", "malloc_user", "work"): [1],
        ("main", "wrapper"): [2],
        ("malloc", "main", "keep"): [4],
        ("main",): [8],
        ("malloc",): [16],
    }
    made.more += made.text(8, r"tc.*|mall.c")
    assert by_stack(read(made.file()))["main", "malloc_user", "work", "malloc", "deep"] == [1]
    assert by_stack(read(made.file(), drop_frames=False))["main", "wrapper", "tcmalloc::Alloc(int)"] == [2]
    made.more = made.text(7, r"(?i)malloc")
    profile = read(made.file())
    assert ("main", "malloc_user", "work", "malloc", "deep") in by_stack(profile)
    assert profile.skipped == {"drop_frames that is no known pattern": 1}
