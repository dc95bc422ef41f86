"""`flamegraph merge`: many profiles → one."""

from __future__ import annotations

from typing import Any

import click

from ..render import pick
from ._inputs import input_parameters, wanted_profile
from ._options import Command, Option, given
from ._output import check_output, check_terminal, deliver, output_option, output_parameters, to_option
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
    check_terminal(renderer, output)
    chosen = given(ctx, "output")
    files = [file for side in inputs for file in files_of(side)]
    check_output(output, files)
    profile = wanted_profile(ctx, files, source_format, quiet, chosen.get("metric"), label=label)
    deliver(profile, renderer, chosen, output, quiet)


command = Command(
    "merge",
    callback=_run,
    help=_run.__doc__,
    params=[
        output_option(),
        to_option("what to write (default: as FILE's ending says; folded on standard output)"),
        Option(["--label"], is_flag=True, help="put each input below a frame with its name"),
        *input_parameters(),
        *output_parameters(),
    ],
)
