"""`flamegraph formats`: what can be read and written, with all options.

The JSON is one object, "schema": "flamegraph.formats/1". Keys may be added under this number; none changes its meaning.

    schema  "flamegraph.formats/1"
    reads   [{name, title, made_by, files, options}]: `made_by` is the command that writes such a file
    writes  [{name, title, suffixes, options}]

An option is {name, flags, help, type, choices, default, repeatable}; `default` null means "not given".
"""

from __future__ import annotations

import json as json_text
import shutil
import textwrap
from collections.abc import Iterator
from typing import Any

import click

from ..collapse import Format, formats
from ..render import Renderer, renderers
from ._options import Command, Option, declared

__all__ = ["command"]


def _run(json: bool):
    """List what can be read and written: how each format is made, and which options it takes."""
    if json:
        click.echo(json_text.dumps(_described(), indent=2, ensure_ascii=False))
    else:
        room = max(shutil.get_terminal_size((100, 24)).columns, 60)
        click.echo("\n".join(_lines(room)))


def _described() -> dict[str, Any]:
    return {
        "schema": "flamegraph.formats/1",
        "reads": [
            {"name": f.name, "title": f.title, "made_by": f.made_by, "files": list(f.files), "options": _options(f)}
            for f in formats().values()
        ],
        "writes": [
            {"name": r.name, "title": r.title, "suffixes": list(r.suffixes), "options": _options(r)}
            for r in renderers().values()
        ],
    }


def _options(member: Format | Renderer) -> list[dict[str, Any]]:
    return [
        {
            "name": option.name,
            "flags": [*option.opts, *option.secondary_opts],
            "help": option.declares.metadata["help"],
            "type": "flag" if option.is_flag else option.type.name,
            "choices": list(option.type.choices) if isinstance(option.type, click.Choice) else [],
            "default": option.declares.default,
            "repeatable": option.multiple,
        }
        for option in declared("", {member.name: member.options})
    ]


def _lines(room: int) -> Iterator[str]:
    yield "Reads (found from the content, or told with --from)"
    for f in formats().values():
        yield from _member(f.name, f.title, room, {"made by": f.made_by, "options": _flags(f)})
    yield ""
    yield "Writes (found from the ending of the file's name, or told with --to)"
    for r in renderers().values():
        yield from _member(r.name, r.title, room, {"files": ", ".join(r.suffixes), "options": _flags(r)})


def _member(name: str, title: str, room: int, facts: dict[str, str]) -> Iterator[str]:
    yield ""
    yield f"  {name}: {title}"
    for what, text in facts.items():
        if text:
            yield from textwrap.wrap(
                f"{what}: {text}", room, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False
            )


def _flags(member: Format | Renderer) -> str:
    return " ".join(flag for option in _options(member) for flag in option["flags"])


command = Command(
    "formats",
    callback=_run,
    help=_run.__doc__,
    params=[Option(["--json"], is_flag=True, help="write JSON; `pydoc flamegraph.cli.formats` describes it")],
)
