"""
Data URLs of lines: where they go, and how they are written (WIRE 7)::

    x-netlog://collector.example.org:14830?format=bp&level=Info&const.site=cern
    x-netlog-udp://collector.example.org
    file:/var/lib/gma/lines/host.bp?format=ulm

What stands behind C{?} are directives, as NetLogger's own destinations had them.
"""

import enum
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.netlogger.level import LEVELS, levelOf
from gma_twisted.netlogger.pairs import Dialect

__all__ = [
    "DEFAULT_PORT",
    "FILE",
    "MAX_URL",
    "OTHER_PORT",
    "TCP",
    "UDP",
    "DataUrl",
    "LineFormat",
]

TCP = "x-netlog"
UDP = "x-netlog-udp"
FILE = "file"

DEFAULT_PORT = 14830
"""Where lines are listened for: NetLogger's C library (C{DPSS_NETLOGGER_PORT})."""
OTHER_PORT = 14380
"""Where NetLogger's Python library listened: a URL without a port is tried there too."""

MAX_URL = 2048
"""Most characters of a data URL."""

_CONSTANT = "const."
_NAME = re.compile(r"[0-9A-Za-z_.\-]{1,128}\Z")
_HOST = re.compile(r"[0-9A-Za-z.\-:_]{1,253}\Z")
_MOST = 32
_TRUTHS = {"yes": True, "no": False}


class LineFormat(enum.Enum):
    """How an event becomes a line; the values travel."""

    BP = "bp"
    """NetLogger 3 and 4."""
    ULM = "ulm"
    """NetLogger 1 and 2."""
    XML = "xml"
    """The event of WIRE 6 in one line: nothing is lost."""


_WORDS: Mapping[str, Sequence[str]] = {
    "format": [one.value for one in LineFormat],
    "dialect": [one.value for one in Dialect],
    "level": list(LEVELS.values()),
    "numbers": list(_TRUTHS),
}


@attrs.frozen(slots=True)
class DataUrl:
    """
    Where lines go, and how they are written.

    @ivar scheme: C{x-netlog}, C{x-netlog-udp} or C{file}
    @ivar host: name or address, without brackets; empty for a file
    @ivar port: C{None} where the URL says none
    @ivar path: of a file, absolute; else empty
    @ivar format: C{None} where the URL says none
    @ivar dialect: what a backslash means; C{None} where the URL says nothing
    @ivar level: no events of less importance are written, see L{levelOf}; C{None} for all
    @ivar constants: fields that each line has beside those of its event, in their order
    @ivar isNumbered: whether a connection begins with C{gma.stream.begin} and lines have numbers
        (L{gma_twisted.netlogger.numbers})
    """

    scheme: str
    host: str = ""
    port: int | None = None
    path: str = ""
    format: LineFormat | None = None
    dialect: Dialect | None = None
    level: int | None = None
    constants: Sequence[tuple[str, str]] = ()
    isNumbered: bool = False

    @classmethod
    def parse(cls, text: str) -> "DataUrl":
        """
        Read one.

        @raise ParameterError: it is none; names what is wrong with it
        @raise TooLarge: more than L{MAX_URL} characters, or too many constants
        """
        url = text.strip()
        if len(url) > MAX_URL:
            raise TooLarge(f"a data URL has at most {MAX_URL} characters: {cut(url, 60)}")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise _wrong(url, "is no URL", f"write {TCP}://host:{DEFAULT_PORT}") from None
        scheme = parts.scheme.lower()
        if scheme not in (TCP, UDP, FILE):
            why = f"is none of {TCP}:, {UDP}: and {FILE}:"
            raise _wrong(url, why, f"write {TCP}://host:{DEFAULT_PORT}")
        if parts.fragment or "@" in parts.netloc:
            raise _wrong(url, "may have neither a fragment nor user information")
        port = _port(url, parts)
        host = (parts.hostname or "").lower()
        if scheme == FILE:
            path = parts.path
            # Blanks at its end would be taken off when it is read again.
            isPath = path.startswith("/") and path.isprintable() and not path.endswith(" ")
            if host not in ("", "localhost") or not isPath:
                raise _wrong(url, "is no file of this machine, such as file:/var/log/events.bp")
            return cls(scheme, path=parts.path, **_directives(url, parts.query))
        if not _HOST.match(host) or parts.path not in ("", "/"):
            raise _wrong(url, f"is not such as {scheme}://host:{DEFAULT_PORT}")
        return cls(scheme, host, port, **_directives(url, parts.query))

    @property
    def ports(self) -> Sequence[int]:
        """Those to try, in this order."""
        return (DEFAULT_PORT, OTHER_PORT) if self.port is None else (self.port,)

    @property
    def place(self) -> str:
        """Where lines go, without directives."""
        if self.scheme == FILE:
            return f"{FILE}:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")

    def __str__(self) -> str:
        said: list[tuple[str, str]] = []
        if self.format is not None:
            said.append(("format", self.format.value))
        if self.dialect is not None:
            said.append(("dialect", self.dialect.value))
        if self.level is not None:
            said.append(("level", LEVELS.get(self.level, str(self.level))))
        if self.isNumbered:
            said.append(("numbers", "yes"))
        said += [(_CONSTANT + name, value) for name, value in self.constants]
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in said)
        return self.place + (f"?{query}" if query else "")


def _wrong(url: str, why: str, cure: str = "") -> ParameterError:
    return ParameterError(f'the data URL "{cut(url)}" {why}', cure=cure, parameter="dataUrl")


def _port(url: str, parts: SplitResult) -> int | None:
    cure = "write a port from 1 to 65535, or none"
    try:
        port = parts.port
    except ValueError:
        raise _wrong(url, "has a port that is none", cure) from None
    if port == 0:
        raise _wrong(url, "has no port 0 to go to", cure)
    return port


def _directives(url: str, query: str) -> Mapping[str, Any]:
    found: dict[str, object] = {}
    constants: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in found or name.removeprefix(_CONSTANT) in constants:
            raise _wrong(url, f'says "{cut(name, 40)}" twice')
        if name.startswith(_CONSTANT):
            constant = name.removeprefix(_CONSTANT)
            if not _NAME.match(constant) or constant.startswith("gma."):
                raise _wrong(url, f'has no usable name for a field: "{cut(constant, 40)}"')
            constants[constant] = value
        else:
            found[name] = _directive(url, name, value)
    if len(constants) > _MOST:
        raise TooLarge(f"a data URL has at most {_MOST} constants: {cut(url, 60)}")
    known = {"format": "format", "dialect": "dialect", "level": "level", "numbers": "isNumbered"}
    made: dict[str, Any] = {known[name]: value for name, value in found.items()}
    made["constants"] = tuple(constants.items())
    return made


def _directive(url: str, name: str, value: str) -> object:
    try:
        if name == "format":
            return LineFormat(value.lower())
        if name == "dialect":
            return Dialect(value.lower())
        if name == "level":
            return levelOf(value)
        if name == "numbers":
            return _TRUTHS[value.lower()]
    except (ValueError, KeyError, ParameterError):
        why = f'cannot have "{cut(value, 40)}" as its {name}'
        raise _wrong(url, why, f"write one of {', '.join(_WORDS[name])}") from None
    raise _wrong(
        url, f'says "{cut(name, 40)}"; known are format, dialect, level, numbers, const.NAME'
    )
