"""One provider on its schedule: order in time, skips, limits, pauses, values."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.errors import ProviderFailed, TooLarge
from gma_twisted.execution.scheduled import BACKOFF_CAP
from gma_twisted.interfaces import IDOMDataProvider, ISimpleDataProvider
from gma_twisted.model import Added, Extended, Lifetime, QName, Removed, Replaced
from gma_twisted.timing.bridge import toDeferred
from tests.execution.stand import LOAD, START, Scripted, Splitter, Stand, Watcher


def document(number: int) -> bytes:
    """A load of so much."""
    return b'<Load xmlns="urn:t">%d</Load>' % number


class ScheduleTests(SynchronousTestCase):
    """When it is asked."""

    def setUp(self) -> None:
        """A provider every ten seconds."""
        self.stand = Stand()
        self.provider = Scripted()
        self.stand.install(self.provider)

    def test_atStart(self) -> None:
        """The first run comes at the start, not one interval later."""
        self.assertEqual(self.provider.asked, 0)
        self.stand.start()
        self.assertEqual(self.provider.asked, 1)
        self.assertIsNotNone(self.stand.value())

    def test_noDrift(self) -> None:
        """Runs of three seconds do not move the next ones: the sixth begins fifty seconds after the first."""
        for number in range(6):
            waiting: Deferred[bytes] = Deferred()
            self.provider.next = waiting
            if number == 0:
                self.stand.start()
            else:
                self.stand.wait(7)
            self.assertEqual(self.provider.asked, number + 1)
            self.stand.wait(3)
            waiting.callback(document(number))
        self.assertEqual(self.stand.clock.seconds(), START + 53)
        self.assertEqual(self.stand.row()["skips"], "0")

    def test_once(self) -> None:
        """An interval of 0 runs once at start; its value has no end."""
        other = Scripted(b'<Once xmlns="urn:t"/>')
        self.stand.install(other, "once", interval=0.0)
        self.stand.start()
        self.stand.wait(100, 10)
        self.assertEqual(other.asked, 1)
        value = self.stand.value(QName("urn:t", "Once"))
        assert value is not None
        self.assertEqual(value.lifetime, Lifetime(START))
        self.assertEqual(self.stand.row("once")["nextRun"], "")

    def test_installedOnly(self) -> None:
        """Without an interval nothing runs, and the status says so."""
        other = Scripted()
        self.stand.install(other, "spare", interval=None)
        self.stand.start()
        self.stand.wait(100, 10)
        self.assertEqual(other.asked, 0)
        self.assertEqual(self.stand.told("spare")["state"], "idle")

    def test_sleep(self) -> None:
        """After the machine slept over three runs there is one, not four; three are counted as skipped."""
        self.stand.start()
        self.stand.clock.advance(45)
        self.assertEqual(self.provider.asked, 2)
        self.assertEqual(self.stand.row()["skips"], "3")
        self.stand.clock.advance(5)
        self.assertEqual(self.provider.asked, 3)


class OverlapTests(SynchronousTestCase):
    """Never two runs at once, and never a run without end."""

    def setUp(self) -> None:
        """A provider every two seconds that takes its time, up to five seconds, and another one."""
        self.stand = Stand()
        self.waiting: Deferred[bytes] = Deferred()
        self.provider = Scripted(self.waiting)
        self.other = Scripted(b'<Other xmlns="urn:t"/>')
        self.stand.install(self.provider, interval=2.0)
        self.stand.install(self.other, "other", interval=2.0)
        self.stand.start()

    def test_skips(self) -> None:
        """What falls into a run is skipped and counted, visibly while it lasts; the next place is used again."""
        self.stand.wait(4.5)
        self.assertEqual(self.provider.asked, 1)
        self.assertEqual((self.stand.told()["state"], self.stand.told()["skips"]), ("running", "2"))
        self.waiting.callback(document(1))
        self.provider.next = document(2)
        self.stand.wait(1.5)
        self.assertEqual(self.provider.asked, 2)
        self.assertEqual((self.stand.row()["skips"], self.stand.row()["runs"]), ("2", "2"))

    def test_othersGoOn(self) -> None:
        """One that hangs does not move the others."""
        self.stand.wait(4)
        self.assertEqual(self.other.asked, 3)
        self.assertEqual(self.stand.row("other")["skips"], "0")

    def test_timeout(self) -> None:
        """After its time it is cancelled and failed; status and log name provider and time."""
        events: list[str] = []

        @implementer(ILogObserver)
        def note(event: LogEvent) -> None:
            if event.get("provider") == "load":
                events.append(str(event.get("error")))

        globalLogPublisher.addObserver(note)
        self.addCleanup(globalLogPublisher.removeObserver, note)
        cancelled: list[object] = []
        self.provider.next = Deferred(cancelled.append)
        self.waiting.callback(document(1))
        self.stand.wait(2)
        self.stand.wait(4.5)
        self.assertEqual(cancelled, [])
        self.stand.wait(0.5)
        self.assertEqual(cancelled, [self.provider.next])
        told = self.stand.told()
        self.assertEqual(told["lastError"], "provider load did not end within 5 s")
        self.assertEqual(
            (told["state"], told["failures"], told["lastDuration"]), ("backoff", "1", "5")
        )
        self.assertEqual(events, ["provider load did not end within 5 s"])

    def test_hangs(self) -> None:
        """One that goes on after its cancellation is shown as hung, is not asked again, and recovers."""
        after: Deferred[bytes] = Deferred()

        async def stubborn() -> bytes:
            try:
                return await Deferred()
            except Exception:  # noqa: BLE001
                return await after

        self.waiting.callback(document(1))
        self.provider.next = toDeferred(stubborn())
        self.stand.wait(2)
        self.stand.wait(12)
        told = self.stand.told()
        self.assertEqual(told["state"], "hung")
        self.assertIn(
            "its time of 5 s is over, it was cancelled, and it goes on", told["lastError"]
        )
        self.assertEqual(self.provider.asked, 2)
        self.provider.next = document(3)
        after.callback(document(2))
        self.stand.wait(2)
        self.assertEqual(self.stand.told()["state"], "idle")


class FailureTests(SynchronousTestCase):
    """What failures do."""

    def setUp(self) -> None:
        """A provider every ten seconds whose pauses are as long as they may be."""
        self.stand = Stand()
        self.provider = Scripted(document(1))
        self.stand.install(self.provider)

    def test_keepsValue(self) -> None:
        """A failure leaves the old value alone until its lifetime ends."""
        self.stand.start()
        self.provider.next = OSError("no disk")
        self.stand.wait(69)
        value = self.stand.value()
        assert value is not None
        self.assertEqual(value.lifetime, Lifetime(START, START + 10, START + 70))
        self.stand.wait(1)
        self.assertIsNone(self.stand.value())

    def test_words(self) -> None:
        """Our own errors speak for themselves, others are named with their type."""
        self.provider.next = OSError("no disk")
        self.stand.start()
        self.assertEqual(self.stand.told()["lastError"], "OSError: no disk")
        self.provider.next = ProviderFailed("/bin/x ended with exit status 3")
        self.stand.wait(10)
        self.assertEqual(self.stand.told()["lastError"], "/bin/x ended with exit status 3")

    def test_exit(self) -> None:
        """One that would end the process has failed like any other."""
        self.provider.next = SystemExit(3)
        self.stand.start()
        self.assertEqual(self.stand.told()["lastError"], "SystemExit: 3")
        self.assertEqual(self.stand.told()["state"], "failed")

    def test_plainDef(self) -> None:
        """A provide() or provideDocument() that forgot its async is told so, in its author's words."""

        @implementer(ISimpleDataProvider)
        class Plain:
            name = description = "plain"

            def provide(self) -> Any:
                return b"<a/>"

        @implementer(IDOMDataProvider)
        class PlainTree(Plain):
            def provideDocument(self) -> Any:
                return None

        self.stand.install(Plain(), "plain")
        self.stand.install(PlainTree(), "tree")
        self.stand.start()
        self.assertEqual(
            self.stand.told("plain")["lastError"],
            "provider plain: provide() gave bytes, not an awaitable; write async def provide",
        )
        self.assertEqual(
            self.stand.told("tree")["lastError"],
            "provider tree: provideDocument() gave NoneType, not an awaitable; "
            "write async def provideDocument",
        )

    def test_garbage(self) -> None:
        """A document that is no XML is a failure with the place."""
        self.provider.next = b"<a><b></a>"
        self.stand.start()
        self.assertIn(
            "output of provider load is not well-formed XML", self.stand.told()["lastError"]
        )
        self.assertEqual(self.stand.told()["failures"], "1")

    def test_backOff(self) -> None:
        """Failures in a row: pauses double, runs stay on the grid and never come faster than the interval."""
        times = []
        self.provider.next = OSError("x")
        self.stand.start()
        asked = 0
        for _ in range(700):
            if self.provider.asked > asked:
                asked = self.provider.asked
                times.append(self.stand.clock.seconds() - START)
            self.stand.clock.advance(1)
        # Ceilings 10, 20, 40, 80, 160, 300 from each failure on.
        self.assertEqual(times, [0, 10, 30, 70, 150, 310, 610])
        self.assertEqual(self.stand.told()["state"], "backoff")
        self.assertEqual(self.stand.row()["skips"], "0")

    def test_cap(self) -> None:
        """The pause stops growing: a source that comes back after a day is found within minutes."""
        self.provider.next = OSError("x")
        self.stand.start()
        self.stand.wait(20_000, 10)
        self.provider.next = document(2)
        self.stand.wait(BACKOFF_CAP + 10, 10)
        self.assertEqual(self.stand.told()["state"], "idle")

    def test_jitter(self) -> None:
        """The pause is spread by chance; with no chance at all it is the next place."""
        self.stand = Stand(random=lambda: 0.0)
        self.stand.install(self.provider)
        self.provider.next = OSError("x")
        self.stand.start()
        self.stand.wait(50)
        self.assertEqual(self.provider.asked, 6)
        self.assertEqual(self.stand.told()["state"], "failed")

    def test_longInterval(self) -> None:
        """An interval longer than the cap is never shortened."""
        other = Scripted(OSError("x"))
        self.stand.install(other, "slow", interval=1000.0)
        self.stand.start()
        self.stand.wait(999, 1)
        self.assertEqual(other.asked, 1)
        self.stand.wait(1, 1)
        self.assertEqual(other.asked, 2)

    def test_recovery(self) -> None:
        """A good run after failures: the error goes, the count stays, the interval is back."""
        self.provider.next = OSError("x")
        self.stand.start()
        self.provider.next = document(2)
        self.stand.wait(10)
        told = self.stand.told()
        self.assertEqual((told["state"], told["failures"]), ("idle", "1"))
        self.assertNotIn("lastError", told)
        self.stand.wait(10)
        self.assertEqual(self.provider.asked, 3)

    def test_handlerFails(self) -> None:
        """A handler's failure keeps the values and is shown."""
        handler = Splitter()
        other = Scripted(b'<l xmlns="urn:t"><j id="1"/></l>')
        self.stand.install(other, "jobs", handler=handler)
        self.stand.start()
        handler.originator = "http://elsewhere/"
        other.next = b'<l xmlns="urn:t"><j id="2"/></l>'
        self.stand.wait(10)
        self.assertIn("handler Splitter of provider jobs", self.stand.told("jobs")["lastError"])
        self.assertIsNotNone(self.stand.value(QName("urn:t", "j"), "1"))
        self.assertIsNone(self.stand.value(QName("urn:t", "j"), "2"))

    def test_storeRefuses(self) -> None:
        """A store that has no room is a failure with its reason; the pauses grow with it."""
        self.provider.next = b'<Load xmlns="urn:t">' + b"x" * 900_000 + b"</Load>"
        self.stand.store.limits = type(self.stand.store.limits)(elementSize=1000)
        self.stand.start()
        told = self.stand.told()
        self.assertIn("larger than 1000 bytes", told["lastError"])
        self.assertNotIn("lastSuccess", told)
        self.stand.wait(10)
        self.assertEqual(self.stand.told()["state"], "backoff")
        self.assertEqual(TooLarge.code, "TooLarge")


class ValueTests(SynchronousTestCase):
    """What becomes of documents."""

    def setUp(self) -> None:
        """A provider every ten seconds."""
        self.stand = Stand()
        self.provider = Scripted(document(1))
        self.stand.install(self.provider)
        self.stand.start()

    def test_extension(self) -> None:
        """Unchanged output extends the lifetime and nothing else."""
        self.stand.wait(10)
        self.assertEqual([type(one) for one in self.stand.changes], [Added, Extended])
        value = self.stand.value()
        assert value is not None
        self.assertEqual(value.lifetime, Lifetime(START, START + 20, START + 80))

    def test_replacement(self) -> None:
        """Changed output replaces the value."""
        self.provider.next = document(2)
        self.stand.wait(10)
        self.assertEqual([type(one) for one in self.stand.changes], [Added, Replaced])
        value = self.stand.value()
        assert value is not None
        self.assertEqual(value.content, document(2))

    def test_together(self) -> None:
        """Values and status of a run are one commit."""
        revision = self.stand.store.revision
        self.provider.next = document(2)
        self.stand.wait(10)
        self.assertEqual(self.stand.store.revision, revision + 1)
        self.assertEqual(self.stand.told()["runs"], "2")

    def test_noRemoval(self) -> None:
        """Nothing is ever removed before its time."""
        self.stand.wait(200, 5)
        self.assertFalse([one for one in self.stand.changes if isinstance(one, Removed)])


class WatchTests(SynchronousTestCase):
    """Asynchronous providers."""

    def setUp(self) -> None:
        """One that is watched from the start on."""
        self.stand = Stand()
        self.provider = Watcher()
        self.stand.install(self.provider, interval=0.0, isAsync=True)
        self.stand.start()

    def deliver(self, number: int) -> None:
        """The provider has news."""
        assert self.provider.deliver is not None
        self.provider.deliver(document(number))

    def test_delivers(self) -> None:
        """It is not asked; what it delivers is taken at once."""
        self.assertIsNone(self.stand.value())
        self.deliver(7)
        value = self.stand.value()
        assert value is not None
        self.assertEqual(value.content, document(7))
        self.assertEqual(self.provider.asked, 0)

    def test_ran(self) -> None:
        """It has run when what it delivered first has been taken, not when it began to watch."""
        ran = toDeferred(self.stand.manager.ran())
        self.assertNoResult(ran)
        self.deliver(7)
        self.successResultOf(ran)
        self.assertIsNotNone(self.stand.value())

    def test_coalesces(self) -> None:
        """While a run is under way only the newest delivery waits."""
        other = Stand()
        waiting: Deferred[bytes] = Deferred()
        self.provider = Watcher(waiting)
        other.install(self.provider, interval=10.0, isAsync=True)
        other.start()
        other.wait(10)
        self.assertEqual(self.provider.asked, 1)
        for number in range(100):
            self.deliver(number)
        self.assertIsNone(other.value())
        waiting.callback(document(1000))
        self.assertEqual(
            [one.element.content for one in other.changes if not isinstance(one, Removed)],
            [document(1000), document(99)],
        )

    def test_refresh(self) -> None:
        """With an interval it is asked for its latest document too, so that its value does not expire."""
        other = Stand()
        self.provider = Watcher(document(5))
        other.install(self.provider, interval=10.0, isAsync=True)
        other.start()
        self.deliver(5)
        other.wait(100, 5)
        self.assertEqual(self.provider.asked, 10)
        self.assertIsNotNone(other.value())

    def test_startFails(self) -> None:
        """A source that cannot be watched is a failure, tried again on the grid."""
        other = Stand()
        self.provider = Watcher(OSError("no such file"))
        other.install(self.provider, interval=10.0, isAsync=True)
        other.start()
        self.assertEqual(other.told()["lastError"], "OSError: no such file")
        self.provider.next = document(1)
        other.wait(10)
        self.assertIsNotNone(self.provider.deliver)

    def test_badDocument(self) -> None:
        """A delivery that is no XML is a failure; the next one is taken."""
        assert self.provider.deliver is not None
        self.provider.deliver(b"<a>")
        self.assertEqual(self.stand.told()["state"], "failed")
        self.deliver(1)
        self.assertEqual(self.stand.told()["state"], "idle")

    def test_stop(self) -> None:
        """Stopped, it is told so once, and what it delivers later is dropped."""
        self.successResultOf(toDeferred(self.stand.manager.stop()))
        self.assertEqual(self.provider.stops, 1)
        self.deliver(1)
        self.assertIsNone(self.stand.value())

    def test_simpleUse(self) -> None:
        """Configured as a simple provider it is asked, not started."""
        other = Stand()
        provider = Watcher(document(1))
        other.install(provider)
        other.start()
        self.assertEqual((provider.asked, provider.deliver), (1, None))
        self.assertIsNotNone(other.value(LOAD))
