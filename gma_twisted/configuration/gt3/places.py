"""Where in an XML text elements and attributes stand: lxml tells lines only, and columns are wanted too.

Read again only when there is something to tell. The text has passed the XML gate.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from xml.parsers import expat

import attrs

from gma_twisted.configuration.mistakes import Source
from gma_twisted.configuration.places import Path, Place

__all__ = ["Spot", "XMLSource", "findElements"]

_TAG = re.compile(r"<[^\s/>]+")
_ATTRIBUTE = re.compile(r"\s+([^\s=/>]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_END = re.compile(r"\s*(/?)>\s*")
_VALUE = re.compile(r"=\s*[\"']")


@attrs.frozen(slots=True)
class Spot:
    """
    An element or an attribute of a document.

    @ivar element: the number of the element, in the order of the start tags, from 0
    @ivar attribute: local name; empty for the element itself
    """

    element: int
    attribute: str = ""


@attrs.frozen(slots=False)
class XMLSource(Source):
    """
    A L{Source} whose text is XML.

    @ivar spots: where each key of a section stands
    """

    spots: Mapping[Path, Spot] = attrs.field(factory=dict)

    @cached_property
    def places(self) -> Mapping[Path, Place]:
        """See L{Source.places}."""
        offsets = findElements(self.text)
        return {
            path: _place(self.text, offsets[spot.element], spot.attribute)
            for path, spot in self.spots.items()
        }


def findElements(text: str) -> Sequence[int]:
    """
    Where each element of a well-formed document begins.

    @param text: without a byte order mark
    @return: offsets into the text, in the order of the start tags
    """
    data = text.encode("utf-8")
    # The encoding is forced: the declaration speaks of the file, which may have been UTF-16.
    parser = expat.ParserCreate("utf-8")
    found: list[int] = []
    parser.StartElementHandler = lambda *_: found.append(parser.CurrentByteIndex)
    parser.Parse(data, True)
    if text.isascii():
        return found
    offsets = []
    before = offset = 0
    for index in found:
        offset += len(data[before:index].decode("utf-8"))
        before = index
        offsets.append(offset)
    return offsets


def _place(text: str, offset: int, attribute: str) -> Place:
    tag = _TAG.match(text, offset)
    at = tag.end() if tag else offset
    while found := _ATTRIBUTE.match(text, at):
        at = found.end()
        if attribute and found[1].rpartition(":")[2] == attribute:
            begin = _VALUE.search(text, found.end(1))
            return Place(found.start(1), begin.end() if begin else found.start(1))
    end = _END.match(text, at)
    if attribute or end is None or end[1] or text.startswith("<", end.end()):
        return Place(offset, offset)
    return Place(offset, end.end())
