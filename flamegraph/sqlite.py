"""A source that is an SQLite database, opened so that nothing in it or beside it can be changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .errors import ParseError
from .source import Source

if TYPE_CHECKING:
    import sqlite3

__all__ = ["MAGIC", "columns", "opened", "tables"]

#: How every SQLite file begins.
MAGIC = b"SQLite format 3\0"


@contextmanager
def opened(source: Source) -> Iterator[sqlite3.Connection]:
    """The database, read-only. Whatever SQLite finds broken in it, also later, is a ParseError.

    A plain file is read in place; bytes, and what was compressed, from a temporary copy.
    """
    import sqlite3
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = source.path
        if path is None or source.raw[: len(MAGIC)] != MAGIC:
            path = Path(folder) / "copy.sqlite"
            path.write_bytes(source.data)
        # immutable: no lock, and no journal of someone else is looked at or written beside the file.
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            connection = sqlite3.connect(address, uri=True)
            try:
                connection.text_factory = lambda text: text.decode("utf-8", "replace")
                connection.execute("PRAGMA trusted_schema = OFF")
                yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OverflowError) as error:
            raise ParseError(source.name, "a sound SQLite database", " ".join(str(error).split())) from None
        except UnicodeDecodeError:  # the error's own text, which quotes a damaged name
            raise ParseError(source.name, "a sound SQLite database", "a damaged one") from None


def tables(connection: sqlite3.Connection) -> set[str]:
    """The names of all tables and views."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """The names of a table's columns; none where there is no such table."""
    rows: list[Any] = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    return {name for (name,) in rows}
