"""A served directory of somebody's own: ids, owners and leases around its methods."""

import gc
import weakref
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    Busy,
    NotImplementedException,
    ParameterError,
    ServiceError,
    TooLarge,
)
from gma_twisted.interfaces.gma import IDirectory
from gma_twisted.model import Caller, Handle
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import GMAEntry, GMARole, SearchAnswer
from gma_twisted.roles import RegistryPart, RegistryServer, RoleLimits, registryRole
from gma_twisted.soap.porttypes.gma import DIRECTORY
from gma_twisted.timing import toDeferred
from gma_twisted.transport import Service
from tests.roles.gma import ALICE, BOB, GMAStand

PRODUCER = GMAEntry(GMARole.PRODUCER, "http://p/")
CONSUMER = GMAEntry(GMARole.CONSUMER, "http://c/")


class Simple(RegistryServer):
    """A dictionary."""

    def __init__(self) -> None:
        self.entries: dict[str, GMAEntry] = {}
        self.watches: list[Any] = []

    def doAdd(self, entry: GMAEntry, **kw: Any) -> Any:
        """Keep it; tell who is of the other role."""
        self.entries[entry.entry] = entry
        return (one for one in self.entries.values() if one.role is not entry.role)

    def doRemove(self, entryId: str) -> None:
        """Forget it."""
        del self.entries[entryId]

    async def doSearch(self, template: Event | None, role: str | None) -> SearchAnswer:
        """Of a role."""
        return SearchAnswer([one for one in self.entries.values() if one.role.value == role], "c")

    def doWatch(self, template: Event | None, consumer: str, callerId: int, **kw: Any) -> None:
        """Begin to tell."""
        self.watches.append((kw["watchId"], consumer, callerId))

    def doUnwatch(self, watchId: int) -> None:
        """No more."""
        self.watches.append(watchId)


class Updating(Simple):
    """One that tells the two apart."""

    def doUpdate(self, entry: GMAEntry, **kw: Any) -> None:
        """Keep the new one."""
        self.entries[entry.entry] = attrs.evolve(entry, attributes=(("updated", "yes"),))


class Slow(Simple):
    """Waits before it updates."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: Deferred[None] = Deferred()

    async def doUpdate(self, entry: GMAEntry, **kw: Any) -> None:
        """Keep the new one, later."""
        await self.waiting


class RegistryTests(GMAStand, SynchronousTestCase):
    """RegistryPart."""

    limits = RoleLimits(usual=60.0, held=2, eventTypes=4, entryBytes=1000)

    def serve(self, server: RegistryServer) -> RegistryPart:
        """Serve one."""
        return self.ended(registryRole(server, self.place, self.limits))

    def setUp(self) -> None:
        """Serve one."""
        super().setUp()
        self.server = Simple()
        self.part = self.serve(self.server)
        self.role: Any = self.part.role

    def add(
        self, entry: GMAEntry, caller: Caller = ALICE, role: Any = None
    ) -> tuple[str, float, Any]:
        """Add an entry."""
        result: tuple[str, float, Any] = self.result(
            (role or self.role).add(entry, None, caller=caller)
        )
        return result

    def fails(self, kind: type[Exception], work: Any) -> str:
        """How something fails."""
        return str(self.failureResultOf(toDeferred(work), kind).value)

    def test_interface(self) -> None:
        """All operations together are an IDirectory."""
        verifyObject(IDirectory, self.part)

    def test_nothing(self) -> None:
        """A class with nothing overridden answers NotImplementedException to every operation of its role."""
        part = self.serve(RegistryServer())
        handle = Handle("http://site:8481/services/directory")
        service = Service(handle.path, handle, part.role, [DIRECTORY])
        for operation in DIRECTORY.operations:
            self.assertRaises(NotImplementedException, service.bound[operation.name].method)
        self.assertEqual(part.features.features, ("getFeatures", "ping"))
        self.assertEqual(part.features.roles, ("registry",))

    def test_add(self) -> None:
        """An entry gets an id and a lease; who comes is told of the others, with what is left of theirs."""
        id, granted, matches = self.add(PRODUCER)
        self.assertEqual((granted, matches, self.server.entries[id].entry), (60.0, [], id))
        self.time.advance(10.0)
        other, _, matches = self.add(CONSUMER)
        self.assertEqual([(one.entry, one.lifetime) for one in matches], [(id, 50.0)])
        self.assertNotEqual(id, other)
        self.assertEqual(self.part.counts(), {"entries": 2, "watches": 0})

    def test_again(self) -> None:
        """Who adds the same again renews it; doUpdate hears of it, or doAdd under the same id."""
        id, _, _ = self.add(PRODUCER)
        self.time.advance(50.0)
        changed = attrs.evolve(PRODUCER, attributes=(("a", "b"),))
        self.assertEqual(self.add(changed)[0], id)
        self.assertEqual(self.server.entries[id].attributes, (("a", "b"),))
        self.time.advance(50.0)
        self.assertIn(id, self.server.entries)
        self.assertNotEqual(self.add(PRODUCER, BOB)[0], id)
        server = Updating()
        role = self.serve(server).role
        id = self.add(PRODUCER, role=role)[0]
        self.assertEqual(self.add(PRODUCER, role=role)[0], id)
        self.assertEqual(server.entries[id].attributes, (("updated", "yes"),))

    def test_update(self) -> None:
        """An update keeps role and endpoint."""
        server = Updating()
        role: Any = self.serve(server).role
        id = self.add(PRODUCER, role=role)[0]
        self.assertEqual(self.result(role.update(id, PRODUCER, 30.0, caller=ALICE)), (30.0, []))
        self.assertEqual(server.entries[id].attributes, (("updated", "yes"),))
        self.fails(ParameterError, role.update(id, CONSUMER, None, caller=ALICE))
        self.assertEqual(
            self.fails(ParameterError, role.update(id, PRODUCER, None, caller=BOB)), f"Bad id {id}"
        )

    def test_slow(self) -> None:
        """What is being updated, or added again, does not end meanwhile; what is removed meanwhile is gone."""
        for change in ("update", "add"):
            server = Slow()
            role: Any = self.serve(server).role
            id, _, _ = self.result(role.add(PRODUCER, 5.0, caller=ALICE))
            self.time.advance(3.0)
            arguments = (id, PRODUCER, 60.0) if change == "update" else (PRODUCER, 60.0)
            work = toDeferred(getattr(role, change)(*arguments, caller=ALICE))
            for _ in range(10):
                self.time.advance(1.0)
            self.assertIn(id, server.entries)
            server.waiting.callback(None)
            self.successResultOf(work)
            self.time.advance(50.0)
            self.assertEqual(self.result(role.renew(id, 60.0, caller=ALICE)), 60.0)
            server.waiting = Deferred()
            work = toDeferred(role.update(id, PRODUCER, None, caller=ALICE))
            self.result(role.remove(id, caller=ALICE))
            server.waiting.callback(None)
            self.failureResultOf(work, ParameterError)

    def test_slowFails(self) -> None:
        """What could not be updated ends when its lease is over."""
        server = Slow()
        role: Any = self.serve(server).role
        id, _, _ = self.result(role.add(PRODUCER, 5.0, caller=ALICE))
        work = toDeferred(role.update(id, PRODUCER, 60.0, caller=ALICE))
        for _ in range(10):
            self.time.advance(1.0)
        server.waiting.errback(ParameterError("no"))
        self.failureResultOf(work, ParameterError)
        self.time.advance(2.0)
        self.assertNotIn(id, server.entries)

    def test_ends(self) -> None:
        """Entries are removed by their owners, and by the ends of their leases."""
        id, _, _ = self.add(PRODUCER)
        other, _, _ = self.add(CONSUMER)
        self.assertEqual(
            self.fails(ParameterError, self.role.remove(id, caller=BOB)), f"Bad id {id}"
        )
        self.assertIsNone(self.result(self.role.remove(id, caller=ALICE)))
        self.fails(ParameterError, self.role.remove(id, caller=ALICE))
        self.assertEqual(list(self.server.entries), [other])
        self.assertEqual(self.result(self.role.renew(other, 20.0, caller=ALICE)), 20.0)
        self.time.advance(20.5)
        self.assertEqual(self.server.entries, {})
        self.add(CONSUMER)

    def test_renewMany(self) -> None:
        """Of many, those that are unknown or another's are told; too many are refused."""
        id, _, _ = self.add(PRODUCER)
        other, _, _ = self.add(CONSUMER, BOB)
        found = self.result(self.role.renewMany([id, other, "x"], 30.0, caller=ALICE))
        self.assertEqual(found, [(id, 30.0), (other, None), ("x", None)])
        self.fails(TooLarge, self.role.renewMany(["x"] * 1001, None, caller=ALICE))

    def test_search(self) -> None:
        """What is found has the rest of its lease; a role that is none is refused."""
        id, _, _ = self.add(PRODUCER)
        self.time.advance(1.0)
        asked = (None, None, (), None, None)
        answer = self.result(self.role.search("producer", *asked, caller=ALICE))
        self.assertEqual([(one.entry, one.lifetime) for one in answer.entries], [(id, 59.0)])
        self.assertEqual(answer.cursor, "c")
        self.fails(ParameterError, self.role.search("printer", *asked, caller=ALICE))

    def test_watch(self) -> None:
        """A watch has an id and a lease, and the server hears of its end."""
        watching = (None, None, (), "http://c/", 7, None)
        id, granted = self.result(self.role.watch(*watching, caller=ALICE))
        self.assertEqual((id, granted, self.server.watches), (1001, 60.0, [(1001, "http://c/", 7)]))
        self.fails(ParameterError, self.role.unwatch(id, caller=BOB))
        self.assertEqual(self.result(self.role.unwatch(id, caller=ALICE)), id)
        self.result(self.role.watch(*watching, caller=ALICE))
        self.time.advance(60.5)
        self.assertEqual(self.server.watches[1:], [1001, (1002, "http://c/", 7), 1002])

    def test_endOf(self) -> None:
        """Watches of some owners end when that is said, and the server hears of it; entries end with their leases."""
        watching = (None, None, (), "http://c/", 7, None)
        id, _ = self.result(self.role.watch(*watching, caller=ALICE))
        self.result(self.role.watch(*watching, caller=BOB))
        self.add(PRODUCER)
        self.assertEqual(set(self.part.owners()), {"alice", "bob"})
        self.assertEqual(self.part.endOf({"alice"}), 1)
        self.assertEqual(self.server.watches[-1], id)
        self.assertEqual(self.part.counts(), {"entries": 1, "watches": 1})

    def test_large(self) -> None:
        """An entry has so many event types and bytes at most; nothing is kept of one that has more."""
        types = tuple(Event(f"n{number}", 0) for number in range(5))
        many = attrs.evolve(PRODUCER, eventTypes=types)
        self.assertIn(
            "role_event_types", self.fails(TooLarge, self.role.add(many, None, caller=ALICE))
        )
        large = attrs.evolve(PRODUCER, attributes=(("a", "b" * 2000),))
        self.assertIn(
            "role_entry_size", self.fails(TooLarge, self.role.add(large, None, caller=ALICE))
        )
        typed = Event("load", 0)
        typed.add(EventField("text", "x" * 2000))
        large = attrs.evolve(PRODUCER, eventTypes=(typed,))
        self.fails(TooLarge, self.role.add(large, None, caller=ALICE))
        self.assertEqual(self.part.counts()["entries"], 0)
        role: Any = self.serve(Updating()).role
        id, _, _ = self.add(PRODUCER, role=role)
        self.fails(TooLarge, role.update(id, large, None, caller=ALICE))

    def test_notKept(self) -> None:
        """What an entry has is the server's to keep."""

        class Forgetting(RegistryServer):
            def doAdd(self, entry: GMAEntry, **kw: Any) -> None:
                """Nothing is kept."""

        part = self.serve(Forgetting())

        class Watched(Event):
            """One that can be seen to go."""

        entry = attrs.evolve(PRODUCER, eventTypes=(Watched("load", 0),))
        gone = weakref.ref(entry.eventTypes[0])
        self.result(part.role.add(entry, None, caller=ALICE))
        del entry
        gc.collect()
        self.assertIsNone(gone())

    def test_bounds(self) -> None:
        """Entries are bounded."""
        self.add(PRODUCER)
        self.add(CONSUMER)
        third = attrs.evolve(CONSUMER, endpoint="http://d/")
        self.fails(TooLarge, self.role.add(third, None, caller=ALICE))

    def test_failing(self) -> None:
        """What a server fails to add is not there; while one is being added, adding it again is too early."""
        waiting: list[Deferred[Any]] = []

        class Slow(Simple):
            def doAdd(self, entry: GMAEntry, **kw: Any) -> Any:
                waiting.append(Deferred())
                return waiting[-1]

            def doRemove(self, entryId: str) -> None:
                """Nothing was kept."""

        part = self.serve(Slow())
        role: Any = part.role
        first = toDeferred(role.add(PRODUCER, None, caller=ALICE))
        self.fails(Busy, role.add(PRODUCER, None, caller=ALICE))
        waiting[0].errback(KeyError("x"))
        self.failureResultOf(first, ServiceError)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertEqual(part.counts()["entries"], 0)
        second = toDeferred(role.add(PRODUCER, None, caller=ALICE))
        waiting[1].callback(None)
        self.assertEqual(self.successResultOf(second)[1:], (60.0, []))
