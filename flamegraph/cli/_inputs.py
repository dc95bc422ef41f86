"""What every command that takes profiles does first: the arguments, reading, merging, and what was left out."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ..collapse import formats
from ..errors import EmptyProfile, UsageError
from ..profile import Profile
from ..text import printable
from ..transform import Transforms, apply
from ._options import Option, declared, given
from ._reading import read_all

__all__ = [
    "check_inputs",
    "input_parameters",
    "note",
    "note_skipped",
    "wanted_profile",
]


def input_parameters() -> list[click.Parameter]:
    """INPUT…, how to read it, the options of all formats, and how it is to be seen."""
    return [
        click.Argument(["inputs"], nargs=-1, metavar="[INPUT]..."),
        Option(
            ["--from", "source_format"],
            type=click.Choice(list(formats())),
            metavar="FORMAT",
            help="the format of the inputs (default: found from the content)",
        ),
        Option(["-q", "--quiet"], is_flag=True, help="no notes and no progress on standard error"),
        *declared("input", {name: format.options for name, format in formats().items()}),
        *declared("transform", {"transforms": Transforms}),
    ]


def wanted_profile(
    ctx: click.Context,
    inputs: Sequence[str],
    format: str | None,
    quiet: bool,
    metric: str | None,
    *,
    timeline: bool = False,
    label: bool = False,
) -> Profile:
    """The inputs as one profile, read and transformed by the options that the user gave.

    With `timeline` samples are read one by one, in order of time; with `label` each input stands below a frame that
    bears its name. UsageError where a format lacks an option, EmptyProfile where the transforms leave nothing.
    """
    options, wanted = given(ctx, "input"), given(ctx, "transform")
    transforms = Transforms(**wanted)
    if timeline or transforms.needs_samples:
        options["timeline"] = True
    profile = read_all(check_inputs(inputs), format, options, quiet, label)
    if not wanted:
        return profile
    column = profile.column(metric) if "prune" in wanted else 0
    found = apply(profile, transforms, column)
    if not len(found.samples):
        told = ", ".join("--" + name.replace("_", "-") for name in wanted)
        raise EmptyProfile(f"expected samples that {told} would leave, found none")
    return found


def check_inputs(inputs: Sequence[str]) -> Sequence[str]:
    """The names to read; standard input where there is none and something is piped in."""
    if not inputs:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("expected an INPUT: a file, or - for standard input")
        return ("-",)
    if list(inputs).count("-") > 1:
        raise UsageError("standard input (-) can be read only once")
    if "" in inputs:
        raise UsageError("expected an INPUT: a file, or - for standard input; found an empty name")
    return inputs


def note(text: str, quiet: bool = False) -> None:
    """One line on standard error that is no failure."""
    if not quiet:
        click.echo(f"flamegraph: note: {printable(text)}", err=True)


def note_skipped(profile: Profile, quiet: bool) -> None:
    """Say what the readers dropped, and why."""
    for reason, count in sorted(profile.skipped.items()):
        note(f"skipped {count:,} × {reason}", quiet)
