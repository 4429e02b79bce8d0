"""Service data values as events: what a tree says, as fields and containers (WIRE 6)."""

import re

from gma_twisted.errors import cut
from gma_twisted.markup.build import legalText
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.markup.parse import Element
from gma_twisted.model.event import MAX_NAME, MAX_TEXT, EventContainer, EventField, Value
from gma_twisted.model.qname import QName

__all__ = ["addValue", "eventNameOf"]

_PREFIX_OF = {uri: prefix for prefix, uri in PREFIXES.items()}
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,17})\Z", re.ASCII)
_REAL = re.compile(r"-?(?:0|[1-9]\d{0,15})\.\d{1,17}\Z", re.ASCII)
_UNITS = frozenset(("units", "unit"))
# XML Schema's own attributes say how a value is written, not what it is.
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"


def eventNameOf(name: QName) -> str:
    """
    What events of a service data name are called: C{glue.Host} where the namespace has a prefix of ours, C{Host}
    where it has none.
    """
    prefix = _PREFIX_OF.get(name.namespace)
    return (f"{prefix}.{name.localName}" if prefix else name.localName)[:MAX_NAME]


def addValue(holder: EventContainer, root: Element) -> None:
    """
    Add what an element says: each attribute and each child with text alone is a field, each other child a container,
    under their local names and in their order. An attribute C{units} is the units of its element's field; text beside
    attributes or children is the field C{value}.

    Text that is a number in its shortest spelling becomes one, C{true} and C{false} become truths; all else, C{1.50}
    too, stays text, so that nothing is lost.

    @raise TooLarge: more or deeper than events may have
    """
    for key in root.keys():  # noqa: SIM118 (not a dict)
        name = str(key)
        if not name.startswith(_SCHEMA):
            holder.add(EventField(_local(name), _value(root.get(name, ""))))
    text = (root.text or "").strip()
    if text:
        holder.add(EventField("value", _value(text)))
    for child in root:
        name = _local(str(child.tag))
        # What has nothing but text and units is one fact.
        units = [str(one) for one in child.keys()]  # noqa: SIM118
        if not len(child) and all(_local(one).lower() in _UNITS for one in units):
            written = child.get(units[0], "")[:MAX_NAME] if units else None
            holder.add(EventField(name, _value((child.text or "").strip()), written))
        else:
            inner = EventContainer(name)
            addValue(inner, child)
            holder.add(inner)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2][:MAX_NAME]


def _value(text: str) -> Value:
    if _WHOLE.match(text) and text != "-0":
        return int(text)
    if _REAL.match(text) and repr(float(text)) == text:
        return float(text)
    if text in ("true", "false"):
        return text == "true"
    return legalText(text) if len(text) <= MAX_TEXT else cut(text, MAX_TEXT)
