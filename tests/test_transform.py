"""Profiles seen another way."""

from __future__ import annotations

import numpy as np
from drawn import by_stack, drawn, folded, lines
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.collapse import read
from flamegraph.render import render
from flamegraph.transform import reverse


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
