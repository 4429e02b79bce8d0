"""Events as XML, loss-free (WIRE 6): C{<gmae:event name= ts= id? seq?>} with fields and containers in their order."""

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.markup.build import escapeAttribute, escapeText
from gma_twisted.markup.namespaces import GMAE, XML, XSI
from gma_twisted.markup.parse import Element
from gma_twisted.markup.values import nameOf
from gma_twisted.model.event import MAX_DEPTH, MAX_ITEMS, Event, EventContainer, EventField
from gma_twisted.model.eventvalue import readInteger, readText, writeText

__all__ = ["readEvent", "writeEvent"]

_FIELD = (f"{{{GMAE}}}field", "field")
_CONTAINER = (f"{{{GMAE}}}container", "container")
_EVENT_ATTRIBUTES = frozenset(("name", "ts", "id", "seq"))
_FIELD_ATTRIBUTES = frozenset(("name", "type", "units"))
_CONTAINER_ATTRIBUTES = frozenset(("name",))
# xsi:type and xml:lang come from some toolkits; neither changes what is said.
_IGNORED = (f"{{{XSI}}}", f"{{{XML}}}")


def readEvent(element: Element) -> Event:
    """
    Read an event; its own element may have any name, its children are qualified or not.

    @raise ParameterError: malformed; names the field
    @raise TooLarge: L{MAX_DEPTH}, L{MAX_ITEMS} or another bound of events
    """
    _check(element, "event", _EVENT_ATTRIBUTES)
    number = element.get("seq")
    event = Event(
        element.get("name", ""),
        element.get("ts"),
        element.get("id"),
        None if number is None else readInteger(number),
    )
    _readItems(element, event, 1, 0)
    return event


def _readItems(parent: Element, holder: EventContainer, depth: int, count: int) -> int:
    """@return: how many there were until now"""
    for child in parent:
        count += 1
        if count > MAX_ITEMS:
            raise TooLarge(f"an event has more than {MAX_ITEMS} fields and containers")
        if child.tag in _FIELD:
            holder.add(_readField(child))
        elif child.tag in _CONTAINER:
            _check(child, "container", _CONTAINER_ATTRIBUTES)
            inner = EventContainer(child.get("name", ""))
            if depth >= MAX_DEPTH and len(child):
                raise TooLarge(f'container "{cut(inner.name)}" is deeper than {MAX_DEPTH}')
            count = _readItems(child, inner, depth + 1, count)
            holder.add(inner)
        else:
            raise ParameterError(
                f'"{cut(nameOf(child))}" does not belong into event or container "{cut(holder.name)}"'
            )
    return count


def _readField(element: Element) -> EventField:
    _check(element, "field", _FIELD_ATTRIBUTES, hasText=True)
    name = element.get("name", "")
    kind = element.get("type")
    units = element.get("units")
    if len(element):
        raise ParameterError(f'field "{cut(name)}" holds text, no elements')
    text = element.text or ""
    if kind is None:
        # What has neither type nor text is a template's: there must be such a field.
        return EventField(name, text or None, units)
    try:
        return EventField(name, readText(kind, text), units)
    except ParameterError as error:
        if f'"{name}"' in error.message:
            raise
        raise ParameterError(f'field "{cut(name)}": {error.message}') from None


def _check(element: Element, what: str, known: frozenset[str], hasText: bool = False) -> None:
    for attribute in element.keys():  # noqa: SIM118 (not a dict)
        name = str(attribute)
        if name not in known and not name.startswith(_IGNORED):
            raise ParameterError(
                f'{what} "{cut(element.get("name", ""))}" has an attribute "{cut(name)}"'
            )
    if not hasText:
        texts = [element.text, *(child.tail for child in element)]
        stray = next((text for text in texts if text and text.strip()), None)
        if stray is not None:
            raise ParameterError(
                f'"{cut(stray.strip(), 40)}" stands in {what} "{cut(element.get("name", ""))}"',
                cure="put it into a field",
            )


def writeEvent(event: Event, tag: str = "gmae:event") -> bytes:
    """
    Write an event.

    @param tag: prefixed name of its own element; the prefix C{gmae} is declared around it, as in all we send
    @return: one element
    @raise TooLarge: deeper or larger than events may be
    @raise ParameterError: a field holds what it cannot
    """
    event.check()
    pieces = [f'<{tag} name="{escapeAttribute(event.name)}" ts="{event.timestamp}"']
    if event.id is not None:
        pieces.append(f' id="{escapeAttribute(event.id)}"')
    if event.sequence is not None:
        pieces.append(f' seq="{event.sequence}"')
    pieces.append(">")
    _writeItems(event, pieces)
    pieces.append(f"</{tag}>")
    return "".join(pieces).encode()


def _writeItems(holder: EventContainer, pieces: list[str]) -> None:
    for item in holder.items:
        name = escapeAttribute(item.name)
        if isinstance(item, EventContainer):
            pieces.append(f'<gmae:container name="{name}">')
            _writeItems(item, pieces)
            pieces.append("</gmae:container>")
            continue
        units = "" if item.units is None else f' units="{escapeAttribute(item.units)}"'
        if item.value is None:
            pieces.append(f'<gmae:field name="{name}"{units}/>')
            continue
        kind, text = writeText(item.value)
        pieces.append(
            f'<gmae:field name="{name}" type="{kind}"{units}>{escapeText(text)}</gmae:field>'
        )
