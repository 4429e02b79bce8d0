"""What batch systems write, in the units of L{gma_twisted.model.job}: seconds, KiB, whole numbers, C{xsd:dateTime}.

Programs print what users wrote: all here take any value, and what is none of its kind becomes an empty text.
"""

import calendar
import re

from gma_twisted.errors import cut
from gma_twisted.markup.xsd import writeDateTime

__all__ = [
    "calendarSeconds",
    "kibibytes",
    "plainText",
    "shownValue",
    "spanSeconds",
    "toDateTime",
    "toText",
    "wholeNumber",
]

_HIGHEST = 2**53
_LATEST = 253402300800
_DIGITS = re.compile(r"\d{1,16}", re.ASCII)
_SPAN = re.compile(
    r"(?:(?P<days>\d{1,7})[+:-])??(?:(?:(?P<hours>\d{1,9}):)?(?P<minutes>\d{1,9}):)?"
    r"(?P<seconds>\d{1,16})(?:\.\d*)?",
    re.ASCII,
)
_SIZE = re.compile(r"(\d{1,16})([kmgtp]?)([bw]?)", re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_WORD = 8
_CALENDAR = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})", re.ASCII
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# All that XML 1.0 cannot hold, and what would end a line.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_LONGEST = 1024


def plainText(value: object, longest: int = _LONGEST) -> str:
    """
    A text or a number as one line that XML can hold, cut; anything else is empty.

    @param longest: characters kept
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = value if isinstance(value, str) else cut(value, longest)
    return _UNFIT.sub("\ufffd", text[:longest]).strip()


def shownValue(value: object) -> str:
    """A value for an error message: a text or a number cut, of anything else only what it is."""
    shown = cut(plainText(value))
    return f'"{shown}"' if shown else f"a {type(value).__name__}"


def wholeNumber(value: object) -> int | None:
    """A whole number from 0 to 2**53, also as a text; C{None} for anything else."""
    if isinstance(value, str):
        text = value.strip()
        value = int(text) if _DIGITS.fullmatch(text) else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _HIGHEST else None


def toText(value: object) -> str:
    """The digits of L{wholeNumber}; empty for anything else."""
    number = wholeNumber(value)
    return "" if number is None else str(number)


def spanSeconds(value: object) -> str:
    """Seconds of C{HH:MM:SS}, C{MM:SS}, C{D+HH:MM:SS}, C{D:HH:MM:SS} or C{SS}, fractions dropped."""
    found = _SPAN.fullmatch(plainText(value))
    if found is None:
        return ""
    days, hours, minutes, seconds = (
        int(found[part] or 0) for part in ("days", "hours", "minutes", "seconds")
    )
    return toText(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def kibibytes(value: object) -> str:
    """KiB, rounded up, of C{1024kb}, C{2gb}, C{512} (bytes) or C{1mw} (words of 8 bytes)."""
    found = _SIZE.fullmatch(plainText(value).lower())
    if found is None:
        return ""
    size = int(found[1]) * 1024 ** _POWERS[found[2]] * (_WORD if found[3] == "w" else 1)
    return toText(-(-size // 1024))


def toDateTime(value: object) -> str:
    """C{xsd:dateTime} of seconds since 1970; empty for 0, which is no time, and what no calendar can hold."""
    number = wholeNumber(value)
    return writeDateTime(number) if number and number < _LATEST else ""


def calendarSeconds(value: object) -> int | None:
    """Seconds since 1970 of C{Tue Nov 25 10:00:00 2025}, as C{ctime} writes it, in UTC."""
    found = _CALENDAR.fullmatch(plainText(value))
    if found is None or found[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = (int(found[part]) for part in range(2, 7))
    if year < 1970:
        return None
    month = _MONTHS.index(found[1]) + 1
    return wholeNumber(calendar.timegm((year, month, day, hour, minute, second)))
