#!/usr/bin/env python3
"""Record repeated runs of fixtures/programs/mix.cpp, as it is and with one function slower.

    scripts/record_runs.py [half] [twentieth]

They are the proof of what `flamegraph diff` promises (tests/test_diff_proof.py): where nothing changed it finds
nothing, where one function was made half as slow again it finds that one, and where it was made a twentieth slower it
finds it with as many runs as `--power 5` asks for. Runs of both kinds are mixed at random, since whatever drifts while
they are made would otherwise look like a change. It writes fixtures/diff/NAME-NN.folded: same and slower (half), steady
and slower5 (twentieth). It needs Linux, perf and g++, and five minutes of a quiet machine.
"""

from __future__ import annotations

import platform
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import flamegraph as fg

ROOT = Path(__file__).resolve().parent.parent
GOES_TO = ROOT / "fixtures" / "diff"

#: Of each set what the runs are called, how many there are, how much slower one function is, and how long they go on.
SETS = {
    "half": [("same", 24, "1", "480"), ("slower", 8, "1.5", "480")],
    "twentieth": [("steady", 24, "1", "2400"), ("slower5", 24, "1.05", "2400")],
}
PERF = ["perf", "record", "-e", "cpu-clock:u", "-F", "1999", "-g"]


def main() -> None:
    names = sys.argv[1:] or list(SETS)
    if not set(names) <= set(SETS):
        raise SystemExit(__doc__)
    GOES_TO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "mix"
        source = ROOT / "fixtures" / "programs" / "mix.cpp"
        subprocess.run(
            ["g++", "-O1", "-g", "-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer", source, "-o", program],
            check=True,
        )
        for name in names:
            runs = [(f"{kind}-{i:02}", how) for kind, count, *how in SETS[name] for i in range(count)]
            random.Random(1).shuffle(runs)
            for run, how in runs:
                record([program, *how], Path(folder) / "perf.data", GOES_TO / f"{run}.folded")
    told = [f"{kind}: {' '.join([*PERF, '--', './mix', *how])}" for s in SETS.values() for kind, _, *how in s]
    (GOES_TO / "ORIGIN").write_text(
        f"Recorded by scripts/record_runs.py on {platform.machine()}, those of a set in random order,\n"
        + "\n".join(told)
        + "\nthen: flamegraph collapse --weight samples --show-from '^main$'\n",
        encoding="utf-8",
    )


def record(command: list[str | Path], recording: Path, target: Path) -> None:
    subprocess.run(
        [*PERF, "-q", "-o", recording, "--", *command],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    profile = fg.read(recording, weight="samples", inline="no")
    fg.write(fg.transform.show_from(profile, "^main$"), target)


if __name__ == "__main__":
    main()
