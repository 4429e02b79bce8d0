"""Documents of thousands of values: made and committed in turns of the reactor."""

from collections.abc import Iterable, Sequence

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.errors import Busy
from gma_twisted.execution import ProviderSetup
from gma_twisted.execution.intake import MOST_TOGETHER
from gma_twisted.execution.status import STATUS_NAME
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup.parse import Element
from gma_twisted.model import (
    Changes,
    Command,
    ElementKey,
    Extended,
    ProviderRun,
    Put,
    QName,
    Quiet,
    Replaced,
    ServiceDataElement,
)
from gma_twisted.stores import MemoryStore
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.turns import SLICE
from tests.execution.stand import ORIGINATOR, Scripted, Splitter, Stand

JOB = QName("urn:t", "j")
MANY = 1000
STEP = 0.0005
COMMIT = 0.004


def document(count: int = MANY, text: str = "", news: str = "a") -> bytes:
    """So many values, the last with a text of its own."""
    jobs = "".join(f'<j id="{number}">{text}</j>' for number in range(count))
    return f'<l xmlns="urn:t" news="{news}">{jobs}</l>'.encode()


@implementer(IResultHandler)
class Slow:
    """
    Half a millisecond for each value.

    @ivar stand: whose clock it is
    @ivar fails: the number at which it fails
    """

    def __init__(self, stand: Stand, fails: int = -1) -> None:
        self.stand = stand
        self.fails = fails

    def handle(self, document: Element, run: ProviderRun) -> Iterable[ServiceDataElement | Quiet]:
        """Split it slowly."""
        for number, one in enumerate(Splitter().handle(document, run)):
            if number == self.fails:
                raise ValueError("enough")
            self.stand.clock.rightNow += STEP
            yield Quiet(one, document.get("news"))


class Refusing(MemoryStore):
    """
    A store that takes four milliseconds for a commit of values.

    @ivar refuses: which of them it refuses
    @ivar waits: which of them it answers when C{waiting} is called
    @ivar isDone: whether that one is done before
    """

    refuses: int = -1
    waits: int = -1
    isDone: bool = False
    waiting: Deferred[None] | None = None

    async def commit(self, commands: Sequence[Command]) -> Changes:
        """Count the commits of values."""
        if any(isinstance(one, Put) and one.element.key.name == JOB for one in commands):
            self.clock.reactor.rightNow += COMMIT  # type: ignore[attr-defined]
            self.refuses -= 1
            self.waits -= 1
            if self.refuses == 0:
                raise Busy("not now")
            if self.waits == 0:
                if self.isDone:
                    await super().commit(commands)
                self.waiting = Deferred()
                await self.waiting
        return await super().commit(commands)


class Lagging(MemoryStore):
    """A store that does each commit half a second after it was asked, whether or not somebody still waits for it."""

    def commit(self, commands: Sequence[Command]) -> Deferred[Changes]:
        """Later."""
        done: Deferred[Changes] = Deferred()

        def commit() -> None:
            changes = toDeferred(MemoryStore.commit(self, commands))
            if not done.called:
                _ = changes.chainDeferred(done)

        self.clock.callLater(0.5, commit)
        return done


class TurnsTests(SynchronousTestCase):
    """A provider of a thousand values, none of which may hold the node up."""

    def setUp(self) -> None:
        """It has run for the first time, in so many turns as it took."""
        self.stand = Stand()
        self.store = self.stand.store = Refusing(self.stand.node)
        self.stand.manager.store = self.store
        self.heard: list[Changes] = []
        self.longest = self.last = 0.0
        self.provider = Scripted(document())
        self.handler = Slow(self.stand)

    def begin(self, name: str = "load", interval: float = 60.0) -> None:
        """Install and start it, and let it run."""
        options = {"handler": self.handler, "interval": interval, "grace": 600.0}
        self.stand.install(self.provider, name, **options)
        self.store.observe(self.heard.append)
        self.stand.start()
        self.turn()

    def turn(self) -> None:
        """Let the node work until it has nothing to do; notes how long somebody else would have waited for a turn."""
        self.last = self.now()
        self.stand.clock.callLater(0, self.other)
        self.stand.clock.advance(0)

    def other(self) -> None:
        """Somebody who wants a turn, again and again as long as there is work."""
        clock, now = self.stand.clock, self.now()
        self.longest, self.last = max(self.longest, now - self.last), now
        if any(one.getTime() <= now for one in clock.getDelayedCalls()):
            clock.callLater(0, self.other)

    def now(self) -> float:
        """The instant of the clock."""
        return self.stand.clock.seconds()

    def again(self, text: bytes) -> None:
        """The next run, with another document."""
        self.provider.next = text
        del self.heard[:]
        runs = self.stand.row()["runs"]
        while self.stand.row()["runs"] == runs:
            self.stand.clock.advance(1.0)
        self.turn()

    def value(self, number: int) -> bytes:
        """The content of a value; empty when there is none."""
        held = self.stand.value(JOB, str(number))
        return b"" if held is None else held.tail

    def values(self) -> int:
        """How many there are."""
        return sum(bool(self.value(number)) for number in range(MANY))

    def test_turns(self) -> None:
        """No turn takes longer than its slice, one value and one commit, and all values arrive."""
        self.begin()
        self.assertEqual(self.values(), MANY)
        self.assertLessEqual(self.longest, SLICE + COMMIT + 2 * STEP)
        self.assertGreater(self.longest, 0.0)

    def test_parts(self) -> None:
        """Values are committed some hundred at once; the status comes with the last of them."""
        self.begin()
        parts = [
            [one.key.name == STATUS_NAME for one in changes.changes]
            for changes in self.heard
            if any(one.key.name == JOB for one in changes.changes)
        ]
        self.assertEqual([len(one) for one in parts], [MOST_TOGETHER] * 3 + [MOST_TOGETHER + 1])
        self.assertEqual([sum(one) for one in parts], [0, 0, 0, 1])

    def test_small(self) -> None:
        """A document of few values is one commit, in the turn in which it came."""
        self.provider.next = document(MOST_TOGETHER)
        self.handler = Slow(self.stand)
        self.stand.install(self.provider, handler=Splitter(), interval=60.0)
        self.store.observe(self.heard.append)
        self.stand.start()
        self.assertEqual(len(self.heard[-1].changes), MOST_TOGETHER + 1)

    def test_extended(self) -> None:
        """An unchanged document extends all of them, in parts."""
        self.begin()
        self.again(document())
        kinds = [{type(one) for one in each.changes if one.key.name == JOB} for each in self.heard]
        self.assertEqual(kinds, [{Extended}] * 4)

    def test_handlerFails(self) -> None:
        """A handler that fails in between changes nothing: the old values stay, with the lifetime they had."""
        self.begin()
        before = self.store.get(ElementKey(JOB, ORIGINATOR, "0"))
        self.handler.fails = 900
        self.again(document(text="new"))
        self.assertEqual(self.store.get(ElementKey(JOB, ORIGINATOR, "0")), before)
        self.assertEqual(self.stand.row()["lastError"], "ValueError: enough")
        self.assertEqual(
            [one.key.name for changes in self.heard for one in changes.changes], [STATUS_NAME]
        )

    def test_refused(self) -> None:
        """When a commit in between is refused, what is done stays, and the same document is handled anew."""
        self.begin()
        self.store.refuses = 3
        self.again(document(text="new", news="b"))
        self.assertEqual(self.stand.row()["lastError"], "not now")
        self.assertEqual([self.value(one) for one in (0, 499, 500)], [b">new</j>"] * 2 + [b"/>"])
        self.again(document(text="newer", news="b"))
        self.assertEqual(self.value(999), b">newer</j>")
        self.assertEqual(self.stand.row()["lastError"], "")
        quiet = {
            int(one.key.key): one.isQuiet
            for changes in self.heard
            for one in changes.changes
            if isinstance(one, Replaced) and one.key.name == JOB
        }
        # News that were told before are none; others are still to be told.
        self.assertEqual(quiet, {number: number < 500 for number in range(MANY)})

    def test_refusedThenOld(self) -> None:
        """After a half of another document the one before is handled anew, and not taken for what there is."""
        self.begin()
        self.store.refuses = 3
        self.again(document(text="new", news="b"))
        self.again(document())
        self.assertEqual({self.value(number) for number in range(MANY)}, {b"/>"})

    def test_quiet(self) -> None:
        """Values without news are put quietly, all of them."""
        self.begin()
        self.again(document(text="1"))
        quiet = [
            one.isQuiet
            for changes in self.heard
            for one in changes.changes
            if isinstance(one, Replaced) and one.key.name == JOB
        ]
        self.assertEqual(quiet, [True] * MANY)

    def test_ended(self) -> None:
        """When the node ends in between nothing more is committed, and the run is over."""
        self.begin()
        self.provider.next = document(text="new")
        self.store.waits = 2
        self.stand.clock.advance(60.0)
        self.turn()
        assert self.store.waiting is not None
        stopped = toDeferred(self.stand.manager.stop())
        self.turn()
        self.assertTrue(stopped.called)
        self.assertEqual([self.value(one) for one in (0, 249, 250)], [b">new</j>"] * 2 + [b"/>"])

    def test_removed(self) -> None:
        """A provider that is taken out in between gives up what it gave: values without an end get one."""
        self.store.waits, self.store.isDone = 2, True
        self.begin(interval=0.0)
        self.assertEqual(self.values(), 2 * MOST_TOGETHER)
        removed = toDeferred(self.stand.manager.remove("load"))
        self.turn()
        self.assertTrue(removed.called)
        for number in ("0", "499"):
            held = self.store.get(ElementKey(JOB, ORIGINATOR, number))
            assert held is not None
            self.assertEqual(held.lifetime.availableUntil, self.now() + 600.0)

    def test_removedLate(self) -> None:
        """The part that a slow store was just committing gets an end as well."""
        self.stand.store = self.stand.manager.store = Lagging(self.stand.node)
        self.stand.install(self.provider, handler=self.handler, interval=0.0, grace=600.0)
        started = toDeferred(self.stand.manager.start())
        self.stand.wait(1.2, 0.1)
        self.assertTrue(started.called)
        self.assertEqual(self.values(), MOST_TOGETHER)
        removed = toDeferred(self.stand.manager.remove("load"))
        self.stand.wait(5.0, 0.1)
        self.assertTrue(removed.called)
        self.assertEqual(self.values(), 2 * MOST_TOGETHER)
        self.stand.wait(601.0)
        self.assertEqual(self.values(), 0)

    def test_otherMeanwhile(self) -> None:
        """What is in a part that is just being committed is nobody else's to give."""
        self.store.waits = 1
        self.begin()
        assert self.store.waiting is not None
        other = Scripted(b'<l xmlns="urn:t"><j id="100">other</j></l>')
        setup = ProviderSetup(
            name="other", factory=lambda: other, handler=Splitter(), interval=60.0
        )
        self.successResultOf(toDeferred(self.stand.manager.add(setup)))
        self.assertIn("is already given by provider load", self.stand.row("other")["lastError"])
        self.store.waiting.callback(None)
        self.turn()
        self.assertEqual((self.value(100), self.stand.row()["lastError"]), (b"/>", ""))

    def test_othersMeanwhile(self) -> None:
        """What another provider gave while a part was committed is not overwritten by a later part."""
        self.store.waits = 1
        self.begin()
        assert self.store.waiting is not None
        other = Scripted(b'<l xmlns="urn:t"><j id="600">other</j></l>')
        setup = ProviderSetup(
            name="other", factory=lambda: other, handler=Splitter(), interval=60.0
        )
        self.successResultOf(toDeferred(self.stand.manager.add(setup)))
        self.store.waiting.callback(None)
        self.turn()
        self.assertIn("is already given by provider other", self.stand.row()["lastError"])
        self.assertEqual([self.value(one) for one in (499, 500)], [b"/>", b""])
        self.assertEqual(self.value(600), b">other</j>")

    def test_twoProviders(self) -> None:
        """Of two that make the same value at the same time the one that commits it first has it."""
        other = Scripted(document(MOST_TOGETHER))
        self.stand.install(other, "other", handler=Slow(self.stand), interval=60.0)
        self.begin()
        self.assertEqual(self.stand.row("other")["lastError"], "")
        self.assertIn("is already given by provider other", self.stand.row()["lastError"])
