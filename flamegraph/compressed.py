"""gzip and zstd. Of a stream that is cut or damaged, everything that stands before that is given."""

from __future__ import annotations

import io
import mmap
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .errors import MissingExtra, ParseError

__all__ = ["expand"]

#: Compressed bytes worked on at once. Larger pieces take no less time, and what comes out of one needs memory.
_PIECE = 8 * 1024

#: What a stream may expand to: so many bytes in any case, beyond that so many times its size. Profiles that repeat
#: themselves have been seen to expand to 112 times their size, small ones; what is made to fill memory goes to 1,000.
_LARGE, _TIMES = 1 << 30, 200


@dataclass(frozen=True)
class _Codec:
    """A stream is one or several frames (gzip calls them members), which begin with `magic`.

    `decoder()` makes what decodes one frame: an object with `decompress`, `eof` and `unused_data`.
    """

    name: str
    magic: re.Pattern[bytes]
    decoder: Callable[[], Any]
    error: type[Exception]


_GZIP = re.compile(rb"\x1f\x8b")

#: A frame, or one that decoders pass over (RFC 8878, section 3.1.2).
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")


def expand(raw: bytes | mmap.mmap, name: str) -> tuple[bytes | mmap.mmap, str]:
    """(what `raw` holds when decompressed, what is wrong with it or ""). `raw` itself where it is not compressed.

    ParseError where nothing can be decompressed, or far too much of a small file. MissingExtra where that needs a
    library. `name` is for messages.
    """
    if _GZIP.match(raw):
        codec = _Codec("gzip", _GZIP, lambda: zlib.decompressobj(wbits=31), zlib.error)
    elif _ZSTD.match(raw):
        codec = _zstd(name)
    else:
        return raw, ""
    out, damage = io.BytesIO(), ""
    try:
        for piece in _pieces(memoryview(raw), codec):
            out.write(piece)
            if out.tell() > max(_LARGE, _TIMES * len(raw)):
                raise ParseError(name, "compressed data", f"{len(raw):,} bytes that expand to more than {out.tell():,}")
    except _Damage as found:
        damage = str(found)
        if not out.tell():
            raise ParseError(name, "compressed data", damage) from None
    return out.getvalue(), damage


class _Damage(Exception):
    """What is wrong with a stream, told after all that could be decoded."""


def _zstd(name: str) -> _Codec:
    try:
        from compression import zstd  # Python 3.14
    except ImportError:
        pass
    else:
        return _Codec("zstd", _ZSTD, zstd.ZstdDecompressor, zstd.ZstdError)
    try:
        import zstandard
    except ImportError:
        raise MissingExtra(f"{name}: zstd needs a library; pip install 'flamegraphs[zstd]'") from None
    return _Codec("zstd", _ZSTD, lambda: zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError)


def _pieces(raw: memoryview, codec: _Codec) -> Iterator[bytes]:
    """What the frames hold, in pieces. _Damage after the last one, where something is wrong."""
    at = 0
    while codec.magic.match(raw, at):
        start, decoder = at, codec.decoder()
        while not decoder.eof and at < len(raw):
            piece = raw[at : at + _PIECE]
            try:
                out = decoder.decompress(piece)
            except codec.error as error:
                yield from _before_damage(raw[start:at], piece, codec)
                raise _Damage(f"a damaged {codec.name} stream ({error})") from None
            at += len(piece)
            yield out
        if not decoder.eof:
            raise _Damage(f"a {codec.name} stream that ends early")
        at -= len(decoder.unused_data)
    if any(raw[at:]):  # zeros fill up the blocks of tapes
        raise _Damage(f"a {codec.name} stream with other data behind it")


def _before_damage(done: memoryview, piece: memoryview, codec: _Codec) -> Iterator[bytes]:
    """What a damaged piece still holds, given what was decoded before it in its frame.

    The decoder that failed has kept for itself what it had decoded of this piece, so another one goes the same way and
    then on byte by byte.
    """
    decoder = codec.decoder()
    for at in range(0, len(done), _PIECE):
        decoder.decompress(done[at : at + _PIECE])
    try:
        for at in range(len(piece)):
            yield decoder.decompress(piece[at : at + 1])
    except codec.error:
        return
