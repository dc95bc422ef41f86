"""Profiles drawn as folded text, and looked at as plain Python values; stacks for hypothesis to play with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from flamegraph.collapse import read
from flamegraph.profile import Profile


def drawn(text: str, **options: Any) -> Profile:
    """The profile that a few lines of folded text draw; blanks before a line don't count."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return read("\n".join(lines).encode(), format="folded", **options)


def by_stack(profile: Profile) -> dict[tuple[str, ...], list]:
    """Each sampled stack, as labels from the root, and the sums of its values. One step per node, nothing clever."""
    labels, path = profile.labels(), [()]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        path.append((*path[parent], labels[frame]))
    found: dict[tuple[str, ...], list] = {}
    for node, row in zip(profile.samples.stack.tolist(), profile.samples.values.tolist(), strict=True):
        known = found.setdefault(path[node], [0] * len(row))
        for k, value in enumerate(row):
            known[k] += value
    return found


#: Few frames and short stacks, so that stacks have much in common; now and then one that goes deep.
chains = st.lists(st.lists(st.integers(0, 3), max_size=6) | st.lists(st.integers(0, 1), max_size=40), max_size=30)

#: Names that extend each other by characters on both sides of ";", and one that is empty.
names = st.sampled_from(["a", "b", "a0", "a.cold", "a-b", "ab", "é", "_", "a~", "x::y", "[k]", ""])

weights = st.integers(1, 9) | st.integers(2**53, 2**53 + 9)

#: Folded lines as data: [(frames, weight)].
lines = st.lists(st.tuples(st.lists(names, min_size=1, max_size=5), weights), min_size=1, max_size=25)


def folded(lines: list[tuple[list[str], int]]) -> bytes:
    """Such lines as text."""
    return "".join(f"{';'.join(frames)} {weight}\n" for frames, weight in lines).encode()
