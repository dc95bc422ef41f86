"""OpenTelemetry profiles (OTLP, v1development): what the eBPF profiler and the collector write.

    resource profiles ─ scope profiles ─ profile ─ samples: a stack, attributes, values and times
    dictionary        ─ stacks, locations, functions, mappings, attributes and strings, shared by all of a message

One message (ProfilesData, ExportProfilesServiceRequest) or several, as the collector's file exporter writes them: each
behind its length, or as JSON one per line. All profiles of a file are read; those that measure the same are added up.

A sample without values counts how often it was seen, which its times tell. Where a profile says what one sample
stands for, the time is a second metric: 20 samples of 50 ms are 1 s of cpu. A stack stands on frames for its service,
process and thread, as far as they have names; `--tag-root` takes other attributes instead.

The schema changed without a version number. Read are revisions with a table of stacks (opentelemetry-proto 1.9 and
later, in which the fields of samples changed places once more); those before are recognised and refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...description import Description, EventDescription
from ...errors import EmptyProfile
from ...options import option
from ...profile import Profile
from ...source import Source
from .. import Format, Match
from .shapes import CURRENT, refusal, revision

__all__ = ["FORMAT", "Options", "describe", "parse", "sniff"]


@dataclass(frozen=True)
class Options:
    """What `otlp_profile` may be asked."""

    tag_root: tuple[str, ...] = option(
        (),
        "stand stacks on the value of this label, or attribute (default: service, process and thread)",
        metavar="KEY",
    )
    tag_leaf: tuple[str, ...] = option((), "put the value of this label, or attribute, on top of stacks", metavar="KEY")
    timeline: bool = option(False, "keep samples one by one in time order")


FORMAT = Format(
    title="OpenTelemetry profiles (OTLP)",
    made_by="the OpenTelemetry eBPF profiler; the collector's file exporter",
    options=Options,
    files=("*.otlp", "*.otlp.json", "*.jsonl"),
)

#: What an object of profiles has at its top, or in the tables that may come first.
_JSON = re.compile(
    rb'"resourceProfiles"\s*:\s*\[|"dictionary"\s*:\s*\{\s*"(?:mapping|location|function|link|string|attribute|stack)Table"'
)


def sniff(source: Source) -> Match:
    """A message of this shape, or an object with profiles."""
    head = source.head
    if head[:4096].lstrip()[:1] == b"{":
        return Match.SIGNATURE if _JSON.search(head) else Match.NO
    return Match.SIGNATURE if revision(head) else Match.NO


def describe(source: Source) -> Description:
    """What was recorded: each metric, with the samples that count for it."""
    profile = parse(source, Options(timeline=True))
    if not len(profile.samples):
        raise EmptyProfile(f"{source.name}: expected samples, found none")
    return Description(
        events=tuple(
            EventDescription(metric.name, metric.unit, int(np.count_nonzero(column)), int(column.sum()))
            for metric, column in zip(profile.metrics, profile.samples.values.T, strict=True)
        ),
        duration=profile.meta.duration,
        skipped=profile.skipped,
    )


def parse(source: Source, options: Options) -> Profile:
    from .assemble import assemble  # what it takes to read is not needed to find out whose a file is
    from .binary import read_binary
    from .protojson import read_json
    from .roots import Roots

    roots = Roots(options.tag_root, options.tag_leaf)
    if source.head[:4096].lstrip()[:1] == b"{":
        return assemble(source, read_json(source), roots, options.timeline)
    if (found := revision(source.head)) not in ("", CURRENT):
        raise refusal(source.name, found)
    return assemble(source, read_binary(source), roots, options.timeline)
