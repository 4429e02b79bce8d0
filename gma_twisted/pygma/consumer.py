"""pyGMA's module C{consumer}: a server that takes events, and the proxy of one elsewhere."""

import math

from gma_twisted.client import gma
from gma_twisted.pygma import core
from gma_twisted.pygma.proxy import BlockingProxy, waiting
from gma_twisted.pygma.reactor import inReactor
from gma_twisted.pygma.serving import Servable
from gma_twisted.roles import consumer as roles

__all__ = ["ConsumerProxy", "ConsumerServer", "core"]

_PORT = 8491


class ConsumerServer(Servable, roles.ConsumerServer):
    """
    The base of a consumer: what it implements are its do-methods, C{doNotify(events, **kw)},
    C{doSubscribe(event, sId, **kw)}, C{doUnsubscribe(sid)} and C{doQuery(event, **kw)}; everything else answers
    NotImplementedException.

    C{expect}, C{forget} and C{renumber} may be called from any thread.
    """

    def expect(self, callerId: int, lease: float = math.inf) -> None:
        """See L{ConsumerServer.expect <gma_twisted.roles.consumer.ConsumerServer.expect>}."""
        inReactor(super().expect, callerId, lease)

    def forget(self, callerId: int) -> None:
        """See L{ConsumerServer.forget <gma_twisted.roles.consumer.ConsumerServer.forget>}."""
        inReactor(super().forget, callerId)

    def renumber(self, old: int, new: int) -> None:
        """See L{ConsumerServer.renumber <gma_twisted.roles.consumer.ConsumerServer.renumber>}."""
        inReactor(super().renumber, old, new)


class ConsumerProxy(BlockingProxy):
    """
    A consumer elsewhere.

    See L{gma_twisted.client.gma.ConsumerProxy}: each method waits for what the one of the same name there gives.
    """

    remote = gma.ConsumerProxy
    usualPort = _PORT

    notify = waiting(gma.ConsumerProxy.notify)
    subscribe = waiting(gma.ConsumerProxy.subscribe)
    query = waiting(gma.ConsumerProxy.query)
    renew = waiting(gma.ConsumerProxy.renew)
    unsubscribe = waiting(gma.ConsumerProxy.unsubscribe)
