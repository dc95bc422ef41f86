"""Options as data: each format and each output declares its own, and commands, checks and help are built from that.

A format's or an output's options are one frozen dataclass whose fields are made with `option`. Nothing else lists
them: the command line asks for the fields, and `fill` refuses what a member cannot honour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from .errors import UsageError

__all__ = ["NoOptions", "fill", "option"]

T = TypeVar("T")


@dataclass(frozen=True)
class NoOptions:
    """The options of a member that has none."""


def option(
    default: Any,
    help: str,
    *,
    choices: Sequence[str] = (),
    metavar: str | None = None,
    flags: Sequence[str] = (),
    parse: Any = None,
    off: str = "",
) -> Any:
    """A field of an options dataclass, with what the command line needs to offer it.

    default   None where "not given" differs from every value; a bool makes a flag, () a repeatable option
    choices   the only values allowed
    metavar   how help calls the value
    flags     spellings on the command line; default `--field-name`
    parse     the type of a value that is neither str, int, float nor bool: called with the text
    off       for a bool that is on by default: the flag that turns it off
    """
    metadata = {
        "help": help,
        "choices": tuple(choices),
        "metavar": metavar,
        "flags": tuple(flags),
        "parse": parse,
        "off": off,
    }
    return field(default=default, metadata=metadata)


def fill(cls: type[T], given: Mapping[str, Any], member: str) -> T:
    """`cls(**given)`, refusing names that it does not have and values it does not allow. `member` is for messages."""
    known = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"{member} takes no --{name.replace('_', '-')}")
        choices = known[name].metadata.get("choices")
        for one in value if isinstance(value, (tuple, list)) else (value,):
            if choices and one is not None and one not in choices:
                raise UsageError(f"--{name.replace('_', '-')} {one}: expected one of {', '.join(choices)}")
    return cls(**given)
