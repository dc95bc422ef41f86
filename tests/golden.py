"""Fixtures, and a profile as text that can be read, compared and reviewed.

A fixture is any file in fixtures/collapse/<format>/ but ORIGIN and goldens. Its goldens lie beside it:

    case.golden                       as read without options
    case__pid.golden                  with pid=True
    case__event=cycles__tid.golden    with event="cycles" and tid=True; "%2F" stands for "/"

A fixture called bad* must fail; its golden holds the error. All others must be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import unquote

from flamegraph.collapse import formats, read
from flamegraph.errors import FlamegraphError
from flamegraph.profile import Kind, Meta, Profile
from flamegraph.source import Source

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures" / "collapse"
CORPUS = ROOT.parent / "shared" / "corpus"  # other people's files: read in place where they are there, never copied


@dataclass(frozen=True)
class Case:
    """One fixture, read in one way."""

    format: str
    fixture: Path
    golden: Path

    @property
    def options(self) -> dict[str, Any]:
        return parse_options(self.format, self.golden.name.removesuffix(".golden").split("__")[1:])

    @property
    def must_fail(self) -> bool:
        return self.fixture.name.startswith("bad")

    def __str__(self) -> str:
        return f"{self.format}/{self.golden.name.removesuffix('.golden')}"


def fixtures() -> Iterator[Path]:
    """All fixtures, of all formats."""
    for path in sorted(FIXTURES.glob("*/*")):
        if path.is_file() and path.suffix != ".golden" and path.name != "ORIGIN":
            yield path


def cases() -> Iterator[Case]:
    """All fixtures in all ways in which they are to be read."""
    for fixture in fixtures():
        folder, stem = fixture.parent, fixture.name.split(".")[0]
        for golden in [folder / f"{stem}.golden", *sorted(folder.glob(f"{stem}__*.golden"))]:
            yield Case(folder.name, fixture, golden)


def parse_options(format: str, words: list[str]) -> dict[str, Any]:
    """The options in a golden's name, as the types that the format's options have."""
    cls = formats()[format].options
    known = {field.name: field.default for field in fields(cls)}
    hints = get_type_hints(cls)
    options: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        name, value = name.replace("-", "_"), unquote(value)
        default = known[name]
        if isinstance(default, bool):
            options[name] = value != "no"
        elif isinstance(default, tuple):
            options[name] = (*options.get(name, ()), get_args(hints[name])[0](value))
        elif isinstance(default, (int, float)):
            options[name] = type(default)(value)
        else:
            options[name] = value
    return options


def read_as_text(content: bytes, name: str, options: dict[str, Any]) -> str:
    """What a golden holds: the profile that `content` holds, or the error that it ends in."""
    try:
        return profile_text(read(Source(content, name), **options))
    except FlamegraphError as error:
        # A new format changes no other format's goldens.
        return f"error: {type(error).__name__}: {error}\n".replace(", ".join(formats()), "FORMATS")


def profile_text(profile: Profile) -> str:
    """Everything in a profile, sorted where order means nothing."""
    out = [f"format: {profile.meta.format}"]
    out.append("metrics: " + ", ".join(f"{visible(m.name)} ({visible(m.unit)})" for m in profile.metrics))
    out.append("total: " + numbers(profile.samples.values.sum(axis=0).tolist()))
    for field in fields(Meta):
        value = getattr(profile.meta, field.name)
        if field.name == "annotated" and value:
            out.append("annotated: " + " ".join(sorted(kind.name.lower() for kind in value)))
        elif field.name != "format" and value != field.default:
            out.append(f"{field.name}: {visible(str(value))}")
    out += [f"skipped: {count} × {visible(reason)}" for reason, count in sorted(profile.skipped.items())]
    out += [f"thread: {thread.pid}/{thread.tid} {visible(thread.name)}" for thread in profile.threads]
    out += ["", *frame_lines(profile), "", *sample_lines(profile)]
    return "\n".join(out) + "\n"


def frame_lines(profile: Profile) -> list[str]:
    """The frames of which more than the name is known."""
    f = profile.frames
    lines = []
    for name, kind, module, file, line in zip(f.name, f.kind.tolist(), f.module, f.file, f.line.tolist(), strict=True):
        known = [Kind(kind).name.lower()] if kind else []
        known += [f"in {visible(module)}"] if module else []
        known += [f"at {visible(file)}:{line}"] if file or line else []
        if known:
            lines.append(f"{visible(name)} | {' '.join(known)}")
    return sorted(lines)


def sample_lines(profile: Profile) -> list[str]:
    """Folded stacks with all their values, sorted; of a timeline one line per sample, in its order."""
    labels = [visible(label) for label in profile.labels()]
    text = [""]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        text.append(f"{text[parent]};{labels[frame]}" if parent else labels[frame])
    samples = profile.samples
    lines = [
        f"{text[node]} {numbers(row)}"
        for node, row in zip(samples.stack.tolist(), samples.values.tolist(), strict=True)
    ]
    if not profile.meta.timeline:
        return sorted(lines)
    time = ["-"] * len(lines) if samples.time is None else samples.time.tolist()
    who = ["-"] * len(lines)
    if samples.thread is not None:
        who = [str(profile.threads[i].tid) for i in samples.thread.tolist()]
    if samples.cpu is not None:
        who = [f"{w} [{cpu}]" for w, cpu in zip(who, samples.cpu.tolist(), strict=True)]
    return [f"{t} {w} {line}" for t, w, line in zip(time, who, lines, strict=True)]


def numbers(row: list[int | float]) -> str:
    return " ".join(map(str, row))


def visible(name: str) -> str:
    """A name in which everything that could be mistaken is escaped; no two names look the same."""
    escaped = (c if c.isprintable() and c not in "\\;" else c.encode("unicode_escape").decode() for c in name)
    return "".join("\\;" if c == ";" else c for c in escaped)
