"""Where input comes from: a path, standard input or bytes; compressed or not; seen as bytes, lines or JSON."""

from __future__ import annotations

import json
import mmap
import os
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from .compressed import expand
from .errors import InputError, ParseError
from .text import decode

__all__ = ["Source"]

_HEAD = 64 * 1024
#: Files that a directory may stand for: of `perf record --threads`.
_MAIN_FILES = ("data",)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class Source:
    """One input, decompressed on first use.

    name     how messages call it
    path     the file itself, or None for standard input and bytes
    folder   the directory that was named, where that stands for `path` and other files in it
    damage   after `data` was used: what is wrong with a compressed stream, or ""; what came before that is in `data`
    """

    def __init__(self, origin: str | os.PathLike[str] | bytes | BinaryIO, name: str | None = None):
        """`origin` is a path, "-" for standard input, the content itself, or an open binary file."""
        self.path: Path | None = None
        self.folder: Path | None = None
        self.damage = ""
        self._content: bytes | None = None
        if isinstance(origin, (bytes, bytearray, memoryview)):
            self._content, self.name = bytes(origin), name or "<bytes>"
        elif isinstance(origin, (str, os.PathLike)) and str(origin) != "-":
            self.path = Path(origin)
            self.name = name or str(origin)
            main = next((file for file in _MAIN_FILES if os.path.isfile(self.path / file)), None)
            if main is not None:
                self.folder, self.path = self.path, self.path / main
        elif isinstance(origin, (str, os.PathLike)):
            if sys.stdin is None:
                raise InputError("standard input: is closed")
            self._content, self.name = sys.stdin.buffer.read(), name or "<stdin>"
        else:
            self._content, self.name = origin.read(), name or getattr(origin, "name", "<stream>")

    @cached_property
    def raw(self) -> bytes | mmap.mmap:
        """The content as it lies there, compressed or not. A file is mapped, not copied."""
        if self._content is not None:
            return self._content
        try:
            with open(self.path, "rb") as file:
                if os.fstat(file.fileno()).st_size == 0:
                    return file.read()  # empty, or something like /dev/stdin or a pipe that has no size
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except IsADirectoryError:
            raise InputError(f"{self.name}: is a directory, expected a file") from None
        except OSError as error:
            raise InputError(f"{self.name}: {error.strerror or error}") from None

    @cached_property
    def data(self) -> bytes | mmap.mmap:
        """The decompressed content, in which a UTF-16 text has become UTF-8 and a byte order mark is gone."""
        raw, self.damage = expand(self.raw, self.name)
        for mark, encoding in _BOMS:
            if raw[: len(mark)] == mark:
                text = raw[len(mark) :]
                return text if encoding == "utf-8" else text.decode(encoding, "replace").encode()
        return raw

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB of `data`: what `sniff` may look at."""
        return bytes(self.data[:_HEAD])

    @cached_property
    def line_starts(self) -> bytes:
        """`head` behind a line end. A pattern that begins with one is found ten times as fast as one with ^."""
        return b"\n" + self.head

    @cached_property
    def head_lines(self) -> list[str]:
        """The lines of `head` as text; the last one may be cut off."""
        return self.head.decode("utf-8", "replace").splitlines()

    def lines(self) -> Iterator[str]:
        """The lines of `data` as text, without their line ends (LF or CRLF)."""
        data = self.data
        start, size = 0, len(data)
        while start < size:
            end = data.find(b"\n", start)
            if end < 0:
                end = size
            line = data[start:end]
            start = end + 1
            yield decode(line[:-1] if line.endswith(b"\r") else line)

    @cached_property
    def _json(self) -> Any:
        import orjson

        data = bytes(self.data)
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
        # orjson refuses NaN, lone surrogates and bytes that are not UTF-8; profilers write all of them.
        text = decode(data)
        try:
            try:
                return json.loads(text)
            except RecursionError:
                from .nested_json import loads  # call trees are nested as deep as the stacks they were made from

                return loads(text)
        except ValueError as error:  # no JSON, or a number with more digits than Python converts
            line, found = getattr(error, "lineno", 1), getattr(error, "msg", "a number of thousands of digits")
            raise ParseError(f"{self.name}:{line}", "JSON", found) from None

    def json(self) -> Any:
        """`data` as JSON, parsed once. ParseError where it is not JSON."""
        return self._json
