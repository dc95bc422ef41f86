#!/usr/bin/env python3
"""Record the fixtures in fixtures/collapse/{bpftrace,bcc}/recorded_*, and folded/bcc_*, anew.

It builds fixtures/programs in a temporary directory, runs them, records them with bpftrace and with the tools of bcc,
keeps a few whole stacks of each output, takes out what tells on the machine, and writes ORIGIN. It needs Linux, root,
bpftrace, bpfcc-tools and g++; what needs node is left out where it is missing.

    scripts/record_ebpf_fixtures.py             all of them
    scripts/record_ebpf_fixtures.py bcc         only those whose path contains a word

bcc compiles its programs with the headers of the running kernel. Where these can't be had, others do for what is
recorded here: let /lib/modules/$(uname -r)/build and source lead to them, and set BCC_LINUX_VERSION_CODE=393472.
Goldens are then written with `scripts/test --bless`; read them before you commit.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from record_fixtures import BUILD, PROGRAMS, ROOT, clean, read_origin, write_origin
from record_fixtures import run as run_in

GOES_TO = ROOT / "fixtures" / "collapse"

#: Programs, how they are started, and how long they take to be under way. They are stopped afterwards.
RUN = {
    "names": ("./names 60", 0.3),
    "shop": ("./shop 60", 0.3),
    "node": ("node --perf-basic-prof --interpreted-frames-native-stack tokens.mjs 60", 1),
}
OFF_CPU = """
tracepoint:sched:sched_switch {
    if (pid == PID) { @since[tid] = nsecs; @k[tid] = kstack; @u[tid] = ustack; }
    $since = @since[args->next_pid];
    if ($since) {
        @ns[@k[args->next_pid], @u[args->next_pid], args->next_comm] = sum(nsecs - $since);
        delete(@since[args->next_pid]);
    }
}
END { clear(@since); clear(@k); clear(@u); }
"""
SHAPES = """
profile:hz:49 /pid == PID/ {
    @count[ustack(3), comm] = count(); @sum[comm, ustack(2)] = sum(cpu + 1); @avg[ustack(2)] = avg(nsecs % 100);
    @min[ustack(2)] = min(nsecs % 100); @max[ustack(2)] = max(nsecs % 100); @stats[ustack(2)] = stats(nsecs % 100);
    @hist_usecs[ustack(2)] = hist(nsecs % 1000); @lhist[ustack(2), tid] = lhist(nsecs % 100, 0, 100, 50);
    @pair[ustack(2)] = (1, 2); @where[tid] = ustack(3); @total = count(); @threads[comm] = count();
}
"""
#: What is said where the headers are another kernel's.
OVERRIDDEN = r"WARNING: Linux version for eBPF program is being overridden.*\n(?:WARNING: Due to this, .*\n)?"
EXIT = "interval:ms:%d { exit(); }"


@dataclass(frozen=True)
class Recording:
    """One output: which program, recorded by what, for how many milliseconds, and how much is kept (0 lines: all)."""

    program: str
    command: str
    milliseconds: int = 1000
    lines: int = 150
    longest: int = 30


RECORD = {
    "bpftrace/recorded_profile.txt": Recording(
        "names", "profile:hz:99 /pid == PID/ { @[kstack, ustack, comm] = count(); }", 3000, 180, 60
    ),
    "bpftrace/recorded_perf_mode.txt": Recording(
        "shop", "profile:hz:199 /pid == PID/ { @[kstack(perf), ustack(perf, 8), comm, tid] = count(); }", longest=24
    ),
    "bpftrace/recorded_two_maps.txt": Recording(
        "shop",
        "profile:hz:49 /pid == PID/ { @on[comm, ustack(6)] = count(); } "
        "software:page-faults:10 /pid == PID/ { @faults[comm, pid, ustack(6), cpu] = count(); }",
    ),
    "bpftrace/recorded_offcpu.txt": Recording("shop", OFF_CPU, 700, longest=24),
    "bpftrace/recorded_malloc.txt": Recording(
        "shop", "uprobe:libc:malloc /pid == PID/ { @bytes[ustack(5), comm] = sum(arg0); }", 300, 90
    ),
    "bpftrace/recorded_shapes.txt": Recording("names", SHAPES, 400, 190),
    "bpftrace/recorded_shapes_json.jsonl": Recording("names", SHAPES + 'END { printf("%s\\n", "over"); }', 150, 0),
    "bpftrace/recorded_json.jsonl": Recording(
        "names", "profile:hz:99 /pid == PID/ { @[kstack(4), ustack(4), comm] = count(); }", 300, 0
    ),
    "bpftrace/recorded_not_cleared.txt": Recording(
        "names", "profile:hz:99 /pid == PID/ { @[ustack(1)] = count(); } interval:ms:300 { print(@); }", 1000, 0
    ),
    "bpftrace/recorded_cleared.txt": Recording(
        "names",
        "profile:hz:99 /pid == PID/ { @[ustack(1)] = count(); } "
        'interval:ms:300 { time("%H:%M:%S\\n"); print(@); clear(@); }',
        1000,
        0,
    ),
    "bpftrace/recorded_printf.txt": Recording(
        "names", 'profile:hz:49 /pid == PID/ { printf("%s %d %s\\n%s\\n", comm, pid, kstack, ustack(5)); }', 300
    ),
    "bpftrace/recorded_node.txt": Recording(
        "node", "profile:hz:99 /pid == PID/ { @[ustack(perf, 16), comm] = count(); }"
    ),
    "bcc/recorded_profile.txt": Recording("names", "profile-bpfcc -F 99 -p PID 1"),
    "bcc/recorded_profile_delimited.txt": Recording("shop", "profile-bpfcc -F 99 -d -a -p PID 1", longest=24),
    "bcc/recorded_profile_user.txt": Recording("names", "profile-bpfcc -F 49 -U -p PID 1", lines=80),
    "bcc/recorded_stackcount.txt": Recording("shop", "stackcount-bpfcc -D 1 -p PID -d t:sched:sched_switch"),
    "bcc/recorded_stackcount_offsets.txt": Recording(
        "shop", "stackcount-bpfcc -P -s -T -i 1 -D 2 t:exceptions:page_fault_user", lines=100
    ),
    "bcc/recorded_stackcount_verbose.txt": Recording(
        "shop", "stackcount-bpfcc -K -v -D 1 t:sched:sched_wakeup", lines=100
    ),
    "folded/bcc_profile.folded": Recording("names", "profile-bpfcc -F 49 -df -p PID 1", lines=40),
}

#: What a recording of the whole machine may say: our own threads and the kernel's.
OURS = r"names|shop|order sorter 1|auditor|swapper/\d+|kworker/\S+|ksoftirqd/\d+|rcu_\w+|migration/\d+"


def main(words: list[str]) -> None:
    chosen = {path: how for path, how in RECORD.items() if all(word in path for word in words)}
    origins = {folder: read_origin(GOES_TO / folder / "ORIGIN") for folder in {Path(p).parent.name for p in chosen}}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for source in PROGRAMS.iterdir():
            shutil.copy(source, work)
        for command in BUILD.values():
            run_in(command, work)
        for path, how in chosen.items():
            folder, file = path.split("/")
            output = record(path, how, work)
            if output is not None:
                text = clean(re.sub(OVERRIDDEN, "", output), work)
                (GOES_TO / path).write_text(trim(text, how) if how.lines else text, newline="\n")
                origins[folder][file] = said(path, how)
    for folder, origin in origins.items():
        (GOES_TO / folder).mkdir(parents=True, exist_ok=True)
        write_origin(GOES_TO / folder / "ORIGIN", ORIGIN.get(folder) or top_of(GOES_TO / folder / "ORIGIN"), origin)


def record(path: str, how: Recording, work: Path) -> str | None:
    """What a tool prints about a program that runs; None where its runtime is missing."""
    command, seconds = RUN[how.program]
    runtime = command.split()[0]
    if not runtime.startswith("./") and subprocess.run([runtime, "--version"], capture_output=True).returncode:
        print(f"{path}: {runtime} is not here, left out", file=sys.stderr)
        return None
    program = subprocess.Popen(command.split(), cwd=work, stdout=subprocess.DEVNULL)
    try:
        time.sleep(seconds)
        if path.startswith("bpftrace/"):
            code = how.command + EXIT % how.milliseconds
            return run(f"bpftrace {'-f json ' * path.endswith('.jsonl')}-e {shlex.quote(code)}", program.pid, work)
        return run(how.command, program.pid, work)
    finally:
        program.kill()
        program.wait()


def run(command: str, pid: int, work: Path) -> str:
    """What a command writes. One that fails ends all."""
    print(command, file=sys.stderr)
    words = [re.sub(r"\bPID\b", str(pid), word) for word in shlex.split(command)]
    done = subprocess.run(words, cwd=work, capture_output=True, env=os.environ)
    if done.returncode:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def trim(text: str, how: Recording) -> str:
    """A few whole stacks, taken from every kind (who it was, and of which map) in turn, in their old order."""
    pieces = re.split(r"(?m)^(?=@)|(?<=\n\n)|(?<=\d\d:\d\d:\d\d\n)|(?<=\d\n)(?=[^,].*;)|^(?=\S.* \d+ $)", text)
    kinds: dict[str, list[int]] = {}
    for i, piece in enumerate(pieces):
        lines = piece.rstrip("\n").split("\n")
        who = [match[1] or match[2] for match in re.finditer(r"(?m)^    (?:b'(.+)'|(.+)) \[\d+\]$", piece)]
        if not re.search(r"(?m)^[ \t]|;", piece) or piece.startswith(("Sampling", "Tracing")):
            kinds.setdefault("", []).append(i)
        elif len(lines) <= how.longest and all(re.fullmatch(OURS, name) for name in who):
            end = re.sub(r"\d+\s*$", "", " ".join(lines[-2:] if lines[-1].startswith(" ") else lines[-1:]))[:40]
            kinds.setdefault(re.match(r"@?\w*", piece)[0] + end, []).append(i)
    kept = set(kinds.pop("", []))
    room = how.lines - sum(pieces[i].count("\n") for i in kept)
    while any(kinds.values()):
        for waiting in kinds.values():
            if waiting:
                i = waiting.pop(len(waiting) // 2)
                if pieces[i].count("\n") <= room:
                    kept.add(i)
                    room -= pieces[i].count("\n")
    return "".join(pieces[i] for i in sorted(kept))


WORDS = """\
Where the files here come from. Those called recorded_* were recorded by scripts/record_ebpf_fixtures.py from
fixtures/programs; replaced were the paths of the programs; of each output a few whole stacks were kept. The others
were written by hand"""

ORIGIN = {
    "bpftrace": WORDS + ".\n\n",
    "bcc": WORDS
    + ", after what the tools' sources print, where the tool does not run on the machine that recorded.\n\n",
}


def top_of(origin: Path) -> str:
    """What an ORIGIN says before it names files."""
    return "".join(line for line in origin.read_text().splitlines(keepends=True) if not re.match(r"[\w.]+: ", line))


def said(path: str, how: Recording) -> str:
    started, date = RUN[how.program][0], time.strftime("%Y-%m-%d")
    if path.startswith("bpftrace/"):
        version = subprocess.run(["bpftrace", "--version"], capture_output=True, text=True).stdout.strip()
        code = " ".join((how.command + EXIT % how.milliseconds).split())
        return f"{started} & bpftrace {'-f json ' * path.endswith('.jsonl')}-e {shlex.quote(code)} ({version}, {date})"
    return f"{started} & {how.command} (bcc 0.26, {date})"


if __name__ == "__main__":
    main(sys.argv[1:])
