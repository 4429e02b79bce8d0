"""XML Schema's simple values as they travel: dateTime with C{Z}, duration, boolean, decimal seconds, QName text."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from gma_twisted.errors import GMAError, ParameterError, cut
from gma_twisted.markup.build import escapeAttribute
from gma_twisted.markup.parse import XMLGate
from gma_twisted.model.qname import QName

__all__ = [
    "checkedQName",
    "readBoolean",
    "readDateTime",
    "readDuration",
    "readExtendedDateTime",
    "readQName",
    "readSeconds",
    "writeBoolean",
    "writeDateTime",
    "writeDuration",
    "writeExtendedDateTime",
    "writeSeconds",
]

_DATETIME = re.compile(
    r"(?P<y>-?\d{4,})-(?P<mo>\d\d)-(?P<d>\d\d)T(?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)"
    r"(?:\.(?P<f>\d{1,30}))?(?P<z>Z|[+-]\d\d:?\d\d)?\Z",
    re.ASCII,
)
_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<y>\d+)Y)?(?:(?P<mo>\d+)M)?(?:(?P<d>\d+)D)?"
    r"(?P<t>T(?:(?P<h>\d+)H)?(?:(?P<mi>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?\Z",
    re.ASCII,
)
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 64
# What we write ourselves, and most others, ends so after the second.
_SECOND = len("2026-11-21T20:00:00")
_FRACTIONS = {"Z": 0.0} | {f".{each:03}Z": each / 1000 for each in range(1000)}


def _trimmed(text: str, kind: str) -> str:
    value = text.strip()
    if len(value) > _LONGEST:
        raise ParameterError(f'"{cut(value, 40)}" is too long for {kind}')
    return value


def readDateTime(text: str) -> float:
    """
    Read xsd:dateTime; without a zone it is UTC (OGSI 1.0, 7.6). Years beyond 9999 read as C{inf}, before 1 as C{-inf}:
    out-of-range times must be accepted.

    @return: seconds since 1970
    @raise ParameterError: not a dateTime
    """
    fraction = _FRACTIONS.get(text[_SECOND:])
    if fraction is None:
        return _readAny(text)
    try:
        return _readSecond(text[:_SECOND]) + fraction
    except ParameterError:
        return _readAny(text)  # refused with all of it in the message


def _readAny(text: str) -> float:
    value = _trimmed(text, "a dateTime")
    found = _DATETIME.match(value)
    if found is None:
        raise ParameterError(f'"{cut(value)}" is not a dateTime such as 2026-11-21T20:00:00Z')
    year = int(found["y"])
    if not 1 <= year <= 9999:
        return math.inf if year > 9999 else -math.inf
    hour = int(found["h"])
    zone = found["z"]
    offset = timedelta(0)
    if zone and zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        offset = -offset if zone[0] == "-" else offset
    try:
        midnight = hour == 24 and found["mi"] == found["s"] == "00"
        moment = datetime(
            year,
            int(found["mo"]),
            int(found["d"]),
            0 if midnight else hour,
            int(found["mi"]),
            int(found["s"]),
            tzinfo=timezone(offset),
        )
    except ValueError:
        raise ParameterError(
            f'"{cut(value)}" is not a dateTime: no such day, hour or zone'
        ) from None
    seconds = (moment - _EPOCH).total_seconds() + (86400.0 if midnight else 0.0)
    return seconds + float("0." + found["f"]) if found["f"] else seconds


# The values of a message, too, share a few seconds; what is refused is not kept.
_readSecond = lru_cache(maxsize=4096)(_readAny)


def writeDateTime(seconds: float) -> str:
    """
    Write xsd:dateTime in UTC with C{Z} and, when there is one, a fraction of milliseconds.

    @param seconds: since 1970; what a calendar cannot hold is clamped to the years 1 to 9999
    """
    bounded = min(max(seconds, -62135596800.0), 253402300799.999)
    whole, fraction = divmod(math.floor(bounded * 1000 + 0.5), 1000)
    return f"{_second(whole)}.{fraction:03}Z" if fraction else _second(whole) + "Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    # The values of one commit, and mostly those of one answer, share a few seconds.
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}"


def readExtendedDateTime(text: str) -> float:
    """
    Read ogsi:ExtendedDateTimeType: a dateTime or C{infinity} (OGSI 1.0, 7.7).

    @return: seconds since 1970, C{inf} for infinity
    """
    return math.inf if text.strip() == "infinity" else readDateTime(text)


def writeExtendedDateTime(seconds: float) -> str:
    """Write ogsi:ExtendedDateTimeType; C{inf} is C{infinity}."""
    return "infinity" if seconds == math.inf else writeDateTime(seconds)


def readDuration(text: str) -> float:
    """
    Read xsd:duration or C{infinity} (ogsi:maxInterval).

    Years and months have no length of their own; none of them is read too, as Java writes C{P0Y0M0DT0H0M5.000S}.

    @return: seconds
    @raise ParameterError: not a duration, a negative one, or one that counts years or months
    """
    value = _trimmed(text, "a duration")
    if value == "infinity":
        return math.inf
    found = _DURATION.match(value)
    if (
        found is None
        or not any(found[part] for part in ("y", "mo", "d", "h", "mi", "s"))
        or found["t"] == "T"
    ):
        raise ParameterError(f'"{cut(value)}" is not a duration such as PT30S')
    if found["sign"]:
        raise ParameterError(f'duration "{cut(value)}" is negative')
    if int(found["y"] or 0) or int(found["mo"] or 0):
        raise ParameterError(f'duration "{cut(value)}" counts years or months; count days')
    return (
        int(found["d"] or 0) * 86400.0
        + int(found["h"] or 0) * 3600
        + int(found["mi"] or 0) * 60
        + float(found["s"] or 0)
    )


def writeDuration(seconds: float) -> str:
    """Write xsd:duration in seconds, C{PT30S}; C{inf} is C{infinity}."""
    return "infinity" if seconds == math.inf else f"PT{writeSeconds(seconds)}S"


def readSeconds(text: str) -> float:
    """
    Read xsd:decimal seconds, the durations of our own messages.

    @raise ParameterError: not a decimal number, or a negative one
    """
    value = _trimmed(text, "a number")
    if not _DECIMAL.match(value):
        raise ParameterError(f'"{cut(value)}" is not a decimal number of seconds')
    seconds = float(value)
    if seconds < 0:
        raise ParameterError(f'"{cut(value)}" seconds are negative')
    return seconds


def writeSeconds(seconds: float) -> str:
    """Write xsd:decimal seconds with at most microseconds, never with an exponent."""
    if seconds % 1 == 0:
        return str(int(seconds))
    text = f"{seconds:.6f}".rstrip("0").rstrip(".")
    return text or "0"


def readBoolean(text: str) -> bool:
    """Read xsd:boolean. @raise ParameterError: none of true, false, 1, 0"""
    value = _trimmed(text, "a boolean")
    if value in ("true", "1"):
        return True
    if value in ("false", "0"):
        return False
    raise ParameterError(f'"{cut(value)}" is not true or false')


def writeBoolean(value: bool) -> str:
    """Write xsd:boolean."""
    return "true" if value else "false"


def checkedQName(name: QName) -> QName:
    """
    The same name, when it can be written with a prefix: a namespace that is no URI makes a document malformed.

    Names that were written with a prefix, and those of elements, have passed already.

    @raise ParameterError: the namespace is no URI
    """
    if name.namespace and not _isNamespace(name.namespace):
        raise ParameterError(f'the namespace "{cut(name.namespace)}" is no URI')
    return name


@lru_cache(maxsize=1024)
def _isNamespace(uri: str) -> bool:
    try:
        XMLGate().parse(f'<a xmlns:a="{escapeAttribute(uri)}"/>'.encode())
    except GMAError:
        return False
    return True


def readQName(text: str, namespaces: Mapping[str | None, str]) -> QName:
    """
    Read a QName in text: C{prefix:local} resolved where it stands, or Clark notation (WIRE 1).

    An unprefixed name takes the default namespace (XML Schema Part 2, 3.2.18).

    @param text: blanks around it are dropped
    @param namespaces: prefix to URI in scope, as lxml's C{nsmap}
    @raise ParameterError: malformed, an undeclared prefix, or as L{checkedQName}
    """
    value = text.strip()
    if value.startswith("{"):
        return checkedQName(QName.parse(value))
    if ":" not in value:
        return QName(namespaces.get(None, ""), QName.parse(value).localName)
    prefix, _, local = value.partition(":")
    uri = namespaces.get(prefix)
    if uri is None:
        raise ParameterError(
            f'prefix "{cut(prefix, 40)}" of "{cut(value)}" is not declared',
            cure="write {uri}local",
        )
    return QName(uri, QName.parse(local).localName)
