"""Where input comes from, and what is left of a compressed one that is cut or damaged."""

from __future__ import annotations

import gzip
import io
import random
import struct
import sys
import types

import pytest

from flamegraph.errors import InputError, MissingExtra, ParseError
from flamegraph.source import Source

zstandard = pytest.importorskip("zstandard")

TEXT = b"".join(b"main;f%d;g%d %d\n" % (i % 97, i * i % 89, i) for i in range(300))
#: Does not get much smaller, and so is read in several pieces.
LARGE = b"".join(b"main;%s 1\n" % random.Random(i).randbytes(20).hex().encode() for i in range(30_000))

#: A frame that decoders must pass over; pzstd writes one before each of the others.
SKIPPABLE = struct.pack("<II", 0x184D2A50, 4) + b"size"


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


class _Standard(types.ModuleType):
    """What Python 3.14 has as compression.zstd, as far as it is used."""

    ZstdError = zstandard.ZstdError

    @staticmethod
    def ZstdDecompressor():
        return zstandard.ZstdDecompressor().decompressobj()


@pytest.fixture(params=["gzip", "zstd", "zstd of the standard library"])
def compress(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    if request.param == "zstd of the standard library":
        package, module = types.ModuleType("compression"), _Standard("compression.zstd")
        package.zstd = module
        monkeypatch.setitem(sys.modules, "compression", package)
        monkeypatch.setitem(sys.modules, "compression.zstd", module)
        monkeypatch.setitem(sys.modules, "zstandard", None)
    return gzip.compress if request.param == "gzip" else zstd


def test_whole(compress):
    one, other = compress(TEXT), compress(LARGE)
    for content, expected in [
        (one, TEXT),
        (other, LARGE),
        (one + other + one, TEXT + LARGE + TEXT),
        (compress(b"") + one, TEXT),
        (one + bytes(512), TEXT),  # filled up to a block, as on tapes
    ]:
        source = Source(content)
        assert source.data == expected and source.damage == ""


def test_frames_to_pass_over():
    source = Source(SKIPPABLE + zstd(TEXT) + SKIPPABLE + zstd(TEXT))
    assert source.data == TEXT * 2 and source.damage == ""


def test_cut_anywhere(compress):
    """What was before the cut is there, and the cut is told."""
    one = compress(TEXT)
    content, whole = one * 3, TEXT * 3
    known = b""
    for size in range(1, len(content)):
        source = Source(content[:size])
        try:
            data = source.data
        except ParseError as error:
            assert not known and "ends early" in str(error)
            continue
        if size < 4:
            continue  # not known as compressed yet
        assert data.startswith(known) and whole.startswith(data)
        assert len(data) >= size // len(one) * len(TEXT)
        assert bool(source.damage) == (size % len(one) != 0), size
        known = data


def test_cut_says_what(compress):
    source = Source(compress(LARGE)[:-1])
    assert source.data == LARGE
    assert source.damage in ("a gzip stream that ends early", "a zstd stream that ends early")


@pytest.mark.parametrize("at", [0.3, 0.5, 0.9])
def test_a_damaged_byte_costs_only_what_follows(compress, at):
    content = bytearray(compress(LARGE))
    at = int(at * len(content))
    before = Source(bytes(content[:at])).data
    content[at : at + 8] = b"\xff" * 8
    source = Source(bytes(content))
    assert source.data.startswith(before) and source.damage.startswith("a damaged ")
    # Of zstd, a block is decoded once it is there as a whole.
    assert len(before) > 0.8 * at / len(content) * len(LARGE) - (128 << 10)


def test_a_wrong_checksum_alone_loses_nothing(compress):
    content = bytearray(compress(TEXT) + compress(LARGE))
    content[-6 if compress is gzip.compress else -1] ^= 255
    source = Source(bytes(content))
    assert source.data == TEXT + LARGE and source.damage.startswith("a damaged ")


def test_damaged_from_the_start(compress):
    content = bytearray(compress(TEXT))
    content[4:] = b"\xff" * len(content[4:])
    with pytest.raises(ParseError, match="input: expected compressed data, found a damaged "):
        _ = Source(bytes(content), "input").data


def test_no_small_file_fills_the_memory(compress, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("flamegraph.compressed._LARGE", 1 << 20)
    monkeypatch.setattr("flamegraph.compressed._TIMES", 20)
    assert len(Source(compress(bytes(1 << 20))).data) == 1 << 20
    assert len(Source(compress(random.Random(1).randbytes(2 << 20))).data) == 2 << 20
    with pytest.raises(ParseError, match=r"expected compressed data, found [\d,]+ bytes that expand to more than "):
        Source(compress(bytes(9 << 20))).data  # noqa: B018


def test_something_else_behind_it(compress):
    source = Source(compress(TEXT) + b"junk")
    assert source.data == TEXT and source.damage.endswith(" stream with other data behind it")


def test_zstd_without_a_library(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingExtra, match=r"input: .*pip install 'flamegraphs\[zstd\]'"):
        _ = Source(zstd(TEXT), "input").data


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a directory, expected a file"):
        _ = Source(tmp_path).data


def test_standard_input(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    source = Source("-")
    assert (source.data, source.name) == (TEXT, "<stdin>")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="standard input: is closed"):
        Source("-")
