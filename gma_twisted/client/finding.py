"""Queries by service data name from the caller's side: the expression written, the answer read (WIRE 3)."""

from collections.abc import Sequence

import attrs

from gma_twisted.client.proxy import Proxy
from gma_twisted.errors import ParameterError, PeerError, cut
from gma_twisted.markup import (
    Element,
    ReceivedValue,
    escapeAttribute,
    escapeText,
    nameOf,
    readValue,
)
from gma_twisted.markup.namespaces import GMA, SD
from gma_twisted.markup.xsd import readDateTime
from gma_twisted.model import Freshness, NameQuery, NameSelector, QName

__all__ = ["Found", "findByName", "readFound", "writeNameQuery"]

_VALUES = QName(SD, "serviceDataValues")


@attrs.frozen(slots=True)
class Found:
    """
    What a query by name found.

    @ivar values: in the order of the answer
    @ivar sent: the sender's wall time at answering, seconds since 1970; C{None} from services that do not say
    @ivar cursor: asks for the next page; C{None} when this is the last
    """

    values: Sequence[ReceivedValue]
    sent: float | None
    cursor: str | None


def writeNameQuery(query: NameQuery) -> bytes:
    """The C{ogsi:queryByServiceDataNames} element; needs the prefixes ogsi and gma around it."""
    attributes = ""
    if query.freshness is not Freshness.ANY:
        attributes += f' gma:freshness="{query.freshness.value}"'
    if query.limit is not None:
        attributes += f' gma:limit="{query.limit}"'
    if query.cursor is not None:
        attributes += f' gma:cursor="{escapeAttribute(query.cursor)}"'
    names = "".join(map(_name, query.selectors))
    return (
        f"<ogsi:queryByServiceDataNames{attributes}>{names}</ogsi:queryByServiceDataNames>".encode()
    )


def _name(selector: NameSelector) -> str:
    name = selector.name
    attributes, text = "", name.clark
    if name.namespace and not selector.isWildcard:
        # A prefix is what OGSI asks for and every service reads; Clark notation is ours.
        attributes = f' xmlns:q="{escapeAttribute(name.namespace)}"'
        text = f"q:{name.localName}"
    if selector.originator is not None:
        attributes += f' gma:originator="{escapeAttribute(selector.originator)}"'
    if selector.key is not None:
        attributes += f' gma:key="{escapeAttribute(selector.key)}"'
    return f"<ogsi:name{attributes}>{escapeText(text)}</ogsi:name>"


def readFound(root: Element) -> Found:
    """
    Read C{sd:serviceDataValues}.

    @raise PeerError: another element, or a value that cannot be read; named
    """
    if nameOf(root) != _VALUES:
        raise PeerError(f'a query by name was answered with "{cut(nameOf(root))}"')
    try:
        sent = root.get(f"{{{GMA}}}sent")
        values = tuple(readValue(value) for value in root)
        return Found(
            values, None if sent is None else readDateTime(sent), root.get(f"{{{GMA}}}cursor")
        )
    except ParameterError as error:
        raise PeerError(f"a value in the answer cannot be read: {error}") from None


async def findByName(
    proxy: Proxy,
    *names: QName,
    originator: str | None = None,
    key: str | None = None,
    freshness: Freshness = Freshness.ANY,
    limit: int | None = None,
    cursor: str | None = None,
) -> Found:
    """
    Ask a service for its values of some names.

    @param proxy: with C{findServiceData}
    @param names: local name C{*} means every name of the namespace
    @param originator: only values this service said
    @param key: only the value with this key
    @param limit: most values of one answer
    @param cursor: of the answer before
    @raise TargetInvalid: the service knows one of the names not
    @raise PeerError: the answer cannot be read
    """
    selectors = tuple(NameSelector(name, originator, key) for name in names)
    expression = writeNameQuery(NameQuery(selectors, freshness, limit, cursor))
    result = await proxy.findServiceData(expression)
    found: Found = result.read(readFound)
    return found
