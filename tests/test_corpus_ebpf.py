"""bpftrace and bcc: every file of the corpus is read, and all that is in it counts.

stackcollapse-bpftrace.pl made expected lines of three files. It knows maps without a name whose key begins with a
stack, keeps offsets and, in perf mode, addresses and files, and joins what follows the stacks into one frame. Ours,
asked for offsets and addresses, are its lines; those that it drops, and its frames "," between stacks, are named.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from drawn import by_stack
from golden import CORPUS

from flamegraph.collapse import read
from flamegraph.errors import EmptyProfile
from flamegraph.profile import Kind, Profile
from flamegraph.source import Source

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")

BPFTRACE, BCC = CORPUS / "bpftrace", CORPUS / "bcc"

Lines = Counter[str]


def found(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern)) if folder.exists() else []


def lines(profile: Profile) -> Lines:
    return Counter({";".join(stack): value for stack, (value,) in by_stack(profile).items() if value})


def theirs(name: str) -> Lines:
    counts: Lines = Counter()
    for line in Source(BPFTRACE / "flamegraph-pl-output" / f"{name}.folded").lines():
        stack, _, value = line.rpartition(" ")
        counts[stack] += int(value)
    return counts


@pytest.mark.parametrize("path", found(BPFTRACE, "*.txt"), ids=lambda path: path.name)
def test_bpftrace_text(path: Path) -> None:
    text = path.read_text()
    numbers: Counter[str] = Counter()
    for name, _, number in re.findall(r"(?ms)^@(\w*)\[((?:(?!\n@).)*?)\]: (\d+)$", text):
        numbers[name or "samples"] += int(number)
    if path.name == "hist-not-stacks.txt":
        with pytest.raises(EmptyProfile, match="entry of a map without stacks"):
            read(path)
        return
    profile = read(path)
    if path.name == "printf-stacks.txt":
        assert profile.total() == len(re.findall(r"(?m)^\S.* 6934 $", text))
        assert {stack[0] for stack in by_stack(profile)} == {"a:b [c] 5/7", "hot main", "io worker 1", "κόμμα;semi"}
        return
    assert {metric.name: profile.total(i) for i, metric in enumerate(profile.metrics)} == dict(numbers)
    assert not profile.skipped
    roots = {stack[0] for stack in by_stack(profile) if stack}
    if "comm" in path.name or "limit" in path.name or "mode" in path.name or "two" in path.name:
        assert roots - {"swapper/0", "swapper/1"} == {"a:b [c] 5/7", "hot main", "io worker 1", "κόμμα;semi"}
    # Nothing of a key's spelling got into a name.
    assert not any(re.search(r"^,|\+\d+$|^0x|^[0-9a-f]{8,} |\]: \d", name) for name in profile.frames.name)


def test_bpftrace_json() -> None:
    path = BPFTRACE / "profile-json.jsonl"
    profile = read(path)
    assert profile.total() == sum(map(int, re.findall(r'": (\d+)[,}]', path.read_text().split('"@": ')[1])))
    assert {stack[0] for stack in by_stack(profile)} == {"a:b [c] 5/7", "hot main", "io worker 1", "κόμμα;semi"}
    assert not profile.skipped


@pytest.mark.parametrize("name", ["profile-kstack", "profile-limit3"])
def test_the_lines_are_flamegraphs(name: str) -> None:
    ours = lines(read(BPFTRACE / f"{name}.txt", offsets=True, addrs=True))
    assert ours.pop("", 0) == (186 if name == "profile-kstack" else 0)  # "@[]: 186" is dropped
    assert ours == theirs(name)


def test_flamegraph_drops_what_has_no_kernel_stack() -> None:
    """Of perf mode it prints stacks that were in the kernel, and those that were nowhere."""
    profile = read(BPFTRACE / "profile-perf-mode.txt", offsets=True, addrs=True, keys="all")
    kernel = {n for n, k in zip(profile.frames.name, profile.frames.kind.tolist(), strict=True) if k == Kind.KERNEL}
    printed: Lines = Counter()
    for stack, (value,) in by_stack(profile).items():
        if kernel & set(stack) or len(stack) == 2:
            printed[";".join(stack)] += value
    expected: Lines = Counter()
    for stack, value in theirs("profile-perf-mode").items():
        # "comm, tid", then lines with address and file, and a frame ", " between the stacks.
        comm, tid, rest = re.fullmatch(r"(.*?), (\d+)(?:;(.*))?", stack).groups()
        names = [re.sub(r"^[0-9a-f]+ | \(\S+\)$", "", frame) for frame in (rest or "").split(";") if frame.strip(", ")]
        expected[";".join([comm, tid, *names])] += value
    assert printed == expected
    assert 0 < expected.total() < profile.total()


@pytest.mark.parametrize("path", found(BCC, "profile-*"), ids=lambda path: path.name)
def test_bcc_profile(path: Path) -> None:
    text = path.read_text()
    profile = read(path)
    assert profile.meta.format == ("folded" if path.suffix == ".folded" else "bcc")
    assert profile.total() == sum(
        map(int, re.findall(r"(?m)^ {8}(\d+)$" if path.suffix == ".txt" else r"(?m) (\d+)$", text))
    )
    assert not profile.skipped
    if path.suffix == ".txt":
        assert {stack[0] for stack in by_stack(profile)} == {"a:b [c] 5/7", "hot main", "io worker 1", "κόμμα;semi"}
        assert {thread.pid for thread in profile.threads} == {10235}


def test_bcc_folded_with_delimiters() -> None:
    profile = read(BCC / "profile-folded-delim-annot.folded")
    assert profile.frames.kind[profile.frames.name.index("-")] == Kind.GAP
    assert read(BCC / "profile-folded-delim-annot.folded", format="bcc").total() == profile.total()


def outputs() -> list[tuple[str, str]]:
    """(name, output) of each command in bcc's documentation."""
    cases = []
    for path in found(BCC, "docs-*"):
        for number, section in enumerate(re.split(r"(?m)^# ?\./", path.read_text())[1:]):
            command, _, output = section.partition("\n")
            output = re.split(r"(?m)^(?:USAGE|Detaching|[A-Z][a-z']+,? [a-z])", output)[0]
            if re.search(r"(?m)^\s+\d+$|;.* \d+$", output) and "-h" not in command:
                cases.append((f"{path.stem}-{number}-{command.split()[0]}", output))
    return cases


@pytest.mark.parametrize(("name", "output"), [pytest.param(*case, id=case[0]) for case in outputs()])
def test_outputs_in_the_documentation(name: str, output: str) -> None:
    """Of all versions since 2015: what stands below the stacks adds up."""
    profile = read(output.encode(), format="bcc")
    indented = re.findall(r"(?m)^(?: {8}| {4})(\d+)$", output)
    counts = indented or re.findall(r"(?m)^\S.* (\d+)$", output)
    factor = 1000 if profile.metrics[0].unit == "ns" else 1
    assert profile.total() == factor * sum(map(int, counts))
    assert set(profile.skipped) <= {"line that is no part of a stack", "stack without a count"}
    for stack in by_stack(profile):
        assert not any(re.fullmatch(r"\d{3,}|[0-9a-f]{12,}.*|.*\(\d+\)|--?\s.*", frame) for frame in stack[1:])
