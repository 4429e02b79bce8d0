"""What subscribers at different places of one log are shown: never something earlier than before."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import XMLGate
from gma_twisted.model import (
    Command,
    Extend,
    Lifetime,
    NameSelector,
    Put,
    Remove,
    ServiceDataElement,
    Topic,
)
from gma_twisted.notify import NoticeWriter
from gma_twisted.notify.channel import ChangeChannel
from gma_twisted.notify.writing import Body, Told
from gma_twisted.soap import openEnvelope
from gma_twisted.soap.notices import ReceivedNotice, noticeEnvelope, readNotice
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, toDeferred
from tests.notify.stand import HOST, key


def read(body: Body) -> ReceivedNotice:
    """What a notice says."""
    return readNotice(
        openEnvelope(XMLGate().parse(noticeEnvelope(body.message, None))).content[0][0]
    )


class ChannelCase(SynchronousTestCase):
    """A log of one name."""

    mostValues = 250

    def setUp(self) -> None:
        """Nothing has happened."""
        self.clock = NodeClock(Clock())
        self.store = MemoryStore(self.clock)
        self.successResultOf(toDeferred(self.store.start()))
        self.writer = NoticeWriter(self.store, self.clock, mostValues=self.mostValues)
        self.channel = ChangeChannel(Topic((NameSelector(HOST),), True), self.writer)

    def element(self, text: str, content: str) -> ServiceDataElement:
        """A value."""
        tail = f">{content}</t:Host>".encode()
        return ServiceDataElement(
            key(text), b'<t:Host xmlns:t="urn:test"', tail, Lifetime.lasting(0.0, 9.0, 9.0), 0.0
        )

    def happens(self, *commands: Command) -> None:
        """Commands are done, and heard of together."""
        self.successResultOf(toDeferred(self.store.commit(commands)))
        self.channel.heard(
            {
                one.element.key if isinstance(one, Put) else one.key: (  # type: ignore[union-attr]
                    Told.EXTENSION if isinstance(one, Extend) else Told.VALUE
                )
                for one in commands
            }
        )

    def put(self, *keys: str, content: str = "1") -> None:
        """Values change."""
        self.happens(*(Put(self.element(one, content)) for one in keys))


class ExtendedTests(ChannelCase):
    """Two values fit into a notice."""

    mostValues = 2

    def test_extendedAfterRemoval(self) -> None:
        """Who was shown that a value is gone is shown the one that came after it, whatever was to be told between."""
        self.put("a", "b")
        self.happens(Extend(key("a"), Lifetime.lasting(0.0, 8.0, 9.0)))
        self.happens(Remove(key("a")))
        self.put("c")
        body, place, shown = self.channel.next(0, 0)
        self.assertEqual([one.key for one in read(body).remove], ["a"])
        self.put("a", "d", content="2")
        self.put("e")
        told: list[str] = []
        while place < self.channel.end:
            body, place, shown = self.channel.next(place, shown)
            notice = read(body)
            self.assertEqual(notice.extend, [])
            told += [one.key for one in notice.put]
        self.assertEqual(told[0], "a")

    def test_extended(self) -> None:
        """Who is behind by nothing but extensions is told nothing but these."""
        self.put("a", "b", "c")
        place = self.channel.end
        for one in "abc":
            self.happens(Extend(key(one), Lifetime.lasting(0.0, 8.0, 9.0)))
        body, place, _ = self.channel.next(place, place)
        notice = read(body)
        self.assertEqual(([one.key.key for one in notice.extend], notice.put), (["a"], []))

    def test_extendedAmongChanges(self) -> None:
        """A longer life stays one although other values have changed since: only what changed itself is told anew."""
        self.put("a", "b", "c")
        place = self.channel.end
        self.happens(*(Extend(key(one), Lifetime.lasting(0.0, 8.0, 9.0)) for one in "ab"))
        self.put("b", "c", content="2")
        body, place, shown = self.channel.next(place, place)
        self.assertEqual([one.key.key for one in read(body).extend], ["a"])
        self.assertEqual([one.key for one in read(body).put], ["b"])
        body, place, _ = self.channel.next(place, shown)
        self.assertEqual([one.key for one in read(body).put], ["b", "c"])
        self.assertEqual(place, self.channel.end)

    def test_forgotten(self) -> None:
        """Of keys that are not in the log any more nothing is remembered."""
        self.channel.mostKeys = 4
        for number in range(20):
            self.put(f"k{number}", "same", content=str(number))
        self.assertEqual(set(self.channel._changed), {key("k18"), key("k19"), key("same")})
        self.channel.caughtUp()
        self.assertEqual(self.channel._changed, {})


class SharedTests(ChannelCase):
    """As many values as there may be in one entry fit into a notice."""

    def contents(self, body: Body) -> set[str]:
        """What the values in a notice say."""
        return {one.tail.decode()[1 : -len("</t:Host>")] for one in read(body).put}

    def test_shared(self) -> None:
        """The notice of many changes is written once for all who were shown nothing later."""
        keys = [f"k{number}" for number in range(500)]
        self.put(*keys)
        one, place, shown = self.channel.next(0, 0)
        self.put("k0", content="2")
        other, _, before = self.channel.next(0, 0)
        self.assertIs(one, other)
        self.assertEqual((place, shown, before), (250, 500, 500))

    def test_later(self) -> None:
        """Who was shown a later state is not shown what was written for others before."""
        self.put("k0", "k1", content="0")
        self.put(*(f"k{number}" for number in range(500)))
        early, _, _ = self.channel.next(2, 2)
        self.put("k0", content="2")
        first, place, shown = self.channel.next(0, 0)
        self.assertEqual((place, self.contents(first)), (2, {"1", "2"}))
        body, _, _ = self.channel.next(place, shown)
        self.assertEqual(self.contents(early), {"1"})
        self.assertEqual(self.contents(body), {"1", "2"})
