#!/usr/bin/env python3
"""Make fixtures/collapse/{pprof,otlp_profile}/made_* and bad_*: what no profiler at hand writes, field by field.

    scripts/make_profiles.py

A function here is a file there, its docstring says what the file is about. A test compares them. Goldens are then
written with `scripts/test --bless`; read them before you commit.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from record_fixtures import read_origin, write_origin  # noqa: E402
from record_pprof_fixtures import GOES_TO, ORIGIN  # noqa: E402
from wire import Otlp, Pprof, fixed64, framed, holding, number, packed  # noqa: E402

OTLP_GOES_TO = ROOT / "fixtures" / "collapse" / "otlp_profile"
SECOND = 10**9
START = 1_700_000_000 * SECOND


def pprof_made_places() -> bytes:
    """Inlined functions, the kernel and its modules, addresses without functions, a sample without a stack."""
    made = Pprof(types=(("samples", "count"), ("cpu", "nanoseconds")))
    main = made.location(("main", "main.c", 12), address=0x401000)
    step = made.location(("abs", "math.h", 3), ("scale", "step.h", 40), ("step", "step.c", 9), address=0x401100)
    read = made.location("vfs_read", address=0xFFFFFFFF81000010, module="[kernel.kallsyms]_text")
    ext4 = made.location("ext4_readdir", address=0xFFFFFFFFC0000010, module="/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko")
    libc = made.location(address=0x7F0010, module="/usr/lib/libc.so.6")
    nowhere = made.location(address=0x99, module="")
    for i, stack in enumerate(
        ([step, main], [read, step, main], [ext4, read, libc, main], [libc, main], [nowhere, main], [])
    ):
        made.sample(stack, 1 << i, 10_000_000 << i)
    made.more = made.value_type(11, "cpu", "nanoseconds") + number(12, 10_000_000) + number(10, 3 * SECOND)
    return made.file()


def pprof_made_labels() -> bytes:
    """Labels that are text, numbers and numbers with a unit, on some of the samples; comments; nothing is packed."""
    made = Pprof(types=(("objects", "count"), ("space", "kilobytes"), ("wait", "ms")), packed=False)
    made.sample(["malloc", "parse", "main"], 3, 12, 1, request="GET /", bytes=(4096, "bytes"))
    made.sample(["malloc", "parse", "main"], 1, 1, 2, request="PUT /", bytes=(1024, "bytes"))
    made.sample(["malloc", "idle", "main"], 7, 2, 3, shard=5)
    made.more = made.text(14, "space") + packed(13, [made.strings.row("made up"), made.strings.row("field by field")])
    return made.file()


def pprof_made_drop_frames() -> bytes:
    """What the profile itself calls uninteresting: an allocator, inlined in one place, and what is to stay of it."""
    made = Pprof(types=(("space", "bytes"),))
    inlined = made.location("tcmalloc::Allocate", "operator new(unsigned long)", "Shelf::grow(int)", address=0x9)
    made.sample(["tcmalloc::Fill", "malloc", "read", "main"], 100)
    made.sample([inlined, "main"], 20)
    made.sample(["malloc_stats", "main"], 3)
    made.more = made.text(7, r"(?:tcmalloc::.*|malloc.*|operator new(\[\])?)") + made.text(8, "malloc_stats")
    return made.file()


def pprof_made_times() -> bytes:
    """Samples that say when they were taken, and in which thread, out of order."""
    made = Pprof(types=(("cpu", "microseconds"),))
    for i, (name, stack) in enumerate(
        [("main", ["wait"]), ("worker", ["parse", "run"]), ("main", ["read", "wait"])] * 2
    ):
        labels = {"end_timestamp_ns": 1000 * (9 - i), "thread id": 40 + (name == "worker"), "thread name": name}
        made.sample([*stack, "start"], 10 + i, **labels)
    return made.file()


def pprof_made_difference() -> bytes:
    """What `pprof -diff_base` writes: samples of the base, negative and with a label, and those held against them."""
    made = Pprof(types=(("cpu", "milliseconds"),))
    for stack, count in ((["read", "main"], 4), (["parse", "main"], 9), (["gone", "main"], 2)):
        made.sample(stack, -10 * count, **{"pprof::base": "true"})
    for stack, count in ((["read", "main"], 5), (["parse", "main"], 6), (["new", "main"], 3)):
        made.sample(stack, 10 * count)
    return made.file()


def pprof_made_damaged() -> bytes:
    """Samples that are broken or have too many values, names and locations that are not there, the rest cut off."""
    made = Pprof()
    made.sample(["work", "main"], 5)
    made.sample(["main"], 7)
    for i in range(5):
        made.sample([f"step {i}", "main"], 1)
    broken = holding(2, packed(1, [1]) + packed(2, [1, 2])) + holding(2, packed(2, [1]) + b"\x80")
    nameless = holding(4, number(1, 90) + holding(4, number(1, 91))) + holding(5, number(1, 91) + number(2, 999))
    return (
        made.file()
        + broken
        + nameless
        + holding(2, packed(1, [90, 77, 2]) + packed(2, [9]))
        + holding(2, "x" * 50)[:20]
    )


def pprof_bad_two_profiles() -> bytes:
    """Two profiles, one written behind the other."""
    made = Pprof()
    made.sample(["main"], 1)
    return (made.file() + number(9, START)) * 2


def pprof_bad_no_samples() -> bytes:
    """Sample types and functions, and nothing that was sampled."""
    made = Pprof()
    made.location("main")
    return made.file()


def pprof_bad_too_large() -> bytes:
    """Seconds that are more than 64 bits of nanoseconds."""
    made = Pprof(types=(("wall", "seconds"),))
    made.sample(["main"], 10**12)
    return made.file()


def ebpf(values_second: bool = False, service: str = "webshop") -> Otlp:
    """What the eBPF profiler says of a Java service and of the kernel below it: on the CPU, and waiting."""
    made = Otlp(values_second=values_second)
    kernel = made.location("finish_task_switch", kind="kernel", module="vmlinux", address=0x15521E)
    sell = made.location(("Shop.sell()", "Shop.java", 30), kind="jvm", address=3)
    price = made.location(("Price.of()", "Price.java", 8), ("Shop.total()", "Shop.java", 44), kind="jvm")
    native = made.location(kind="native", module="libjvm.so", address=0x7F4334)
    script = made.location(("handler", "app.py", 5), kind="cpython")
    java, python = {"process_executable_name": "java", "process_pid": 70}, {"process_executable_name": "python3.13"}
    seller = {**java, "thread_name": "seller 1", "thread_id": 71, "cpu_logical_number": 3}
    sold = made.stack(sell, native)
    cpu = made.profile(
        ("samples", "count"),
        made.sample(sold, times=[START + 40, START + 10], **seller),
        made.sample(made.stack(price, sell, native), times=[START + 20], **seller),
        made.sample(made.stack(kernel, native), times=[START + 30], thread_name="java", thread_id=70, **java),
        period=("cpu", "nanoseconds", 50_000_000),
        time=START,
        duration=SECOND,
    )
    wait = made.profile(
        ("off_cpu", "nanoseconds"),
        made.sample(
            made.stack(kernel, sell, native), values=[700, 800], times=[START + 15, START + 25], link=1, **seller
        ),
        time=START,
        duration=2 * SECOND,
    )
    made.resource(cpu, wait, service_name=service, container_id="c0ffee")
    other = made.profile(
        ("samples", "count"),
        made.sample(made.stack(script, script), times=[START + 5], **python),
        period=("cpu", "nanoseconds", 50_000_000),
        time=START,
        duration=SECOND,
    )
    made.resource(other)
    return made


def otlp_made_ebpf() -> bytes:
    """As the eBPF profiler tells: samples without values and with times, waiting with a value per time, frame types."""
    return ebpf().file()


def otlp_made_1_9() -> bytes:
    """The same as version 1.9 of the schema has it, which orders the fields of samples in another way."""
    return ebpf(values_second=True).file()


def otlp_made_framed() -> bytes:
    """Two messages as the collector's file exporter writes them, each behind its length; the second is cut off."""
    other = ebpf(service="unknown_service:java")
    return framed(ebpf().file(), other.dictionary() + other.resources)[:-60]


def otlp_made_missing() -> bytes:
    """Stacks, locations, functions, attributes and names that are referred to and not there; an original payload."""
    made = Otlp()
    stack = made.stack("known", 50)
    dangling = holding(2, number(1, stack) + packed(2, [1, 40]) + packed(4, [4]))
    samples = (made.sample(stack, values=[1], kept="yes"), made.sample(77, values=[2]), made.sample(stack), dangling)
    profile = made.profile(("events", "count"), *samples, more=holding(9, "jfr") + holding(10, b"FLR\0"))
    made.resource(profile)
    return made.resources + made.dictionary() + b"\x12\x09\x0a"


def otlp_bad_earlier() -> bytes:
    """Version 1.7 of the schema, in which a sample is a slice of a list of locations."""
    profile = holding(1, number(1, 1) + number(2, 2)) + holding(2, number(2, 1) + packed(3, [5])) + packed(3, [1, 2])
    return holding(1, holding(2, holding(2, profile))) + holding(2, holding(5, "") + holding(5, "samples"))


def otlp_bad_ancient() -> bytes:
    """The first versions, in which a profile is in a container, with tables of its own."""
    container = holding(1, bytes(range(16))) + fixed64(2, START) + fixed64(3, START) + holding(8, holding(6, ""))
    return holding(1, holding(2, holding(2, container)))


def message() -> dict:
    """A message as JSON."""
    texts = ["", "samples", "count", "cpu", "nanoseconds", "main", "work", "work.go", "/opt/demo/made"]
    texts += ["profile.frame.type", "thread.name", "process.executable.name"]
    profile = {
        "sampleType": {"typeStrindex": 1, "unitStrindex": 2},
        "samples": [
            {"stackIndex": 1, "attributeIndices": [2, 3], "timestampsUnixNano": [str(START + 5), str(START + 1)]},
            {"stackIndex": 2, "attributeIndices": [3], "values": ["3"]},
        ],
        "timeUnixNano": str(START),
        "durationNano": str(SECOND),
        "periodType": {"typeStrindex": 3, "unitStrindex": 4},
        "period": "10000000",
        "profileId": "AQIDBAUGBwgJCgsMDQ4PEA==",
    }
    named = [{"key": "service.name", "value": {"stringValue": "made"}}]
    tables = {
        "mappingTable": [{}, {"memoryStart": "4194304", "filenameStrindex": 8}],
        "locationTable": [
            {},
            {"mappingIndex": 1, "lines": [{"functionIndex": 1}], "attributeIndices": [1]},
            {"mappingIndex": 1, "lines": [{"functionIndex": 2, "line": "7"}], "attributeIndices": [1]},
            {"mappingIndex": 1, "address": "4198400"},
        ],
        "functionTable": [{}, {"nameStrindex": 5}, {"nameStrindex": 6, "filenameStrindex": 7}],
        "linkTable": [{}],
        "stringTable": texts,
        "attributeTable": [
            {},
            {"keyStrindex": 9, "value": {"stringValue": "go"}},
            {"keyStrindex": 10, "value": {"stringValue": "worker"}},
            {"keyStrindex": 11, "value": {"stringValue": "made"}},
        ],
        "stackTable": [{}, {"locationIndices": [2, 1]}, {"locationIndices": [3, 1]}],
    }
    resource = {"resource": {"attributes": named}, "scopeProfiles": [{"scope": {}, "profiles": [profile]}]}
    return {"resourceProfiles": [resource], "dictionary": tables}


def otlp_made_json() -> bytes:
    """One message as JSON."""
    return (json.dumps(message(), indent=1) + "\n").encode()


def otlp_made_lines() -> bytes:
    """Messages as JSON, one per line, as the collector's file exporter writes them; the last one is cut off."""
    return (json.dumps(message()) + "\n").encode() * 2 + json.dumps(message()).encode()[:-200]


SUFFIXES = {"otlp_made_json": ".json", "otlp_made_lines": ".jsonl"}

MADE: dict[str, Callable[[], bytes]] = {
    f"{kind}/{name}{SUFFIXES.get(f'{prefix}_{name}', suffix)}": value
    for prefix, kind, suffix in (("pprof", "pprof", ".pb"), ("otlp", "otlp_profile", ".otlp"))
    for full, value in list(globals().items())
    if full.startswith((f"{prefix}_made", f"{prefix}_bad"))
    for name in [full.removeprefix(f"{prefix}_")]
}


def main() -> None:
    for folder in (GOES_TO, OTLP_GOES_TO):
        folder.mkdir(parents=True, exist_ok=True)
        recorded = {file: said for file, said in read_origin(folder / "ORIGIN").items() if file[:8] == "recorded"}
        made = {}
        for name, make in MADE.items():
            kind, _, file = name.partition("/")
            if kind == folder.name:
                (folder / file).write_bytes(make())
                made[file] = " ".join(make.__doc__.split())
        write_origin(folder / "ORIGIN", ORIGIN, recorded | made)


if __name__ == "__main__":
    main()
