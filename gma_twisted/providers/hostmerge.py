"""One Host of what several programs tell of it (GLUE CE 1.1)."""

import socket
from collections.abc import Iterable, Iterator

import attrs

from gma_twisted.errors import ProviderFailed, cut
from gma_twisted.markup import Element, element, nameOf, serialise
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import QName

__all__ = ["mergeHost"]

_HOST = QName(GLUE, "Host")
_END = b"</glue:Host>"
_ORDER = (
    "Benchmark",
    "Processor",
    "MainMemory",
    "OperatingSystem",
    "StorageDevice",
    "Architecture",
    "ApplicationSoftware",
    "FileSystem",
    "NetworkAdapter",
    "ProcessorLoad",
    "SMPLoad",
)
"""What a Host may have, in the schema's order."""
_LISTS = frozenset(("StorageDevice", "FileSystem", "NetworkAdapter"))


def mergeHost(printed: Iterable[tuple[str, Element]], name: str, uniqueID: str) -> bytes:
    """
    C{glue:Host} of several documents, each a C{glue:Host} or a single element of one.

    Of what a Host has once the last one told is taken, whole; of StorageDevice, FileSystem and NetworkAdapter all are
    kept. So are elements of other namespaces inside a Host, behind its own. Attributes of a Host that are printed
    without a namespace are GLUE's.

    @param printed: what printed it, for errors, and the document
    @param name: of the host, with no characters that XML does not have; when empty what is printed, else the beginning
        of its unique id
    @param uniqueID: of the host in the grid, likewise; when empty what is printed, else the host name
    @return: UTF-8
    @raise ProviderFailed: a document is no Host and no element of one, has text between its elements, or tells of
        another host than one before
    """
    parts = _Parts()
    for who, root in printed:
        if nameOf(root) == _HOST:
            parts.addHost(root, who, bool(uniqueID))
        else:
            parts.add(root, who)
    return parts.document(name, uniqueID)


@attrs.define(slots=True, eq=False)
class _Parts:
    """What is known of the host. Children are kept as bytes: trees of different documents are not mixed."""

    _attributes: dict[str, str] = attrs.field(factory=dict)
    _known: dict[str, list[bytes]] = attrs.field(factory=dict)
    _foreign: list[bytes] = attrs.field(factory=list)

    def addHost(self, host: Element, who: str, isNamed: bool) -> None:
        children = list(host)
        if any((text or "").strip() for text in (host.text, *(one.tail for one in children))):
            raise ProviderFailed(f"{who} prints text between the elements of a Host")
        told = dict(_attributes(host))
        before, now = self._attributes.get("UniqueID"), told.get("UniqueID")
        if before and now and before != now and not isNamed:
            raise ProviderFailed(
                f'{who} tells of the host "{cut(now)}", one before it of "{cut(before)}"',
                cure="give uniqueID if they are one host",
            )
        self._attributes |= told
        for one in children:
            if nameOf(one).namespace == GLUE:
                self.add(one, who)
            else:
                self._foreign.append(serialise(one))

    def add(self, part: Element, who: str) -> None:
        name = nameOf(part)
        if name.namespace != GLUE or name.localName not in _ORDER:
            raise ProviderFailed(
                f"{who} prints {cut(name.clark)}, which is neither glue:Host nor an element of one",
                cure=f"GLUE's are {', '.join(_ORDER)} in the namespace {GLUE}",
            )
        kept = self._known.setdefault(name.localName, [])
        if name.localName not in _LISTS:
            kept.clear()
        kept.append(serialise(part))

    def document(self, name: str, uniqueID: str) -> bytes:
        told = self._attributes
        unique = uniqueID or told.get("UniqueID") or socket.gethostname()
        told |= {"Name": name or told.get("Name") or unique.partition(".")[0], "UniqueID": unique}
        host = element(_HOST, {QName(GLUE, key).clark: value for key, value in told.items()}, "")
        parts = [one for local in _ORDER for one in self._known.get(local, ())]
        return b"".join((serialise(host).removesuffix(_END), *parts, *self._foreign, _END))


def _attributes(host: Element) -> Iterator[tuple[str, str]]:
    for key, value in host.attrib.items():
        namespace, _, local = str(key).rpartition("}")
        if namespace in ("", f"{{{GLUE}"):
            yield local, str(value)
