"""Everything that can be typed wrongly ends in one line that helps, and in the right exit code."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from golden import ROOT

from flamegraph.cli import main

SVG = ("-o", "x.svg")

#: Arguments, exit code, and words that the one line must hold.
CASES = [
    (["rendr", "a.folded"], 2, ["did you mean render"]),
    (["a.folded"], 2, ["flamegraph render a.folded -o a.svg"]),
    (["b c.folded"], 2, ["flamegraph render 'b c.folded' -o 'b c.svg'"]),
    (["zzz"], 2, ["zzz", "collapse, render, diff, merge, top, view, formats"]),
    (["--nothing"], 2, ["--nothing", "flamegraph --help"]),
    (["render", "missing", *SVG], 1, ["missing: No such file"]),
    (["render", "folder", *SVG], 1, ["folder: is a directory, expected a file"]),
    (["render", "", *SVG], 2, ["expected an INPUT"]),
    (["render", "empty", *SVG], 1, ["empty: expected a profile, found an empty file"]),
    (["render", "zero.folded", *SVG], 1, ["zero.folded", "zeros"]),
    (["render", "binary", *SVG], 1, ["binary: expected one of ", "folded", "00 01 02", "flamegraph formats"]),
    (["render", "junk", *SVG], 1, ["junk: expected one of ", "folded", "'hello"]),
    (["render", "cut.gz", *SVG], 1, ["cut.gz", "gzip stream that ends early"]),
    (["render", "a.folded", "-o", "x.foo"], 2, ["x.foo", ".svg", "--to"]),
    (["render", "a.folded", "-o", "nowhere/x.svg"], 1, ["nowhere/x.svg", "no directory nowhere"]),
    (["render", "a.folded", "-o"], 2, ["-o", "argument; see `flamegraph render --help`"]),
    (["collapse", "a.folded", "-o"], 2, ["-o", "argument; see `flamegraph collapse --help`"]),
    (["collapse", "a.folded", "--qqq"], 2, ["no option is called --qqq; see `flamegraph collapse --help`"]),
    (["collapse", "a.folded", "--colums", "1"], 2, ["did you mean --columns"]),
    (["render", "a.folded", "--font", "x"], 2, ["did you mean --font"]),
    (["render", "a.folded", "-o", "folder"], 2, ["folder", "is a directory"]),
    (["render", "a.folded", "-o", ""], 2, ["-o", "empty name"]),
    (["render", "a.folded", "-o", "a.folded"], 2, ["a.folded: is also the input"]),
    (["render", "a.folded", "-o", "./folder/../a.folded"], 2, ["is also the input"]),
    (["render", "a.folded", "--to", "foo"], 2, ["foo", "svg"]),
    (["render", "a.folded", "--from", "foo", *SVG], 2, ["foo", "perf_script"]),
    (["render", "a.folded", "--tilte", "x", *SVG], 2, ["--tilte", "did you mean --title"]),
    (["render", "a.folded", "--colors", "puce", *SVG], 2, ["--colors", "puce", "hot"]),
    (["render", "a.folded", "--fontsize", "big", *SVG], 2, ["--fontsize", "big"]),
    (["render", "a.folded", "--hash", "--random", *SVG], 2, ["--hash and --random"]),
    (["render", "a.folded", "--to", "text", "--title", "x"], 2, ["text", "--title"]),
    (["render", "a.folded", "--to", "text", "--min-share", "200"], 2, ["--min-share 200"]),
    (["render", "a.folded", "--metric", "cycles", *SVG], 2, ["cycles", "expected one of samples"]),
    (["render", "-", "-", *SVG], 2, ["only once"]),
    (["collapse", "a.folded", "--pid"], 2, ["a.folded: is read as folded", "--pid", "perf_script"]),
    (["collapse", "a.folded", "-o", "x.svg"], 2, ["x.svg", "flamegraph render"]),
    (["collapse", "a.folded", "--from", "perf_script"], 1, ["a.folded", "expected"]),
    (["collapse", "a.folded", "two.folded"], 0, []),
    (["top", "a.folded", "-n", "0"], 2, ["--lines", "0"]),
    (["top", "a.folded", "--metric", "cycles"], 2, ["cycles", "expected one of samples"]),
    (["top", "a.folded", "--title", "x"], 2, ["--title"]),
    (["formats", "extra"], 2, ["extra"]),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    good = b"main;parse 3\nmain;parse;read 5\n"
    contents = {
        "a.folded": good,
        "two.folded": good,
        "b c.folded": good,
        "empty": b"",
        "zero.folded": b"main;parse 0\n",
        "binary": bytes(range(256)) * 9,
        "junk": b"hello\nworld\n",
        "cut.gz": gzip.compress(good)[:20],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("arguments, code, words", CASES, ids=[" ".join(case[0]) for case in CASES])
def test_one_line_says_it_all(capfd, folder, arguments, code, words):
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert main(arguments) == code
    out, err = capfd.readouterr()
    if code:
        assert out == "" and err.startswith("flamegraph: ") and err.count("\n") == 1, err
        assert all(word in err for word in words), err
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before, "nothing was written"


@pytest.mark.skipif(os.name == "nt", reason="such names can't be")
def test_a_hostile_file_name_stays_one_line(capfd, folder):
    name = "a\n\x1b[31m\u2028b"
    assert main(["top", name]) == 1
    err = capfd.readouterr().err
    assert err.count("\n") == 1 and err.rstrip("\n").isprintable()


def test_nothing_to_read_from_a_terminal(capfd, monkeypatch):
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    assert main(["top"]) == 2
    assert "expected an INPUT" in capfd.readouterr().err


@pytest.mark.parametrize("option, able", [("--event", "perf_script"), ("--weight", "perf_script")])
def test_an_option_is_refused_by_the_format_that_lacks_it_even_among_several(capfd, folder, option, able):
    assert main(["top", "a.folded", "two.folded", option, "period"]) == 2
    assert able in capfd.readouterr().err


#: What is closed, the command, its exit code, and what it says; "" where nothing.
CLOSED = [
    (">&-", "collapse a.folded", 1, "flamegraph: standard output: is closed"),
    (">&-", "render a.folded", 1, "flamegraph: standard output: is closed"),
    (">&-", "render a.folded --to text", 1, "flamegraph: standard output: is closed"),
    (">&-", "top a.folded", 1, "flamegraph: standard output: is closed"),
    (">&-", "top a.folded --json", 1, "flamegraph: standard output: is closed"),
    (">&-", "formats", 1, "flamegraph: standard output: is closed"),
    (">&-", "--help", 1, "flamegraph: standard output: is closed"),
    (">&-", "top --help", 1, "flamegraph: standard output: is closed"),
    (">&-", "--version", 1, "flamegraph: standard output: is closed"),
    (">&-", "render a.folded -o x.svg", 0, ""),
    (">&-", "render missing -o x.svg", 1, "flamegraph: missing: No such file or directory"),
    (">&- 2>&-", "top a.folded", 1, ""),
    ("2>&-", "render a.folded -o x.svg", 0, ""),
    ("2>&-", "render missing -o x.svg", 1, ""),
    ("<&-", "top", 2, "flamegraph: expected an INPUT: a file, or - for standard input"),
    ("<&-", "top -", 1, "flamegraph: standard input: is closed"),
]


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that closes streams")
@pytest.mark.parametrize("closed, arguments, code, says", CLOSED)
def test_a_closed_stream(folder, closed, arguments, code, says):
    line = f'"$0" -m flamegraph {arguments} {closed}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", line, sys.executable], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr.rstrip("\n")) == (code, says)
    assert (folder / "x.svg").exists() == (code == 0)


def test_usage_says_that_an_input_may_be_left_out(capfd):
    assert main(["top", "--help"]) == 0
    assert "Usage: flamegraph top [OPTIONS] [INPUT]...\n" in capfd.readouterr().out
