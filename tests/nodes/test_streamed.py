"""How far streams are, under whatever number, and who is asked for what is missing."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client.subscription import Way
from gma_twisted.configuration import SubscribeSection
from gma_twisted.errors import Busy, GMAError, UnknownId
from gma_twisted.model import Caller, Handle
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventSource, gapCursor
from gma_twisted.netlogger.dataurl import DataUrl, LineFormat
from gma_twisted.nodes.streamed import Streamed
from gma_twisted.streams.order import Position
from gma_twisted.timing import Ready, toDeferred

_SECTION = SubscribeSection(at=Handle("http://p/x"))
_PLACE = DataUrl.parse("x-netlog://127.0.0.1:1")


class FakeConsumer:
    """
    Takes what comes.

    @ivar taken: callerId, names of the events, how many were missed, positions
    @ivar kept: positions of another life
    @ivar error: raised instead
    """

    def __init__(self) -> None:
        self.taken: list[tuple[Any, ...]] = []
        self.kept: dict[str, str] = {}
        self.error: GMAError | None = None
        self.waiting: Deferred[None] | None = None
        self.ended: list[int] = []

    def plain(self, events: Sequence[Event], caller: Caller) -> Awaitable[object]:
        """See L{LineConsumer}."""
        self.taken.append((caller, [one.name for one in events]))
        return Ready(None)

    async def stream(
        self,
        callerId: int,
        events: Sequence[Event],
        missed: int | None,
        positions: Mapping[str, str],
    ) -> None:
        """See L{LineConsumer}."""
        if self.waiting is not None:
            await self.waiting
        if self.error is not None:
            raise self.error
        self.taken.append((callerId, [one.name for one in events], missed, dict(positions)))

    def positions(self) -> Mapping[str, str]:
        """See L{LineConsumer}."""
        return self.kept

    def forget(self, callerId: int) -> None:
        """See L{LineConsumer}."""
        self.ended.append(callerId)


class Asked:
    """A producer that is asked. @ivar answers: what it says next; @ivar cursors: what it was asked for"""

    def __init__(self, *answers: EventAnswer) -> None:
        self.answers = list(answers)
        self.cursors: list[str] = []

    async def __call__(self, cursor: str) -> EventAnswer:
        """One page."""
        self.cursors.append(cursor)
        return self.answers.pop(0)


class StreamedTests(SynchronousTestCase):
    """Subscription 7 of C{[subscribe.a]} at http://p/x."""

    def setUp(self) -> None:
        """Nothing came yet."""
        self.consumer = FakeConsumer()
        self.forgotten: list[int] = []
        self.streamed = self.made()

    def made(self) -> Streamed:
        """Another life of the node, with what the consumer keeps."""
        made = Streamed(self.consumer, _PLACE)
        made.forgotten = self.forgotten.append
        return made

    def way(self, section: SubscribeSection = _SECTION) -> Way:
        """How the events of the section come."""
        caller: Any = None
        way = self.streamed.way("a", "http://p/x", caller, section)
        assert way is not None
        return way

    def began(self, callerId: int = 7) -> bool:
        """The subscription is made. @return: whether it is known where to go on"""
        url, isKnown = self.chosen(self.way(), callerId, "http", "x-netlog")
        self.assertIsNotNone(url)
        return isKnown

    def chosen(self, way: Way, callerId: int, *schemes: str) -> tuple[str | None, bool]:
        """What a way says of a subscription at a producer that has these schemes."""
        return self.successResultOf(toDeferred(way.choose(callerId, schemes)))

    def deliver(
        self, last: int, *names: str, stream: int = 7, missed: int | None = 0, life: str = "abcd"
    ) -> None:
        """Events come, up to a number."""
        events = [Event(one, 0) for one in names]
        self.successResultOf(toDeferred(self.streamed.deliver(stream, events, life, last, missed)))

    def test_dataUrl(self) -> None:
        """It says how lines are written, and that they are numbered."""
        self.assertEqual(
            self.chosen(self.way(), 7, "x-netlog"),
            ("x-netlog://127.0.0.1:1?format=xml&dialect=full&numbers=yes", False),
        )
        way = self.way(SubscribeSection(at=_SECTION.at, format=LineFormat.BP))
        url, _ = self.chosen(way, 8, "x-netlog")
        self.assertIn("format=bp", str(url))

    def test_noPlace(self) -> None:
        """Where nothing is listened for by TCP, events come as messages."""
        caller: Any = None
        self.assertIsNone(Streamed(self.consumer, None).way("a", "http://p/x", caller, _SECTION))

    def test_fallBack(self) -> None:
        """A producer that sends no lines sends messages; where its stream was means nothing then."""
        self.began()
        self.deliver(5, "e")
        self.consumer.error = Busy("full")
        self.failureResultOf(toDeferred(self.way().choose(7, ("http",))), Busy)
        self.consumer.error = None
        self.assertEqual(self.chosen(self.way(), 7, "http", "https"), (None, False))
        self.assertEqual(self.consumer.taken[-1], (7, [], 0, {"a http://p/x": ""}))
        self.assertFalse(self.streamed.isKnown(7))
        self.assertFalse(self.began(8))
        self.chosen(self.way(), 9, "http")
        self.assertEqual(len(self.consumer.taken), 2)

    def test_messages(self) -> None:
        """Where lines came in another life of the node, and none come now, where they were is forgotten first."""
        self.assertIsNone(self.streamed.messages("a", "http://p/x"))
        self.consumer.kept = {"a http://p/x": "abcd 5"}
        caller: Any = None
        nowhere = Streamed(self.consumer, None)
        for way in (
            self.made().messages("a", "http://p/x"),
            nowhere.way("a", "http://p/x", caller, _SECTION),
        ):
            self.consumer.taken.clear()
            assert way is not None
            self.assertEqual(self.chosen(way, 7, "http", "x-netlog"), (None, False))
            self.assertEqual(self.consumer.taken, [(7, [], 0, {"a http://p/x": ""})])

    def test_known(self) -> None:
        """Only what was asked for is known."""
        self.assertFalse(self.streamed.isKnown(7))
        self.began()
        self.assertTrue(self.streamed.isKnown(7))
        self.assertFalse(self.streamed.isKnown(8))
        self.streamed.forget(7)
        self.assertFalse(self.streamed.isKnown(7))
        self.assertEqual((self.forgotten, self.consumer.ended), ([7], [7]))
        self.failureResultOf(toDeferred(self.streamed.deliver(7, [], "abcd", 1, 0)), UnknownId)

    def test_positions(self) -> None:
        """They go to the consumer with the events, and are known when these were taken."""
        self.began()
        self.assertIsNone(self.streamed.position(7))
        self.deliver(5, "e", "f", missed=2)
        self.assertEqual(self.consumer.taken, [(7, ["e", "f"], 2, {"a http://p/x": "abcd 5"})])
        self.assertEqual(self.streamed.position(7), Position("abcd", 5))
        self.consumer.error = Busy("full")
        self.failureResultOf(
            toDeferred(self.streamed.deliver(7, [Event("g", 0)], "abcd", 6, 0)), Busy
        )
        self.assertEqual(self.streamed.position(7), Position("abcd", 5))

    def test_begunNotKept(self) -> None:
        """Where a stream began is known though it could not be kept; where it was already counts more."""
        self.began()
        self.consumer.error = Busy("full")
        for stream, last in ((7, 4), (8, 9)):
            self.failureResultOf(
                toDeferred(self.streamed.deliver(stream, [], "abcd", last, 0)), Busy
            )
            self.assertEqual(self.streamed.position(stream), Position("abcd", 4))
            # What comes until it can be kept is asked for then, and not looked back at.
            self.assertTrue(self.began(8))

    def test_renumbered(self) -> None:
        """A lost subscription goes on where it was, and nothing of the past is asked for."""
        self.assertFalse(self.began())
        self.deliver(5, "e")
        self.streamed.renumber(7, 8)
        self.assertEqual(self.forgotten, [7])
        self.assertTrue(self.began(8))
        self.assertFalse(self.streamed.isKnown(7))
        self.assertEqual(self.streamed.position(8), Position("abcd", 5))

    def test_underWay(self) -> None:
        """What is being taken under the old number is waited for: it would come twice."""
        self.began()
        self.consumer.waiting = Deferred()
        delivery = toDeferred(self.streamed.deliver(7, [Event("e", 0)], "abcd", 5, 0))
        self.streamed.renumber(7, 8)
        self.began(8)
        self.assertFalse(self.streamed.isKnown(8))
        self.consumer.waiting.callback(None)
        self.successResultOf(delivery)
        self.assertTrue(self.streamed.isKnown(8))
        self.assertEqual(self.streamed.position(8), Position("abcd", 5))

    def test_restarted(self) -> None:
        """Positions that were kept with the events are those of the next life of the node."""
        self.consumer.kept = {"a http://p/x": "abcd 5", "b http://p/x": "abcd 9"}
        self.streamed = self.made()
        self.assertTrue(self.began(99))
        self.assertEqual(self.streamed.position(99), Position("abcd", 5))

    def test_spoiled(self) -> None:
        """A position that cannot be read is none."""
        for text in ("", "abcd", "abcd x", " 5"):
            self.consumer.kept = {"a http://p/x": text}
            self.streamed = self.made()
            self.assertFalse(self.began(), text)

    def fill(self, *answers: EventAnswer) -> tuple[list[str], list[str], int, int | None]:
        """What is asked for 4 to 9, and what is made of it."""
        asked: Any = Asked(*answers)
        self.streamed.expect(7, "n", asked)
        filled = self.successResultOf(toDeferred(self.streamed.fill(7, "abcd", 3, 9)))
        names = [one.name for one in filled.events]
        return asked.cursors, names, filled.last, filled.missing

    def test_filled(self) -> None:
        """One page; the order is the producer's."""
        first = gapCursor("abcd", 3, 9)
        found = self.fill(EventAnswer([Event("e", 0), Event("f", 0)]))
        self.assertEqual(found, ([first], ["e", "f"], 9, 0))

    def test_page(self) -> None:
        """A page that says how far it goes is enough at once."""
        found = self.fill(EventAnswer([Event("e", 0)], False, cursor=gapCursor("abcd", 6, 9)))
        self.assertEqual(found[1:], (["e"], 6, 0))

    def test_pages(self) -> None:
        """Pages that do not are read all; a cursor that leads nowhere is not followed for ever."""
        pages = [EventAnswer([Event("e", 0)], False, cursor="?"), EventAnswer([Event("f", 0)])]
        found = self.fill(*pages)
        self.assertEqual((found[0][1:], *found[1:]), (["?"], ["e", "f"], 9, 0))
        back = EventAnswer([], False, cursor=gapCursor("abcd", 3, 9))
        self.assertEqual(self.fill(*[back] * 100)[1:], ([], 9, None))

    def test_lacking(self) -> None:
        """What the producer let go is missing; that a source was not heard of is another thing."""
        self.assertIsNone(self.fill(EventAnswer([], False, ["let go"]))[3])
        stale = EventSource("s", None, "stale")
        self.assertEqual(self.fill(EventAnswer([], False, ["s is stale"], [stale]))[3], 0)
        self.assertIsNone(self.fill(EventAnswer([], False, ["s is stale", "x"], [stale]))[3])

    def test_plain(self) -> None:
        """Lines of no stream are brought by whoever has that address, and nobody else."""
        self.successResultOf(toDeferred(self.streamed.plain([Event("e", 0)], "10.0.0.1")))
        self.assertEqual(self.consumer.taken, [(Caller("anonymous", "10.0.0.1"), ["e"])])
