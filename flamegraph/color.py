"""Which colour a box has: by its name, by what kind of code it is, or by what changed.

People put pictures side by side, so the colours are those of flamegraph.pl: a name has the same colour here, there
and tomorrow. Everything is worked out once per label, never per box.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .errors import InputError, ParseError, UsageError
from .palettes import PALETTES, RULES, TONES
from .profile import SUFFIX
from .text import decode, encode

__all__ = ["CHANGE_PALETTES", "MODES", "PALETTES", "RGB", "PaletteMap", "background", "change_colors", "frame_colors"]

RGB = tuple[int, int, int]

#: How a name picks its place within a palette: by flamegraph.pl's default, by its `--hash`, or at random from a seed.
MODES = ("name", "hash", "random")

#: Names that stand for no code: separators between parts of a stack.
_SEPARATORS: dict[str, RGB] = {"-": (200, 200, 200), "--": (160, 160, 160)}

_MAP_LINE = re.compile(r"(.*)->rgb\((\d{1,3}),(\d{1,3}),(\d{1,3})\)", re.ASCII)
_BREAK = re.compile(r"[\r\n]")

#: Backgrounds as (top, bottom) of a gradient, after flamegraph.pl.
_GRADIENTS = {
    "yellow": ("#eeeeee", "#eeeeb0"),
    "blue": ("#eeeeee", "#e0e0ff"),
    "green": ("#eef2ee", "#e0ffe0"),
    "grey": ("#f8f8f8", "#e8e8e8"),
}
_BACKGROUND_OF = {"hot": "yellow", "mem": "green", "io": "blue", "wakeup": "blue", "chain": "blue"}

#: What grew and what shrank: for each the faintest tint and the full colour. redblue is flamegraph.pl's; blueorange
#: (Okabe and Ito's vermilion and blue) stays apart for people who confuse red with green or see little red.
_CHANGES: dict[str, tuple[tuple[RGB, RGB], tuple[RGB, RGB]]] = {
    "redblue": (((255, 210, 210), (255, 0, 0)), ((210, 210, 255), (0, 0, 255))),
    "blueorange": (((247, 223, 204), (213, 94, 0)), ((204, 227, 240), (0, 114, 178))),
}
CHANGE_PALETTES: tuple[str, ...] = tuple(_CHANGES)


def background(palette: str, spec: str | None = None) -> tuple[str, str]:
    """The background of a picture in `palette` as (top, bottom) of a gradient, each "#rrggbb".

    `spec` overrides it: a gradient's name, or "#rrggbb" for one flat colour. UsageError for anything else.
    """
    _expect("palette", palette, PALETTES)
    if not spec:
        # The default of the plain colours is grey, that of the palettes for languages is yellow.
        return _GRADIENTS[_BACKGROUND_OF.get(palette, "grey" if palette in TONES else "yellow")]
    if re.fullmatch(r"#[0-9a-fA-F]{6}", spec):
        return spec, spec
    if spec not in _GRADIENTS:
        raise UsageError(f"background {spec!r}: expected one of {', '.join(_GRADIENTS)}, or a colour such as #f0f0f0")
    return _GRADIENTS[spec]


def frame_colors(
    labels: Sequence[str], kinds: np.ndarray | None, palette: str, mode: str = "name", seed: int | None = None
) -> list[RGB]:
    """The colour of each label, in their order.

    `labels` are names as folded text shows them, annotations included, since those are part of what is hashed.
    `kinds` (uint8, one `Kind` per label, or None) tells palettes by language what labels without annotation are.
    `seed` is for mode "random": one seed, one picture; None is 0.
    """
    _expect("palette", palette, PALETTES)
    _expect("colour mode", mode, MODES)
    if not len(labels):
        return []
    if mode == "name":
        numbers = np.repeat(_drand48(_character_sums(labels))[:, None], 3, axis=1)
    elif mode == "hash":
        numbers = np.array([_hashed(label) for label in labels])
    else:
        numbers = np.stack([_random(label, seed or 0) for label in labels])

    tones = list(TONES)
    if palette in RULES:
        rule = RULES[palette]
        tone = np.array([tones.index(rule(name)) for name in _annotated(labels, kinds)])
    else:
        tone = np.full(len(labels), tones.index(palette))
    lowest, span, which = np.moveaxis(np.array(list(TONES.values())), 2, 0)[:, tone]
    rgb = lowest + (span * np.take_along_axis(numbers, which, axis=1)).astype(np.int64)

    colors: list[RGB] = [(r, g, b) for r, g, b in rgb.tolist()]
    return [_SEPARATORS.get(label, color) for label, color in zip(labels, colors, strict=True)]


def change_colors(delta: np.ndarray, scale: float, negate: bool = False, palette: str = "redblue") -> list[RGB]:
    """The colour of each change: white for none, the full colour where it reaches `scale`, which is never below 1.

    `delta` is [n], after minus before; `negate` swaps the hues. Source of "redblue": flamegraph.pl's `color_scale`.
    """
    _expect("change palette", palette, CHANGE_PALETTES)
    change = -np.asarray(delta) if negate else np.asarray(delta)
    scale = max(scale, 1)  # flamegraph.pl starts its maximum at 1
    left = np.maximum(scale - np.abs(change), 0).astype(np.float64)
    grew, shrank = (_shade(left, scale, *ends) for ends in _CHANGES[palette])
    rgb = np.where((change > 0)[:, None], grew, np.where((change < 0)[:, None], shrank, 255))
    return [(r, g, b) for r, g, b in rgb.tolist()]


class PaletteMap:
    """Colours that names keep from picture to picture: flamegraph.pl's `palette.map`, lines of `name->rgb(r,g,b)`."""

    def __init__(self, colors: Mapping[str, RGB] | None = None):
        self._colors: dict[str, RGB] = dict(colors or {})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PaletteMap:
        """The map in a file; an empty one where there is no such file yet. ParseError, InputError."""
        try:
            return cls.loads(Path(path).read_bytes(), str(path))
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise InputError(f"{path}: can't be read: {error.strerror or error}") from None

    @classmethod
    def loads(cls, content: bytes, where: str = "palette map") -> PaletteMap:
        """The map in the content of such a file; `where` is for the ParseError that a broken line gives."""
        colors: dict[str, RGB] = {}
        for number, line in enumerate(decode(content).split("\n"), start=1):
            line = line.removesuffix("\r")
            match = _MAP_LINE.fullmatch(line)
            if match and all(int(value) < 256 for value in match.groups()[1:]):
                colors[match[1]] = (int(match[2]), int(match[3]), int(match[4]))
            elif line:
                raise ParseError(f"{where}:{number}", "name->rgb(red,green,blue), each from 0 to 255", repr(line[:80]))
        return cls(colors)

    def dumps(self) -> bytes:
        """The content of the file, sorted by name. A name with a line break has no place in it and is left out."""
        lines = [f"{n}->rgb({r},{g},{b})\n" for n, (r, g, b) in sorted(self._colors.items()) if not _BREAK.search(n)]
        return encode("".join(lines))

    def get(self, name: str) -> RGB | None:
        """The colour of a name, or None where it has none yet."""
        return self._colors.get(name)

    def keep(self, labels: Sequence[str], colors: Sequence[RGB]) -> list[RGB]:
        """The colours that the labels have here; those that have none yet take theirs from `colors`, for good."""
        return [
            color if label in _SEPARATORS else self._colors.setdefault(label, color)
            for label, color in zip(labels, colors, strict=True)
        ]


def _expect(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise UsageError(f"{what} {given!r}: expected one of {', '.join(known)}")


def _annotated(labels: Sequence[str], kinds: np.ndarray | None) -> list[str]:
    """The labels, with their kind's annotation where they lack it: what the rules of a palette go by."""
    if kinds is None:
        return list(labels)
    suffix = {int(kind): text for kind, text in SUFFIX.items()}
    of_kind = [suffix.get(kind, "") for kind in kinds.tolist()]
    return [name if name.endswith(end) else name + end for name, end in zip(labels, of_kind, strict=True)]


def _character_sums(labels: Sequence[str]) -> np.ndarray:
    """The sum of each label's code points: uint64[n]."""
    points = np.frombuffer("".join(labels).encode("utf-32-le", "surrogatepass"), np.uint32)
    until = np.concatenate(([0], np.cumsum(points, dtype=np.uint64))).astype(np.uint64)
    ends = np.cumsum([len(label) for label in labels])
    return np.diff(until[ends], prepend=np.uint64(0))


def _drand48(seeds: np.ndarray) -> np.ndarray:
    """The first number that Perl's `rand` gives after `srand(seed)`, for each seed: float64[n] in [0, 1).

    POSIX drand48: a linear congruential generator modulo 2^48. Wrapping modulo 2^64 on the way changes nothing.
    """
    state = ((seeds & np.uint64(0xFFFFFFFF)) << np.uint64(16)) + np.uint64(0x330E)
    state = (state * np.uint64(0x5DEECE66D) + np.uint64(0xB)) & np.uint64((1 << 48) - 1)
    return state / 2.0**48


def _hashed(label: str) -> tuple[float, float, float]:
    """The three numbers that flamegraph.pl's `--hash` gives a name: what starts alike looks alike."""
    forward, backward = _first_letters(label), _first_letters(label[::-1])
    return forward, backward, backward


def _first_letters(name: str) -> float:
    tick = name.find("`", 1)  # DTrace writes module`function; the module does not count
    if tick > 0:
        name = name[tick + 1 :]
    vector, weight, most = 0.0, 1.0, 1.0
    for modulus, letter in enumerate(name[:3], start=10):
        vector += ord(letter) % modulus / (modulus - 1) * weight
        most += weight
        weight *= 0.7
    return 1 - vector / most


def _random(label: str, seed: int) -> np.ndarray:
    """Three numbers in [0, 1) from a label and a seed: no order of labels, no other label changes them."""
    digest = hashlib.blake2b(f"{seed} {label}".encode("utf-8", "surrogatepass"), digest_size=12).digest()
    return np.frombuffer(digest, "<u4") / 2.0**32


def _shade(left: np.ndarray, scale: float, tint: RGB, full: RGB) -> np.ndarray:
    """From the full colour, where nothing is left to `scale`, to the tint: int64[n, 3]."""
    span = np.array(tint) - np.array(full)
    return np.array(full) + (span * left[:, None] / scale).astype(np.int64)
