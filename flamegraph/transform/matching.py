"""Frames that a pattern matches, and what follows from that for the nodes of the trie."""

from __future__ import annotations

import re

import numpy as np

from ..errors import UsageError
from ..profile import Profile
from ..trie import levels

__all__ = ["compiled", "matching", "on_path"]


def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression. UsageError where it is none."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r}: expected a regular expression: {error}") from None


def matching(profile: Profile, pattern: str) -> np.ndarray:
    """The nodes whose frame's label the pattern is found in: bool[n]; never the root."""
    search = compiled(pattern).search
    hit = [search(label) is not None for label in profile.labels()]
    return np.array([*hit, False])[profile.stacks.frame]  # -1, the root's frame, is last


def on_path(profile: Profile, hit: np.ndarray) -> np.ndarray:
    """The nodes that are hit themselves or stand on one that is: bool[n]."""
    on = hit.copy()
    parent = profile.stacks.parent
    for nodes in levels(profile.stacks):
        on[nodes] |= on[parent[nodes]]
    return on
