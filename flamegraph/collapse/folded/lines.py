"""The lines of folded text: where the stack of each begins and ends, and what it counts."""

from __future__ import annotations

import mmap
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...chunks import each, line_chunks

__all__ = ["NEGATIVE", "NO_COUNT", "NO_TWO_COUNTS", "TOO_LARGE", "Lines", "count_of", "is_comment", "read_lines"]

NO_COUNT = "line without a count"
NO_TWO_COUNTS = "line without two counts"
NEGATIVE = "negative count"
TOO_LARGE = "count of 2^63 or more"

#: What a count looks like; the sign is there to say why a line is left out. flamegraph.pl takes `1.` as well.
_COUNT = re.compile(rb"(-?)(\d+(\.\d*)?)")

#: The longest count that is read in arrays; one with more digits may not fit into 64 bits.
_DIGITS = 18


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines that count something. Stacks are data[begin:end], int64[n]; values are int64 or float64 [n, 1 or 2]."""

    begin: np.ndarray
    end: np.ndarray
    values: np.ndarray
    skipped: Counter[str]


def read_lines(data: bytes | mmap.mmap, columns: str | None) -> Lines:
    """The counted lines of `data`; two columns where `columns` says so, or says nothing and all lines have two."""
    parts = each(partial(_last_number, data), line_chunks(data))
    one = _together(parts)
    if columns == "1" or not len(one.begin) or (columns is None and not all(_may_have_two(data, p) for p in parts)):
        return one
    two = _together(each(partial(_number_before, data), parts))
    if columns == "2" or not two.skipped:
        return Lines(two.begin, two.end, two.values, one.skipped + two.skipped)
    return one


def _together(parts: list[Lines]) -> Lines:
    if not parts:
        return Lines(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 1), np.int64), Counter())
    begin, end, values = (np.concatenate([getattr(p, name) for p in parts]) for name in ("begin", "end", "values"))
    return Lines(begin, end, values, sum((part.skipped for part in parts), Counter()))


def _last_number(data: bytes | mmap.mmap, chunk: tuple[int, int]) -> Lines:
    a, b = chunk
    text = np.frombuffer(data, np.uint8, b - a, a)
    stop = np.flatnonzero(text == ord("\n"))
    if text[-1] != ord("\n"):
        stop = np.concatenate((stop, [len(text)]))
    begin = np.concatenate(([0], stop[:-1] + 1))
    stop -= (text[stop - 1] == ord("\r")) & (stop > begin)
    value, end = _whole_numbers(text, begin, stop)
    begin, stop, end = begin + a, stop + a, end + a
    odd = np.flatnonzero((end < a) | (text[np.minimum(begin, b - 1) - a] == ord("#")))
    return _with_odd_lines(data, Lines(begin, end, value[:, None], Counter()), stop, odd, NO_COUNT)


def _number_before(data: bytes | mmap.mmap, lines: Lines) -> Lines:
    """The same lines with the number before the last one as the first column."""
    if not len(lines.begin):
        return Lines(lines.begin, lines.end, np.repeat(lines.values, 2, axis=1), Counter())
    a = int(lines.begin[0])
    text = np.frombuffer(data, np.uint8, int(lines.end[-1]) + 1 - a, a)
    value, end = _whole_numbers(text, lines.begin - a, lines.end - a)
    values = np.concatenate((value[:, None], lines.values), axis=1)
    both = Lines(lines.begin, end + a, values, Counter())
    return _with_odd_lines(data, both, lines.end, np.flatnonzero(end < 0), NO_TWO_COUNTS)


def _may_have_two(data: bytes | mmap.mmap, lines: Lines) -> bool:
    """Whether all these stacks end as a number may: a look at one byte of each, which nearly always says no."""
    last = np.frombuffer(data, np.uint8)[np.maximum(lines.end - 1, 0)]
    return bool(np.isin(last, np.frombuffer(b"0123456789. \t", np.uint8)).all())


def _whole_numbers(text: np.ndarray, begin: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The plain number at the end of each text[begin:stop]: (its value, where the blank before it is or -1)."""
    value, end = np.zeros(len(stop), np.int64), np.full(len(stop), -1, np.int64)
    live, at = np.arange(len(stop)), stop - 1
    for digits in range(_DIGITS + 1):
        byte = text[np.maximum(at, 0)]  # all digits: the first line runs into _DIGITS, others into a line end
        is_digit = (byte >= ord("0")) & (byte <= ord("9"))
        if digits:
            done = np.flatnonzero((byte == ord(" ")) | (byte == ord("\t")))
            end[live[done]] = at[done]
        more = np.flatnonzero(is_digit)
        if not len(more) or digits == _DIGITS:
            break
        value[live[more]] += (byte[more] - np.uint8(ord("0"))).astype(np.int64) * 10**digits
        live, at = live[more], at[more] - 1
    end[end < begin] = -1
    return value, end


def _with_odd_lines(data: bytes | mmap.mmap, lines: Lines, stop: np.ndarray, odd: np.ndarray, expected: str) -> Lines:
    """The lines, of which those numbered `odd` are read one by one: some have a count, the others are left out."""
    if not len(odd):
        return lines
    drop, end, value, skipped = [], lines.end.copy(), lines.values[:, 0].tolist(), Counter()
    for i, begin, till in zip(odd.tolist(), lines.begin[odd].tolist(), stop[odd].tolist(), strict=True):
        text = data[begin:till]
        at, value[i], reason = count_of(text)
        end[i] = begin + at
        if expected == NO_COUNT and (not text.strip() or is_comment(text, reason)):
            drop.append(i)
        elif reason:
            skipped[expected if reason == NO_COUNT else reason] += 1
            drop.append(i)
    values = lines.values
    if any(isinstance(v, float) for v in (value[i] for i in odd.tolist())):
        values = values.astype(np.float64)
    values[:, 0] = value
    return Lines(np.delete(lines.begin, drop), np.delete(end, drop), np.delete(values, drop, axis=0), skipped)


def count_of(line: bytes) -> tuple[int, int | float, str]:
    """The number a line ends in: (where the blank before it is or -1, its value, "" or why it has none)."""
    line = line.rstrip(b" \t\r")
    at = max(line.rfind(b" "), line.rfind(b"\t"))
    match = _COUNT.fullmatch(line, at + 1)
    if not match or at < 0:
        return -1, 0, NO_COUNT
    if match[1]:
        return at, 0, NEGATIVE
    # Python refuses to make an int of thousands of digits; more than 19 are too many in any case.
    digits = match[2].lstrip(b"0") or b"0"
    value = float(match[2]) if match[3] else int(digits) if len(digits) <= 19 else 1 << 63
    return (at, value, "") if value < 1 << 63 else (at, 0, TOO_LARGE)


def is_comment(line: bytes, reason: str) -> bool:
    """Whether a line is a comment: `# …`, or `#…` that counts nothing. `#<Class:Foo>;bar 3` is a stack."""
    return line.startswith((b"# ", b"#\t")) or (line.startswith(b"#") and reason == NO_COUNT)
