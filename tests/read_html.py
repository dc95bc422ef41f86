"""Reads pages back: what is in their tags, the header and the columns. And a profile that means harm."""

from __future__ import annotations

import base64
import html.parser
import struct
import zlib
from typing import Any

import numpy as np
import orjson

import flamegraph as fg
from flamegraph.profile import Meta

HOSTILE = [
    "</script><script>alert(1)</script>",
    "</style><!-- --> ]]> <![CDATA[",
    "<img src=x onerror=alert(1)>",
    "\"quoted\" 'quoted' {{ 7*7 }} {% x %}",
    "http://evil.example/ //evil.example",
    "null\0 bell\a \x9b \u2028 \u202e",
    "\ud800 lone \udcff",
    "constructor",
    "__proto__",
    "",
]


class Page(html.parser.HTMLParser):
    """A page as a browser reads it: `tags` as (name, attributes), and the text of each style, script and so on."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._inside = ""
        self.feed(content.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            tag, text = self.texts[-1]
            self.texts[-1] = tag, text + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]

    @property
    def data(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """(header, columns)."""
        [text] = [
            text
            for attributes, text in zip(self.all("script"), self.text("script"), strict=True)
            if attributes.get("id") == "data"
        ]
        return unpack(text)


def unpack(text: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the columns of what `pack` has made."""
    content = zlib.decompress(base64.b64decode(text, validate=True))
    (length,) = struct.unpack_from("<I", content)
    header = orjson.loads(content[4 : 4 + length])
    at, columns = 4 + length, {}
    for name, kind, count in header["columns"]:
        stored = np.dtype("<" + kind)
        planes = np.frombuffer(content, np.uint8, count * stored.itemsize, at).reshape(stored.itemsize, count)
        columns[name] = np.ascontiguousarray(planes.T).view(stored).reshape(count)
        at += count * stored.itemsize
    assert at == len(content)
    return header, columns


def hostile() -> fg.Profile:
    build = fg.Builder()
    build.metric("samples", HOSTILE[0])
    for i, name in enumerate(HOSTILE):
        frame = build.frame(name, module=name, file=name, line=i)
        build.sample(build.push(build.push(0, frame), frame), i + 1)
    text = " ".join(HOSTILE)
    return build.finish(Meta(title=text, command=text, host=text))
