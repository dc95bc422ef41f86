"""perf script text: every way in which perf prints a header or a frame, and what comes of it."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import by_stack
from golden import ROOT

from flamegraph.collapse import Match, formats, read
from flamegraph.collapse.perf_script.frames import Frame, Spelling, parse_frame, parse_srcline
from flamegraph.collapse.perf_script.heads import parse_what, parse_who, split_head
from flamegraph.errors import EmptyProfile, ParseError, UsageError
from flamegraph.profile import Kind, Metric, Profile, Thread
from flamegraph.source import Source

FIXTURES = ROOT / "fixtures/collapse/perf_script"


def fixture(name: str, **options) -> Profile:
    return read(FIXTURES / f"{name}.txt", **options)


def lines(profile: Profile, metric: int = 0) -> list[str]:
    """The lines of folded text, sorted."""
    found = {";".join(stack): values[metric] for stack, values in by_stack(profile).items()}
    return sorted(f"{stack} {value}" for stack, value in found.items() if value)


def sample(*frames: str, head: str = "shop 101  10.000001:     250000 cpu-clock: ") -> bytes:
    return "\n".join([head, *(f"\t{frame}" for frame in frames), "", ""]).encode()


@pytest.mark.parametrize(
    ("line", "who", "time", "what"),
    [
        (
            "hot 24923  2361.879310:    3344481 cpu-clock: ",
            ("hot", -1, 24923),
            "2361.879310",
            ("cpu-clock", 3344481, ""),
        ),
        ("io worker 1 24923/24925  1.5: cycles:u: ", ("io worker 1", 24923, 24925), "1.5", ("cycles:u", -1, "")),
        ("a:b [c] 5/7 24927 [001]  1.5:  1 x:y: b: c", ("a:b [c] 5/7", -1, 24927), "1.5", ("x:y", 1, "b: c")),
        ("1.5: x 12 3.5: cycles:", ("1.5: x", -1, 12), "3.5", ("cycles", -1, "")),
        ("a: b 12 3.5: cycles:", ("a: b", -1, 12), "3.5", ("cycles", -1, "")),
        (":-1    -1 [-01]  1.5: cycles:", (":-1", -1, -1), "1.5", ("cycles", -1, "")),
        ("12/13 1.5: cycles:", ("", 12, 13), "1.5", ("cycles", -1, "")),
        ("worker 1 12 cycles:", ("worker 1", -1, 12), "", ("cycles", -1, "")),
        ("worker 12          1 cycles:", ("worker", -1, 12), "", ("cycles", 1, "")),
        (
            "cpu-clock: x 13/14 cpu-clock:  7f sym (dso)",
            ("cpu-clock: x", 13, 14),
            "",
            ("cpu-clock", -1, "7f sym (dso)"),
        ),
        ("hot 12 1.5: ", ("hot", -1, 12), "1.5", ("", -1, "")),
        ("hot 12 1.5: 7f12 sym (dso)", ("hot", -1, 12), "1.5", ("", -1, "7f12 sym (dso)")),
        ("hot 12 1.5: 99999999999999999999 cycles: ", ("hot", -1, 12), "1.5", ("cycles", -1, "")),
    ],
)
def test_headers(line: str, who: tuple, time: str, what: tuple) -> None:
    left, found, right = split_head(line.encode())
    comm, pid, tid, _ = parse_who(left)
    event, period, rest = parse_what(right)
    assert ((comm.decode(), pid, tid), found.decode()) == (who, time)
    assert (event.decode(), period, rest.decode().strip()) == what


@pytest.mark.parametrize(
    "line", ["", "main;work 12", "@[", "   12345.5: x", "hot: 12", "a 12 b", "x 1.5: cycles:", "  kernel`main+0x1 12"]
)
def test_what_is_no_header(line: str) -> None:
    assert split_head(line.encode()) is None


@pytest.mark.parametrize(
    ("line", "frames"),
    [
        ("7f work+0x10 (/a/b.so)", [Frame("work", Kind.USER, "/a/b.so")]),
        ("7f work (/a/b.so)", [Frame("work", Kind.USER, "/a/b.so")]),
        ("7f operator delete(void*) (/a/b c.so)", [Frame("operator delete", Kind.USER, "/a/b c.so")]),
        ("7f run+0x1 (/a/b (deleted))", [Frame("run", Kind.USER, "/a/b (deleted)")]),
        ("7f run+0x1 (/a (x86)/b)", [Frame("run", Kind.USER, "/a (x86)/b")]),
        ("7f a::operator()+0xbf", [Frame("a::operator", Kind.USER, "")]),
        ("7f std::function<double (int)>::operator()", [Frame("std::function<double ", Kind.USER, "")]),
        ("7f work+0x10 (inlined)", [Frame("work", Kind.INLINED, "")]),
        ("7f main.(*T).Run+0x1 (/a)", [Frame("main.(*T).Run", Kind.USER, "/a")]),
        ("7f a::(anonymous namespace)::f(int)+0x1 (/a)", [Frame("a::(anonymous namespace)::f", Kind.USER, "/a")]),
        (
            "7f cpu_startup_entry+0x800047c022ec ([kernel.kallsyms])",
            [Frame("cpu_startup_entry", Kind.KERNEL, "[kernel.kallsyms]")],
        ),
        ("7f f ([guest.kernel.kallsyms.12])", [Frame("f", Kind.KERNEL, "[guest.kernel.kallsyms.12]")]),
        (
            "7f f (/usr/lib/debug/lib/modules/6.1/vmlinux)",
            [Frame("f", Kind.KERNEL, "/usr/lib/debug/lib/modules/6.1/vmlinux")],
        ),
        ("7f f (/lib/modules/6.1/net/a.ko.xz)", [Frame("f", Kind.KERNEL, "/lib/modules/6.1/net/a.ko.xz")]),
        ("7f f ([vdso])", [Frame("f", Kind.USER, "[vdso]")]),
        ("7f f (/proc/1/root/tmp/perf-12.map)", [Frame("f", Kind.JIT, "/proc/1/root/tmp/perf-12.map")]),
        ("7f f (/tmp/jitted-1-2.so)", [Frame("f", Kind.JIT, "/tmp/jitted-1-2.so")]),
        (
            "7f a->b->c (/a)",
            [Frame("a", Kind.USER, "/a"), Frame("b", Kind.INLINED, "/a"), Frame("c", Kind.INLINED, "/a")],
        ),
        ("7f A::operator->+0x1 (/a)", [Frame("A::operator->", Kind.USER, "/a")]),
        ("7f f<fn() -> int>+0x1 (/a)", [Frame("f<fn", Kind.USER, "/a")]),
        ("7f (perf) (/a)", []),
        ("7f [unknown] (/a/b.so)", [Frame("[b.so]", Kind.USER, "/a/b.so")]),
        ("7f [unknown] ([kernel.kallsyms])", [Frame("[[kernel.kallsyms]]", Kind.KERNEL, "[kernel.kallsyms]")]),
        ("7f  (/a/b.so)", [Frame("[b.so]", Kind.USER, "/a/b.so")]),
        ("7f  ()", [Frame("[unknown]", Kind.USER, "")]),
        ("7f [unknown] ([unknown])", [Frame("[unknown]", Kind.USER, "[unknown]")]),
    ],
)
def test_frames(line: str, frames: list[Frame]) -> None:
    assert parse_frame(b"\t" + line.encode(), None, Spelling()) == frames


def test_source_lines() -> None:
    assert parse_srcline(b"  hot.cpp:28") == ("hot.cpp", 28, False)
    assert parse_srcline(b"  stl_tree.h:9 (inlined)") == ("stl_tree.h", 9, True)
    assert parse_srcline(b"  hot.cpp:28 (discriminator 3)") == ("hot.cpp", 28, False)
    assert parse_srcline(b"  ??:0") == parse_srcline(b"  libc.so.6[ff12]") == ("", 0, False)
    assert parse_srcline(b" ABI:2    BP:0x7f1f4b20ae30") is None


def test_comms() -> None:
    profile = fixture("comms")
    comms = ["io worker 1", "a:b [c] 5/7", "semi;colon", "κόμμα", "12345", "1.5: x", ":109"]
    assert [thread.name for thread in profile.threads] == comms
    assert [thread.tid for thread in profile.threads] == [102, 103, 104, 105, 106, 107, 109]
    assert {stack[0] for stack in by_stack(profile)} == {comm.replace(" ", "_") for comm in comms}
    assert set(profile.frames.kind.tolist()) == {Kind.PROCESS, Kind.USER}
    assert profile.meta.duration == 6000


def test_a_comm_that_looks_like_a_comment() -> None:
    text = sample("1 a (/x)", head="#a 1 1.5: 7 cycles:") + b"# a comment\n#b 1 1.6: 7 cycles: \n\t1 a (/x)\n\n"
    assert lines(read(text, format="perf_script")) == ["#a;a 7", "#b;a 7"]


def test_pid_and_tid() -> None:
    assert lines(fixture("ids")) == [":103;work 1", "shop;work 4", "swapper;idle 1"]
    roots = {stack[0] for stack in by_stack(fixture("ids", pid=True))}
    assert roots == {":103-101", "shop-?", "shop-101", "swapper-?"}
    roots = {stack[0] for stack in by_stack(fixture("ids", tid=True))}
    assert roots == {":103-101/103", "shop-?/101", "shop-101/102", "swapper-?/0"}


def test_every_event_is_a_metric() -> None:
    profile = fixture("events")
    assert profile.metrics == (
        Metric("cycles:u", "cycles"),
        Metric("instructions:u", "instructions"),
        Metric("sched:sched_switch", "sched:sched_switch"),
        Metric("cpu-clock/freq=4000/", "ns"),
        Metric("cpu_core/cycles/", "cycles"),
        Metric("cpu_atom/cycles/", "cycles"),
    )
    assert lines(profile) == ["shop;rest 500", "shop;work 1000"]
    assert lines(profile, 2) == ["shop;schedule 1"]
    assert by_stack(profile)["shop", "work"] == [1000, 3000, 0, 250000, 2000, 4000]


@pytest.mark.parametrize(
    ("name", "metric"),
    [("cycles:u", "cycles:u"), ("cpu-clock", "cpu-clock/freq=4000/"), ("instructions", "instructions:u")],
)
def test_one_event(name: str, metric: str) -> None:
    profile = fixture("events", event=name)
    assert [m.name for m in profile.metrics] == [metric]
    assert len(profile.frames) == len({frame for stack in by_stack(profile) for frame in stack})


def test_events_that_do_not_exist_or_are_several() -> None:
    with pytest.raises(
        UsageError, match="--event cycles: expected one of cycles:u, cpu_core/cycles/, cpu_atom/cycles/"
    ):
        fixture("events", event="cycles")
    with pytest.raises(UsageError, match="--event sched: expected one of cycles:u, "):
        fixture("events", event="sched")


def test_weights() -> None:
    assert fixture("events", weight="samples", event="cycles:u").total() == 2
    assert fixture("events", weight="samples").metrics[0] == Metric("cycles:u", "samples")
    assert fixture("no_period").metrics == (Metric("cycles", "samples"),)
    assert lines(fixture("no_period")) == ["shop;work 2"]
    no_period = sample("1 a (/x)", head="shop 1 1.5:          0 cycles:")
    assert read(no_period + no_period).total() == 2, "a period of nothing counts as one"
    assert fixture("no_event").metrics == (Metric("samples", "samples"),)
    assert lines(fixture("no_event")) == ["io_worker_1 1", "shop 2"]
    assert fixture("records").meta.period == 250000 and fixture("events").meta.period == 0


def test_no_time() -> None:
    profile = fixture("no_time")
    assert lines(profile) == ["java;org/demo/Ledger:::add;tick 1", "worker_1;rest 1"]
    assert profile.threads == (Thread(-1, 101, "java"), Thread(-1, 102, "worker 1"))
    assert (profile.metrics[1], lines(profile, 1)) == (Metric("page-faults", "page-faults"), ["worker_1;rest 250000"])
    timeline = fixture("no_time", timeline=True)
    assert timeline.samples.time is None and timeline.samples.thread.tolist() == [0, 1, 1]


def test_one_line_per_sample() -> None:
    profile = fixture("one_line")
    assert lines(profile) == ["cafe;add 1", "io_worker_1;work 1", "shop;[unknown] 1", "shop;work 1"]
    assert lines(profile, 1) == ["block;blk_update_request 1"]
    profile = fixture("branches")
    assert lines(profile) == [":101;[unknown] 1", ":101;main 1", ":101;work 1"]
    assert profile.skipped == {"instruction trace error": 1}


def test_names() -> None:
    frames = [
        "names", "[unknown]", "[libdemo.so]", "[libdemo.so]", "_ZN4demo3addEii", "run.isra.0", "its quoted:twice",
        "demo::Box::operator->", "std::function<int ", "main.(*Server).Serve",
        "demo::(anonymous namespace)::Inner::run", "(anonymous namespace)::hidden",
        "std::vector<int, std::allocator<int> >::push_back",
    ]  # fmt: skip
    assert by_stack(fixture("names")) == {tuple(frames): [250000]}
    addressed = fixture("names", addrs=True)
    frames[1:4] = ["[unknown <2200>]", "[libdemo.so <2100>]", "[libdemo.so <2000>]"]
    assert by_stack(addressed) == {tuple(frames): [250000]}
    whole = next(iter(by_stack(fixture("names", full_names=True))))
    assert "std::function<int (int)>::operator()(int) const" in whole
    assert 'it\'s "quoted":twice' in whole


def test_annotations() -> None:
    add, value, get = "org/demo/Ledger:::add", "org/demo/Row:::value_[i]", "org/demo/Cell:::get_[i]"
    assert lines(fixture("jit")) == [
        f"java;JavaCalls::call_helper;Interpreter;{add};{value};{get};tick 250000",
        "java;StubRoutines ;__vdso_gettimeofday;nf_hook;rx;tick 250000",
        "node;JS:~main /opt/demo/tokens.mjs:9:1;LazyCompile:*tokens /opt/demo/tokens.mjs:3:1 250000",
    ]
    both = [
        f"java;JavaCalls::call_helper;Interpreter_[j];{add}_[j];{value};{get};tick_[k] 250000",
        "java;StubRoutines _[j];__vdso_gettimeofday;nf_hook_[k];rx_[k];tick_[k] 250000",
        "node;JS:~main /opt/demo/tokens.mjs:9:1_[j];LazyCompile:*tokens /opt/demo/tokens.mjs:3:1_[j] 250000",
    ]
    assert lines(fixture("jit", all=True)) == lines(fixture("jit", kernel=True, jit=True)) == both
    assert lines(fixture("jit", kernel=True)) == [line.replace("_[j]", "") for line in both]
    assert lines(fixture("jit", jit=True)) == [line.replace("_[k]", "") for line in both]
    # As in stackcollapse-perf.pl, the names of a Java process are tidied where it is called just that.
    assert any("Lorg/demo/Ledger:::add" in line for line in lines(fixture("jit", pid=True)))


def test_inlined_frames_and_source_lines() -> None:
    profile = fixture("inlined")
    assert lines(profile) == ["shop;main;price;clamp;min 250000"]
    kinds = dict(zip(profile.frames.name, profile.frames.kind.tolist(), strict=True))
    assert kinds["clamp"] == kinds["min"] == Kind.INLINED and kinds["price"] == Kind.USER

    profile = fixture("srcline")
    assert lines(profile) == ["shop;[shop];main;price;min;tick 250000"]
    rows = zip(
        profile.frames.name,
        profile.frames.file,
        profile.frames.line.tolist(),
        profile.frames.kind.tolist(),
        strict=True,
    )
    where = {name: (file, line, kind) for name, file, line, kind in rows}
    assert where["min"] == ("algo.h", 12, Kind.INLINED)
    assert where["price"] == ("shop.cpp", 28, Kind.USER)
    assert where["main"] == ("", 0, Kind.USER) and where["tick"] == ("", 0, Kind.KERNEL)
    shown = ["shop;[shop];main;price:shop.cpp:28;min:algo.h:12;tick 250000"]
    assert lines(fixture("srcline", srcline=True)) == shown


def test_other_lines_between() -> None:
    profile = fixture("records")
    assert lines(profile) == ["shop;work 500000"] and not profile.skipped
    assert (profile.meta.command, profile.meta.host) == ("/usr/bin/perf record -g ./shop", "demo")
    assert profile.threads == (Thread(-1, 101, "shop"),), "those that were sampled"
    assert lines(fixture("registers")) == ["shop;main;work 2"]
    assert lines(fixture("no_dso")) == ["shop;[unknown];std::function<int ;schedule 1"]
    assert lines(fixture("blanks")) == ["Shop;should_trace;Lock::unlock 1000000"]
    assert lines(fixture("blanks"), 1) == ["shop;work;schedule 1"]


@pytest.mark.parametrize("name", ["no_period", "no_last_blank_line", "crlf"])
def test_line_ends(name: str) -> None:
    assert (lines(fixture(name)), fixture(name).skipped) == (["shop;work 2"], {})


def test_an_empty_line_after_a_header() -> None:
    assert lines(fixture("empty_line_after_header")) == ["shop 250000", "shop;rest 250000", "shop;work 250000"]


def test_timeline() -> None:
    text = b"".join(
        sample(f"1000 {name}+0x1 (/shop)", head=f"{comm}  {time}:  {period} {event}:")
        for comm, time, period, event, name in [
            ("shop 1/1", "2.000001", 30, "cycles", "a"),
            ("shop 1/2", "1.500000123", 7, "faults", "b"),
            ("shop 1/1", "3.0", 10, "cycles", "a"),
        ]
    )
    profile = read(text, timeline=True)
    assert profile.meta.timeline
    assert profile.samples.time.tolist() == [1_500_000_123, 2_000_001_000, 3_000_000_000]
    assert profile.samples.values.tolist() == [[0, 7], [30, 0], [10, 0]]
    assert [profile.threads[i] for i in profile.samples.thread] == [Thread(1, 2, "shop"), *[Thread(1, 1, "shop")] * 2]
    assert profile.samples.thread.dtype == np.int32

    deltas = fixture("delta_time", timeline=True)
    assert deltas.samples.time.tolist() == [0, 4_000_000, 5_000_000]
    assert fixture("delta_time").meta.duration == 0, "such times tell no duration"


def test_the_same_function_in_two_java_and_other_processes() -> None:
    text = sample("1 La/b;::c (/tmp/perf-1.map)", "2 a/b:::c (/tmp/perf-1.map)", head="java 1 1.5: 10 cycles:")
    assert lines(read(text + text.replace(b"java", b"perl"))) == ["java;a/b:::c;a/b:::c 10", "perl;a/b:::c;La/b:::c 10"]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (b"hot 12 1.5: 10 cycles: \n\t7f12 work (/a)\n\n", Match.SIGNATURE),
        (b"# ========\n# captured on    : today\n#\nhot 12 1.5: cycles:\n\t7f12 work\n", Match.SIGNATURE),
        (b"hot 12 cycles:\n\t7f12 work (/a)\n", Match.SIGNATURE),
        (b"  hot 12 1.5: cycles:              7f12 work (/a)\n", Match.SIGNATURE),
        (b"hot 12 1.5: PERF_RECORD_COMM: hot:12/12\n", Match.SIGNATURE),
        (b"hot 12 1.5: \nhot 12 1.6: \n", Match.SHAPE),
        (b"hot 12 1.5: cycles: \n\nhot 12 1.6: cycles: \n\n", Match.SHAPE),
        (b"hot 12 cycles:\n", Match.NO),
        (b"main;work 12\nmain 3\n", Match.NO),
        (b"\t7f12 work (/a)\n", Match.NO),
        (b"@[\n    work+12\n    main+3\n, hot]: 12\n", Match.NO),
        (b"  genunix`kmem_cache_free+0x1c\n  unix`sys_syscall+0x17a\n   12\n", Match.NO),
        (b"hot 12 34.5: this is a message\n", Match.NO),
        (b"", Match.NO),
    ],
)
def test_sniff(text: bytes, match: Match) -> None:
    assert formats()["perf_script"].sniff(Source(text)) == match


def test_nothing_in_it() -> None:
    with pytest.raises(ParseError, match=r"in\.txt:3: expected a sample .*, found 'what is this'"):
        read(Source(b"# a comment\n\nwhat is this\n", "in.txt"), format="perf_script")
    with pytest.raises(EmptyProfile):
        read(b"# ========\n# captured on : today\n")
