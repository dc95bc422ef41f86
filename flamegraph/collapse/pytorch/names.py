"""What Kineto calls things: names, and where Python's functions stand in the source."""

from __future__ import annotations

import re

from ...forest import Forest
from ...profile import Kind

__all__ = ["PYTHON", "call_stack", "frame_of"]

PYTHON = "python_function"

#: file.py(117): function
_PYTHON = re.compile(r"(.+?)\((\d{1,9})\): .+", re.DOTALL)

#: <built-in method mm of type object at 0x7f4f7dff0640>: the address is another one in every run.
_ADDRESS = re.compile(r"(?<=\S) at 0x[0-9a-fA-F]+")

#: cudaLaunchKernel_v7000: which version of the interface a call belongs to.
_VERSION = re.compile(r"(?<=\w)_v\d{4,5}(?=$|_ptsz$|_ptds$)")

#: ProfilerStep#6: the profiler's own annotation of each step. Steps are to become one.
_STEP = re.compile(r"ProfilerStep#\d+")


def frame_of(forest: Forest, name: str, category: str) -> int:
    """The frame of an event on the CPU."""
    if category == PYTHON:
        return _python(forest, name)
    if category.endswith(("runtime", "driver", "Runtime")):
        name = _VERSION.sub("", name)
    elif _STEP.fullmatch(name):
        name = "ProfilerStep"
    return forest.frame(name)


def call_stack(forest: Forest, text: str) -> tuple[int, ...]:
    """The frames of a "Call stack", the innermost first in the text: outermost first."""
    return tuple(_python(forest, name.strip()) for name in reversed(text.split(";")) if name.strip())


def _python(forest: Forest, name: str) -> int:
    name = _ADDRESS.sub("", name)
    place = _PYTHON.fullmatch(name)
    return forest.frame(name, Kind.INTERPRETED, "", place[1] if place else "", int(place[2]) if place else 0)
