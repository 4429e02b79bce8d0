"""A file beside a journal with the last place that is durable.

SQLite takes the damaged end of its write-ahead log for the remains of a write that was never finished, and drops it
without a word. The mark tells that from a loss. It is not synchronised: after a power cut it may be behind, never
ahead.
"""

import os
from struct import Struct
from zlib import crc32

import attrs

__all__ = ["Mark"]

_FIELDS = Struct("<4sQ")
_CRC = Struct("<I")
_MAGIC = b"gmaM"


@attrs.define(eq=False, slots=True)
class Mark:
    """
    The mark of one journal; its methods block.

    @ivar path: of the file
    """

    path: str
    _descriptor: int | None = attrs.field(default=None, init=False)

    def read(self) -> int | None:
        """
        The last place; C{None} when there is none.

        @raise ValueError: it is there and says nothing that can be read
        @raise OSError: it cannot be read
        """
        try:
            with open(self.path, "rb") as file:
                data = file.read(_FIELDS.size + _CRC.size + 1)
        except FileNotFoundError:
            return None
        if len(data) != _FIELDS.size + _CRC.size:
            raise ValueError(f"it has {len(data)} bytes")
        magic, place = _FIELDS.unpack_from(data)
        if (
            magic != _MAGIC
            or crc32(data[: _FIELDS.size]) != _CRC.unpack_from(data, _FIELDS.size)[0]
        ):
            raise ValueError("its check is wrong")
        return int(place)

    def write(self, place: int) -> None:
        """
        Say that everything up to a place is durable.

        @raise OSError: it cannot be written
        """
        if self._descriptor is None:
            flags = os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self.path, flags, 0o600)
            os.ftruncate(self._descriptor, _FIELDS.size + _CRC.size)
        fields = _FIELDS.pack(_MAGIC, place)
        os.pwrite(self._descriptor, fields + _CRC.pack(crc32(fields)), 0)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
