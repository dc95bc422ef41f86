"""From options as data to options on the command line.

Formats and outputs declare their options as dataclasses (`flamegraph.options`). Here these become click's. An option
that several members declare under one name is offered once; its heading in the help says whose it is.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import Field, fields
from typing import Any, get_args, get_type_hints

import click
from click.core import ParameterSource

__all__ = ["Command", "Option", "declared", "given", "value_type"]

#: Declared, but not offered: whether samples stay in time order is for the picture to say.
_NOT_OFFERED = {"timeline"}

#: More values than this are listed in the help text, not in place of the value.
_MANY = 5


class Option(click.Option):
    """An option that knows more than click's.

    section   the heading it stands under in the help
    role      "input" or "output" where a format or an output declares it, else ""
    declares  the field it was made from, or None
    """

    def __init__(
        self, *args: Any, section: str = "Options", role: str = "", declares: Field | None = None, **kwargs: Any
    ):
        self.section, self.role, self.declares = section, role, declares
        super().__init__(*args, **kwargs)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """click's record, but a flag that only turns something off is shown as `--no-x`, not as ` / --no-x`."""
        record = super().get_help_record(ctx)
        return record and (record[0].removeprefix(" / ").strip(), record[1])


class Command(click.Command):
    """A command whose help shows its options under headings: its own first, then those of inputs and outputs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """click's, but whatever is wrong knows which command it was said to."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "Options"), []).append(record)
        for section, records in sections.items():
            with formatter.section(section):
                formatter.write_dl(records)


def declared(role: str, members: Mapping[str, type], without: Container[str] = ()) -> list[Option]:
    """The options of all members of a role ("input", "output"), whose dataclasses are given by name.

    `without` names those that the command has itself.
    """
    found: dict[str, dict[str, Field]] = {}
    hints: dict[str, Any] = {}
    for member, cls in members.items():
        hints = {**get_type_hints(cls), **hints}
        for field in fields(cls):
            if field.name not in _NOT_OFFERED and field.name not in without:
                found.setdefault(field.name, {})[member] = field
    # What all members have comes first, then what is one member's own, together.
    order = sorted(found, key=lambda name: (len(found[name]) < len(members), list(found[name])))
    return [_option(role, found[name], hints[name], whole=len(found[name]) == len(members)) for name in order]


def value_type(hint: Any, field: Field) -> Any:
    """What a value given on the command line becomes: str, int, float, bool, or what the option's `parse` makes."""
    if field.metadata.get("parse"):
        return field.metadata["parse"]
    kinds = [kind for kind in get_args(hint) if kind not in (type(None), Ellipsis)]
    return kinds[0] if kinds else hint


def _option(role: str, owners: Mapping[str, Field], hint: Any, whole: bool) -> Option:
    field = next(iter(owners.values()))
    meta, default, kind = field.metadata, field.default, value_type(hint, field)
    flag = "--" + field.name.replace("_", "-")
    spellings = list(meta.get("flags", ())) or [flag]
    helps = {owner.metadata.get("help", "") for owner in owners.values()}
    help = meta.get("help", "") if len(helps) == 1 else meta["help"].partition(" (default")[0]
    settings: dict[str, Any] = {}
    if kind is bool:
        settings["is_flag"] = True
        if default is True:  # click's way to say that a flag only turns something off
            spellings = [f" /{meta.get('off') or flag.replace('--', '--no-', 1)}"]
            help = f"do not {help}"
    else:
        choices = dict.fromkeys(choice for owner in owners.values() for choice in owner.metadata.get("choices", ()))
        metavar = meta.get("metavar")
        if choices:
            kind = click.Choice(list(choices))
            if len(choices) > _MANY:
                metavar = metavar or "NAME"
                help += f": {', '.join(choices)}"
        elif metavar is None and kind is str:
            metavar = field.name.rpartition("_")[2].upper()
        settings |= {"type": kind, "multiple": isinstance(default, tuple), "metavar": metavar}
        if default not in (None, "", ()) and "default" not in help:
            help += f" (default: {default:g})" if isinstance(default, float) else f" (default: {default})"
    section = f"{role.capitalize()} options" + ("" if whole else f" ({', '.join(owners)})")
    return Option(
        [*spellings, field.name], help=help, default=None, section=section, role=role, declares=field, **settings
    )


def given(ctx: click.Context, role: str) -> dict[str, Any]:
    """The options of a role that the user wrote: what is not given is left to each member's own default."""
    return {
        option.name: ctx.params[option.name]
        for option in ctx.command.params
        if getattr(option, "role", None) == role
        and ctx.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    }
