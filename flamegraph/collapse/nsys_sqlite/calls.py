"""Calls that were traced: of CUDA, of the libraries around it, of the operating system's; and what they stand on.

With `nsys profile --cudabacktrace` a call of CUDA has two rows, of which the second holds the call chain and nothing
else of use; the two become one here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...nesting import nest
from .chains import Chains
from .export import Export
from .pairs import distinct_pairs
from .processes import UNKNOWN, Processes, process_of
from .ranges import Ranges
from .stacks import StackBuilder

__all__ = ["LIBRARIES", "RUNTIME", "Calls", "read_calls", "read_os_calls"]

RUNTIME = "CUPTI_ACTIVITY_KIND_RUNTIME"

#: Libraries that call CUDA in turn, with the column that holds their functions' names.
LIBRARIES = {
    "CUBLAS_EVENTS": "nameId",
    "CUDNN_EVENTS": "nameId",
    "MPI_P2P_EVENTS": "textId",
    "MPI_COLLECTIVES_EVENTS": "textId",
    "MPI_START_WAIT_EVENTS": "textId",
    "MPI_OTHER_EVENTS": "textId",
}

_BACKTRACE = 67  # the class of a row that holds a call chain
_OS_MARKS = (31, 32)  # where tracing of the operating system's libraries began and ended

#: The version of CUDA in which a call got its present form: cudaLaunchKernel_v7000. `_v2` is part of a driver's name.
_VERSION = re.compile(r"_v\d{4,}$")


@dataclass(frozen=True, eq=False)
class Calls:
    """Calls, int64[n] each, nested on their threads.

    frame        the function that was called, a frame of the builder
    correlation  what work on the GPU refers to, together with the process; 0 where nothing does
    chain        the row of its call chain, -1 where there is none
    parent, order, crossings   what `nesting.nest` made of them
    """

    thread: np.ndarray
    start: np.ndarray
    end: np.ndarray
    frame: np.ndarray
    correlation: np.ndarray
    chain: np.ndarray
    parent: np.ndarray
    order: np.ndarray
    crossings: int

    def __len__(self) -> int:
        return len(self.start)

    def pick(self, which: np.ndarray) -> Calls:
        """Some of the calls, nested anew."""
        columns = (self.thread, self.start, self.end, self.frame, self.correlation, self.chain)
        return _calls([column[which] for column in columns])

    def nodes(
        self, build: StackBuilder, export: Export, processes: Processes, chains: Chains, ranges: Ranges, threads: bool
    ) -> np.ndarray:
        """The node of each call: below its call chain, else below the call or the ranges around it."""
        base = processes.roots(build, self.thread, threads=threads)
        chained = np.flatnonzero(self.chain >= 0)
        stacks = chains.above(self.chain[chained], self.frame[chained], build)
        below_chains = build.hang(base[chained], *stacks)
        if len(ranges):
            around = ranges.index().at(self.thread, self.start)
            inside = np.flatnonzero(around >= 0)
            base[inside] = ranges.nodes(build, export, processes, threads=threads)[around[inside]]
        base[chained] = below_chains
        return build.nested(base, self.chain >= 0, self.parent, self.order, self.frame)

    def launched(self, process: np.ndarray, correlation: np.ndarray) -> np.ndarray:
        """The call that each operation of a process refers to, the outermost of several: int64[n], -1 where none is."""
        able = np.flatnonzero(self.correlation)
        own = process_of(self.thread[able])
        _, key = np.unique(np.concatenate((own, process)), return_inverse=True)
        numbers, number = np.unique(np.concatenate((self.correlation[able], correlation)), return_inverse=True)
        key = key * len(numbers) + number
        order = np.lexsort((-self.end[able], self.start[able], key[: len(able)]))
        mine, asked = key[: len(able)][order], key[len(able) :]
        if not len(able):
            return np.full(len(asked), -1, np.int64)
        at = np.minimum(np.searchsorted(mine, asked), len(mine) - 1)
        return np.where((mine[at] == asked) & (correlation != 0), able[order[at]], -1)


def read_calls(export: Export, chains: Chains, build: StackBuilder) -> Calls:
    """The calls of CUDA's runtime and driver and of the libraries that call these."""
    rows = export.spans(
        RUNTIME, start=0, end=0, eventClass=0, globalTid=UNKNOWN, correlationId=0, nameId=-1, callchainId=-1
    )
    parts = [_columns(_one_row_each(rows), "nameId", export, chains, build)]
    for table, name in LIBRARIES.items():
        rows = export.spans(table, start=0, end=0, globalTid=UNKNOWN, correlationId=0, callchainId=-1, **{name: -1})
        parts.append(_columns(rows, name, export, chains, build))
    return _calls([np.concatenate(columns) for columns in zip(*parts, strict=True)])


def read_os_calls(export: Export, chains: Chains, build: StackBuilder) -> Calls:
    """The calls of the operating system's libraries."""
    rows = export.spans(
        "OSRT_API", start=0, end=0, eventClass=0, globalTid=UNKNOWN, correlationId=0, nameId=-1, callchainId=-1
    )
    calls = ~np.isin(rows["eventClass"], _OS_MARKS)
    rows = {column: values[calls] for column, values in rows.items()}
    return _calls(_columns(rows, "nameId", export, chains, build))


def _columns(
    rows: dict[str, np.ndarray], name: str, export: Export, chains: Chains, build: StackBuilder
) -> list[np.ndarray]:
    names, which = np.unique(rows[name], return_inverse=True)
    each = [build.frame(_VERSION.sub("", export.string(name) or "[unknown call]")) for name in names.tolist()]
    frame = np.array(each, np.int64)[which]
    chain = chains.of_calls(rows["callchainId"], frame, build)
    return [rows["globalTid"], rows["start"], rows["end"], frame, rows["correlationId"], chain]


def _calls(columns: list[np.ndarray]) -> Calls:
    thread, start, end, frame, correlation, chain = columns
    end = np.maximum(start, end)  # one that was not over when the recording ended
    return Calls(thread, start, end, frame, correlation, chain, *nest(thread, start, end))


def _one_row_each(rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The rows of which each is a call, with the chains of those that hold nothing else."""
    extra = rows["eventClass"] == _BACKTRACE
    if not extra.any():
        return rows
    call, pairs = distinct_pairs(rows["globalTid"], rows["correlationId"])
    chain = np.full(len(pairs), -1, np.int64)
    chain[call[extra]] = rows["callchainId"][extra]
    proper = np.zeros(len(chain), bool)
    proper[call[~extra]] = True
    kept = np.flatnonzero(~extra | ~proper[call])
    out = {column: values[kept] for column, values in rows.items()}
    out["callchainId"] = np.where(out["callchainId"] < 0, chain[call[kept]], out["callchainId"])
    return out
