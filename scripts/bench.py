"""Measure this package beside its peers: whole processes, same input, same machine, taking turns.

    python scripts/bench.py [--size-mb 100] [--runs 3] [--only perf-data] [--json]

The inputs are made from a seed (bench_data.py) and kept in bench-data/. `--size-mb` is the size of the perf script
text; the folded stacks and the recording are made in proportion. Peers are used where they are installed: perf,
inferno's programs (`cargo install inferno`), samply (`cargo install samply`) and FlameGraph's scripts. With
`--size-mb 428` the sizes are those of the design's goals.
It needs a POSIX system, which tells the peak memory of a process that has ended.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 10**6
#: The folded input's share of `--size-mb`: what makes 68 MB of folded text go with 428 MB of perf script text.
FOLDED_SHARE = 68 / 428
#: The recording's: 90 MB, 655,000 samples.
RECORDING_SHARE = 90 / 428
#: As for a user who has installed it: modules are compiled once, and not every time.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Work:
    """One job: ours, and the peers that do the same.

    inputs    the kinds of input (bench_data.KINDS)
    ours      arguments of `python -m flamegraph`
    peers     label → command, in which "|" stands between the programs of a pipeline
    must      label → the goal: our speed divided by this peer's
    """

    name: str
    inputs: tuple[str, ...]
    ours: Callable[..., list[str]]
    peers: dict[str, Callable[..., list[str]]]
    must: dict[str, float]


WORKS = [
    Work(
        name="perf-data",
        inputs=("perf-data",),
        ours=lambda path: ["collapse", path],
        peers={
            "perf script | inferno": lambda path: ["perf", "script", "-f", "-i", path, "|", "inferno-collapse-perf"],
            "perf script | FlameGraph": lambda path: ["perf", "script", "-f", "-i", path, "|", "stackcollapse-perf.pl"],
            # It resolves no names.
            "samply": lambda path: ["samply", "import", "--save-only", "--output", "/dev/stdout", path],
        },
        must={"perf script | inferno": 3, "samply": 1},
    ),
    Work(
        name="perf-script",
        inputs=("perf-script",),
        ours=lambda path: ["collapse", path],
        peers={
            # Ours may use all cores, so the peer may too.
            f"inferno -n {CORES}": lambda path: ["inferno-collapse-perf", "-n", str(CORES), path],
            "inferno -n 1": lambda path: ["inferno-collapse-perf", "-n", "1", path],
            "FlameGraph": lambda path: ["stackcollapse-perf.pl", path],
        },
        must={f"inferno -n {CORES}": 0.7},
    ),
    Work(
        name="svg",
        inputs=("folded",),
        ours=lambda path: ["render", path, "--to", "svg", "-o", "-"],
        peers={
            "inferno": lambda path: ["inferno-flamegraph", path],
            "FlameGraph": lambda path: ["flamegraph.pl", path],
        },
        must={"inferno": 0.5},
    ),
    # In the order that a hash table left them in, and sorted, as the collapsers write them.
    *(
        Work(
            name=f"diff{order}",
            inputs=(f"folded{order}", f"folded-after{order}"),
            ours=lambda before, after: ["diff", before, after, "--to", "folded"],
            peers={
                "inferno": lambda before, after: ["inferno-diff-folded", "-n", before, after],
                "FlameGraph": lambda before, after: ["difffolded.pl", "-n", before, after],
            },
            must={"inferno": 0.5},
        )
        for order in ("", "-sorted")
    ),
    Work(
        name="help",
        inputs=(),
        ours=lambda: ["--help"],
        peers={"import click": lambda: [sys.executable, "-c", "import click"]},
        must={"import click": 1 / 1.5},
    ),
]


@dataclass(frozen=True)
class Result:
    """One program at one job. `speed` is ours divided by this peer's; None for ours, as are the goals."""

    work: str
    program: str
    megabytes: float
    seconds: float
    median: float
    throughput: float
    peak_mb: float
    speed: float | None = None
    must: float | None = None
    met: bool | None = None


def find(program: str) -> str | None:
    """Where a program is, looking also where cargo puts what it installs."""
    return shutil.which(program) or shutil.which(program, path=str(Path.home() / ".cargo" / "bin"))


def installed(command: list[str]) -> list[str]:
    """A command with the places of its programs, a pipeline as a shell's command; nothing where one is missing."""
    parts: list[list[str]] = [[]]
    for word in command:
        if word == "|":
            parts.append([])
        else:
            parts[-1].append(word)
    found = [find(part[0]) for part in parts]
    if None in found:
        return []
    parts = [[place, *part[1:]] for place, part in zip(found, parts, strict=True)]
    return parts[0] if len(parts) == 1 else ["sh", "-c", " | ".join(map(shlex.join, parts))]


def run(command: list[str], expect_output: bool) -> tuple[float, float]:
    """Run a command with its output in a file: (seconds, peak resident megabytes of its largest process)."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, cwd=ROOT, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or (expect_output and not os.fstat(output.fileno()).st_size):
            errors.seek(0)
            what = errors.read().decode(errors="replace").strip() or "no output"
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}: {what}")
    return seconds, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def make(kind: str, megabytes: float, folder: Path) -> Path:
    """The input of a kind and size, made unless this generator has made it before."""
    generator = ROOT / "scripts" / "bench_data.py"
    version = zlib.crc32(b"".join(path.read_bytes() for path in sorted(generator.parent.glob("bench_*.py"))))
    path = folder / f"{kind}-{megabytes:g}mb-{version:08x}.txt"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, generator, kind, str(megabytes), path], check=True)
    return path


def measure(work: Work, paths: list[Path], runs: int) -> list[Result]:
    """All programs at one job, taking turns, so that whatever else the machine does meets them alike."""
    names = [str(path) for path in paths]
    commands = {"flamegraph": [sys.executable, "-m", "flamegraph", *work.ours(*names)]}
    for label, peer in work.peers.items():
        command = installed(peer(*names))
        if command:
            commands[label] = command
    run(
        commands["flamegraph"], bool(paths)
    )  # once for nothing: Python compiles the modules, the system reads the input
    taken: dict[str, list[tuple[float, float]]] = {label: [] for label in commands}
    for _ in range(runs):
        for label, command in commands.items():
            taken[label].append(run(command, bool(paths)))

    megabytes = sum(path.stat().st_size for path in paths) / MEGABYTE
    best = {label: min(seconds for seconds, _ in results) for label, results in taken.items()}
    rows = []
    for label, results in taken.items():
        ours = label == "flamegraph"
        speed = None if ours else best[label] / best["flamegraph"]
        must = work.must.get(label)
        rows.append(
            Result(
                work=work.name,
                program=label,
                megabytes=megabytes,
                seconds=best[label],
                median=statistics.median(seconds for seconds, _ in results),
                throughput=megabytes / best[label],
                peak_mb=max(peak for _, peak in results),
                speed=speed,
                must=must,
                met=None if must is None else speed >= must,
            )
        )
    return rows


def table(rows: list[Result]) -> str:
    """The results for people."""
    head = ("work", "program", "input MB", "best s", "median s", "MB/s", "peak MB", "our speed", "must", "met")
    cells = [head]
    for row in rows:
        cells.append(
            (
                row.work,
                row.program,
                f"{row.megabytes:.1f}" if row.megabytes else "",
                f"{row.seconds:.3f}",
                f"{row.median:.3f}",
                f"{row.throughput:.0f}" if row.megabytes else "",
                f"{row.peak_mb:.0f}",
                "" if row.speed is None else f"{row.speed:.2f} x",
                "" if row.must is None else f"{row.must:.2f} x",
                {None: "", True: "yes", False: "NO"}[row.met],
            )
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for line in cells:
        texts = [
            cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(texts).rstrip())
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size-mb", type=float, default=100, help="megabytes of perf script text (default 100)")
    parser.add_argument("--runs", type=int, default=3, help="how often each program runs (default 3)")
    parser.add_argument("--only", action="append", choices=[work.name for work in WORKS], help="this job (repeatable)")
    parser.add_argument("--data", type=Path, default=ROOT / "bench-data", help="where inputs are kept")
    parser.add_argument("--json", action="store_true", help="machine-readable results")
    options = parser.parse_args(arguments)
    if options.size_mb <= 0 or options.runs < 1:
        parser.error("--size-mb and --runs: expected numbers above zero")

    sizes = {
        "perf-script": options.size_mb,
        **dict.fromkeys(
            ("folded", "folded-after", "folded-sorted", "folded-after-sorted"), round(options.size_mb * FOLDED_SHARE, 3)
        ),
        "perf-data": round(options.size_mb * RECORDING_SHARE, 3),
    }
    rows: list[Result] = []
    for work in WORKS:
        if options.only and work.name not in options.only:
            continue
        rows += measure(work, [make(kind, sizes[kind], options.data.resolve()) for kind in work.inputs], options.runs)
    if options.json:
        about = {"python": sys.version.split()[0], "platform": sys.platform, "cores": CORES, "runs": options.runs}
        print(json.dumps({**about, "results": [asdict(row) for row in rows]}, indent=2))
    else:
        print(f"Python {sys.version.split()[0]}, {CORES} cores, best of {options.runs}")
        print(table(rows))


if __name__ == "__main__":
    main()
