"""pyGMA's module C{producer}: a server that has events, and the proxy of one elsewhere."""

from typing import Any

from gma_twisted.client import gma
from gma_twisted.model.event import Event
from gma_twisted.pygma import core
from gma_twisted.pygma.offered import Offered
from gma_twisted.pygma.proxy import BlockingProxy, waiting
from gma_twisted.pygma.reactor import inReactor, isReactorThread
from gma_twisted.pygma.serving import Servable
from gma_twisted.roles import producer as roles

__all__ = ["ProducerProxy", "ProducerServer", "core"]

_PORT = 8490


class ProducerServer(Servable, roles.ProducerServer):
    """
    The base of a producer: what it implements are its do-methods, C{doSubscribe(event, url, sId, **kw)},
    C{doUnsubscribe(sid)} and C{doQuery(event, **kw)}; everything else answers NotImplementedException.

    What it starts by itself (C{publish}, C{offer}, C{answer}, C{notify}) may be called from any thread, and then waits;
    a do-method returns what these give, or awaits it.

    As pyGMA's servers it is asked for any data URL: where the node may not send, the class does, or nobody.
    """

    isSentByNode = False

    def publish(self, event: Event, *args: Any, **kwargs: Any) -> Any:
        """See L{ProducerServer.publish <gma_twisted.roles.producer.ProducerServer.publish>}."""
        return inReactor(super().publish, event, *args, **kwargs)

    def wanted(self, name: str) -> float | None:
        """See L{ProducerServer.wanted <gma_twisted.roles.producer.ProducerServer.wanted>}."""
        found: float | None = inReactor(super().wanted, name)
        return found

    def offer(self, *args: Any, **kwargs: Any) -> Any:
        """
        See L{ProducerServer.offer <gma_twisted.roles.producer.ProducerServer.offer>}.

        @return: an L{Offered}; in the thread of the reactor what is awaited there
        """
        given = inReactor(super().offer, *args, **kwargs)
        return given if isReactorThread() else Offered(given)

    def answer(self, *args: Any, **kwargs: Any) -> Any:
        """See L{ProducerServer.answer <gma_twisted.roles.producer.ProducerServer.answer>}."""
        return inReactor(super().answer, *args, **kwargs)

    def notify(self, *args: Any, **kwargs: Any) -> Any:
        """See L{ProducerServer.notify <gma_twisted.roles.producer.ProducerServer.notify>}."""
        return inReactor(super().notify, *args, **kwargs)


class ProducerProxy(BlockingProxy):
    """
    A producer elsewhere::

        pp = ProducerProxy(host="localhost")
        (sid, sid2) = pp.subscribe(event.Event("App"), url)

    See L{gma_twisted.client.gma.ProducerProxy}: each method waits for what the one of the same name there gives.
    """

    remote = gma.ProducerProxy
    usualPort = _PORT

    query = waiting(gma.ProducerProxy.query)
    subscribe = waiting(gma.ProducerProxy.subscribe)
    begin = waiting(gma.ProducerProxy.begin)
    unsubscribe = waiting(gma.ProducerProxy.unsubscribe)
    renew = waiting(gma.ProducerProxy.renew)
    modify = waiting(gma.ProducerProxy.modify)
    pause = waiting(gma.ProducerProxy.pause)
    resume = waiting(gma.ProducerProxy.resume)
    estimate = waiting(gma.ProducerProxy.estimate)
