"""Databases: rocprofv3's (rocpd, `*_results.db`, of all layouts it has had) and those of rocmProfileData (`*.rpd`).

A table of rocpd is called rocpd_WHAT_UUID, one set of them for each recording. Views of the same names without the end
are there for people; they are not used, since what a view computes is up to whoever wrote the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ...errors import ParseError
from ...source import Source
from ...sqlite import opened
from .trace import Trace

if TYPE_CHECKING:
    import sqlite3

__all__ = ["MARK", "has_tables", "read_database"]

#: What stands in the schema of every such database.
MARK = "rocpd_"

_TABLE = re.compile(
    rf"{MARK}(api|api_ops|event|info_agent|info_kernel_symbol|info_process|kernel_dispatch|memory_copy|op|region|string"
    r"|timestamp|track)((?:_[0-9a-fA-F_-]+)?)"
)

#: So many rows are read at a time.
_ROWS = 10_000


def has_tables(names: set[str]) -> bool:
    """Whether these are tables of such a database."""
    found = {match[1] for name in names if (match := _TABLE.fullmatch(name))}
    return bool(found & {"kernel_dispatch", "region", "op"})


def read_database(source: Source, trace: Trace) -> str:
    """Read all recordings of a database; returns the first one's command. ParseError where it is another database."""
    commands = []
    with opened(source) as connection:
        sets: dict[str, dict[str, str]] = {}
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            if match := _TABLE.fullmatch(name):
                sets.setdefault(match[2], {})[match[1]] = name
        if not sets:
            raise ParseError(source.name, "a table of rocpd, which rocprofv3 writes", "none")
        for tables in sets.values():
            database = _Database(connection, tables)
            commands.append(_read_rpd(database, trace) if "op" in tables else _read_rocpd(database, trace))
    return next(filter(None, commands), "")


class _Database:
    """One set of tables."""

    def __init__(self, connection: sqlite3.Connection, tables: Mapping[str, str]):
        self._connection = connection
        self._tables = {what: f'"{name}"' for what, name in tables.items()}
        self.columns = {
            what: {column for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))}
            for what, name in tables.items()
        }

    def has(self, what: str, *columns: str) -> bool:
        """Whether there is a table with these columns."""
        return what in self.columns and set(columns) <= self.columns[what]

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, in which {what} stands for a table."""
        cursor = self._connection.execute(query.format(**self._tables))
        while found := cursor.fetchmany(_ROWS):
            yield from found

    def by_id(self, what: str, *columns: str) -> dict[object, str]:
        """id → the first of these columns that holds something."""
        there = [f"NULLIF({column}, '')" for column in columns if self.has(what, "id", column)]
        if not there:
            return {}
        found = self.rows(f"SELECT id, COALESCE({', '.join([*there, 'NULL', 'NULL'])}) FROM {{{what}}}")
        return {key: str(value) for key, value in found if value is not None}


def _read_rocpd(database: _Database, trace: Trace) -> str:
    strings = database.by_id("string", "string")
    kernels = database.by_id("info_kernel_symbol", "display_name", "kernel_name")
    commands = database.by_id("info_process", "command")
    processes = _Processes(commands)
    agents = database.by_id("info_agent", "product_name", "name")
    numbers = database.by_id("info_agent", "type_index")
    devices = {agent: f"{name} ({numbers[agent]})" if agent in numbers else name for agent, name in agents.items()}

    for pid, tid, start, end, name, stack, extra in _spans(database, "region", "name_id", "E.extdata"):
        trace.call(processes[pid], tid, _message(extra) or strings.get(name), start, end, stack)
    for pid, queue, start, end, kernel, stack, agent in _spans(database, "kernel_dispatch", "kernel_id", "agent_id"):
        where = f"queue {queue}" if isinstance(queue, int) else ""
        process = processes[pid]
        trace.operation(process, stack, devices.get(agent, ""), where, kernels.get(kernel), start, end)
    copies = _spans(database, "memory_copy", "name_id", "dst_agent_id", "size")
    for pid, stream, start, end, name, stack, agent, size in copies:
        where = f"stream {stream}" if isinstance(stream, int) else ""
        process = processes[pid]
        trace.operation(process, stack, devices.get(agent, ""), where, strings.get(name), start, end, size)
    return next(iter(commands.values()), "")


def _spans(database: _Database, what: str, name: str, *more: str) -> Iterator[tuple[Any, ...]]:
    """(process, thread or queue or stream, start, end, name, the id of the call it belongs to, more) of each row."""
    if not database.has(what, name):
        return iter(())
    where = {"region": "tid", "kernel_dispatch": "queue_id", "memory_copy": "stream_id"}[what]
    tables = [f"{{{what}}} R"]
    columns = {column: f"R.{column}" for column in database.columns[what]}
    if database.has("track", "id") and "track_id" in columns:
        tables.append("LEFT JOIN {track} T ON T.id = R.track_id")
        columns |= {column: f"T.{column}" for column in database.columns["track"] - columns.keys()}
    if "start" not in columns and database.has("timestamp", "id", "value") and "start_id" in columns:
        tables += [f"LEFT JOIN {{timestamp}} {one} ON {one}.id = R.{id_}"
                   for one, id_ in (("S", "start_id"), ("F", "end_id"))]  # fmt: skip
        columns |= {"start": "S.value", "end": "F.value"}
    if database.has("event", "id", "stack_id") and "event_id" in columns:
        tables.append("LEFT JOIN {event} E ON E.id = R.event_id")
        columns |= {"stack": "E.stack_id"}
        columns |= {"E.extdata": "E.extdata"} if database.has("event", "extdata") else {}
    wanted = ("pid", where, "start", "end", name, "stack", *more)
    quoted = [re.sub(r"\.(\w+)", r'."\1"', columns[column]) if column in columns else "NULL" for column in wanted]
    return database.rows(f"SELECT {', '.join(quoted)} FROM {' '.join(tables)}")


def _message(extra: object) -> str:
    """What a program called its own range."""
    if not isinstance(extra, str) or '"message"' not in extra:
        return ""
    import json

    try:
        found = json.loads(extra)
    except (ValueError, RecursionError):
        return ""
    message = found.get("message") if isinstance(found, dict) else None
    return message if isinstance(message, str) else ""


class _Processes(dict[object, str]):
    """What processes are called, by their ids: as the program they run, where its command is known."""

    def __init__(self, commands: Mapping[object, str]):
        super().__init__(
            {pid: PurePath(command.split()[0]).name for pid, command in commands.items() if command.split()}
        )

    def __missing__(self, pid: object) -> str:
        return self.setdefault(pid, f"process {pid if isinstance(pid, int) else '?'}")


def _read_rpd(database: _Database, trace: Trace) -> str:
    strings, processes, named = database.by_id("string", "string"), _Processes({}), False
    if database.has("api", "id", "pid", "tid", "start", "end", "apiName_id"):
        ((several,),) = database.rows("SELECT COUNT(DISTINCT pid) > 1 FROM {api}")
        named = bool(several)  # they have but numbers, which say nothing about the only one
        arguments = "args_id" if database.has("api", "args_id") else "NULL"
        calls = database.rows(f'SELECT id, pid, tid, start, "end", apiName_id, {arguments} FROM {{api}}')
        for call, pid, tid, start, end, name, message in calls:
            name = strings.get(name, "")
            if name == "UserMarker":  # a range of the program itself is named by its arguments
                name = strings.get(message, name)
            trace.call(processes[pid] if named else "", tid, name, start, end, call)
    if not database.has("op", "id", "gpuId", "queueId", "start", "end", "description_id", "opType_id"):
        return ""
    launches = "NULL, NULL FROM {op} O"
    if database.has("api_ops", "api_id", "op_id") and database.has("api", "id", "pid"):
        # An operation counts once, whatever the file says about its calls.
        launches = (
            "A.id, A.pid FROM {op} O LEFT JOIN (SELECT op_id, MIN(api_id) AS api_id FROM {api_ops} GROUP BY op_id) L "
            "ON L.op_id = O.id LEFT JOIN {api} A ON A.id = L.api_id"
        )
    columns = 'O.gpuId, O.queueId, O.start, O."end", O.description_id, O.opType_id'
    for gpu, queue, start, end, name, kind, call, pid in database.rows(f"SELECT {columns}, {launches}"):
        process = processes[pid] if named and pid is not None else ""
        name = strings.get(name) or strings.get(kind)
        trace.operation(process, call, f"GPU {gpu}", f"queue {queue}", name, start, end)
    return ""
