"""What the README says is true: its commands run, its code runs, its tables and its picture are up to date."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from golden import ROOT

import flamegraph as fg
from flamegraph import collapse
from flamegraph.render import render, renderers

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
RUNS = ROOT / "fixtures" / "diff"
DEMO = ROOT / "fixtures" / "demo" / "shop.perf.txt.gz"
RECORDING = ROOT / "fixtures" / "collapse" / "perf_data" / "recorded_threads.data"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def formats_table() -> str:
    rows = []
    for format in fg.formats().values():
        rows.append((f"`{format.name}`", format.title, f"`{format.made_by}`", " ".join(f"`{f}`" for f in format.files)))
    return table(("name", "what", "made by", "usually called"), rows)


def outputs_table() -> str:
    rows = [(f"`{r.name}`", r.title, " ".join(f"`{s}`" for s in r.suffixes)) for r in fg.renderers().values()]
    return table(("name", "what", "suffix"), rows)


def test_tables_are_up_to_date(compare):
    text = TEXT
    for name, rows in {"formats": formats_table(), "outputs": outputs_table()}.items():
        place = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
        text, found = place.subn(lambda match, rows=rows: f"{match[1]}{rows}\n{match[2]}", text)
        assert found == 1, f"the README has a place for {name}"
    compare(README, text)


def test_picture_is_up_to_date(compare):
    """The README's picture is what this version draws from the recording that scripts/demo uses."""
    compare(ROOT / "docs" / "demo.svg", render(fg.read(DEMO), "svg", title="shop").decode())


def test_picture_of_a_comparison_is_up_to_date(compare):
    """The README's runs, that were recorded before and after `scan` became slower."""
    before, after = ([fg.read(path) for path in sorted(RUNS.glob(f"{side}-0*.folded"))] for side in ("same", "slower"))
    compare(ROOT / "docs" / "diff.svg", render(fg.diff(before, after), "svg", title="scan became slower").decode())


def test_picture_is_there_and_described():
    pictures = re.findall(r"!\[(.*?)\]\((.*?)\)", TEXT, re.DOTALL)
    assert pictures
    for alternative, path in pictures:
        assert len(alternative) > 80 and (ROOT / path).is_file()


def test_first_command_comes_early():
    before = TEXT[: TEXT.index("```sh\n")]
    assert before.count("\n") + 2 <= 15
    assert not TEXT.splitlines()[0].startswith("!")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch) -> Path:
    """A folder that holds what the README's commands read, and a PATH with `flamegraph` and a tame perf and pip."""
    programs = tmp_path / "bin"
    programs.mkdir()
    flamegraph = f'PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m flamegraph "$@"'
    script, record = f"gzip -dc {shlex.quote(str(DEMO))}", f"cp {shlex.quote(str(RECORDING))} perf.data"
    perf = f'case "$1" in script) {script};; record) {record};; esac'
    for name, script in {"flamegraph": flamegraph, "perf": perf, "pip": "exit 0"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    work = tmp_path / "work"
    work.mkdir()
    (work / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(work)
    return work


def test_commands_run(workplace: Path):
    commands = "".join(text for language, text in BLOCKS if language == "sh" and "scripts/" not in text)
    done = subprocess.run(["sh", "-eux", "-c", commands], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    for name in re.findall(r"(?:-o|>) (\S+)", commands):
        assert (workplace / name).stat().st_size > 100, name
    assert (workplace / "out.svg").read_bytes().rstrip().endswith(b"</svg>")


def test_commands_are_all_listed():
    commands = {path.stem for path in (ROOT / "flamegraph" / "cli").glob("[a-z]*.py")}
    assert set(re.findall(r"^\| `flamegraph (\w+)", TEXT, re.MULTILINE)) == commands


def test_library_example_runs(workplace: Path):
    subprocess.run(["sh", "-c", "perf record && flamegraph collapse perf.data > perf.folded"], check=True)
    example = next(text for language, text in BLOCKS if language == "python" and "import flamegraph" in text)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{example}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (workplace / "out.svg").exists() and (workplace / "callers.svg").exists()


def test_format_example_is_a_format(tmp_path: Path, monkeypatch):
    """The module from "Adding a format", put beside the others, is found, claims its input and reads it."""
    example = next(text for language, text in BLOCKS if language == "python" and "FORMAT = " in text)
    assert example.count("\n") <= 40
    (tmp_path / "arrows.py").write_text(example)
    monkeypatch.setattr(collapse, "__path__", [*collapse.__path__, str(tmp_path)])
    collapse.formats.cache_clear()
    try:
        profile = fg.read(b"sample 12 main > parse > read_token\nsample 3 main\nwhat?\n")
        assert profile.meta.format == "arrows" and profile.skipped == {"line that is no sample": 1}
        assert render(profile, "folded") == b"main 3\nmain;parse;read_token 12\n"
    finally:
        collapse.formats.cache_clear()
        sys.modules.pop("flamegraph.collapse.arrows", None)
        importlib.invalidate_caches()


def test_every_renderer_and_format_is_named():
    for name in [*fg.formats(), *renderers()]:
        assert f"| `{name}` |" in TEXT


def test_every_extra_is_listed():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = project.split("[project.optional-dependencies]\n")[1].split("\n\n")[0]
    extras = re.findall(r"^(\w+) = ", block, re.MULTILINE)
    assert set(re.findall(r"^\| `(\w+)` \| ", TEXT.split("EXTRA]")[1].split("\n\n")[0], re.MULTILINE)) == set(
        extras
    ) - {"test"}


def test_contributing_is_last_and_ten_lines():
    last = TEXT.split("\n## ")[-1]
    assert last.startswith("Contributing\n") and len(re.findall(r"^- ", last, re.MULTILINE)) == 10
