"""Attributes for the frames of a function, from a file as flamegraph.pl's `--nameattr` takes it.

    parse<TAB>title=the parser<TAB>href=https://example.com/parse<TAB>class=mine
    eval<TAB>g_extra=data-owner="core"

The file may come with the profile, so nothing in it becomes code: a link leads only where a link may, and of the raw
attributes (`g_extra`, `a_extra`) those that would run a script, load something or say the same twice are refused.
What can't load anything is told by its shape, not by a list of what can: browsers learn new ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path

from ...errors import InputError, ParseError
from ...text import decode, printable

__all__ = ["Attributes", "load"]

_KEYS = ("title", "href", "id", "class", "target", "g_extra", "a_extra")
_PAIR = re.compile(r"""\s*([A-Za-z_][\w.-]*)\s*=\s*("[^"<]*"|'[^'<]*')""", re.ASCII)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_IGNORED_IN_LINKS = re.compile("[\x00-\x20\x7f-\xa0]+")  # what browsers drop before they look for a scheme
#: Attributes that are words to everyone. Of all others any may be one that is read as CSS.
_WORDS = re.compile(r"(?:data|aria)-.*|rel|lang|hreflang|type")
_NOT_IN_STYLE = re.compile(r"""["'@\\]|//""")
_FUNCTION = re.compile(r"([\w-]*)\(")
_FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc"})
#: What this output writes itself, or what makes an element do something.
_OURS = {"href", "id", "class", "target", "transform", "display", "tabindex", "role", "xmlns"}
_OURS |= {"ping", "download", "attributionsrc"}
#: Names that the picture's style and script go by.
_OUR_CLASSES = {"adaptive", "control", "field", "flamegraph", "hide", "match", "parent"}
_OUR_IDS = {"backdrop", "description", "details", "frames", "ignorecase", "legend", "matched", "notes", "search"}
_OUR_IDS |= {"subtitle", "surroundings", "title", "unzoom"}


@dataclass(frozen=True)
class Attributes:
    """What one function's frames get: another tooltip, a link, and attributes by name."""

    title: str | None = None
    href: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    def opening(self, first: bool) -> str:
        """The start tag of a frame's element; only the first frame of a function gets its id."""
        given = {key: value for key, value in self.attributes.items() if first or key != "id"}
        if self.href is not None:
            # By default out of an <object> that holds the picture, as flamegraph.pl does it.
            given = {"xlink:href": self.href, "target": "_top", **given}
        text = "".join(f' {key}="{escape(printable(value))}"' for key, value in given.items())
        return f"<g{text}>" if self.href is None else f"<a{text}>"


def load(path: str) -> dict[str, Attributes]:
    """The attributes of each name in a file. ParseError says which line can't be taken, and why."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror or error}") from None
    found = {}
    for number, line in enumerate(decode(content).split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line:
            continue
        where = f"{path}:{number}"
        name, tab, rest = line.partition("\t")
        if not tab:
            raise ParseError(where, "a name, TAB, attribute=value", repr(line[:80]))
        found[name] = _attributes(where, rest.split("\t"))
    return found


def _attributes(where: str, fields: list[str]) -> Attributes:
    given: dict[str, str] = {}
    for text in filter(None, fields):
        key, equals, value = text.partition("=")
        if not equals or key not in _KEYS:
            raise ParseError(where, f"attribute=value, the attribute one of {', '.join(_KEYS)}", repr(text[:80]))
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" and not key.endswith("_extra"):
            value = value[1:-1]
        given[key] = value
    if given.get("id") in _OUR_IDS or given.get("id", "").startswith("flamegraph-"):
        raise ParseError(where, "an id that the picture does not have already", repr(given["id"]))
    if _OUR_CLASSES & set(given.get("class", "").split()):
        raise ParseError(where, "a class that the picture does not have already", repr(given["class"][:80]))
    href = given.pop("href", None)
    if href is not None:
        scheme = _SCHEME.match(_IGNORED_IN_LINKS.sub("", href))
        if scheme and scheme[1].lower() not in ("http", "https", "mailto"):
            raise ParseError(where, "href to http, https, mailto or a relative address", repr(href[:80]))
    extra = {**_extra(where, given.pop("g_extra", "")), **_extra(where, given.pop("a_extra", "") if href else "")}
    title = given.pop("title", None)
    if href is None:
        given.pop("target", None)
    return Attributes(title, href, {**given, **extra})


def _extra(where: str, text: str) -> dict[str, str]:
    """The attributes in a piece of markup such as `data-owner="core" style="opacity:.5"`."""
    found: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        match = _PAIR.match(text, at)
        if not match:
            raise ParseError(where, 'attributes such as data-owner="core"', repr(text[at : at + 80]))
        key, value = match[1], unescape(match[2][1:-1])
        if key.lower().startswith("on"):
            raise ParseError(where, "attributes that run nothing", repr(key))
        if key.lower() in _OURS or key in found:
            raise ParseError(where, "attributes that are not set in another way", repr(key))
        if not _WORDS.fullmatch(key) and _may_load(value):
            raise ParseError(where, "attributes that load nothing", repr(value[:80]))
        found[key] = value
        at = match.end()
    return found


def _may_load(value: str) -> bool:
    """Whether something may be loaded for a value that is read as CSS: it has strings, or functions that may."""
    names = {name.lower() for name in _FUNCTION.findall(value)}
    return bool(_NOT_IN_STYLE.search(value)) or not names <= _FUNCTIONS
