"""The palettes of flame graphs: tones, and rules that give each kind of code its tone.

`hot` to `chain` follow flamegraph.pl, `python` and `rust` follow inferno, `gpu` the AI flame graphs of Intel's iaprof.
The rules go by a name with its annotation (`_[k]` kernel, `_[j]` compiled at run time, `_[i]` inlined, `_[w]` waker,
`_[0]` interpreted, `_[G]` code on a GPU, `_[g]` its instructions), and otherwise by how the name is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["PALETTES", "RULES", "TONES"]

#: Each tone's red, green and blue as (lowest, span, which of the name's three numbers), after flamegraph.pl.
TONES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "hot": ((205, 50, 2), (0, 230, 0), (0, 55, 1)),
    "mem": ((0, 0, 0), (190, 50, 1), (0, 210, 0)),
    "io": ((80, 60, 0), (80, 60, 0), (190, 55, 1)),
    "red": ((200, 55, 0), (50, 80, 0), (50, 80, 0)),
    "green": ((50, 60, 0), (200, 55, 0), (50, 60, 0)),
    "blue": ((80, 60, 0), (80, 60, 0), (205, 50, 0)),
    "aqua": ((50, 60, 0), (165, 55, 0), (165, 55, 0)),
    "yellow": ((175, 55, 0), (175, 55, 0), (50, 20, 0)),
    "purple": ((190, 65, 0), (80, 60, 0), (190, 65, 0)),
    "orange": ((190, 65, 0), (90, 65, 0), (0, 0, 0)),
    "pink": ((245, 10, 0), (138, 40, 0), (148, 40, 0)),
}

_JAVA_PACKAGE = re.compile(r"L?(?:java|javax|jdk|net|org|com|io|sun)/")
_JS_FILE = re.compile(r"/.*\.js")
_PYTHON_DIRECTORY = re.compile(r"[Pp]ython[0-9.]*")
_RUST_LIBRARY = ("core::", "std::", "alloc::", "<core::", "<std::", "<alloc::")
#: The compiler's type for a user's async function: not a part of the standard library, though it is named like one.
_RUST_ASYNC = "<core::future::from_generator::GenFuture<T>"


def _java(name: str) -> str:
    if name.endswith("_[j]"):
        return "green"
    if name.endswith("_[i]"):
        return "aqua"
    if _JAVA_PACKAGE.match(name) or ":::" in name:  # perf-map-agent writes class:::method
        return "green"
    if "::" in name:
        return "yellow"
    return "orange" if name.endswith("_[k]") else "red"


def _perl(name: str) -> str:
    if "::" in name:
        return "yellow"
    if "Perl" in name or ".pl" in name:
        return "green"
    return "orange" if name.endswith("_[k]") else "red"


def _js(name: str) -> str:
    if name.endswith("_[j]"):
        return "green" if "/" in name else "aqua"
    if "::" in name:
        return "yellow"
    if _JS_FILE.search(name):
        return "green"
    if ":" in name:
        return "aqua"
    if name == " ":  # a missing symbol
        return "green"
    return "orange" if "_[k]" in name else "red"


def _chain(name: str) -> str:
    return "aqua" if "_[w]" in name else "blue"


def _python(name: str) -> str:
    directories = re.split(r"[/\\]", name)
    if "site-packages" in directories:
        return "aqua"
    if name.startswith(("<built-in", "<method", "<frozen")):
        return "yellow"
    return "yellow" if any(_PYTHON_DIRECTORY.fullmatch(part) for part in directories) else "red"


def _rust(name: str) -> str:
    module, tick, function = name.partition("`")
    function = function if tick else module
    if function.startswith(_RUST_LIBRARY) and not function.startswith(_RUST_ASYNC):
        return "orange"
    return "aqua" if "::" in function else "yellow"


#: A function with its place in a Python source, as py-spy, Kineto and most others write it.
_PYTHON_FUNCTION = re.compile(r"\.py[(:]|\(<?[^()]*\.py(:\d+)?>?\)|^<(module|listcomp|genexpr|lambda|built-in)\b")


def _gpu(name: str) -> str:
    if name.endswith("_[g]"):
        return "green"
    if name.endswith("_[G]"):
        return "aqua"
    if name.endswith("_[k]"):
        return "orange"
    if name.startswith(("py::", "nn.Module: ")) or name.endswith("_[0]") or _PYTHON_FUNCTION.search(name):
        return "pink"
    return "yellow" if "::" in name else "red"


#: Palettes that show what a frame is: from its annotated name to a tone.
RULES: dict[str, Callable[[str], str]] = {
    "java": _java,
    "js": _js,
    "perl": _perl,
    "wakeup": lambda name: "aqua",
    "chain": _chain,
    "python": _python,
    "rust": _rust,
    "gpu": _gpu,
}

#: Every palette of flamegraph.pl, of inferno and of iaprof.
PALETTES: tuple[str, ...] = (*TONES, *RULES)
