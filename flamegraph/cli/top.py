"""`flamegraph top`: the hottest functions and stacks, for people and, with --json, for programs."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import click

from ..hot import functions, hot_stacks
from ._inputs import input_parameters, note_skipped, wanted_profile
from ._options import Command, Option
from ._report import as_json, as_text, can_show

__all__ = ["command"]


@click.pass_context
def _run(
    ctx: click.Context,
    inputs: tuple[str, ...],
    lines: int,
    by: str,
    stacks: bool,
    metric: str | None,
    json: bool,
    source_format: str | None,
    quiet: bool,
    **_: Any,
):
    """List the hottest functions: what they cost themselves, and with all that they call.

    Several INPUTs are added up. INPUT - is standard input, which is also read where there is none.
    A function that calls itself counts once in its total.

    \b
      flamegraph top perf.script.txt
      flamegraph top -n 5 --by total --stacks perf.script.txt
      flamegraph top --json perf.script.txt | jq -r '.functions[0].name'
    """
    profile = wanted_profile(ctx, inputs, source_format, quiet, metric)
    column = profile.column(metric)
    found = functions(profile, column)
    paths = hot_stacks(profile, lines, column) if stacks else None
    name = " + ".join(inputs) or "-"
    if json:
        click.echo(as_json(profile, column, inputs or ("-",), found, paths, by, lines))
    else:
        ascii = not can_show("█…×")
        room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        click.echo(as_text(profile, column, name, found, paths, by, lines, room, ascii), nl=False)
        note_skipped(profile, quiet)


command = Command(
    "top",
    callback=_run,
    help=_run.__doc__,
    params=[
        Option(
            ["-n", "--lines"],
            type=click.IntRange(min=1),
            default=20,
            metavar="N",
            help="how many (default: 20)",
        ),
        Option(["--by"], type=click.Choice(["self", "total"]), default="self", help="what to sort by (default: self)"),
        Option(["--stacks"], is_flag=True, help="list the hottest stacks too"),
        Option(["--metric"], metavar="NAME", help="the metric to list (default: the first; `after` if compared)"),
        Option(["--json"], is_flag=True, help="write JSON; `pydoc flamegraph.cli._report` describes it"),
        *input_parameters(),
    ],
)
