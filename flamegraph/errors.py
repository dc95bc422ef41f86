"""Everything that can go wrong, as one tree.

    FlamegraphError                 base: catch this one
    ├─ InputError                   the input is at fault                       exit code 1
    │  ├─ UnknownFormat             no format claims it
    │  ├─ AmbiguousFormat           several formats claim it equally
    │  ├─ ParseError                a format claimed it, then found it broken
    │  ├─ EmptyProfile              it was read, and holds no samples
    │  └─ MissingExtra              it needs a library that is not installed
    ├─ IncompatibleProfiles         profiles that can't be merged or compared   exit code 1
    └─ UsageError                   an option or a name is wrong                exit code 2

A message says where, what was expected, what was found and, where there is something to do, what to do next.
"""

from __future__ import annotations

__all__ = [
    "AmbiguousFormat",
    "EmptyProfile",
    "FlamegraphError",
    "IncompatibleProfiles",
    "InputError",
    "MissingExtra",
    "ParseError",
    "UnknownFormat",
    "UsageError",
]


class FlamegraphError(Exception):
    """Base of all errors this library raises on purpose."""

    exit_code = 1


class InputError(FlamegraphError):
    """The input is at fault."""


class UnknownFormat(InputError):
    """No format claims the input."""


class AmbiguousFormat(InputError):
    """Several formats claim the input equally; `--from` (or `format=`) decides."""


class ParseError(InputError):
    """A format claimed the input and then found it broken at `where` (`path:line`, or `path` alone)."""

    def __init__(self, where: str, expected: str, found: str):
        self.where, self.expected, self.found = where, expected, found
        super().__init__(f"{where}: expected {expected}, found {found}")

    def __reduce__(self):  # so that one process can tell another
        return type(self), (self.where, self.expected, self.found)


class EmptyProfile(InputError):
    """The input was read and holds no samples."""


class MissingExtra(InputError):
    """The input needs a library that is not installed; the message names the command that installs it."""


class IncompatibleProfiles(FlamegraphError):
    """The profiles measure different things, so they can't be merged or compared."""


class UsageError(FlamegraphError):
    """An option, or a combination of options, that can't be honoured."""

    exit_code = 2
