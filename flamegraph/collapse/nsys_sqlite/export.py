"""The tables of an export as columns of numbers.

Nothing in an export is certain but its table of strings: tables are there when they have rows, columns come and go with
the version, and people add their own. So columns are asked for by name, each with what stands for a missing one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ParseError
from ...sqlite import columns

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Export"]

#: Rows turned into numbers at once.
_CHUNK = 1 << 14
#: A name is cut here: among the strings are whole files and what programs printed.
_LONGEST = 1 << 16
#: ns. No clock shows as much, and the difference of two smaller times fits into 64 bits.
_NO_CLOCK = 1 << 61
#: What ends last in a recording is in one of these.
_TIMED = ("NVTX_EVENTS", "CUPTI_ACTIVITY_KIND_RUNTIME", "CUPTI_ACTIVITY_KIND_KERNEL", "OSRT_API")


class Export:
    """A database that was opened, and what had to be left out so far (`skipped`)."""

    def __init__(self, connection: sqlite3.Connection, name: str, size: int):
        """`name` is for messages; `size` in bytes bounds what is believed: pages can be made to hold each other."""
        from sqlite3 import DatabaseError

        self.skipped: Counter[str] = Counter()
        # What SQLite says of damage, which can't be read where it quotes it, and of texts of impossible length.
        self._damage = (DatabaseError, UnicodeDecodeError, MemoryError)
        self._connection, self._name = connection, name
        self._rows, self._text = size, 4 * size + (1 << 20)
        # A view may go on for ever; an export has none.
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0")
        self._tables = {table: columns(connection, table) for (table,) in found}
        self._interned: dict[bytes, int] = {}
        self._own: list[str] = []
        self._strings: dict[int, str] | None = None

    def has(self, table: str, column: str) -> bool:
        """Whether there is such a table, with such a column."""
        return column in self._tables.get(table, ())

    def read(self, table: str, _tidy: Callable[[bytes], bytes] = bytes, **wanted: Any) -> dict[str, np.ndarray]:
        """Columns of a table, int64 each, all of one length. A table that is not there has no rows.

        Each column is given with what stands for NULL and for a column that is missing. A string in its place says
        that the column holds text: it becomes an id that `string` knows, made of the text as `_tidy` leaves it, and
        -1 for NULL.
        """
        known = self._tables.get(table)
        if known is None:
            return {column: np.zeros(0, np.int64) for column in wanted}
        fields = {}
        for column in set(wanted) & known:
            if isinstance(wanted[column], str):
                fields[column] = f'intern(substr(CAST("{column}" AS BLOB), 1, {_LONGEST}))'
            else:
                fields[column] = f'IFNULL(CAST("{column}" AS INTEGER), {wanted[column]})'
        self._connection.create_function("intern", 1, lambda raw: self._intern(raw, _tidy))
        width = len(fields) or 1
        parts = [np.zeros((0, width), np.int64)]
        for rows in self._chunks(table, f'SELECT {", ".join(fields.values()) or 0} FROM "{table}"'):
            flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width)
            parts.append(flat.reshape(-1, width))
        found = {column: np.concatenate([part[:, i] for part in parts]) for i, column in enumerate(fields)}
        count = sum(map(len, parts))
        absent = {column: -1 if isinstance(value, str) else value for column, value in wanted.items()}
        return {c: found[c] if c in found else np.full(count, absent[c], np.int64) for c in wanted}

    def spans(self, table: str, _tidy: Callable[[bytes], bytes] = bytes, **wanted: Any) -> dict[str, np.ndarray]:
        """`read`, without rows whose `start` or `end` no clock shows: their differences would not fit into 64 bits."""
        rows = self.read(table, _tidy, **wanted)
        sound = np.ones(len(rows["start"]), bool)
        for moment in {"start", "end"} & set(rows):
            sound &= (rows[moment] > -_NO_CLOCK) & (rows[moment] < _NO_CLOCK)
        if sound.all():
            return rows
        self.skipped["time that is out of range"] += int(np.count_nonzero(~sound))
        return {column: values[sound] for column, values in rows.items()}

    def any(self, table: str, condition: str = "1") -> bool:
        """Whether a table has rows for which an SQL condition holds."""
        if table not in self._tables:
            return False
        try:
            return bool(self._connection.execute(f'SELECT 1 FROM "{table}" WHERE {condition} LIMIT 1').fetchall())
        except self._damage:
            return False

    def last(self) -> int:
        """When the last of what is recorded with a start and an end was over."""
        ends = [self.read(table, end=0)["end"] for table in _TIMED]
        ends = [end[end < _NO_CLOCK] for end in ends]
        return max(int(end.max(initial=0)) for end in ends)

    def texts(self, table: str, key: str, value: str) -> Iterator[tuple[Any, str]]:
        """(key, text) of each row of a table, where it has both columns."""
        if self.has(table, key) and self.has(table, value):
            limited = f'substr(CAST("{value}" AS TEXT), 1, {_LONGEST})'
            query = f'SELECT "{key}", {limited} FROM "{table}" WHERE "{value}" IS NOT NULL AND "{key}" IS NOT NULL'
            for rows in self._chunks(table, query):
                self._take(sum(len(text) for _, text in rows))
                yield from rows

    def string(self, number: int) -> str | None:
        """The string of an id, None where there is none."""
        if number < -1:
            return self._own[-2 - number] if -2 - number < len(self._own) else None
        if self._strings is None:
            self._strings = {id: text for id, text in self.texts("StringIds", "id", "value") if isinstance(id, int)}
        return self._strings.get(number)

    def _chunks(self, table: str, query: str) -> Iterator[list[tuple]]:
        """The rows of a query, some at a time; where the table is damaged, those before the damage."""
        try:
            cursor = self._connection.execute(query)
        except self._damage:
            self._note_damage(table)
            return
        while True:
            rows: list[tuple] = []
            try:
                rows.extend(islice(cursor, _CHUNK))
            except self._damage:
                self._note_damage(table)
            self._rows -= len(rows)
            if self._rows < 0:
                raise ParseError(self._name, "a sound SQLite database", "more rows than bytes")
            if rows:
                yield rows
            if len(rows) < _CHUNK:
                return

    def _note_damage(self, table: str) -> None:
        self.skipped[f"{table}: the rest of the table, which is damaged"] += 1

    def _intern(self, raw: bytes | None, tidy: Callable[[bytes], bytes]) -> int:
        if raw is None:
            return -1
        number = self._interned.get(raw)
        if number is None:
            raw = tidy(raw)
            number = self._interned.setdefault(raw, -2 - len(self._own))
            if number == -2 - len(self._own):
                self._take(len(raw))
                self._own.append(raw.decode("utf-8", "replace"))
        return number

    def _take(self, size: int) -> None:
        self._text -= size
        if self._text < 0:
            raise ParseError(self._name, "a sound SQLite database", "more text than bytes")
