"""perf script text, held against what stackcollapse-perf.pl and inferno-collapse-perf made of the same files.

The lines are theirs. Where they are not, one of the differences below is at work, and the test says exactly what it
does: it turns our lines into theirs, or names the input whose lines ours must be.

COMM    a comm with blanks and digits is cut within: `cut` does it as their pattern does (FIELD 9.9, FORMATS 2)
LAST    the last sample is lost where no blank line follows it (FIELD 9.9)
EVENTS  events that are not told apart are added up: those with arguments, and in inferno what precedes a ":" (9.9)
EMPTY   a function without a name is drawn without a name; ours is an unknown one, named by its dso
SOURCE  a source line that ends with "(inlined)" is taken for a frame, the frame above it for none (FORMATS 2)
NO_DSO  a frame without a dso is lost (FORMATS 2)
VDSO    [vdso] is taken for the kernel
JITTED  the shared objects of perf inject are not known to be compiled at run time (FIELD 9.9: inferno knows them)
RUST    inferno demangles a Rust name that perf left alone
PARENS  inferno keeps parentheses inside of brackets (FIELD 9.9)
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from golden import CORPUS

from flamegraph.collapse import read
from flamegraph.collapse.perf_script.frames import tidy
from flamegraph.profile import Profile, Thread
from flamegraph.source import Source
from flamegraph.text import decode

HERE = CORPUS / "perf-script"
LAST = {"perf-java-stacks-01", "perf-mirageos-stacks-01", "perf-vertx-stacks-01"}
EVENTS = {"sched.default", "sched.trace", "syscalls.default", "single-line-stacks"}
SOURCE = {"dwarf.srcline": "dwarf.default"}
MANGLED = "gc::gc::GcBox$LT$T$GT$::new::_$u7b$$u7b$closure$u7d$$u7d$::ha2ed0674a1c3dc9f"

Lines = Counter[str]


def expected() -> list[tuple[str, str, Path]]:
    """(case, option or "", their lines) of each file that a peer made."""
    found = []
    for path in sorted((HERE / "local/expected").glob("*.folded*")):
        parts = path.name.split(".folded")[0].split(".")
        found.append((".".join(parts[:2]), *parts[2:], path) if len(parts) > 2 else (".".join(parts), "", path))
    for path in sorted((HERE / "flamegraph/expected").glob("*-collapsed-*.txt")):
        found.append((*path.stem.split("-collapsed-"), path))
    for path in sorted((HERE / "inferno/expected").glob("*-collapsed*.txt")):
        case, _, option = path.stem.partition("-collapsed")
        found.append((case, option.lstrip("-"), path))
    return [case for case in found if case[0] != "no-events"]  # an empty file is no profile


def input_of(case: str, path: Path) -> Path:
    found = [p for p in path.parent.parent.iterdir() if p.name.removesuffix(".gz") == f"{case}.txt"]
    assert len(found) == 1
    return found[0]


def their_root(thread: Thread, option: str) -> str:
    """The root that stackcollapse-perf.pl makes of a header: the first number that stands alone is the id."""
    ids = f"{thread.pid}/{thread.tid}" if thread.pid >= 0 else f"{thread.tid}"
    comm, first, second = re.match(r"(\S.+?)\s+(\d+)/*(\d+)*\s+", f"{thread.name} {ids} ").groups()
    pid, tid = (first, second) if second else ("?", first)
    return (comm + {"pid": f"-{pid}", "tid": f"-{pid}/{tid}"}.get(option, "")).replace(" ", "_")


def our_root(thread: Thread, option: str) -> str:
    pid = "?" if thread.pid < 0 else thread.pid
    return thread.name.replace(" ", "_") + {"pid": f"-{pid}", "tid": f"-{pid}/{thread.tid}"}.get(option, "")


def lines(profile: Profile, option: str = "", metrics: slice = slice(0, 1), *, cut: bool = True) -> Lines:
    """Our lines, the values of the metrics added up, with roots cut as theirs are (COMM)."""
    roots = {our_root(thread, option): their_root(thread, option) for thread in profile.threads}
    found: Lines = Counter()
    for (root, *frames), values in by_stack(profile).items():
        found[";".join([roots[root] if cut else root, *frames])] += sum(values[metrics])
    return +found


def theirs(path: Path) -> Lines:
    found: Lines = Counter()
    for line in Source(path).lines():
        stack, _, value = line.rpartition(" ")
        found[stack] += int(value)
    return found


def changed(found: Lines, change) -> Lines:
    out: Lines = Counter()
    for stack, value in found.items():
        out[";".join(change(frame) for frame in stack.split(";"))] += value
    return out


@pytest.mark.parametrize(("case", "option", "path"), [pytest.param(*e, id=f"{e[0]}-{e[1]}") for e in expected()])
def test_the_lines_are_the_peers(case: str, option: str, path: Path) -> None:
    source = Source(input_of(case, path))
    data = bytes(source.data)
    if path.parent.parent.name != "inferno":
        assert bool(re.search(rb"\n[ \t][^\n]*\n?\Z", data)) == (case in LAST)  # no blank line at the end
    if case in LAST:
        data = data[: data.rstrip(b"\n").rindex(b"\n\n") + 2]
    profile = read(data, **({option: True} if option else {}))
    assert not profile.skipped
    want = theirs(path)
    if case in SOURCE:
        # The same recording without source lines: then they read it right.
        wrong = path.name.replace(case, SOURCE[case])
        assert any(re.match(r"\.\w+:\d+$", frame) for stack in want for frame in stack.split(";"))
        want = theirs(path.with_name(wrong))
    ours = lines(profile, option, slice(None) if case in EVENTS else slice(0, 1))

    if case == "sched.trace":  # NO_DSO
        roots: Lines = Counter()
        for stack, value in ours.items():
            roots[stack.split(";")[0] if not stack.startswith("κόμμα") else "κόμμα;semi"] += value
        assert max(stack.count(";") for stack in ours) > 5
        ours = roots
    if case == "perf-vertx-stacks-01":  # EMPTY
        assert b"[unknown] (/lib/x86_64-linux-gnu/libc-2.15.so)" not in data
        ours = changed(ours, lambda frame: re.sub(r"^\[libc-2\.15\.so( <\w+>)?\]$", " ", frame))
    if option == "all":  # VDSO
        vdso = {name for name, dso in zip(profile.frames.name, profile.frames.module, strict=True) if dso == "[vdso]"}
        want = changed(want, lambda frame: frame.removesuffix("_[k]") if frame.removesuffix("_[k]") in vdso else frame)
    if case == "nodejit-injected.default" and option == "all":  # JITTED
        assert any("_[j]" in stack for stack in ours) and not any("_[j]" in stack for stack in want)
        ours = changed(ours, lambda frame: frame.removesuffix("_[j]"))
    if case == "single-event":  # RUST
        assert sum(MANGLED in stack for stack in ours) == 1
        ours = changed(ours, lambda frame: "gc::gc::GcBox<T>::new::_{{closure}}" if frame == MANGLED else frame)
    if case == "cpp-stacks-std-function":  # PARENS
        want = changed(want, tidy)
    assert ours == want


def test_comms_are_whole() -> None:
    if not HERE.exists():
        pytest.skip("the corpus is not here")
    profile = read(HERE / "local/fp.default.txt.gz")
    roots = {stack[0] for stack in by_stack(profile)}
    assert roots == {"io_worker_1", "hot_main", "κόμμα;semi", "a:b_[c]_5/7"}


def inputs() -> list[Path]:
    folders = [HERE, CORPUS / "perf-data/perf-script-expected"]
    no_input = r"expected/.*(folded|collapsed)|\.snap|\.zip|report|rawdump|header-only|no-events"
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in found if not re.search(no_input, str(path.relative_to(CORPUS))) and path.stat().st_size]


# A header as simple as can be: something, an id, a time. What the reader does is not used here.
HEAD = re.compile(rb"^(?!\t|#| instruction).*?(?:^|\s)\d+(?:/\d+)?\s+(?:\[-?\d+\]\s+)?\d+\.\d+:(?!.*PERF_RECORD)", re.M)
UNTIMED = re.compile(rb"^(?!\t|#)\S.*\s\d+\s+(?:\d+\s+)?[\w/=:-]+:\s*$", re.M)
FLAT_UNTIMED = re.compile(rb"^ .* \d+ +\d+ cpu-clock: +[0-9a-f]+ ", re.M)


@pytest.mark.parametrize("path", inputs(), ids=lambda path: path.name)
def test_every_sample_is_counted(path: Path) -> None:
    source = Source(path)
    data = bytes(source.data)
    profile = read(path, weight="samples")
    count = len(HEAD.findall(data)) or len(UNTIMED.findall(data)) or len(FLAT_UNTIMED.findall(data))
    assert sum(profile.total(metric) for metric in range(len(profile.metrics))) == count
    assert set(profile.skipped) <= {"instruction trace error"}
    assert profile.skipped.get("instruction trace error", 0) == len(
        re.findall(rb"^ instruction trace error", data, re.M)
    )

    timeline = read(path, weight="samples", timeline=True)
    assert len(timeline.samples) == count
    assert by_stack(timeline) == by_stack(profile)
    if timeline.samples.time is not None:
        assert (timeline.samples.time[1:] >= timeline.samples.time[:-1]).all()

    # No header and no address got into a name.
    for name, kind in zip(profile.frames.name, profile.frames.kind.tolist(), strict=True):
        assert not re.search(r"\d\.\d{6}: ", name) and not name.endswith(")")
        assert kind == 7 or not re.match(r"[0-9a-f]{10,16} ", name)
    comms = {
        decode(match) for match in re.findall(rb"^ *(\S.*?)\s+\d+(?:/\d+)?\s+(?:\[\d+\]\s+)?\d+\.\d+:", data, re.M)
    }
    if comms and not any(re.search(r"\d", comm) for comm in comms):
        assert {thread.name for thread in profile.threads} <= comms
