"""Databases as `nsys export --type sqlite` writes them, made of numbers of our own.

Tables have the columns of NVIDIA's schema (documentation of the export, "SQLite Schema Reference") that matter here, in
three generations: "old" (2.9, Nsight 2022), "middle" (3.6, 2023) and "new" (3.25, 2026). As nsys does, a table is
made when it gets its first row, without an index.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

VERSIONS = {"old": ("2022.2.1", "2.9.1"), "middle": ("2023.4.1", "3.6.0"), "new": ("2026.2.1", "3.25.0")}

_WORK = "start end deviceId contextId greenContextId+ streamId correlationId globalPid"
_CHAIN = "id symbol module kernelMode thumbCode unresolved specialEntry originalIP unwindMethod stackDepth"
_CALL = "start end eventClass globalTid correlationId nameId returnValue callchainId"
_MPI = "start end globalTid textId"

#: Columns by table; a "+" behind one says that old exports lack it, "++" that only new ones have it.
TABLES = {
    "CUPTI_ACTIVITY_KIND_KERNEL": f"{_WORK} demangledName shortName mangledName gridX blockX graphNodeId graphId++",
    "CUPTI_ACTIVITY_KIND_MEMCPY": f"{_WORK} bytes copyKind srcKind dstKind graphNodeId copyCount++",
    "CUPTI_ACTIVITY_KIND_MEMSET": f"{_WORK} value bytes graphNodeId memKind",
    "CUPTI_ACTIVITY_KIND_GRAPH_TRACE": f"{_WORK} graphId graphExecId",
    "CUPTI_ACTIVITY_KIND_MEM_DECOMPRESS": f"{_WORK} eventClass sourceBytes",
    "CUPTI_ACTIVITY_KIND_RUNTIME": _CALL,
    "CUBLAS_EVENTS": "start end eventClass globalTid nameId",
    "CUDNN_EVENTS": "start end eventClass globalTid nameId",
    "MPI_COLLECTIVES_EVENTS": f"{_MPI} size",
    "MPI_P2P_EVENTS": f"{_MPI} size",
    "CUDA_CALLCHAINS": "id symbol module unresolved originalIP stackDepth",
    "SAMPLING_CALLCHAINS": _CHAIN,
    "OSRT_CALLCHAINS": _CHAIN,
    "OSRT_API": "start end eventClass globalTid nameId returnValue nestingLevel callchainId",
    "COMPOSITE_EVENTS": "id start cpu threadState globalTid cpuCycles",
    "NVTX_EVENTS": "start end eventType rangeId category color text:TEXT globalTid endGlobalTid textId domainId",
    "PROCESSES": "globalPid pid name:TEXT",
    "ThreadNames": "nameId priority globalTid",
    "TARGET_INFO_CUDA_DEVICE": "gpuId cudaId pid uuid:TEXT",
    "ANALYSIS_DETAILS": "globalVid duration startTime stopTime",
    "META_DATA_CAPTURE": "name:TEXT value:TEXT",
    "META_DATA_EXPORT": "name:TEXT value:TEXT",
    "EXPORT_META_DATA": "name:TEXT value:TEXT",
    "StringIds": "id value:TEXT",
}


def thread(pid: int, tid: int | None = None) -> int:
    """The number of a thread, the first one of its process unless `tid` says otherwise."""
    return 1 << 48 | pid << 24 | (pid if tid is None else tid)


def process(pid: int) -> int:
    return 1 << 48 | pid << 24


class NsysExport:
    """An export that is being made. Names are given as strings, times in ns."""

    def __init__(self, generation: str = "new"):
        self.generation = generation
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.without: set[tuple[str, str]] = set()  # tables' columns that are missing
        self._strings: dict[str, int] = {}
        product, schema = VERSIONS[generation]
        meta = "EXPORT_META_DATA" if generation == "old" else "META_DATA_EXPORT"
        self.string("[Unknown]")
        self.add(meta, name="EXPORT_PRODUCT_VERSION", value=product)
        self.add(meta, name="EXPORT_SCHEMA_VERSION", value=schema)

    def string(self, text: str) -> int:
        """The id of a string."""
        return self._strings.setdefault(text, len(self._strings))

    def add(self, table: str, **values: Any) -> None:
        """A row. A string in a column of numbers becomes its id."""
        for name, value in values.items():
            if isinstance(value, str) and f"{name}:TEXT" not in TABLES[table].split():
                values[name] = self.string(value)
        self.rows.setdefault(table, []).append(values)

    def process(self, pid: int, name: str, threads: dict[int, str] | None = None) -> None:
        self.add("PROCESSES", globalPid=process(pid), pid=pid, name=name)
        for tid, called in (threads or {}).items():
            self.add("ThreadNames", nameId=called, priority=10, globalTid=thread(pid, tid))

    def call(self, start: int, end: int, name: str, correlation: int, pid: int, tid: int | None = None, **more) -> None:
        """A call of CUDA's runtime or, with eventClass=1, driver."""
        values = {"eventClass": 0, "returnValue": 0} | more
        self.add("CUPTI_ACTIVITY_KIND_RUNTIME", start=start, end=end, globalTid=thread(pid, tid),
                 correlationId=correlation, nameId=name, **values)  # fmt: skip

    def kernel(self, start: int, end: int, name: str, correlation: int, pid: int, stream: int = 7, **more) -> None:
        short = name.split("(")[0].split("<")[0].split()[-1]
        values = {"deviceId": 0, "contextId": 1, "shortName": short, "mangledName": f"_Z{short}"} | more
        self.add("CUPTI_ACTIVITY_KIND_KERNEL", start=start, end=end, streamId=stream, correlationId=correlation,
                 globalPid=process(pid), demangledName=name, gridX=8, blockX=256, **values)  # fmt: skip

    def copy(self, start: int, end: int, kind: int, bytes: int, correlation: int, pid: int, **more) -> None:
        values = {"deviceId": 0, "contextId": 1, "streamId": 7} | more
        self.add("CUPTI_ACTIVITY_KIND_MEMCPY", start=start, end=end, copyKind=kind, bytes=bytes,
                 correlationId=correlation, globalPid=process(pid), **values)  # fmt: skip

    def range(self, start: int, end: int | None, text: str, pid: int, tid: int | None = None, **more) -> None:
        """A range that is pushed and popped; with eventType=60 one that is started and ended."""
        values = {"eventType": 59, "domainId": 0, "text": text} | more
        self.add("NVTX_EVENTS", start=start, end=end, globalTid=thread(pid, tid), **values)

    def chain(self, table: str, id: int, *frames: tuple) -> None:
        """A call chain, outermost first: (function, module) and, where it has one, "kernel" or "unresolved"."""
        for depth, (symbol, module, *what) in enumerate(reversed(frames)):
            flags = {"unresolved": 1 if "unresolved" in what else 0}
            if table != "CUDA_CALLCHAINS":
                flags["kernelMode"] = 1 if "kernel" in what else 0 if self.generation == "new" else None
            self.add(table, id=id, symbol=symbol, module=module, stackDepth=depth, originalIP=4096 + depth, **flags)

    def sample(self, id: int, start: int, pid: int, tid: int | None, *frames: tuple, cycles: int = 1) -> None:
        self.add("COMPOSITE_EVENTS", id=id, start=start, cpu=0, threadState=1, globalTid=thread(pid, tid),
                 cpuCycles=cycles)  # fmt: skip
        self.chain("SAMPLING_CALLCHAINS", id, *frames)

    def os_call(self, start: int, end: int, name: str, chain: int, pid: int, tid: int | None = None, **more) -> None:
        values = {"eventClass": 27, "nestingLevel": 0} | more
        self.add("OSRT_API", start=start, end=end, globalTid=thread(pid, tid), nameId=name, callchainId=chain, **values)

    def write(self, path: Path, page_size: int = 512) -> Path:
        """The database as a file."""
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA page_size = {page_size}")
        connection.execute("PRAGMA journal_mode = OFF")
        strings = [{"id": id, "value": text} for text, id in self._strings.items()]
        for table, rows in {"StringIds": strings, **self.rows}.items():
            names = self._create(connection, table)
            known = [name for name in names if any(name in row for row in rows)]
            marks = ", ".join("?" * len(known))
            columns = ", ".join(f'"{name}"' for name in known)
            values = [[row.get(name) for name in known] for row in rows]
            connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)
        connection.commit()
        connection.close()
        return path

    def _create(self, connection: sqlite3.Connection, table: str) -> list[str]:
        wanted = {"old": "", "middle": "+", "new": "++"}[self.generation]
        names, fields = [], []
        for column in TABLES[table].split():
            name, _, kind = column.rstrip("+").partition(":")
            if len(column) - len(column.rstrip("+")) <= len(wanted) and (table, name) not in self.without:
                names.append(name)
                fields.append(
                    f'"{name}" {kind or "INTEGER"}' + (" PRIMARY KEY" * (table == "StringIds" and name == "id"))
                )
        key = ", PRIMARY KEY (id, stackDepth)" if table.endswith("_CALLCHAINS") else ""
        connection.execute(f'CREATE TABLE "{table}" ({", ".join(fields)}{key})')
        return names
