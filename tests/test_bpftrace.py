"""bpftrace maps: keys of every shape, what their numbers are, and how often they are printed."""

from __future__ import annotations

import json

import pytest
from drawn import by_stack
from golden import ROOT
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.collapse import Match, formats, read
from flamegraph.collapse.bpftrace.frames import Frame, Spelling, parse_frame
from flamegraph.errors import EmptyProfile, UsageError
from flamegraph.profile import Kind, Metric, Profile
from flamegraph.source import Source

FIXTURES = ROOT / "fixtures/collapse/bpftrace"

Stack = tuple[str, ...]


def stacks(content: str | bytes, **options) -> dict[Stack, int]:
    """Each stack and what it counts, of a text with one metric."""
    profile = read(content.encode() if isinstance(content, str) else content, **options)
    assert len(profile.metrics) == 1
    return {stack: value for stack, (value,) in by_stack(profile).items()}


def total(profile: Profile, name: str) -> int:
    return int(profile.total([metric.name for metric in profile.metrics].index(name)))


def block(*frames: str) -> str:
    """A stack as text has it, leaf first."""
    return "\n" + "".join(f"    {frame}\n" for frame in frames) if frames else ""


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        ("    vfs_read+187", Frame("vfs_read")),
        ("    operator+(A const&, A const&)+12", Frame("operator+(A const&, A const&)")),
        ("    A::operator+", Frame("A::operator+")),
        ("    void f<int>(int) [clone .isra.0]+363", Frame("void f<int>(int) [clone .isra.0]")),
        ("    cfree@GLIBC_2.2.5+12", Frame("cfree@GLIBC_2.2.5")),
        ("    LFoo;::bar+1", Frame("LFoo;::bar")),
        ("    0x7f4a33ad44a3", Frame("[unknown]")),
        ("    0xffffffff81000130", Frame("[unknown]", Kind.KERNEL)),
        ("    main+3@/src/a b/main.cpp:7", Frame("main", file="/src/a b/main.cpp", line=7)),
        ("    [inlined] f(int)@a.cpp:7", Frame("f(int)", Kind.INLINED, file="a.cpp", line=7)),
        ("    <unwind failure>", Frame("<unwind failure>", Kind.GAP)),
        ("    <T as Trait>::run+5", Frame("<T as Trait>::run")),
        ("read+76", Frame("read")),  # JSON of bpftrace 0.24
        ("\tffffffff81b7dbc2 chacha_permute+370", Frame("chacha_permute", Kind.KERNEL)),
        ("\t7fbb52d162ec read+76 (/lib/libc.so.6)", Frame("read", module="/lib/libc.so.6")),
        ("\t7fbb run+5 (/a (x86)/b (deleted))", Frame("run", module="/a (x86)/b (deleted)")),
        ("\t7fbb f<void (int)>::operator()(int)+5 (/a)", Frame("f<void (int)>::operator()(int)", module="/a")),
        ("\t7fbb run+5 (inlined)", Frame("run", Kind.INLINED)),
        ("\t7fbb run+5 (/tmp/perf-12.map)", Frame("run", Kind.JIT, "/tmp/perf-12.map")),
        ("\t7fbb52ed44a3 0x7fbb52ed44a3 ([unknown])", Frame("[unknown]")),
        ("7fbb52d162ec", Frame("7fbb52d162ec")),
        ("ffffffff81b7dbc2", Frame("ffffffff81b7dbc2", Kind.KERNEL)),
    ],
)
def test_frames(line: str, frame: Frame) -> None:
    assert parse_frame(line, False, Spelling()) == frame


def test_frames_as_they_are_printed() -> None:
    spelling = Spelling(addrs=True, offsets=True)
    assert parse_frame("    read+76", True, spelling) == Frame("read+76", Kind.KERNEL)
    assert parse_frame("    0x7f4a33ad44a3", False, spelling).name == "0x7f4a33ad44a3"


@pytest.mark.parametrize(
    ("key", "stack"),
    [
        ("\n    f+1\n    main+2\n", ("main", "f")),
        ("", ()),
        ("\n    f+1\n, web", ("web", "f")),
        (", web", ("web",)),
        ("web, \n    f+1\n", ("web", "f")),
        ("web, ", ("web",)),
        ("web,\n    f+1\n", ("web", "f")),  # an editor took the blank
        ("12, web, \n    f+1\n, 3", ("web", "f")),
        ("\n    vfs_read+1\n, \n    f+1\n    main+2\n, web", ("web", "main", "f", "vfs_read")),
        ("\n    f+1\n    main+2\n, \n    vfs_read+1\n, web", ("web", "main", "f", "vfs_read")),
        ("\n    vfs_read+1\n, web, \n    f+1\n    main+2\n", ("web", "main", "f", "vfs_read")),
        (", \n    f+1\n, web", ("web", "f")),
        ("\n    vfs_read+1\n, , web", ("web", "vfs_read")),
        (", , swapper/0", ("swapper/0",)),
        ("\n    vfs_read+1\n, \n    f+1\n", ("f", "vfs_read")),
        ("(1, \n    f+1\n, web)", ("web", "f")),
        ("((1, web), \n    f+1\n)", ("web", "f")),
        ("(\n    f+1\n, web)", ("web", "f")),
        ("(web, \n    f+1\n", ("(web", "f")),
        ("\n    f+1\n, web)", ("web)", "f")),
        ("\n    f+1\n, (web)", ("(web)", "f")),
    ],
)
def test_keys(key: str, stack: Stack) -> None:
    assert stacks(f"Attaching 1 probe...\n\n\n@[{key}]: 3\n") == {stack: 3}
    assert stacks(f"@name_of_map[{key}]: 3\n", format="bpftrace") == {stack: 3}


def test_a_map_of_scalars_has_no_stacks() -> None:
    for text in ("@[web]: 3\n", "@[12]: 3\n@[13]: 4\n", "@: 3\n", "@n: 3\n"):
        with pytest.raises(EmptyProfile, match="entry of a map without stacks"):
            read(text.encode(), format="bpftrace")


NASTY = ["a, b", ", ", "x]: 5", "]: 7, ", "a;b", "(sd-pam)", "κόμμα", "[c] 5/7", "@x[", " ", "1, 2, web"]


def entry(kernel: list[str], user: list[str], comm: str, value: int) -> str:
    return f"@[{block(*kernel)}, {block(*user)}, {comm}, 7]: {value}\n"


names = st.lists(st.sampled_from(["main", "f(int, char)", "operator,", "a]: 5", "_start"]), max_size=4)
rows = st.lists(st.tuples(names, names, st.sampled_from([*NASTY, "web", "12"]), st.integers(0, 10**6)), max_size=12)


@given(rows)
def test_any_name_of_a_thread_is_read(found: list[tuple[list[str], list[str], str, int]]) -> None:
    """The shape of a map's keys is known from its simple ones, and then a thread may be called anything."""
    found = [(["do_syscall_64"], ["main"], "web", 1), *found]
    text = "Attaching 1 probe...\n\n" + "".join(entry(*row) for row in found)
    expected: dict[Stack, int] = {}
    for kernel, user, comm, value in found:
        stack = (comm, *reversed(user), *reversed(kernel))
        expected[stack] = expected.get(stack, 0) + value
    assert stacks(text, prints="all") == expected


def test_parts_of_keys_that_are_shown() -> None:
    text = "@[12, web, \n    f+1\n, 3]: 1\n@[12, db, \n    f+1\n, 4]: 2\n"
    assert stacks(text) == {("web", "f"): 1, ("db", "f"): 2}
    assert stacks(text, keys="all") == {("12", "web", "3", "f"): 1, ("12", "db", "4", "f"): 2}
    assert stacks(text, keys="none") == {("f",): 3}


def test_a_thread_called_like_a_number_is_a_name_beside_others() -> None:
    text = "@[\n    f+1\n, 12345]: 1\n@[\n    f+1\n, web]: 2\n"
    assert stacks(text) == {("12345", "f"): 1, ("web", "f"): 2}


def test_kernel_functions_are_marked() -> None:
    text = "@[\n    vfs_read+1\n    do_syscall_64+3\n, \n    f(int)+1\n]: 1\n"
    assert stacks(text, kernel=True) == {("f(int)", "do_syscall_64_[k]", "vfs_read_[k]"): 1}
    # Names that tell nothing, in the usual order.
    assert stacks("@[\n    a+1\n, \n    b+1\n]: 1\n", kernel=True) == {("b", "a_[k]"): 1}
    assert stacks("@[\n    a+1\n]: 1\n", kernel=True) == {("a",): 1}
    # Of two stacks of programs, neither.
    assert stacks("@[\n    a+1\n    main+2\n, \n    b+1\n    main+2\n]: 1\n", kernel=True) == {
        ("main", "b", "main", "a"): 1
    }


def test_each_map_of_stacks_is_a_metric() -> None:
    profile = read(FIXTURES / "recorded_two_maps.txt")
    assert profile.metrics == (Metric("faults", "samples"), Metric("on", "samples"))
    for name in ("on", "@on"):
        one = read(FIXTURES / "recorded_two_maps.txt", map=name)
        assert one.metrics == (Metric("on", "samples"),)
        assert one.total() == total(profile, "on")
    with pytest.raises(UsageError, match=r"no map of stacks is called @of; expected one of @faults, @on"):
        read(FIXTURES / "recorded_two_maps.txt", map="@of")


def test_a_map_without_a_name_stays_apart_from_one_called_samples() -> None:
    profile = read(b"@[\n    f+1\n]: 1\n@samples[\n    f+1\n]: 2\n")
    assert [metric.name for metric in profile.metrics] == ["@", "samples"]
    assert by_stack(profile) == {("f",): [1, 2]}


@pytest.mark.parametrize(
    ("name", "options", "metric", "value"),
    [
        ("", {}, Metric("samples", "samples"), 3),
        ("", {"unit": "us"}, Metric("time", "ns"), 3000),
        ("", {"unit": "s"}, Metric("time", "ns"), 3 * 10**9),
        ("", {"unit": "bytes"}, Metric("bytes", "bytes"), 3),
        ("ns", {}, Metric("ns", "ns"), 3),
        ("usecs", {}, Metric("usecs", "ns"), 3000),
        ("off_cpu_ms", {}, Metric("off_cpu_ms", "ns"), 3 * 10**6),
        ("bytes", {}, Metric("bytes", "bytes"), 3),
        ("read_bytes", {"unit": "us"}, Metric("read_bytes", "bytes"), 3),
        ("usecs", {"unit": "ns", "map": "@usecs"}, Metric("usecs", "ns"), 3),
        ("misses", {}, Metric("misses", "samples"), 3),
        ("bonus", {"unit": "ms"}, Metric("bonus", "ns"), 3 * 10**6),
    ],
)
def test_units(name: str, options: dict, metric: Metric, value: int) -> None:
    profile = read(f"@{name}[\n    f+1\n]: 3\n".encode(), **options)
    assert (profile.metrics, profile.total()) == ((metric,), value)


def test_histograms_count_samples_whatever_their_map_is_called() -> None:
    text = "@usecs[\n    f+1\n]: \n[1]                    2 |@@@@@     |\n[2, 4)                 7 |@@@@@@@@@@|\n\n"
    assert read(text.encode()).metrics == (Metric("usecs", "samples"),)
    assert stacks(text) == {("f",): 9}
    newer = text.replace("]: \n", "]:\n")
    assert stacks(newer) == {("f",): 9}


MAPS = """@{name}[
    f+1
    main+2
]: {f}
@{name}[
    g+1
    main+2
]: {g}
"""


@pytest.mark.parametrize(
    ("numbers", "result", "left_out"),
    [
        ([(1, 2)], (1, 2), 0),
        ([(1, 4), (2, 8), (3, 9)], (3, 9), 2),  # goes on counting
        ([(1, 2), (1, 3), (1, 3)], (1, 3), 2),  # the last print is the one at the end
        ([(1, 2), (1, 2), (1, 2)], (3, 6), 0),  # so it is cleared: or nothing happened, and shares are the same
        ([(1, 5), (2, 4), (3, 9)], (6, 18), 0),
    ],
)
def test_prints(numbers: list[tuple[int, int]], result: tuple[int, int], left_out: int) -> None:
    text = "".join(MAPS.format(name="", f=f, g=g) for f, g in numbers)
    profile = read(text.encode())
    assert by_stack(profile) == {("main", "f"): [result[0]], ("main", "g"): [result[1]]}
    assert profile.skipped.get("earlier print of a map", 0) == left_out
    every, last = stacks(text, prints="all"), stacks(text, prints="last")
    assert list(every.values()) == [sum(f for f, _ in numbers), sum(g for _, g in numbers)]
    assert list(last.values()) == list(numbers[-1])


def test_two_maps_are_printed_once_each() -> None:
    text = MAPS.format(name="a", f=5, g=6) + MAPS.format(name="b", f=1, g=2) + MAPS.format(name="c", f=7, g=9)
    profile = read(text.encode())
    assert not profile.skipped
    assert [profile.total(i) for i in range(3)] == [11, 3, 16]


def test_json_says_the_same_as_text() -> None:
    entries = [("web", 3), ("web", 4), ("a, b", 5), ('"quoted" \\ ', 6)]
    text = "".join(
        f"@[{block('vfs_read+1')}, {block('f(int, char)+1', 'main+2')}, {comm}]: {n}\n" for comm, n in entries
    )
    pairs = ", ".join(
        f"{json.dumps(f'''{block('vfs_read+1')},{block('f(int, char)+1', 'main+2')},{comm}''')}: {n}"
        for comm, n in entries
    )
    head = '{"type": "attached_probes", "data": {"probes": 1}}\n\n'
    lines = head + '{"type": "map", "data": {"@": {' + pairs + "}}}\n"
    assert stacks(lines) == stacks(text)
    # Keys that are the same all count: functions of one name at two addresses.
    assert sum(stacks(lines).values()) == 18


def test_json_keeps_what_is_whole_of_a_line() -> None:
    whole = (FIXTURES / "recorded_json.jsonl").read_bytes()
    counts = stacks(whole)
    for size in range(len(whole) - 400, len(whole), 7):
        cut = read(whole[:size])
        assert set(cut.skipped) <= {"map entry cut off at the end"}
        for stack, (value,) in by_stack(cut).items():
            assert value <= counts[stack]


def test_printed_stacks() -> None:
    frames = "        read+76\n        main+194\n"
    text = f"Attaching 1 probe...\n12 io worker 1 0.5\n\n{frames}\n12 a 0.7\n{frames}\n\nbye\n"
    assert stacks(text) == {("io worker 1", "main", "read"): 1, ("a", "main", "read"): 1}
    assert stacks(text, keys="all").keys() == {("12 io worker 1 0.5", "main", "read"), ("12 a 0.7", "main", "read")}
    assert stacks(text, keys="none") == {("main", "read"): 2}
    assert read(text.encode()).skipped == {"line that is no map entry and no stack": 1}
    # A map is what was measured; what is printed beside it is not.
    profile = read((text + "@[\n    f+1\n]: 3\n").encode())
    assert by_stack(profile) == {("f",): [3]} and profile.skipped == {"line outside of a map": 7}


def test_a_message_without_a_line_end_hides_no_entry() -> None:
    text = "WARNING: BCC can't handle sym look ups for /lib/ld.so@[\n    f+1\n]: 3\n"
    assert stacks(text, format="bpftrace") == {("f",): 3}


def test_what_is_lost_is_counted() -> None:
    text = "Attaching 1 probe...\nLost 3 events\n@[\n    f+1\n]: 3\nLost 4 events\n"
    assert read(text.encode()).skipped == {"lost event": 7}
    lines = '{"type": "lost_events", "data": {"events": 5}}\n{"type": "map", "data": {"@": {"\\n    f+1\\n": 3}}}\n'
    assert read(lines.encode()).skipped == {"lost event": 5}


def test_stacks_may_be_deep_and_keys_long() -> None:
    deep = "@[\n" + "".join(f"    f{i % 7}+{i}\n" for i in range(50_000)) + "]: 2\n"
    assert [len(stack) for stack in stacks(deep)] == [50_000]
    many = "@[\n    f+1\n, web]: 1\n@[\n    f+1\n, " + ", " * 100_000 + "]: 2\n"
    assert sorted(stacks(many).values()) == [1, 2]


@pytest.mark.parametrize(
    ("head", "grade"),
    [
        ("Attaching 2 probes...\n", Match.SIGNATURE),
        ("Attached 1 probe\n", Match.SIGNATURE),
        ("hello\n@a[\n    f+1\n]: 3\n", Match.SIGNATURE),
        ("@[comm, \n\tffffffff81b7dbc2 f+1\n]: 3\n", Match.SIGNATURE),
        ("@[\nffffffff81b7dbc2\n]: 3\n", Match.SIGNATURE),
        ('{"type":"map","data":{"@":{}}}\n', Match.SIGNATURE),
        ("@[, , swapper/0]: 292\n", Match.SHAPE),
        ("Attaching to pid 12, Ctrl+C to quit.\n", Match.NO),
        ("@property\n    def f(): pass\n", Match.NO),
        ('{"type": "map", "data": {"a": 1}}\n', Match.NO),
    ],
)
def test_sniff(head: str, grade: Match) -> None:
    assert formats()["bpftrace"].sniff(Source(head.encode())) is grade
