"""The page's modules from Python's side: how they become one script, and that they agree with the package."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from read_html import Page, hostile

import flamegraph as fg
from flamegraph import units
from flamegraph.render import render
from flamegraph.render.html import page as page_module
from flamegraph.render.html.packed import pack
from flamegraph.render.html.page import joined

WEB = Path(__file__).parents[1] / "flamegraph" / "web" / "page"
NODE = shutil.which("node")

CALLS = fg.read(b"main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n", format="folded")


# Modules become one script


def test_every_module_imports_and_exports_in_the_way_that_is_joined():
    for path in WEB.glob("*.mjs"):
        code = path.read_text("utf-8")
        imports = re.findall(r"^ *import\b.*?;$", code, re.MULTILINE | re.DOTALL)
        assert all(page_module._IMPORT.fullmatch(line) and " as " not in line for line in imports), path.name
        exports = re.findall(r"^export .*$", code, re.MULTILINE)
        assert len(exports) == len(page_module._EXPORT.findall(code)), path.name
        assert "import(" not in code and "import.meta" not in code, path.name


def test_the_script_has_every_module_once_and_after_what_it_imports():
    script = joined("main")
    names = re.findall(r"^const (\w+)_module = ", script, re.MULTILINE)
    assert sorted([*names, "main"]) == sorted(path.stem for path in WEB.glob("*.mjs"))
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    for name in names:
        for imported in re.findall(r"= (\w+)_module;", (script.split(f"const {name}_module")[1]).split("\n}})();")[0]):
            assert imported in names


def test_a_circle_of_imports_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files = {"a": "b", "b": "c", "c": "a"}
    for name, imported in files.items():
        (tmp_path / f"{name}.mjs").write_text(
            f'import {{ {imported} }} from "./{imported}.mjs";\nexport const {name} = 1;\n'
        )
    (tmp_path / "d.mjs").write_text('import { e } from "./e.mjs";\nexport const d = e;\n')
    (tmp_path / "e.mjs").write_text("export const e = 1;\n")
    monkeypatch.setattr(page_module, "_module", lambda name: (tmp_path / f"{name}.mjs").read_text())
    with pytest.raises(ValueError, match="imports itself"):
        joined.__wrapped__("a")
    assert "e_module" in joined.__wrapped__("d")


# What the package does, too


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_the_page_reads_what_is_packed():
    given = {
        "u1": np.array([0, 7, 255]),
        "u2": np.arange(0, 60000, 7),
        "u4": np.array([1, 2**32 - 1, 5]),
        "f8": np.array([-1.5, 1e300, 2**53]),
        "empty": np.array([], np.int64),
    }
    script = f"""
      import {{ unpack }} from {json.dumps((WEB / "columns.mjs").as_uri())};
      import {{ readFileSync }} from "node:fs";
      const {{ header, columns }} = await unpack(readFileSync(0, "latin1"));
      const lists = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, [...column]]));
      console.log(JSON.stringify({{ header, lists }}));
    """
    told = json.loads(run_node(script, pack({"title": "größe \U0001f525"}, given)))
    assert told["header"]["title"] == "größe \U0001f525"
    assert told["lists"] == {name: values.tolist() for name, values in given.items()}


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_quantities_are_those_of_the_package():
    some = random.Random(7)
    values: list[int | float] = [
        0,
        1,
        999,
        1000,
        999_949,
        999_950,
        1250,
        1_050_000,
        59_949_999_999,
        59_950_000_000,
        2**40,
    ]
    values += [0.5, 0.05, 0.03125, 0.0625, 1e-5, 1.5e-7, 0.00009996, 0.999, 0.9999, 1.125, 2.675, 1.005, 1234.5, 99.995]
    values += [some.randrange(10 ** some.randrange(1, 16)) for _ in range(1500)]
    values += [some.random() * 10 ** some.randrange(-6, 12) for _ in range(1500)]
    values += [some.randrange(10**6) / 8 for _ in range(500)]
    values += [-value for value in values[:40]]
    sizes = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "bytes": 1, "samples": 1, "": 1}
    # Beyond 2^53 a script has no whole numbers.
    cases = [[value, unit] for value in values for unit, size in sizes.items() if abs(value) * size < 2**53]
    script = f"""
      import {{ quantity }} from {json.dumps((WEB / "words.mjs").as_uri())};
      import {{ readFileSync }} from "node:fs";
      console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(([value, unit]) => quantity(value, unit))));
    """
    told = json.loads(run_node(script, json.dumps(cases)))
    wrong = [
        (case, said, units.quantity(*case))
        for case, said in zip(cases, told, strict=True)
        if said != units.quantity(*case)
    ]
    assert wrong == []


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
@pytest.mark.parametrize("which", ["calls", "hostile"])
def test_what_the_page_saves_is_read_again(which: str):
    profile = CALLS if which == "calls" else hostile()
    script = f"""
      import {{ unpack }} from {json.dumps((WEB / "columns.mjs").as_uri())};
      import {{ Model }} from {json.dumps((WEB / "model.mjs").as_uri())};
      import {{ DEFAULTS }} from {json.dumps((WEB / "state.mjs").as_uri())};
      import {{ folded, speedscope }} from {json.dumps((WEB / "exports.mjs").as_uri())};
      import {{ readFileSync }} from "node:fs";
      const model = new Model(await unpack(readFileSync(0, "latin1")));
      const {{ tree, own }} = model.shape(DEFAULTS);
      console.log(JSON.stringify([folded(tree, own, model.names), speedscope(tree, own, model.names, "t", "samples")]));
    """
    page = Page(render(profile, "html"))
    [data] = [text for text in page.text("script") if "{" not in text]
    text, file = json.loads(run_node(script, data))
    assert json.loads(file)["shared"]["frames"]
    again = fg.read(file.encode(), format="speedscope")
    assert again.total() == profile.total()
    if which == "calls":
        assert sorted(text.splitlines()) == sorted(render(profile, "folded").decode().splitlines())
    assert fg.read(text.encode(), format="folded", columns="1").total() == profile.total()


def run_node(script: str, given: str) -> str:
    done = subprocess.run(
        [str(NODE), "--input-type=module", "--eval", script], input=given.encode(), capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
