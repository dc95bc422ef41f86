"""pprof profiles, made up field by field: what becomes of what they say."""

from __future__ import annotations

import gzip
import random

import pytest
from drawn import by_stack
from wire import Pprof, holding, number, packed, varint

from flamegraph.collapse import Match, formats, read
from flamegraph.errors import EmptyProfile, ParseError, UnknownFormat, UsageError
from flamegraph.profile import Kind, Metric, Thread
from flamegraph.render import render
from flamegraph.source import Source


def frames(profile) -> dict[str, tuple]:
    f = profile.frames
    return {
        row[0]: row[1:]
        for row in zip(f.name, map(Kind, f.kind.tolist()), f.module, f.file, f.line.tolist(), strict=True)
    }


def small(**how) -> Pprof:
    made = Pprof(**how)
    made.sample(["work", "main"], *[3] * len(made.types))
    made.sample(["main"], *[1] * len(made.types))
    return made


@pytest.mark.parametrize("is_packed", [True, False])
def test_stacks_turn_over(is_packed: bool):
    profile = read(small(packed=is_packed).file())
    assert by_stack(profile) == {("main",): [1], ("main", "work"): [3]}
    assert profile.metrics == (Metric("samples", "count"),)


def test_inlined_lines_expand():
    """The innermost line comes first; all but the outermost one are inlined. The place is the same for all."""
    made = Pprof()
    place = made.location(("inner", "a.c", 7), ("middle", "b.c", 8), ("outer", "c.c", 9), address=0x1234)
    made.sample([place, "main"], 5)
    profile = read(made.file())
    assert by_stack(profile) == {("main", "outer", "middle", "inner"): [5]}
    assert frames(profile) == {
        "main": (Kind.USER, "/opt/demo/made", "", 0),
        "outer": (Kind.USER, "/opt/demo/made", "c.c", 9),
        "middle": (Kind.INLINED, "/opt/demo/made", "b.c", 8),
        "inner": (Kind.INLINED, "/opt/demo/made", "a.c", 7),
    }


@pytest.mark.parametrize(
    ("address", "module", "name"),
    [
        (0x4A10C0, "/usr/lib/libfoo.so", "00000000004a10c0 [libfoo.so]"),
        (0x4A10C0, "", "00000000004a10c0 <unknown>"),
        (0, "/usr/lib/libfoo.so", "[libfoo.so]"),
        (0, "", "<unknown>"),
        (2**64 - 1, "[vdso]", "ffffffffffffffff [[vdso]]"),
    ],
)
def test_places_without_functions(address: int, module: str, name: str):
    for lines in ((), ("",)):
        made = Pprof(types=(("samples", "count"),))
        made.sample([made.location(*lines, address=address, module=module)], 2)
        profile = read(made.file())
        assert by_stack(profile) == {(name,): [2]}
        assert profile.frames.module == [module]


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("[kernel.kallsyms]", Kind.KERNEL),
        ("[kernel.kallsyms]_text", Kind.KERNEL),
        ("/usr/lib/debug/boot/vmlinux-6.1.0", Kind.KERNEL),
        ("vmlinux", Kind.KERNEL),
        ("/lib/modules/6.1.0/kernel/fs/ext4.ko.xz", Kind.KERNEL),
        ("[vdso]", Kind.USER),
        ("[stack]", Kind.USER),
        ("jit", Kind.USER),
        ("/opt/kernel", Kind.USER),
    ],
)
def test_kernel(module: str, kind: Kind):
    made = Pprof(module=module)
    made.sample([made.location("inlined", "schedule")], 1)
    profile = read(made.file())
    assert frames(profile)["schedule"][0] is kind and frames(profile)["inlined"][0] is Kind.INLINED


def test_metrics_are_in_base_units_and_the_last_is_first():
    types = (("a", "count"), ("b", "milliseconds"), ("c", "KB"), ("d", "µs"), ("e", "widgets"), ("f", "seconds"))
    profile = read(small(types=types).file())
    assert profile.metrics == tuple(
        Metric(name, unit)
        for name, unit in (("f", "ns"), ("a", "count"), ("b", "ns"), ("c", "bytes"), ("d", "ns"), ("e", "widgets"))
    )
    assert [profile.total(i) for i in range(6)] == [4 * 10**9, 4, 4 * 10**6, 4096, 4000, 4]


def test_default_sample_type():
    made = small(types=(("a", "count"), ("b", "count"), ("c", "count")))
    made.more = made.text(14, "b")
    assert [metric.name for metric in read(made.file()).metrics] == ["b", "a", "c"]
    made.more = made.text(14, "no such")
    assert [metric.name for metric in read(made.file()).metrics] == ["c", "a", "b"]


def test_sample_types_of_one_name():
    types = (("x", "count"), ("x", "bytes"), ("x", "bytes"), ("", "count"), ("", ""))
    profile = read(small(types=types).file())
    assert [metric.name for metric in profile.metrics] == ["value", "x", "x (bytes)", "x (2)", "count"]


def test_negative_values_stay():
    made = Pprof()
    made.sample(["a", "main"], -5)
    made.sample(["b", "main"], 7)
    profile = read(made.file())
    assert by_stack(profile) == {("main", "a"): [-5], ("main", "b"): [7]}
    assert profile.total() == 2


def test_what_pprof_subtracted_is_the_side_before():
    made = Pprof(types=(("samples", "count"), ("cpu", "microseconds")))
    made.sample(["read", "main"], -4, -40, **{"pprof::base": "true"})
    made.sample(["gone", "main"], -2, -20, **{"pprof::base": "true"})
    made.sample(["read", "main"], 5, 50)
    profile = read(made.file())
    assert profile.metrics == (Metric("before", "ns"), Metric("after", "ns"), Metric("samples", "count"))
    assert by_stack(profile) == {("main", "read"): [40_000, 50_000, 1], ("main", "gone"): [20_000, 0, -2]}
    assert render(profile, "folded").splitlines()[0] == b"main;gone 20000 0"
    assert by_stack(read(made.file(), timeline=True)) == by_stack(profile)


def test_facts():
    made = small(types=(("cpu", "nanoseconds"),))
    made.more = number(9, 10**18) + number(10, 5 * 10**9) + made.value_type(11, "cpu", "milliseconds") + number(12, 10)
    made.more += packed(13, [made.strings.row("said\n by"), made.strings.row("two")])
    meta = read(made.file()).meta
    assert (meta.duration, meta.period, meta.title) == (5 * 10**9, 10_000_000, "said by; two")
    made.more = made.value_type(11, "space", "bytes") + number(12, 524288) + number(10, -5)
    meta = read(made.file()).meta
    assert (meta.duration, meta.period) == (0, 0)


def test_ids_are_any_numbers():
    """Ids are looked up, in order or not, small or large."""
    for ids in ([1, 2], [2, 1], [7, 3], [2**63, 2**64 - 1], [10**6, 5]):
        head = holding(1, b"\x08\x01\x10\x02") + holding(2, packed(1, ids) + packed(2, [4]))
        for i, id in enumerate(ids):
            head += holding(4, number(1, id) + holding(4, number(1, id ^ 4)))
            head += holding(5, number(1, id ^ 4) + number(2, 3 + i))
        texts = ("", "samples", "count", "leaf", "main")
        assert by_stack(read(head + b"".join(holding(6, text) for text in texts))) == {("main", "leaf"): [4]}


def labelled() -> Pprof:
    made = Pprof()
    made.sample(["work", "main"], 1, thread="one", bytes=(512, "bytes"))
    made.sample(["work", "main"], 2, thread="two", bytes=(1024, "bytes"))
    made.sample(["work", "main"], 4, thread="two")
    made.sample([], 8, span=7)
    return made


def test_tags_at_the_root_and_the_leaf():
    profile = read(labelled().file(), tag_root=("thread",))
    assert by_stack(profile) == {
        ("one", "main", "work"): [1],
        ("two", "main", "work"): [6],
        ("[no thread]",): [8],
    }
    profile = read(labelled().file(), tag_leaf=("thread,bytes",))
    assert by_stack(profile) == {
        ("main", "work", "one", "512 bytes"): [1],
        ("main", "work", "two", "1024 bytes"): [2],
        ("main", "work", "two", "[no bytes]"): [4],
        ("[no thread]", "[no bytes]"): [8],
    }
    both = read(labelled().file(), tag_root=("bytes", "thread"), tag_leaf=("span",))
    assert ("512 bytes", "one", "main", "work", "[no span]") in by_stack(both)
    assert ("[no bytes]", "[no thread]", "7") in by_stack(both)
    assert by_stack(read(labelled().file())) == {("main", "work"): [7], (): [8]}


def test_a_tag_that_is_not_there():
    with pytest.raises(UsageError) as raised:
        read(labelled().file(), tag_root=("thred",))
    assert str(raised.value) == "no sample has a label 'thred'; the labels are: thread, bytes, span"
    with pytest.raises(UsageError, match="the labels are: none"):
        read(small().file(), tag_leaf=("x",))


def test_several_values_of_one_tag():
    made = Pprof()
    label = lambda text: holding(3, number(1, made.strings.row("k")) + number(2, made.strings.row(text)))  # noqa: E731
    made.samples = holding(2, packed(2, [5]) + label("a") + label("b"))
    assert by_stack(read(made.file(), tag_root=("k",))) == {("a,b",): [5]}


def test_times_and_threads_from_labels():
    made = Pprof()
    made.sample(["b"], 1, timestamp_ns=2000, **{"thread id": "12", "thread name": "second", "pid": 7})
    made.sample(["a"], 1, timestamp_ns=1000, **{"thread id": "11", "thread name": "first", "pid": 7})
    profile = read(made.file(), timeline=True)
    assert profile.samples.time.tolist() == [1000, 2000]
    assert [profile.threads[i] for i in profile.samples.thread] == [Thread(7, 11, "first"), Thread(7, 12, "second")]
    assert read(made.file()).threads == (Thread(7, 12, "second"), Thread(7, 11, "first"))
    untimed = read(labelled().file(), timeline=True)
    assert untimed.samples.time is None and untimed.samples.values.ravel().tolist() == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda made: made.file()[:-3], {"rest of the file, cut off or damaged": 1, "name that is not in the file": 1}),
        (lambda made: made.file() + b"\xff", {"rest of the file, cut off or damaged": 1}),
        (lambda made: made.file() + holding(2, packed(2, [5, 6])), {"sample without a value of each type": 1}),
        (lambda made: made.file() + holding(2, packed(1, [1])), {"sample without a value of each type": 1}),
        (lambda made: made.file() + holding(2, packed(2, [5]) + b"\x80"), {"damaged sample": 1}),
        (
            lambda made: made.file() + holding(2, packed(2, [0]) + packed(1, [99, 0, 1])),
            {"location that is not in the file": 2},
        ),
    ],
)
def test_damage_is_counted(damage, expected):
    made = small()
    made.location("last", address=5)
    profile = read(damage(made), format="pprof")
    assert profile.total() == 4 and dict(profile.skipped) == expected


def test_what_is_there_of_a_stack_is_kept():
    made = small()
    profile = read(made.file() + holding(2, packed(1, [1, 99, 2]) + packed(2, [16])))
    assert by_stack(profile)["main", "<unknown>", "work"] == [16]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            small().file() + number(9, 5) + small().file() + number(9, 6),
            "expected one profile, found several, one after",
        ),
        (holding(6, "x") + small().file(), "expected a string table that begins with an empty string, found 'x'"),
        (holding(2, packed(1, [1])) + holding(6, ""), "expected sample types, found samples alone"),
        (holding(1, number(1, 1)), "expected a string table, found none"),
        (holding(1, number(1, 1)) + b"\x80", "expected a string table, found none: the file is cut off"),
    ],
)
def test_what_is_no_profile(content: bytes, message: str):
    with pytest.raises(ParseError) as raised:
        read(Source(content, "x"), format="pprof")
    assert str(raised.value).startswith(f"x: {message}")


@pytest.mark.parametrize("values", [(2**62, 2**62), (-(2**62), -(2**62), -5)])
def test_sums_that_are_too_large(values):
    made = Pprof()
    for value in values:
        made.sample(["main"], value)
    with pytest.raises(ParseError, match=r"samples that add up to less than 2\^63"):
        read(made.file())
    made = Pprof(types=(("wall", "seconds"),))
    made.sample(["main"], values[0] >> 20)
    with pytest.raises(ParseError, match=r"wall that add up to less than 2\^63"):
        read(made.file())


def test_empty():
    with pytest.raises(EmptyProfile):
        read(Pprof().file(), format="pprof")
    made = Pprof()
    made.sample(["main"], 0)
    with pytest.raises(EmptyProfile, match="only zeros"):
        read(made.file())


def test_a_stack_of_fifty_thousand_frames():
    made = Pprof()
    made.sample([made.location(f"f{i % 7}", "inlined" if i % 2 else "other") for i in range(50_000)], 1)
    profile = read(made.file())
    assert len(profile.stacks) == 100_001 and profile.total() == 1


def test_small_files_that_claim_enormous_stacks():
    """A place with so many inlined functions, so many times on one stack, that a megabyte would become terabytes."""
    made = Pprof()
    made.location("f")
    lines = holding(4, number(1, 1)) * 200_000
    content = holding(2, packed(1, [7] * 300_000) + packed(2, [1])) + holding(4, number(1, 7) + lines)
    with pytest.raises(ParseError, match=r"stacks of at most [\d,]+ frames, found 60,000,000,000"):
        read(content + made.file(), format="pprof")


def test_describe():
    made = small(types=(("samples", "count"), ("cpu", "milliseconds")))
    made.more = number(10, 77)
    told = formats()["pprof"].describe(Source(made.file()))
    assert [(e.name, e.unit, e.samples, e.total) for e in told.events] == [
        ("samples", "count", 2, 4),
        ("cpu", "ns", 2, 4_000_000),
    ]
    assert told.duration == 77
    with pytest.raises(EmptyProfile):
        formats()["pprof"].describe(Source(Pprof().file()))


def test_detection():
    sniff = formats()["pprof"].sniff
    made = small()
    for content in (made.file(), gzip.compress(made.file())):
        assert sniff(Source(content)) is Match.SIGNATURE
    large = Pprof()
    for i in range(9000):
        large.sample([f"f{i % 100}", "main"], i)
    assert sniff(Source(large.file())) is Match.SIGNATURE
    assert sniff(Source(large.file()[:5000])) is Match.SIGNATURE  # cut off, and so without strings
    many = Pprof()
    for _ in range(3000):  # more messages than are looked at, in few bytes
        many.sample(["main"], 1)
    assert len(many.file()) < 1 << 16 and sniff(Source(many.file())) is Match.SIGNATURE
    assert sniff(Source(made.file() + number(16, 1))) is Match.SIGNATURE  # a later version
    assert sniff(Source(holding(1, varint(1 << 3) + b"\1"))) is Match.NO


def test_random_bytes_are_nobodys():
    chance = random.Random(5)
    for _ in range(20_000):
        content = b"\n" * (chance.random() < 0.5) + chance.randbytes(chance.randrange(1, 40))
        if content[:2] == b"\x1f\x8b":
            continue
        for name in ("pprof", "otlp_profile"):
            assert formats()[name].sniff(Source(content)) is Match.NO, content
    with pytest.raises(UnknownFormat):
        read(b"\x0a\x02\x08\x00")
