"""Where commands write to: the options, what can't be written found out before anything is read, and the notes."""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from ..errors import InputError, UsageError
from ..profile import Profile
from ..render import Renderer, produce, renderers, save
from ..units import quantity
from ._inputs import note, note_skipped
from ._options import Option, declared
from ._progress import progress

__all__ = ["check_output", "check_terminal", "deliver", "output_option", "output_parameters", "to_option"]


def output_option(what: str = "where to write to (default: standard output)") -> Option:
    """-o FILE."""
    return Option(["-o", "--output"], default="-", metavar="FILE", help=what)


def to_option(what: str) -> Option:
    """--to OUTPUT."""
    return Option(["--to"], type=click.Choice(list(renderers())), help=what)


def output_parameters(*names: str, without: Container[str] = ()) -> list[Option]:
    """The options of these outputs, or of all."""
    return declared("output", {name: renderers()[name].options for name in names or renderers()}, without)


def check_output(output: str, inputs: Sequence[str]) -> None:
    """Refuse, before anything is read, an output that can't be written or that is an input."""
    if output == "-":
        return
    if not output:
        raise UsageError("-o: expected a FILE, found an empty name")
    path = Path(output)
    if path.is_dir():
        raise UsageError(f"{output}: can't be written: it is a directory")
    if not path.parent.is_dir():
        raise InputError(f"{output}: can't be written: there is no directory {path.parent}")
    for name in inputs:
        if name != "-" and path.is_file() and os.path.exists(name) and path.samefile(name):
            raise UsageError(f"{output}: is also the input; expected another name for the output")


def check_terminal(renderer: Renderer, output: str) -> None:
    """Refuse what no terminal shows."""
    if not renderer.plain and output == "-" and sys.stdout.isatty():
        raise UsageError(f"{renderer.name} is not for a terminal; expected -o FILE")


def deliver(profile: Profile, renderer: Renderer, chosen: dict[str, Any], output: str, quiet: bool) -> None:
    """Write a profile with the options that the user gave, and note what there is to know about it."""
    with progress(f"drawing {len(profile.stacks):,} stacks", quiet):
        content = produce(profile, renderer.name, **chosen)
    save(content, output)
    note_skipped(profile, quiet)
    _note_other_metrics(profile, renderer.options, chosen, quiet)


def _note_other_metrics(profile: Profile, options: type, chosen: dict[str, Any], quiet: bool) -> None:
    """Say what else was measured, where the output shows one metric and nobody said which."""
    if "metric" in chosen or "metric" not in {field.name for field in fields(options)}:
        return
    shown = profile.sides or (0,)
    others = ", ".join(
        f"{metric.name} ({quantity(profile.total(i), metric.unit)})"
        for i, metric in enumerate(profile.metrics)
        if i not in shown
    )
    if others:
        drawn = " and ".join(profile.metrics[i].name for i in shown)
        note(f"this is {drawn}; also measured: {others}; choose with --metric", quiet)
