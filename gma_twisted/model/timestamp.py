"""An instant of UTC to the nanosecond, as events carry it (WIRE 6)."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache, total_ordering

import attrs

from gma_twisted.errors import ParameterError, cut

__all__ = ["Timestamp"]

_GIGA = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = -62_135_596_800 * _GIGA
_LAST = 253_402_300_800 * _GIGA - 1
_TEXT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


@total_ordering
@attrs.frozen(slots=True, order=False)
class Timestamp:
    """
    An instant.

    @ivar nanoseconds: since 1970 in UTC, leap seconds not counted; within the years 1 to 9999
    """

    nanoseconds: int

    def __attrs_post_init__(self) -> None:
        if not _FIRST <= self.nanoseconds <= _LAST:
            raise ParameterError(
                f"{cut(self.nanoseconds, 40)} ns since 1970 is no instant of the years 1 to 9999"
            )

    @classmethod
    def now(cls) -> "Timestamp":
        """The wall time of this machine."""
        return cls(time.time_ns())

    @classmethod
    def ofSeconds(cls, seconds: float) -> "Timestamp":
        """
        An instant as other APIs give it, to the microsecond: a float has no more.

        @param seconds: since 1970
        @raise ParameterError: not a number, or out of range
        """
        if not _FIRST <= seconds * _GIGA <= _LAST:
            raise ParameterError(f"{seconds!r} s since 1970 is no instant of the years 1 to 9999")
        return cls(round(seconds * 1_000_000) * 1_000)

    @classmethod
    def parse(cls, text: str) -> "Timestamp":
        """
        Read C{2009-12-08T17:43:30.123456Z}: ISO 8601 with up to nine digits of fraction; without a zone it is UTC.

        @raise ParameterError: malformed, or no such instant
        """
        found = _TEXT.fullmatch(text.strip()) if len(text) <= 64 else None
        if found is None:
            raise ParameterError(
                f'"{cut(text, 60)}" is no timestamp', cure="write 2026-11-21T20:00:00.123456Z"
            )
        try:
            moment = datetime(*(int(one) for one in found.groups()[:6]), tzinfo=UTC)  # type: ignore[misc, arg-type]
            zone = found[8]
            offset = timedelta(0)
            if zone and zone != "Z":
                offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
                if offset >= timedelta(days=1) or int(zone[-2:]) > 59:
                    raise ValueError(zone)
        except ValueError:
            raise ParameterError(
                f'"{cut(text, 60)}" is no timestamp: there is no such day, hour or zone'
            ) from None
        sign = -1 if zone and zone[0] == "-" else 1
        whole = (moment - _EPOCH) // timedelta(seconds=1) - sign * (offset // timedelta(seconds=1))
        fraction = (found[7] or "").ljust(9, "0")
        return cls(whole * _GIGA + int(fraction))

    @property
    def seconds(self) -> float:
        """Since 1970; what a float cannot hold is rounded away."""
        return self.nanoseconds / _GIGA

    def __str__(self) -> str:
        """In UTC with six digits of fraction, with nine where six would lose something (WIRE 6)."""
        whole, fraction = divmod(self.nanoseconds, _GIGA)
        micro, nano = divmod(fraction, 1000)
        # Half the time of a format.
        digits = str(fraction).zfill(9) if nano else str(micro).zfill(6)
        return f"{_written(whole)}.{digits}Z"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Timestamp):
            return NotImplemented
        return self.nanoseconds < other.nanoseconds


# What comes one after the other mostly happened in the same second.
@lru_cache(maxsize=1024)
def _written(whole: int) -> str:
    return (_EPOCH + timedelta(seconds=whole)).replace(tzinfo=None).isoformat()
