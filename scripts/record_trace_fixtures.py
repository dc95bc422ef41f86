#!/usr/bin/env python3
"""Record the fixtures in fixtures/collapse/{chrome_trace,pytorch}/recorded_* anew.

It runs fixtures/programs under the tools that write trace events, takes out what tells on the machine, and notes in
ORIGIN what was run. A tool that is missing is left out, and its old fixture stays. `--python` names an interpreter
whose environment has py-spy, viztracer and torch.

    scripts/record_trace_fixtures.py --python PYTHON          all of them
    scripts/record_trace_fixtures.py --python PYTHON py_spy   only those whose name contains a word

Goldens are then written with `scripts/test --bless`; read them before you commit.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "fixtures" / "programs"
GOES_TO = ROOT / "fixtures" / "collapse"

#: What is run, with PYTHON and BIN (where its tools are) to be filled in, and the file that it writes.
RECORDINGS = {
    "chrome_trace/recorded_py_spy.json": (
        "BIN/py-spy record -f chrometrace -r 20 -d 1 -o out.json -- PYTHON mill.py 1",
        "out.json",
    ),
    "chrome_trace/recorded_viztracer.json": ("BIN/viztracer --max_stack_depth 9 -o out.json errands.py", "out.json"),
    "chrome_trace/recorded_node.json": (
        "node --cpu-prof --trace-event-categories v8,disabled-by-default-v8.cpu_profiler tokens.mjs 0.03",
        "node_trace.1.log",
    ),
    "chrome_trace/recorded_node_async.json": (
        "node --trace-event-categories node.async_hooks tokens.mjs 0.01",
        "node_trace.1.log",
    ),
    "pytorch/recorded_cpu.json": ("PYTHON tiny_model.py out.json", "out.json"),
}

#: Of a CPU profile so many pieces are kept, the first ones.
CHUNKS = 14

#: Keys beside the events that hold whole source files, or tell on the machine.
LEFT_OUT = ("file_info", "host_name")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    for name, (command, out) in RECORDINGS.items():
        if all(word in name for word in options.words):
            record(GOES_TO / name, command, out, Path(options.python).absolute())


def record(path: Path, command: str, out: str, python: Path) -> None:
    """Run a command where its program lies alone, and keep what it wrote."""
    words = [word.replace("BIN", str(python.parent)).replace("PYTHON", str(python)) for word in command.split()]
    if not shutil.which(words[0]):
        print(f"{path.name}: {words[0]} is missing")
        return
    with tempfile.TemporaryDirectory() as folder:
        for program in PROGRAMS.iterdir():
            shutil.copy(program, folder)
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
        written = Path(folder, out)
        if not written.exists():
            print(f"{path.name}: {command} wrote nothing: {done.stderr.strip()[-300:]}")
            return
        text = written.read_text(encoding="utf-8")
        text = text.replace(folder + "/", "").replace(folder, ".")
    text = re.sub(r'[^" (]*/lib/python(3\.\d+)/', r"/usr/lib/python\1/", text)
    text = re.sub(r'(?<=")/[^" (]*/bin/', "/usr/bin/", text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(without_machine(text), encoding="utf-8")
    note(path, f"{command.replace('BIN/', '').replace('PYTHON', 'python3')} ({version(words[0], python)})")


def version(program: str, python: Path) -> str:
    """Which version of which tool it was."""
    name = Path(program).name
    if name == "node":
        return "node " + subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    package = "torch" if name == python.name else name
    ask = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    return f"{package} " + subprocess.run([python, "-c", ask], capture_output=True, text=True).stdout.strip()


def without_machine(text: str) -> str:
    """A trace without what it tells on the machine, and not too long; as it was written where nothing is to be done."""
    trace: Any = json.loads(text)
    if isinstance(trace, list):
        return text
    chunks = [event for event in trace["traceEvents"] if event.get("name") == "ProfileChunk"][CHUNKS:]
    if not chunks and not any(key in trace for key in LEFT_OUT):
        return text
    trace["traceEvents"] = [event for event in trace["traceEvents"] if event not in chunks]
    return json.dumps({key: value for key, value in trace.items() if key not in LEFT_OUT}) + "\n"


def note(path: Path, command: str) -> None:
    """Say in ORIGIN what a fixture was made by."""
    origin = path.parent / "ORIGIN"
    lines = origin.read_text(encoding="utf-8").splitlines() if origin.exists() else []
    lines = [line for line in lines if not line.startswith(f"{path.name}: ")]
    lines.append(f"{path.name}: {command}, {datetime.date.today()}")
    origin.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
