"""All providers of a service, and its ProviderExecution port type."""

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, ConfigError, GMAError, ParameterError, TooLarge, UnknownId
from gma_twisted.execution import STATUS_NAME, ProviderSetup
from gma_twisted.execution.manager import MAX_PROVIDERS
from gma_twisted.interfaces import IProviderExecution, ISimpleDataProvider
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import (
    Caller,
    ElementKey,
    ExecutionRequest,
    ProviderDescription,
    ProviderParameter,
    QName,
)
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.ready import Ready
from tests.execution.stand import ORIGINATOR, Scripted, Stand, Watcher


@implementer(ISimpleDataProvider)
class Sized:
    """Gives its size; counts how many were made."""

    name = "sized"
    description = "a size"
    made = 0

    operatorOnly = frozenset({"bound"})

    def __init__(self, size: int = 1, path: str = "/", bound: int = 100) -> None:
        if size > bound:
            raise ValueError(f"size {size}")
        Sized.made += 1
        self.size = size

    async def provide(self) -> bytes:
        """Give it."""
        return b'<Size xmlns="urn:t">%d</Size>' % self.size


SIZE = QName("urn:t", "Size")


class ManagerTests(SynchronousTestCase):
    """Installing, starting, stopping."""

    def setUp(self) -> None:
        """A manager without providers."""
        self.stand = Stand()

    def test_interface(self) -> None:
        """It is a ProviderExecution port type."""
        self.assertTrue(verifyObject(IProviderExecution, self.stand.manager))

    def test_names(self) -> None:
        """From the start the status and every configured name are known, before any value is there."""
        name = QName("urn:t", "Later")
        self.stand.install(Scripted(Deferred()), serviceDataName=name)
        self.stand.start()
        self.assertEqual(self.stand.store.names(), [STATUS_NAME, name])
        self.assertEqual(self.stand.told()["state"], "idle")

    def test_rows(self) -> None:
        """Rows come in the order of installation."""
        for name in ("b", "a", "c"):
            self.stand.install(Scripted(), name, interval=None)
        self.assertEqual([row["name"] for row in self.stand.manager.status()], ["b", "a", "c"])

    def test_twice(self) -> None:
        """A name is installed once."""
        self.stand.install(Scripted())
        error = self.assertRaises(ConfigError, self.stand.install, Scripted())
        self.assertEqual(str(error), "provider load is configured twice")

    def test_bound(self) -> None:
        """The number of providers is bounded."""
        for number in range(MAX_PROVIDERS):
            self.stand.install(Scripted(), str(number))
        self.assertRaises(TooLarge, self.stand.install, Scripted(), "one more")

    def test_arguments(self) -> None:
        """Arguments that do not fit are refused when it is installed."""
        setup = ProviderSetup(name="s", factory=Sized, arguments={"sice": 1})
        error = self.assertRaises(ParameterError, self.stand.manager.install, setup)
        self.assertEqual(str(error), 'provider s: unknown argument "sice"; did you mean "size"?')

    def test_setup(self) -> None:
        """A setup that cannot be meant is refused when it is made."""
        bad: list[dict[str, Any]] = [
            {"name": ""},
            {"interval": 0.01},
            {"interval": -1.0},
            {"interval": float("inf")},
            {"timeout": 0.0},
            {"grace": -1.0},
            {"serviceDataName": QName(GMA, "providerStatus")},
        ]
        for options in bad:
            settings = {"name": "x", "factory": Scripted, **options}
            self.assertRaises(ParameterError, ProviderSetup, **settings)

    def test_stop(self) -> None:
        """Stopping cancels what runs, keeps no timer, and commits nothing more."""
        cancelled: list[object] = []
        self.stand.install(Scripted(Deferred(cancelled.append)))
        self.stand.install(Scripted(b'<Other xmlns="urn:t"/>'), "other")
        self.stand.start()
        revision = self.stand.store.revision
        self.successResultOf(toDeferred(self.stand.manager.stop()))
        self.assertEqual(len(cancelled), 1)
        self.assertEqual(self.stand.clock.getDelayedCalls(), [])
        self.assertEqual(self.stand.store.revision, revision)
        self.assertEqual(
            [row["state"] for row in self.stand.manager.status()], ["stopped", "stopped"]
        )
        self.assertEqual(self.stand.row()["failures"], "0")

    def test_stopHung(self) -> None:
        """A run that does not end on cancellation holds up the stop for five seconds, not for ever."""

        async def stubborn() -> bytes:
            while True:
                try:
                    return await Deferred()
                except CancelledError:
                    continue

        self.stand.install(Scripted(toDeferred(stubborn())))
        self.stand.start()
        stopped = toDeferred(self.stand.manager.stop())
        self.stand.wait(4.5)
        self.assertNoResult(stopped)
        self.stand.wait(0.5)
        self.successResultOf(stopped)
        revision = self.stand.store.revision
        self.stand.wait(20)
        self.assertEqual(self.stand.store.revision, revision)

    def test_again(self) -> None:
        """Started again after a stop, everything runs again."""
        provider = Scripted()
        self.stand.install(provider)
        self.stand.start()
        self.successResultOf(toDeferred(self.stand.manager.stop()))
        self.stand.start()
        self.assertEqual(provider.asked, 2)
        self.assertEqual(self.stand.row()["state"], "idle")

    def test_ran(self) -> None:
        """That all have run is known when the last of those with a schedule has, well or badly."""
        good: Deferred[bytes] = Deferred()
        bad: Deferred[bytes] = Deferred()
        self.stand.install(Scripted(good), "good")
        self.stand.install(Scripted(bad), "bad")
        self.stand.install(Scripted(Deferred()), "once", interval=0.0, timeout=1.0)
        self.stand.install(Scripted(Deferred()), "asked for", interval=None)
        ran = toDeferred(self.stand.manager.ran())
        self.stand.start()
        good.callback(b'<Load xmlns="urn:t">1</Load>')
        self.stand.wait(2)
        self.assertNoResult(ran)
        bad.errback(ValueError("none today"))
        self.successResultOf(ran)
        self.assertIsNotNone(self.stand.value())
        self.successResultOf(toDeferred(self.stand.manager.ran()))

    def test_ranNothing(self) -> None:
        """Without providers nobody waits."""
        self.stand.start()
        self.successResultOf(toDeferred(self.stand.manager.ran()))


class EnumTests(SynchronousTestCase):
    """enumProviders."""

    def test_descriptions(self) -> None:
        """Name, sentence, implementation, kind and the parameters a caller may give are told of each provider."""
        stand = Stand()
        stand.manager.install(ProviderSetup(name="disk", factory=Sized, implementation="p.m:Sized"))
        stand.install(Watcher(), "watch")
        told = self.successResultOf(toDeferred(stand.manager.enumProviders(False)))
        self.assertEqual(
            told[0],
            ProviderDescription(
                "disk",
                "a size",
                "p.m:Sized",
                (ProviderParameter("size", "int", "1"), ProviderParameter("path", "str", "'/'")),
                False,
                "size=1 path='/'",
            ),
        )
        self.assertTrue(told[1].isAsync)

    def test_rescan(self) -> None:
        """Asked to, the configuration is read again before the answer; else it is not."""
        stand = Stand()
        rescans: list[Caller] = []

        def rescan(caller: Caller) -> Ready[None]:
            rescans.append(caller)
            stand.install(Scripted(), "new")
            return Ready(None)

        stand.manager.rescan = rescan
        self.assertEqual(self.successResultOf(toDeferred(stand.manager.enumProviders(False))), [])
        ann = Caller("ann", "10.0.0.1")
        told = self.successResultOf(toDeferred(stand.manager.enumProviders(True, ann)))
        self.assertEqual([one.name for one in told], ["new"])
        self.assertEqual(rescans, [ann])


class ExecuteTests(SynchronousTestCase):
    """executeProvider."""

    def setUp(self) -> None:
        """An installed provider without interval, its size fixed by the configuration, and one with both free."""
        self.stand = Stand()
        Sized.made = 0
        for name, arguments in (("fixed", {"size": 5}), ("free", {})):
            self.stand.manager.install(
                ProviderSetup(
                    name=name,
                    factory=Sized,
                    arguments=arguments,
                    implementation="p.m:Sized",
                    serviceDataName=SIZE if name == "fixed" else None,
                )
            )
        self.stand.start()

    def execute(self, provider: str = "free", **options: Any) -> None:
        """Execute it now."""
        request = ExecutionRequest(provider, **options)
        self.successResultOf(toDeferred(self.stand.manager.executeProvider(request)))

    def refusal(self, kind: type[GMAError], provider: str = "free", **options: Any) -> str:
        """The message with which a request is refused; nothing may have run."""
        request = ExecutionRequest(provider, **options)
        failure = self.failureResultOf(
            toDeferred(self.stand.manager.executeProvider(request)), kind
        )
        self.assertEqual([row["runs"] for row in self.stand.manager.status()], ["0", "0"])
        return str(failure.value)

    def size(self) -> bytes:
        """What the store has."""
        value = self.stand.value(SIZE)
        return b"" if value is None else value.content

    def test_once(self) -> None:
        """Without frequency it runs once."""
        self.execute()
        self.assertEqual(self.size(), b'<Size xmlns="urn:t">1</Size>')
        self.stand.wait(100, 10)
        self.assertEqual(self.stand.row("free")["runs"], "1")

    def test_frequency(self) -> None:
        """The first call fixes the frequency; later ones run it once, whatever frequency they ask."""
        self.execute(refreshFrequency=10.0)
        self.stand.wait(20)
        self.assertEqual(self.stand.row("free")["runs"], "3")
        self.execute(refreshFrequency=1.0)
        self.assertEqual(self.stand.row("free")["runs"], "4")
        self.stand.wait(10)
        self.assertEqual(self.stand.row("free")["runs"], "5")

    def test_arguments(self) -> None:
        """Arguments of the first call stay for its schedule; those of a later call are for that run only."""
        self.execute(arguments="size=7", refreshFrequency=10.0)
        self.assertIn(b">7<", self.size())
        self.execute(arguments="size=8")
        self.assertIn(b">8<", self.size())
        self.stand.wait(10)
        self.assertIn(b">7<", self.size())

    def test_unknown(self) -> None:
        """A name that is not installed is UnknownId."""
        self.assertEqual(self.refusal(UnknownId, "disk"), 'no provider "disk" is installed')

    def test_implementation(self) -> None:
        """The implementation may be named, and must then be the installed one."""
        message = self.refusal(ParameterError, implementation="os:system")
        self.assertEqual(message, 'provider free is "p.m:Sized", not "os:system"')
        self.execute(implementation="p.m:Sized")

    def test_badArguments(self) -> None:
        """Arguments are checked before anything runs."""
        self.assertIn('did you mean "size"?', self.refusal(ParameterError, arguments="sise=1"))
        self.assertIn("must be int", self.refusal(ParameterError, arguments="size=big"))

    def test_fixed(self) -> None:
        """What the configuration gives cannot be given by a caller: that is how programs stay the operator's."""
        message = self.refusal(ParameterError, "fixed", arguments="size=6")
        self.assertEqual(message, 'provider fixed: argument "size" is fixed by the configuration')

    def test_operatorOnly(self) -> None:
        """What the class keeps for the configuration cannot be given by a caller, configured or not."""
        message = self.refusal(ParameterError, arguments="bound=1")
        self.assertEqual(message, 'provider free: argument "bound" is fixed by the configuration')

    def test_scheduleStays(self) -> None:
        """However often a caller's own runs fail, the schedule goes on as if there were none; the error is told."""
        stand = Stand()
        made: list[Scripted] = []

        def make(path: str = "/") -> Scripted:
            made.append(Scripted(OSError(path)) if path != "/" else Scripted())
            return made[-1]

        stand.manager.install(ProviderSetup(name="load", factory=make, interval=2.0))
        stand.start()
        planned = stand.row()["nextRun"]
        for _ in range(6):
            request = ExecutionRequest("load", arguments="path=/x")
            self.successResultOf(toDeferred(stand.manager.executeProvider(request)))
        row = stand.told()
        self.assertEqual((row["state"], row["lastError"]), ("failed", "OSError: /x"))
        self.assertEqual((row["failures"], row["nextRun"]), ("6", planned))
        stand.wait(4)
        self.assertEqual(made[0].asked, 3)
        # Its own first failure pauses as a first one does: until the next place, not for 2**6 of them.
        made[0].next = OSError("own")
        stand.wait(4)
        self.assertEqual(made[0].asked, 5)

    def test_pauseStays(self) -> None:
        """A caller's run neither ends nor lengthens a pause after failures."""
        provider = Scripted(OSError("x"))
        stand = Stand()
        stand.install(provider)
        stand.start()
        stand.wait(10)
        row = stand.row()
        self.assertEqual((row["state"], row["failures"]), ("backoff", "2"))
        stand.wait(7)
        request = ExecutionRequest("load")
        for document in (OSError("x"), b"<a/>", OSError("x")):
            provider.next = document
            self.successResultOf(toDeferred(stand.manager.executeProvider(request)))
            now = stand.row()
            self.assertEqual((now["state"], now["nextRun"]), ("backoff", row["nextRun"]))
        stand.wait(13)
        # The third failure of the schedule: a ceiling of 40 s.
        self.assertEqual(provider.asked, 6)
        stand.wait(30)
        self.assertEqual(provider.asked, 6)
        stand.wait(10)
        self.assertEqual(provider.asked, 7)

    def test_badFrequency(self) -> None:
        """A frequency below the least interval, below zero or no number is refused."""
        for frequency in (0.01, -1.0, float("nan"), float("inf")):
            self.assertIn(
                "refreshFrequency", self.refusal(ParameterError, refreshFrequency=frequency)
            )

    def test_name(self) -> None:
        """The first call may name the element when the configuration does not."""
        self.execute(serviceDataName=QName("urn:t", "Wrapped"))
        self.assertIsNotNone(self.stand.value(QName("urn:t", "Wrapped")))

    def test_nameFixed(self) -> None:
        """A configured name stays."""
        message = self.refusal(ParameterError, "fixed", serviceDataName=QName("urn:t", "Other"))
        self.assertEqual(message, 'provider fixed gives {urn:t}Size, not "{urn:t}Other"')

    def test_nameReserved(self) -> None:
        """The service's own names cannot be taken."""
        message = self.refusal(ParameterError, serviceDataName=QName(GMA, "providerStatus"))
        self.assertIn("is kept for the service itself", message)

    def test_underWay(self) -> None:
        """A run under way is not doubled: the call is answered and counts as a skip."""
        provider = Scripted(Deferred())
        stand = Stand()
        stand.install(provider)
        stand.start()
        request = ExecutionRequest("load")
        self.successResultOf(toDeferred(stand.manager.executeProvider(request)))
        self.assertEqual(provider.asked, 1)
        self.assertEqual(stand.row()["skips"], "1")

    def test_notWaiting(self) -> None:
        """The answer comes when the run has begun, not when it ends; its failure is the status's."""
        provider = Scripted(Deferred())
        stand = Stand()
        stand.install(provider, interval=None)
        stand.start()
        request = ExecutionRequest("load")
        self.successResultOf(toDeferred(stand.manager.executeProvider(request)))
        provider.next.errback(OSError("late"))
        self.assertEqual(stand.told()["lastError"], "OSError: late")

    def test_async(self) -> None:
        """The first call may ask for the asynchronous interface."""
        provider = Watcher()
        stand = Stand()
        stand.install(provider, interval=None)
        stand.start()
        request = ExecutionRequest("load", isAsync=True)
        self.successResultOf(toDeferred(stand.manager.executeProvider(request)))
        self.assertIsNotNone(provider.deliver)

    def test_stopped(self) -> None:
        """Before the start and after the stop nothing is executed."""
        self.successResultOf(toDeferred(self.stand.manager.stop()))
        self.assertIn("is starting or stopping", self.refusal(Busy))


class ChangingTests(SynchronousTestCase):
    """Providers that come and go while the others run."""

    def setUp(self) -> None:
        """One runs."""
        self.stand = Stand()
        self.stays = Scripted(b'<Stays xmlns="urn:t"/>')
        self.stand.install(self.stays, "stays")
        self.stand.start()

    def add(self, provider: ISimpleDataProvider, name: str = "load", **options: Any) -> Any:
        """Add one."""
        settings: dict[str, Any] = {"interval": 10.0, "timeout": 5.0, "grace": 60.0, **options}
        setup = ProviderSetup(name=name, factory=lambda: provider, **settings)
        return toDeferred(self.stand.manager.add(setup))

    def remove(self, name: str = "load") -> Any:
        """Take one out."""
        return toDeferred(self.stand.manager.remove(name))

    def test_add(self) -> None:
        """It runs at once on a grid of its own, its name and its status are known."""
        self.stand.wait(3)
        name = QName("urn:t", "Later")
        provider = Scripted()
        self.successResultOf(self.add(provider, serviceDataName=name))
        self.assertIn(name, self.stand.store.names())
        self.assertEqual(self.stand.told()["runs"], "1")
        self.stand.wait(8)
        self.assertEqual((provider.asked, self.stays.asked), (1, 2))
        self.stand.wait(2)
        self.assertEqual(provider.asked, 2)

    def test_addRefused(self) -> None:
        """One that cannot be added leaves nothing: a name that is taken, and a store that is full."""
        self.failureResultOf(self.add(Scripted(), "stays"), ConfigError)
        self.successResultOf(toDeferred(self.stand.store.stop()))
        self.failureResultOf(self.add(Scripted()), GMAError)
        self.assertEqual([row["name"] for row in self.stand.manager.status()], ["stays"])

    def test_remove(self) -> None:
        """Its run is cancelled, and its status goes."""
        cancelled: list[object] = []
        self.successResultOf(self.add(Scripted(Deferred(cancelled.append))))
        self.successResultOf(self.remove())
        self.assertEqual(len(cancelled), 1)
        key = ElementKey(STATUS_NAME, ORIGINATOR, "load")
        self.assertIsNone(self.stand.store.get(key))
        self.failureResultOf(self.remove(), UnknownId)

    def test_watcher(self) -> None:
        """One that delivers by itself is stopped, and what it delivers then is not taken."""
        provider = Watcher()
        self.successResultOf(self.add(provider, isAsync=True))
        assert provider.deliver is not None
        provider.deliver(b'<Load xmlns="urn:t">1</Load>')
        self.successResultOf(self.remove())
        provider.deliver(b'<Load xmlns="urn:t">2</Load>')
        self.assertEqual(provider.stops, 1)
        value = self.stand.value()
        assert value is not None
        self.assertIn(b">1</", value.content)

    def test_awaited(self) -> None:
        """Nobody waits for the first run of one that never delivered and is gone."""
        self.successResultOf(self.add(Watcher(), isAsync=True))
        waiting = toDeferred(self.stand.manager.ran())
        self.assertNoResult(waiting)
        self.successResultOf(self.remove())
        self.successResultOf(waiting)

    def test_owned(self) -> None:
        """Its values are anybody's: another may give them at once."""
        self.successResultOf(self.add(Scripted()))
        self.successResultOf(self.add(Scripted(b'<Load xmlns="urn:t">2</Load>'), "other"))
        self.assertIn("already given by provider load", self.stand.told("other")["lastError"])
        self.successResultOf(self.remove())
        self.stand.wait(15)
        self.assertEqual(self.stand.row("other")["lastError"], "")

    def stubborn(self) -> Scripted:
        """A provider whose run does not end; C{late} is what it waits for at last."""
        self.late: Deferred[bytes] = Deferred()

        async def run() -> bytes:
            try:
                return await Deferred()
            except CancelledError:
                return await self.late

        return Scripted(toDeferred(run()))

    def test_leaving(self) -> None:
        """While it ends it cannot be run, and a manager that stops waits for it."""
        self.successResultOf(self.add(self.stubborn()))
        removing = self.remove()
        request = ExecutionRequest("load")
        self.failureResultOf(toDeferred(self.stand.manager.executeProvider(request)), Busy)
        removing.cancel()
        self.failureResultOf(removing, CancelledError)
        stopped = toDeferred(self.stand.manager.stop())
        self.stand.wait(4.5)
        self.assertNoResult(stopped)
        self.stand.wait(0.5)
        self.successResultOf(stopped)
        self.late.callback(b"<late/>")

    def test_late(self) -> None:
        """What the run of one that did not end gives at last is not kept."""
        self.successResultOf(self.add(self.stubborn()))
        removing = self.remove()
        self.stand.wait(5)
        self.successResultOf(removing)
        revision = self.stand.store.revision
        self.late.callback(b'<Load xmlns="urn:t">9</Load>')
        self.assertEqual(self.stand.store.revision, revision)
        self.assertIsNone(self.stand.value())

    def test_storeStopped(self) -> None:
        """It ends also where the store cannot write; the log says what stays."""
        self.successResultOf(self.add(Scripted()))
        self.successResultOf(toDeferred(self.stand.store.stop()))
        self.successResultOf(self.remove())
        self.assertEqual([row["name"] for row in self.stand.manager.status()], ["stays"])

    def test_arrange(self) -> None:
        """They are shown in the order that is wanted; those nobody named come last."""
        for name in ("a", "b", "c"):
            self.successResultOf(self.add(Scripted(), name, interval=None))
        self.stand.manager.arrange(["c", "gone", "a"])
        found = [row["name"] for row in self.stand.manager.status()]
        self.assertEqual(found, ["c", "a", "stays", "b"])
