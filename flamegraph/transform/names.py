"""What changes how frames are called: renamed, tidied, taken together by where they are from."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np

from ..errors import UsageError
from ..profile import Frames, Profile
from .matching import compiled
from .stacks import reshaped

__all__ = ["GROUPS", "group", "rename", "tidy", "tidy_name"]

GROUPS = ("module", "package", "file")


def rename(profile: Profile, pattern: str, replacement: str) -> Profile:
    """With every match in a frame's name replaced, as `re.sub` does it (`\\\\1` is the first group).

    A name that becomes empty is kept as it was.
    """
    found = compiled(pattern)
    try:
        return _renamed(profile, lambda name: found.sub(replacement, name) or name)
    except (re.error, IndexError) as error:
        raise UsageError(f"rename to {replacement!r}: {error}") from None


def tidy(profile: Profile) -> Profile:
    """With names without what differs from build to build, and between instances of one source (see `tidy_name`)."""
    return _renamed(profile, tidy_name)


def _renamed(profile: Profile, change: Callable[[str], str]) -> Profile:
    f = profile.frames
    return _with_frames(profile, Frames([change(name) for name in f.name], f.kind, f.module, f.file, f.line))


def _with_frames(profile: Profile, frames: Frames) -> Profile:
    """The profile with other frames, row by row; those that have become the same are one."""
    rows: dict[tuple[str, int, str, str, int], int] = {}
    keys = zip(frames.name, frames.kind.tolist(), frames.module, frames.file, frames.line.tolist(), strict=True)
    number = np.array([*(rows.setdefault(key, len(rows)) for key in keys), -1])
    name, kind, module, file, line = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    distinct = Frames(list(name), np.array(kind, np.uint8), list(module), list(file), np.array(line, np.int32))
    return reshaped(profile, number[profile.stacks.frame], distinct)


def group(profile: Profile, by: str) -> Profile:
    """With frames taken together by module, package or file: calls within one are one frame.

    A frame of which that is not known keeps its name. A package is what stands before the last "::", "." or "/" that
    divides a name ("java/util/HashMap.put" is of java/util, "app::parse::token" of app::parse).
    """
    if by not in GROUPS:
        raise UsageError(f"group by {by!r}: expected one of {', '.join(GROUPS)}")
    f = profile.frames
    if by == "package":
        names = [_package(name) or name for name in f.name]
    else:
        names = [known or name for known, name in zip(getattr(f, by), f.name, strict=True)]
    blank = [""] * len(names)
    whole = _with_frames(profile, Frames(names, f.kind, blank, blank, np.zeros(len(names), np.int32)))
    stacks = whole.stacks
    inside = (stacks.frame == stacks.frame[stacks.parent]) & (stacks.frame >= 0)
    return reshaped(whole, np.where(inside, -1, stacks.frame))


#: Brackets in brackets are taken off from the inside this often: real names have a few levels, hostile ones thousands.
_LEVELS = 64

_BRACKETS = re.compile(r"\([^()]*\)|<[^<>]*>")


def _taken_off(brackets: re.Pattern[str], name: str) -> str:
    for _ in range(_LEVELS):
        if (shorter := brackets.sub("", name)) == name:
            break
        name = shorter
    return name


def _package(name: str) -> str:
    bare = _taken_off(_BRACKETS, name)
    if "/" in bare:  # Java's java/util/HashMap.put, Go's net/http.(*Server).Serve
        directory, _, rest = bare.rpartition("/")
        return directory if rest[:1].isupper() else f"{directory}/{rest.split('.')[0]}"
    for mark in ("::", "."):
        if mark in bare:
            return bare.rpartition(mark)[0]
    return ""


#: What differs between builds or instances, and what is left of it. Order matters: suffixes of clones come first.
#: Repeats have bounds where a name made for it would otherwise take a time that grows with its square.
_UNTIDY: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), left)
    for pattern, left in (
        # GCC's and LLVM's clones of one function
        (r"(?:\.(?:constprop|isra|part|cold|lto_priv|llvm|clone|localalias|str|specialized)(?:\.\d+){0,4}){1,8}$", ""),
        (r" ?\[clone [^\]]*\]", ""),
        (r"::h[0-9a-f]{16}$", ""),  # Rust's hash of a crate and its types
        (r"\{\{?closure\}?\}|\{closure(?:_env)?#\d+\}", "{closure}"),
        (r"\{lambda\([^{}]*\)(?:#\d+)?\}|\{lambda#\d+\}|'lambda\d*'(?:\([^()]*\))?|\$_\d+\b", "{lambda}"),
        (r"\$\$Lambda(?:[$/+.](?:0x)?[0-9a-fA-F]+)*", "$$Lambda"),  # Java: each capture has a class of its own
        (r"(LambdaForm\$\w{1,80}|Generated\w{0,80}Accessor|\$Proxy)[$/.]?(?:0x)?[0-9a-fA-F/]{0,80}\d", r"\1"),
        (r"^(?:Lazy|Eager)?(?:Compile|Function|Script|JS|Interpreted\w*|Baseline\w*):? ?[~*^+]?", ""),  # V8's tiers
        (r"\[(?:Optimized\w*|PreJIT|QuickJitted\w*|ReadyToRun|MinOptJitted\w*|Instrumented\w*)\]$", ""),  # .NET's tiers
        (r"\b0x[0-9a-fA-F]+\b", "0x…"),
        (r"\.func\d+(?:\.\d+)*(?=$|\.)", ".func"),  # Go's functions without a name
        (r"\[go\.shape\.[^\]]*\]|\[\.\.\.\]", ""),
    )
)

#: Arguments of templates and generics: behind a name or "::", and not those of an operator.
_GENERICS = re.compile(r"(?<=[\w\]}])(?<!operator)(?:::)?<(?:[^<>]|->)*>")


@cache
def tidy_name(name: str) -> str:
    """A name without addresses, hashes, clone suffixes, JIT tiers, numbers of lambdas and arguments of generics.

    Two names that differ in these only are those of one place in the source; `diff` may match functions by it.

    >>> tidy_name("std::vector<int, std::allocator<int> >::push_back"), tidy_name("core::fmt::write::h0123456789abcdef")
    ('std::vector::push_back', 'core::fmt::write')
    """
    bare = name
    for pattern, left in _UNTIDY:
        bare = pattern.sub(left, bare)
    return _taken_off(_GENERICS, bare).rstrip() or name
