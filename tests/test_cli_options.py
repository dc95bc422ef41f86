"""Options on the command line are made from the members' own declarations."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

import click
import pytest
from click.testing import CliRunner

from flamegraph.cli import main
from flamegraph.cli._options import Command, declared, given, value_type
from flamegraph.cli.collapse import command as collapse
from flamegraph.cli.render import command as render
from flamegraph.collapse import formats
from flamegraph.options import option
from flamegraph.render import renderers


@dataclass(frozen=True)
class One:
    name: str | None = option(None, "what to call it (default: one)")
    kernel: bool = option(False, "mark the kernel")
    inline: bool = option(True, "show inlined functions", off="--no-inline")
    only: tuple[str, ...] = option((), "only these", metavar="FUNCTION")
    level: int = option(3, "how deep")
    share: float = option(0.5, "how much")
    order: str = option("up", "which way", choices=("up", "down"))
    event: str | None = option(None, "which event", flags=("-e", "--event-filter", "--event"))
    timeline: bool = option(False, "for pictures")


@dataclass(frozen=True)
class Two:
    name: str | None = option(None, "what to call it (default: two)")
    order: str = option("up", "which way", choices=("up", "random"))
    size: int | None = option(None, "how large", parse=lambda text: int(text, 16))


def parse(*arguments: str) -> tuple[dict, str]:
    """What is given to the members, and the help."""
    seen = {}
    command = Command(
        "try",
        params=declared("input", {"one": One, "two": Two}),
        callback=click.pass_context(lambda ctx, **_: seen.update(given(ctx, "input"))),
    )
    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return seen, " ".join(CliRunner().invoke(command, ["--help"]).output.split())


@pytest.mark.parametrize(
    "arguments, options",
    [
        ([], {}),
        (["--name", "x"], {"name": "x"}),
        (["--kernel"], {"kernel": True}),
        (["--no-inline"], {"inline": False}),
        (["--only", "a", "--only", "b"], {"only": ("a", "b")}),
        (["--level", "3", "--share", "0.5"], {"level": 3, "share": 0.5}),
        (["--order", "random"], {"order": "random"}),
        (["-e", "cycles"], {"event": "cycles"}),
        (["--event-filter", "cycles"], {"event": "cycles"}),
        (["--size", "ff"], {"size": 255}),
    ],
)
def test_only_what_is_written_is_given(arguments, options):
    assert parse(*arguments)[0] == options


def test_help_says_whose_an_option_is():
    help = parse()[1]
    assert "Input options: --name NAME what to call it --order [up|down|random]" in help
    assert "Input options (one): --kernel mark the kernel --no-inline do not show inlined functions" in help
    assert "--only FUNCTION" in help and "how deep (default: 3)" in help
    assert "Input options (two): --size" in help
    assert "timeline" not in help


def test_options_of_members_do_not_collide():
    for command, roles in ((collapse, [formats()]), (render, [formats(), renderers()])):
        names = [parameter.name for parameter in command.params]
        assert len(names) == len(set(names)), "a format and an output declare the same option"
        spellings = [text for p in command.params if isinstance(p, click.Option) for text in p.opts + p.secondary_opts]
        assert len(spellings) == len(set(spellings))
        offered = set(names)
        for members in roles:
            for member in members.values():
                assert {field.name for field in fields(member.options)} - {"timeline"} <= offered


def test_members_that_share_an_option_agree_on_its_type():
    from typing import get_type_hints

    for members in (formats(), renderers()):
        types = {}
        for member in members.values():
            hints = get_type_hints(member.options)
            for field in fields(member.options):
                kind = value_type(hints[field.name], field), isinstance(field.default, tuple)
                assert types.setdefault(field.name, kind) == kind, f"--{field.name} of {member.name}"


def test_every_option_has_help():
    for member in [*formats().values(), *renderers().values()]:
        for field in fields(member.options):
            assert field.metadata["help"], f"{member.name} says nothing about {field.name}"


def test_formats_lists_every_member_with_every_option(capfd):
    assert main(["formats", "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert listed["schema"] == "flamegraph.formats/1"
    for part, members in (("reads", formats()), ("writes", renderers())):
        assert [entry["name"] for entry in listed[part]] == list(members)
        for entry in listed[part]:
            member = members[entry["name"]]
            assert entry["title"] == member.title
            names = {field.name for field in fields(member.options)} - {"timeline"}
            assert {option["name"] for option in entry["options"]} == names
            assert all(option["flags"] and option["help"] for option in entry["options"])
    svg = next(entry for entry in listed["writes"] if entry["name"] == "svg")
    kind = next(option for option in svg["options"] if option["name"] == "kind")
    assert kind["choices"] == ["flame", "icicle", "chart"] and kind["default"] == "flame"

    assert main(["formats"]) == 0
    text = capfd.readouterr().out
    for member in [*formats().values(), *renderers().values()]:
        assert f"{member.name}: {member.title}" in text
    assert all(word in text for format in formats().values() for word in format.made_by.split())
