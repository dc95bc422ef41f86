"""Profile → Profile: the same samples, seen another way. Every function is pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .builder import stacks_from_chains
from .profile import Profile
from .trie import paths

__all__ = ["reverse"]


def reverse(profile: Profile) -> Profile:
    """The profile with every stack turned over: leaves become roots, so callers grow out of what they call."""
    leaves, row = np.unique(profile.samples.stack, return_inverse=True)
    frames, lengths = paths(profile.stacks, leaves)
    # Reverse all at once: then both the order within and the order of the stacks are turned over.
    stacks, node = stacks_from_chains(frames[::-1], lengths[::-1])
    samples = replace(profile.samples, stack=node[::-1][row])
    return replace(profile, stacks=stacks, samples=samples).check()
