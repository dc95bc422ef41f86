"""`flamegraph render`: any format → a picture or another output."""

from __future__ import annotations

import shutil
import sys
from dataclasses import fields
from typing import Any

import click

from ..errors import UsageError
from ..options import fill
from ..render import Renderer, pick, produce, renderers, save
from ._inputs import check_output, input_parameters, note_other_metrics, note_skipped, wanted_profile
from ._options import Command, Option, declared, given
from ._progress import progress

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
    with progress(f"drawing {len(profile.stacks):,} stacks", quiet):
        content = produce(profile, renderer.name, **chosen)
    save(content, output)
    note_skipped(profile, quiet)
    note_other_metrics(profile, renderer.options, chosen, quiet)


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
        Option(["-o", "--output"], default="-", metavar="FILE", help="where to write to (default: standard output)"),
        Option(
            ["--to"],
            type=click.Choice(list(renderers())),
            help="what to write (default: as FILE's ending says; svg on standard output)",
        ),
        *input_parameters(),
        *declared("output", {name: renderer.options for name, renderer in renderers().items()}),
    ],
)
