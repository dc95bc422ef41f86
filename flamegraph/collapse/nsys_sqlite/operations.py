"""Work on the GPU: kernels, copies, memory that is set, and CUDA graphs whose kernels were not traced one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .export import Export
from .pairs import distinct_pairs
from .processes import UNKNOWN, machine_of, pid_of, process_of

__all__ = ["HIDDEN", "TABLES", "Operations", "read_operations"]

KERNEL = "CUPTI_ACTIVITY_KIND_KERNEL"
MEMCPY = "CUPTI_ACTIVITY_KIND_MEMCPY"
GRAPH = "CUPTI_ACTIVITY_KIND_GRAPH_TRACE"

#: Tables of work on the GPU, with what an operation is called where its row does not tell.
TABLES = {
    KERNEL: "[unknown kernel]",
    MEMCPY: "[CUDA memcpy]",
    "CUPTI_ACTIVITY_KIND_MEMSET": "[CUDA memset]",
    "CUPTI_ACTIVITY_KIND_MEM_DECOMPRESS": "[CUDA memory decompression]",
    GRAPH: "[CUDA graph]",
}

#: Noted for each launch of a graph of which only the whole was traced.
HIDDEN = "CUDA graph whose kernels were not traced (nsys profile --cuda-graph-trace=node does)"

#: From where to where, by number (CUpti_ActivityMemcpyKind): Host, Device, Array, Peer. From 11 on it is the driver
#: that moves pages of unified memory.
_COPIES = ("", "HtoD", "DtoH", "HtoA", "AtoH", "AtoA", "AtoD", "DtoA", "DtoD", "HtoH", "PtoP", "HtoD", "DtoH", "DtoD")
_UNIFIED = 11


@dataclass(frozen=True, eq=False)
class Operations:
    """Operations, int64[n] each but where it says otherwise.

    process      whose work it is, as in `processes`
    correlation  what the call that launched it has as well; 0 where unknown
    device       numbers for the physical devices, and `gpu` what CUDA or the machine calls them
    name         indexes `names`
    graph        indexes `names` too: the CUDA graph it is part of, -1 where it is in none
    bytes        how much was copied
    """

    process: np.ndarray
    correlation: np.ndarray
    start: np.ndarray
    end: np.ndarray
    device: np.ndarray
    gpu: np.ndarray
    stream: np.ndarray
    name: np.ndarray
    graph: np.ndarray
    bytes: np.ndarray
    names: list[str]

    def __len__(self) -> int:
        return len(self.start)


def read_operations(export: Export, short_names: bool, callers: np.ndarray) -> Operations:
    """All work on the GPU. `callers` are the processes that call CUDA: old tables do not say whose work it is."""
    names: dict[str, int] = {}
    parts = []
    for table, default in TABLES.items():
        rows = export.spans(
            table, start=0, end=0, deviceId=0, streamId=0, correlationId=0, globalPid=UNKNOWN, demangledName=-1,
            shortName=-1, copyKind=-1, bytes=0, graphId=0, graphNodeId=0,
        )  # fmt: skip
        backwards = rows["end"] < rows["start"]
        export.skipped["work on a GPU that ends before it begins"] += int(np.count_nonzero(backwards))
        rows = {column: values[~backwards] for column, values in rows.items()}
        if not export.has(table, "globalPid") and len(callers) == 1:
            rows["globalPid"][:] = callers[0]
        rows["name"], rows["graph"] = _names(export, table, rows, short_names, default, names)
        if table == GRAPH:
            export.skipped[HIDDEN] += len(rows["start"])
        if table != MEMCPY:
            rows["bytes"][:] = 0
        parts.append(rows)
    all_ = {column: np.concatenate([rows[column] for rows in parts]) for column in parts[0]}
    process = process_of(all_["globalPid"])
    gpu = _gpus(export, process, all_["deviceId"])
    device, _ = distinct_pairs(machine_of(process), gpu)
    return Operations(
        process, all_["correlationId"], all_["start"], all_["end"], device, gpu, all_["streamId"],
        all_["name"], all_["graph"], all_["bytes"], list(names),
    )  # fmt: skip


def _names(
    export: Export, table: str, rows: dict[str, np.ndarray], short: bool, default: str, names: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(name, graph) of each row, as numbers of `names`, which grows."""

    def number(name: str) -> int:
        return names.setdefault(name, len(names))

    def numbers(values: np.ndarray, spell) -> np.ndarray:
        each, which = np.unique(values, return_inverse=True)
        return np.array([number(spell(value)) for value in each.tolist()], np.int64)[which]

    # The id of a graph is the upper half of its nodes' ids, where a table has no column of its own for it.
    id = np.where(rows["graphId"] > 0, rows["graphId"], rows["graphNodeId"] >> 32)
    inside = (rows["graphNodeId"] > 0) | (rows["graphId"] > 0)
    graph = np.where(inside, numbers(id, lambda id: f"[CUDA graph {id}]"), -1)
    if table == KERNEL:
        first, second = ("shortName", "demangledName") if short else ("demangledName", "shortName")
        string = np.where(rows[first] > 0, rows[first], rows[second])
        return numbers(string, lambda id: export.string(id) or default), graph
    if table == MEMCPY:
        return numbers(rows["copyKind"], _copy), graph
    if table == GRAPH:
        return np.where(graph < 0, number(default), graph), np.full(len(graph), -1, np.int64)
    return np.full(len(graph), number(default), np.int64), graph


def _copy(kind: int) -> str:
    way = _COPIES[kind] if 0 <= kind < len(_COPIES) else ""
    return f"[CUDA {'unified memory ' if kind >= _UNIFIED else ''}memcpy{f' {way}' if way else ''}]"


def _gpus(export: Export, process: np.ndarray, device: np.ndarray) -> np.ndarray:
    """The machine's number of each GPU: CUDA counts anew in each process, from the devices that this one may see."""
    rows = export.read("TARGET_INFO_CUDA_DEVICE", gpuId=-1, cudaId=-1, pid=-1)
    known = {(pid, cuda): gpu for gpu, cuda, pid in zip(*(column.tolist() for column in rows.values()), strict=True)}
    which, pairs = distinct_pairs(pid_of(process), device)
    return np.array([known.get(pair, pair[1]) for pair in pairs], np.int64)[which]
