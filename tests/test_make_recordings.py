"""The scripts that make perf.data fixtures: what they made is what lies there, and what they scrub is gone."""

from __future__ import annotations

import sys

import pytest
from golden import FIXTURES, ROOT
from recordings import IP, RAW, TID, TIME, USUAL, Recording

from flamegraph.collapse import perf_data, read
from flamegraph.render import render
from flamegraph.source import Source

HERE = FIXTURES / "perf_data"


@pytest.fixture(scope="module")
def scripts():
    """The two scripts, as modules."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import make_recordings
        import scrub_recording
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    return make_recordings, scrub_recording


def test_made_recordings_are_what_the_script_makes(scripts):
    made = {f"{name}.data": make() for name, make in scripts[0].MADE.items()}
    assert made == {
        path.name: path.read_bytes() for path in HERE.glob("*.data") if path.name.startswith(("made_", "bad_"))
    }


def recording(**how) -> Recording:
    made = Recording(period=1, **how)
    made.comm("prog")
    made.mmap(0x1000, 0x1000, "/home/me/secret/prog")
    made.mmap(0x3000, 0x1000, "/usr/lib/secret/libc.so.6")
    made.record(17, made.pack("QIHH", 0xFFFFFFFFC0000000, 64, 1, 0) + b"bpf_prog_secret\0" + made.trailer(10, 1))
    made.sample(0x1010, time=10, raw=b"prev_comm=secret" + bytes(4))
    made.sample(0x3010, time=20, raw=b"prev_comm=secret" + bytes(4))
    return made


@pytest.mark.parametrize("form", ["file", "pipe"])
@pytest.mark.parametrize("kind", [USUAL, USUAL | RAW, IP | TID | TIME | RAW])
def test_scrubbed_recordings_hold_the_same_stacks_and_no_secrets(scripts, form: str, kind: int):
    data = getattr(recording(sample_type=kind), form)()
    clean = scripts[1].scrubbed(data, lambda path: "/opt/demo/" + path.rpartition("/")[2])
    assert b"secret" in data and b"secret" not in clean and b"/usr" not in clean
    assert render(read(clean), "folded") == render(read(data), "folded")


@pytest.mark.parametrize("path", sorted(HERE.glob("recorded_*.data")), ids=lambda path: path.name)
def test_recorded_fixtures_name_nothing_that_is_here(path):
    """So that their goldens are the same everywhere."""
    source = Source(path.read_bytes())
    assert path.stat().st_size < 60_000
    assert (perf_data.describe(source).host, perf_data.describe(source).release) == ("host", "6.1.0-generic")
    modules = {module for module in read(source).frames.module if module.startswith("/")}
    assert modules and all(module.startswith("/opt/demo/") for module in modules)
