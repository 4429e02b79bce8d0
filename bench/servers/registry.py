"""The node's own registry, put together as a node does it: Gate, XML gate, policy, identity, audit, catalogue."""

import os
import shutil
from pathlib import Path
from typing import Any

from bench.registering import REGISTRY_PATH
from bench.servers.gate import listenAsNode, newExchange
from gma_twisted.model import Handle
from gma_twisted.nodes.memory import settleMemory
from gma_twisted.queries import NameQueries
from gma_twisted.registration import Catalogue, EntryPublisher, ServiceRegistrar
from gma_twisted.roles import CompositeRole, PermanentService
from gma_twisted.soap.porttypes import GRID_SERVICE, REGISTRATION
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.journal import Journal, WriterThread, shortenTurns
from gma_twisted.stores.recording import Forgetful, Recorder
from gma_twisted.stores.registry import RegistryLimits, RegistryStore
from gma_twisted.timing import NodeClock, Tombstones
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.transport import Exchange, Service

__all__ = ["serveDurable", "serveInMemory"]

# Everyone is one owner here, and more names come than a node would take from one.
_MANY = 100_000_000
_BYTES = 16 * 1024**3


async def serveInMemory(reactor: Any) -> int:
    """Registrations that are gone with the process. @return: the port"""
    clock, exchange = newExchange(reactor)
    await _publish(clock, exchange, Forgetful())
    return await listenAsNode(reactor, clock, exchange)


async def serveDurable(reactor: Any, directory: Path) -> int:
    """
    Registrations that are answered when they are in the journal on the disk.

    @param directory: the journal has one of its own there, new at the start and gone at the end
    @return: the port
    """
    place = directory / "register-durable"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    shortenTurns()
    clock, exchange = newExchange(reactor)
    thread = WriterThread(reactor.callFromThread, "journal")
    journal = Journal(str(place / "registrations"), "registrations", clock, thread)
    store = await _publish(clock, exchange, journal)

    async def end() -> None:
        await store.stop()
        await thread.stop()
        shutil.rmtree(place)

    reactor.addSystemEventTrigger("before", "shutdown", lambda: toDeferred(end()))
    return await listenAsNode(reactor, clock, exchange)


async def _publish(clock: NodeClock, exchange: Exchange, recorder: Recorder) -> RegistryStore:
    handle = Handle("http://127.0.0.1" + REGISTRY_PATH)
    store = RegistryStore(
        clock, RegistryLimits(entries=_MANY, perOwner=_MANY, bytes=_BYTES), recorder
    )
    catalogue = Catalogue(store, clock, handle, os.urandom, Tombstones(clock))
    data = MemoryStore(clock, StoreLimits(elements=_MANY, bytes=_BYTES))
    await data.start()
    await store.start()
    await EntryPublisher(catalogue, data).start()
    queries = NameQueries(data, clock)
    role = CompositeRole([ServiceRegistrar(catalogue), PermanentService([queries])])
    exchange.publish(Service(REGISTRY_PATH, handle, role, [GRID_SERVICE, REGISTRATION]))
    settleMemory()
    return store
