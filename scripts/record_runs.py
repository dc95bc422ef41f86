#!/usr/bin/env python3
"""Record repeated runs of fixtures/programs/mix.cpp, as it is and with one function half as slow again.

    scripts/record_runs.py [--runs 24] [--changed 8] [--factor 1.5]

They are the proof of what `flamegraph diff` promises (tests/test_diff_proof.py): where nothing changed it finds
nothing, and where one function was made slower it finds that one. Runs of both kinds are mixed at random, since
whatever drifts while they are made would otherwise look like a change. It writes fixtures/diff/{same,slower}-NN.folded.
It needs Linux, perf and g++.
"""

from __future__ import annotations

import argparse
import platform
import random
import subprocess
import tempfile
from pathlib import Path

import flamegraph as fg

ROOT = Path(__file__).resolve().parent.parent
GOES_TO = ROOT / "fixtures" / "diff"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=24, help="runs of the program as it is (default 24)")
    parser.add_argument("--changed", type=int, default=8, help="runs with one slower function (default 8)")
    parser.add_argument("--factor", type=float, default=1.5, help="how much slower (default 1.5)")
    options = parser.parse_args()
    runs = [(f"same-{i:02}", "1") for i in range(options.runs)]
    runs += [(f"slower-{i:02}", f"{options.factor:g}") for i in range(options.changed)]
    random.Random(1).shuffle(runs)
    GOES_TO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "mix"
        source = ROOT / "fixtures" / "programs" / "mix.cpp"
        subprocess.run(
            ["g++", "-O1", "-g", "-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer", source, "-o", program],
            check=True,
        )
        for name, factor in runs:
            record(program, factor, Path(folder) / "perf.data", GOES_TO / f"{name}.folded")
    command = f"perf record -e cpu-clock:u -F 1999 -g -- ./mix 1 (same) or {options.factor:g} (slower)"
    (GOES_TO / "ORIGIN").write_text(
        f"Recorded by scripts/record_runs.py: {command}, {platform.machine()}, in random order; then\n"
        "flamegraph collapse --weight samples --show-from '^main$'\n",
        encoding="utf-8",
    )


def record(program: Path, factor: str, recording: Path, target: Path) -> None:
    command = ["perf", "record", "-q", "-e", "cpu-clock:u", "-F", "1999", "-g", "-o", recording, "--", program, factor]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    profile = fg.read(recording, weight="samples", inline="no")
    fg.write(fg.transform.show_from(profile, "^main$"), target)


if __name__ == "__main__":
    main()
