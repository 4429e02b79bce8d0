"""How values are spelled in TOML: texts, names, durations, arrays and tables on one line."""

import enum
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from ipaddress import IPv4Network, IPv6Network

from gma_twisted.configuration.listen import Listen
from gma_twisted.errors import ParameterError
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.model import Handle, QName
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.soap.declaration import Cardinality

__all__ = ["UNITS", "spell", "spellDuration", "spellKey", "spellName", "spellSeveral"]

UNITS: Mapping[str, float] = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
"""Seconds of each unit of a duration, the largest first."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_PREFIX_OF = {uri: prefix for prefix, uri in PREFIXES.items()}


def spell(value: object) -> str:  # noqa: C901 (one line a type)
    """
    A value as TOML.

    @raise ParameterError: of a type that no configuration holds
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case int() | float():
            return repr(value)
        case QName():
            return _text(spellName(value))
        case Handle():
            return _text(value.url)
        case Listen():
            return _text(value.text)
        case enum.Enum():
            return _text(str(value.value))
        case Cardinality() | IPv4Network() | IPv6Network() | DataUrl():
            return _text(str(value))
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            pairs = (f"{spellKey(str(name))} = {spell(each)}" for name, each in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
        case Sequence():
            return f"[{', '.join(map(spell, value))}]"
    raise ParameterError(f"{type(value).__name__} cannot be written as TOML")


def spellSeveral(values: Sequence[object]) -> str:
    """An array, or its only member where one need not stand in an array."""
    return spell(values[0] if len(values) == 1 else values)


def spellKey(name: str) -> str:
    """A key, quoted where TOML wants it."""
    return name if _BARE.fullmatch(name) else _text(name)


def spellName(name: QName) -> str:
    """A qualified name, or every name of a namespace, with a prefix where there is one; without quotes."""
    prefix = _PREFIX_OF.get(name.namespace)
    if prefix is not None:
        return f"{prefix}:{name.localName}"
    # A wildcard of no namespace; QName would write it as a bare star, which is no name.
    return "{}*" if name.clark == "*" else name.clark


def spellDuration(value: float, read: Callable[[str], float]) -> str:
    """
    A duration in the largest unit that needs no fraction; where its number would not read back as the same, another.

    @param value: seconds
    @param read: what it will be read with
    @raise ParameterError: no text reads as this
    """
    for unit in _unitsFor(value):
        text = f"{f'{value / UNITS[unit]:.6f}'.rstrip('0').rstrip('.')}{unit}"
        try:
            if read(text) == value:
                return _text(text)
        except ParameterError:
            continue
    raise ParameterError(f"{value!r} seconds cannot be written as a duration")


def _unitsFor(value: float) -> Iterator[str]:
    if value:
        yield from (unit for unit in ("d", "h", "m", "s") if (value / UNITS[unit]).is_integer())
    if 0 < value < 1:
        yield "ms"
    yield from ("s", "ms", "m", "h", "d")


def _text(value: str) -> str:
    return f'"{_ESCAPED.sub(_escape, value)}"'


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0], f"\\u{ord(found[0]):04x}")
