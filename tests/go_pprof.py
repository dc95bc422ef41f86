"""What `go tool pprof` makes of a profile: the oracle for everything that reads what pprof reads."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

__all__ = ["Raw", "functions", "needs_go", "parsed", "raw"]


@cache
def _works() -> bool:
    if not shutil.which("go"):
        return False
    return subprocess.run(["go", "tool", "pprof", "-h"], capture_output=True).returncode in (0, 2)


needs_go = pytest.mark.skipif(not shutil.which("go"), reason="go is not installed")


def pprof(path: Path, *arguments: str) -> str:
    """The output of `go tool pprof`, without looking for the programs that were profiled."""
    if not _works():
        pytest.skip("`go tool pprof` can't be built here")
    command = ["go", "tool", "pprof", "-symbolize=none", *arguments, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Raw:
    """`-raw`: sample types, and for each stack of frames, (name, file, line) root first, the sums of its values."""

    types: list[tuple[str, str]] = field(default_factory=list)
    default: int = -1
    stacks: dict[tuple, list[int]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


_LINE = re.compile(r"(.*) (.*?):(\d+):(-?\d+) s=(-?\d+)(\(.*\))?", re.DOTALL)


def raw(path: Path) -> Raw:
    """Everything in a profile."""
    return parsed(pprof(path, "-raw"))


def parsed(text: str) -> Raw:
    """What `-raw` prints. A location without lines is (address, module)."""
    head, rest = text.split("Samples:\n", 1)
    samples, rest = re.split(r"(?m)^Locations\n", rest, maxsplit=1)
    places, mappings = re.split(r"(?m)^Mappings\n", rest, maxsplit=1)
    found = Raw(facts=dict(re.findall(r"(?m)^(\w+): (.*)", head)))
    first, *lines = samples.split("\n")
    for i, told in enumerate(re.finditer(r"(.+?)/(\S*?)(\[dflt\])?(?: |$)", first.strip())):
        found.types.append((told[1], told[2]))
        found.default = i if told[3] else found.default
    files = {int(m[1]): m[2].strip() for m in re.finditer(r"(?m)^(\d+): \S+ ?(\S*)", mappings)}
    locations: dict[int, list[tuple]] = defaultdict(list)
    number = 0
    for line in places.split("\n"):
        start = re.match(r" *(\d+): 0x([0-9a-f]+) (?:M=(\d+) )?(?:\[F\] )?", line)
        if start and not line.startswith(" " * 13):
            number, line = int(start[1]), line[start.end() :]
            address, module = int(start[2], 16), files.get(int(start[3] or 0), "")
        told = _LINE.fullmatch(line.strip()) if line.strip() else None
        if told:
            locations[number].append((told[1], told[2], int(told[3])))
        elif start:
            locations[number].append((address, module))
    for line in lines:
        if told := re.match(r"((?: +-?\d+)+): ([\d ]*)$", line):
            stack = [one for id in told[2].split() for one in locations[int(id)]]
            row = found.stacks.setdefault(tuple(reversed(stack)), [0] * len(found.types))
            for i, value in enumerate(told[1].split()):
                row[i] += int(value)
    return found


def functions(path: Path, type: str, unit: str) -> dict[str, tuple[int, int]]:
    """`-top`: of each function, how much was sampled in it (flat) and with it on the stack (cum), in `unit`."""
    text = pprof(path, "-top", "-trim=false", "-sample_index", type, "-unit", unit)
    found: dict[str, tuple[int, int]] = {}
    for line in text.partition("cum%\n")[2].splitlines():
        flat, _, _, cum, _, name = line.split(None, 5)
        name = re.sub(r" \((partial-)?inline\)$", "", name)
        flat, cum = (float(re.match(r"-?[\d.]+", value)[0]) for value in (flat, cum))
        found[name] = (round(flat), round(cum))
    return found
