"""`flamegraph collapse`: any format → folded stacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from ..render import render as write_out
from ..render import renderers, save
from ._inputs import check_output, input_parameters, note_other_metrics, note_skipped, read_inputs
from ._options import Command, Option, declared, given

__all__ = ["command"]


@click.pass_context
def _run(ctx: click.Context, inputs: tuple[str, ...], output: str, source_format: str | None, quiet: bool, **_: Any):
    """Turn profiles into folded stacks: one line per stack, what most other tools read.

    Several INPUTs are added up. INPUT - is standard input, which is also read where there is none.

    \b
      flamegraph collapse perf.script.txt > out.folded
      perf script | flamegraph collapse --pid --kernel -o out.folded
    """
    folded = renderers()["folded"]
    other = [r.name for r in renderers().values() if r is not folded and Path(output).name.lower().endswith(r.suffixes)]
    if other:
        raise UsageError(f"{output}: collapse writes folded stacks; `flamegraph render` writes {other[0]}")
    check_output(output, inputs)
    chosen = given(ctx, "output")
    profile = read_inputs(inputs, source_format, given(ctx, "input"), quiet=quiet)
    save(write_out(profile, "folded", **chosen), output)
    note_skipped(profile, quiet)
    note_other_metrics(profile, folded.options, chosen, quiet)


command = Command(
    "collapse",
    callback=_run,
    help=_run.__doc__,
    params=[
        Option(["-o", "--output"], default="-", metavar="FILE", help="where to write to (default: standard output)"),
        *input_parameters(),
        *declared("output", {"folded": renderers()["folded"].options}),
    ],
)
