"""Tables between lines of a log: where they begin and end, what is in a cell, and which number that is."""

from __future__ import annotations

import pytest

from flamegraph.source import Source
from flamegraph.tables import decimal_mark, nanoseconds, number, rows


def read(text: str) -> list[tuple[list[str], int, list[str]]]:
    """(the head's names, the row's line, its cells) of every row; a head begins with "id"."""
    found = rows(Source(text.encode()), lambda line: line.strip(' |"').startswith("id"))
    return [(table.names, line, cells) for table, line, cells in found]


def test_tables_between_lines_of_a_log():
    text = "hello, world\nid,name\n1,a\n==PROF== still here\n2,b\n\n3,after a blank line\nid\tname\n4\tc,d\n"
    assert read(text) == [
        (["id", "name"], 3, ["1", "a"]),
        (["id", "name"], 5, ["2", "b"]),
        (["id", "name"], 9, ["4", "c,d"]),
    ]


def test_what_stands_before_a_table_is_kept():
    text = "".join(f"line {i}\n" for i in range(300)) + "id,name\n1,a\nProcessing [x]\nid,name\n2,b\n"
    before = [table.before for table, _, _ in rows(Source(text.encode()), lambda line: line == "id,name")]
    assert before == [[f"line {i}" for i in range(250, 300)], ["Processing [x]"]]


def test_columns_are_as_wide_as_their_dashes():
    text = "  id    name \n ---  -------\n  10  a, b  c\n   7  longer than its column\n\n 8  d\n"
    assert [cells for _, _, cells in read(text)] == [["10", "a, b  c"], ["7", "longer than its column"]]


def test_a_drawn_table():
    text = "+----+-------+\n| id |  name |\n+----+-------+\n|  1 | a | b |\n+----+-------+\n|  2 | c     |\n"
    assert read(text) == [(["id", "name"], 4, ["1", "a | b"])]


def test_a_quoted_cell_may_go_on_for_lines():
    assert [cells for _, _, cells in read('id,name\n1,"a\n\nb, ""c"""\n2,d\n')] == [["1", 'a\n\nb, "c"'], ["2", "d"]]


def test_a_quote_that_is_never_closed_costs_one_row():
    text = "id,name\n" + '1,"open\n' + "".join(f"{i},x\n" for i in range(2, 300))
    found = [cells for _, _, cells in read(text)]
    assert found[0] == ["1", "open"] and found[1:] == [[str(i), "x"] for i in range(2, 300)]


def test_many_open_quotes_are_no_work():
    text = "id,name\n" + '"' * 1_000_001 + "\n" + ('x"' + "y\n" * 99) * 2000
    assert len(read(text)) > 1000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("1,234,567", 1234567),
        ("6,381,502,890.17", 6381502890.17),
        ("9007199254740993", 9007199254740993),
        ("1 234\u202f567", 1234567),
        ("3.103e+08", 310300000.0),
        ("-5", -5),
        (" 7 ", 7),
        (".5", 0.5),
        ("", None),
        ("n/a", None),
        ("nan", None),
        ("inf", None),
        ("1_000", None),
        ("0x10", None),
        ("1e999", None),
        ("9" * 5000, None),
        (str(2**62), None),
        ("१२", None),
    ],
)
def test_numbers(text: str, value: float | None):
    found = number(text)
    assert found == value and type(found) is type(value)


def test_numbers_where_a_comma_stands_before_the_fraction():
    assert number("1.234,56", ",") == 1234.56 and number("1.234.567", ",") == 1234567
    assert number("9,000", ",") == 9.0 and number("9,000", ".") == 9000


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        ([], "."),
        (["9,000"], "."),
        (["9,000", "9,00"], ","),
        (["9.000", "12.5"], "."),
        (["1.234,567"], ","),
        (["1,234.567"], "."),
        (["1.234.567"], ","),
        (["1,234,567", "5"], "."),
        (["n/a", "(128, 1, 1)"], "."),
    ],
)
def test_what_stands_before_a_fraction(texts: list[str], mark: str):
    assert decimal_mark(texts) == mark


def test_times():
    assert nanoseconds(536.542, "us") == 536542 and nanoseconds(3, "sec") == 3 * 10**9
    assert nanoseconds(5, "usecond") == nanoseconds(5, " µs ") == 5000
    assert nanoseconds(5, "cycle") is None and nanoseconds(10**12, "s") is None
