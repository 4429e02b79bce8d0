"""Bytes of a connection to lines: pure, bounded, and the same however the network cut them."""

from collections.abc import Sequence

from gma_twisted.errors import TooLarge
from gma_twisted.netlogger.pairs import MAX_LINE

__all__ = ["PREAMBLE", "LineFraming"]

PREAMBLE = b"ULM\0    "
"""What NetLogger's C library writes when it has connected; its Python library writes nothing."""

_CR = b"\r"


class LineFraming:
    """
    The lines of one connection, or of one datagram.

    A line ends with LF, or with CR and LF; the last one of a connection may have no end. Of a line that is too long
    nothing is kept: L{TooLarge} stands where it was.
    """

    __slots__ = ("_held", "_isBeginning", "_isSkipping", "_most")

    def __init__(self, most: int = MAX_LINE) -> None:
        """@param most: bytes of a line, without its end"""
        self._most = most
        # Not a list of what came: of a line in pieces of two bytes each that would take twenty times as much.
        self._held = bytearray()
        self._isBeginning = True
        self._isSkipping = False

    @property
    def held(self) -> int:
        """Bytes of the line that has no end yet."""
        return len(self._held)

    def receive(self, data: bytes) -> Sequence[bytes | TooLarge]:
        """Bytes came. @return: the lines they end, without their ends, some of them empty"""
        if self._isBeginning:
            data = bytes(self._held) + data
            self._held.clear()
            if len(data) < len(PREAMBLE) and PREAMBLE.startswith(data):
                self._held += data
                return ()
            self._isBeginning = False
            data = data.removeprefix(PREAMBLE)
        *ended, rest = data.split(b"\n")
        lines: list[bytes | TooLarge] = []
        for one in ended:
            lines += self._ended(one)
        if not self._isSkipping:
            self._held += rest
            if self._isTooLong():
                self.drop()
                lines.append(self._tooLarge())
        return lines

    def end(self) -> Sequence[bytes | TooLarge]:
        """No more comes. @return: the last line, when it had no end"""
        return self._ended(b"") if self._held else ()

    def drop(self) -> None:
        """Keep nothing of the line that has no end yet."""
        if self._held and not self._isBeginning:
            self._held.clear()
            self._isSkipping = True

    def _ended(self, piece: bytes) -> Sequence[bytes | TooLarge]:
        if self._isSkipping:
            self._isSkipping = False
            return ()
        if self._held:
            piece = bytes(self._held) + piece
            self._held.clear()
        line = piece.removesuffix(_CR)
        return (line,) if len(line) <= self._most else (self._tooLarge(),)

    def _isTooLong(self) -> bool:
        # One byte more may be the CR of its end.
        size = len(self._held)
        return size > self._most and not (size == self._most + 1 and self._held.endswith(_CR))

    def _tooLarge(self) -> TooLarge:
        return TooLarge(
            f"a line of more than {self._most} bytes", cure="end each event with a line feed"
        )
