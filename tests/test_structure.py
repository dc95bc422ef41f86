"""What every file in the repository has in common."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pkgutil
import platform
import re
from pathlib import Path

import pytest
from golden import CORPUS, ROOT

import flamegraph
from flamegraph.errors import FlamegraphError
from flamegraph.source import Source

PACKAGE = ROOT / "flamegraph"
MODULES = sorted(PACKAGE.rglob("*.py"))
NOT_OURS = {".git", ".venv", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__", "build", "dist", "out"}
NOT_OURS |= {"bench-data", "node_modules"}

#: Who may import whom: only downwards. Modules that are not named here are in the middle.
RANK = {"errors": 0, "profile": 1, "collapse": 3, "render": 3, "notebook": 4, "cli": 4, "__main__": 5}
MIDDLE = 2


def files() -> list[Path]:
    """Every file that belongs to the repository."""
    found = []
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not NOT_OURS & set(parts) and not any(part.endswith(".egg-info") for part in parts):
            found.append(path)
    return found


def texts() -> list[Path]:
    return [path for path in files() if b"\0" not in path.read_bytes() and path.suffix != ".gz"]


def imports(path: Path, whole: bool) -> set[tuple[str, ...]]:
    """The package's modules that a file imports, as paths from the package; `whole`: also inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    here = path.relative_to(PACKAGE).with_suffix("").parts
    found = set()
    for node in ast.walk(tree) if whole else tree.body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level] + tuple((node.module or "").split(".") if node.module else ())
            found |= {(*base, alias.name) if (PACKAGE.joinpath(*base)).is_dir() else base for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "flamegraph":
            found.add(tuple(node.module.split(".")[1:]))
        elif isinstance(node, ast.Import):
            found |= {tuple(a.name.split(".")[1:]) for a in node.names if a.name.split(".")[0] == "flamegraph"}
    return {target for target in found if target}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path):
    here = path.relative_to(PACKAGE).with_suffix("").parts
    if here == ("__init__",):
        return
    for target in imports(path, whole=True):
        if (here[0], target[0]) in {("profile", "trie"), ("profile", "notebook"), ("comparison", "notebook")}:
            continue  # inside a method: Profile.values, and what shows an object in a notebook
        assert RANK.get(target[0], MIDDLE) <= RANK.get(here[0], MIDDLE), f"imports {'.'.join(target)}"
        assert {here[0], target[0]} != {"collapse", "render"}, "readers and writers never meet"
        if here[0] in ("collapse", "render") and target[0] == here[0] and len(target) > 1 and len(here) > 1:
            member = PACKAGE.joinpath(*target[:2])
            # perf prints what it unwound; its text has a reader, and both readers tidy names alike.
            if (here[:2], target[:2]) == (("collapse", "perf_data"), ("collapse", "perf_script")):
                continue
            own = target[1] == here[1] or not (member.is_dir() or member.with_suffix(".py").exists())
            assert own, f"one member of {here[0]} imports another: {'.'.join(target)}"


def test_imports_make_no_circle():
    edges = {path.relative_to(PACKAGE).parts[0].removesuffix(".py"): set() for path in MODULES}
    for path in MODULES:
        name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        edges[name] |= {target[0] for target in imports(path, whole=False)} - {name}
    edges.pop("__init__")
    while edges:
        free = {name for name, needs in edges.items() if not needs & set(edges)}
        assert free, f"these import each other: {sorted(edges)}"
        edges = {name: needs for name, needs in edges.items() if name not in free}


def test_files_can_be_read_in_one_sitting():
    code = {".py", ".mjs", ".js", ".css", ".j2", ".sh", ".cpp", ".java"}
    for path in files():
        if path.suffix in code or path.parent.name == "scripts":
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.relative_to(ROOT)


def modules() -> list[str]:
    return ["flamegraph", *(info.name for info in pkgutil.walk_packages(flamegraph.__path__, "flamegraph."))]


def rank(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions: the order that ruff wants."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("name", [name for name in modules() if not name.endswith("__main__")])
def test_exported_names_are_sorted_and_documented(name: str):
    module = importlib.import_module(name)
    assert module.__doc__, "a module says what it is for"
    exported = getattr(module, "__all__", [])
    assert list(exported) == sorted(exported, key=rank)
    described_once = {"sniff", "parse", "render"}  # what each member has, described where the members are listed
    for public in exported:
        value = getattr(module, public)
        if (inspect.isclass(value) or inspect.isfunction(value)) and public not in described_once:
            assert value.__doc__ and not value.__doc__.startswith(f"{public}("), f"{public} has no docstring"


def test_package_exports_what_it_says():
    for name in flamegraph.__all__:
        assert getattr(flamegraph, name) is not None
    with pytest.raises(AttributeError):
        flamegraph.nothing  # noqa: B018


def test_nothing_tells_on_the_machine():
    """No home or temporary directories (but those that perf and JIT compilers write to everywhere), no host name."""
    host = platform.node()
    places = [r"(?<![\w.])/(?:home|root|work|Users|var/folders)/(?!me/|user/)\w", r"[A-Z]:\\Users"]
    anywhere = re.compile("|".join(places + ([rf"\b{re.escape(host)}\b"] if len(host) > 3 else [])))
    recorded = re.compile(r"/tmp/(?!perf-|jitted-|jit-)\w")
    found = []
    for path in files():
        if path.suffix == ".gz":
            continue
        name, content = str(path.relative_to(ROOT)), path.read_bytes()
        if name.endswith(".data"):  # perf's recordings, some of them compressed piece by piece
            content = b"\n".join([content, *unpacked(content)]).replace(b"\0", b"\n")
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            telling = anywhere.search(line) or (name.startswith(("fixtures/", "docs/")) and recorded.search(line))
            if telling and path.name != Path(__file__).name:
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def unpacked(content: bytes) -> list[bytes]:
    """All that is compressed in a perf.data file."""
    from flamegraph.collapse.perf_data.header import magic, read_header
    from flamegraph.collapse.perf_data.records import blocks

    if magic(content[:16]) is None:
        return []
    try:
        return [bytes(block.data) for block in blocks(read_header(content, ""), content)]
    except FlamegraphError:
        return []


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_no_file_of_others_is_copied():
    """The corpus belongs to many projects; only what is marked as generated locally is ours."""
    rows = [line.split("\t") for line in (CORPUS / "INDEX.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    theirs = {row[0] for row in rows if not row[3].startswith("generated locally")}
    digests = {}
    for path in CORPUS.rglob("*"):
        name = str(path.relative_to(CORPUS))
        if path.is_file() and name in theirs and path.stat().st_size > 8:
            digests |= dict.fromkeys(digests_of(path), name)
    assert digests, "the corpus was read"
    copies = {str(path.relative_to(ROOT)): digests[d] for path in files() for d in digests_of(path) if d in digests}
    assert copies == {}


def digests_of(path: Path) -> set[str]:
    """Of a file's bytes, and of what they decompress to."""
    source = Source(path)
    found = {hashlib.sha256(source.raw).hexdigest()}
    if path.suffix in (".gz", ".zst"):
        found.add(hashlib.sha256(source.data).hexdigest())
    return found
