"""Measure the page beside speedscope in one run of Chromium: how soon it shows a profile, and what that takes.

    python scripts/measure_page.py [--size-mb 68] [--runs 3] [--deep] [--json]

The profile is that of bench.py's jobs on folded stacks. speedscope is fetched from npm where that is there, or given as
`--speedscope FOLDER`, its unpacked package. Both are opened from files. What is told of each:

    first picture   from the start of the navigation until a frame with the picture in it was produced
    heap            what scripts hold, buffers included, once the picture stands and garbage is gone
    renderer        the resident memory of the process that draws the page (Linux)
    zoom, hover     the longest and the median time until a frame was produced after a click, after a move (ours alone)
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import statistics
import subprocess
import sys
import tarfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import ROOT, make

#: The page's part of DESIGN §11 and of what was promised of it.
MUST = {"first picture": 10.0, "renderer": 2.5}

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-precise-memory-info"]

#: Two frames: when the second one begins, the first has been produced.
_DRAWN = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
)

#: Clicks on the boxes that are widest among those that leave something to see, and moves over the picture.
_USE = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))));
  const picture = flamegraph.stage.picture, scroll = picture.host, area = scroll.getBoundingClientRect();
  const at = (x, y) => ({ clientX: area.left + x, clientY: area.top + y, bubbles: true });
  const took = { zoom: [], hover: [] };
  const timed = async (what, act) => {
    await frame();
    const begin = performance.now();
    act();
    took[what].push((await frame()) - begin);
  };
  for (let depth = 1; depth < 7; depth++) {
    const row = picture.seen.get(depth);
    if (!row) break;
    const i = row.node.findIndex((node, k) => node > 0 && row.right[k] - row.left[k] > 20);
    if (i < 0) break;
    const x = (row.left[i] + row.right[i]) / 2, y = picture.top(depth) + 8;
    await timed("zoom", () => scroll.dispatchEvent(new MouseEvent("click", at(x, y))));
  }
  await timed("zoom", () => flamegraph.zoom(0));
  for (let k = 0; k < 60; k++) {
    const x = (area.width * k) / 60, y = area.height - 20 - (k % 12) * 18;
    await timed("hover", () => scroll.dispatchEvent(new PointerEvent("pointermove", at(x, y))));
  }
  return took;
}"""


@dataclass(frozen=True)
class Result:
    """One program's best run."""

    program: str
    file_mb: float
    first_picture_s: float
    heap_mb: float
    renderer_mb: float | None
    zoom_ms: tuple[float, float] | None = None
    hover_ms: tuple[float, float] | None = None


def opened(playwright: Any) -> Any:
    """The system's Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=program, args=ARGUMENTS)


def shown(browser: Any, url: str, ready: str, use: bool) -> dict[str, Any]:
    """What opening a page took, in a context of its own."""
    # What waits for the picture is evaluated in the page, which its policy would not allow.
    context = browser.new_context(viewport={"width": 1240, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(180_000)
    session = context.new_cdp_session(page)
    page.goto(url, wait_until="commit")
    page.wait_for_function(ready, polling=20)
    seconds = page.evaluate(_DRAWN) / 1000
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    found = {
        "first": seconds,
        "heap": (heap["usedSize"] + heap.get("backingStorageSize", 0)) / 1e6,
        "renderer": resident(browser),
        "used": page.evaluate(_USE) if use else None,
    }
    context.close()
    return found


def resident(browser: Any) -> float | None:
    """Megabytes of the largest process that draws pages."""
    session = browser.new_browser_cdp_session()
    pids = [p["id"] for p in session.send("SystemInfo.getProcessInfo")["processInfo"] if p["type"] == "renderer"]
    session.detach()
    sizes = []
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        sizes += [int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS")]
    return max(sizes, default=None)


def speedscope(given: Path | None, folder: Path) -> Path | None:
    """speedscope's page: of the package given, or of the one that npm fetches. None where there is neither."""
    if given is None:
        given = folder / "package"
        if not given.exists() and shutil.which("npm"):
            folder.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(["npm", "pack", "speedscope"], cwd=folder, capture_output=True, text=True)
            for archive in folder.glob("speedscope-*.tgz"):
                with tarfile.open(archive) as tar:
                    tar.extractall(folder, filter="data")
            if done.returncode:
                print("speedscope could not be fetched from npm", file=sys.stderr)
    page = given / "dist" / "release" / "index.html"
    return page if page.exists() else None


def deep_profile(path: Path) -> Path:
    """Stacks 5,000 frames deep, a million nodes in all."""
    if not path.exists():
        lines = []
        for i in range(200):
            lines.append(
                ";".join(["main", *(f"f{(k * 7 + i * (k > 40)) % 997}" for k in range(5_000))]) + f" {i + 1}\n"
            )
        path.write_text("".join(lines))
    return path


def measure(browser: Any, folded: Path, peer: Path | None, runs: int, folder: Path) -> list[Result]:
    """Ours and speedscope's, taking turns."""
    page = folder / f"{folded.stem}.html"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "flamegraph", "render", str(folded), "-o", str(page)], check=True, cwd=ROOT)
    print(f"written in {time.perf_counter() - began:.1f} s", file=sys.stderr)
    jobs = {"flamegraph": (page, page.as_uri(), "globalThis.flamegraph?.stage?.picture?.seen?.size > 0")}
    if peer is not None:
        # As its own command does it: a script that hands the file over.
        script = folder / f"{folded.stem}.speedscope.js"
        content = base64.b64encode(folded.read_bytes()).decode()
        script.write_text(f'speedscope.loadFileFromBase64("profile.txt", "{content}")')
        ready = "[...document.querySelectorAll('div')].some((e) => e.textContent.includes('Left Heavy'))"
        jobs["speedscope"] = (folded, f"{peer.as_uri()}#localProfilePath={script}", ready)
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in jobs}
    for _ in range(runs):
        for name, (_, url, ready) in jobs.items():
            taken[name].append(shown(browser, url, ready, use=name == "flamegraph"))
    rows = []
    for name, results in taken.items():
        best = min(results, key=lambda result: result["first"])
        used = best["used"]
        spread = {what: (statistics.median(times), max(times)) for what, times in (used or {}).items() if times}
        size = jobs[name][0].stat().st_size / 1e6
        rows.append(
            Result(name, size, best["first"], best["heap"], best["renderer"], spread.get("zoom"), spread.get("hover"))
        )
    return rows


def table(rows: list[Result]) -> str:
    """The results for people."""
    lines = [
        f"{'program':12}{'file MB':>9}{'first picture s':>17}{'heap MB':>9}{'renderer MB':>13}   zoom ms      hover ms"
    ]
    for row in rows:
        ranges = "".join(f"{f'{one[0]:.0f} … {one[1]:.0f}':>12}" if one else "" for one in (row.zoom_ms, row.hover_ms))
        renderer = "" if row.renderer_mb is None else f"{row.renderer_mb:.0f}"
        lines.append(
            f"{row.program:12}{row.file_mb:9.1f}{row.first_picture_s:17.2f}{row.heap_mb:9.0f}{renderer:>13}{ranges}"
        )
    if len(rows) == 2:
        ours, peer = rows
        lines.append(
            f"first picture {peer.first_picture_s / ours.first_picture_s:.1f} x sooner "
            f"(must {MUST['first picture']:.0f} x)"
        )
        if ours.renderer_mb and peer.renderer_mb:
            lines.append(
                f"memory of the renderer 1/{peer.renderer_mb / ours.renderer_mb:.1f} (must 1/{MUST['renderer']})"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size-mb", type=float, default=68, help="megabytes of folded stacks (default 68)")
    parser.add_argument("--runs", type=int, default=3, help="how often each is opened (default 3)")
    parser.add_argument("--deep", action="store_true", help="a profile that is 5,000 frames deep in place of that")
    parser.add_argument("--data", type=Path, default=ROOT / "bench-data", help="where inputs are kept")
    parser.add_argument("--speedscope", type=Path, help="folder of the unpacked npm package")
    parser.add_argument("--json", action="store_true", help="machine-readable results")
    options = parser.parse_args(arguments)
    folder = options.data.resolve()
    folded = deep_profile(folder / "deep.folded") if options.deep else make("folded", options.size_mb, folder)

    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        browser = opened(playwright)
        rows = measure(browser, folded, speedscope(options.speedscope, folder / "npm"), options.runs, folder)
        browser.close()
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else table(rows))


if __name__ == "__main__":
    main()
