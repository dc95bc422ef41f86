"""`flamegraph collapse --list-events`: what a recording holds, told the same way for every format that can tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden import FIXTURES
from recordings import ID, USER, USUAL, Recording

from flamegraph.cli import main
from flamegraph.collapse import formats
from flamegraph.source import Source

DATA, TEXT = FIXTURES / "perf_data", FIXTURES / "perf_script"


def listed(capfdbinary, *arguments: object) -> str:
    assert main(["collapse", "--list-events", *map(str, arguments)]) == 0
    return capfdbinary.readouterr().out.decode()


def test_a_recording_for_people(capfdbinary):
    lines = listed(capfdbinary, DATA / "recorded_events.data").splitlines()
    assert lines[0] == f"{DATA / 'recorded_events.data'} (perf_data)"
    assert lines[1].startswith("command: /usr/bin/perf record -e cpu-clock/period=20000000/")
    assert lines[2:4] == ["host: host", "machine: x86_64 6.1.0-generic"]
    assert {line.split()[-1] for line in lines[lines.index("") + 2 :]} == {
        "cpu-clock/period=20000000/", "page-faults/period=400/", "context-switches/period=3/",
    }  # fmt: skip


def test_several_as_json(capfdbinary):
    paths = [DATA / "made_lost.data", TEXT / "recorded_header.txt"]
    found = json.loads(listed(capfdbinary, "--json", *paths))
    assert found["schema"] == "flamegraph.events/1"
    lost, text = found["recordings"]
    assert lost == {
        "input": str(paths[0]),
        "format": "perf_data",
        "events": [{"name": "cpu-clock", "unit": "ns", "samples": 4, "total": 15_000_000}],
        "duration_ns": 3_000_000,
        "command": "",
        "host": "",
        "architecture": "",
        "release": "",
        "lost": {"records": 5, "samples": 7},
        "skipped": {},
    }
    assert (text["format"], text["architecture"], text["release"]) == ("perf_script", "x86_64", "6.1.0-generic")
    assert text["events"][0]["samples"] == 14 and "perf record" in text["command"]


@pytest.mark.parametrize("name", ["events", "group", "threads"])
def test_samples_of_a_text_are_counted_one_by_one(name: str):
    source = Source(TEXT / f"recorded_{name}.txt")
    events = formats()["perf_script"].describe(source).events
    first_lines = [line for line in source.lines() if line[:1] not in ("", "\t", " ", "#")]
    assert sum(event.samples for event in events) == len(first_lines)


def test_a_recording_without_samples_is_told_of_too(capfdbinary):
    made = Recording(ids=[[1], [2]], sample_type=USUAL | ID)
    made.comm("quiet")
    assert [event.samples for event in formats()["perf_data"].describe(Source(made.file())).events] == [0, 0]


def test_names_of_events_do_not_reach_the_terminal_raw(tmp_path: Path, capfdbinary):
    made = Recording()
    made.sample(USER, 0x10)
    path = tmp_path / "\x1b[31m.data"
    path.write_bytes(made.file())
    assert "\x1b" not in listed(capfdbinary, path)


def test_into_a_file(tmp_path: Path, capfdbinary):
    assert listed(capfdbinary, DATA / "made_lost.data", "-o", tmp_path / "events.txt") == ""
    assert "lost: 5 records, 7 samples" in (tmp_path / "events.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--list-events", str(FIXTURES / "folded" / "windows.folded")], "folded holds no list of events"),
        (["--list-events", "--pid", "x"], "takes no --pid"),
        (["--list-events", ""], "found an empty name"),
        (["--json", "x"], "--json goes with --list-events"),
    ],
)
def test_what_it_refuses(arguments: list[str], said: str, capsys):
    assert main(["collapse", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
