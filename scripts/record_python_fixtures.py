#!/usr/bin/env python3
"""Record the fixtures in fixtures/collapse/{py_spy,speedscope,austin,pyinstrument}/recorded_* anew.

It runs fixtures/programs/*.py under Python's profilers, keeps a part of what they write, takes out what tells on the
machine, and writes ORIGIN. The profilers are looked for on PATH; what needs one that is missing is left out, and its
old fixture stays. They come from PyPI (py-spy, pyinstrument, austin-dist) and Debian (austin, which is version 1 there
and is called austin1 here; it reads Python up to 3.8, called python3.8 here).

    PATH=/somewhere/bin:$PATH scripts/record_python_fixtures.py             all of them
    PATH=/somewhere/bin:$PATH scripts/record_python_fixtures.py py_spy -t   only those whose command has these words

Goldens are then written with `scripts/test --bless`; read them before you commit.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from record_fixtures import PROGRAMS, ROOT, check, read_origin, write_origin

GOES_TO = ROOT / "fixtures" / "collapse"

#: Without what this machine sets up for Python, and without site, so that what is installed here is in no stack.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
PYTHON = f"{Path(sys.executable).resolve()} -S"


@dataclass(frozen=True)
class How:
    """A command that writes OUT. `running` is a program to be started before, whose id is PID in the command.

    tool    the program to look for
    keep    of text, so many lines, evenly taken; 0: all
    """

    command: str
    running: str = ""
    keep: int = 0

    @property
    def tool(self) -> str:
        return self.command.split()[0]


RECORD = "py-spy record --nonblocking -d 1 -f raw -o OUT"
HOW = {
    "py_spy/raw.txt": How(f"{RECORD} -r 50 -- PYTHON mill.py 1.5", keep=16),
    "py_spy/threads.txt": How(f"{RECORD} -r 100 -t -- PYTHON mill.py 1.5", keep=20),
    "py_spy/native.txt": How("py-spy record -d 1 -f raw -o OUT -r 50 -t -n -- PYTHON mill.py 1.5", keep=12),
    "py_spy/idle.txt": How(f"{RECORD} -r 20 -t -i -- PYTHON bakery.py 1.5", keep=20),
    "py_spy/gil.txt": How(f"{RECORD} -r 100 -g -- PYTHON mill.py 1.5", keep=12),
    "py_spy/subprocesses.txt": How(f"{RECORD} -r 50 -s -t -- PYTHON bakery.py 1.5"),
    "py_spy/nolineno.txt": How(f"{RECORD} -r 50 --nolineno -- PYTHON mill.py 1.5", keep=16),
    "py_spy/function.txt": How(f"{RECORD} -r 50 -F -- PYTHON mill.py 1.5", keep=16),
    "py_spy/full_filenames.txt": How(f"{RECORD} -r 50 --full-filenames -- PYTHON mill.py 1.5", keep=12),
    "py_spy/dump.txt": How("py-spy dump -p PID", "PYTHON mill.py 2"),
    "py_spy/dump_locals.txt": How("py-spy dump -l -p PID", "PYTHON mill.py 2"),
    "py_spy/dump_native.txt": How("py-spy dump -n -p PID", "PYTHON mill.py 2"),
    "py_spy/dump_subprocesses.txt": How("py-spy dump -s -p PID", "PYTHON bakery.py 2"),
    "py_spy/dump_json.json": How("py-spy dump -j -p PID", "PYTHON bakery.py 2"),
    "speedscope/py_spy.json": How("py-spy record -d 1 -f speedscope -o OUT -r 20 -- PYTHON mill.py 1.5"),
    "speedscope/pyinstrument.json": How("pyinstrument -i 0.02 -r speedscope -o OUT mill.py 1"),
    "pyinstrument/session.pyisession": How("pyinstrument -i 0.1 -r pyisession -o OUT bakery.py 1"),
    "pyinstrument/json.json": How("pyinstrument -i 0.02 -r json -o OUT mill.py 1"),
    "pyinstrument/html.json": How(
        "pyinstrument -i 0.05 -r pyinstrument.renderers.html.JSONForHTMLRenderer -o OUT bakery.py 1"
    ),
    "austin/wall.austin": How("austin -i 20ms -o OUT PYTHON mill.py 1", keep=24),
    "austin/cpu.austin": How("austin -s -i 20ms -o OUT PYTHON mill.py 1", keep=16),
    "austin/memory.austin": How("austin -m -i 5ms -o OUT PYTHON mill.py 1", keep=16),
    "austin/full.austin": How("austin -f -g -i 20ms -o OUT PYTHON mill.py 1", keep=24),
    "austin/children.austin": How("austin -C -i 50ms -o OUT PYTHON bakery.py 1", keep=20),
    "austin/native.austin": How("austinp -i 50ms -o OUT PYTHON mill.py 1", keep=10),
    "austin/mojo_wall.mojo": How("austin -b -i 100ms -o OUT PYTHON mill.py 0.5"),
    "austin/mojo_full.mojo": How("austin -b -f -g -i 100ms -o OUT PYTHON mill.py 0.5"),
    "austin/mojo_children.mojo": How("austin -b -C -i 100ms -o OUT PYTHON bakery.py 0.5"),
    "austin/version_1.austin": How("austin1 -i 20000 -o OUT python3.8 -S mill.py 1", keep=16),
    "austin/version_1_full.austin": How("austin1 -a -f -i 20000 -o OUT python3.8 -S mill.py 1", keep=16),
}


def main(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for program in PROGRAMS.glob("*.py"):
            shutil.copy(program, work)
        for target, how in HOW.items():
            if not all(word in f"{target} {how.command}" for word in words):
                continue
            if not shutil.which(how.tool):
                print(f"{target}: {how.tool} is not here, left out", file=sys.stderr)
                continue
            folder, file = target.split("/")
            content = scrubbed(recorded(how, work), work)
            fixture = f"recorded_{file}"
            (GOES_TO / folder).mkdir(parents=True, exist_ok=True)
            (GOES_TO / folder / fixture).write_bytes(part(content, how.keep))
            told = read_origin(GOES_TO / folder / "ORIGIN")
            told[fixture] = said(how)
            top = ORIGIN.format(mojo=", those in binary by scripts/make_mojo.py" if folder == "austin" else "")
            write_origin(GOES_TO / folder / "ORIGIN", top, told)


def recorded(how: How, work: Path) -> bytes:
    """What the command writes, into OUT or to its output."""
    out = work / "recorded"
    out.unlink(missing_ok=True)
    program = (
        subprocess.Popen(how.running.replace("PYTHON", PYTHON).split(), cwd=work, env=ENVIRONMENT)
        if how.running
        else None
    )
    try:
        if program:
            time.sleep(1)  # to be in the middle of its work
        command = how.command.replace("PYTHON", PYTHON).replace("OUT", str(out))
        command = command.replace("PID", str(program.pid) if program else "")
        print(command, file=sys.stderr)
        done = subprocess.run(command.split(), cwd=work, env=ENVIRONMENT, capture_output=True)
    finally:
        if program:
            program.wait()
    if done.returncode and not out.exists():
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    content = out.read_bytes() if out.exists() else done.stdout
    return content or sys.exit(f"{command}: nothing was written\n{done.stderr.decode(errors='replace')}")


def scrubbed(content: bytes, work: Path) -> bytes:
    """The same without what tells on the machine. Texts in MOJO end with a zero byte, so they may become shorter."""
    prefixes = {str(work): "/opt/demo", os.path.realpath(work): "/opt/demo"}
    prefixes[str(Path(sys.executable).resolve().parent.parent)] = "/opt/python"
    if found := shutil.which("python3.8"):
        prefixes[str(Path(found).resolve().parent.parent)] = "/opt/python"
    if found := shutil.which("pyinstrument"):
        for place in (Path(found).parent.parent, Path(found).resolve().parent.parent):
            prefixes.setdefault(str(place), "/opt/tools")
    prefixes.pop("/usr", "")  # tells nothing
    for prefix in sorted(prefixes, key=len, reverse=True):
        content = content.replace(prefix.encode(), prefixes[prefix].encode())
    content = re.sub(rb"/tmp/python-build[\w.-]*/Python-[\d.]+/", b"/usr/src/python/", content)
    check(content.decode("latin-1"))
    return content


def part(content: bytes, keep: int) -> bytes:
    """Some lines of a text, evenly taken, with all that says something about it."""
    if not keep:
        return content
    lines = content.splitlines(keepends=True)
    samples = [i for i, line in enumerate(lines) if line.strip() and not line.startswith(b"# ")]
    kept = (
        {samples[round(k * (len(samples) - 1) / (keep - 1))] for k in range(keep)}
        if len(samples) > keep
        else {*samples}
    )
    # Where shared objects are mapped is not looked at, and there are hundreds of them.
    return b"".join(
        line for i, line in enumerate(lines) if i in kept or (line.startswith(b"# ") and not line.startswith(b"# map:"))
    )


ORIGIN = """\
Where the files here come from. Those called recorded_* were recorded by scripts/record_python_fixtures.py from
fixtures/programs; replaced were the paths of the programs and of Python; of most texts some lines were kept. The others
were written by hand{mojo}.

"""


def said(how: How) -> str:
    """What ORIGIN says of a fixture."""
    version = subprocess.run([how.tool, "--version"], capture_output=True, text=True).stdout.strip()
    command = how.command.replace("PYTHON", f"python3.{sys.version_info.minor} -S").replace(" -o OUT", "")
    running = how.running.replace("PYTHON", f"python3.{sys.version_info.minor} -S")
    return f"{command}{f', of {running}' if running else ''} ({version}, {time.strftime('%Y-%m-%d')})"


if __name__ == "__main__":
    main(sys.argv[1:])
