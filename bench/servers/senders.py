"""Those who tell sinks of a change: the node's own way, put together as a node does it, and twisted.web's Agent."""

import gc
import random
import time
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

import attrs
import psutil
from twisted.internet.defer import Deferred
from twisted.web.client import Agent, HTTPConnectionPool, readBody
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from bench.answers import WrongAnswer
from bench.notices import NAME, sinkURL, valueXML
from bench.servers.control import Orders
from gma_twisted.markup import XMLGate, valueFromTree
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import (
    Delivery,
    ElementKey,
    Handle,
    Lifetime,
    NameSelector,
    Put,
    QName,
    Subscribe,
    Subscription,
    Topic,
)
from gma_twisted.nodes.memory import settleMemory
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import Deliverer, DeliveryLimits
from gma_twisted.notify.writing import Told
from gma_twisted.security import ConnectGuard
from gma_twisted.soap.notices import noticeEnvelope
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.subscriptions import SubscriptionLimits, SubscriptionStore
from gma_twisted.timing import NodeClock, gather, installBootClock, sleep, toDeferred
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.dialing import guardedDialer
from gma_twisted.transport.limits import SINK_LIMITS

__all__ = ["AgentSender", "NodeSender", "Sender", "ordersOf"]

_HANDLE = Handle("http://127.0.0.1:8480/services/index")
_LONG = 80_000.0
_LOOK = 0.005
_EPOCH = 1_795_321_355_205


class Sender(Protocol):
    """Tells sinks."""

    async def open(self, urls: Sequence[str]) -> None:
        """These are the sinks from now on."""

    async def tell(self, number: int) -> None:
        """Make a change, of which all sinks are to hear."""

    async def settle(self) -> None:
        """Wait until every sink has answered, or will not for a while."""


async def _filled(clock: NodeClock) -> MemoryStore:
    """A store that has the value."""
    store = MemoryStore(clock)
    await store.start()
    await _change(store, clock, 0)
    return store


async def _change(store: MemoryStore, clock: NodeClock, number: int) -> ElementKey:
    key = ElementKey(QName(*NAME), _HANDLE.url)
    tree = XMLGate().parse(valueXML(number))
    lifetime = Lifetime.lasting(clock.seconds(), _LONG, _LONG)
    await store.commit([Put(valueFromTree(tree, key, lifetime))])
    return key


class NodeSender:
    """Store, notifier, deliverer, pooled caller and connect guard of a node."""

    def __init__(self, reactor: Any) -> None:
        """@param reactor: connects"""
        installBootClock(reactor)
        self._reactor = reactor
        self._clock = NodeClock(reactor)

    async def open(self, urls: Sequence[str]) -> None:
        """See L{Sender}: a subscription each, to changes."""
        clock = self._clock
        self._store = await _filled(clock)
        subscriptions = SubscriptionStore(clock, SubscriptionLimits(perOwner=len(urls)))
        await subscriptions.start()
        bounds = DeliveryLimits()
        dial = guardedDialer(self._reactor, clock, ConnectGuard(["127.0.0.1"]))
        caller = PooledCaller(clock, dial, attrs.evolve(SINK_LIMITS, connections=bounds.perPeer))
        self._deliverer = Deliverer(caller, clock, random.random, bounds)
        writer = NoticeWriter(self._store, clock)
        below = _HANDLE.child("subscriptions")
        self._notifier = Notifier(
            self._store, subscriptions, self._deliverer, clock, below.child, _EPOCH, writer
        )
        self._notifier.start()
        topic = Topic((NameSelector(QName(*NAME)),), True)
        commands = [
            Subscribe(
                Subscription(
                    f"{number:020x}",
                    topic,
                    Handle(url),
                    "bench",
                    clock.wallTime(),
                    clock.seconds() + _LONG,
                )
            )
            for number, url in enumerate(urls)
        ]
        for start in range(0, len(commands), 1000):
            await subscriptions.commit(commands[start : start + 1000])
        settleMemory()

    async def tell(self, number: int) -> None:
        """See L{Sender}."""
        await _change(self._store, self._clock, number)

    async def settle(self) -> None:
        """See L{Sender}."""
        while self._deliverer.peers:
            await sleep(self._clock, _LOOK)


@implementer(IBodyProducer)
class _Bytes:
    """A body that is there."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def startProducing(self, consumer: Any) -> "Deferred[None]":
        consumer.write(self._data)
        done: Deferred[None] = Deferred()
        done.callback(None)
        return done

    def pauseProducing(self) -> None:
        """It has been written."""

    def resumeProducing(self) -> None:
        """It has been written."""

    def stopProducing(self) -> None:
        """It has been written."""


class AgentSender:
    """
    twisted.web.client.Agent with a pool of persistent connections; the same bytes for every sink.

    It has no subscriptions, counts nothing, is fair to nobody and has no time limit.
    """

    def __init__(self, reactor: Any) -> None:
        """@param reactor: connects"""
        installBootClock(reactor)
        self._clock = NodeClock(reactor)
        self._agent = Agent(reactor, HTTPConnectionPool(reactor))
        self._running: list[Awaitable[None]] = []

    async def open(self, urls: Sequence[str]) -> None:
        """See L{Sender}."""
        self._store = await _filled(self._clock)
        self._writer = NoticeWriter(self._store, self._clock)
        self._urls = [url.encode() for url in urls]
        self._headers = Headers(
            {
                "Content-Type": ["text/xml; charset=utf-8"],
                "SOAPAction": [f'"{OGSI}#deliverNotification"'],
            }
        )
        settleMemory()

    async def tell(self, number: int) -> None:
        """See L{Sender}."""
        key = await _change(self._store, self._clock, number)
        body, _ = self._writer.changes({key: Told.VALUE})
        sent = self._clock.wallTime()
        envelope = noticeEnvelope(
            body.message,
            Delivery(_HANDLE.child("subscriptions", "0" * 20).url, _EPOCH, number, sent),
        )
        self._running = [toDeferred(self._post(url, envelope)) for url in self._urls]

    async def _post(self, url: bytes, envelope: bytes) -> None:
        answer = await self._agent.request(b"POST", url, self._headers, _Bytes(envelope))
        await readBody(answer)
        if answer.code != 202:
            raise WrongAnswer(f"{answer.code} of {url!r}")

    async def settle(self) -> None:
        """See L{Sender}."""
        await gather(self._running)


def ordersOf(sender: Sender) -> Orders:
    """
    What the benchmark orders a sender to do, with numbers after it: C{open PORT COUNT...}, with how many sinks of each
    kind there are at a port; C{tell NUMBER}; C{settle}.
    """

    async def open(port: int, *counts: int) -> dict[str, object]:
        await sender.open(
            [
                sinkURL(kind, each, port)
                for kind, count in enumerate(counts)
                for each in range(count)
            ]
        )
        return {}

    async def tell(number: int) -> dict[str, object]:
        cpu, began = time.process_time(), time.monotonic()
        await sender.tell(number)
        return {"began": began, "cpu": cpu}

    async def settle() -> dict[str, object]:
        await sender.settle()
        ended, cpu = time.monotonic(), time.process_time()
        # Now, and not in the midst of the next change: an Agent leaves much behind.
        gc.collect()
        return {"ended": ended, "cpu": cpu, "resident": psutil.Process().memory_info().rss}

    return {"open": open, "tell": tell, "settle": settle}
