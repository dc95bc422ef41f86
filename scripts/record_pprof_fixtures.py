#!/usr/bin/env python3
"""Record the fixtures in fixtures/collapse/pprof and fixtures/collapse/pprof_legacy that are called recorded_* anew.

It builds fixtures/programs/queue.go in a temporary directory and lets it write its profiles, as protobuf and as the
text that Go prints for debug=1. Then it runs shop.cpp with gperftools and with jemalloc (Debian: libgoogle-perftools4,
libjemalloc2). Replaced are the paths of programs. A tool that is missing is left out, and its old fixtures stay.

    scripts/record_pprof_fixtures.py

Goldens are then written with `scripts/test --bless`; read them before you commit.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from record_fixtures import check, read_origin, write_origin  # noqa: E402
from wire import holding  # noqa: E402

PROGRAMS = ROOT / "fixtures" / "programs"
GOES_TO = ROOT / "fixtures" / "collapse" / "pprof"
LEGACY = ROOT / "fixtures" / "collapse" / "pprof_legacy"

JEMALLOC = "prof:true,prof_accum:true,prof_final:true,lg_prof_sample:14,prof_prefix:jemalloc"
GO = "go build -trimpath -buildvcs=false -o queue queue.go; ./queue 0.6 ."
GO_KINDS = ("cpu", "heap", "allocs", "mutex", "block", "goroutine", "threadcreate")

#: Of these, what Go prints for people as well.
TEXTS = {"heap", "mutex", "goroutine", "threadcreate"}
MOST_LINES = 120

#: Profiles of shop.cpp: what is preloaded, and how it is told what to write.
NATIVE = {
    "gperftools_cpu": ("libprofiler.so.0", {"CPUPROFILE": "gperftools_cpu.prof", "CPUPROFILE_FREQUENCY": "50"}, 0.6),
    "gperftools_heap": ("libtcmalloc.so.4", {"HEAPPROFILE": "gperftools_heap"}, 0.1),
    "jemalloc": ("libjemalloc.so.2", {"MALLOC_CONF": JEMALLOC}, 0.1),
}

#: As Go writes them they are compressed. One stays so; of the others a reader of the repository sees more as they are.
COMPRESSED = {"heap"}

STRING_TABLE = 6


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for source in ("queue.go", "shop.cpp"):
            shutil.copy(PROGRAMS / source, work)
        said = {}
        if shutil.which("go"):
            version = subprocess.run(["go", "version"], capture_output=True, text=True).stdout.split()[2]
            for command in GO.split("; "):
                run(command, work, {"CGO_ENABLED": "0"})
            for kind in GO_KINDS:
                said[f"go_{kind}"] = f"{GO} ({version}"
        run("g++ -O1 -g -fno-omit-frame-pointer -pthread shop.cpp -o shop", work, {})
        for kind, (library, settings, seconds) in NATIVE.items():
            path = Path("/usr/lib/x86_64-linux-gnu") / library
            if not path.exists():
                print(f"{kind}: {library} is not here, left out", file=sys.stderr)
                continue
            run(f"./shop {seconds}", work, {"LD_PRELOAD": str(path), **settings})
            told = " ".join(f"{key}={value}" for key, value in settings.items())
            said[kind] = f"{told} LD_PRELOAD={library} ./shop {seconds} ({path.resolve().name}"
        save(work, said)


def run(command: str, work: Path, environment: dict[str, str]) -> None:
    print(command, file=sys.stderr)
    done = subprocess.run(command.split(), cwd=work, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"{command}: exit code {done.returncode}")


def save(work: Path, said: dict[str, str]) -> None:
    """Write what was recorded to where fixtures are, and where it is from."""
    origins = {folder: read_origin(folder / "ORIGIN") for folder in (GOES_TO, LEGACY)}
    date = time.strftime("%Y-%m-%d")

    def write(folder: Path, name: str, content: bytes, kind: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        origins[folder][name] = f"{said[kind]}, {date})"

    for path in sorted(work.glob("*.pb.gz")):
        kind = path.name.split(".")[0]
        content = scrubbed(gzip.decompress(path.read_bytes()), work)
        if kind in COMPRESSED:
            write(GOES_TO, f"recorded_go_{kind}.pb.gz", gzip.compress(content, mtime=0), f"go_{kind}")
        else:
            write(GOES_TO, f"recorded_go_{kind}.pb", content, f"go_{kind}")
        if kind in TEXTS:
            text = check(path.with_name(f"{kind}.txt").read_text())
            write(LEGACY, f"recorded_go_{kind}.txt", shortened(text).encode(), f"go_{kind}")
    for kind in NATIVE.keys() & said.keys():
        [path] = work.glob(f"{kind}*")
        content = path.read_bytes()
        # Paths keep their length nowhere: what lists mapped files is text at the end.
        content = content.replace(str(work).encode(), b"/opt/demo")
        content = re.sub(rb"[0-9a-f]{2}:[0-9a-f]{2} \d+", b"00:00 0", content)
        check(content.decode("latin-1"))
        write(LEGACY, f"recorded_{kind}{path.suffix}", content, kind)
    write_origin(GOES_TO / "ORIGIN", ORIGIN, origins[GOES_TO])
    write_origin(LEGACY / "ORIGIN", LEGACY_ORIGIN, origins[LEGACY])


def shortened(text: str) -> str:
    """Some samples of a text, whole ones; of a heap first what is in use."""
    first, *rest = text.split("\n\n")
    blocks = [first, *sorted(rest, key=lambda block: block.startswith("0: 0"))]
    kept, lines = [], 0
    for block in blocks:
        lines += block.count("\n") + 2
        if lines > MOST_LINES:
            break
        kept.append(block)
    return "\n\n".join(kept) + "\n"


def scrubbed(content: bytes, work: Path) -> bytes:
    """A profile.proto in which programs lie in /opt/demo: its strings are replaced, all else stays."""
    out, at = b"", 0
    while at < len(content):
        start = at
        tag, at = read(content, at)
        size, after = read(content, at)
        if tag & 7 == 2:
            at = after + size
            if tag >> 3 == STRING_TABLE:
                text = content[after:at].decode().replace(str(work), "/opt/demo")
                out += holding(STRING_TABLE, check(text))
                continue
        else:
            at = after
        out += content[start:at]
    return out


def read(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


ORIGIN = """\
Where the files here come from. Those called recorded_* were recorded by scripts/record_pprof_fixtures.py from
fixtures/programs; replaced were the paths of the programs. Those called made_* and bad_* were made, field by field, by
scripts/make_profiles.py.

"""

LEGACY_ORIGIN = """\
Where the files here come from. Those called recorded_* were recorded by scripts/record_pprof_fixtures.py from
fixtures/programs; replaced were the paths of the programs and the inodes of what is mapped; of texts that Go prints the
first samples were kept. The others were written by hand.

"""


if __name__ == "__main__":
    main()
