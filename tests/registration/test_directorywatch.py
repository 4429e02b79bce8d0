"""Watches: that whoever watches a directory knows what is in it, whatever happens on the way."""

from collections.abc import Sequence
from random import Random

from twisted.logger import capturedLogs

from gma_twisted.errors import (
    Busy,
    ParameterError,
    PeerFault,
    PeerUnreachable,
    Refused,
    RequestError,
    ServiceHasTerminated,
    TooLarge,
)
from gma_twisted.model.entryevent import readEntryEvent
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.registration import GrantLimits
from gma_twisted.registration.directorylimits import DirectoryLimits
from tests.registration.directorystand import (
    Channel,
    DirectoryCase,
    Ticking,
    consumer,
    eventType,
    producer,
)
from tests.registration.stand import ANNE, BOB


class WatchCase(DirectoryCase):
    """One watch and what its consumer heard."""

    def begin(self, **more: object) -> Channel:
        """Watch, and hear what is there."""
        self.watch(**more)  # type: ignore[arg-type]
        self.settle()
        return self.plane.channels[-1]

    def settle(self) -> None:
        """Let what is to be told be told."""
        self.pass_(1.0)

    def hosts(self, channel: Channel) -> str:
        """The hosts of the entries it knows, sorted."""
        entries = channel.mirror.entries.values()
        return "".join(sorted(one.endpoint.removeprefix("http://")[0] for one in entries))


class WatchTests(WatchCase):
    """What is told."""

    def test_told(self) -> None:
        """First what is there, in order, then that this was all; then what comes, changes and goes."""
        self.add(producer("b"))
        a, _ = self.add(producer("a", eventType("cpu", host="x"), attributes=(("site", "n"),)))
        channel = self.begin()
        self.assertEqual(channel.told, ["reset", "present", "present", "complete"])
        _, present = readEntryEvent(channel.batches[0][1])
        assert present is not None
        self.assertEqual((present.entry, present.endpoint), (a, producer("a").endpoint))
        self.assertEqual((list(present.attributes), present.lifetime), ([("site", "n")], 299.75))
        (type_,) = present.eventTypes
        self.assertEqual((type_.name, type_.items), ("cpu", eventType("cpu", host="x").items))
        self.add(consumer("c"))
        self.settle()
        self.add(producer("a", eventType("disk")))
        self.settle()
        self.done(self.directory.remove(a, ANNE))
        self.settle()
        self.assertEqual(channel.told[4:], ["added", "updated", "removed"])
        self.assertEqual(self.hosts(channel), "bc")

    def test_renewedIsNoNews(self) -> None:
        """A renewal, and the same entry again, are not told."""
        id, _ = self.add(producer("a", eventType()))
        channel = self.begin()
        self.done(self.directory.renew(id, 500.0, ANNE))
        self.add(producer("a", eventType()))
        self.settle()
        self.assertEqual(channel.told, ["reset", "present", "complete"])

    def test_expired(self) -> None:
        """What is not renewed is told as removed."""
        self.add(producer("a"), 10.0)
        channel = self.begin()
        self.pass_(10.0)
        self.assertEqual(channel.told, ["reset", "present", "complete", "removed"])

    def test_conditions(self) -> None:
        """Only what is wanted is told; what becomes it is added, what is it no more is removed."""
        channel = self.begin(role="producer", template=eventType("cpu"), attribute=[("site", "n*")])
        at = (("site", "north"),)
        self.add(producer("a", eventType("cpu"), attributes=at))
        self.add(consumer("b", eventType("cpu"), attributes=at))
        self.add(producer("c", eventType("disk"), attributes=at))
        self.add(producer("d", eventType("cpu")))
        self.settle()
        self.assertEqual(self.hosts(channel), "a")
        self.add(producer("d", eventType("cpu"), attributes=at))
        self.add(producer("a", eventType("cpu")))
        self.add(producer("c", eventType("net"), attributes=at))
        self.settle()
        self.assertEqual(sorted(channel.told), ["added", "added", "complete", "removed", "reset"])
        self.assertEqual(self.hosts(channel), "d")

    def test_coalesced(self) -> None:
        """Several changes of an entry, between two notifications, are one; what came and went is none."""
        id, _ = self.add(producer("a"))
        channel = self.begin()
        self.add(producer("b"))
        self.add(producer("b", eventType()))
        came, _ = self.add(producer("c"))
        self.done(self.directory.remove(came, ANNE))
        self.done(self.directory.remove(id, ANNE))
        self.settle()
        self.assertEqual(channel.told[3:], ["added", "removed"])

    def test_twoRoles(self) -> None:
        """A member that is two things is told as both."""
        both = producer("a").endpoint
        self.add(producer("a"))
        channel = self.begin(role="producer")
        everything = self.begin(callerId=2)
        self.add(GMAEntry(GMARole.CONSUMER, both))
        self.settle()
        self.assertEqual((self.hosts(channel), self.hosts(everything)), ("a", "aa"))

    def test_batches(self) -> None:
        """Of many entries no more than 500, and of large ones no more than 256 KiB, are in one notification."""
        for number in range(1100):
            self.add(producer(f"h{number}"))
        channel = self.begin()
        self.assertEqual([len(batch) for batch in channel.batches], [500, 500, 102])
        for number in range(20):
            self.add(consumer(f"h{number}", attributes=[("text", "x" * 60_000)]))
        self.settle()
        self.assertEqual([len(batch) for batch in channel.batches[3:]], [5, 5, 5, 5])
        self.assertEqual(len(channel.mirror.entries), 1120)


class DeliveryTests(WatchCase):
    """Consumers that do not do what they should."""

    directoryLimits = DirectoryLimits(changes=20)

    def test_slow(self) -> None:
        """What changes while a notification is on its way is in the next one."""
        channel = self.begin()
        channel.isSlow = True
        self.add(producer("a"))
        self.settle()
        self.assertEqual(channel.sent, 2)
        self.add(producer("b"))
        self.add(producer("a", eventType()))
        self.add(producer("c"))
        self.settle()
        self.assertEqual(channel.sent, 2)
        channel.isSlow = False
        channel.goOn()
        self.settle()
        self.assertEqual(channel.told[2:], ["added", "added", "updated", "added"])
        self.assertEqual(self.hosts(channel), "abc")

    def test_changesAsTheyLook(self) -> None:
        """With many watches, what changes while they look one after the other is told to all, too."""
        self.directory.watches.clock = Ticking(self.time, self.clock.wall)
        for number in range(40):
            self.watch(callerId=number)
        self.settle()
        channels = self.plane.channels
        channels[-1].taking = lambda: self.add(producer("b"))
        self.add(producer("a"))
        self.settle()
        self.assertEqual({self.hosts(channel) for channel in channels}, {"ab"})

    def test_changesMeanwhile(self) -> None:
        """What changes while all that is there is told, before or behind the place that is told, is not missed."""
        for number in range(1200):
            self.add(producer(f"h{number:04}"))
        self.watch()
        (channel,) = self.plane.channels
        channel.isSlow = True
        self.settle()
        self.assertEqual(channel.sent, 1)
        for name in ("h0001", "h1199"):
            (entry,) = self.registry.store.ofMember(producer(name).endpoint)
            self.done(self.directory.remove(entry.entry, ANNE))
        for name in ("h0002", "h0999"):
            self.add(producer(name, eventType()))
        for name in ("a", "z"):
            self.add(producer(name))
        channel.isSlow = False
        channel.goOn()
        self.settle()
        told = [one for one in channel.told[1:] if one != "present"]
        self.assertEqual(told, ["removed", "updated", "added", "complete"])
        self.assertEqual(len(channel.mirror.entries), 1200)
        types = [len(one.eventTypes) for one in channel.mirror.entries.values()]
        self.assertEqual(sum(types), 2)

    def test_away(self) -> None:
        """A consumer that is out of reach is tried again, with growing pauses, and gets the same."""
        self.watch()
        (channel,) = self.plane.channels
        channel.fails = lambda _: PeerUnreachable("nobody is there")
        self.add(producer("a"))
        self.pass_(100.0)
        self.assertTrue(5 < channel.sent < 40, channel.sent)
        self.add(producer("b"))
        channel.fails = lambda _: None
        self.pass_(60.0)
        self.assertEqual(self.hosts(channel), "ab")
        self.assertEqual(channel.told, ["reset", "present", "complete", "added"])

    def test_lostAnswer(self) -> None:
        """A consumer that took a notification and could not say so knows it by its number."""
        channel = self.begin()
        lost = [PeerUnreachable("no answer")]

        def losing(events: Sequence[Event]) -> Exception | None:
            channel.mirror.take(3, 0, events)
            return lost.pop() if lost else None

        channel.fails = losing
        self.add(producer("a"))
        self.pass_(5.0)
        self.assertEqual((channel.sent, self.hosts(channel)), (3, "a"))

    def test_overflow(self) -> None:
        """When more changed than is kept, everything is told anew, and how many changes were not."""
        for number in range(5):
            self.add(producer(f"h{number}"))
        channel = self.begin()
        channel.isSlow = True
        self.add(producer("a"))
        self.settle()
        for _ in range(11):
            id, _ = self.add(producer("x"))
            self.done(self.directory.remove(id, ANNE))
        self.add(producer("y"))
        channel.isSlow = False
        channel.goOn()
        self.settle()
        self.assertEqual(channel.told[7:], ["added", "reset", *["present"] * 7, "complete"])
        self.assertEqual((channel.mirror.resets, channel.mirror.missed), (1, 3))
        self.assertEqual(self.hosts(channel), "ahhhhhy")

    def test_refused(self) -> None:
        """What a consumer never takes is found, left out alone, and counted."""
        self.watch()
        (channel,) = self.plane.channels

        def refusing(events: Sequence[Event]) -> Exception | None:
            wrong = any("bad" in repr(readEntryEvent(event)[1]) for event in events)
            return RequestError("not this one") if wrong else None

        channel.fails = refusing
        for name in ("a", "bad", "c", "d"):
            self.add(producer(name))
        with capturedLogs() as logged:
            self.settle()
        self.assertEqual(self.hosts(channel), "acd")
        self.assertEqual(channel.mirror.missed, 1)
        self.assertEqual(len(logged), 1)
        self.assertEqual(channel.mirror.isComplete, True)

    def test_faults(self) -> None:
        """A consumer that answers faults of its own is asked ten times, and then with half of it, down to one."""
        channel = self.begin()
        channel.fails = lambda _: PeerFault("its own")
        self.add(producer("a"))
        with capturedLogs():
            self.pass_(290.0)
        self.assertEqual(channel.sent, 1 + 10)
        channel.fails = lambda _: None
        self.add(producer("b"))
        self.settle()
        self.assertEqual(self.hosts(channel), "b")
        self.assertEqual(channel.mirror.missed, 1)

    def test_faultsAtTheBeginning(self) -> None:
        """The news that a watch begins is not left out: what follows would be misunderstood."""
        self.add(producer("a"), 600.0)
        self.watch(lease=600.0)
        (channel,) = self.plane.channels
        channel.fails = lambda _: PeerFault("its own")
        self.pass_(550.0)
        channel.fails = lambda _: None
        self.pass_(45.0)
        self.assertEqual(channel.told[0], "reset")
        self.assertEqual((self.hosts(channel), channel.mirror.missed), ("a", 0))

    def test_gone(self) -> None:
        """A consumer that knows nothing of it, or where nobody may call any more, ends the watch."""
        for error in (ServiceHasTerminated("no such subscription"), Refused("not there")):
            channel = self.begin()
            self.assertEqual(len(self.directory.watches), 1)
            channel.fails = lambda _, error=error: error  # type: ignore[misc]
            self.add(producer("a"))
            self.settle()
            self.assertEqual((len(self.directory.watches), channel.isClosed), (0, True))
            self.done(self.directory.remove(self.add(producer("a"))[0], ANNE))

    def test_defect(self) -> None:
        """After a defect on the way everything is told anew."""
        channel = self.begin()
        defects = [ZeroDivisionError("a defect")]
        channel.fails = lambda _: defects.pop() if defects else None
        self.add(producer("a"))
        self.settle()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.add(producer("b"))
        self.settle()
        self.assertEqual(
            channel.told, ["reset", "complete", "reset", "present", "present", "complete"]
        )
        self.assertEqual((channel.mirror.missed, self.hosts(channel)), (1, "ab"))


class LeaseTests(WatchCase):
    """How watches begin, are renewed and end."""

    watchGrants = GrantLimits(5.0, 10.0, 60.0)
    directoryLimits = DirectoryLimits(watches=3, watchesPerOwner=2)

    def test_lease(self) -> None:
        """A watch ends with its lease; asked for again it is renewed, and nothing is told twice."""
        self.add(producer("a"), 1000.0)
        id, granted = self.watch(template=eventType())
        self.assertEqual(granted, 10.0)
        self.assertTrue(0 < id < 2**53)
        self.pass_(8.0)
        self.assertEqual(self.watch(template=eventType(), lease=1e9), (id, 60.0))
        self.pass_(50.0)
        (channel,) = self.plane.channels
        self.assertEqual(channel.told, ["reset", "complete"])
        self.pass_(10.5)
        self.assertEqual((len(self.directory.watches), channel.isClosed), (0, True))
        self.add(producer("b"))
        self.settle()
        self.assertEqual(channel.sent, 1)
        self.fails(ParameterError, self.unwatched(id))

    async def unwatched(self, id: int) -> int:
        """End a watch."""
        return await self.directory.unwatch(id, ANNE)

    def test_otherConditions(self) -> None:
        """Asked for again with other conditions, all is told anew under the same id."""
        self.add(producer("a"))
        self.add(consumer("b"))
        id, _ = self.watch(role="producer")
        self.settle()
        self.assertEqual(self.watch(role="consumer")[0], id)
        self.settle()
        (channel,) = self.plane.channels
        self.assertEqual(channel.told, ["reset", "present", "complete"] * 2)
        self.assertEqual((self.hosts(channel), channel.mirror.missed), ("b", 0))

    def test_anotherWatch(self) -> None:
        """A watch in the place of one that ended begins by saying so: what went in between is not known any more."""
        self.add(producer("a"), 1000.0)
        gone, _ = self.add(producer("b"), 1000.0)
        self.directory.watches.random = Random(2).randbytes
        self.watch()
        self.settle()
        (before,) = self.plane.channels
        self.pass_(10.5)
        self.done(self.directory.remove(gone, ANNE))
        self.watch()
        after = self.plane.channels[-1]
        self.assertIsNot(after, before)
        after.mirror = before.mirror
        self.settle()
        self.assertEqual(after.told, ["reset", "present", "complete"])
        self.assertEqual(self.hosts(after), "a")
        self.add(producer("c"))
        self.settle()
        self.assertEqual((self.hosts(after), after.mirror.isComplete), ("ac", True))

    def test_conditionsMeanwhile(self) -> None:
        """So it is when they change while the first notification is on its way."""
        self.add(producer("a"))
        self.watch(role="producer")
        (channel,) = self.plane.channels
        channel.isSlow = True
        self.settle()
        self.watch()
        channel.isSlow = False
        channel.goOn()
        self.settle()
        self.assertEqual(channel.told, ["reset", "present", "complete"] * 2)

    def test_unwatch(self) -> None:
        """Its owner ends it; for others there is none of this id."""
        id, _ = self.watch()
        self.fails(ParameterError, self._by(BOB, id))
        self.assertEqual(self.done(self.unwatched(id)), id)
        error = self.fails(ParameterError, self.unwatched(id))
        self.assertEqual(str(error), f"Bad id {id}")
        self.settle()
        (channel,) = self.plane.channels
        self.assertEqual((channel.sent, channel.isClosed), (0, True))

    async def _by(self, caller: object, id: int) -> int:
        return await self.directory.unwatch(id, caller)  # type: ignore[arg-type]

    def test_endedByWhoIsTold(self) -> None:
        """A consumer may end the watch in the very call that tells it something."""
        id, _ = self.watch()
        (channel,) = self.plane.channels
        channel.taking = lambda: self.done(self.unwatched(id))
        self.settle()
        self.assertEqual((len(self.directory.watches), channel.isClosed), (0, True))

    def test_bounds(self) -> None:
        """There are no more watches than may be, of one owner and of all."""
        for number in (1, 2):
            self.watch(callerId=number)
        watch = self.directory.watch
        at = "http://w.example/"
        error = self.fails(TooLarge, watch(None, None, [], at, 3, None, ANNE))
        self.assertIn("directory_watches_per_owner", str(error))
        self.watch(callerId=1, caller=BOB)
        error = self.fails(TooLarge, watch(None, None, [], at, 3, None, BOB))
        self.assertIn("directory_watches", str(error))
        self.pass_(10.5)
        self.watch(callerId=3)

    def test_where(self) -> None:
        """Where nobody may call is refused before there is a watch, and so is what is no URL or no role."""
        watch = self.directory.watch
        self.fails(Refused, watch(None, None, [], "http://secret/", 1, None, ANNE))
        self.fails(ParameterError, watch(None, None, [], "x", 1, None, ANNE))
        self.fails(ParameterError, watch("boss", None, [], "http://a/", 1, None, ANNE))
        self.assertEqual(self.plane.channels, [])

    def test_stop(self) -> None:
        """A directory that stops ends its watches, whatever they do, and leaves no timer; it takes no new one."""
        self.add(producer("a"))
        self.begin()
        self.watch(callerId=2)
        channel = self.plane.channels[-1]
        channel.isSlow = True
        self.settle()
        self.add(producer("b"))
        self.done(self.directory.stop())
        self.assertEqual([one.isClosed for one in self.plane.channels], [True, True])
        self.fails(Busy, self.directory.watch(None, None, [], "http://a/", 1, None, ANNE))
        self.registry.publisher.stop()
        self.done(self.registry.store.stop())
        self.done(self.registry.data.stop())
        self.assertEqual(self.time.getDelayedCalls(), [])
