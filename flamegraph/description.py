"""What is in a recording, told without its stacks: what a format's `describe` makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Description", "EventDescription"]


@dataclass(frozen=True)
class EventDescription:
    """One event: how many samples there are, and what they count, in `unit` ("ns", "bytes", "samples", …)."""

    name: str
    unit: str
    samples: int
    total: int | float


@dataclass(frozen=True)
class Description:
    """A recording in a few words. "" and 0 stand for what it does not say.

    events        in the order of their first samples, those without samples last
    duration      ns from the first sample to the last
    command       what made the recording
    architecture  of the machine, as uname -m tells it
    release       of the kernel, as uname -r tells it
    lost_records  records, or samples, that the kernel had to drop, by its own count
    skipped       reason → how often: what the recording holds and could not be read
    """

    events: tuple[EventDescription, ...]
    duration: int = 0
    command: str = ""
    host: str = ""
    architecture: str = ""
    release: str = ""
    lost_records: int = 0
    lost_samples: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
