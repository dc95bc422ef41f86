"""`flamegraph merge`: many profiles → one."""

from __future__ import annotations

import sys
from typing import Any

import click

from ..errors import UsageError
from ..render import pick, produce, renderers, save
from ._inputs import check_output, input_parameters, note_other_metrics, note_skipped, wanted_profile
from ._options import Command, Option, declared, given
from ._sides import files_of

__all__ = ["command"]


@click.pass_context
def _run(
    ctx: click.Context,
    inputs: tuple[str, ...],
    output: str,
    to: str | None,
    label: bool,
    source_format: str | None,
    quiet: bool,
    **_: Any,
):
    """Add profiles up: of many runs, hosts or processes, in any formats.

    INPUT is a file, a folder, or a quoted glob. Metrics go by name and unit; one with two units is an error. The
    order of the inputs makes no difference. Thousands are read by all processors, and never all at once.

    \b
      flamegraph merge host-*.folded -o all.folded
      flamegraph merge --label 'runs/*.pb.gz' -o runs.svg
    """
    check_output(output, inputs)
    renderer = pick(to or ("folded" if output == "-" else None), output)
    if not renderer.plain and output == "-" and sys.stdout.isatty():
        raise UsageError(f"{renderer.name} is not for a terminal; expected -o FILE")
    chosen = given(ctx, "output")
    files = [file for side in inputs for file in files_of(side)]
    check_output(output, files)
    profile = wanted_profile(ctx, files, source_format, quiet, chosen.get("metric"), label=label)
    save(produce(profile, renderer.name, **chosen), output)
    note_skipped(profile, quiet)
    note_other_metrics(profile, renderer.options, chosen, quiet)


command = Command(
    "merge",
    callback=_run,
    help=_run.__doc__,
    params=[
        Option(["-o", "--output"], default="-", metavar="FILE", help="where to write to (default: standard output)"),
        Option(
            ["--to"],
            type=click.Choice(list(renderers())),
            help="what to write (default: as FILE's ending says; folded on standard output)",
        ),
        Option(["--label"], is_flag=True, help="put each input below a frame with its name"),
        *input_parameters(),
        *declared("output", {name: renderer.options for name, renderer in renderers().items()}),
    ],
)
