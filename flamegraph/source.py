"""Where input comes from: a path, standard input or bytes; compressed or not; seen as bytes, lines or JSON."""

from __future__ import annotations

import io
import json
import mmap
import os
import sys
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from .errors import InputError, MissingExtra, ParseError, UsageError
from .text import decode

__all__ = ["Source"]

_HEAD = 64 * 1024
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class Source:
    """One input, decompressed on first use.

    name     how messages call it
    path     the file itself, or None for standard input and bytes
    damage   after `data` was used: why a compressed stream ended early, or ""; what came before is in `data`
    """

    def __init__(self, origin: str | os.PathLike[str] | bytes | BinaryIO, name: str | None = None):
        """`origin` is a path, "-" for standard input, the content itself, or an open binary file."""
        self.path: Path | None = None
        self.damage = ""
        self._content: bytes | None = None
        if isinstance(origin, (bytes, bytearray, memoryview)):
            self._content, self.name = bytes(origin), name or "<bytes>"
        elif isinstance(origin, (str, os.PathLike)) and str(origin) != "-":
            self.path = Path(origin)
            self.name = name or str(origin)
        else:
            stream = sys.stdin.buffer if isinstance(origin, (str, os.PathLike)) else origin
            self._content = stream.read()
            self.name = name or ("<stdin>" if stream is sys.stdin.buffer else getattr(stream, "name", "<stream>"))

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
            raise UsageError(f"{self.name}: is a directory, expected a file") from None
        except OSError as error:
            raise InputError(f"{self.name}: {error.strerror or error}") from None

    @cached_property
    def data(self) -> bytes | mmap.mmap:
        """The decompressed content, in which a UTF-16 text has become UTF-8 and a byte order mark is gone."""
        raw = self.raw
        if raw[:2] == _GZIP:
            raw = self._inflate(_gunzip(raw))
        elif raw[:4] == _ZSTD:
            raw = self._inflate(_unzstd(raw, self.name))
        for mark, encoding in _BOMS:
            if raw[: len(mark)] == mark:
                text = raw[len(mark) :]
                return text if encoding == "utf-8" else text.decode(encoding, "replace").encode()
        return raw

    def _inflate(self, chunks: Iterator[bytes | str]) -> bytes:
        out = io.BytesIO()
        for chunk in chunks:
            if isinstance(chunk, str):
                self.damage = chunk
            else:
                out.write(chunk)
        if self.damage and not out.tell():
            raise ParseError(self.name, "compressed data", self.damage)
        return out.getvalue()

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB of `data`: what `sniff` may look at."""
        return bytes(self.data[:_HEAD])

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
        try:
            # orjson refuses NaN, lone surrogates and bytes that are not UTF-8; profilers write all of them.
            return json.loads(decode(data))
        except (json.JSONDecodeError, RecursionError) as error:
            line = getattr(error, "lineno", 1)
            raise ParseError(f"{self.name}:{line}", "JSON", getattr(error, "msg", "too deeply nested")) from None

    def json(self) -> Any:
        """`data` as JSON, parsed once. ParseError where it is not JSON."""
        return self._json


def _gunzip(raw: bytes | mmap.mmap) -> Iterator[bytes | str]:
    """The pieces of one or several gzip members; at the end, if need be, a str that says what is wrong."""
    view, at = memoryview(raw), 0
    while at < len(view):
        member = zlib.decompressobj(wbits=31)
        try:
            while not member.eof and at < len(view):
                piece = view[at : at + (1 << 20)]
                at += len(piece)
                yield member.decompress(piece)
        except zlib.error as error:
            yield f"a damaged gzip stream ({error})"
            return
        if not member.eof:
            yield "a gzip stream that ends early"
            return
        at -= len(member.unused_data)
        if bytes(view[at : at + 2]) != _GZIP:
            return  # gzip itself ignores what follows the last member


def _unzstd(raw: bytes | mmap.mmap, name: str) -> Iterator[bytes | str]:
    try:
        from compression import zstd  # Python 3.14
    except ImportError:
        try:
            import zstandard
        except ImportError:
            raise MissingExtra(f"{name}: zstd needs a library; pip install 'flamegraphs[zstd]'") from None
        stream = zstandard.ZstdDecompressor().stream_reader(memoryview(raw), read_across_frames=True)
        failure: type[Exception] = zstandard.ZstdError
    else:
        stream, failure = zstd.ZstdFile(io.BytesIO(raw)), zstd.ZstdError
    while True:
        try:
            piece = stream.read(1 << 20)
        except (failure, EOFError) as error:
            yield f"a damaged zstd stream ({error})"
            return
        if not piece:
            return
        yield piece
