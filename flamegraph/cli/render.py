"""`flamegraph render`: any format → a picture or another output."""

from __future__ import annotations

import shutil
import sys
from dataclasses import fields
from typing import Any

import click

from ..errors import UsageError
from ..options import fill
from ..render import Renderer, pick
from ._inputs import input_parameters, wanted_profile
from ._options import Command, given
from ._output import check_output, deliver, output_option, output_parameters, to_option

__all__ = ["command"]


@click.pass_context
def _run(
    ctx: click.Context,
    inputs: tuple[str, ...],
    output: str,
    to: str | None,
    source_format: str | None,
    quiet: bool,
    **_: Any,
):
    """Draw profiles: an interactive SVG, a tree in plain text, or another output that FILE's ending names.

    Several INPUTs are added up. INPUT - is standard input, which is also read where there is none.

    \b
      flamegraph render perf.script.txt -o out.svg
      flamegraph render before.folded after.folded -o both.svg --title "Both" --kind icicle
      flamegraph render perf.script.txt --to text
    """
    check_output(output, inputs)
    renderer = pick(to or ("svg" if output == "-" else None), output)
    chosen = given(ctx, "output")
    if output == "-" and sys.stdout.isatty():
        _for_terminal(renderer, chosen)
    timeline = bool(getattr(fill(renderer.options, chosen, f"the {renderer.name} output"), "timeline", False))
    profile = wanted_profile(ctx, inputs, source_format, quiet, chosen.get("metric"), timeline=timeline)
    deliver(profile, renderer, chosen, output, quiet)


def _for_terminal(renderer: Renderer, chosen: dict[str, Any]) -> None:
    """Refuse what no terminal shows, and let the rest fit in."""
    if not renderer.plain:
        raise UsageError(f"{renderer.name} is not for a terminal; expected -o FILE, or --to text to see it here")
    if "line_width" in {field.name for field in fields(renderer.options)}:
        chosen.setdefault("line_width", shutil.get_terminal_size().columns)


command = Command(
    "render",
    callback=_run,
    help=_run.__doc__,
    params=[
        output_option(),
        to_option("what to write (default: as FILE's ending says; svg on standard output)"),
        *input_parameters(),
        *output_parameters(),
    ],
)
