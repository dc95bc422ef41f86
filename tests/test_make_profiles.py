"""The script that makes profiles: what it made is what lies there."""

from __future__ import annotations

import sys

from golden import FIXTURES, ROOT


def test_made_profiles_are_what_the_script_makes():
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from make_profiles import MADE
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    made = {name: make() for name, make in MADE.items()}
    there = [path for folder in ("pprof", "otlp_profile") for path in (FIXTURES / folder).glob("*_*")]
    assert made == {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for path in there
        if path.suffix != ".golden" and path.name.startswith(("made_", "bad_"))
    }


def test_recorded_profiles_name_nothing_that_is_here():
    """Programs are said to lie in /opt/demo."""
    from flamegraph.collapse import read

    recorded = [path for path in FIXTURES.glob("pprof*/recorded_*") if path.suffix != ".golden"]
    assert len(recorded) > 10
    for path in recorded:
        modules = {module for module in read(path).frames.module if module.startswith("/")}
        assert all(module.startswith(("/opt/demo/", "/usr/lib/")) for module in modules), path
