"""Queries by service data name from the caller's side: the expression written, the answer read (WIRE 3)."""

from collections.abc import Sequence

import attrs

from gma_twisted.client.proxy import Proxy
from gma_twisted.errors import ParameterError, PeerError, cut
from gma_twisted.markup import (
    Element,
    ReceivedValue,
    nameOf,
    readValues,
)
from gma_twisted.markup.namespaces import GMA
from gma_twisted.markup.xsd import readDateTime
from gma_twisted.model import Freshness, NameQuery, NameSelector, QName
from gma_twisted.soap.selectors import writeNameQuery
from gma_twisted.soap.values import VALUES

__all__ = ["Found", "findByName", "readFound", "writeNameQuery"]


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


def readFound(root: Element) -> Found:
    """
    Read C{sd:serviceDataValues}.

    @raise PeerError: another element, or a value that cannot be read; named
    """
    if nameOf(root) != VALUES:
        raise PeerError(f'a query by name was answered with "{cut(nameOf(root))}"')
    try:
        sent = root.get(f"{{{GMA}}}sent")
        values = tuple(readValues(root))
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
