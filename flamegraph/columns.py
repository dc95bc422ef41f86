"""Text in the columns of a terminal: how wide a name is, how it is cut, bars and short numbers."""

from __future__ import annotations

import unicodedata

from .units import count, quantity

__all__ = ["amount", "bar", "display_width", "measured", "shorten"]

#: Units that `units.quantity` scales by itself.
_SCALED = ("ns", "us", "µs", "ms", "s", "bytes", "byte", "B")

#: From here on a count is rounded, since twelve digits tell less than four: 12,345,678 is "12.3 M".
_LARGE = 10**7


def amount(value: int | float, unit: str) -> str:
    """A value of a metric in a few columns: "1.2 ms", "3.4 MiB", "12,345", "12.3 M". A count has no unit behind it."""
    if unit in _SCALED:
        return quantity(value, unit)
    if abs(value) < _LARGE:
        return count(value)
    for letter in "MGTPE":
        value /= 1000 if letter != "M" else 10**6
        if abs(round(value, 1)) < 1000 or letter == "E":
            break
    return f"{value:,.1f} {letter}"


def measured(name: str, unit: str, total: int | float) -> str:
    """What a profile holds of a metric: "cpu-clock: 12.3 s"; "532 samples" where name and unit are the same."""
    text = quantity(total, unit)
    return text if name == unit else f"{name}: {text}"


def bar(share: float, room: int, ascii: bool = False) -> str:
    """A bar of up to `room` columns for a share from 0 to 1, filled up with blanks."""
    share = min(max(share, 0.0), 1.0)
    if ascii:
        return ("#" * round(share * room)).ljust(room)
    eighths = round(share * room * 8)
    part = " ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else ""
    return ("█" * (eighths // 8) + part).ljust(room)


def display_width(text: str) -> int:
    """How many columns a terminal takes for a text: two for most of Chinese, Japanese and Korean."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shorten(name: str, room: int, ascii: bool = False) -> str:
    """A name in at most `room` columns, without the parts that tell least.

    First parameters and template arguments go, then the front: what is at the end (`…HashMap.get`, `…/parser.py:step`)
    says more than the package or the directory it starts with.
    """
    if display_width(name) <= room:
        return name
    mark = ".." if ascii else "…"
    for pair in ("()", "<>"):
        name = _without_inside(name, *pair, mark)
        if display_width(name) <= room:
            return name
    left = room - len(mark)
    start = len(name)
    while start and left >= _columns(name[start - 1]):
        start -= 1
        left -= _columns(name[start])
    return (mark + name[start:])[: max(room, 0)]


def _without_inside(name: str, opening: str, closing: str, mark: str) -> str:
    """`f(int, char)` → `f(…)`, at every place. A bracket that is never closed ends a name, but for `operator<`."""
    out, depth, at = [], 0, 0
    for i, character in enumerate(name):
        if character == opening:
            depth += 1
            if depth == 1:
                at = i
                out.append(opening if name[i + 1 : i + 2] == closing else opening + mark)
        elif character == closing and depth and name[i - 1] != "-":  # "->" closes nothing
            depth -= 1
            if depth == 0:
                out.append(closing)
        elif depth == 0:
            out.append(character)
    if depth and name[:at].endswith("operator"):
        return "".join(out[:-1]) + name[at:]
    return "".join(out)
