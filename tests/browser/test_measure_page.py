"""scripts/measure_page.py opens what it made and says what that took."""

from __future__ import annotations

import json
import subprocess
import sys

from golden import ROOT


def test_it_measures(browser, tmp_path):
    script = [sys.executable, str(ROOT / "scripts" / "measure_page.py"), "--size-mb", "0.05", "--runs", "1", "--json"]
    where = ["--data", str(tmp_path), "--speedscope", str(tmp_path / "none")]
    done = subprocess.run([*script, *where], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert row["program"] == "flamegraph" and 0 < row["first_picture_s"] < 60
    assert row["heap_mb"] > 1 and len(row["zoom_ms"]) == len(row["hover_ms"]) == 2
