"""Writers: one module is one output.

An output is a module in this package with

    RENDERER = Renderer(title=…, suffixes=(".svg",), options=Options)
    def render(profile, options) -> bytes

and, where it shows more of a comparison than its two columns,

    def render_comparison(comparison, options) -> bytes

What grows with the profile may come piece by piece, as an iterator of bytes: it is then written as it is made.
The module's name is the output's name. Adding one edits nothing else: it is found here by listing the package.
An input that should keep its samples in time order, because a picture wants them so, is asked for by `timeline`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from ..comparison import Comparison
from ..discovery import members
from ..errors import EmptyProfile, InputError, UsageError
from ..options import NoOptions, fill
from ..profile import Profile

__all__ = ["Content", "Renderer", "pick", "produce", "render", "renderers", "save", "write"]

#: All of an output, or one piece of it after the other.
Content: TypeAlias = bytes | Iterator[bytes]


@dataclass(frozen=True)
class Renderer:
    """What is said about an output where it is offered. The fields from `name` on are filled in from its module.

    `plain` outputs are lines of text that are fit for a terminal.
    """

    title: str
    suffixes: tuple[str, ...]
    options: type = NoOptions
    plain: bool = False
    name: str = ""
    render: Callable[[Profile, Any], Content] | None = None
    render_comparison: Callable[[Comparison, Any], Content] | None = None


@cache
def renderers() -> dict[str, Renderer]:
    """All outputs by name, in alphabetical order."""
    return {
        name: replace(
            module.RENDERER,
            name=name,
            render=module.render,
            render_comparison=getattr(module, "render_comparison", None),
        )
        for name, module in members(sys.modules[__name__], "RENDERER").items()
    }


def pick(name: str | None, path: str | os.PathLike[str] | None) -> Renderer:
    """The output called `name`, or else the one whose suffix the path has. UsageError where there is none."""
    if name is not None:
        if name in renderers():
            return renderers()[name]
        raise UsageError(f"no output is called {name!r}; expected one of {', '.join(renderers())}")
    for renderer in renderers().values():
        if str(path or "").lower().endswith(renderer.suffixes):
            return renderer
    suffixes = ", ".join(suffix for renderer in renderers().values() for suffix in renderer.suffixes)
    raise UsageError(f"{path}: can't tell what to write from the name; expected one that ends in {suffixes}, or --to")


def render(profile: Profile | Comparison, to: str, **options: Any) -> bytes:
    """A profile or a comparison as the content of an output file: `render(profile, "svg", title="…")`."""
    return b"".join(_pieces(produce(profile, to, **options)))


def write(profile: Profile | Comparison, path: str | os.PathLike[str], to: str | None = None, **options: Any) -> None:
    """Write a profile or a comparison to a path ("-" for standard output), as what the path's suffix or `to` says.

    A file is replaced only once the new one is complete: a failed run leaves the old file as it was.
    """
    save(produce(profile, pick(to, path).name, **options), path)


def produce(what: Profile | Comparison, to: str, **options: Any) -> Content:
    """What `render` returns, for `save`: what is made piece by piece is not put together, so it takes no memory."""
    renderer = pick(to, None)
    profile = what if isinstance(what, Profile) else what.profile
    if not profile.samples.values.any():
        raise EmptyProfile("expected samples that count something, found only zeros")
    filled = fill(renderer.options, options, f"the {renderer.name} output")
    if what is not profile and renderer.render_comparison is not None:
        return renderer.render_comparison(what, filled)
    return renderer.render(profile, filled)


def save(content: Content, path: str | os.PathLike[str]) -> None:
    """Put `content` at `path` in one step, or on standard output where the path is "-"."""
    if str(path) == "-":
        stream = None if sys.stdout is None else sys.stdout.buffer
        if stream is None:
            raise InputError("standard output: is closed")
        for piece in _pieces(content):
            rest = memoryview(piece)
            while len(rest):  # unbuffered, as with PYTHONUNBUFFERED, a write may take only a part
                rest = rest[stream.write(rest) :]
        stream.flush()
        return
    target = Path(path)
    try:
        if target.exists() and not target.is_file():  # /dev/null, a pipe: nothing to replace
            with target.open("wb") as file:
                file.writelines(_pieces(content))
            return
        target = target.resolve()  # a link stays a link
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(_pieces(content))
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise InputError(f"{path}: can't be written: {error.strerror or error}") from None


def _pieces(content: Content) -> Iterator[bytes]:
    return iter((content,)) if isinstance(content, bytes) else content
