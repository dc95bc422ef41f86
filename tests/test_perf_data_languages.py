"""Languages and their run times: what we find in a recording made here and now is what `perf script` prints of it.

In the maps of functions compiled at run time nothing lies over anything else: node does not move code that it has told
of, Java writes its map when it ends. The C++ of node and of the JVM is compared mangled, see
test_perf_data_symbols_names.py for its names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from golden import ROOT
from perf_oracle import perf_script, read, record, same
from recordings import USER, Recording

from flamegraph.profile import Kind, Profile

PROGRAMS = ROOT / "fixtures" / "programs"
SECONDS = "0.5"


@pytest.fixture(autouse=True)
def maps() -> Iterator[list[str]]:
    """Maps of symbols to be removed in the end: another process may get the same number."""
    found: list[str] = []
    yield found
    for path in found:
        Path(path).unlink(missing_ok=True)


def compared(out: Path, maps: list[str], *command: str, demangle: bool = True) -> Profile:
    """What is in a recording of a command, the same for us and for perf."""
    path = record(out, "-e", "cpu-clock", "-F", "997", "-g", *command)
    ours = read(path, all=True, demangle=demangle)
    maps += [module for module in set(ours.frames.module) if module.startswith("/tmp/perf-")]
    same(ours, perf_script(path, *([] if demangle else ["--no-demangle"]), all=True))
    return ours


def needed(*programs: str) -> str:
    """The first of some programs that runs here."""
    for program in filter(shutil.which, programs):
        if not subprocess.run([program, "--version"], capture_output=True).returncode:
            return program
    pytest.skip(f"{' or '.join(programs)} makes what is tested here")


JAVA = "-XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:+PreserveFramePointer -XX:+DumpPerfMapAtExit"
#: Programs, their options, what they run, and how some function begins that they compile.
JIT = {
    "node": ("node", "--perf-basic-prof --interpreted-frames-native-stack", "tokens.mjs", "JS:"),
    "java": ("java", JAVA, "Ledger.java", "Interpreter"),
}


@pytest.mark.parametrize("name", JIT)
def test_functions_compiled_at_run_time(name: str, tmp_path: Path, maps: list[str], monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # node leaves a log where it runs
    program, options, source, function = JIT[name]
    command = [needed(program), *options.split(), str(PROGRAMS / source), SECONDS]
    frames = compared(tmp_path / "perf.data", maps, *command, demangle=False).frames
    found = [name for name, kind in zip(frames.name, frames.kind.tolist(), strict=True) if kind == Kind.JIT]
    assert len(found) > 10 and any(name.startswith(function) for name in found), found


#: -X perf came with 3.12.
PYTHONS = [sys.executable] if sys.version_info >= (3, 12) else ["python3.14", "python3.13", "python3.12"]
PYTHONS += map(str, Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python3"))


def test_python(tmp_path: Path, maps: list[str]) -> None:
    """What it compiles calls a function and no more, so that samples hardly ever hit it: here each is hit."""
    python = subprocess.Popen([needed(*PYTHONS), "-X", "perf", str(PROGRAMS / "mill.py"), "0.05"])
    assert not python.wait()
    maps.append(f"/tmp/perf-{python.pid}.map")
    entries = [line.split(" ", 2) for line in Path(maps[0]).read_text().splitlines()]
    spans = [(int(start, 16), int(size, 16)) for start, size, _ in entries]
    made = Recording()
    made.comm("python", pid=python.pid)
    made.mmap(min(spans)[0], sum(max(spans)) - min(spans)[0], "//anon", pid=python.pid)
    for start, size in spans:
        for address in (start, start + size // 2, start + size - 1, start + size):
            made.sample(USER, address, pid=python.pid)
    path = tmp_path / "perf.data"
    path.write_bytes(made.file())
    ours = read(path, all=True)
    same(ours, perf_script(path, all=True))
    assert any(name.startswith("py::turn:") for name in ours.frames.name)


@pytest.mark.parametrize("mangling", ["legacy", "v0"])
def test_rust(mangling: str, tmp_path: Path, maps: list[str]) -> None:
    program = str(tmp_path / "shapes")
    command = [needed("rustc"), "-O", "-C", "force-frame-pointers=yes", "-o", program, str(PROGRAMS / "shapes.rs")]
    command += ["-Z", "unstable-options", "-C", f"symbol-mangling-version={mangling}"]
    subprocess.run(command, env={**os.environ, "RUSTC_BOOTSTRAP": "1"}, check=True, capture_output=True)
    frames = compared(tmp_path / "perf.data", maps, program, SECONDS).frames
    wanted = {"shapes::main", "shapes::deep", "<shapes::work::Square as shapes::work::Shape>::area"}
    assert wanted <= set(frames.name)


def test_go(tmp_path: Path, maps: list[str]) -> None:
    if shutil.which("go") is None:
        pytest.skip("go makes what is tested here")
    program = str(tmp_path / "shapes")
    subprocess.run(["go", "build", "-o", program, str(PROGRAMS / "shapes.go")], check=True, capture_output=True)
    frames = compared(tmp_path / "perf.data", maps, program, SECONDS).frames
    assert {"main.deep", "main.main.func1", "runtime.mallocgc"} <= set(frames.name)
    assert any(name.startswith("main.(*square[") for name in frames.name)
