"""A database is opened for reading only, wherever it comes from, and damage is said in one way."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import pytest

from flamegraph.errors import ParseError
from flamegraph.source import Source
from flamegraph.sqlite import columns, opened, tables


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a b#c?.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE kernels (name TEXT, start INTEGER)")
        connection.execute("INSERT INTO kernels VALUES ('gemm', 5)")
        connection.execute("CREATE VIEW named AS SELECT name FROM kernels")
    connection.close()
    return path


@pytest.mark.parametrize("origin", [lambda p: p, lambda p: p.read_bytes(), lambda p: gzip.compress(p.read_bytes())])
def test_a_database_is_read_from_a_file_or_from_bytes(database: Path, origin):
    with opened(Source(origin(database))) as connection:
        assert connection.execute("SELECT name, start FROM kernels").fetchall() == [("gemm", 5)]
        assert tables(connection) == {"kernels", "named"}
        assert columns(connection, "kernels") == {"name", "start"}
        assert columns(connection, "missing'; --") == set()


def test_nothing_is_written(database: Path):
    before = sorted(database.parent.iterdir()), database.read_bytes()
    with pytest.raises(ParseError, match="readonly"), opened(Source(database)) as connection:
        connection.execute("DELETE FROM kernels")
    assert (sorted(database.parent.iterdir()), database.read_bytes()) == before


def test_a_damaged_name_is_a_parse_error(database: Path):
    """SQLite quotes the name that it can't make sense of, whatever its bytes."""
    content = (
        database.read_bytes().replace(b"viewnamed", b"view\xff\xfe\n\xffd").replace(b"CREATE VIEW", b"CREATE FILM")
    )
    assert b"\xff\xfe\n" in content
    with pytest.raises(ParseError) as raised, opened(Source(content)) as connection:
        tables(connection)
    assert "\n" not in str(raised.value)


def test_damage_is_a_parse_error(database: Path):
    content = database.read_bytes()
    with pytest.raises(ParseError, match="a sound SQLite database"), opened(Source(content[:4096])) as connection:
        connection.execute("SELECT * FROM kernels").fetchall()
    with pytest.raises(ParseError), opened(Source(b"not a database" * 100)) as connection:
        tables(connection)
