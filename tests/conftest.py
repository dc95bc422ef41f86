"""`pytest --bless` rewrites what is generated from the code: goldens, and the tables in the README."""

from __future__ import annotations

import difflib
import shlex
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

pytest.register_assert_rewrite("perf_oracle")

# What a shell runs in the background ignores Ctrl-C, and so would the commands that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="write goldens instead of comparing with them")


@pytest.fixture
def compare(request: pytest.FixtureRequest):
    """compare(path, text): fail with a diff where the file at `path` does not hold `text`; or, to bless, write it."""

    def compare(path: Path, text: str) -> None:
        # Bytes, so that line ends stay what they are on every system.
        found = path.read_bytes().decode() if path.exists() else None
        if found == text:
            return
        if request.config.getoption("--bless"):
            path.write_bytes(text.encode())
            return
        lines = difflib.unified_diff((found or "").splitlines(), text.splitlines(), "golden", "now", lineterm="")
        shown = list(lines)
        more = [f"… {len(shown) - 60} more lines"] if len(shown) > 60 else []
        command = f"scripts/test {shlex.quote(request.node.nodeid)} --bless"
        what = "is not there" if found is None else "differs"
        pytest.fail("\n".join([f"{path.name} {what}; if the new text is right: {command}", *shown[:60], *more]), False)

    return compare
