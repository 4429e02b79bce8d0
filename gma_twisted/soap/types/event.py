"""gmae:EventType: an event, or a template of some, as a part of a message (WIRE 6)."""

from gma_twisted.markup import Element
from gma_twisted.markup.events import readEvent, writeEvent
from gma_twisted.markup.namespaces import GMAE, XSD
from gma_twisted.model import QName
from gma_twisted.model.event import Event
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.soap.types.scalar import Scalar

__all__ = ["EVENT", "TIMESTAMP"]

_EVENT = f"{{{GMAE}}}event"

TIMESTAMP = Scalar(QName(XSD, "dateTime"), Timestamp.parse, str)


class _EventType:
    """The part has the attributes and children of C{gmae:event}; one around a C{gmae:event} is read too."""

    xsd = QName(GMAE, "EventType")

    def read(self, element: Element) -> Event:
        """
        The event.

        @raise ParameterError: malformed; names what
        @raise TooLarge: a bound of events
        """
        isWrapped = len(element) == 1 and element[0].tag == _EVENT and not element.keys()
        return readEvent(element[0] if isWrapped else element)

    def write(self, tag: str, value: Event) -> bytes:
        """The event under the name of the part."""
        return writeEvent(value, tag)


EVENT = _EventType()
