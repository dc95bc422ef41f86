"""A drawn SVG as numbers and names, so that tests can speak of boxes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Any

import flamegraph as fg
from flamegraph.render import render

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


@dataclass(frozen=True)
class Box:
    name: str
    facts: str
    x: float
    y: float
    width: float
    height: float
    fill: str
    label: str
    element: ElementTree.Element


class Picture:
    def __init__(self, content: bytes):
        self.root = ElementTree.fromstring(content)
        self.width, self.height = (float(n) for n in self.root.get("viewBox").split()[2:])
        self.boxes = [_box(element) for element in self.by_id("frames")]

    def by_id(self, name: str) -> ElementTree.Element | None:
        return next((element for element in self.root.iter() if element.get("id") == name), None)

    def text(self, name: str) -> str:
        return "".join(self.by_id(name).itertext())

    def all(self, name: str) -> list[Box]:
        return [box for box in self.boxes if box.name == name]

    def box(self, name: str) -> Box:
        (box,) = self.all(name)
        return box

    def data(self) -> dict[str, Any]:
        (script,) = (e for e in self.root.iter(f"{SVG}script") if e.get("type") == "application/json")
        return json.loads(script.text)


def _box(element: ElementTree.Element) -> Box:
    title, rect, text = (element.find(SVG + tag) for tag in ("title", "rect", "text"))
    name, _, facts = title.text.rpartition(" (")
    x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
    return Box(name, facts.removesuffix(")"), x, y, width, height, rect.get("fill"), text.text or "", element)


def profile(folded: str, **options: Any) -> fg.Profile:
    return fg.read(folded.encode("utf-8", "surrogateescape"), format="folded", **options)


def draw(source: str | fg.Profile, **options: Any) -> Picture:
    """The picture of folded text or of a profile."""
    return Picture(render(profile(source) if isinstance(source, str) else source, "svg", **options))
