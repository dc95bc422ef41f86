"""What is in a text, event by event: for `--list-events`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...description import Description, EventDescription
from ...errors import EmptyProfile
from ...profile import Profile
from ...source import Source
from ...text import decode

__all__ = ["summary"]

_FACT = re.compile(rb"#[ \t]*(os release|arch)[ \t]*:(.*)")


def summary(source: Source, parse: Callable[[Source, Any], Profile], options: type) -> Description:
    """What `parse` finds: once as it counts, once by samples. EmptyProfile where there are none."""
    profile, counted = (parse(source, options(weight=weight)) for weight in (None, "samples"))
    if not len(profile.samples):
        raise EmptyProfile(f"{source.name}: expected samples, found none")
    facts = {match[1]: decode(match[2].strip()) for match in map(_FACT.fullmatch, source.head.splitlines()) if match}
    samples = {metric.name: counted.total(i) for i, metric in enumerate(counted.metrics)}
    return Description(
        events=tuple(
            EventDescription(metric.name, metric.unit, int(samples.get(metric.name, 0)), profile.total(i))
            for i, metric in enumerate(profile.metrics)
        ),
        duration=profile.meta.duration,
        command=profile.meta.command,
        host=profile.meta.host,
        architecture=facts.get(b"arch", ""),
        release=facts.get(b"os release", ""),
        skipped=profile.skipped,
    )
