"""From a recording to its profile: by ourselves or, where user stacks were copied and perf is installed, by perf."""

from __future__ import annotations

from ...errors import MissingExtra
from ...profile import Profile
from ...source import Source
from .assemble import profile_of
from .by_perf import by_perf
from .inline import AVAILABLE, NEEDED
from .options import Options
from .summary import gathered

__all__ = ["read"]


def read(source: Source, options: Options) -> Profile:
    """The profile of a recording. ParseError where its head is damaged, UsageError where no event has that name."""
    if options.inline == "yes" and not AVAILABLE:
        raise MissingExtra(f"--inline yes needs the library that reads debug information: {NEEDED}")
    header, gather = gathered(source, options)
    if gather.copied_stacks and options.unwind == "perf":
        unwound = by_perf(source, options, header, gather)
        if unwound is not None:
            return unwound
    return profile_of(header, gather, options)
