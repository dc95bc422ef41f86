"""`flamegraph diff`: the table, the JSON and the pictures, from files and from folders of runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import flamegraph as fg
from flamegraph.cli import _sides, main
from flamegraph.processes import Fork

BEFORE = "main;a;hot 100\nmain;a 10\nmain;gone 50\nmain;b;x 40\nmain;addr 0xdead 1\n"
AFTER = "main;a;hot 300\nmain;a 10\nmain;new 30\nmain;b;x 20\nmain;addr 0xbeef 1\n"
SCHEMA = json.loads((Path(fg.__file__).parent / "schemas" / "diff-1.json").read_text(encoding="utf-8"))


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, str]:
    for name, content in (("before", BEFORE), ("after", AFTER)):
        (tmp_path / f"{name}.folded").write_text(content)
    return str(tmp_path / "before.folded"), str(tmp_path / "after.folded")


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of six runs each; f3 became half as slow again."""
    random = np.random.default_rng(5)
    mean = np.linspace(20, 600, 30)
    for folder, factor in (("old", 1.0), ("new", 1.5)):
        (tmp_path / folder).mkdir()
        for run in range(6):
            here = mean * random.normal(1, 0.03, len(mean))
            here[20] *= factor
            lines = [f"main;f{i} {count}\n" for i, count in enumerate(random.poisson(here))]
            (tmp_path / folder / f"{run}.folded").write_text("".join(lines))
    return tmp_path / "old", tmp_path / "new"


@pytest.fixture
def run(capfdbinary):
    """What `flamegraph diff` prints, given its arguments."""

    def run(*arguments: object) -> str:
        code = main(["diff", *map(str, arguments)])
        out, err = capfdbinary.readouterr()
        assert code == 0, err
        return out.decode()

    return run


def test_table_of_a_pair(run, sides):
    lines = run(*sides, "--norm", "none").splitlines()
    assert lines[1] == "201 samples → 361 samples (+160, +79.6%)"
    assert lines[2] == "norm: none (asked for)"
    assert lines[3].startswith("sampling noise only: one run per side can't tell how runs differ")
    assert [line.split() for line in lines[6:8]] == [
        ["regressed", "100", "300", "+200", "+200.0%", "52.7", "hot"],
        ["gone", "50", "0", "-50", "-100.0%", "18.8", "gone"],
    ]
    assert "significant" not in "\n".join(lines)


def test_functions_with_all_they_call(run, sides):
    rows = [line.split() for line in run(*sides, "--norm", "none", "--by", "total").splitlines()]
    rows = [row[:5] + row[6:] for row in rows]
    assert ["regressed", "110", "310", "+200", "+181.8%", "a"] in rows


def test_nothing_changed(run, sides):
    assert "no function changed" in run(sides[0], sides[0])


def test_folders_and_globs_are_repeated_runs(run, runs):
    from_folders = run(*runs)
    assert "6 runs before, 6 after" in from_folders
    finding = [line.split() for line in from_folders.splitlines() if line.startswith("regressed")]
    assert [row[-1] for row in finding] == ["f20"]
    assert run(f"{runs[0]}/*.folded", f"{runs[1]}/[0-9].folded").splitlines()[1:] == from_folders.splitlines()[1:]


@pytest.mark.parametrize("arguments", [[], ["--fdr"], ["--alpha", "0.01"], ["--norm", "work=1:1"]])
def test_json_is_what_its_schema_says(run, sides, runs, arguments):
    for pair in (sides, runs):
        report = json.loads(run(*pair, "--json", *arguments))
        jsonschema.validate(report, SCHEMA)
        rows = {row["name"]: row for row in report["functions"]}
        assert len(rows) == report["functions_count"]
        named = "hot" if pair is sides else "f20"
        assert rows[named]["verdict"] in ("regressed", "inconclusive")
        assert rows[named]["self"]["change"] == pytest.approx(
            rows[named]["self"]["after"] - rows[named]["self"]["before"]
        )


def test_power_tells_what_it_takes(run, sides, runs):
    table = run(*runs, "--power", "10").splitlines()
    assert table[0] == "to see a change of 10% in 80% of cases, where runs vary as these 12 do:"
    report = json.loads(run(*runs, "--power", "10", "--json"))
    assert report["spread"] == "runs" and report["size"] == 0.1
    needs = {row["name"]: row for row in report["functions"]}
    assert 4 <= needs["f29"]["runs"] <= needs["f12"]["runs"], "what is hot is seen sooner"
    more = {row["name"]: row for row in json.loads(run(*runs, "--power", "50", "--json"))["functions"]}
    assert more["f29"]["samples"] < needs["f29"]["samples"]
    assert "by sampling alone" in run(*sides, "--power", "10")


def test_a_number_that_is_none_is_null(run, sides):
    rows = {row["name"]: row for row in json.loads(run(*sides, "--json"))["functions"]}
    assert rows["new"]["self"]["relative"] is None
    assert rows["new"]["verdict"] == "new"


def test_folded_output_is_that_of_difffolded(run, sides, tmp_path):
    run(*sides, "--norm", "none", "--match", "name", "-o", tmp_path / "x.folded")
    assert (tmp_path / "x.folded").read_text() == (
        "main;a 10 10\nmain;a;hot 100 300\nmain;addr 0xbeef 0 1\nmain;addr 0xdead 1 0\nmain;b;x 40 20\n"
        "main;gone 50 0\nmain;new 0 30\n"
    )


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="there is no safe fork")
def test_sides_read_by_two_processes_are_the_same(run, sides, runs, monkeypatch, capfdbinary):
    work = [(*sides, "--to", "folded"), (*runs, "--json"), (*sides, "--prune", "5", "--json")]
    alone = [run(*arguments) for arguments in work]
    forks = []

    class Counted(Fork):
        def __init__(self, *args):
            super().__init__(*args)
            forks.append(self)

    monkeypatch.setattr(_sides, "_LARGE", 1)
    monkeypatch.setattr(_sides, "Fork", Counted)
    monkeypatch.setattr(_sides, "processors", lambda: 2)
    monkeypatch.setattr(_sides, "can_fork", lambda: True)  # there may be threads of pytest
    assert [run(*arguments) for arguments in work] == alone and len(forks) == len(work)
    for side in reversed(sides):  # of two that are wrong, the first is told
        Path(side).write_text("nothing here\n")
        assert main(["diff", *sides]) == 1
        assert capfdbinary.readouterr().err.startswith(f"flamegraph: {side}: expected one of".encode())
    assert len(forks) == len(work) + 2


def test_outputs_go_by_the_ending(run, sides, tmp_path):
    for ending, start in ((".svg", b"<?xml"), (".json", b"{"), (".txt", b"/")):
        run(*sides, "-o", tmp_path / f"x{ending}")
        assert (tmp_path / f"x{ending}").read_bytes().startswith(start), ending


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["b", ""], "expected BEFORE and AFTER"),
        (["-", "-"], "only once"),
        (["empty", "b"], "found no file in it"),
        (["nothing-*", "b"], "no file has such a name"),
        (["b", "b", "--title", "x"], "a table takes no --title"),
        (["b", "b", "--norm", "half"], "--norm half"),
        (["b", "b", "--alpha", "2"], "alpha 2"),
        (["b", "b", "--metric", "cycles"], "no metric is called 'cycles'"),
        (["b", "b", "-o", "x.png"], "can't tell what to write"),
    ],
)
def test_what_can_not_be_compared(arguments, message, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b").write_text(BEFORE)
    (tmp_path / "empty").mkdir()
    assert main(["diff", *arguments]) in (1, 2)
    out, err = capfd.readouterr()
    assert out == "" and message in err and err.count("\n") == 1


@pytest.fixture
def callers(tmp_path: Path) -> tuple[str, str]:
    """Functions that count nothing by themselves: main, load."""
    for name, factor in (("before", 1), ("after", 3)):
        (tmp_path / name).write_text(f"main;load;x {100 * factor}\nmain;load;y {50 * factor}\nmain;dump;z 7000\n")
    return str(tmp_path / "before"), str(tmp_path / "after")


def test_functions_that_only_call_others_are_told(callers, capsysbinary):
    assert main(["diff", *callers, "--norm", "none", "--by", "total"]) == 0
    told = capsysbinary.readouterr().out.decode().splitlines()
    names = [line.split()[-1] for line in told[told.index("") + 2 :]]
    assert names[:4] == ["load", "x", "y", "main"]
    assert main(["diff", *callers, "--norm", "none", "--json"]) == 0
    report = json.loads(capsysbinary.readouterr().out)
    jsonschema.validate(report, SCHEMA)
    load = next(function for function in report["functions"] if function["name"] == "load")
    assert load["total"]["change"] == 300 and load["self"]["change"] == 0


def test_power_as_a_json_file(sides, tmp_path):
    assert main(["diff", *sides, "--power", "5", "-o", str(tmp_path / "power.json")]) == 0
    assert json.loads((tmp_path / "power.json").read_text())["schema"] == "flamegraph.power/1"


@pytest.mark.parametrize("arguments", [["nan"], ["5", "-o", "x.svg"], ["5", "--to", "folded"]])
def test_power_that_can_not_be_told(sides, arguments, capsysbinary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["diff", *sides, "--power", *arguments]) == 2
    assert b"--power" in capsysbinary.readouterr().err
    assert not (tmp_path / "x.svg").exists()


def test_json_has_no_numbers_that_json_does_not_have(tmp_path, capsysbinary):
    (tmp_path / "tiny").write_text("a;b 1e-300\n".replace("1e-300", "0." + "0" * 299 + "1"))
    (tmp_path / "one").write_text("a;b 10\na;c 20\n")
    assert main(["diff", str(tmp_path / "tiny"), str(tmp_path / "one"), "--norm", "total", "--json"]) == 0

    def refuse(constant: str):
        raise AssertionError(constant)

    jsonschema.validate(json.loads(capsysbinary.readouterr().out, parse_constant=refuse), SCHEMA)


def test_an_alpha_that_so_few_runs_can_not_reach(runs, capsysbinary):
    for folder in runs:
        for run in (4, 5):
            (folder / f"{run}.folded").unlink()
    assert main(["diff", *map(str, runs), "--alpha", "0.01"]) == 0
    assert "no p is below 0.029; 5 per side could" in capsysbinary.readouterr().out.decode()


def test_what_two_or_three_runs_can_tell(runs, capsysbinary):
    for folder in runs:
        for run in range(3, 6):
            (folder / f"{run}.folded").unlink()
    assert main(["diff", *map(str, runs)]) == 0
    told = capsysbinary.readouterr().out.decode()
    assert "few runs: 3 runs before, 3 after hint at how runs differ, verdicts are without a promise" in told
    assert main(["diff", *map(str, runs), "--power", "10"]) == 0
    assert "as these 6 do, a rough guess from so few:" in capsysbinary.readouterr().out.decode()


HOSTILE = ["\x1b[31mred\x1b[0m", "two\nlines", "back\rward", "\x9b2J", "left\u202eright", "\x00nul", "\ud800"]


def test_names_that_would_do_something_to_a_terminal(tmp_path, capsysbinary):
    sides = []
    for name, counts in (("be\x1b[31mfore\n", (10, 500)), ("after", (500, 10))):
        frames = [{"name": name} for name in ("main", *HOSTILE)]
        samples = [[0, i] for i in range(1, len(frames))]
        profile = {"type": "sampled", "name": "x", "unit": "none", "startValue": 0, "endValue": 1}
        profile |= {"samples": samples, "weights": [counts[i % 2] for i in range(len(samples))]}
        schema = "https://www.speedscope.app/file-format-schema.json"
        (tmp_path / name).write_text(
            json.dumps({"$schema": schema, "shared": {"frames": frames}, "profiles": [profile]})
        )
        sides.append(str(tmp_path / name))
    for arguments in (["--norm", "none"], ["--norm", "none", "--json"], ["--power", "5"], ["--power", "5", "--json"]):
        assert main(["diff", *sides, *arguments]) == 0
        told = capsysbinary.readouterr().out.decode()
        text = json.dumps(json.loads(told), ensure_ascii=False) if "--json" in arguments else told
        assert not {c for c in text if c != "\n" and not c.isprintable()}, arguments
        assert "two\u240alines" in text, "a line end is shown, not written"
