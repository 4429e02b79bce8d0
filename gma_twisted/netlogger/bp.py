"""BP, NetLogger's "best practices" lines (NetLogger 3 and 4; CEDPS logging best practices; LBNL-663E).

C{ts=2009-12-08T17:43:30.123456Z event=App Program=GridFTP Bandwidth=100.0 Bandwidth._units=Mb/s}
"""

import re
from collections.abc import Callable

from gma_twisted.errors import ParameterError
from gma_twisted.model.event import Event
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import flat
from gma_twisted.netlogger.lineevent import LineEvent, matchPlain
from gma_twisted.netlogger.pairs import Dialect, decoded, readPairs, writePair

readPlain: Callable[[bytes | str], Event | None] | None
writePlain: Callable[[Event], bytes | None] | None
try:
    from gma_twisted.netlogger._plainreader import read as readPlain
    from gma_twisted.netlogger._plainwriter import write as writePlain
except ImportError:
    # There was no C compiler when this was installed, or it was compiled for another release.
    readPlain = writePlain = None

__all__ = ["read", "readPlain", "write", "writePlain"]


_RESERVED = ("ts", "event")
_SECONDS = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,40}))?\Z", re.ASCII)


def write(event: Event, dialect: Dialect = Dialect.CLASSIC) -> bytes:
    """
    The line of an event, UTF-8 without its line feed.

    @raise NotRepresentable: what a line cannot hold; names the field
    """
    if writePlain is not None and (line := writePlain(event)) is not None:
        return line
    first = {"ts": f"ts={event.timestamp!s}", "event": writePair("event", event.name, dialect)}
    return " ".join(flat.wordsOf(event, first, dialect).values()).encode()


def read(line: bytes | str, isStrict: bool = True, dialect: Dialect = Dialect.CLASSIC) -> Event:
    """
    The event of a line, with or without its line feed.

    C{ts} is ISO 8601, UTC where it says no other zone, or seconds since 1970.

    @param isStrict: see L{readPairs <gma_twisted.netlogger.pairs.readPairs>}
    @raise ParameterError: malformed, not UTF-8, or without C{ts} or C{event}; names what
    @raise TooLarge: a bound of lines or events
    """
    if readPlain is not None and (event := readPlain(line)) is not None:
        return event
    text = line if isinstance(line, str) else decoded(line)
    found = matchPlain(text)
    return _readOther(text, isStrict, dialect) if found is None else LineEvent(found)


def _readOther(line: str, isStrict: bool, dialect: Dialect) -> Event:
    pairs = readPairs(line, dialect, isStrict, _RESERVED)
    try:
        when, name = pairs.pop("ts"), pairs.pop("event")
    except KeyError as error:
        raise ParameterError(f"a line without {error.args[0]}=") from None
    return flat.event(str(name), _timestamp(str(when)), pairs)


def _timestamp(text: str) -> Timestamp:
    found = _SECONDS.match(text)
    if found is None:
        return Timestamp.parse(text)
    nanoseconds = int(found[2] + (found[3] or "")[:9].ljust(9, "0"))
    return Timestamp(-nanoseconds if found[1] else nanoseconds)
