"""Events to lines and lines to events, in whatever way a data URL says."""

from collections.abc import Callable

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup.events import writeEvent
from gma_twisted.markup.namespaces import GMAE
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import bp, ulm
from gma_twisted.netlogger.dataurl import DataUrl, LineFormat
from gma_twisted.netlogger.level import isAtLevel
from gma_twisted.netlogger.numbers import checkPlain, numbered
from gma_twisted.netlogger.pairs import Dialect

__all__ = ["LineReader", "LineWriter", "styleOf"]

_BLANKS = b" \t\r"
_TAG = b"<gmae:event"
_DECLARED = f' xmlns:gmae="{GMAE}"'.encode()


@attrs.frozen(slots=True)
class LineWriter:
    """
    Writes lines; two that are equal write the same bytes.

    @ivar format: of the lines
    @ivar dialect: of BP and ULM
    @ivar level: events of less importance are not written; C{None}: all are
    @ivar constants: fields beside those of the event, each its name and text
    @ivar isNumbered: whether lines have their numbers
    """

    format: LineFormat = LineFormat.BP
    dialect: Dialect = Dialect.CLASSIC
    level: int | None = None
    constants: tuple[tuple[str, str], ...] = ()
    isNumbered: bool = False

    def isWritten(self, event: Event) -> bool:
        """Whether it is important enough."""
        return self.level is None or isAtLevel(event, self.level)

    def write(self, event: Event, number: int = 0, previous: int = 0) -> bytes:
        """
        The line of an event, with its line feed; of ULM with the microseconds of its time.

        @param number: of it, and C{previous} of the one before: of numbered lines
        @raise NotRepresentable: what such a line cannot hold; names the field
        """
        if self.constants:
            made = Event(event.name, event.timestamp, event.id, event.sequence)
            made.items = [*event.items, *(EventField(*one) for one in self.constants)]
            event = made
        if self.isNumbered:
            event = numbered(event, number, previous)
        else:
            checkPlain(event)
        return self.plain(event)

    def plain(self, event: Event) -> bytes:
        """The line of an event that has no numbers and no constants: what is said of the stream itself."""
        if self.format is LineFormat.BP:
            return bp.write(event, self.dialect) + b"\n"
        if self.format is LineFormat.ULM:
            return ulm.write(_toMicroseconds(event), self.dialect) + b"\n"
        # Line breaks are in texts only, where a reader takes this for the same.
        body = writeEvent(event).removeprefix(_TAG).replace(b"\n", b"&#10;")
        return b"%s%s%s\n" % (_TAG, _DECLARED, body)


def _toMicroseconds(event: Event) -> Event:
    # Who asks for ULM, which has no more, would else get next to nothing: clocks tell nanoseconds.
    rest = event.timestamp.nanoseconds % 1000
    if not rest:
        return event
    made = Event(
        event.name, Timestamp(event.timestamp.nanoseconds - rest), event.id, event.sequence
    )
    made.items = event.items
    return made


@attrs.frozen(slots=True, eq=False)
class LineReader:
    """
    Reads lines, each of which says by its beginning what it is: C{DATE=} of ULM, C{<} of XML, else BP.

    @ivar isStrict: see L{readPairs <gma_twisted.netlogger.pairs.readPairs>}
    @ivar dialect: of BP and ULM
    @ivar parse: reads an event of XML
    """

    isStrict: bool = False
    dialect: Dialect = Dialect.FULL
    parse: Callable[[bytes], Event] | None = None

    def read(self, line: bytes) -> Event | None:
        """
        The event of a line, with or without its end; C{None} of an empty one.

        @raise ParameterError, TooLarge: it is none, by name
        """
        line = line.strip(_BLANKS + b"\n")
        if not line:
            return None
        if line.startswith(b"<"):
            if self.parse is None:
                raise ParameterError(f'"{cut(line, 40)}" is a line of XML, which is not read here')
            return self.parse(line)
        if line.startswith(b"DATE="):
            return ulm.read(line, self.isStrict, self.dialect)
        return bp.read(line, self.isStrict, self.dialect)


def styleOf(url: DataUrl, encoding: str | None = None) -> LineWriter:
    """
    How lines are written to a data URL.

    @param encoding: what the subscription says beside it; C{None} for nothing
    @raise ParameterError: it is none, or another than the URL says
    """
    said = url.format
    if encoding is not None:
        try:
            asked = LineFormat(encoding.lower())
        except ValueError:
            known = ", ".join(one.value for one in LineFormat)
            raise ParameterError(
                f'lines are written in one of {known}, not in "{cut(encoding, 40)}"',
                parameter="encoding",
            ) from None
        if said is not None and said is not asked:
            raise ParameterError(
                f'the data URL says "{said.value}", and the encoding "{asked.value}"',
                parameter="encoding",
            )
        said = asked
    return LineWriter(
        said or LineFormat.BP,
        url.dialect or Dialect.CLASSIC,
        url.level,
        tuple(url.constants),
        url.isNumbered,
    )
