"""A meter beside the chunk parser: httptools reads chunks and does not say how large they claim to be."""

import re

from gma_twisted.transport.limits import GateLimits
from gma_twisted.transport.refusal import Refusal

__all__ = ["ChunkMeter"]

_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}\Z")


class ChunkMeter:
    """
    Walks over a chunked body and judges sizes and lines only; whether it is well-formed, httptools says.

    @ivar isOver: whether the last chunk and its trailers were seen
    """

    __slots__ = ("_isService", "_left", "_limits", "_line", "_total", "_trailers", "isOver")

    def __init__(self, limits: GateLimits, isService: bool) -> None:
        """@param isService: how a refusal is answered"""
        self._limits = limits
        self._isService = isService
        self._left = 0
        self._total = 0
        self._line = bytearray()
        self._trailers = -1
        self.isOver = False

    def feed(self, data: bytes) -> int:
        """
        Walk over bytes.

        @return: how many of them belong to this body
        @raise Refusal: 413 for a chunk that passes the cap, 400 for a line that is too long or no size
        """
        position = 0
        while position < len(data) and not self.isOver:
            if self._left:
                step = min(self._left, len(data) - position)
                self._left -= step
                position += step
                continue
            newline = data.find(b"\n", position)
            end = len(data) if newline < 0 else newline + 1
            self._line += data[position:end]
            position = end
            if len(self._line) > self._limits.chunkLine:
                raise Refusal(
                    400,
                    f"a chunk's line has at most {self._limits.chunkLine} bytes",
                    self._isService,
                )
            if newline >= 0:
                self._judgeLine(bytes(self._line))
                self._line.clear()
        return position

    def _judgeLine(self, line: bytes) -> None:
        if self._trailers >= 0:
            self._trailers += len(line)
            if self._trailers > self._limits.chunkLine:
                raise Refusal(
                    400, f"trailers have at most {self._limits.chunkLine} bytes", self._isService
                )
            self.isOver = line in (b"\r\n", b"\n")
            return
        size = line.partition(b";")[0].strip()
        if not _SIZE.match(size):
            raise Refusal(
                400, "a chunk begins with its size in hexadecimal digits", self._isService
            )
        count = int(size, 16)
        self._total += count
        if self._total > self._limits.body:
            raise Refusal(413, f"a body has at most {self._limits.body} bytes", self._isService)
        if count:
            # The line end after the data counts as data here: it is not a size line.
            self._left = count + 2
        else:
            self._trailers = 0
