"""Tables as profilers print them: CSV or TSV between lines of a log, or columns drawn with dashes, and their numbers.

    Processing [report1.sqlite] with [cuda_gpu_kern_sum.py]...
    Time (%),Total Time (ns),Instances,Name
    91.2,"1,234,567",3,"void grind<float>(float *, int)"

A table begins with a head, which the caller knows when it sees one, and ends at a blank line or at the next head.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .source import Source

__all__ = ["LARGEST", "TIME_UNITS", "Table", "decimal_mark", "head_cells", "nanoseconds", "number", "rows"]

#: Spellings of units of time, in ns.
TIME_UNITS = {
    **dict.fromkeys(("ns", "nsec", "nsecond", "nanosecond", "nanoseconds"), 1),
    **dict.fromkeys(("us", "usec", "usecond", "µs", "μs", "microsecond", "microseconds"), 10**3),
    **dict.fromkeys(("ms", "msec", "msecond", "millisecond", "milliseconds"), 10**6),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 10**9),
}

#: What the tools say between and within their tables.
_LOG = ("==", "Processing [", "SKIPPED: ", "NOTICE: ", "Generating ", "Exporting ", "ERROR: ", "WARNING: ")

#: The line below a head, and around all of a table, whose runs of dashes are as wide as the columns.
_RULE = re.compile(r"[ |+]*-{2,}[-+| ]*$")

#: A quoted cell may hold line ends: so many lines are tried before the quote is taken for a mistake.
_LINES_OF_A_ROW = 100

#: Lines of a log that are kept: they tell which report the next table is.
_LINES_OF_A_LOG = 50


@dataclass(frozen=True, eq=False)
class Table:
    """The head of a table.

    line    where it stands
    names   of the columns, as they are written
    before  the last lines since the table above it
    """

    line: int
    names: list[str]
    before: list[str]


def head_cells(line: str) -> list[str]:
    """The names in a line that may be a head. Commas, tabs, bars or two blanks stand between them, never within."""
    between = r"\|" if "|" in line else r",|\t|  +"
    return [name.strip(' "') for name in re.split(between, line.strip(" |"))]


def rows(source: Source, is_head: Callable[[str], bool]) -> Iterator[tuple[Table, int, list[str]]]:
    """(its table, its line, its cells) of every row of every table, as text; a row may have any number of cells."""
    lines = enumerate(source.lines(), 1)
    waiting: list[tuple[int, str]] = []  # lines that were taken for the rest of a row and are none
    before: list[str] = []
    table: Table | None = None
    cut: Callable[[str], list[str]] | None = None  # None: not within a table
    head: tuple[int, str] | None = None  # of columns, which are as wide as the dashes that are still to come
    while True:
        numbered = waiting.pop() if waiting else next(lines, None)
        if numbered is None:
            return
        line, text = numbered
        if _RULE.match(text):
            cut = None
            if head:
                columns = _columns([match.span() for match in re.finditer("-+", text)], open_end="+" not in text)
                names = columns(head[1])
                as_head = "  ".join(names)
                if is_head(as_head) and head_cells(as_head) == names:  # still, after being cut
                    table, before, cut = Table(head[0], names, before[-_LINES_OF_A_LOG:]), [], columns
                head = None
            continue
        if is_head(text):
            delimiter = "\t" if "\t" in text else "," if "," in text else ""
            if delimiter:
                table, before, head = Table(line, head_cells(text), before[-_LINES_OF_A_LOG:]), [], None
                cut = _delimited(delimiter)
            else:
                head, cut = (line, text), None
            continue
        if not text.strip() or text.startswith(_LOG):
            cut = cut if text.startswith("==") else None
            before.append(text)
        elif cut is None or table is None:
            before.append(text)
        else:
            if text.count('"') % 2:
                text, waiting = _whole(text, lines, waiting)
            yield table, line, cut(text)
        if len(before) > 2 * _LINES_OF_A_LOG:
            del before[:_LINES_OF_A_LOG]


def _whole(
    text: str, lines: Iterator[tuple[int, str]], waiting: list[tuple[int, str]]
) -> tuple[str, list[tuple[int, str]]]:
    """(a row whose quotes are closed, what is to be read next): with the lines that its quote goes on for, if it ends.

    `waiting` is a pile, the next line on top.
    """
    taken: list[tuple[int, str]] = []
    while len(taken) < _LINES_OF_A_ROW:
        more = waiting.pop() if waiting else next(lines, None)
        if more is None:
            break
        taken.append(more)
        if more[1].count('"') % 2:
            return "\n".join([text, *(line for _, line in taken)]), waiting
    return text, waiting + taken[::-1]


def _delimited(delimiter: str) -> Callable[[str], list[str]]:
    def cut(text: str) -> list[str]:
        if '"' not in text:
            return text.split(delimiter)
        try:
            return next(csv.reader((text,), delimiter=delimiter))
        except csv.Error:  # a cell of more than 128 KiB
            return [text]

    return cut


def _columns(spans: list[tuple[int, int]], open_end: bool) -> Callable[[str], list[str]]:
    """Cells are where the dashes are. The last may be wider than its dashes, unless there is a bar behind it."""
    slices = [slice(start, end) for start, end in spans]
    if open_end:
        slices[-1] = slice(spans[-1][0], None)

    def cut(text: str) -> list[str]:
        return [text[part].strip() for part in slices]

    return cut


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)

#: What may stand between thousands, besides a point or a comma.
_BLANKS = str.maketrans("", "", " '\u00a0\u2009\u202f")

_LONGEST_NUMBER = 400

#: Larger ones are none: two of them can be added up, or taken from each other, in 64 bits.
LARGEST = 2**62


def number(text: str, decimal: str = ".") -> int | float | None:
    """The number in a cell, with thousands set apart or not; None where there is none. Whole ones are exact."""
    if text.isdecimal() and text.isascii() and len(text) < 19:
        return int(text)  # nearly all of them
    if len(text) > _LONGEST_NUMBER:
        return None
    plain = text.translate(_BLANKS).replace("," if decimal == "." else ".", "").replace(decimal, ".")
    if not _NUMBER.fullmatch(plain):
        return None
    value = int(plain) if plain.lstrip("+-").isdecimal() else float(plain)
    return value if abs(value) < LARGEST else None


def decimal_mark(texts: Iterable[str]) -> str:
    """What stands before the fraction of these numbers, "." or ",": "9,00" tells, "9,000" may be either."""
    votes = {".": 0, ",": 0}
    for text in texts:
        text = text.translate(_BLANKS)
        last = re.search(r"([.,])(\d+)$", text)
        if last and (
            len(last[2]) != 3  # no thousands
            or (text.count(last[1]) == 1 and ("," if last[1] == "." else ".") in text)  # 1.234,567
        ):
            votes[last[1]] += 1
        elif last and text.count(last[1]) > 1:  # 1,234,567
            votes["," if last[1] == "." else "."] += 1
    return "," if votes[","] > votes["."] else "."


def nanoseconds(value: int | float, unit: str) -> int | None:
    """A time in ns, rounded to whole ones; None where the unit is none of time, or the time too long."""
    scale = TIME_UNITS.get(unit.strip().lower())
    if scale is None or abs(value * scale) >= LARGEST:
        return None
    return round(value * scale)
