"""Every PyTorch trace of the corpus is read, all work on the device counts, and idle time is what HTA says."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from golden import CORPUS

import flamegraph as fg
from flamegraph.collapse.pytorch.events import DEVICE, columns
from flamegraph.collapse.pytorch.launches import launches_of
from flamegraph.errors import ParseError, UnknownFormat
from flamegraph.gpu import idle_gaps, waits
from flamegraph.source import Source
from flamegraph.trace_events import load

TRACES = CORPUS / "pytorch-kineto"
pytestmark = pytest.mark.skipif(not TRACES.exists(), reason="the corpus is not here")

FILES = sorted(path for path in TRACES.rglob("*") if path.is_file()) if TRACES.exists() else []
NOT_TRACES = {
    "execution_trace-benchmark_simple_add_et.json.gz": ParseError,
    "param-linear_et.json.gz": ParseError,
    "memory_analysis-memory_timeline.raw.gz": UnknownFormat,
}
READ = [path for path in FILES if path.name not in NOT_TRACES]

#: Read in many ways: the others take seconds each time.
SMALL = [path for path in READ if path.stat().st_size < 300_000]

#: Large ones whose events cross one another.
CROSSING = [path for path in READ if path.name.startswith(("b200-", "mi300-resnet", "ns_resolution"))]

each_trace = pytest.mark.parametrize("path", READ, ids=lambda path: path.name)


def events_of(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    whole = orjson.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    return whole["traceEvents"] if isinstance(whole, dict) else whole


@each_trace
def test_all_work_on_the_device_counts(path: Path):
    lasting = [event for event in events_of(path) if event.get("ph") == "X"]
    work = [event for event in lasting if event.get("cat") in DEVICE]
    profile = fg.read(path)
    if work:
        assert profile.metrics[0].name == "gpu time"
        assert profile.total() == sum(round(event["dur"] * 1000) for event in work)
        if path in SMALL:
            assert fg.read(path, gpu="launches").total() == len(work)
            assert fg.read(path, forward=True, show="python", gpu="time").total() == profile.total()
            assert 0 < fg.read(path, gpu="busy").total() <= profile.total()
    else:
        assert profile.metrics[0].name == "cpu time"
    assert not profile.skipped


@pytest.mark.parametrize("path", [*SMALL, *CROSSING], ids=lambda path: path.name)
def test_the_cpu_takes_the_wall_time(path: Path):
    """Each thread weighs what its events cover, however they cross; up to what the times in the file leave open."""
    spans: dict[Any, list[tuple[float, float]]] = {}
    aside = {"gpu_user_annotation", "cuda_sync", "overhead", "Trace"} | DEVICE
    for event in events_of(path):
        if event.get("ph") == "X" and event.get("cat") not in aside:
            start = float(event["ts"])
            spans.setdefault((event["pid"], event["tid"]), []).append((start, start + event["dur"]))
    wall, count = 0.0, 0
    for thread in spans.values():
        until = -1.0
        for start, end in sorted(thread):
            wall += max(end - max(start, until), 0)
            until = max(until, end)
        count += len(thread)
    profile = fg.read(path, show="cpu")
    assert profile.total() == pytest.approx(wall * 1000, rel=1e-4, abs=2 * count)
    for show in ("python", "ops") if path in SMALL else ():
        assert fg.read(path, show=show).total() == profile.total()


@pytest.mark.parametrize("path", [path for path in FILES if path.name in NOT_TRACES], ids=lambda path: path.name)
def test_what_is_no_trace_is_refused(path: Path):
    with pytest.raises(NOT_TRACES[path.name]):
        fg.read(path)


def test_a_graph_stands_on_its_launch():
    path = TRACES / "tracelens" / "inference-sglang_decode-sglang_Qwen3-8B_decode.json.gz"
    profile = fg.read(path, show="ops", gpu="launches")
    labels, text = profile.labels(), [""]
    for parent, frame in zip(profile.stacks.parent.tolist()[1:], profile.stacks.frame.tolist()[1:], strict=True):
        text.append(f"{text[parent]};{labels[frame]}")
    under: Counter[tuple[str, str]] = Counter()
    for node, count in zip(profile.samples.stack.tolist(), profile.samples.values[:, 0].tolist(), strict=True):
        call, _, work = text[node].partition(";-;")
        under[call.rpartition(";")[2], work.partition(";")[0]] += count
    assert under["hipGraphLaunch", "[HIP graph]_[G]"] == 544 and profile.total() == 558


# What HolisticTraceAnalysis 0.5.0 says (get_idle_time_breakdown): µs by stream and reason. It leaves out the last of
# several profiler steps and rounds to whole µs, so here are traces in whole µs without such steps.
IDLE = {
    "critical_path-alexnet-benchmark_result_2869224_1695835535_trace.json.gz": {
        ("7", "host"): 12855007, ("7", "kernel"): 104, ("20", "host"): 12011718, ("20", "kernel"): 3,
    },
    "critical_path-simple_add-benchmark_result_493459_1694039959_trace.json.gz": {
        ("7", "host"): 15976739, ("7", "kernel"): 91, ("20", "host"): 13582776, ("20", "kernel"): 8,
    },
    "critical_path-cuda_event_sync-event_sync_trace.json.gz": {("7", "host"): 212},
    "critical_path-cuda_event_sync_multi_stream-event_sync_trace.json.gz": {
        ("20", "host"): 32, ("24", "kernel"): 15, ("28", "kernel"): 15,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", IDLE)
def test_idle_time_of_streams_is_that_of_hta(name: str):
    host, device, _, _ = columns(load(Source(TRACES / "hta" / name)))
    gap, since = idle_gaps(device.stream, device.start, device.end)
    found: Counter[tuple[str, str]] = Counter()
    for stream, ns, why in zip(
        device.stream.tolist(), gap.tolist(), waits(gap, since, launches_of(host, device).time), strict=True
    ):
        found[device.streams[stream][1], why.split()[2]] += ns
    assert +found == {key: us * 1000 for key, us in IDLE[name].items()}
