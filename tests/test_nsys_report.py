"""Reports that only nsys can read: recognised by content, exported where it is installed, explained where it is not."""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import pytest
from golden import FIXTURES

from flamegraph.collapse import Match, detect, formats, read
from flamegraph.errors import InputError
from flamegraph.render import render
from flamegraph.source import Source

EXPORT = FIXTURES / "nsys_sqlite" / "training.sqlite"
REPORT = b"NVIDIA Tegra Profiler Report 2026@4@1@191-264138605071v0.\n\x0bLocal (CLI)\x12\n" + bytes(100)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a fake nsys is a shell script")


@pytest.fixture
def no_nsys(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


@pytest.fixture
def fake_nsys(monkeypatch, tmp_path: Path):
    """Puts a program called nsys on the PATH, made of a few lines of shell."""

    def put(lines: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "nsys"
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return put


@pytest.mark.parametrize("name", ["report.nsys-rep", "old report.qdrep", "unnamed"])
def test_a_report_is_answered_with_the_command(no_nsys, tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(REPORT)
    assert detect(Source(path)).name == "nsys_sqlite"
    with pytest.raises(InputError) as raised:
        read(path)
    quoted = f"'{path}'" if " " in name else str(path)
    out = quoted.replace(".nsys-rep", ".sqlite").replace(".qdrep", ".sqlite") + (".sqlite" if name == "unnamed" else "")
    assert str(raised.value) == (
        f"{path}: is a report of Nsight Systems 2026.4.1.191, which only nsys of that version or a later one can read; "
        f"export it: nsys export --type sqlite -o {out} {quoted}"
    )


def test_a_report_from_nowhere_is_answered_too(no_nsys):
    with pytest.raises(InputError, match=r"export it: nsys export --type sqlite -o FILE\.sqlite FILE$"):
        read(REPORT)
    with pytest.raises(InputError, match="report of Nsight Systems, which"):
        read(b"NVIDIA Tegra Profiler Report \0")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("as_file", [True, False])
def test_a_report_is_exported_on_the_way(fake_nsys, tmp_path: Path, pack, as_file: bool):
    """nsys is given a file that holds the report, and what it writes is gone afterwards."""
    fake_nsys(f"""
        test "$1 $2 $3 $4" = "export --type sqlite -o" || exit 9
        head -c 28 "$6" | grep -q "^NVIDIA Tegra Profiler Report" || exit 8
        echo "$5" > {tmp_path}/went_to
        cp {EXPORT} "$5"
    """)
    path = tmp_path / "report.nsys-rep"
    path.write_bytes(pack(REPORT))
    origin = path if as_file else path.read_bytes()
    assert render(read(origin, gpu="busy"), "folded") == render(read(EXPORT, gpu="busy"), "folded")
    assert formats()["nsys_sqlite"].describe(Source(origin)) == formats()["nsys_sqlite"].describe(Source(EXPORT))
    assert not Path((tmp_path / "went_to").read_text().strip()).parent.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bin", "report.nsys-rep", "went_to"]


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("echo working; echo 'the report is of a newer version' >&2; exit 1", "the report is of a newer version"),
        ("exit 3", "exit code 3"),
        ("exit 0", "exit code 0"),
        ('echo broken > "$5"; exit 0', None),
    ],
)
def test_what_nsys_says_when_it_fails_is_told(fake_nsys, tmp_path: Path, does: str, why: str | None):
    fake_nsys(does)
    path = tmp_path / "report.nsys-rep"
    path.write_bytes(REPORT)
    with pytest.raises(InputError) as raised:
        read(path)
    said = f"which nsys could not export ({why}); try: nsys export" if why else "expected a sound SQLite database"
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_a_program_that_cannot_run_is_told(fake_nsys, tmp_path: Path):
    fake_nsys("")
    (tmp_path / "bin" / "nsys").write_bytes(b"\x7fELF not a program")
    path = tmp_path / "report.nsys-rep"
    path.write_bytes(REPORT)
    with pytest.raises(InputError, match="which nsys could not export"):
        read(path)


def test_a_stream_has_to_be_imported_first(tmp_path: Path):
    path = tmp_path / "report.qdstrm"
    path.write_bytes(b"\x01\x02" + bytes(100))
    assert formats()["nsys_sqlite"].sniff(Source(path)) == Match.SHAPE
    with pytest.raises(InputError) as raised:
        read(path)
    stem = tmp_path / "report"
    assert str(raised.value).endswith(
        f"import and export it: QdstrmImporter -i {stem}.qdstrm && "
        f"nsys export --type sqlite -o {stem}.sqlite {stem}.nsys-rep"
    )
    path.write_bytes(b"main;work 3\n")
    assert detect(Source(path)).name == "folded", "its name alone makes no text a recording"


@pytest.mark.parametrize(
    "line",
    [
        b'{"data":["","[Unknown]","[Unknown kernel module]","[Max depth]"]}',
        b'{"type":"String","id":"3720","value":"cudaLaunchKernel"}',
        b'{"Type":79,"CudaEvent":{"startNs":"1","endNs":"2","correlationId":3,"eventClass":3}}',
        b'{"Type": 59, "NvtxEvent": {"Text": "step"}}',
    ],
)
def test_json_is_answered_with_the_other_export(line: bytes):
    source = Source(line + b"\n" + line + b"\n")
    assert detect(source).name == "nsys_sqlite"
    with pytest.raises(
        InputError, match="is nsys's export as JSON, expected the one as SQLite: nsys export --type sqlite"
    ):
        read(source)


@pytest.mark.parametrize("line", [b'{"data":[1,2,3]}', b'{"type":"String"}', b'{"Type":3,"Event":{}}', b"{}"])
def test_other_json_is_not_claimed(line: bytes):
    assert formats()["nsys_sqlite"].sniff(Source(line)) == Match.NO
