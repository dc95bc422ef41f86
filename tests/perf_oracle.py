"""perf as the oracle: recordings made here and now, what `perf script` says of them, and where it need not agree.

Deliberate differences. Each is decided by looking at the files or at the names, and undone before comparing:

- symbols without a size reach to the next symbol. Where one reaches over the PLT, as `_init` does, perf finds either,
  or neither: that depends on how its search tree was balanced (`vague_names`);
- of a file without any symbol of its own perf does not name the PLT either;
- what our demangler refuses stays mangled, and is given to GNU's, which is perf's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from drawn import by_stack

from flamegraph import collapse
from flamegraph.collapse.perf_data.elf import Elf
from flamegraph.collapse.perf_data.files import debug_files, elf_file
from flamegraph.collapse.perf_data.table import EMPTY, Raw, merge, string
from flamegraph.collapse.perf_script.frames import Spelling, parse_frame
from flamegraph.profile import Profile

CLOCK = ("-e", "cpu-clock", "-F", "1999")


def record(out: Path, *arguments: str, within: Sequence[str] = (), **more: object) -> Path:
    """What `perf record` wrote; the test is skipped where this machine does not let it.

    within   a command that runs perf, such as taskset; `more` is for subprocess.run
    """
    if shutil.which("perf") is None:
        pytest.skip("perf makes what is tested here")
    # Without -N, perf keeps copies of all programs in the home directory.
    command = [*within, "perf", "record", "-N", "-o", str(out), *arguments]
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
    if not out.exists() or not (out.is_dir() or out.stat().st_size):
        pytest.skip(f"perf can't record here: {run.stderr.decode(errors='replace').strip()[-200:]}")
    return out


def read(source: Path | bytes, **options: object) -> Profile:
    """Without inlined functions, of which test_perf_data_inline.py is about: perf finds them only where it unwinds."""
    if isinstance(source, Path):
        options = {"inline": "no", **options}
    return collapse.read(source, **options)


def script(path: Path, *arguments: str) -> bytes:
    """What `perf script` prints, all of each stack."""
    command = ["perf", "script", "-f", "-i", str(path), "--max-stack", "1024", *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


def perf_script(path: Path, *arguments: str, **options: object) -> Profile:
    """The profile that the reader of perf's text makes of it."""
    text = script(path, "--no-inline", "-F", "+pid,+ip,+sym,+dso", *arguments)
    return read(text, format="perf_script", **options)


def same(ours: Profile, theirs: Profile, stacks: int = 20) -> None:
    """That both hold the same, and at least so many stacks."""
    assert [metric.name for metric in ours.metrics] == [metric.name for metric in theirs.metrics]
    assert [metric.unit for metric in ours.metrics] == [metric.unit for metric in theirs.metrics]
    assert by_stack(settled(ours)) == by_stack(settled(theirs))
    assert len(ours.stacks) > stacks


def settled(profile: Profile) -> Profile:
    """The profile without what perf may say in one way or another."""
    frames = profile.frames
    pairs = zip(frames.name, frames.module, strict=True)
    return replace(profile, frames=replace(frames, name=[_settled(name, module) for name, module in pairs]))


def _settled(name: str, module: str) -> str:
    if is_vague(name, module):
        return f"[{os.path.basename(module)}]"  # as an unknown function
    return by_gnu(name) if name.startswith("_Z") else name


def is_vague(name: str, path: str) -> bool:
    """Whether perf may find this name or none, or the other way round."""
    vague = vague_names(path)
    return bool(vague) and (name in vague or name.endswith("@plt"))


@cache
def vague_names(path: str) -> frozenset[str]:
    """What may or may not be found in the PLT of a file, and reaches over it; empty where perf's names are certain."""
    file = elf_file(path) if path.startswith("/") else None
    plt = file.plt()[0].start if file else ()
    if not len(plt):
        return frozenset()
    raw, text = own_symbols(file)
    if not len(raw.start):
        return frozenset({"@plt"})
    nearest = raw.start[raw.start <= plt.min()].max(initial=0)
    open_ended = np.flatnonzero((raw.start == nearest) & (raw.end == nearest))
    return frozenset(string(text, at).decode() for at in raw.name[open_ended].tolist())


def own_symbols(file: Elf) -> tuple[Raw, bytes]:
    """The symbols of a file or of its debug file, all but the PLT."""
    best = file if file.has_symtab else next(debug_files(file.path, file.build_id, file, ""), file)
    raws, text = [], b""
    for raw, strings in best.symbols():
        raws.append(replace(raw, name=raw.name + len(text)))
        text += bytes(strings) + b"\0"
    return merge([EMPTY, *raws]), text


@cache
def by_gnu(name: str, full: bool = False) -> str:
    """A name as perf's demangler spells it, tidied like all others."""
    if shutil.which("c++filt"):
        name = subprocess.run(["c++filt", "-p", "-i", name], capture_output=True, text=True).stdout.strip() or name
    return tidy(name, full)


def tidy(name: str, full: bool = False) -> str:
    """A name as it comes out of a line that perf prints."""
    return parse_frame(b"\t1 " + name.encode() + b" (x)", None, Spelling(full=full))[0].name
