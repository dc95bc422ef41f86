"""Colours: what flamegraph.pl and inferno-flamegraph give the same names, and the promises around them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flamegraph.color import (
    CHANGE_PALETTES,
    MODES,
    PALETTES,
    PaletteMap,
    background,
    change_colors,
    frame_colors,
)
from flamegraph.errors import InputError, ParseError, UsageError
from flamegraph.palettes import RULES
from flamegraph.profile import SUFFIX, Kind


def one(label, palette="hot", mode="name", kind=None, seed=None):
    kinds = None if kind is None else np.array([kind], np.uint8)
    return frame_colors([label], kinds, palette, mode, seed)[0]


def test_names_have_the_colours_flamegraph_pl_gives_them():
    assert frame_colors(["foo", "main"], None, "hot") == [(220, 71, 17), (243, 179, 42)]
    assert one("foo", mode="hash") == (247, 199, 47)


def perl_rand(seed: int) -> float:
    """The first `rand` after `srand`, done step by step as POSIX writes it down: the oracle for all names."""
    return ((0x5DEECE66D * ((seed % 2**32) * 2**16 + 0x330E) + 0xB) % 2**48) / 2**48


@given(st.lists(st.text(max_size=20), max_size=8))
def test_every_name_follows_the_generator(labels):
    expected = []
    for label in labels:
        v = perl_rand(sum(map(ord, label)))
        expected.append({"-": (200,) * 3, "--": (160,) * 3}.get(label, (205 + int(50 * v), int(230 * v), int(55 * v))))
    assert frame_colors(labels, None, "hot") == expected


def test_the_sum_of_a_name_wraps_like_an_unsigned_32_bit_number():
    label = "\U0010ffff" * 5000
    v = perl_rand(0x10FFFF * 5000)
    assert 0x10FFFF * 5000 > 2**32
    assert one(label, "io") == (80 + int(60 * v), 80 + int(60 * v), 190 + int(55 * v))


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("mode", MODES)
def test_separators_are_grey_in_every_palette_and_mode(palette, mode):
    assert frame_colors(["-", "--", "---"], None, palette, mode)[:2] == [(200, 200, 200), (160, 160, 160)]


def test_hash_looks_at_three_characters_after_the_module():
    assert one("libc`read", mode="hash")[1] == one("read", mode="hash")[1]
    assert one("`read", mode="hash")[1] != one("read", mode="hash")[1], "a tick in first place ends no module"
    assert one("reap", mode="hash")[1] == one("read", mode="hash")[1]
    assert one("", mode="hash") == (255, 230, 55)


def test_random_is_a_matter_of_the_seed_alone():
    labels = ["main", "read", "write"]
    colors = frame_colors(labels, None, "hot", "random", 7)
    assert frame_colors(labels[::-1], None, "hot", "random", 7) == colors[::-1]
    assert frame_colors(labels, None, "hot", "random", 8) != colors
    assert frame_colors(labels, None, "hot", "random") == frame_colors(labels, None, "hot", "random", 0)


@given(st.text(), st.sampled_from(PALETTES), st.sampled_from(MODES), st.sampled_from(list(Kind)))
def test_any_name_has_a_colour(label, palette, mode, kind):
    assert all(type(channel) is int and 0 <= channel <= 255 for channel in one(label, palette, mode, kind, 1))


def test_names_that_are_no_unicode_have_colours():
    for mode in MODES:
        assert len(one("caf\udce9 \ud800", mode=mode)) == 3


TONES = {
    "java": {
        "read_[j]": "green",
        "a::b_[i]": "aqua",
        "java/lang/Thread": "green",
        "Lorg/x/Y": "green",
        "Perl:::run": "green",
        "A::b": "yellow",
        "do_syscall_64_[k]": "orange",
        "std::x_[k]": "yellow",
        "read": "red",
        "javac": "red",
        "a_[k]b": "red",
    },
    "perl": {"Perl_runops": "green", "x.pl": "green", "A::b": "yellow", "vfs_read_[k]": "orange", "read": "red"},
    "js": {
        "LazyCompile:~f /srv/a.js:3_[j]": "green",
        "Builtin:x_[j]": "aqua",
        "v8::Run": "yellow",
        "f /srv/a.js:3": "green",
        "Stub:x": "aqua",
        " ": "green",
        "vfs_read_[k]": "orange",
        "/srv/a.py": "red",
    },
    "wakeup": {"x": "aqua"},
    "chain": {"sh_[w]": "aqua", "sh": "blue"},
    "python": {
        "f (/usr/lib/python3/site-packages/x.py)": "aqua",
        "f (/usr/lib/python3.11/json.py)": "yellow",
        r"f (C:\Python\json.py)": "yellow",
        "<built-in method x>": "yellow",
        "<method 'x'>": "yellow",
        "<frozen importlib>": "yellow",
        "f (/srv/mypython/a.py)": "red",
        "f (/srv/pythonista/a.py)": "red",
    },
    "rust": {
        "core::fmt": "orange",
        "app`std::io": "orange",
        "<alloc::vec": "orange",
        "<core::future::from_generator::GenFuture<T> as x>": "aqua",
        "app::main": "aqua",
        "read": "yellow",
    },
    "gpu": {  # iaprof's rules, with Python frames as profilers write them today
        "gemm_[G]": "aqua",
        "send_[g]": "green",
        "do_idle_[k]": "orange",
        "py::forward": "pink",
        "forward (model.py:12)": "pink",
        "model.py(12): forward": "pink",
        "nn.Module: Linear_0": "pink",
        "<module>": "pink",
        "forward_[0]": "pink",
        "at::native::addmm": "yellow",
        "cudaLaunchKernel": "red",
        "copy (numpy.pyx)": "red",
    },
}


def test_every_rule_is_tested():
    assert set(TONES) == set(RULES)


@pytest.mark.parametrize(
    ("palette", "label", "tone"), [(p, label, tone) for p, cases in TONES.items() for label, tone in cases.items()]
)
def test_palettes_by_language_go_by_what_a_frame_is(palette, label, tone):
    assert one(label, palette) == one(label, tone)


@pytest.mark.parametrize("palette", sorted(RULES))
@pytest.mark.parametrize("kind", sorted(SUFFIX))
@pytest.mark.parametrize("name", ["read", "a::b", "/srv/a.js"])
def test_a_kind_counts_as_much_as_an_annotation(palette, kind, name):
    tone = RULES[palette](name + SUFFIX[kind])
    assert one(name, palette, kind=kind) == one(name, tone)
    assert one(name + SUFFIX[kind], palette, kind=kind) == one(name + SUFFIX[kind], tone)


def test_changes_have_the_colours_of_flamegraph_pl():
    # FIELD: `difffolded -n | flamegraph` on the worked example; the largest change of a line is 121
    deltas = np.array([-7, 1, 121, 30, -51, 0])
    expected = [(197, 197, 255), (255, 208, 208), (255, 0, 0), (255, 157, 157), (121, 121, 255), (255, 255, 255)]
    assert change_colors(deltas, 121) == expected
    swapped = [(b, g, r) for r, g, b in expected]
    assert change_colors(deltas, 121, negate=True) == swapped


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1), st.sampled_from(CHANGE_PALETTES), st.booleans())
def test_a_larger_change_is_never_paler(deltas, palette, negate):
    scale = max(map(abs, deltas)) // 2  # below some of the changes
    rows = change_colors(np.array(sorted(deltas, key=abs)), scale, negate, palette)
    for sign in (1, -1):
        sums = [sum(row) for row, d in zip(rows, sorted(deltas, key=abs), strict=True) if d * sign > 0]
        assert sums == sorted(sums, reverse=True)
    assert all(0 <= channel <= 255 for row in rows for channel in row)


def test_fractions_and_no_change_at_all_have_colours():
    assert change_colors(np.array([0.0, 0.5, -0.5]), 0.5) == [(255, 255, 255), (255, 105, 105), (105, 105, 255)]
    assert change_colors(np.zeros(2, np.int64), 0) == [(255, 255, 255)] * 2
    assert change_colors(np.zeros(0, np.int64), 0) == []
    assert change_colors(np.array([9, -9]), 9, palette="blueorange") == [(213, 94, 0), (0, 114, 178)]


def test_backgrounds():
    expected = {"hot": "#eeeeb0", "mem": "#e0ffe0", "io": "#e0e0ff", "chain": "#e0e0ff", "red": "#e8e8e8"}
    assert {palette: background(palette)[1] for palette in expected} == expected
    assert {background(palette)[1] for palette in ("java", "js", "perl", "python", "rust")} == {"#eeeeb0"}
    assert background("hot", "green") == ("#eef2ee", "#e0ffe0")
    assert background("hot", "#0a0B0c") == ("#0a0B0c", "#0a0B0c")
    for bad in ("#0a0b0", "red", '#"/><x>', "#0a0b0c\n"):
        with pytest.raises(UsageError, match="#f0f0f0"):
            background("hot", bad)


def test_unknown_choices_are_refused_with_the_known_ones():
    for call in (
        lambda: frame_colors(["a"], None, "beige"),
        lambda: frame_colors(["a"], None, "hot", "beige"),
        lambda: change_colors(np.ones(1), 1, palette="beige"),
        lambda: background("beige"),
    ):
        with pytest.raises(UsageError, match="'beige': expected one of "):
            call()


def test_a_palette_map_keeps_colours_and_learns_new_ones():
    known = PaletteMap.loads(b"a->b->rgb(1,2,3)\r\nmain->rgb(4,5,6)\n\n->rgb(7,8,9)\n")
    assert known.get("a->b") == (1, 2, 3) and known.get("") == (7, 8, 9) and known.get("x") is None
    assert known.keep(["main", "x", "--"], [(0, 0, 0), (9, 9, 9), (160, 160, 160)]) == [
        (4, 5, 6),
        (9, 9, 9),
        (160, 160, 160),
    ]
    assert known.dumps() == b"->rgb(7,8,9)\na->b->rgb(1,2,3)\nmain->rgb(4,5,6)\nx->rgb(9,9,9)\n"


NAMES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))


@given(st.dictionaries(NAMES, st.tuples(*[st.integers(0, 255)] * 3)))
def test_a_palette_map_reads_what_it_wrote(colors):
    content = PaletteMap(colors).dumps()
    again = PaletteMap.loads(content)
    assert again.dumps() == content
    assert {name: again.get(name) for name in colors} == colors


def test_names_with_line_breaks_stay_out_of_the_file():
    assert PaletteMap({"a\nb": (1, 2, 3), "caf\udce9": (4, 5, 6)}).dumps() == b"caf\xe9->rgb(4,5,6)\n"


@pytest.mark.parametrize("line", ["main", "main->rgb(1,2)", "main->rgb(1,2,256)", "main->#ffffff", "main->rgb(1,2,3) "])
def test_a_broken_palette_map_is_named_with_its_line(line, tmp_path):
    path = tmp_path / "palette.map"
    path.write_text(f"a->rgb(1,2,3)\n{line}\n")
    with pytest.raises(ParseError, match=r"palette\.map:2: expected name->rgb\(red,green,blue\)"):
        PaletteMap.load(path)


def test_a_palette_map_that_is_not_there_yet_is_empty(tmp_path):
    assert PaletteMap.load(tmp_path / "palette.map").dumps() == b""
    with pytest.raises(InputError, match="can't be read"):
        PaletteMap.load(tmp_path)
