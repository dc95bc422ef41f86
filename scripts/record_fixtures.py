#!/usr/bin/env python3
"""Record the fixtures in fixtures/collapse/perf_{script,data}/recorded_* and fixtures/demo anew.

It builds fixtures/programs in a temporary directory, records them with perf (software events only, so that it works
in a virtual machine), lets `perf script` print them in many ways, keeps a few whole samples of each, takes out what
tells on the machine, and writes ORIGIN. Some short recordings are kept as perf.data, scrubbed (scrub_recording.py).
It needs Linux, perf, g++ and the right to record; a program whose runtime is missing (node, java, python3.13) is left
out, and its old fixture stays.

    scripts/record_fixtures.py             all of them
    scripts/record_fixtures.py demo        only those whose name contains a word
    scripts/record_fixtures.py data zstd   only those whose name contains both; perf.data files are called data_*

Goldens are then written with `scripts/test --bless`; read them before you commit.
"""

from __future__ import annotations

import gzip
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from scrub_recording import RELEASE, scrubbed

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "fixtures" / "programs"
GOES_TO = ROOT / "fixtures" / "collapse" / "perf_script"
DATA_GOES_TO = ROOT / "fixtures" / "collapse" / "perf_data"
DEMO = ROOT / "fixtures" / "demo"

BUILD = {
    "shop": "g++ -O1 -g -fno-omit-frame-pointer -pthread shop.cpp -o shop",
    "names": "g++ -O2 -g -fno-omit-frame-pointer -pthread names.cpp -o names",
}
# Frequencies are primes near what people use, or low where a few samples are all that is kept; runtimes get half a
# second (-D) to start.
RECORD = {
    "names": ("-e cpu-clock -F 97 -g", "./names 1"),
    "dwarf": ("-e cpu-clock -F 97 --call-graph dwarf,16384", "./names 0.5"),
    "flat": ("-e cpu-clock -F 97", "./names 0.5"),
    "events": ("-e cpu-clock/period=20000000/,page-faults/period=400/,context-switches/period=3/ -g", "./shop 1"),
    "group": ("-e {cpu-clock,task-clock} -F 97 -g", "./names 0.5"),
    "sched": ("-e sched:sched_switch -g", "./names 0.3"),
    "system": ("-a -e cpu-clock -F 97 -g", "./shop 0.5"),
    "demo": ("-e cpu-clock -F 499 --call-graph dwarf,8192", "./shop 2"),
    "python": ("-k mono -e cpu-clock -F 97 -D 500 --call-graph dwarf,32768", "python3.13 -X perf_jit mill.py 1"),
    "node": ("-e cpu-clock -F 97 -D 500 -g", "node --perf-basic-prof --interpreted-frames-native-stack tokens.mjs 1"),
    "java": (
        "-e cpu-clock -F 97 -D 500 -g",
        "java -XX:+UnlockDiagnosticVMOptions -XX:+PreserveFramePointer -XX:+DumpPerfMapAtExit Ledger.java 1",
    ),
}
# Steps between recording and printing: what a just-in-time compiler wrote down has to be put into the recording.
INJECT = {"python"}


@dataclass(frozen=True)
class Print:
    """One way to print a recording. `lines` bounds the fixture, `longest` the samples it takes (in lines)."""

    recording: str
    arguments: str = ""
    lines: int = 120
    longest: int = 40
    shortest: int = 1


PRINT = {
    "threads": Print("names"),
    "header": Print("names", "--header", 100, 24),
    "pid": Print("names", "-F +pid", 80, 24),
    "no_time": Print("names", "-F comm,tid,event,ip,sym", 80, 24),
    "no_stack": Print("names", "-F comm,pid,tid,time,period,event,sym,dso", 20),
    "ns": Print("names", "--ns --reltime", 60, 24),
    "srcline": Print("names", "-F +srcline", 120, 40),
    "task_events": Print("names", "--show-task-events --show-mmap-events", 120, 60),
    "deep": Print("names", "", 180, 200, shortest=100),
    "inlined": Print("dwarf", "", 120, 60),
    "no_inline": Print("dwarf", "--no-inline", 80, 60),
    "inlined_srcline": Print("dwarf", "-F +srcline", 120, 60),
    "flat": Print("flat", "", 40),
    "flat_no_time": Print("flat", "-F comm,pid,tid,event,ip,sym,symoff,dso", 20),
    "events": Print("events", "", 150, 30),
    "group": Print("group", "-F +period", 100, 24),
    "tracepoint": Print("sched", "", 120, 24),
    "tracepoint_names": Print("sched", "-F comm,pid,tid,cpu,time,event,trace,ip,sym", 60, 24),
    "system": Print("system", "", 120, 30),
    "python": Print("python", "", 180, 90),
    "node": Print("node", "", 140, 70),
    "java": Print("java", "", 140, 40),
}

# Short ones, kept as perf.data. Of a copied stack, 1 kB is enough to be one.
DATA = {
    "threads": ("-e cpu-clock -F 97 -g", "./names 0.3"),
    "flat": ("-e cpu-clock -F 97", "./names 0.3"),
    "user": ("-e cpu-clock:u -F 97 -g", "./names 0.2"),
    "events": ("-e cpu-clock/period=20000000/,page-faults/period=400/,context-switches/period=3/ -g", "./shop 0.4"),
    "leader": ("-e {cpu-clock,task-clock,page-faults}:S -F 97 -g", "./names 0.3"),
    "dwarf": ("-e cpu-clock -F 47 --call-graph dwarf,1024", "./names 0.3"),
    "tracepoint": ("-e sched:sched_switch -g", "./names 0.2"),
    "processes": ("-e cpu-clock -F 97 -g", "sh family.sh"),
    "zstd": ("-e cpu-clock -F 499 -g -z", "./names 0.3"),
    "pipe": ("-e cpu-clock -F 97 -g -o -", "./names 0.3"),
    "pipe_zstd": ("-e cpu-clock,page-faults -F 97 -g -z -o -", "./names 0.3"),
}

# What a recording of the whole machine may say: our own threads and the kernel's.
OURS = r"names|shop|order sorter 1|auditor|io worker 1|a;b \[c\] 5/7|12345|cpu-clock: x|swapper|perf"
OURS += r"|kworker/\S+|ksoftirqd/\d+|rcu_\w+|migration/\d+|\u03b8\u03b5\u03c1\u03bc\u03cc"


def main(words: list[str]) -> None:
    chosen = {name: how for name, how in PRINT.items() if all(word in name for word in words)}
    demo = all(word in "demo" for word in words)
    data = [name for name in DATA if all(word in f"data_{name}" for word in words)]
    recordings = {how.recording for how in chosen.values()} | ({"demo"} if demo else set())
    origin = read_origin(GOES_TO / "ORIGIN")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for source in PROGRAMS.iterdir():
            shutil.copy(source, work)
        for command in BUILD.values():
            run(command, work)
        recorded = {recording for recording in sorted(recordings) if record(recording, work)}
        GOES_TO.mkdir(parents=True, exist_ok=True)
        for fixture, how in chosen.items():
            if how.recording in recorded:
                text = clean(script(how.recording, how.arguments, work), work)
                (GOES_TO / f"recorded_{fixture}.txt").write_text(trim(text, how), newline="\n")
                origin[f"recorded_{fixture}.txt"] = said(how.recording, how.arguments, work)
        if data:
            record_data(data, work)
        if "demo" in recorded:
            DEMO.mkdir(parents=True, exist_ok=True)
            text = clean(script("demo", "--no-inline", work), work)
            (DEMO / "shop.perf.txt.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
            (DEMO / "ORIGIN").write_text(ORIGIN + f"shop.perf.txt.gz: {said('demo', '--no-inline', work)}\n")
    if chosen:
        write_origin(GOES_TO / "ORIGIN", ORIGIN, origin)


def record(name: str, work: Path) -> bool:
    """Record a program into NAME.data; False where its runtime is missing."""
    arguments, program = RECORD[name]
    runtime = program.split()[0]
    there = runtime.startswith("./") or shutil.which(runtime)
    if not there or (runtime.startswith("python") and subprocess.run([runtime, "--version"]).returncode):
        print(f"{name}: {runtime} is not here, left out", file=sys.stderr)
        return False
    run(f"perf record {arguments} -o {name}.data -- {program}", work)
    if name in INJECT:
        run(f"perf inject --jit -i {name}.data -o {name}.injected", work)
        (work / f"{name}.injected").replace(work / f"{name}.data")
    return True


def record_data(names: list[str], work: Path) -> None:
    """Record into fixtures/collapse/perf_data, and say so there."""
    DATA_GOES_TO.mkdir(parents=True, exist_ok=True)
    origin = read_origin(DATA_GOES_TO / "ORIGIN")
    for name in names:
        arguments, program = DATA[name]
        there = [] if arguments.endswith("-o -") else ["-o", "perf.data"]
        output = run(" ".join(["perf record", arguments, *there, "--", program]), work, text=False)
        content = scrubbed((work / "perf.data").read_bytes() if there else output, lambda path: elsewhere(path, work))
        check(content.decode("latin-1"))
        (DATA_GOES_TO / f"recorded_{name}.data").write_bytes(content)
        version, date = run("perf --version", work).strip(), time.strftime("%Y-%m-%d")
        origin[f"recorded_{name}.data"] = f"perf record {arguments} -- {program} ({version}, {date})"
    write_origin(DATA_GOES_TO / "ORIGIN", DATA_ORIGIN, origin)


def elsewhere(path: str, work: Path) -> str:
    """The path to be told in place of one: no machine has a program there, so none can name what ran."""
    if not path.startswith("/") or path.startswith("//"):
        return path
    if path.startswith("/lib/modules/"):
        return path.replace(platform.release(), RELEASE)
    return "/opt/demo" + path.removeprefix(str(work))


def script(name: str, arguments: str, work: Path) -> str:
    return run(f"perf script -i {name}.data {arguments}", work)


def run(command: str, work: Path, text: bool = True):
    """What a command writes: as text, or as it is. One that fails ends all."""
    print(command, file=sys.stderr)
    done = subprocess.run(command.split(), cwd=work, capture_output=True)
    if done.returncode:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode() if text else done.stdout


def clean(text: str, work: Path) -> str:
    """The text without what tells on the machine it was recorded on."""
    text = re.sub(r"(?m)^# os release : .*$", f"# os release : {RELEASE}", text)
    text = re.sub(r"(?m)^# (cpudesc|cpuid) : .*$", r"# \1 : generic", text)
    text = re.sub(r"(?m)^# total memory : .*$", "# total memory : 16777216 kB", text)
    text = re.sub(r"(?m)^# hostname : .*$", "# hostname : host", text)
    text = text.replace(str(work), "/opt/demo")
    text = re.sub(r"/[\w/.-]*?/versions/[\d.]+/", "/opt/python/", text)
    return check(text)


def check(text: str) -> str:
    """The text, if it does not tell on the machine."""
    host = platform.node()
    secrets = [platform.release(), str(Path.home()) + "/", f" {host} ", f"\0{host}\0", tempfile.gettempdir() + "/tmp"]
    for secret in secrets:
        if secret in text:
            at = text.index(secret)
            sys.exit(f"still tells on the machine: {text[max(0, at - 60) : at + 60]!r}")
    return text


def samples(text: str) -> tuple[str, list[str]]:
    """The comment at the top, and what follows it sample by sample, each with its blank line where there is one."""
    top = re.match(r"(?:#.*\n)*\n?", text)[0]
    body = text[len(top) :]
    if "\n\n" not in body:
        return top, body.splitlines(keepends=True)
    pieces = [piece + "\n\n" for piece in re.split(r"\n\n+", body.strip("\n"))]
    return top, pieces


def trim(text: str, how: Print) -> str:
    """A few whole samples, taken from every kind (the beginning of the first line) in turn, in their old order."""
    top, all_samples = samples(text)
    kinds: dict[str, list[int]] = {}
    for i, sample in enumerate(all_samples):
        first = sample.split("\n", 1)[0]
        commands = re.findall(r"(?:prev|next)_comm=(.*?) (?:prev|next)_pid", first)
        ours = re.match(rf"\s*(?:{OURS})\s", first) and all(re.fullmatch(OURS, name) for name in commands)
        foreign = how.recording in ("system", "sched") and not ours
        if not foreign and how.shortest <= sample.count("\n") <= how.longest:
            event = re.search(r"(\S+):\s*$", first)
            kinds.setdefault(first[:11] + (event[1] if event else ""), []).append(i)
    kept: list[int] = []
    room = how.lines - top.count("\n")
    while any(kinds.values()):
        for waiting in kinds.values():
            if waiting:
                # From the middle: beginnings are all program start.
                i = waiting.pop(len(waiting) // 2)
                if all_samples[i].count("\n") <= room:
                    kept.append(i)
                    room -= all_samples[i].count("\n")
    return top + "".join(all_samples[i] for i in sorted(kept))


ORIGIN = """\
Where the files here come from. Those called recorded_* were recorded by scripts/record_fixtures.py from
fixtures/programs; replaced were host name, kernel release, CPU, memory size and the paths of the programs; of each
recording a few whole samples were kept. The others were written by hand.

"""


DATA_ORIGIN = """\
Where the files here come from. Those called recorded_* were recorded by scripts/record_fixtures.py from
fixtures/programs and scrubbed by scripts/scrub_recording.py: replaced were host name, kernel release, CPU, memory size
and the paths of programs; copied stacks and arguments of tracepoints are zeros. Those called made_* and bad_* were
made, byte by byte, by scripts/make_recordings.py.

"""


def said(recording: str, arguments: str, work: Path) -> str:
    recorded, program = RECORD[recording]
    inject = "perf inject --jit; " if recording in INJECT else ""
    version = run("perf --version", work).strip()
    date = time.strftime("%Y-%m-%d")
    return f"perf record {recorded} -- {program}; {inject}perf script {arguments}".strip() + f" ({version}, {date})"


def read_origin(path: Path) -> dict[str, str]:
    """What ORIGIN says of each file so far."""
    if not path.exists():
        return {}
    return dict(line.split(": ", 1) for line in path.read_text().splitlines() if re.match(r"[\w.]+: ", line))


def write_origin(path: Path, top: str, origin: dict[str, str]) -> None:
    path.write_text(top + "".join(f"{file}: {origin[file]}\n" for file in sorted(origin)))


if __name__ == "__main__":
    main(sys.argv[1:])
