"""The file around the columns: the skeleton, the style and the script, and a policy that allows these two alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from markupsafe import Markup

from ...web_files import template, web_file
from .packed import pack

__all__ = ["joined", "page"]

#: The module that runs the page. What it imports comes with it.
_ENTRY = "main"

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.mjs";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) (\w+))", re.MULTILINE)


def page(header: Mapping[str, Any], columns: Mapping[str, np.ndarray]) -> bytes:
    """The whole page."""
    style, script = web_file("page/page.css"), joined(_ENTRY)
    content = {
        "title": header["title"],
        "policy": f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; img-src blob: data:; "
        "base-uri 'none'; form-action 'none'",
        "style": Markup(style),
        "script": Markup(script),
        "data": Markup(pack(header, columns)),  # base64
        "theme": header["options"]["theme"],
    }
    return template("page/page.html.j2").render(content).encode("utf-8")


@cache
def joined(entry: str) -> str:
    """A module and all that it imports as one script, each after those that it imports and in a scope of its own.

    That needs no bundler as long as a module imports by name, from its own folder, and exports what it declares.
    """
    order: list[str] = []

    def visit(name: str, importers: tuple[str, ...]) -> None:
        if name in importers:
            raise ValueError(f"{name}.mjs imports itself")
        if name not in order:
            for _, imported in _IMPORT.findall(_module(name)):
                visit(imported, (*importers, name))
            order.append(name)

    visit(entry, ())
    return "\n".join(_scoped(name, wrapped=name != entry) for name in order)


def _scoped(name: str, wrapped: bool) -> str:
    """A module without `import` and `export`: a constant that holds what it exports. The entry is left open."""
    source = _module(name)
    exported = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = \2_module;", source))
    return f"const {name}_module = (() => {{\n{body}return {{ {exported} }};\n}})();" if wrapped else body


def _module(name: str) -> str:
    return web_file(f"page/{name}.mjs")


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode('utf-8')).digest()).decode('ascii')}'"
