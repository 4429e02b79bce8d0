"""Services kept in registries elsewhere, on a clock turned by hand."""

import math
from collections.abc import Awaitable, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.client.keepalive import MAX_MEMBERSHIPS, RegistrationKeeper
from gma_twisted.client.membership import Membership
from gma_twisted.errors import (
    ConfigError,
    GMAError,
    PeerUnreachable,
    Refused,
    Throttled,
    TooLarge,
    UnknownId,
)
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Handle,
    Locator,
    QName,
    RenewalResult,
    TerminationTime,
)
from gma_twisted.model.message import Expression
from gma_twisted.soap.aggregating import readServiceDataNames
from gma_twisted.soap.porttypes import GRID_SERVICE, REGISTRATION, SERVICE_GROUP_REGISTRATION
from gma_twisted.soap.types import LOCATOR, Part, readParts
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.client.peer import PeerCaller

REGISTRY = Handle("http://vo:8481/services/registry")
MEMBER = Handle("http://site:8480/services/index")
WALL = 1_700_000_000.0


@attrs.define
class Registry:
    """
    A registry elsewhere.

    @ivar clock: of the test
    @ivar granted: seconds each registration gets
    @ivar error: raised by C{registerService} instead
    @ivar busy: raised by C{renewServices} instead
    @ivar events: what was done, and when
    @ivar known: entry by member
    @ivar ahead: of its wall clock
    """

    clock: Clock
    granted: float = 30.0
    error: GMAError | None = None
    busy: GMAError | None = None
    events: list[tuple[float, str]] = attrs.field(factory=list)
    known: dict[str, Handle] = attrs.field(factory=dict)
    asked: list[object] = attrs.field(factory=list)
    ahead: float = 0.0
    made: int = 0
    names: Sequence[QName] | None = None

    def look(self, content: Expression | None) -> None:
        """Keep which service data a content offers; C{None} for no content."""
        self.names = None if content is None else content.read(readServiceDataNames)

    def note(self, what: str) -> None:
        """Keep what happened."""
        self.events.append((self.clock.seconds(), what))

    def registerService(
        self,
        handle: Handle,
        interface: Sequence[object],
        name: str | None,
        attribute: Sequence[tuple[str, str]],
        content: Expression | None,
        lifetime: float | None,
    ) -> tuple[Handle, float]:
        """Register, or refuse."""
        self.note("register")
        self.asked = [handle, list(interface), name, list(attribute), lifetime]
        self.look(content)
        if self.error is not None:
            raise self.error
        return self.enter(handle), self.granted

    def enter(self, member: Handle) -> Handle:
        """A new entry."""
        self.made += 1
        self.known[member.url] = REGISTRY.child("entries", str(self.made))
        return self.known[member.url]

    def renewServices(self, entry: Sequence[Handle], lifetime: float | None) -> list[RenewalResult]:
        """Renew what is known."""
        self.note("renew")
        if self.busy is not None:
            raise self.busy
        return [
            RenewalResult(one, self.granted if one in self.known.values() else None)
            for one in entry
        ]

    def unregisterService(self, handle: Handle) -> None:
        """Forget."""
        self.note("unregister")
        if self.known.pop(handle.url, None) is None:
            raise UnknownId(f"{handle} is not registered")


class Group(Registry):
    """A registry of OGSI only."""

    def add(
        self,
        serviceLocator: Locator,
        content: Expression | None,
        terminationTime: TerminationTime | None,
        caller: Caller = OURSELVES,
    ) -> tuple[Locator, TerminationTime]:
        """Register."""
        self.note("add")
        self.asked = [serviceLocator, terminationTime, content and content.name.localName]
        self.look(content)
        return Locator((self.enter(serviceLocator.handles[0]),)), self.time()

    def time(self) -> TerminationTime:
        """What is granted, by the clock of this registry."""
        now = WALL + self.clock.seconds() + self.ahead
        return TerminationTime(now + self.granted, now + self.granted, now)

    def requestTerminationAfter(self, terminationTime: float) -> TerminationTime:
        """Renew an entry."""
        self.note("after")
        self.asked = [terminationTime]
        if not self.known:
            raise UnknownId("no such service")
        return self.time()

    def remove(self, matchExpression: Expression, caller: Caller = OURSELVES) -> None:
        """Forget."""
        self.note("remove")
        parts = [Part.many("locator", LOCATOR)]
        (locator,) = matchExpression.read(lambda tree: readParts(tree, OGSI, parts))["locator"]
        self.asked = [locator, matchExpression.name.localName]
        del self.known[locator.handles[0].url]

    def destroy(self) -> None:
        """End an entry."""
        self.note("destroy")
        self.known.clear()


@implementer(ICaller)
class Net:
    """The way to the registry: open, cut, slow, one that loses answers, or one that swallows everything."""

    def __init__(self, registry: Registry) -> None:
        self.way = "open"
        self.late: Deferred[Any] = Deferred()
        portTypes = [REGISTRATION]
        if isinstance(registry, Group):
            portTypes = [SERVICE_GROUP_REGISTRATION]
        self.registry = PeerCaller(portTypes, registry)
        self.entry = PeerCaller([GRID_SERVICE], registry)

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """See L{ICaller}."""
        if self.way == "cut":
            raise PeerUnreachable(f"no way to {handle}")
        if self.way == "swallows":
            return Deferred()
        there = self.registry if handle == REGISTRY else self.entry
        if self.way == "lost":
            lost = there.call(handle, envelope, soapAction, timeout)
            raise PeerUnreachable(f"{lost} of {handle} was lost")
        if self.way == "slow":
            self.late = Deferred()
            return self.late.addCallback(
                lambda _: toDeferred(there.call(handle, envelope, soapAction, timeout))
            )
        return there.call(handle, envelope, soapAction, timeout)

    def answer(self) -> None:
        """Let through what was slow."""
        self.late.callback(None)

    def close(self) -> Awaitable[None]:
        """See L{ICaller}."""
        return Ready(None)


class KeeperCase(SynchronousTestCase):
    """A keeper of one membership and of the highest chance: half of the lifetime, full back-off."""

    def stand(self, registry: Registry, names: Sequence[QName] = ()) -> None:
        """A keeper before a registry, not started. @param names: that the registry shall aggregate"""
        self.registry = registry
        self.net = Net(registry)
        clock = NodeClock(self.clock, lambda: WALL + self.clock.seconds())
        self.keeper = RegistrationKeeper(clock, self.net, lambda: 0.999999)
        self.keeper.add(
            Membership(
                REGISTRY, MEMBER, (GRID_SERVICE.name,), "site", (("tier", "2"),), 60.0, names
            )
        )
        self.addCleanup(self.stop)

    def setUp(self) -> None:
        """A clock."""
        self.clock = Clock()
        self.stand(Registry(self.clock))

    def stop(self) -> None:
        """Stop the keeper; no timer is left."""
        stopping = toDeferred(self.keeper.stop())
        self.clock.pump([0.5] * 20)
        self.successResultOf(stopping)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def advance(self, seconds: float) -> None:
        """Let time pass in eighths of a second."""
        self.clock.pump([0.125] * int(seconds * 8))

    def row(self, *names: str) -> tuple[str, ...]:
        """Of the status of the one membership."""
        (row,) = self.keeper.status()
        return tuple(row[name] for name in names)


class BusyTests(KeeperCase):
    """A registry that has no time, and says for how long."""

    def tries(self, what: str, seconds: float) -> list[float]:
        """When it was asked, within so many seconds."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.advance(seconds)
        return [when for when, done in self.registry.events if done == what]

    def test_told(self) -> None:
        """It is asked again when it said, not before."""
        self.keeper.random = lambda: 0.0
        self.registry.error = Throttled("too much", 20)
        self.assertEqual(self.tries("register", 70), [0.0, 20.0, 40.0, 60.0])
        self.assertEqual(self.row("state", "failures"), ("trying", "4"))
        self.registry.error = None
        self.advance(20)
        self.assertEqual(self.row("state", "failures"), ("registered", "0"))

    def test_bounded(self) -> None:
        """However long it said, it is asked once a minute."""
        self.keeper.random = lambda: 0.0
        self.registry.error = Throttled("too much", 9999)
        self.assertEqual(self.tries("register", 130), [0.0, 60.0, 120.0])

    def test_spread(self) -> None:
        """Not everybody who was told the same comes at once: by chance, half as long more."""
        self.registry.error = Throttled("too much", 20)
        self.assertEqual(self.tries("register", 61), [0.0, 30.0, 60.0])

    def test_renewal(self) -> None:
        """Renewals wait too, but there is one left before the lease ends."""
        self.keeper.random = lambda: 0.0
        self.registry.busy = Throttled("too much", 9999)
        tried = self.tries("renew", 25)
        self.assertEqual(tried, [10.0, 20.0, 25.0])
        self.registry.busy = None
        self.advance(4)
        self.assertEqual(self.row("state", "failures"), ("registered", "0"))
        self.assertEqual([what for _, what in self.registry.events].count("register"), 1)

    def test_lost(self) -> None:
        """A lease that ended meanwhile is not asked for anew before that either."""
        self.keeper.random = lambda: 0.0
        self.registry.busy = Throttled("too much", 20)
        self.assertEqual(self.tries("register", 49), [0.0])
        self.assertEqual(self.row("state", "entry"), ("trying", ""))
        self.advance(2)
        self.assertEqual(self.row("state", "failures"), ("registered", "0"))


class RegisterTests(KeeperCase):
    """Registered, and kept so."""

    def test_registered(self) -> None:
        """It registers at once, with everything it was told, and says so."""
        self.assertEqual(self.row("state", "entry"), ("waiting", ""))
        self.successResultOf(toDeferred(self.keeper.start()))
        self.assertEqual(
            self.registry.asked, [MEMBER, [GRID_SERVICE.name], "site", [("tier", "2")], 60.0]
        )
        self.assertEqual(
            dict(self.keeper.status()[0]),
            {
                "registry": REGISTRY.url,
                "service": MEMBER.url,
                "state": "registered",
                "entry": f"{REGISTRY}/entries/1",
                "until": "2023-11-14T22:13:50Z",
                "failures": "0",
                "lastError": "",
            },
        )

    def test_renewed(self) -> None:
        """It renews before half of what was granted has passed, and never registers again."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.advance(50)
        self.assertEqual(
            self.registry.events,
            [(0.0, "register"), (15.0, "renew"), (30.0, "renew"), (45.0, "renew")],
        )
        self.assertEqual(self.row("until"), ("2023-11-14T22:14:35Z",))

    def test_forgotten(self) -> None:
        """A registry that does not know the entry any more gets it again in the same moment."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.registry.known.clear()
        self.advance(16)
        self.assertEqual(
            self.registry.events, [(0.0, "register"), (15.0, "renew"), (15.0, "register")]
        )
        self.assertEqual(
            self.row("state", "entry", "lastError"), ("registered", f"{REGISTRY}/entries/2", "")
        )

    def test_unreachable(self) -> None:
        """One that is out of reach is tried again with growing back-off, and the last error is told."""
        self.net.way = "cut"
        self.successResultOf(toDeferred(self.keeper.start()))
        self.assertEqual(
            self.row("state", "failures", "lastError"), ("trying", "1", f"no way to {REGISTRY}")
        )
        self.advance(6)
        self.assertEqual(self.row("failures"), ("3",))
        self.net.way = "open"
        self.advance(2)
        self.assertEqual(self.row("state", "failures", "lastError"), ("registered", "0", ""))

    def test_backoffEnds(self) -> None:
        """However long it is away, it is tried at least once a minute."""
        self.net.way = "cut"
        self.successResultOf(toDeferred(self.keeper.start()))
        self.advance(3600)
        before = int(self.row("failures")[0])
        self.advance(600)
        self.assertEqual(int(self.row("failures")[0]) - before, 10)

    def test_lost(self) -> None:
        """Out of reach for all of the time granted, it counts as gone; back again, it is registered anew."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.net.way = "cut"
        self.advance(29)
        self.assertEqual(self.row("state"), ("registered",))
        self.advance(2)
        self.assertEqual(self.row("state", "entry", "until"), ("trying", "", ""))
        self.net.way = "open"
        self.advance(60)
        self.assertEqual(self.row("state", "entry"), ("registered", f"{REGISTRY}/entries/2"))

    def test_hangs(self) -> None:
        """A registry that answers nothing does not hold the start, and the stop no longer than the bound."""
        self.net.way = "swallows"
        self.successResultOf(toDeferred(self.keeper.start()))
        self.assertEqual(self.row("state"), ("trying",))
        self.advance(1)
        stopping = toDeferred(self.keeper.stop(2.0))
        self.advance(1.875)
        self.assertNoResult(stopping)
        self.advance(0.125)
        self.successResultOf(stopping)
        self.assertEqual(self.row("state"), ("stopped",))

    def test_refused(self) -> None:
        """One that refuses may change its mind: it is asked again."""
        self.registry.error = Refused("not you")
        self.successResultOf(toDeferred(self.keeper.start()))
        self.assertEqual(self.row("state", "lastError"), ("trying", "not you"))
        self.registry.error = None
        self.advance(2)
        self.assertEqual(self.row("state"), ("registered",))

    def test_slow(self) -> None:
        """The time granted counts from the request, however long the answer took."""
        self.net.way = "slow"
        self.successResultOf(toDeferred(self.keeper.start()))
        self.advance(8)
        self.net.way = "open"
        self.net.answer()
        self.assertEqual(self.row("until"), ("2023-11-14T22:13:50Z",))
        self.advance(12)
        self.assertEqual(self.registry.events[1:], [(19.0, "renew")])

    def test_late(self) -> None:
        """A grant that is over when it arrives is none."""
        self.registry.granted = 0.0
        self.successResultOf(toDeferred(self.keeper.start()))
        self.assertEqual(self.row("state", "failures"), ("trying", "1"))

    def test_bound(self) -> None:
        """More memberships than a node may have are refused by name of the bound; the same again is no more."""
        for number in range(MAX_MEMBERSHIPS - 1):
            self.keeper.add(Membership(REGISTRY, MEMBER.child(str(number))))
        self.keeper.add(Membership(REGISTRY, MEMBER))
        error = self.assertRaises(TooLarge, self.keeper.add, Membership(REGISTRY, REGISTRY))
        self.assertEqual(error.message, f"more than 1000 memberships: {REGISTRY}")


class StopTests(KeeperCase):
    """The end of a keeper."""

    def test_unregisters(self) -> None:
        """What is registered is unregistered."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.successResultOf(toDeferred(self.keeper.stop()))
        self.assertEqual(self.registry.known, {})
        self.assertEqual(self.row("state", "entry"), ("stopped", ""))

    def test_bounded(self) -> None:
        """A registry that swallows the call delays the end by no more than the bound."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.net.way = "swallows"
        stopping = toDeferred(self.keeper.stop(2.0))
        self.advance(1.75)
        self.assertNoResult(stopping)
        self.advance(0.25)
        self.successResultOf(stopping)

    def test_whileTrying(self) -> None:
        """What is not registered needs no call."""
        self.net.way = "cut"
        self.successResultOf(toDeferred(self.keeper.start()))
        self.successResultOf(toDeferred(self.keeper.stop()))
        self.assertEqual(self.registry.events, [])

    def test_underWay(self) -> None:
        """A registration that is answered while the keeper stops is taken out again, and nothing else is waited for."""
        self.net.way = "slow"
        self.successResultOf(toDeferred(self.keeper.start()))
        stopping = toDeferred(self.keeper.stop(4.0))
        self.net.way = "open"
        self.advance(1)
        self.assertNoResult(stopping)
        self.net.answer()
        self.successResultOf(stopping)
        self.assertEqual(self.registry.events, [(1.0, "register"), (1.0, "unregister")])
        self.assertEqual(self.registry.known, {})

    def test_unanswered(self) -> None:
        """One whose answer does not come is taken out by the member's handle."""
        self.registry.enter(MEMBER)
        self.net.way = "swallows"
        self.successResultOf(toDeferred(self.keeper.start()))
        stopping = toDeferred(self.keeper.stop(4.0))
        self.net.way = "open"
        self.advance(2)
        self.successResultOf(stopping)
        self.assertEqual(self.registry.events, [(2.0, "unregister")])
        self.assertEqual(self.registry.known, {})

    def test_answerLost(self) -> None:
        """So is one whose answer was lost before; that it was not registered is no failure."""
        self.net.way = "lost"
        self.successResultOf(toDeferred(self.keeper.start()))
        self.assertEqual(self.row("state"), ("trying",))
        self.registry.known.clear()
        self.net.way = "open"
        self.successResultOf(toDeferred(self.keeper.stop()))
        self.assertEqual(self.registry.events, [(0.0, "register"), (0.0, "unregister")])

    def test_refused(self) -> None:
        """One that was refused is not there."""
        self.registry.error = Refused("not you")
        self.successResultOf(toDeferred(self.keeper.start()))
        self.successResultOf(toDeferred(self.keeper.stop()))
        self.assertEqual(self.registry.events, [(0.0, "register")])

    def test_notStarted(self) -> None:
        """Stopping before the start does nothing."""
        self.successResultOf(toDeferred(self.keeper.stop()))
        self.assertEqual(self.row("state"), ("waiting",))

    def test_again(self) -> None:
        """A stopped keeper can be started again."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.successResultOf(toDeferred(self.keeper.stop()))
        self.successResultOf(toDeferred(self.keeper.start()))
        self.assertEqual(self.row("state"), ("registered",))


class NamesTests(KeeperCase):
    """What a registry shall aggregate."""

    def test_told(self) -> None:
        """It is in the content, by either face; without any there is no content but where OGSI wants one."""
        names = (QName("urn:example", "Host"), QName("urn:example", "*"))
        for registry, asked, told in (
            (Registry, names, names),
            (Group, names, names),
            (Registry, (), None),
            (Group, (), ()),
        ):
            self.stop()
            self.stand(registry(self.clock), asked)
            self.successResultOf(toDeferred(self.keeper.start()))
            self.assertEqual(self.registry.names, told)


class GroupTests(KeeperCase):
    """A registry that has OGSI's service group and nothing else."""

    def setUp(self) -> None:
        """It."""
        self.clock = Clock()
        self.stand(Group(self.clock))

    def test_added(self) -> None:
        """It is asked by C{add}, with an end in absolute time."""
        self.successResultOf(toDeferred(self.keeper.start()))
        end = WALL + 60.0
        self.assertEqual(
            self.registry.asked,
            [
                Locator((MEMBER,), (GRID_SERVICE.name,)),
                TerminationTime(end, end),
                "serviceDataNames",
            ],
        )
        self.assertEqual(self.row("state", "entry"), ("registered", f"{REGISTRY}/entries/1"))

    def test_renewed(self) -> None:
        """The entry's own end is moved, by the entry's clock, however wrong that is."""
        self.registry.ahead = 3600.0
        self.successResultOf(toDeferred(self.keeper.start()))
        self.advance(16)
        self.assertEqual(self.registry.events, [(0.0, "add"), (15.0, "after")])
        self.assertEqual(self.registry.asked, [WALL + 15.0 + 3600.0 + 60.0])
        self.assertEqual(self.row("until"), ("2023-11-14T22:14:05Z",))
        self.registry.ahead = -3600.0
        self.advance(30)
        self.assertEqual(self.registry.asked, [WALL + 45.0 - 3600.0 + 60.0])

    def test_forgotten(self) -> None:
        """An entry that is gone is made again."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.registry.known.clear()
        self.advance(16)
        self.assertEqual([what for _, what in self.registry.events], ["add", "after", "add"])

    def test_destroyed(self) -> None:
        """At the end the entry is destroyed."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.successResultOf(toDeferred(self.keeper.stop()))
        self.assertEqual([what for _, what in self.registry.events], ["add", "destroy"])

    def test_unanswered(self) -> None:
        """One whose answer did not come is removed by the locator it was added with."""
        self.registry.enter(MEMBER)
        self.net.way = "swallows"
        self.successResultOf(toDeferred(self.keeper.start()))
        stopping = toDeferred(self.keeper.stop(4.0))
        self.net.way = "open"
        self.advance(2)
        self.successResultOf(stopping)
        self.assertEqual(self.registry.known, {})
        self.assertEqual(
            self.registry.asked,
            [Locator((MEMBER,), (GRID_SERVICE.name,)), "matchByLocatorEquivalence"],
        )

    def test_forever(self) -> None:
        """An entry without end is not renewed, and ended all the same."""
        self.registry.granted = math.inf
        self.successResultOf(toDeferred(self.keeper.start()))
        self.advance(3600)
        self.assertEqual(self.row("state", "until"), ("registered", ""))
        self.stop()
        self.assertEqual([what for _, what in self.registry.events], ["add", "destroy"])

    def test_neither(self) -> None:
        """A service that is no registry at all is told by the operation it lacks."""
        self.net.registry = PeerCaller([GRID_SERVICE], self.registry)
        self.successResultOf(toDeferred(self.keeper.start()))
        (said,) = self.row("lastError")
        self.assertIn("registerService", said)


class ChangingTests(KeeperCase):
    """Memberships that come and go while the others are kept."""

    other = Membership(REGISTRY, MEMBER.child("other"))

    def setUp(self) -> None:
        """It runs, and one is registered."""
        super().setUp()
        self.successResultOf(toDeferred(self.keeper.start()))
        (self.first,) = [one.membership for one in self.keeper._kept.values()]

    def members(self) -> list[str]:
        """Who is kept."""
        return [row["service"] for row in self.keeper.status()]

    def test_add(self) -> None:
        """It is registered at once, and kept so; one that is kept already is refused."""
        self.advance(10)
        self.keeper.add(self.other)
        self.assertEqual(list(self.registry.known), [MEMBER.url, self.other.member.url])
        self.assertRaises(ConfigError, self.keeper.add, self.first)
        self.advance(16)
        renewals = [at for at, what in self.registry.events if what == "renew"]
        self.assertEqual(renewals, [15.0, 25.0])

    def test_remove(self) -> None:
        """It is unregistered and renewed no more; the other one is let be."""
        self.keeper.add(self.other)
        self.successResultOf(toDeferred(self.keeper.remove(self.first)))
        self.assertEqual(self.members(), [self.other.member.url])
        self.assertEqual(list(self.registry.known), [self.other.member.url])
        self.advance(16)
        self.assertEqual(
            [what for _, what in self.registry.events],
            ["register", "register", "unregister", "renew"],
        )

    def test_unknown(self) -> None:
        """One that is not kept is not unregistered."""
        self.successResultOf(toDeferred(self.keeper.remove(self.other)))
        self.assertEqual([what for _, what in self.registry.events], ["register"])

    def test_again(self) -> None:
        """What was removed may be added again, with other wishes."""
        self.successResultOf(toDeferred(self.keeper.remove(self.first)))
        self.keeper.add(attrs.evolve(self.first, name="new"))
        self.assertEqual(self.registry.asked[2], "new")
        self.assertEqual(self.row("state"), ("registered",))

    def test_whileTrying(self) -> None:
        """One that is still tried is tried no more."""
        self.net.way = "cut"
        self.keeper.add(self.other)
        self.successResultOf(toDeferred(self.keeper.remove(self.other)))
        self.net.way = "open"
        self.advance(10)
        self.assertEqual(list(self.registry.known), [MEMBER.url])

    def test_underWay(self) -> None:
        """A registration that is answered meanwhile is taken out again."""
        self.net.way = "slow"
        self.keeper.add(self.other)
        removing = toDeferred(self.keeper.remove(self.other))
        self.net.way = "open"
        self.advance(1)
        self.assertNoResult(removing)
        self.net.answer()
        self.successResultOf(removing)
        self.assertEqual(list(self.registry.known), [MEMBER.url])
        self.advance(14)
        renewals = [at for at, what in self.registry.events if what == "renew"]
        self.assertEqual(renewals, [15.0])

    def test_bounded(self) -> None:
        """A registry that swallows the call delays the removal by no more than the bound."""
        self.net.way = "swallows"
        removing = toDeferred(self.keeper.remove(self.first, 2.0))
        self.advance(1.75)
        self.assertNoResult(removing)
        self.advance(0.25)
        self.successResultOf(removing)
        self.assertEqual(self.members(), [])
