"""`flamegraph diff`: what changed between two profiles, or between two sets of repeated runs."""

from __future__ import annotations

import shutil
import sys
from math import isfinite
from typing import Any

import click

from ..comparison import NORMS
from ..comparison import diff as compare
from ..errors import UsageError
from ..render import pick, produce, save
from ..transform import tidy_name
from ._changes import as_json, as_text
from ._inputs import input_parameters, note, note_skipped
from ._options import Command, Option, given
from ._output import check_output, check_terminal, output_option, output_parameters, to_option
from ._power import told
from ._progress import progress
from ._report import can_show
from ._sides import files_of, wanted_sides

__all__ = ["command"]

#: What `-o FILE` writes by itself; the rest is for the outputs.
_REPORTS = (".json", ".txt")


@click.pass_context
def _run(
    ctx: click.Context,
    before: str,
    after: str,
    output: str,
    to: str | None,
    lines: int,
    by: str,
    metric: str | None,
    norm: str,
    alpha: float,
    fdr: bool,
    match: str,
    power: float | None,
    blocks: bool,
    force: bool,
    json: bool,
    source_format: str | None,
    quiet: bool,
    **_: Any,
):
    """Tell what changed from BEFORE to AFTER: a table, or with -o a differential flame graph.

    Each side is a file, a folder of repeated runs, or a quoted glob of them. With four runs per side or more, made in
    mixed order, the verdicts of a table hold: where nothing changed, any function is called changed in at most 5 % of
    comparisons (--by self and --by total each). With fewer runs they know the noise of sampling, two or three runs a
    little more; the table says so.

    \b
      flamegraph diff before.folded after.folded
      flamegraph diff before.folded after.folded -o changes.svg
      flamegraph diff 'runs/old-*.folded' 'runs/new-*.folded' --json
    """
    names = [files_of(side) for side in (before, after)]
    if before == after == "-":
        raise UsageError("standard input (-) can be read only once")
    check_output(output, [*names[0], *names[1]])
    chosen = given(ctx, "output")
    report = to is None and (output == "-" or output.lower().endswith(_REPORTS))
    if report and chosen:
        raise UsageError(f"a table takes no --{next(iter(chosen)).replace('_', '-')}; expected -o FILE with a picture")
    renderer = None if report else pick(to, output)
    if renderer is not None:
        check_terminal(renderer, output)
    if power is not None and (renderer is not None or not isfinite(power)):
        raise UsageError("--power takes a change in percent and writes a table; expected -o FILE.txt or FILE.json")
    sides = wanted_sides(ctx, names, source_format, quiet, metric, timeline=blocks)
    with progress("comparing", quiet):
        key = tidy_name if match == "tidy" else None
        comparison = compare(
            *sides, metric=metric, norm=norm, alpha=alpha, fdr=fdr, key=key, blocks=blocks, force=force
        )
    as_object = json or output.lower().endswith(".json")
    room = shutil.get_terminal_size().columns if output == "-" and sys.stdout.isatty() else None
    if power is not None:
        save(told(comparison, power / 100, lines, as_object, room, not can_show("…")).encode(), output)
    elif renderer is not None:
        with progress(f"drawing {len(comparison.profile.stacks):,} stacks", quiet):
            content = produce(comparison, renderer.name, **chosen)
        save(content, output)
    elif as_object:
        save((as_json(comparison, *names, None) + "\n").encode(), output)
    else:
        ascii = output == "-" and not can_show("…→±")
        save(as_text(comparison, before, after, lines, room, ascii, by).encode(), output)
    for side in sides:
        for profile in side:
            note_skipped(profile, quiet)
    if renderer is not None:
        note(f"{comparison.metric.name}, norm {comparison.scale.name}: {comparison.scale.why}", quiet)


command = Command(
    "diff",
    callback=_run,
    help=_run.__doc__,
    params=[
        click.Argument(["before"], metavar="BEFORE"),
        click.Argument(["after"], metavar="AFTER"),
        output_option(
            "where to write to: a picture (.svg), .folded, .json, .txt (default: a table on standard output)"
        ),
        to_option("the output to write in place of a table (default: as FILE's ending says)"),
        Option(["-n", "--lines"], type=click.IntRange(min=1), default=20, metavar="N", help="how many (default: 20)"),
        Option(
            ["--by"],
            type=click.Choice(["self", "total"]),
            default="self",
            help="what the table shows: functions alone, or with all that they call (default: self)",
        ),
        Option(["--metric"], metavar="NAME", help="the metric to compare (default: the first that both sides have)"),
        Option(
            ["--norm"],
            default="auto",
            metavar="NORM",
            help=f"how sides are made comparable: {', '.join(NORMS)} (default: auto, by what is known of them)",
        ),
        Option(["--alpha"], type=float, default=0.05, metavar="P", help="how often no change may be called one (0.05)"),
        Option(["--fdr"], is_flag=True, help="bound the share of wrong calls among all calls, not of any at all"),
        Option(
            ["--match"],
            type=click.Choice(["tidy", "name"]),
            default="tidy",
            help="what functions that one side lacks are matched by: their names as --tidy makes them, or as they are "
            "(default: tidy)",
        ),
        Option(["--force"], is_flag=True, help="compare what can't be compared: other events, other units"),
        Option(
            ["--blocks"],
            is_flag=True,
            help="with one capture per side that knows times: let blocks of time stand for runs",
        ),
        Option(
            ["--power"],
            type=click.FloatRange(0, 1000, min_open=True),
            metavar="PERCENT",
            help="tell instead how many runs, or samples, it takes to see functions change by so much",
        ),
        Option(["--json"], is_flag=True, help="write JSON; flamegraph/schemas/diff-1.json describes it"),
        *input_parameters()[1:],
        *output_parameters(without={"metric"}),
    ],
)
