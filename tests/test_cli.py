"""The command as people run it: what it writes where, what it says, how it exits."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from golden import FIXTURES, ROOT

from flamegraph import read
from flamegraph.cli import COMMANDS, main

PERF = FIXTURES / "perf_script" / "recorded_threads.txt"
EVENTS = FIXTURES / "perf_script" / "recorded_events.txt"
DEMO = ROOT / "fixtures" / "demo" / "shop.perf.txt.gz"
FOLDED = "main;parse 3\nmain;parse;read 5\n"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def command(*arguments, **how) -> subprocess.CompletedProcess:
    """`python -m flamegraph` with nothing on standard input, unless told."""
    how = {"stdin": subprocess.DEVNULL} | how if "input" not in how else how
    return subprocess.run(
        [sys.executable, "-m", "flamegraph", *map(str, arguments)], capture_output=True, env=ENVIRONMENT, **how
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.folded").write_text(FOLDED)
    return tmp_path


def run(capfd: pytest.CaptureFixture, *arguments) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of a command run in this process."""
    code = main([str(argument) for argument in arguments])
    sys.stdout.flush()
    return code, *capfd.readouterr()


def test_collapse_writes_folded_stacks(folder):
    done = command("collapse", PERF)
    assert done.returncode == 0
    ours, whole = read(done.stdout), read(PERF)
    assert ours.total() == whole.total() > 0
    assert command("collapse", PERF, "-o", "x.folded").stdout == b""
    assert (folder / "x.folded").read_bytes() == done.stdout
    assert command("collapse", "-", input=PERF.read_bytes()).stdout == done.stdout
    assert command("collapse", input=PERF.read_bytes()).stdout == done.stdout
    assert command("collapse", "--from", "perf_script", "-q", PERF).stdout == done.stdout
    assert b"_[k]" not in done.stdout and b"_[k]" in command("collapse", DEMO, "--kernel").stdout


def test_collapse_and_render_make_the_same_picture_as_render_alone(folder):
    collapsed = command("collapse", PERF)
    assert command("render", "-", "-o", "piped.svg", input=collapsed.stdout).returncode == 0
    assert command("render", PERF, "-o", "straight.svg").returncode == 0
    piped, straight = (Path(name).read_bytes() for name in ("piped.svg", "straight.svg"))
    assert piped.startswith(b"<?xml") and piped.count(b"<rect") == straight.count(b"<rect") > 10
    assert command("render", PERF).stdout == straight


def test_inputs_are_added_up(folder):
    (folder / "b.folded.gz").write_bytes(gzip.compress(b"main;parse 4\nidle 1\n"))
    done = command("collapse", "a.folded", "b.folded.gz")
    assert done.stdout == b"idle 1\nmain;parse 7\nmain;parse;read 5\n"


def test_render_options_reach_the_picture(capfd, folder):
    assert run(capfd, "render", "a.folded", "-o", "x.svg", "--title", "A <b>", "--kind", "icicle")[0] == 0
    assert "A &lt;b&gt;" in (folder / "x.svg").read_text()
    flipped = run(capfd, "render", "a.folded", "--to", "folded", "--reverse")
    assert flipped == (0, "parse;main 3\nread;parse;main 5\n", "")
    chart = run(capfd, "render", PERF, "--kind", "chart")[1]
    assert chart == run(capfd, "render", PERF, "--flamechart")[1] and "Flame Chart" in chart
    assert "Flame Chart" not in run(capfd, "render", PERF)[1]
    text = run(capfd, "render", "a.folded", "-o", "-", "--to", "text", "--ascii")
    assert text[0] == 0 and text[1].isascii() and "62.5%" in text[1]


def test_top(capfd, folder):
    code, out, err = run(capfd, "top", "a.folded", "-n", "1", "--by", "total")
    assert (code, err) == (0, "") and "parse" in out and "2 more functions" in out
    code, out, err = run(capfd, "top", "--json", "--stacks", DEMO)
    report = json.loads(out)
    assert (code, err, report["schema"], report["format"]) == (0, "", "flamegraph.top/1", "perf_script")
    assert report["metric"]["unit"] == "ns" and report["metric"]["total"] == read(DEMO).total()
    assert len(report["functions"]) == len(report["stacks"]) == 20
    own = [row["self"] for row in report["functions"]]
    assert own == sorted(own, reverse=True) and own[0] > 0


def test_notes_say_what_else_there_is(capfd, folder):
    (folder / "odd.folded").write_text(FOLDED + "no count here\n" * 1200 + "main;eval 5\n" * 2000)
    code, out, err = run(capfd, "collapse", "odd.folded")
    assert (code, err) == (0, "flamegraph: note: skipped 1,200 × line without a count\n")
    assert run(capfd, "collapse", "odd.folded", "--quiet") == (0, out, "")
    code, out, err = run(capfd, "collapse", EVENTS)
    first, other, third = (metric.name for metric in read(EVENTS).metrics)
    assert err.startswith(f"flamegraph: note: this is {first}; also measured: {other} (") and err.count("\n") == 1
    assert third in err and "--metric" in err
    (folder / "two.folded").write_text("main;parse 10 30\n")
    assert run(capfd, "collapse", "two.folded") == (0, "main;parse 10 30\n", "")
    err = run(capfd, "collapse", "two.folded", "a.folded")[2]
    assert "this is before and after; also measured: samples (8 samples)" in err
    code, chosen, err = run(capfd, "collapse", EVENTS, "--metric", other)
    assert (code, err) == (0, "") and chosen != out
    assert run(capfd, "collapse", EVENTS, "--event", other)[1:] == (chosen, "")


def test_old_output_survives_a_failed_run(capfd, folder):
    out = folder / "out.svg"
    out.write_text("old")
    (folder / "bad.folded").write_bytes(b"\0\1\2")
    assert run(capfd, "render", "bad.folded", "-o", "out.svg")[0] == 1
    assert run(capfd, "render", "a.folded", "-o", "out.svg", "--nameattr", "missing.txt")[0] in (1, 2)
    assert out.read_text() == "old" and sorted(p.name for p in folder.iterdir()) == [
        "a.folded",
        "bad.folded",
        "out.svg",
    ]
    assert run(capfd, "render", "a.folded", "-o", "out.svg")[0] == 0
    assert out.read_text().startswith("<?xml")


@pytest.mark.parametrize("name", ["-h", "--help", None])
def test_help(capfd, name):
    code, out, err = run(capfd, *[name] if name else [])
    assert (code, err) == (0, "") and all(f"  {known} " in out for known in COMMANDS)


def test_commands_are_the_modules_and_say_what_the_list_says(capfd):
    here = ROOT / "flamegraph" / "cli"
    assert set(COMMANDS) == {path.stem for path in here.glob("[a-z]*.py")}
    for name in COMMANDS:
        code, out, err = run(capfd, name, "-h")
        assert code == 0 and f"Usage: flamegraph {name}" in out and "-h, --help" in out, err


def test_version(capfd):
    import flamegraph

    assert run(capfd, "--version") == (0, f"flamegraph {flamegraph.__version__}\n", "")


def test_help_loads_nothing_that_it_does_not_need():
    code = "import sys; from flamegraph.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=ENVIRONMENT, text=True, check=True)
    loaded = set(done.stderr.split())
    ours = {name for name in loaded if name.startswith("flamegraph")}
    assert ours == {"flamegraph", "flamegraph.cli", "flamegraph.errors"}
    assert not loaded & {"numpy", "jinja2", "orjson", "json", "asyncio", "importlib.metadata"}


@pytest.mark.skipif(os.name == "nt", reason="no such pipes")
@pytest.mark.parametrize("arguments", [["collapse"], ["top", "-n", "99999"], ["top", "--json", "-n", "99999"]])
def test_a_closed_pipe_is_silent(folder, arguments):
    (folder / "big.folded").write_text("".join(f"main;f{i};g{i} {i + 1}\n" for i in range(20_000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "flamegraph", *arguments, "big.folded"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 141)
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [["collapse"], ["top"], ["render", "--to", "text"]])
def test_a_full_disk_is_told(folder, arguments):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "flamegraph", *arguments, "a.folded"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        )
    assert (done.returncode, done.stderr) == (1, b"flamegraph: standard output: No space left on device\n")


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_an_interrupt_leaves_no_traceback_and_no_file(folder):
    os.mkfifo("slow")
    process = subprocess.Popen(
        [sys.executable, "-m", "flamegraph", "render", "slow", "-o", "x.svg"],
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
    )
    with open("slow", "wb") as slow:  # opens once the command reads
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        slow.flush()
    assert process.stderr.read().strip() == b""
    process.stderr.close()
    assert sorted(p.name for p in folder.iterdir()) == ["a.folded", "slow"]


def test_no_memory_is_told_in_one_line(capfd, folder, monkeypatch):
    def none_left(*_, **__):
        raise MemoryError

    monkeypatch.setattr("flamegraph.cli._reading.read", none_left)
    assert run(capfd, "top", "a.folded") == (1, "", "flamegraph: not enough memory for this input\n")


def test_a_name_that_is_not_text_is_shown(folder):
    (folder / os.fsdecode(b"\xff.folded")).write_bytes(b"f\xff 1\n")
    for arguments in (["top"], ["top", "--json"], ["render", "--to", "text"], ["collapse"]):
        done = command(*arguments, os.fsdecode(b"\xff.folded"))
        assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"f\xff 1\n"
    done = command("top", os.fsdecode(b"\xfe\n.folded"))
    assert done.returncode == 1 and done.stderr.decode().count("\n") == 1


def test_a_terminal_that_shows_only_ascii_gets_ascii(folder):
    for arguments in (["top"], ["formats"], ["--help"]):
        done = subprocess.run(
            [sys.executable, "-m", "flamegraph", *arguments, *(["a.folded"] if arguments == ["top"] else [])],
            capture_output=True,
            env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        )
        assert (done.returncode, done.stderr) == (0, b"") and done.stdout.isascii()
