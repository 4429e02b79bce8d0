"""A listening Gate before a real Exchange and Site, as a node has them, with service data the corpus asks for."""

from collections.abc import Mapping
from typing import Any

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.endpoints import SSL4ServerEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IListeningPort, IReactorTime, IStreamServerEndpoint
from zope.interface import implementer

from gma_twisted.hosting import StandardServiceData
from gma_twisted.interfaces import IAudit, IIdentify, IPolicy, Request
from gma_twisted.markup import DEFAULT_LIMITS, XMLGate, valueFromTree
from gma_twisted.model import (
    FOREVER,
    Access,
    Declare,
    Deed,
    ElementKey,
    Handle,
    Put,
    QName,
    SecurityHeader,
    Whose,
)
from gma_twisted.queries import NameQueries
from gma_twisted.roles import PermanentService
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock
from gma_twisted.transport import (
    Exchange,
    GateFactory,
    GateLimits,
    QuietSite,
    Service,
    SOAPResource,
)
from tests.corpus.bodies import CAP
from tests.integration.pages import makePages, privateCertificate

__all__ = ["CORPUS_LIMITS", "GateServer"]

CORPUS_LIMITS = GateLimits(body=CAP)
"""The defaults, but for a body cap that is quickly passed."""

_HERE = "127.0.0.1"
_HANDLE = "http://gate/services/index"
_VALUES = {"load": "1.5", "count": "7"}


@implementer(IPolicy, IIdentify, IAudit)
class _Everyone:
    """Everybody may do everything, nothing is written down but how often somebody asked."""

    isSecurityRead = False

    isGuard = False

    def __init__(self) -> None:
        self.asked = 0

    def identify(self, request: Request, security: SecurityHeader | None = None) -> str:
        """See L{IIdentify}."""
        return "anonymous"

    def check(self, identity: str, operation: str, path: str, access: Access) -> Whose:
        """See L{IPolicy}."""
        self.asked += 1
        return Whose.HELD

    def admit(self) -> None:
        """See L{IAudit}."""

    def counts(self) -> Mapping[str, int]:
        """See L{IAudit}."""
        return {}

    def record(self, deed: Deed) -> None:
        """See L{IAudit}."""


@attrs.define(eq=False)
class GateServer:
    """
    A server on a free port of 127.0.0.1: C{/services/index} by the Exchange, some pages by the Site.

    @ivar port: where it listens, after C{start}
    @ivar factory: the Gate's
    """

    reactor: Any
    isTLS: bool = False
    limits: GateLimits = CORPUS_LIMITS
    port: int = attrs.field(default=0, init=False)
    factory: GateFactory = attrs.field(init=False)
    _everyone: _Everyone = attrs.field(factory=_Everyone, init=False)
    _clock: NodeClock = attrs.field(init=False)
    _exchange: Exchange = attrs.field(init=False)
    _listening: IListeningPort = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._clock = clock = NodeClock(IReactorTime(self.reactor))
        everyone = self._everyone
        self._exchange = exchange = Exchange(clock, everyone, everyone, everyone, DEFAULT_LIMITS)
        root = makePages(clock)
        root.putChild(b"services", SOAPResource(exchange, self.limits))
        self.factory = GateFactory(clock, exchange, QuietSite(root), self.limits, "http://gate")

    @property
    def asked(self) -> int:
        """How many operations were asked for."""
        return self._everyone.asked

    async def start(self) -> None:
        """Publish the service and listen; ready at once."""
        store = MemoryStore(self._clock)
        queries = NameQueries(store, self._clock)
        handle = Handle(_HANDLE)
        names = [QName("urn:corpus", local) for local in (*_VALUES, "empty")]
        await store.commit([Declare(names)])
        for local, value in _VALUES.items():
            text = f'<c:{local} xmlns:c="urn:corpus">{value}</c:{local}>'
            tree = XMLGate().parse(text.encode())
            key = ElementKey(QName("urn:corpus", local), _HANDLE)
            await store.commit([Put(valueFromTree(tree, key, FOREVER))])
        own = StandardServiceData(
            store, self._clock, handle, [GRID_SERVICE.name], queries.dialects, [], []
        )
        await own.publish()
        role = PermanentService([queries])
        self._exchange.publish(Service("/services/index", handle, role, [GRID_SERVICE]))
        await self._listen()

    async def _listen(self) -> None:
        endpoint: IStreamServerEndpoint = TCP4ServerEndpoint(self.reactor, 0, interface=_HERE)
        if self.isTLS:
            options = privateCertificate().options()
            endpoint = SSL4ServerEndpoint(self.reactor, 0, options, interface=_HERE)
        self._listening = await endpoint.listen(self.factory)
        address = self._listening.getHost()
        assert isinstance(address, IPv4Address)
        self.port = address.port

    async def stop(self) -> None:
        """Listen no longer, drop what is open."""
        for gate in list(self.factory.listener.gates):
            gate.transport.abortConnection()
        stopped = self._listening.stopListening()
        if stopped is not None:
            await stopped
