"""OpenTelemetry profiles, made up field by field: what becomes of what they say."""

from __future__ import annotations

import pytest
from drawn import by_stack
from wire import Otlp, fixed64, framed, holding, number, packed, varint

from flamegraph.collapse import Match, formats, read
from flamegraph.errors import EmptyProfile, FlamegraphError, ParseError, UsageError
from flamegraph.profile import Kind, Metric, Thread
from flamegraph.source import Source

CPU = {"type": ("samples", "count"), "period": ("cpu", "nanoseconds", 50_000_000)}
MAIN = {"thread_name": "main", "process_executable_name": "shop", "process_pid": 7}


def made(values_second: bool = False) -> Otlp:
    """On-CPU samples without values and off-CPU samples with a value per time, as the eBPF profiler tells them."""
    one = Otlp(values_second=values_second)
    kernel = one.location("schedule", kind="kernel", module="vmlinux", address=5)
    java = one.location(("Shop.sell()", "Shop.java", 30), kind="jvm")
    native = one.location(kind="native", module="libc.so.6", address=0xA2BAC)
    stack = one.stack(java, native)
    on = one.profile(
        CPU["type"],
        one.sample(stack, times=[1030, 1010, 1020], thread_id=8, **{**MAIN, "thread_name": "seller"}),
        one.sample(one.stack(kernel, java, native), times=[1015], thread_id=7, **MAIN),
        period=CPU["period"],
        time=1000,
        duration=500,
    )
    off = one.profile(
        ("off_cpu", "microseconds"),
        one.sample(stack, values=[5, 6], times=[1012, 1100], thread_id=7, link=1, **MAIN),
        one.sample(stack, values=[7], thread_id=7, **MAIN),
        time=900,
        duration=300,
    )
    one.resource(on, off, service_name="webshop", container_id="c0ffee")
    return one


ON, BELOW = ("webshop", "shop", "seller"), ("00000000000a2bac [libc.so.6]", "Shop.sell()")


@pytest.mark.parametrize("values_second", [False, True])
def test_what_is_counted(values_second: bool):
    """Both orders of a sample's fields are told apart."""
    profile = read(made(values_second).file())
    assert profile.metrics == (Metric("samples", "count"), Metric("cpu", "ns"), Metric("off_cpu", "ns"))
    assert by_stack(profile) == {
        (*ON, *BELOW): [3, 150_000_000, 0],
        ("webshop", "shop", "main", *BELOW, "schedule"): [1, 50_000_000, 0],
        ("webshop", "shop", "main", *BELOW): [0, 0, 18_000],
    }
    assert profile.threads == (Thread(7, 8, "seller"), Thread(7, 7, "main"))
    assert profile.meta.duration == 600
    assert profile.skipped == {"link to a span": 1}


def test_timeline():
    profile = read(made().file(), timeline=True)
    rows = zip(
        profile.samples.time.tolist(), profile.samples.values.tolist(), profile.samples.thread.tolist(), strict=True
    )
    cpu = 50_000_000
    assert list(rows) == [
        (900, [0, 0, 7000], 1),
        (1010, [1, cpu, 0], 0),
        (1012, [0, 0, 5000], 1),
        (1015, [1, cpu, 0], 1),
        (1020, [1, cpu, 0], 0),
        (1030, [1, cpu, 0], 0),
        (1100, [0, 0, 6000], 1),
    ]


def test_kinds():
    one = Otlp()
    kinds = {
        "kernel": Kind.KERNEL,
        "native": Kind.USER,
        "go": Kind.USER,
        "rust": Kind.USER,
        "jvm": Kind.JIT,
        "v8js": Kind.JIT,
        "dotnet": Kind.JIT,
        "beam": Kind.JIT,
        "cpython": Kind.INTERPRETED,
        "php": Kind.INTERPRETED,
        "ruby": Kind.INTERPRETED,
        "perl": Kind.INTERPRETED,
        "unheard of": Kind.USER,
    }
    places = [one.location(f"inlined {kind}", kind, kind=kind) for kind in kinds]
    places.append(one.location("untyped", module="/lib/modules/6.1/nf_tables.ko"))
    one.resource(one.profile(("samples", "count"), one.sample(one.stack(*places), values=[1])))
    frames = read(one.file()).frames
    found = dict(zip(frames.name, frames.kind.tolist(), strict=True))
    assert {name: found[name] for name in kinds} == kinds and found["untyped"] == Kind.KERNEL
    assert all(found[f"inlined {name}"] == Kind.INLINED for name in kinds)


@pytest.mark.parametrize(
    ("resource", "sample", "roots"),
    [
        ({}, {}, ()),
        ({"service_name": "shop"}, {}, ("shop",)),
        ({"service_name": "unknown_service:java"}, {"thread_name": "main"}, ("main",)),
        ({"service_name": "c0ffee", "container_id": "c0ffee"}, {"process_executable_name": "p"}, ("p",)),
        ({"process_executable_name": "p"}, {"thread_name": "p"}, ("p",)),
        (
            {},
            {"process_executable_name": "otelcol-ebpf-profiler", "thread_name": "otelcol-ebpf-pr"},
            ("otelcol-ebpf-profiler",),
        ),
        ({}, {"process_executable_path": "/usr/bin/java", "thread_name": "GC 1"}, ("java", "GC 1")),
        ({"service_name": "s"}, {"process_executable_name": "p", "thread_name": "t"}, ("s", "p", "t")),
    ],
)
def test_roots(resource, sample, roots):
    one = Otlp()
    one.resource(one.profile(("samples", "count"), one.sample(one.stack("main"), values=[2], **sample)), **resource)
    assert by_stack(read(one.file())) == {(*roots, "main"): [2]}


def test_tags():
    found = by_stack(read(made().file(), tag_root=("thread.id", "container.id"), tag_leaf=("process.pid",)))
    assert found[("8", "c0ffee", *BELOW, "7")] == [3, 150_000_000, 0]
    found = by_stack(read(made().file(), tag_leaf=("thread.name",)))
    assert found[(*ON, *BELOW, "seller")] == [3, 150_000_000, 0]
    with pytest.raises(UsageError) as raised:
        read(made().file(), tag_root=("pod",))
    assert str(raised.value) == (
        "no sample has an attribute 'pod'; the attributes are: container.id, process.executable.name, process.pid, "
        "service.name, thread.id, thread.name"
    )
    one = Otlp()
    samples = (
        one.sample(one.stack("a"), values=[1], cpu=3),
        one.sample(one.stack("a"), values=[2], hot=True, share=0.25),
    )
    one.resource(one.profile(("samples", "count"), *samples))
    assert by_stack(read(one.file(), tag_root=("cpu",))) == {("3", "a"): [1], ("[no cpu]", "a"): [2]}
    assert ("true", "0.25", "a") in by_stack(read(one.file(), tag_root=("hot,share",)))


def test_attributes_of_a_profile():
    one = Otlp()
    row = one.attribute("host.arch", "arm64")
    samples = one.sample(one.stack("a"), values=[1])
    one.resource(one.profile(("samples", "count"), samples, more=packed(11, [row])))
    assert by_stack(read(one.file(), tag_root=("host.arch",))) == {("arm64", "a"): [1]}


@pytest.mark.parametrize(
    ("type", "period", "values", "times", "metrics", "total"),
    [
        (("samples", "count"), None, [], [1, 2], ["samples"], [2]),
        (("samples", "count"), ("cpu", "milliseconds", 20), [3], [], ["samples", "cpu"], [3, 60_000_000]),
        (("cpu", "nanoseconds"), ("cpu", "nanoseconds", 20), [], [1, 2], ["cpu"], [40]),
        (("cpu", "milliseconds"), ("cpu", "milliseconds", 20), [], [1, 2], ["cpu"], [40_000_000]),
        (("cpu", "nanoseconds"), None, [7, 8], [], ["cpu"], [15]),
        (("space", "kilobytes"), ("space", "bytes", 512), [2], [], ["space"], [2048]),
        (("events", "count"), ("switches", "count", 1000), [2], [], ["events"], [2]),
    ],
)
def test_units_and_periods(type, period, values, times, metrics, total):
    one = Otlp()
    one.resource(one.profile(type, one.sample(one.stack("a"), values=values, times=times), period=period))
    for timeline in (False, True):
        profile = read(one.file(), timeline=timeline)
        assert [metric.name for metric in profile.metrics] == metrics
        assert [profile.total(i) for i in range(len(total))] == total


def test_samples_that_count_nothing():
    one = Otlp()
    bare, useful = one.sample(one.stack("a")), one.sample(one.stack("a"), values=[1])
    timeless = one.profile(("cpu", "nanoseconds"), one.sample(one.stack("a"), times=[5]))
    one.resource(one.profile(("samples", "count"), bare, useful), timeless)
    profile = read(one.file())
    assert profile.total() == 1 and profile.skipped == {"sample that counts nothing": 2}


def test_messages_one_after_the_other():
    """Each has tables of its own; what is the same in them is the same here."""
    other = Otlp()
    other.attribute("x", "y")
    stack = other.stack(other.location(("Shop.sell()", "Shop.java", 30), kind="jvm"), "new")
    other.resource(other.profile(CPU["type"], other.sample(stack, times=[1]), period=CPU["period"]))
    profile = read(framed(made().file(), other.file(), made(values_second=True).file()))
    found = by_stack(profile)
    assert found["new", "Shop.sell()"] == [1, 50_000_000, 0]
    assert found[(*ON, *BELOW)] == [6, 300_000_000, 0]
    assert profile.frames.name.count("Shop.sell()") == 1
    assert profile.skipped == {"link to a span": 2}


def test_what_is_missing_is_counted():
    one = Otlp()
    stack = one.stack("a", 77)
    one.resource(one.profile(("samples", "count"), one.sample(stack, values=[1]), one.sample(99, values=[2])))
    profile = read(one.file())
    assert by_stack(profile) == {("<unknown>", "a"): [1], ("<unknown>",): [2]}
    assert profile.skipped == {"location that is not in the file": 1, "stack that is not in the file": 1}


def test_cut_off():
    """What is there of a message is read, wherever it ends. Without its tables, nothing is."""
    one = made()
    first, turned = framed(one.file()), one.dictionary() + one.resources
    whole = read(first + framed(turned)).total()
    counted = set()
    for at in range(len(first) + 5, len(first) + 4 + len(turned), 3):
        try:
            profile = read((first + framed(turned))[:at])
        except ParseError as error:
            assert "expected a dictionary of profiles, found the end of the message" in str(error)
        else:
            assert profile.skipped["message that is cut off or damaged"] == 1
            counted.add(profile.total())
    assert {whole // 2, whole // 2 + 3} <= counted


def earlier() -> bytes:
    """As opentelemetry-proto 1.7 has it: a sample is a slice of the profile's list of locations."""
    profile = holding(1, number(1, 1) + number(2, 2)) + holding(2, number(1, 1) + number(2, 2) + packed(3, [5]))
    profile += packed(3, [1, 2, 1]) + fixed64(4, 5) + number(7, 3)
    resource = holding(1, holding(2, holding(2, profile)))
    return resource + holding(
        2, holding(5, "") + holding(5, "samples") + holding(2, number(2, 6)) + holding(7, number(1, 1))
    )


def ancient() -> bytes:
    """Version 1.5: each profile has its own tables. Before that, in a container."""
    profile = holding(1, number(1, 1)) + holding(2, number(1, 1)) + holding(3, "") + holding(10, "") + number(11, 5)
    return holding(1, holding(2, holding(2, profile)))


def oldest() -> bytes:
    container = holding(1, bytes(16)) + fixed64(2, 5) + fixed64(3, 6) + holding(8, holding(1, number(1, 1)))
    return holding(1, holding(2, holding(2, container)))


@pytest.mark.parametrize(
    ("content", "revision"), [(earlier(), "earlier"), (ancient(), "ancient"), (oldest(), "ancient")]
)
def test_revisions_that_are_not_read(content: bytes, revision: str):
    assert formats()["otlp_profile"].sniff(Source(content)) is Match.SIGNATURE
    with pytest.raises(
        ParseError, match=rf"proto 1\.9 or later\), found an {revision} revision; collectors of its time"
    ):
        read(content)
    with pytest.raises(ParseError, match="found an earlier revision"):
        read(b'{"resourceProfiles":[{"scopeProfiles":[{"profiles":[{"locationIndices":[1]}]}]}],"dictionary":{"a":1}}')
    with pytest.raises(ParseError, match="found an ancient revision"):
        read(b'{"resourceProfiles":[{"scopeProfiles":[{"profiles":[{"stringTable":[""]}]}]}]}')


def test_too_large():
    for values, period in (
        ([2**62, 2**62], None),
        ([2**62], ("cpu", "seconds", 10)),
        ([], ("cpu", "nanoseconds", 2**62)),
    ):
        one = Otlp()
        sample = one.sample(one.stack("a"), values=values, times=[] if values else [1, 2, 3])
        one.resource(one.profile(("n", "count"), sample, period=period))
        with pytest.raises(ParseError, match=r"add up to less than 2\^63"):
            read(one.file())


def test_small_files_that_claim_enormous_stacks():
    one = Otlp()
    stack = one.stack(*[one.location("f")] * 200_000)
    samples = [one.sample(stack, values=[1], thread_id=i) for i in range(2000)]
    one.resource(one.profile(("samples", "count"), *samples))
    with pytest.raises(ParseError, match=r"stacks of at most [\d,]+ frames, found 400,000,000"):
        read(one.file())


def test_describe():
    told = formats()["otlp_profile"].describe(Source(made().file()))
    assert [(e.name, e.unit, e.samples, e.total) for e in told.events] == [
        ("samples", "count", 4, 4),
        ("cpu", "ns", 4, 200_000_000),
        ("off_cpu", "ns", 3, 18_000),
    ]
    assert told.duration == 600 and told.skipped == {"link to a span": 1}
    with pytest.raises(EmptyProfile):
        formats()["otlp_profile"].describe(Source(Otlp().file()))


def test_detection():
    sniff = formats()["otlp_profile"].sniff
    large = Otlp()
    places = [large.location(f"function {i}", address=i) for i in range(4000)]
    samples = [large.sample(large.stack(*places[i : i + 20]), times=[i], thread_name=f"t{i}") for i in range(3000)]
    large.resource(large.profile(CPU["type"], *samples))
    turned = large.dictionary() + large.resources
    for content in (made().file(), made(True).file(), framed(made().file()), large.file(), turned, framed(turned)):
        assert sniff(Source(content)) is Match.SIGNATURE and formats()["pprof"].sniff(Source(content)) is Match.NO
    traces = holding(
        1, holding(1, b"") + holding(2, holding(2, holding(1, bytes(range(16))) + holding(2, b"12345678")))
    )
    logs = holding(1, holding(2, holding(2, fixed64(1, 5) + varint(2 << 3) + b"\1")))
    metrics = holding(1, holding(2, holding(2, holding(1, "http.requests") + holding(2, "how many"))))
    for content in (traces, logs, metrics, b"", b"\0\0\0\4abcd", b'{"resourceSpans":[]}', b'{"dictionary":{}}'):
        assert sniff(Source(content)) is Match.NO


def test_empty():
    with pytest.raises(EmptyProfile):
        read(Otlp().file(), format="otlp_profile")
    with pytest.raises(EmptyProfile):
        read(b'{"resourceProfiles":[],"dictionary":{}}')
    with pytest.raises(FlamegraphError):
        read(b"\0\0\0\1\0", format="otlp_profile")
