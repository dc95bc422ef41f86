"""The zstd stream that runs through all compressed records; a record may begin in one of them and end in the next."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ...errors import MissingExtra

__all__ = ["PIECE", "Inflate", "zstd_stream"]

#: How much is decompressed before it is looked at.
_FULL = 4 << 20

#: Compressed bytes fed at a time. Four bytes can stand for a block of 128 KiB, so that this many give at most 8 MiB,
#: whatever the input.
PIECE = 256

#: Whoever makes more out of less wants our time: each record has a time of its own, which takes more than a byte, and
#: `perf record -z` makes things ten times smaller, copied stacks that hardly change a thousand times. So much is free.
_RATIO, _FREE, _FREE_RECORDS = 5000, 64 << 20, 1 << 18
_GROWS = "compressed data that holds more than it can: what follows it was not read"


class Inflate:
    """Decompresses into `buffer`.

    damage   why it stopped, "" as long as it did not
    mark     how much of the buffer stood before perf's last mark (see Block.mark), -1: there was none
    """

    def __init__(self, order: str):
        self.order, self.damage, self.buffer = order, "", bytearray()
        self.mark = -1
        self._stream = None
        self._bytes, self._records = _FREE, _FREE_RECORDS  # that may come yet

    def feed(self, payload: memoryview, *, sized: bool) -> Iterator[bool]:
        """Take in one record's payload; yields, now and then, whether the buffer should be emptied by `take`."""
        if sized:  # the payload tells its length, because it is padded
            if len(payload) < 8:
                self.damage = "damaged compressed record"
                return
            (length,) = struct.unpack_from(self.order + "Q", payload)
            payload = payload[8 : 8 + length]
        if self._stream is None:
            self._stream = zstd_stream()
        for at in range(0, len(payload), PIECE):
            try:
                content = self._stream.decompress(payload[at : at + PIECE])
            except Exception as error:  # either library's own class of errors
                self.damage = f"damaged compressed record ({error})"
                return
            self.buffer += content
            self._bytes += _RATIO * PIECE - len(content)
            self._records += PIECE
            if self._bytes < 0:
                self.damage = _GROWS
                return
            yield len(self.buffer) >= _FULL

    def found(self, records: int) -> None:
        """So many records were in what was decompressed."""
        self._records -= records
        if self._records < 0:
            self.damage = self.damage or _GROWS

    def take(self) -> memoryview:
        """What has been decompressed so far, moved out of the buffer."""
        taken, self.buffer = self.buffer, bytearray()
        return memoryview(taken)

    def give_back(self, rest: memoryview) -> None:
        """Put the end of what was taken before what comes next."""
        self.buffer = bytearray(rest) + self.buffer


def zstd_stream():
    """An object whose `decompress(piece)` gives what it can of a stream. MissingExtra where there is no library."""
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
