"""ULM, the lines of NetLogger 1 and 2 and of GridFTP servers (draft-abela-ulm).

C{DATE=20020329210355.443568 HOST=10.1.1.10 PROG=nliperf NL.EVNT=SlowStart VAL=2}
"""

import re
from datetime import UTC, datetime

from gma_twisted.errors import NotRepresentable, ParameterError, cut
from gma_twisted.model.event import Event
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import flat
from gma_twisted.netlogger.pairs import Dialect, decoded, readPairs, writePair

__all__ = ["HOST", "PROG", "read", "write"]

HOST = "HOST"
"""The field of where it happened, C{127.0.0.1} in lines of events without it, as NetLogger wrote."""
PROG = "PROG"
"""The field of the program it happened in."""

_NOWHERE = "127.0.0.1"
_RESERVED = ("DATE", "NL.EVNT")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_\-]*)*\Z")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?\Z", re.ASCII)
# What some builds append: precision and accuracy.
_APPENDED = re.compile(r"(Z)p[0-9.]+(?:/[0-9.]+)?\Z")


def write(event: Event, dialect: Dialect = Dialect.CLASSIC, program: str = "-") -> bytes:
    """
    The line of an event, UTF-8 without its line feed.

    @param program: what C{PROG} says for an event without such a field
    @raise NotRepresentable: what a line cannot hold; names the field
    """
    when = event.timestamp
    if when.nanoseconds % 1000:
        raise NotRepresentable(
            f'the time {when} of event "{cut(event.name)}" has nanoseconds, which ULM has not'
        )
    date = re.sub("[-:TZ]", "", str(when))
    first = {
        "DATE": f"DATE={date}",
        HOST: f"{HOST}={_NOWHERE}",
        PROG: writePair(PROG, program, dialect),
        "NL.EVNT": writePair("NL.EVNT", event.name, dialect),
    }
    words = flat.wordsOf(event, {one: first[one] for one in _RESERVED}, dialect)
    for name in words:
        if not _NAME.match(name):
            raise NotRepresentable(
                f'the name "{cut(name)}" cannot be in a ULM line: it begins with a letter'
            )
    for name in (HOST, PROG):
        if not isinstance(event.get(name, ""), str):
            raise NotRepresentable(f'field "{name}" is a number, and a ULM line has text there')
    return " ".join({**first, **words}.values()).encode()


def read(line: bytes | str, isStrict: bool = True, dialect: Dialect = Dialect.CLASSIC) -> Event:
    """
    The event of a line, with or without its line feed.

    A fraction of C{DATE} shorter than six digits is whole microseconds: old GridFTP servers wrote them unpadded.

    @param isStrict: see L{readPairs <gma_twisted.netlogger.pairs.readPairs>}
    @raise ParameterError: malformed, not UTF-8, or without C{DATE} or C{NL.EVNT}; names what
    @raise TooLarge: a bound of lines or events
    """
    pairs = readPairs(
        line if isinstance(line, str) else decoded(line),
        dialect,
        isStrict,
        (*_RESERVED, HOST, PROG),
    )
    try:
        when, name = pairs.pop("DATE"), pairs.pop("NL.EVNT")
    except KeyError as error:
        raise ParameterError(f"a line without {error.args[0]}=") from None
    return flat.event(str(name), _timestamp(str(when)), pairs)


def _timestamp(text: str) -> Timestamp:
    found = _DATE.match(text)
    if found is None:
        return Timestamp.parse(_APPENDED.sub(r"\1", text))
    try:
        year, month, day, hour, minute, second = (int(one) for one in found.groups()[:6])
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise ParameterError(f'DATE "{cut(text)}" is no such day or hour') from None
    fraction = found[7] or "0"
    fraction = fraction.rjust(6, "0") if len(fraction) < 6 else fraction
    whole = Timestamp.parse(moment.isoformat()[:19]).nanoseconds
    return Timestamp(whole + int(fraction.ljust(9, "0")))
