"""The page as a file: what it carries, and that it runs and loads nothing but its own. Its use: tests/browser."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from read_html import Page, hostile, unpack

import flamegraph as fg
from flamegraph.errors import UsageError
from flamegraph.render import render
from flamegraph.render.html.packed import pack

HERE = Path(__file__).parent
WEB = HERE.parent / "flamegraph" / "web" / "page"
DIFF = HERE.parent / "fixtures" / "diff"

CALLS = fg.read(b"main;parse;token 3\nmain;parse 1\nmain;eval;parse 4\nidle 2\n", format="folded")


def profile_of(
    *rows: tuple[str, int | float], metrics: tuple[tuple[str, str], ...] = (("samples", "samples"),)
) -> fg.Profile:
    """Stacks "a;b" with a value, or with one per metric."""
    build = fg.Builder()
    for name, unit in metrics:
        build.metric(name, unit)
    for stack, *values in rows:
        node = build.stack([build.frame(name) for name in stack.split(";")])
        for i, value in enumerate(values):
            build.sample(node, value, i)
    return build.finish()


def comparison() -> fg.Comparison:
    sides = (sorted(DIFF.glob(f"{side}-0*.folded")) for side in ("same", "slower"))
    return fg.diff(*([fg.read(path) for path in side] for side in sides))


PAGES = {
    "flame": lambda: render(CALLS, "html"),
    "chart": lambda: render(fg.read(TIMED, timeline=True), "html", kind="chart"),
    "comparison": lambda: render(comparison(), "html"),
    "hostile": lambda: render(hostile(), "html"),
}
TIMED = HERE.parent / "fixtures" / "collapse" / "pytorch" / "cuda.json"


@pytest.fixture(params=PAGES)
def content(request: pytest.FixtureRequest) -> bytes:
    return PAGES[request.param]()


# What a browser makes of the file


def test_the_policy_allows_the_script_and_the_style_of_the_page_and_nothing_else(content: bytes):
    page = Page(content)
    [policy] = [tag["content"] for tag in page.all("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    [style] = page.text("style")
    scripts = list(zip(page.all("script"), page.text("script"), strict=True))
    [script] = [text for attributes, text in scripts if attributes.get("type") != "text/plain"]
    assert rules == {
        "default-src": "'none'",
        "script-src": digest(script),
        "style-src": digest(style),
        "img-src": "blob: data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    head = content.decode().partition("<style>")[0]
    assert "Content-Security-Policy" in head and "<script" not in head, "the policy comes before what it is about"


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_page_is_its_own_tags_whatever_it_carries(content: bytes):
    page, plain = Page(content), Page(render(CALLS, "html"))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert [set(attributes) for _, attributes in page.tags] == [set(attributes) for _, attributes in plain.tags]


def test_nothing_is_loaded_and_no_attribute_runs(content: bytes):
    for tag, attributes in Page(content).tags:
        assert tag not in ("iframe", "object", "embed", "img", "base", "frame", "video", "audio")
        for key, value in attributes.items():
            assert not key.startswith("on") and key not in ("style", "src", "srcset", "srcdoc", "action", "formaction")
            assert key != "href" or value.startswith("data:")


def test_no_address_but_those_of_formats():
    code = "".join(path.read_text("utf-8") for path in WEB.iterdir())
    assert set(re.findall(r"https?://[^\s\"'`)]+", code)) == {
        "https://www.speedscope.app/file-format-schema.json",
        "http://www.w3.org/2000/svg",
    }
    assert "@import" not in code and "url(" not in code


def test_names_are_never_taken_for_markup():
    code = "".join(path.read_text("utf-8") for path in WEB.glob("*.mjs"))
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser"):
        assert way not in code
    assert not re.search(r"setAttribute\(\"(style|on\w+)\"", code), "the policy would stop it"


def test_same_input_same_bytes(content: bytes, request: pytest.FixtureRequest):
    assert PAGES[request.node.callspec.params["content"]]() == content


def test_the_title_is_text():
    content = render(CALLS, "html", title="</title><script>alert(1)</script> & \x1b[31m")
    assert Page(content).text("title")[0].startswith("</title><script>")
    assert b"<script>alert" not in content and b"\x1b" not in content
    assert Page(render(CALLS, "html")).text("h1") == ["Flame Graph"]
    assert Page(render(comparison(), "html")).text("h1") == ["Differential Flame Graph"]


# What the page carries


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        (np.array([0, 255]), "u1"),
        (np.array([0, 256]), "u2"),
        (np.array([0, 65536], np.int32), "u4"),
        (np.array([0, 2**32 - 1]), "u4"),
        (np.array([0, 2**32]), "f8"),
        (np.array([-1, 3]), "f8"),
        (np.array([True, False]), "u1"),
        (np.array([0.5, np.nan, np.inf, -0.0]), "f8"),
        (np.array([0.5], np.float32), "f8"),
        (np.array([], np.int64), "f8"),
        (np.arange(20, dtype=np.int64)[::2], "u1"),
        (np.array([1, 2], ">u4"), "u1"),
    ],
)
def test_columns_come_back(values: np.ndarray, stored: str):
    header, columns = unpack(pack({"title": "größe"}, {"first": values, "second": np.arange(3)}))
    assert header == {"title": "größe", "columns": [["first", stored, len(values)], ["second", "u1", 3]]}
    np.testing.assert_array_equal(columns["first"], values)
    np.testing.assert_array_equal(columns["second"], [0, 1, 2])


@pytest.mark.parametrize("path", ["folded", "pytorch", "comparison"])
def test_nothing_is_lost_on_the_way_to_the_page(path: str):
    what: fg.Profile | fg.Comparison = {
        "folded": lambda: CALLS,
        "pytorch": lambda: fg.read(TIMED),
        "comparison": comparison,
    }[path]()
    profile = what if isinstance(what, fg.Profile) else what.profile
    header, columns = Page(render(what, "html")).data
    assert len(header["metrics"]) == len(profile.metrics)
    for i, metric in enumerate(profile.metrics):
        assert header["metrics"][i] == {"name": metric.name, "unit": metric.unit}
        assert columns[f"own.{i}"].sum() == pytest.approx(profile.samples.values[:, i].sum())


def test_the_tree_of_the_page_is_that_of_the_profile():
    header, columns = Page(render(CALLS, "html")).data
    stack, lines = [], {}
    for depth, name, own in zip(columns["depth"], columns["name"], columns["own.0"], strict=True):
        del stack[max(int(depth) - 1, 0) :]
        if depth:
            stack.append(header["names"][name - 1])
        if own:
            lines[";".join(stack)] = int(own)
    assert lines == {"main;parse;token": 3, "main;parse": 1, "main;eval;parse": 4, "idle": 2}


def test_several_metrics_fractions_and_values_below_zero():
    profile = profile_of(("a;b", 1.5, -3.0), ("a", 2.0, 4.0), metrics=(("time", "ms"), ("growth", "bytes")))
    header, columns = Page(render(profile, "html", metric="growth")).data
    assert header["metric"] == 1
    assert [metric["unit"] for metric in header["metrics"]] == ["ms", "bytes"]
    assert columns["own.0"].tolist() == [0, 2.0, 1.5]
    assert columns["own.1"].tolist() == [0, 4.0, -3.0]


def test_modules_files_and_lines_are_those_that_all_frames_of_a_name_have():
    build = fg.Builder()
    build.metric("samples", "samples")
    for name, module, file, line in [
        ("one", "libc", "a.c", 3),
        ("two", "libc", "a.c", 3),
        ("two", "libm", "a.c", 4),
        ("three", "", "", 0),
        ("two", "libc", "b.c", 3),
    ]:
        build.sample(build.push(0, build.frame(name, module=module, file=file, line=line)), 1)
    header, columns = Page(render(build.finish(), "html")).data
    found = {
        name: (header["modules"][m], header["files"][f], int(line))
        for name, m, f, line in zip(
            header["names"], *(columns[f"function.{c}"] for c in ("module", "file", "line")), strict=True
        )
    }
    assert found == {"one": ("libc", "a.c", 3), "two": ("", "", 0), "three": ("", "", 0)}


def test_a_profile_without_any_frame_has_a_page():
    header, columns = Page(render(fg.read(b" 5\n", format="folded"), "html")).data
    assert header["names"] == []
    assert columns["own.0"].tolist() == [5]


def test_a_comparison_carries_what_is_said_about_each_change():
    what = comparison()
    header, columns = Page(render(what, "html")).data
    about = header["comparison"]
    assert about["runs"] == [10, 8] and about["method"] == "max-t" and about["norm"] == what.scale.name
    assert header["sides"] == [0, 1] and header["options"]["colors"]
    assert len(columns["verdict"]) == len(columns["p"]) == len(columns["depth"])
    own = what.functions.own
    told = {
        name: (int(verdict), low)
        for name, verdict, low in zip(
            header["names"], columns["function.verdict"], columns["function.low"], strict=True
        )
    }
    regressed = [name for name, (verdict, low) in told.items() if verdict == 2]
    assert len(regressed) == int((np.asarray(own.verdict) == 2).sum()) > 0
    assert all(told[name][1] > 0 for name in regressed), "the interval of what regressed is above 0"


def test_one_pair_of_files_says_what_its_samples_count():
    what = fg.diff(*(fg.read(DIFF / f"{side}-00.folded") for side in ("same", "slower")))
    about = Page(render(what, "html")).data[0]["comparison"]
    assert about["method"] == "sampling noise only"
    assert about["factors"] == list(what.scale.factors)
    assert about["grains"] == pytest.approx([factor * 1 for factor in what.scale.factors])


def test_folded_text_with_two_columns_is_a_comparison_of_which_nothing_more_is_known():
    profile = fg.read(b"a;b 1 4\na 3 2\n", format="folded")
    assert profile.sides
    header, columns = Page(render(profile, "html")).data
    assert header["comparison"] == {} and header["sides"] == [0, 1] and header["metric"] == 1
    assert "function.verdict" not in columns


def test_a_chart_carries_its_boxes_from_left_to_right():
    profile = fg.read(TIMED, timeline=True)
    header, columns = Page(render(profile, "html", kind="chart")).data
    depth, start, width = (columns[f"chart.{c}"].astype(np.int64) for c in ("depth", "start", "width"))
    assert depth[0] == 0 and width[0] == profile.samples.values[:, header["metric"]].sum()
    assert columns["chart.name"][0] == 0 and (columns["chart.name"][1:] > 0).all()
    ends: dict[int, int] = {}
    for d, left, wide in zip(depth.tolist(), start.tolist(), width.tolist(), strict=True):
        assert wide > 0 and left >= ends.get(d, 0)
        assert d == 0 or left + wide <= ends[d - 1], "within its caller"
        ends[d] = left + wide
    assert "chart.depth" not in Page(render(fg.read(TIMED), "html")).data[1]


def test_a_comparison_has_no_chart():
    with pytest.raises(UsageError, match="order of time"):
        render(comparison(), "html", kind="chart")


def test_options_are_what_the_page_shows_first():
    header, _ = Page(render(CALLS, "html", kind="icicle", order="weight", basis="sum", theme="dark")).data
    assert header["options"] == {
        "kind": "icicle", "order": "weight", "colors": "hot", "basis": "sum", "theme": "dark",
    }  # fmt: skip
    assert Page(render(CALLS, "html", theme="dark")).all("html")[0]["data-theme"] == "dark"
    with pytest.raises(UsageError):
        render(CALLS, "html", kind="nonsense")


def test_a_deep_stack():
    deep = ";".join(f"f{i % 7}" for i in range(50_000))
    header, columns = Page(render(fg.read(f"{deep} 1\n".encode(), format="folded"), "html")).data
    assert columns["depth"].max() == 50_000 and len(header["names"]) == 7
