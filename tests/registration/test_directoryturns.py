"""That no search, newcomer or watch keeps the reactor for long, or more than it may, whatever it asks for."""

from collections.abc import Callable, Iterable

from twisted.internet.base import DelayedCall
from twisted.internet.defer import Deferred

from gma_twisted.errors import TooLarge
from gma_twisted.model import OURSELVES, Caller, Whose
from gma_twisted.model.event import Event
from gma_twisted.model.glob import MAX_GLOB
from gma_twisted.model.template import MAX_TEMPLATE, Template
from gma_twisted.registration.directoryindex import Listed
from gma_twisted.registration.wanted import MAX_ATTRIBUTES, Wanted
from gma_twisted.registration.watch import Watch
from gma_twisted.timing import Turns
from tests.registration.directorystand import (
    DirectoryCase,
    Ticking,
    consumer,
    eventType,
    producer,
)
from tests.registration.stand import ANNE, BOB

# A turn has five milliseconds, and with every look at the clock one of them passes; each entry and each template count.
_MOST = 15


class _TurnsCase(DirectoryCase):
    """Counts how often entries are looked at, and templates compared, in one turn of the reactor."""

    def setUp(self) -> None:
        """Count."""
        super().setUp()
        self.compared = 0
        overlaps = Template.overlaps

        def counted(one: Template, other: Template) -> bool:
            self.compared += 1
            return overlaps(one, other)

        self.patch(Template, "overlaps", counted)
        accepts = Wanted.accepts

        def looked(one: Wanted, candidate: Listed, turns: Turns) -> bool | None:
            self.compared += 1
            return accepts(one, candidate, turns)

        self.patch(Wanted, "accepts", looked)

    def turn(self) -> int:
        """One turn of the reactor: what is due now, not what that asks for. @return: how much it looked at"""
        self.compared = 0
        if not self._due():
            # Later, but nothing is called yet.
            self.time.rightNow += 0.001
        for call in self._due():
            self.time.calls.remove(call)
            call.called = 1
            call.func(*call.args, **call.kw)
        return self.compared

    def _due(self) -> list[DelayedCall]:
        return [call for call in self.time.calls if call.getTime() <= self.time.seconds()]

    def mostInATurn(self, isOver: Callable[[], bool]) -> int:
        """The most that a turn looks at, until something is over."""
        most = 0
        for _ in range(20_000):
            if isOver():
                return most
            most = max(most, self.turn())
        raise AssertionError("it takes for ever")

    def types(self, kind: str, count: int, last: str) -> list[Event]:
        """Event types of names that may all meet, and of values of which only the last may."""
        values = [f"{kind}{number}" for number in range(count - 1)] + [last]
        return [eventType("*", which=value) for value in values]


class NewcomerTests(_TurnsCase):
    """Who is told to a newcomer, and what is found."""

    def test_newcomer(self) -> None:
        """Many event types on both sides are compared in many turns, and none of those that match is left out."""
        for name in "abc":
            self.add(producer(name, *self.types(name, 20, "both" if name != "b" else "none")))
        self.catalogue.clock = Ticking(self.time, self.clock.wall)
        self.compared = 0
        newcomer = consumer("new", *self.types("x", 20, "both"))
        adding = Deferred.fromCoroutine(self.directory.add(newcomer, None, ANNE))
        self.assertNoResult(adding)
        self.assertLess(self.compared, _MOST)
        self.assertLess(self.mostInATurn(lambda: bool(adding.called)), _MOST)
        matches = self.successResultOf(adding)[2]
        self.assertEqual([one.endpoint for one in matches], [producer(n).endpoint for n in "ac"])

    def test_search(self) -> None:
        """So it is with a search; what changes meanwhile is as it is when it is looked at."""
        for name in "abc":
            self.add(producer(name, *self.types(name, 40, "both")))
        self.catalogue.clock = Ticking(self.time, self.clock.wall)
        searching = Deferred.fromCoroutine(
            self.directory.search(None, eventType("*", which="both"), None, [], None, None, ANNE)
        )
        self.turn()
        self.add(producer("a", *self.types("other", 40, "none")))
        self.assertLess(self.mostInATurn(lambda: bool(searching.called)), _MOST)
        found = self.successResultOf(searching).entries
        self.assertEqual([one.endpoint for one in found], [producer(n).endpoint for n in "bc"])


class WatchTurnTests(_TurnsCase):
    """What watches look at."""

    def setUp(self) -> None:
        """On a clock that goes on as they look."""
        super().setUp()
        self.directory.watches.clock = Ticking(self.time, self.clock.wall)

    def _begin(self) -> None:
        for name in "abcdef":
            self.add(producer(name, *self.types(name, 10, "both" if name < "d" else "none")))
        for number in range(5):
            self.watch(template=eventType("*", which="both"), callerId=number)

    def _know(self, names: Iterable[str], first: int = 0) -> bool:
        expected = {producer(name).endpoint for name in names}
        return all(
            {one.endpoint for one in channel.mirror.entries.values()} == expected
            for channel in self.plane.channels[first:]
        )

    def test_present(self) -> None:
        """What is there is compared in turns that all watches share."""
        self._begin()
        self.assertLess(self.mostInATurn(lambda: self._know("abc")), _MOST)

    def test_changes(self) -> None:
        """So is what changed while their consumers took their time, before and after."""
        self._begin()
        self.mostInATurn(lambda: self._know("abc"))
        self.pass_(1.0)
        channels = self.plane.channels
        for channel in channels:
            channel.isSlow = True
        self.add(producer("z", *self.types("z", 2, "both")))
        self.mostInATurn(lambda: all(channel.waiting for channel in channels))
        for name in "abcdef":
            self.add(producer(name, *self.types("new", 10, "none" if name < "d" else "both")))
        for channel in channels:
            channel.isSlow = False
        self.compared = 0
        for channel in channels:
            channel.goOn()
        self.assertLess(self.compared, _MOST)
        self.assertLess(self.mostInATurn(lambda: self._know("defz")), _MOST)

    def test_many(self) -> None:
        """Entries of which each takes no time are looked at in several turns, when they come and when they change."""
        names = [f"h{number:02}" for number in range(60)]
        for name in names:
            self.add(producer(name))
        for number in range(3):
            self.watch(callerId=number)
        self.assertLess(self.mostInATurn(lambda: self._know(names)), _MOST)
        self.pass_(1.0)
        channels = self.plane.channels
        for channel in channels:
            channel.isSlow = True
        self.add(producer("z"))
        self.mostInATurn(lambda: all(channel.waiting for channel in channels))
        for name in names:
            self.add(producer(name, eventType()))
        for channel in channels:
            channel.isSlow = False
            channel.goOn()
        self.assertLess(
            self.mostInATurn(
                lambda: sum(one.told.count("updated") for one in channels) == 3 * len(names)
            ),
            _MOST,
        )
        self.assertTrue(self._know([*names, "z"]))

    def test_together(self) -> None:
        """Watches whose consumers answer in one turn look in turns that they share, however little each looks at."""
        for number in range(20):
            self.watch(callerId=number)
        self.pass_(1.0)
        channels = self.plane.channels
        for channel in channels:
            channel.isSlow = True
        self.add(producer("a"))
        self.mostInATurn(lambda: all(channel.waiting for channel in channels))
        self.add(producer("a", eventType()))
        self.compared = 0
        for channel in channels:
            channel.goOn()
        self.assertLess(self.compared, _MOST)
        self.assertLess(
            self.mostInATurn(lambda: all(channel.waiting for channel in channels)), _MOST
        )

    def test_defect(self) -> None:
        """A watch that cannot look leaves the others alone."""
        self.add(producer("a", eventType()))
        for number in range(2):
            self.watch(callerId=number)

        look = Watch.look

        def failing(watch: Watch, turns: Turns) -> None:
            if watch.callerId == 0:
                raise ZeroDivisionError("a defect")
            look(watch, turns)

        self.patch(Watch, "look", failing)
        self.pass_(1.0)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(self._know("a", 1))


class BoundTests(_TurnsCase):
    """What one request may ask for."""

    def test_globs(self) -> None:
        """A glob of an attribute has so many characters, and so have all of a request together."""
        half = "*a" * (MAX_GLOB // 4)
        self.search(attribute=[("k", half), ("l", half), ("m", "x" * 10_000)])
        for attributes in ([("k", "*a" * MAX_GLOB)], [("k", half), ("l", half), ("m", "*")]):
            for attempt in (
                self.directory.search(None, None, None, attributes, None, None, ANNE),
                self.directory.watch(None, None, attributes, "http://w.example/", 1, None, ANNE),
            ):
                error = self.fails(TooLarge, attempt)
                self.assertIn(str(MAX_GLOB), str(error))

    def test_attributes(self) -> None:
        """All attributes that are asked for have no more characters than those of an entry."""
        attributes = [("k", "x" * (MAX_ATTRIBUTES // 2))] * 2
        for attempt in (
            self.directory.search(None, None, None, attributes, None, None, ANNE),
            self.directory.watch(None, None, attributes, "http://w.example/", 1, None, ANNE),
        ):
            error = self.fails(TooLarge, attempt)
            self.assertIn(str(MAX_ATTRIBUTES), str(error))
        self.assertEqual(len(self.directory.watches), 0)

    def test_templates(self) -> None:
        """A template has so much text, and so have all event types of an entry together."""
        half = "x" * (MAX_TEMPLATE // 2)
        large = eventType("*", one=half, other=half)
        for attempt in (
            self.directory.search(None, large, None, [], None, None, ANNE),
            self.directory.watch(None, large, [], "http://w.example/", 1, None, ANNE),
            self.directory.add(producer("a", large), None, ANNE),
        ):
            error = self.fails(TooLarge, attempt)
            self.assertIn(str(MAX_TEMPLATE), str(error))
        types = [eventType("a", one=half), eventType("b", one=half)]
        self.fails(TooLarge, self.directory.add(producer("a", *types), None, ANNE))
        self.assertEqual((self.found(), len(self.directory.watches)), ([], 0))


class AskedTests(DirectoryCase):
    """Watches for who says who may have one."""

    def test_asked(self) -> None:
        """Each is told with its owner, and can be ended while they are told."""
        first, _ = self.watch()
        second, _ = self.watch(caller=BOB)
        operator = Caller(OURSELVES.identity, whose=Whose.ANY)
        told = []
        for id, owner in self.directory.watches.asked():
            told.append((id, owner))
            if owner == ANNE.owner:
                self.directory.watches.unwatch(id, operator)
        self.assertEqual(told, [(first, ANNE.owner), (second, BOB.owner)])
        self.assertEqual(list(self.directory.watches.asked()), [(second, BOB.owner)])
        self.assertTrue(self.plane.channels[0].isClosed)
