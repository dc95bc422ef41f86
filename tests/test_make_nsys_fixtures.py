"""The fixtures of `nsys_sqlite` are what their script makes."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from golden import FIXTURES, ROOT

HERE = FIXTURES / "nsys_sqlite"


@pytest.fixture(scope="module")
def made():
    """What the script makes, by name."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import make_nsys_fixtures
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    return make_nsys_fixtures.MADE


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_fixtures_are_what_the_script_makes(made, tmp_path: Path):
    assert {path.stem for path in HERE.glob("*.sqlite")} == set(made)
    for name, make in made.items():
        assert dump(make().write(tmp_path / f"{name}.sqlite")) == dump(HERE / f"{name}.sqlite"), name


def test_fixtures_are_small():
    assert all(path.stat().st_size < 16_384 for path in HERE.glob("*.sqlite"))
