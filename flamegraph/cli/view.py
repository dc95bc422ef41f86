"""`flamegraph view`: the page of a profile, or of what changed since another one, in the reader's browser."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from ..comparison import diff as compare
from ..render import produce, save
from ..transform import tidy_name
from ._inputs import input_parameters, note_skipped, wanted_profile
from ._options import Command, Option, given
from ._output import output_parameters
from ._progress import progress
from ._sides import files_of, wanted_sides

__all__ = ["command"]


@click.pass_context
def _run(
    ctx: click.Context,
    source: str,
    baseline: str | None,
    open: bool,
    source_format: str | None,
    quiet: bool,
    **_: Any,
):
    """Show a profile as a page with every view, in the browser; with BASELINE, what changed since then.

    INPUT - is standard input. BASELINE, and then INPUT as well, may be a folder or a quoted glob of repeated runs. The
    page is written to the temporary folder, and its path is printed; to keep it elsewhere use render or diff -o x.html.

    \b
      flamegraph view perf.data
      flamegraph view after.folded before.folded
    """
    chosen = given(ctx, "output")
    if baseline is None:
        found = wanted_profile(
            ctx, [source], source_format, quiet, chosen.get("metric"), timeline=chosen.get("kind") == "chart"
        )
        sides = [[found]]
    else:
        metric = chosen.pop("metric", None)
        sides = wanted_sides(ctx, [files_of(baseline), files_of(source)], source_format, quiet, metric)
        with progress("comparing", quiet):
            found = compare(*sides, metric=metric, key=tidy_name)
    with progress("writing the page", quiet):
        content = produce(found, "html", **chosen)
    path = _place(source)
    save(content, path)
    click.echo(path)
    for side in sides:
        for one in side:
            note_skipped(one, quiet)
    if open and _has_browser():
        import webbrowser

        webbrowser.open(path.as_uri())


def _place(name: str) -> Path:
    """A new file in the temporary folder, named after the input so that the browser's history can be read."""
    stem = re.sub(r"[^\w.-]+", "-", Path(name).name.partition(".")[0]).strip("-") or "profile"
    handle, path = tempfile.mkstemp(prefix=f"flamegraph-{stem[:40]}-", suffix=".html")
    os.close(handle)
    return Path(path)


def _has_browser() -> bool:
    """Whether a browser would show in a window: those that a bare terminal has would take it over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


command = Command(
    "view",
    callback=_run,
    help=_run.__doc__,
    params=[
        click.Argument(["source"], metavar="INPUT"),
        click.Argument(["baseline"], metavar="[BASELINE]", required=False),
        Option([" /--no-open", "open"], default=True, is_flag=True, help="only print the path"),
        *input_parameters()[1:],
        *output_parameters("html"),
    ],
)
