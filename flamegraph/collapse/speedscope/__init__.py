"""speedscope's own file format: stacks of several threads, sampled or as events, in one JSON object.

    {"$schema": "https://www.speedscope.app/file-format-schema.json", "name": "two", "exporter": "py-spy@0.4.1",
     "shared": {"frames": [{"name": "main", "file": "app.py", "line": 19}, {"name": "work"}]},
     "profiles": [{"type": "sampled", "name": "MainThread", "unit": "seconds", "startValue": 0, "endValue": 2,
                   "samples": [[0, 1], [0]], "weights": [1.5, 0.5]},
                  {"type": "evented", "name": "worker", "unit": "seconds", "startValue": 0, "endValue": 2,
                   "events": [{"type": "O", "frame": 0, "at": 0}, {"type": "C", "frame": 0, "at": 2}]}]}

Profiles are what speedscope shows one at a time, threads as a rule. Here they stand side by side, each on a frame of
its name, where there are several; `profile` picks one. Times are a metric in ns, bytes and unitless weights another.

speedscope refuses a file whose events are not balanced. Here what is open at the end ends there; a close of a frame
that is not on top closes what it called as well; a close of what was never opened is left out; and time that goes
back stands still. All but the first is counted in `skipped`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...builder import Builder, without_empty
from ...errors import ParseError, UsageError
from ...options import option
from ...profile import Kind, Meta, Profile
from ...source import Source
from ...thread_labels import process_in, profile_thread, thread_in
from .. import Format, Match
from .evented import read_events
from .sampled import read_samples
from .units import Unit, unit_of

__all__ = ["FORMAT", "Options", "parse", "sniff"]

NO_FRAME = "[unknown]"


@dataclass(frozen=True)
class Options:
    """What `speedscope` may be asked."""

    profile: str | None = option(None, "only this profile of the file: its name, or its number from 0", metavar="NAME")
    srcline: bool = option(False, "show file and line, where the input has them")
    timeline: bool = option(False, "keep samples one by one in time order")


FORMAT = Format(
    "speedscope JSON",
    made_by="py-spy record -f speedscope, pyinstrument -r speedscope, austin2speedscope, speedscope's own export",
    options=Options,
    files=("*.speedscope.json", "*.speedscope"),
)

# The schema's address may stand behind all that is looked at: then the first profile, or the frames, must tell.
_SCHEMA = re.compile(rb"https?://(?:www\.)?speedscope\.app/file-format-schema\.json")
_PROFILE = re.compile(rb'"type"\s*:\s*"(?:sampled|evented)"')
_FRAMES = re.compile(rb'\s*\{\s*"shared"\s*:\s*\{\s*"frames"\s*:\s*\[\s*(?:\{\s*"(?:name|file|line|col)"|\])')


def sniff(source: Source) -> Match:
    head = source.head
    if not re.match(rb"\s*\{", head):
        return Match.NO
    if _SCHEMA.search(head) or _FRAMES.match(head):
        return Match.SIGNATURE
    if b'"profiles"' in head and _PROFILE.search(head) and (b'"startValue"' in head or b'"unit"' in head):
        return Match.SIGNATURE
    return Match.NO


def parse(source: Source, options: Options) -> Profile:
    data = source.json()
    profiles = data.get("profiles") if isinstance(data, dict) else None
    if not isinstance(profiles, list):
        raise ParseError(source.name, "an object with a list of profiles", f"a {type(data).__name__} without one")
    chosen = [profile for profile in profiles if isinstance(profile, dict)]
    build = Builder(timeline=options.timeline)
    build.skip("entry that is no profile", len(profiles) - len(chosen))
    if options.profile is not None:
        chosen = [_only(chosen, options.profile, source.name)]
    frames = _frames(data, build, options.srcline)
    units = [unit_of(profile.get("unit")) for profile in chosen]
    spans = []
    for i, (profile, unit) in enumerate(zip(chosen, units, strict=True)):
        name = _text(profile.get("name")) or f"profile {i}"
        root = build.push(0, build.frame(name, Kind.THREAD)) if len(chosen) > 1 else 0
        thread = build.thread(*profile_thread(name))
        column = build.metric(unit.name, unit.metric)
        read = read_events if isinstance(profile.get("events"), list) else read_samples
        spans.append(read(profile, build, frames, root, column, thread, unit))
    title = _text(data.get("name")) or (_text(chosen[0].get("name")) if len(chosen) == 1 else "")
    return without_empty(build.finish(Meta(title=title, duration=_duration(units, spans))))


def _only(profiles: Sequence[dict[str, Any]], wanted: str, where: str) -> dict[str, Any]:
    """The profile of that name or number."""
    for profile in profiles:
        if profile.get("name") == wanted:
            return profile
    if wanted.isdecimal() and int(wanted[:9]) < len(profiles):
        return profiles[int(wanted[:9])]
    names = ", ".join(repr(_text(profile.get("name"))) for profile in profiles[:20])
    raise UsageError(f"{where}: no profile is called {wanted!r}; expected 0 to {len(profiles) - 1}, or one of {names}")


def _frames(data: dict[str, Any], build: Builder, srcline: bool) -> list[int]:
    """The numbers of the file's frames, in its order."""
    shared = data.get("shared")
    listed = shared.get("frames") if isinstance(shared, dict) else None
    return [_frame(frame, build, srcline) for frame in listed] if isinstance(listed, list) else []


def _frame(frame: Any, build: Builder, srcline: bool) -> int:
    frame = frame if isinstance(frame, dict) else {}
    name, file, line = _text(frame.get("name")) or NO_FRAME, _text(frame.get("file")), frame.get("line")
    line = line if isinstance(line, int) else 0
    kind = Kind.THREAD if thread_in(name) else Kind.PROCESS if process_in(name) is not None else Kind.USER
    if srcline and file:
        name = f"{name} ({file}:{line})" if line > 0 else f"{name} ({file})"
    return build.frame(name, kind, file=file, line=line)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _duration(units: list[Unit], spans: list[tuple[int, int]]) -> int:
    """From the first start to the last end, of those that are times."""
    times = [span for unit, span in zip(units, spans, strict=True) if unit.is_time]
    return max(0, max(end for _, end in times) - min(start for start, _ in times)) if times else 0
