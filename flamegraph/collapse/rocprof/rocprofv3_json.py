"""rocprofv3 --output-format json: what happened on buffers of records, and the names of everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from ...errors import ParseError
from ...source import Source
from .trace import Trace

__all__ = ["TOP", "read_json"]

#: The key of the one object.
TOP = "rocprofiler-sdk-tool"

#: Records of calls; what the program marked by itself is among them.
_CALLS = ("hip_api", "hsa_api", "marker_api", "rccl_api", "rocdecode_api", "rocjpeg_api")
_KERNELS = ("kernel_dispatch", "kernel_dispatches")


def read_json(source: Source, trace: Trace) -> str:
    """Read all processes; returns the first one's command. ParseError where it is another JSON."""
    top = source.json()
    found = top.get(TOP) if isinstance(top, dict) else None
    tools = [tool for tool in (found if isinstance(found, list) else [found]) if isinstance(tool, dict)]
    if not tools:
        raise ParseError(f"{source.name}:1", f"an object with {TOP}", "none")
    commands = []
    for tool in tools:
        one = _Tool(tool)
        one.read(trace)
        commands.append(one.command)
    return commands[0]


class _Tool:
    """What was recorded of one process."""

    def __init__(self, tool: Mapping[str, Any]):
        self._records = _dict(tool, "buffer_records")
        metadata, strings = _dict(tool, "metadata"), _dict(tool, "strings")
        words = [word for word in _list(metadata, "command") if isinstance(word, str)]
        self.command = " ".join(words)
        name = PurePath(words[0]).name if words else ""
        self._process = name or f"process {metadata.get('pid', '?')}"
        # By their place, and by their own id where they have one.
        self._kernels = {i: _name(one) for i, one in enumerate(_list(tool, "kernel_symbols")) if isinstance(one, dict)}
        self._kernels |= {_int(one, "kernel_id", -1): _name(one) for one in _dicts(tool, "kernel_symbols")}
        self._agents = {_handle(one, "id"): _agent(one) for one in _dicts(tool, "agents")}
        kinds = _list(strings, "buffer_records")
        self._operations = [_list(kind, "operations") if isinstance(kind, dict) else [] for kind in kinds]
        self._markers = {_int(one, "key"): one.get("value") for one in _dicts(strings, "marker_api")}

    def read(self, trace: Trace) -> None:
        for what in _CALLS:
            for record in _dicts(self._records, what):
                correlation = _correlation(record)
                name = self._markers.get(correlation) if what == "marker_api" else None
                times = record.get("start_timestamp"), record.get("end_timestamp")
                name = name or self._operation(record)
                trace.call(self._process, record.get("thread_id"), name, *times, correlation)
        for record in (one for what in _KERNELS for one in _dicts(self._records, what)):
            info = _dict(record, "dispatch_info")
            self._work(trace, record, info, "agent_id", self._kernels.get(_int(info, "kernel_id")), 0)
        for record in _dicts(self._records, "memory_copy"):
            self._work(trace, record, record, "dst_agent_id", self._operation(record), record.get("bytes"))

    def _work(self, trace: Trace, record: dict, info: dict, agent: str, name: object, size: object) -> None:
        queue, stream = _handle(info, "queue_id"), _handle(record, "stream_id")
        where = f"queue {queue}" if queue is not None else f"stream {stream}" if stream is not None else ""
        device = self._agents.get(_handle(info, agent), "")
        times = record.get("start_timestamp"), record.get("end_timestamp")
        trace.operation(self._process, _correlation(record), device, where, name, *times, size)

    def _operation(self, record: Mapping[str, Any]) -> object:
        """The name of what a record tells of."""
        kind, operation = _int(record, "kind", -1), _int(record, "operation", -1)
        names = self._operations[kind] if 0 <= kind < len(self._operations) else []
        return names[operation] if 0 <= operation < len(names) else ""


def _name(symbol: Mapping[str, Any]) -> object:
    return symbol.get("formatted_kernel_name") or symbol.get("kernel_name")


def _agent(agent: Mapping[str, Any]) -> str:
    number = agent.get("logical_node_type_id")
    name = agent.get("product_name") or agent.get("name") or "GPU"
    return f"{name} ({number})" if isinstance(number, int) else str(name)


def _correlation(record: Mapping[str, Any]) -> object:
    return _int(_dict(record, "correlation_id"), "internal")


def _int(of: Mapping[str, Any], name: str, otherwise: Any = None) -> Any:
    found = of.get(name)
    return found if isinstance(found, int) else otherwise


def _handle(record: Mapping[str, Any], name: str) -> object:
    found = record.get(name)
    found = found.get("handle") if isinstance(found, dict) else found
    return found if isinstance(found, int) else None


def _dict(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _list(of: Mapping[str, Any], name: str) -> list[Any]:
    found = of.get(name)
    return found if isinstance(found, list) else []


def _dicts(of: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    return (one for one in _list(of, name) if isinstance(one, dict))
