"""`flamegraph collapse`: any format → folded stacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from ..render import renderers, save
from ._events import listed
from ._inputs import input_parameters, wanted_profile
from ._options import Command, Option, given
from ._output import check_output, deliver, output_option, output_parameters

__all__ = ["command"]


@click.pass_context
def _run(
    ctx: click.Context,
    inputs: tuple[str, ...],
    output: str,
    list_events: bool,
    json: bool,
    source_format: str | None,
    quiet: bool,
    **_: Any,
):
    """Turn profiles into folded stacks: one line per stack, what most other tools read.

    Several INPUTs are added up. INPUT - is standard input, which is also read where there is none.

    \b
      flamegraph collapse perf.data > out.folded
      flamegraph collapse --list-events perf.data
      perf script | flamegraph collapse --pid --kernel -o out.folded
    """
    if list_events:
        unused = [name for role in ("input", "output", "transform") for name in given(ctx, role)]
        if unused:
            flag = unused[0].replace("_", "-")
            raise UsageError(f"--list-events tells of the whole recording, so it takes no --{flag}")
        check_output(output, inputs)
        return save(listed(inputs, source_format, json, quiet), output)
    if json:
        raise UsageError("--json goes with --list-events; `flamegraph top --json` tells what a profile holds")
    folded = renderers()["folded"]
    other = [r.name for r in renderers().values() if r is not folded and Path(output).name.lower().endswith(r.suffixes)]
    if other:
        raise UsageError(f"{output}: collapse writes folded stacks; `flamegraph render` writes {other[0]}")
    check_output(output, inputs)
    chosen = given(ctx, "output")
    profile = wanted_profile(ctx, inputs, source_format, quiet, chosen.get("metric"))
    deliver(profile, folded, chosen, output, quiet)


command = Command(
    "collapse",
    callback=_run,
    help=_run.__doc__,
    params=[
        output_option(),
        Option(["--list-events"], is_flag=True, help="only tell what was recorded: events, command, what was lost"),
        Option(["--json"], is_flag=True, help="the list as JSON; `pydoc flamegraph.cli._events` describes it"),
        *input_parameters(),
        *output_parameters("folded"),
    ],
)
