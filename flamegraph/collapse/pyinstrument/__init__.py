"""pyinstrument: saved sessions, and the call trees of its JSON and HTML output.

    {"start_time": 1.0, "duration": 2.0, "target_description": "Program: app.py", "start_call_stack": […],
     "frame_records": [[["MainThread\\0<thread>\\x00139", "main\\0/srv/app.py\\x0014\\x01l19"], 0.001], …]}

    {"duration": 2.0, "sample_count": 669, "root_frame": {"function": "main", "file_path": "/srv/app.py", "line_no": 14,
     "time": 2.0, "children": [{"function": "work", …}]}}

    {"session": {"duration": 2.0, …}, "frame_tree": {"identifier": "main\\0/srv/app.py\\x0014", "time": 2.0, …}}

A session holds samples, each with the time since the one before it; the trees hold sums. Frames are called by their
function, with the class before it where pyinstrument tells one, and have the line where the function begins, so that
a function is one frame. What is there is kept: pyinstrument's own frames below the program, and importlib's, which its
views leave out. Time of its own that a tree shows as a child called `[self]` is given back to the function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ...builder import Builder
from ...errors import ParseError
from ...options import option
from ...profile import Meta, Profile
from ...source import Source
from .. import Format, Match
from .frames import Frames, nanoseconds
from .records import read_records
from .tree import read_tree

__all__ = ["FORMAT", "Options", "parse", "sniff"]


@dataclass(frozen=True)
class Options:
    """How a session is read."""

    srcline: bool = option(False, "show file and line, where the input has them")
    timeline: bool = option(False, "keep samples one by one in time order")


FORMAT = Format(
    "pyinstrument session or JSON",
    made_by="pyinstrument -r pyisession -o app.pyisession app.py, pyinstrument -r json -o app.json app.py",
    options=Options,
    files=("*.pyisession",),
)

_SESSION = (b'"start_call_stack"', b'"target_description"')
_TREE = (b'"duration"', b'"sample_count"', b'"root_frame"')


def sniff(source: Source) -> Match:
    head = source.head
    if re.match(rb"\s*\{", head) and any(all(key in head for key in keys) for keys in (_SESSION, _TREE)):
        return Match.SIGNATURE
    return Match.NO


def parse(source: Source, options: Options) -> Profile:
    data = source.json()
    session = data.get("session", data) if isinstance(data, dict) else None
    if not isinstance(session, dict):
        raise ParseError(source.name, "a pyinstrument session", f"a {type(data).__name__}")
    build = Builder(timeline=options.timeline)
    build.metric("time", "ns")
    path = session.get("sys_path")
    frames = Frames(build, options.srcline, path if isinstance(path, list) else ())
    tree = data.get("frame_tree") or data.get("root_frame")
    if isinstance(data.get("frame_records"), list):
        read_records(data["frame_records"], build, frames)
    elif isinstance(tree, dict):
        read_tree(tree, build, frames)
    else:
        raise ParseError(source.name, "frame_records, frame_tree or root_frame", "none of them")
    return build.finish(Meta(command=_command(session), duration=max(0, nanoseconds(session.get("duration")) or 0)))


def _command(session: dict[str, Any]) -> str:
    """What was run. Versions before 4.2 called it otherwise."""
    described = session.get("target_description") or session.get("program")
    return described.removeprefix("Program: ") if isinstance(described, str) else ""
