"""The keys of a map: lists of stacks and scalars, whose shape is found from all keys of the map.

A key is printed as its parts with commas in between, and a thread's name may hold commas, too. But all keys of a map
have as many parts, of the same kinds. So the shortest ones tell where stacks are and where only numbers are, and what
is more in another one belongs to a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Part", "Shape", "align", "shape_of", "split_key"]

#: A stack is the numbers of its lines, leaf first; a scalar is its text; "" is either one, empty.
Part = str | tuple[int, ...]

#: A key has no more parts than this between two stacks; what is more belongs to the last one.
_MOST = 100
#: Names in a key that commas may be in.
_TRIED = 8
_NUMERIC = re.compile(r"-?\d+|0x[0-9a-f]+", re.ASCII)


@dataclass(frozen=True)
class Shape:
    """What the parts of a map's keys are, by position.

    parts    how many there are
    stacks   the positions of stacks, ascending
    names    the positions of scalars that are not always numbers
    numbers  the positions of scalars that are
    """

    parts: int
    stacks: tuple[int, ...]
    names: tuple[int, ...]
    numbers: tuple[int, ...]


def split_key(key: str, comma: str, lines: dict[str, int]) -> list[Part]:
    """The parts of a key, split at every comma outside of stacks. `lines` numbers the lines of stacks."""
    first, *rest = key.split("\n")
    parts: list[Part] = list(_before_stack(first, comma) if rest else first.split(comma, _MOST))
    stack: list[int] = []
    closed = False
    for number, line in enumerate(rest, 1):
        if line and line[0] not in ",)":
            stack.append(lines.setdefault(line, len(lines)))
        elif line or number == len(rest):
            parts.append(tuple(stack))
            stack = []
            closed |= line[:1] == ")"
            line = line.lstrip(")")
            if number < len(rest):
                parts += _before_stack(line[len(comma) :], comma)
            elif line:
                parts += line[len(comma) :].split(comma, _MOST)
    if stack:
        parts.append(tuple(stack))
    return _without_tuples(parts, opened=bool(rest) and first[-1:] == "(", closed=closed)


def _before_stack(text: str, comma: str) -> list[str]:
    """The parts in a text that a stack follows: "pid, comm, ", where an editor may have taken the last blank."""
    return text[: text.rfind(",")].split(comma, _MOST) if "," in text else []


def _without_tuples(parts: list[Part], opened: bool, closed: bool) -> list[Part]:
    """The parts without the parentheses of tuples, "((1, a), b)". A thread that is called "(a" keeps its own."""
    opening = [i for i, part in enumerate(parts) if part and part[0] == "(" and ")" not in part]
    closing = [i for i, part in enumerate(parts) if part and part[-1] == ")" and "(" not in part]
    if (opening or opened) and (closing or closed):
        for i in (*opening, *closing):
            parts[i] = str(parts[i]).strip("()")
    return parts


def shape_of(keys: Sequence[list[Part]]) -> Shape:
    """What the parts of the keys of one map are."""
    count = min(map(len, keys))
    exact = [key for key in keys if len(key) == count]
    columns = [{part for part in column if part and isinstance(part, str)} for column in zip(*exact, strict=True)]
    scalar = [i for i, texts in enumerate(columns) if texts]
    numbers = [i for i in scalar if all(_NUMERIC.fullmatch(text) for text in columns[i])]
    return Shape(
        parts=count,
        stacks=tuple(i for i in range(count) if not columns[i]),
        names=tuple(i for i in scalar if i not in numbers),
        numbers=tuple(numbers),
    )


def align(key: list[Part], shape: Shape, comma: str) -> list[Part]:
    """A key as its shape is, where a name that was split at its commas is whole again; as it is where none fits."""
    more = len(key) - shape.parts
    for at in shape.names[:_TRIED] if more else ():
        name = [part for part in key[at : at + more + 1] if isinstance(part, str)]
        whole = [*key[:at], comma.join(name), *key[at + more + 1 :]]
        if len(name) == more + 1 and _fits(whole, shape):
            return whole
    return key


def _fits(key: list[Part], shape: Shape) -> bool:
    return (
        all(not key[i] or isinstance(key[i], tuple) for i in shape.stacks)
        and all(isinstance(key[i], str) for i in shape.names)
        and all(isinstance(key[i], str) and _NUMERIC.fullmatch(str(key[i])) for i in shape.numbers)
    )
