"""The zstd stream that runs through all compressed records; a record may begin in one of them and end in the next."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ...errors import MissingExtra

__all__ = ["Inflate"]

#: How much is decompressed before it is looked at.
_FULL = 4 << 20

#: Compressed bytes fed at a time. Four bytes can stand for a block of 128 KiB, so that this many give at most 8 MiB,
#: whatever the input.
_PIECE = 256


class Inflate:
    """Decompresses into `buffer`. `damage` says why it stopped, "" as long as it did not."""

    def __init__(self, order: str):
        self.order, self.damage, self.buffer = order, "", bytearray()
        self._stream = None

    def feed(self, payload: memoryview, *, sized: bool) -> Iterator[bool]:
        """Take in one record's payload; yields, now and then, whether the buffer should be emptied by `take`."""
        if sized:  # the payload tells its length, because it is padded
            if len(payload) < 8:
                self.damage = "damaged compressed record"
                return
            (length,) = struct.unpack_from(self.order + "Q", payload)
            payload = payload[8 : 8 + length]
        if self._stream is None:
            self._stream = _decompressor()
        for at in range(0, len(payload), _PIECE):
            try:
                self.buffer += self._stream.decompress(payload[at : at + _PIECE])
            except Exception as error:  # either library's own class of errors
                self.damage = f"damaged compressed record ({error})"
                return
            yield len(self.buffer) >= _FULL

    def take(self) -> memoryview:
        """What has been decompressed so far, moved out of the buffer."""
        taken, self.buffer = self.buffer, bytearray()
        return memoryview(taken)

    def give_back(self, rest: memoryview) -> None:
        """Put the end of what was taken before what comes next."""
        self.buffer = bytearray(rest) + self.buffer


def _decompressor():
    try:
        from compression import zstd  # Python 3.14

        return zstd.ZstdDecompressor()
    except ImportError:
        pass
    try:
        import zstandard
    except ImportError:
        raise MissingExtra("a recording made with -z needs a library; pip install 'flamegraphs[zstd]'") from None
    return zstandard.ZstdDecompressor().decompressobj()
