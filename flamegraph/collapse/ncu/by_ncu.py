"""Reports in a layout that is not known here: ncu turns them into CSV, where it is installed."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from ...errors import InputError
from ...source import Source
from ...text import decode

__all__ = ["by_ncu"]

_PAGE = ("--csv", "--page", "details", "--print-units", "base")


def by_ncu(source: Source) -> Source:
    """The page that ncu makes of a report. InputError with the command where it makes none, or is not there."""
    what = f"{source.name}: is a report of Nsight Compute without kernels, or in a layout that is not known"
    command = shlex.join(["ncu", "--import", str(source.path or "FILE.ncu-rep"), *_PAGE])
    ncu = shutil.which("ncu")
    if ncu is None:
        raise InputError(f"{what}; read what this prints where ncu is installed: {command}")
    with tempfile.TemporaryDirectory() as folder:
        report = source.path
        if report is None or source.raw is not source.data:
            report = Path(folder) / "report.ncu-rep"
            report.write_bytes(source.data)
        run = subprocess.run(
            [ncu, "--import", str(report), *_PAGE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    if run.returncode:
        said = decode(run.stdout).strip().splitlines()
        why = said[-1].strip() if said else f"exit code {run.returncode}"
        raise InputError(f"{what}, and ncu could not import it ({why}); try: {command}")
    return Source(run.stdout, source.name)
