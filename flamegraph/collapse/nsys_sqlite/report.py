"""Reports: what nsys itself writes. Only nsys can read them, so it has to export them first."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import InputError
from ...source import Source
from ...text import decode

__all__ = ["database", "kind_of"]

#: How .nsys-rep and the older .qdrep begin, before the version: "2026@4@1@191-264138605071v0.".
_MAGIC = b"NVIDIA Tegra Profiler Report "
_VERSION = re.compile(_MAGIC + rb"(\d+(?:[@.]\d+)*)")

#: Lines of `nsys export --type jsonlines`, and of its JSON of old: the strings, of which some are always there.
_JSON = re.compile(
    rb'\{\s*"data"\s*:\s*\[[^\]]*"\[(?:Unknown|Max depth|Broken backtraces)\]"'
    rb'|\{\s*"type"\s*:\s*"String"\s*,\s*"id"\s*:'
    rb'|\{\s*"Type"\s*:\s*\d+\s*,\s*"(?:CudaEvent|NvtxEvent|TraceProcessEvent)"\s*:\s*\{'
)


def kind_of(source: Source) -> str:
    """What sort of Nsight's own files this is, "" for none: "report", "stream" (.qdstrm) or "json"."""
    head = source.head
    if head.startswith(_MAGIC):
        return "report"
    if _JSON.match(head.lstrip()):
        return "json"
    # Nothing is known about what a stream looks like but that it is not text, and the name that nsys gives it.
    named = source.path is not None and source.path.suffix == ".qdstrm"
    return "stream" if named and b"\0" in head else ""


@contextmanager
def database(source: Source) -> Iterator[Source]:
    """The source itself or, of a report, what nsys exports. InputError with the command where that can't be done."""
    import shutil
    import tempfile

    kind = kind_of(source)
    if not kind:
        yield source
        return
    nsys = shutil.which("nsys")
    if kind != "report" or nsys is None:
        raise InputError(_advice(source, kind))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        report, out = source.path, Path(folder) / "report.sqlite"
        if report is None or source.raw[: len(_MAGIC)] != _MAGIC:
            report = Path(folder) / "report.nsys-rep"
            report.write_bytes(source.data)
        if why := _export(nsys, report, out):
            raise InputError(_advice(source, kind, why))
        yield Source(out, source.name)


def _advice(source: Source, kind: str, why: str = "") -> str:
    """What to do with a file that can't be read here; `why` is what nsys said of it, if it was asked."""
    path = source.path or Path("FILE")
    stem = path.with_suffix("")
    if kind == "json":
        return f"{source.name}: is nsys's export as JSON, expected the one as SQLite: {_command('report')}"
    if kind == "stream":
        steps = f"QdstrmImporter -i {shlex.quote(str(path))} && {_command(stem)}"
        return f"{source.name}: is a recording that was not imported yet; import and export it: {steps}"
    version = _VERSION.match(source.head)
    what = f"{source.name}: is a report of Nsight Systems"
    what += f" {decode(version[1]).replace('@', '.')}" if version else ""
    if why:
        return f"{what}, which nsys could not export ({why}); try: {_command(stem, path)}"
    return f"{what}, which only nsys of that version or a later one can read; export it: {_command(stem, path)}"


def _command(stem: Path | str, report: Path | None = None) -> str:
    out, report = f"{stem}.sqlite", str(report or f"{stem}.nsys-rep")
    return f"nsys export --type sqlite -o {shlex.quote(out)} {shlex.quote(report)}"


def _export(nsys: str, report: Path, out: Path) -> str:
    """Let nsys export a report: "", or why it could not."""
    import subprocess

    command = [nsys, "export", "--type", "sqlite", "-o", str(out), str(report.resolve())]
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        return str(error.strerror or error)
    if not run.returncode and out.exists():
        return ""
    said = decode(run.stdout).strip().splitlines()
    return said[-1].strip() if said else f"exit code {run.returncode}"
