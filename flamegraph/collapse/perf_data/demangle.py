"""Names as people wrote them: C++ and Rust symbols, spelled as perf spells them.

The library (LLVM's demangler, the `symbols` extra) does C++ and the newer scheme of Rust; the older one is simple
enough to do here. Names of D and of languages that it does not know stay as they are.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from math import prod

from .gnu_names import gnu_spelling

__all__ = ["NEEDED", "Demangler"]

try:
    import pycxxfilt
except ImportError:  # an optional extra
    pycxxfilt = None

#: What to do about names that stay as they are. The library has no wheels for older versions.
NEEDED = "pip install 'flamegraphs[symbols]'" if sys.version_info >= (3, 11) else "needs Python 3.11 or newer"

#: LLVM's demangler recurses: names of 30,000 bytes can be made that overflow a stack of 8 MiB. The longest among
#: 160,000 names of node, LLVM, libstdc++ and rustc has 828.
_LONGEST = 4096

#: Of those names the longest, with its parameters, has 8,219 characters.
_LONGEST_SHOWN = 1 << 14

#: References to earlier parts of a name can double its length each time. This bounds what a name can grow to; of
#: those 160,000 names three are above it.
_REFERENCE = re.compile(r"[ST][0-9A-Z]*_|B[0-9A-Za-z]*_")
_GROWTH = 1 << 24


class Demangler:
    """`shown(raw)` is the name to show for a symbol. Results are remembered.

    missed   names that stay mangled because the library is not installed
    """

    def __init__(self, wanted: bool = True):
        self.missed = 0
        self._wanted = wanted
        self._known: dict[bytes, str] = {}

    def shown(self, raw: bytes) -> str:
        found = self._known.get(raw)
        if found is None:
            name = raw.decode("utf-8", "surrogateescape")
            found = self._known[raw] = self._demangled(name) if self._wanted and name[:2] in ("_Z", "_R") else name
        return found

    def _demangled(self, name: str) -> str:
        mangled, at, rest = name.partition("@")  # a version, or @plt
        rust = _rust_legacy(mangled)
        if rust is not None:
            return rust + at + rest
        if len(name) > _LONGEST or _growth(mangled) > _GROWTH:
            return name
        if pycxxfilt is None:
            self.missed += 1
            return name
        clone = mangled.startswith("_ZGTt")  # the library does not know clones for transactions
        try:
            full = pycxxfilt.demangle("_Z" + mangled[5:] if clone else mangled)
            if not full or len(full) > _LONGEST_SHOWN:
                return name
            if mangled.startswith("_R"):
                full = full.split(" (.", 1)[0]  # what the compiler split off or made another version of
            else:
                full = "transaction clone for " * clone + gnu_spelling(full, mangled[2:3], _with_marks(mangled))
        except (ValueError, RecursionError):
            return name
        return full + at + rest


def _with_marks(name: str) -> str:
    """The full name if empty parameter packs were not: what gnu_spelling needs to know of them."""
    try:
        return pycxxfilt.demangle(name.replace("JE", "JDuE")) if "JE" in name and "Du" not in name else ""
    except ValueError:
        return ""


def _growth(name: str) -> int:
    return prod(count + 1 for count in Counter(_REFERENCE.findall(name)).values())


_LEGACY = re.compile(r"_ZN(\d.*)17h[0-9a-f]{16}E(?:\..*)?", re.DOTALL)
_ESCAPES = {"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}


def _rust_legacy(name: str) -> str | None:
    """A Rust name of the old scheme, without its hash; None if it is something else."""
    match = _LEGACY.fullmatch(name)
    if match is None:
        return None
    rest, parts = match[1], []
    while rest:
        digits = re.match(r"\d+", rest)
        if digits is None or len(digits[0]) > 5:
            return None
        size = int(digits[0])
        part, rest = rest[len(digits[0]) : len(digits[0]) + size], rest[len(digits[0]) + size :]
        if len(part) != size:
            return None
        parts.append(part[1:] if part.startswith("_$") else part)
    path = "::".join(parts).replace("..", "::")
    return re.sub(r"\$(?:u([0-9a-f]+)|([A-Z]+))\$", _unescaped, path)


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16) if len(match[1]) <= 6 else 0x110000
        return chr(code) if 0x20 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else match[0]
    return _ESCAPES.get(match[2], match[0])
