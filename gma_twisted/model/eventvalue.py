"""Values of events as text, loss-free: the same words in XML and JSON (WIRE 6; XML Schema 1.0, 3.2)."""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from gma_twisted.errors import ParameterError, cut
from gma_twisted.model.event import Value
from gma_twisted.model.timestamp import Timestamp

__all__ = ["readInteger", "readText", "writeText"]

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,39}\Z", re.ASCII)
_SPECIAL = {"INF": math.inf, "+INF": math.inf, "-INF": -math.inf, "NaN": math.nan}
_LONGEST_NUMBER = 800


def _readDouble(text: str) -> float:
    value = text.strip()
    if value in _SPECIAL:
        return _SPECIAL[value]
    if len(value) > _LONGEST_NUMBER or not _NUMBER.match(value):
        raise ParameterError(f'"{cut(value, 40)}" is not a double')
    return float(value)


def _writeDouble(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return repr(value)


def readInteger(text: str) -> int:
    """A whole number. @raise ParameterError: it is none, or has more than 39 digits"""
    value = text.strip()
    if not _WHOLE.match(value):
        raise ParameterError(f'"{cut(value, 60)}" is not a whole number of at most 38 digits')
    return int(value)


def _readBoolean(text: str) -> bool:
    value = text.strip()
    if value not in ("true", "false", "1", "0"):
        raise ParameterError(f'"{cut(value, 40)}" is not true or false')
    return value in ("true", "1")


def _readBytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ParameterError(f'"{cut(text, 40)}" is not base64') from None


# By what a type is called; some are other names of ours, which other toolkits write.
_READERS: Mapping[str, Callable[[str], Value]] = {
    "string": str,
    "boolean": _readBoolean,
    "integer": readInteger,
    "int": readInteger,
    "long": readInteger,
    "double": _readDouble,
    "float": _readDouble,
    "decimal": _readDouble,
    "dateTime": Timestamp.parse,
    "base64Binary": _readBytes,
}
_WRITERS: Mapping[type, tuple[str, Callable[[Any], str]]] = {
    str: ("string", str),
    bool: ("boolean", lambda value: "true" if value else "false"),
    int: ("integer", str),
    float: ("double", _writeDouble),
    Timestamp: ("dateTime", str),
    bytes: ("base64Binary", lambda value: base64.b64encode(value).decode("ascii")),
}


def readText(type: str, text: str) -> Value:
    """
    The value of a text.

    @param type: as XML Schema calls it, C{double}; what stands before a colon is a prefix, and is not looked at
    @raise ParameterError: no such type, or the text is none of it
    """
    read = _READERS.get(type.rpartition(":")[2])
    if read is None:
        raise ParameterError(
            f'the type "{cut(type)}" is not known; known are {", ".join(_READERS)}'
        )
    return read(text)


def writeText(value: Value) -> tuple[str, str]:
    """
    A value as text.

    @return: its type, as XML Schema calls it, and the text, as it is before a format escapes it
    @raise ParameterError: it is nothing an event may hold: a field was given it after it was made
    """
    try:
        kind, write = _WRITERS[type(value)]
    except KeyError:
        raise ParameterError(
            f"an event cannot hold {cut(type(value).__name__)}",
            cure="give text, a number, bool, bytes or a timestamp",
        ) from None
    return kind, write(value)
