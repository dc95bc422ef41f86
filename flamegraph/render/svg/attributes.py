"""Attributes for the frames of a function, from a file as flamegraph.pl's `--nameattr` takes it.

    parse<TAB>title=the parser<TAB>href=https://example.com/parse<TAB>class=mine
    eval<TAB>g_extra=data-owner="core"

The file may come with the profile, so nothing in it becomes code: a link leads only where a link may, and of the raw
attributes (`g_extra`, `a_extra`) those that would run a script, load something or say the same twice are refused.
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
_LOADS = re.compile(r"url\s*\(|image\s*\(|@import|expression\s*\(|\\", re.IGNORECASE)
#: What this output writes itself, or what makes an element do something.
_OURS = frozenset(
    {"href", "id", "class", "target", "transform", "display", "tabindex", "role", "xmlns", "ping", "download"}
)


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
        if _LOADS.search(value):
            raise ParseError(where, "attributes that load nothing", repr(value[:80]))
        found[key] = value
        at = match.end()
    return found
