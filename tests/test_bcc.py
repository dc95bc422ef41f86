"""Tools of bcc: what they print, in old and new versions, in Python and in C, in lines and folded."""

from __future__ import annotations

import re

import pytest
from drawn import by_stack
from golden import ROOT
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.collapse import Match, formats, read
from flamegraph.collapse.bcc.frames import Frame, parse_frame
from flamegraph.errors import EmptyProfile
from flamegraph.kernel_names import enters_kernel, kernel_part
from flamegraph.profile import Kind, Metric, Profile, Thread
from flamegraph.source import Source

FIXTURES = ROOT / "fixtures/collapse/bcc"
PROFILE = "Sampling at 99 Hertz of all threads by user + kernel stack... Hit Ctrl-C to end.\n^C\n"
OFF_CPU = "Tracing off-CPU time (us) of all threads by user + kernel stack... Hit Ctrl-C to end.\n^C\n"

Stack = tuple[str, ...]


def profile_of(text: str, **options) -> Profile:
    return read(text.encode(), **options)


def stacks(profile: Profile) -> dict[Stack, int]:
    assert len(profile.metrics) == 1
    return {stack: value for stack, (value,) in by_stack(profile).items()}


def kinds(profile: Profile) -> dict[str, Kind]:
    return {name: Kind(kind) for name, kind in zip(profile.frames.name, profile.frames.kind.tolist(), strict=True)}


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        ("    vfs_read", Frame("vfs_read")),
        ("  vfs_read+0x4a", Frame("vfs_read")),
        ("    f(int) const", Frame("f(int) const")),
        ("    void f<int>(int) [clone .isra.0]", Frame("void f<int>(int) [clone .isra.0]")),
        (
            "    shop::store::format[abi:cxx11](shop::Order const&)",
            Frame("shop::store::format[abi:cxx11](shop::Order const&)"),
        ),
        ("    vfs_read_[k]", Frame("vfs_read", marked=True)),
        ("    [unknown]", Frame("[unknown]")),
        ("    [Missed User Stack]", Frame("[Missed User Stack]", is_code=False)),
        ("    [Missed User Stack] -14", Frame("[Missed User Stack]", is_code=False)),
        ("    ffffffff816badaa vfs_read", Frame("vfs_read")),
        ("  7f120511e6e0     __write_nocancel", Frame("__write_nocancel")),
        ("    #0  0xffffffff816badaa vfs_read+0x4a", Frame("vfs_read")),
        ("    #12 0x0000000000000001 [unknown]", Frame("[unknown]")),
        ("    0x00007fbb52d162ec read+0x4c (/a (x86)/b.so+0x8e2ec)", Frame("read", "/a (x86)/b.so")),
        ("\t\t0x0000559b4789639f\tzmalloc+0x2f [redis-server]", Frame("zmalloc", "redis-server")),
        ("\t\t bpf_prog_load [kernel]", Frame("bpf_prog_load", "kernel")),
        ("\t0 [<000055e607d6d5c8>] keep(int)+0x6d [/opt/store]", Frame("keep(int)", "/opt/store")),
        ("    b'vfs_read'", Frame("vfs_read")),
        ('    b"it\'s"', Frame("it's")),
    ],
)
def test_frames(line: str, frame: Frame) -> None:
    assert parse_frame(line, offsets=False) == frame


def test_offsets_are_kept_on_demand() -> None:
    assert parse_frame("  vfs_read+0x4a", offsets=True).name == "vfs_read+0x4a"


@pytest.mark.parametrize(
    ("header", "metric", "factor"),
    [
        ("Sampling at 99 Hertz of PID 12 by user + kernel stack for 1 secs.", Metric("samples", "samples"), 1),
        ("Sampling at every 1000 events of all threads by user stack.", Metric("samples", "samples"), 1),
        ("Tracing off-CPU time (us) of PID 12 by user + kernel stack for 1 secs.", Metric("off-cpu", "ns"), 1000),
        ("Tracing blocked time (us) by kernel stack for 1 secs.", Metric("blocked", "ns"), 1000),
        ('Tracing 3 functions for "tcp_send*"... Hit Ctrl-C to end.', Metric("tcp_send*", "calls"), 1),
        (
            'Tracing 1 functions for "t:sched:sched_switch"... Hit Ctrl-C to end.',
            Metric("t:sched:sched_switch", "events"),
            1,
        ),
    ],
)
def test_headers(header: str, metric: Metric, factor: int) -> None:
    """What is counted is told above lines, and above folded stacks."""
    for text in ("    main\n    -                web (12)\n        3\n", "web;main 3\n"):
        if "functions" in header:
            text = text.replace("        3", "    3")
        profile = profile_of(f"{header}\n\n{text}")
        assert profile.metrics == (metric,) and stacks(profile) == {("web", "main"): 3 * factor}
        assert profile.meta.duration == (10**9 if "1 secs" in header else 0)


def test_several_tools_in_one_file() -> None:
    lines = "    main\n    -                web (12)\n        3\n\n"
    profile = profile_of(PROFILE + lines + OFF_CPU + lines)
    assert profile.metrics == (Metric("samples", "samples"), Metric("off-cpu", "ns"))
    assert by_stack(profile) == {("web", "main"): [3, 3000]}


def test_without_a_header_the_unit_is_asked_for() -> None:
    lines = "    main\n    -                web (12)\n        3\n\n"
    assert profile_of(lines).metrics == (Metric("samples", "samples"),)
    assert stacks(profile_of(lines, unit="us")) == {("web", "main"): 3000}
    # Folded without a header is folded; asked for, it is bcc's.
    assert profile_of("web;main 3\n").meta.format == "folded"
    asked = profile_of("web;main;-;do_syscall_64 3\n", format="bcc", unit="us")
    assert asked.metrics == (Metric("time", "ns"),) and asked.total() == 3000
    # A header knows better.
    assert stacks(profile_of(OFF_CPU + lines, unit="bytes")) == {("web", "main"): 3000}


def test_offwaketime_in_lines_is_what_it_is_folded() -> None:
    lines, folded = read(FIXTURES / "offwaketime.txt"), read(FIXTURES / "offwaketime_folded.txt")
    both = stacks(lines).keys() & stacks(folded).keys()
    assert [stack[0] for stack in both] == ["reader"]  # the other one was missed in two ways
    assert lines.metrics == folded.metrics and lines.total() == folded.total()
    assert kinds(lines).items() - kinds(folded).items() == {
        ("asm_sysvec_apic_timer_interrupt", Kind.WAKER),
        ("hrtimer_wakeup", Kind.WAKER),
    }


def test_the_kernel_is_known_by_its_entry() -> None:
    frames = ("schedule", "entry_SYSCALL_64_after_hwframe", "schedule", "main", "-                web (12)")
    block = "".join(f"    {frame}\n" for frame in frames) + "        3\n"
    profile = profile_of(PROFILE + "\n" + block)
    pairs = list(zip(profile.frames.name, profile.frames.kind.tolist(), strict=True))
    assert ("schedule", Kind.KERNEL) in pairs and ("schedule", Kind.USER) in pairs
    assert kinds(profile)["main"] == Kind.USER
    for context, kind in (("user", Kind.USER), ("kernel", Kind.KERNEL)):
        only = profile_of(PROFILE.replace("user + kernel", context) + "\n" + block)
        assert {k for name, k in kinds(only).items() if name != "web"} == {kind}


def test_delimiters_are_no_code() -> None:
    profile = read(FIXTURES / "offcputime.txt")
    assert kinds(profile)["-"] == kinds(profile)["[Missed User Stack]"] == Kind.GAP
    assert "--" not in kinds(profile)
    assert kinds(read(FIXTURES / "offwaketime.txt"))["--"] == Kind.GAP


def test_the_waker_is_at_the_root_whichever_end_is_printed_first() -> None:
    text = (FIXTURES / "wakeuptime.txt").read_text()
    turned = re.sub(r"(?m)(^    f.*\n)+", lambda lines: "".join(reversed(lines[0].splitlines(keepends=True))), text)
    assert turned != text
    assert stacks(profile_of(turned)) == stacks(profile_of(text))
    roots = {stack[:2] for stack in stacks(profile_of(text))}
    assert roots == {
        ("swapper/0", "asm_sysvec_apic_timer_interrupt"),
        ("io worker 1", "entry_SYSCALL_64_after_hwframe"),
    }


def test_threads_and_their_ids() -> None:
    profile = read(FIXTURES / "offcputime.txt")
    assert Thread(8236, -1, "12345") in profile.threads
    assert {stack[0] for stack in by_stack(read(FIXTURES / "offcputime.txt", pid=True))} >= {
        "12345-8236",
        "server-8234",
    }


def test_memleak_counts_what_is_left_at_the_end() -> None:
    profile = read(FIXTURES / "memleak.txt")
    assert profile.metrics == (Metric("bytes", "bytes"), Metric("allocations", "allocations"))
    assert by_stack(profile)["__libc_start_main", "main", "keep(int)"] == [160, 10]
    # A report that is empty, or only announced, is not the last one.
    text = (FIXTURES / "memleak.txt").read_text() + "[11:16:43] Top 0 stacks with outstanding allocations:\n"
    assert by_stack(profile_of(text)) == by_stack(profile)


def test_what_tools_say_is_no_stack() -> None:
    text = (
        PROFILE
        + "\n    main\n    -                web (12)\n        3\n\nWARNING: 8 stack traces could not be displayed. X\n"
    )
    assert profile_of(text).skipped == {"stack lost by the tool": 8}
    assert profile_of("WARNING: something\nDetaching...\n" + text).total() == 3


def test_an_output_without_stacks_is_recognised_and_empty() -> None:
    for text in (PROFILE, OFF_CPU, "[11:16:33] Top 0 stacks with outstanding allocations:\n"):
        with pytest.raises(EmptyProfile):
            profile_of(text)


def test_documentation_and_bpftrace_are_not_claimed() -> None:
    sniff = formats()["bcc"].sniff
    assert sniff(Source(PROFILE.encode())) is Match.SIGNATURE
    assert sniff(Source(b"Demonstrations of profile, the Linux eBPF/bcc version.\n\n" + PROFILE.encode())) is Match.NO
    said = b"Attaching 3 probes...\nTracing off-CPU time (us) of all. Ctrl-C to end.\n@[\n    f+1\n]: 3\n"
    assert sniff(Source(said)) is Match.NO
    assert profile_of(said.decode()).meta.format == "bpftrace"


def test_stacks_may_be_deep() -> None:
    frames = [f"f{i % 7}" for i in range(50_000)]
    lines = "".join(f"    {frame}\n" for frame in frames)
    text = f"{PROFILE}\n{lines}    -                web (12)\n        3\n"
    assert stacks(profile_of(text)) == {("web", *reversed(frames)): 3}
    assert stacks(profile_of(PROFILE + ";".join(["web", *reversed(frames)]) + " 3\n")) == {
        ("web", *reversed(frames)): 3
    }


comms = st.sampled_from(
    ["web", "io worker 1", "a:b [c] 5/7", "12345", "-", "--", "x (y)", "waker", "κόμμα", "(sd-pam)"]
)
names = st.lists(st.sampled_from(["main", "f(int, char)", "vfs_read", "[unknown]", "a b"]), max_size=4)


@given(st.lists(st.tuples(comms, names, names, st.integers(1, 10**6)), min_size=1, max_size=8))
def test_lines_and_folded_lines_agree(found: list[tuple[str, list[str], list[str], int]]) -> None:
    """Written as profile -d writes them, both ways, they are the same profile."""
    lines, folded = OFF_CPU + "\n", OFF_CPU
    for comm, kernel, user, value in found:
        delimiter = ["--"] if kernel and user else []
        for frame in [*kernel, *delimiter, *user]:
            lines += f"    {frame}\n"
        lines += f"    {'-':<16} {comm} (77)\n        {value}\n\n"
        folded += ";".join([comm, *reversed(user), *["-"] * len(delimiter), *reversed(kernel)]) + f" {value}\n"
    assert stacks(profile_of(lines)) == stacks(profile_of(folded))
    assert sum(stacks(profile_of(lines)).values()) == 1000 * sum(value for *_, value in found)


def test_entries_into_the_kernel() -> None:
    assert all(
        map(
            enters_kernel, ["entry_SYSCALL_64_after_hwframe", "ret_from_fork_asm", "asm_exc_page_fault", "el0t_64_sync"]
        )
    )
    assert not any(map(enters_kernel, ["main", "handle_interrupt", "asm_foo", "system", "page_faults"]))
    assert kernel_part(["schedule", "entry_SYSCALL_64", "read", "main"]) == 2
    assert kernel_part(["read", "main"]) == 0
