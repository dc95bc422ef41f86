"""The command `flamegraph`: one file is one command, loaded when it is called.

Exit codes: 0 done, 1 the input or the output is at fault, 2 wrong usage, 130 interrupted, 141 the reader of standard
output went away. Whatever goes wrong on purpose is a FlamegraphError, caught here and told in one line.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from types import MappingProxyType

import click

from .. import __version__
from ..errors import FlamegraphError, InputError, UsageError

__all__ = ["COMMANDS", "main"]

#: Each command's module in this package, with the line that `flamegraph --help` says about it. The modules are not
#: asked, because loading them takes longer than all the rest of `--help`.
COMMANDS = MappingProxyType(
    {
        "collapse": "Turn profiles into folded stacks.",
        "render": "Draw profiles: SVG, text and other outputs.",
        "diff": "Tell what changed between two profiles.",
        "merge": "Add many profiles up.",
        "top": "List the hottest functions and stacks.",
        "view": "Show a page with every view in the browser.",
        "formats": "List what can be read and written.",
    }
)

#: Longer lines of help are hard to read.
_WIDEST_HELP = 100


class _ReaderGone(Exception):
    """What standard output is piped into has been closed. click would report any OSError of this kind as exit 1."""


class _Closed(io.TextIOBase):
    """Standard output that has been closed (`>&-`), for which Python has None. Only what writes to it fails."""

    encoding, errors, buffer = "utf-8", "strict", None

    def write(self, text: str) -> int:
        raise InputError("standard output: is closed")


class _Commands(click.Group):
    """The commands by name, none of them imported before it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return import_module(f"{__name__}.{name}").command if name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise UsageError(_no_command(name))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        try:
            super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            raise _ReaderGone from None


def _no_command(name: str) -> str:
    if os.path.exists(name):
        from shlex import quote

        out = quote((os.path.basename(name.rstrip("/")).split(".")[0] or "out") + ".svg")
        return f"{name} is a file, expected a command; did you mean `flamegraph render {quote(name)} -o {out}`?"
    near = _near(name, COMMANDS)
    hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(COMMANDS)}"
    return f"no command is called {name!r}; {hint}"


def _near(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known names that look like `name`, the nearest first."""
    import difflib  # takes as long to load as this file

    return difflib.get_close_matches(name, list(known))


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`flamegraph COMMAND --help` lists a command's options.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def _group(ctx: click.Context) -> None:
    """Flame graphs you can trust, from the output of any profiler."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (default: the process's own) and return its exit code."""
    # NumPy brings a library of linear algebra that starts a thread per processor, and none of it is used here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.stdout is None:
        sys.stdout = _Closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that can't show a character is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _group.main(arguments, prog_name="flamegraph", standalone_mode=False, terminal_width=_help_width())
        return code if isinstance(code, int) else 0
    except FlamegraphError as error:
        return _fail(str(error), error.exit_code)
    except click.ClickException as error:
        return _fail(_one_line(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except _ReaderGone:
        # What is still buffered can't be written: the interpreter must not try it again when it ends.
        with suppress(OSError):  # standard output itself is closed
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except MemoryError:
        return _fail("not enough memory for this input", 1)
    except OSError as error:
        return _fail(f"{error.filename or 'standard output'}: {error.strerror or error}", 1)


def _help_width() -> int:
    """How wide help is. click would find out too, with a module that takes a tenth of the time of `--help` to load."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError, AttributeError):
        columns = 80
    return min(max(columns, 50), _WIDEST_HELP) - 2


def _one_line(error: click.ClickException) -> str:
    """click's message in our words: what is wrong, then where to look."""
    ctx = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption):
        # click counts dashes as likeness.
        known = {name.lstrip("-"): name for name in error.possibilities or ()}
        near = " or ".join(known[name] for name in _near(error.option_name.lstrip("-"), known))
        text = f"no option is called {error.option_name}" + (f"; did you mean {near}?" if near else "")
    else:
        text = error.format_message()
        text = f"{text[:1].lower()}{text[1:]}".rstrip(".")
    where = ctx.command_path if ctx else "flamegraph"
    return text if text.endswith("?") else f"{text}; see `{where} --help`"


def _fail(message: str, code: int) -> int:
    from ..text import printable

    click.echo(f"flamegraph: {printable(message)}", err=True)
    return code
