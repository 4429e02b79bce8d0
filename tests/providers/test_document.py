"""A file of XML that is delivered when it changes."""

import mmap
import os
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase
from zope.interface import implementer

from gma_twisted.errors import Busy, ParameterError, ProviderFailed, TooLarge
from gma_twisted.execution import ProviderManager, ProviderSetup
from gma_twisted.execution.arguments import forCallers
from gma_twisted.interfaces import IAsyncDataProvider
from gma_twisted.markup import XMLGate
from gma_twisted.model import ElementKey, ProviderState, QName
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers.document import AsyncDocumentProvider
from gma_twisted.stores import MemoryStore
from gma_twisted.testing import ProviderContract
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.clock import NodeClock
from tests.providers.test_script import Recorder

NOW = 1_800_000_000.0
LONG_AGO = NOW - 3600


@implementer(ILogObserver)
class Lines:
    """What the provider logs."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def __call__(self, event: LogEvent) -> None:
        """Note it."""
        if event.get("log_namespace") == "gma_twisted.providers.document":
            self.reasons.append(str(event.get("reason", "readable")))


class DocumentMixin(SynchronousTestCase):
    """A file, and somebody it is delivered to."""

    def setUp(self) -> None:
        """A file with a document."""
        self.clock = Clock()
        self.path = Path(self.mktemp()).absolute()
        self.delivered: list[bytes] = []
        self.write(b"<a/>")

    def write(self, data: bytes, modified: float = LONG_AGO) -> None:
        """Write it in place, and say when that was."""
        self.path.write_bytes(data)
        os.utime(self.path, (modified, modified))

    def replace(self, data: bytes, modified: float = LONG_AGO) -> None:
        """Put another file in its place."""
        other = self.path.with_suffix(".new")
        other.write_bytes(data)
        os.utime(other, (modified, modified))
        other.rename(self.path)

    def make(self, path: Path | None = None, **arguments: Any) -> AsyncDocumentProvider:
        """A provider of the file, on a wall clock that stands at C{NOW}."""
        runtime = ProviderRuntime(NodeClock(self.clock, lambda: NOW), Recorder())
        return AsyncDocumentProvider(path or self.path, **arguments, runtime=runtime)

    def start(self, **arguments: Any) -> AsyncDocumentProvider:
        """One that watches."""
        provider = self.make(**arguments)
        provider.start(self.delivered.append)
        self.addCleanup(provider.stop)
        return provider


class ContractTests(ProviderContract, TestCase):
    """AsyncDocumentProvider keeps the contract."""

    def makeProvider(self) -> IAsyncDataProvider:
        """A provider of a file."""
        path = Path(self.mktemp()).absolute()
        path.write_bytes(b"<a/>")
        runtime = ProviderRuntime(NodeClock(Clock()), Recorder())
        return AsyncDocumentProvider(path, runtime=runtime)


class WatchingTests(DocumentMixin):
    """What is delivered, and when."""

    def test_start(self) -> None:
        """What is there is delivered at once, and once."""
        self.start()
        self.clock.pump([1.0] * 5)
        self.assertEqual(self.delivered, [b"<a/>"])

    def test_replaced(self) -> None:
        """A file that is renamed into its place is delivered, though size and time are the same."""
        self.start()
        self.replace(b"<b/>")
        self.clock.advance(0.5)
        self.assertEqual(self.delivered, [b"<a/>"])
        self.clock.advance(0.5)
        self.assertEqual(self.delivered, [b"<a/>", b"<b/>"])

    def test_halfWritten(self) -> None:
        """A file that is written in two pieces is delivered again when it is whole."""
        self.start()
        self.write(b"<b><c", NOW - 60)
        self.clock.advance(1.0)
        self.write(b"<b><c/></b>", NOW - 50)
        self.clock.advance(1.0)
        self.assertEqual(self.delivered, [b"<a/>", b"<b><c", b"<b><c/></b>"])

    def test_touched(self) -> None:
        """A file that was written anew with the same text is no news."""
        self.start()
        self.replace(b"<a/>", NOW - 10)
        self.clock.advance(1.0)
        self.assertEqual(self.delivered, [b"<a/>"])

    def test_every(self) -> None:
        """It looks as often as it is told."""
        self.start(every=30.0)
        self.replace(b"<b/>")
        self.clock.advance(29.0)
        self.assertEqual(len(self.delivered), 1)
        self.clock.advance(1.0)
        self.assertEqual(len(self.delivered), 2)

    def test_stop(self) -> None:
        """After a stop nothing is delivered and no timer is left."""
        provider = self.start()
        self.successResultOf(toDeferred(provider.stop()))
        self.replace(b"<b/>")
        self.clock.advance(9.0)
        self.assertEqual(self.delivered, [b"<a/>"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_again(self) -> None:
        """Started again it delivers what is there, also when that is what it delivered before."""
        provider = self.start()
        self.successResultOf(toDeferred(provider.stop()))
        self.successResultOf(toDeferred(provider.stop()))
        provider.start(self.delivered.append)
        provider.start(self.delivered.append)
        self.assertEqual(self.delivered, [b"<a/>"] * 3)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)

    def test_stopsWithin(self) -> None:
        """Who takes a document may stop it."""
        provider = self.make()

        def deliver(document: bytes) -> None:
            self.delivered.append(document)
            _ = provider.stop()

        provider.start(deliver)
        self.assertEqual(provider.state, ProviderState.TERMINATED)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_refusedNow(self) -> None:
        """Who cannot take a document now gets it at the next look."""
        refusals = [Busy("come later")]

        def deliver(document: bytes) -> None:
            if refusals:
                raise refusals.pop()
            self.delivered.append(document)

        provider = self.make()
        provider.start(deliver)
        self.addCleanup(provider.stop)
        self.assertEqual((self.delivered, provider.reason), ([], "come later"))
        self.clock.advance(1.0)
        self.assertEqual((self.delivered, provider.reason), ([b"<a/>"], ""))

    def test_symbolicLink(self) -> None:
        """A link that is turned to another file is a change."""
        second = self.path.with_suffix(".second")
        second.write_bytes(b"<b/>")
        link = self.path.with_suffix(".link")
        link.symlink_to(self.path)
        provider = self.make(link)
        provider.start(self.delivered.append)
        self.addCleanup(provider.stop)
        other = self.path.with_suffix(".other")
        other.symlink_to(second)
        other.rename(link)
        self.clock.advance(1.0)
        self.assertEqual(self.delivered, [b"<a/>", b"<b/>"])


class YoungTests(DocumentMixin):
    """Files written twice within what a file system tells apart."""

    def deliveredOf(self, modified: float) -> list[bytes]:
        """What is delivered when a file of that age gets another text, and its times stay."""
        with self.path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
            # The first write through a mapping sets the times, those after it do not.
            mapped[:] = b"<x/>"
            mapped[:] = b"<a/>"
            os.utime(self.path, (modified, modified))
            before = os.stat(self.path)
            self.start()
            mapped[:] = b"<b/>"
            after = os.stat(self.path)
            if (before.st_mtime_ns, before.st_ctime_ns) != (after.st_mtime_ns, after.st_ctime_ns):
                raise SkipTest("this file system has seen the second write")
            self.clock.advance(1.0)
        return self.delivered

    def test_young(self) -> None:
        """One that was young when it was read is read once more."""
        self.assertEqual(self.deliveredOf(NOW - 1), [b"<a/>", b"<b/>"])

    def test_old(self) -> None:
        """One that was not is left alone while its times stay."""
        self.assertEqual(self.deliveredOf(NOW - 3), [b"<a/>"])


class FailingTests(DocumentMixin):
    """Files that cannot be read."""

    def setUp(self) -> None:
        """Somebody reads the log."""
        super().setUp()
        self.lines = Lines()
        globalLogPublisher.addObserver(self.lines)
        self.addCleanup(globalLogPublisher.removeObserver, self.lines)

    def test_states(self) -> None:
        """Idle, running, error with its reason while the file is missing, running again, terminated."""
        provider = self.make()
        states = [provider.state]
        provider.start(self.delivered.append)
        states.append(provider.state)
        self.path.unlink()
        self.clock.advance(1.0)
        states.append(provider.state)
        missing = f"{self.path} cannot be read: No such file or directory"
        self.assertEqual(provider.reason, missing)
        self.clock.advance(1.0)
        self.write(b"<b/>")
        self.clock.advance(1.0)
        states.append(provider.state)
        self.assertEqual(provider.reason, "")
        _ = provider.stop()
        states.append(provider.state)
        self.assertEqual(
            [one.value for one in states], ["idle", "running", "error", "running", "terminated"]
        )
        self.assertEqual(self.delivered, [b"<a/>", b"<b/>"])
        self.assertEqual(self.lines.reasons, [missing, "readable"])

    def test_notYetThere(self) -> None:
        """A file that comes later is delivered when it comes."""
        self.path.unlink()
        provider = self.start()
        self.assertEqual(provider.state, ProviderState.ERROR)
        self.write(b"<b/>")
        self.clock.advance(1.0)
        self.assertEqual((provider.state, self.delivered), (ProviderState.RUNNING, [b"<b/>"]))

    def test_back(self) -> None:
        """A file that was away and is back with the same text is no news."""
        provider = self.start()
        away = self.path.with_suffix(".away")
        self.path.rename(away)
        self.clock.advance(1.0)
        away.rename(self.path)
        self.clock.advance(1.0)
        self.assertEqual((provider.state, self.delivered), (ProviderState.RUNNING, [b"<a/>"]))

    def test_empty(self) -> None:
        """A file somebody has only begun is no document."""
        provider = self.start()
        self.write(b"")
        self.clock.advance(1.0)
        self.assertEqual(provider.reason, f"{self.path} is empty")
        self.assertEqual(self.delivered, [b"<a/>"])

    def test_large(self) -> None:
        """A file above the bound is not read; one at the bound is."""
        provider = self.start(maxSize=8)
        self.write(b"<abcde/>")
        self.clock.advance(1.0)
        self.write(b"<abcdef/>")
        self.clock.advance(1.0)
        self.assertEqual(self.delivered, [b"<a/>", b"<abcde/>"])
        self.assertEqual(provider.reason, f"{self.path} is larger than 8 bytes")
        self.failureResultOf(toDeferred(provider.provide()), TooLarge)

    def test_grew(self) -> None:
        """A file that grows above the bound before it is read is not delivered cut."""
        look = os.stat

        def grows(path: Path) -> os.stat_result:
            facts = look(path)
            self.path.write_bytes(b"<abcdefghijkl/>")
            return facts

        self.patch(os, "stat", grows)
        failure = self.failureResultOf(toDeferred(self.make(maxSize=8).provide()), TooLarge)
        self.assertEqual(str(failure.value), f"{self.path} is larger than 8 bytes")

    def test_kinds(self) -> None:
        """Pipes, devices and directories are refused without being opened: none of this waits."""
        pipe = self.path.with_suffix(".pipe")
        os.mkfifo(pipe)
        for path in (pipe, Path("/dev/zero"), self.path.parent):
            provider = self.make(path)
            provider.start(self.delivered.append)
            self.assertEqual(provider.reason, f"{path} is no regular file")
            _ = provider.stop()
            self.failureResultOf(toDeferred(provider.provide()), ProviderFailed)
        self.assertEqual(self.delivered, [])

    def test_asked(self) -> None:
        """Asked it gives what is in the file now, watching or not; a missing one is an error that says so."""
        provider = self.make()
        self.assertEqual(self.successResultOf(toDeferred(provider.provide())), b"<a/>")
        self.write(b"<b/>")
        self.assertEqual(self.successResultOf(toDeferred(provider.provide())), b"<b/>")
        self.assertEqual(provider.state, ProviderState.IDLE)
        self.path.unlink()
        failure = self.failureResultOf(toDeferred(provider.provide()), ProviderFailed)
        self.assertEqual(
            str(failure.value), f"{self.path} cannot be read: No such file or directory"
        )


class ManagedTests(DocumentMixin):
    """In a node."""

    SERVICE = "http://127.0.0.1:8480/services/index"

    def setUp(self) -> None:
        """A manager that has it look each second and asks it every ten."""
        super().setUp()
        clock = NodeClock(self.clock, lambda: NOW + self.clock.seconds())
        self.store = MemoryStore(clock)
        runtime = ProviderRuntime(clock, Recorder())
        self.manager = ProviderManager(
            clock, self.store, self.SERVICE, XMLGate(), lambda: 0.5, runtime
        )
        self.manager.install(
            ProviderSetup(
                name="news",
                factory=AsyncDocumentProvider,
                arguments={"path": str(self.path)},
                interval=10.0,
                isAsync=True,
            )
        )
        self.successResultOf(toDeferred(self.manager.start()))
        self.addCleanup(lambda: toDeferred(self.manager.stop()))

    def value(self, name: str) -> bytes | None:
        """The value of that name."""
        found = self.store.get(ElementKey(QName("", name), self.SERVICE))
        return None if found is None else found.content

    def lastError(self) -> str:
        """What the status says."""
        (row,) = self.manager.status()
        return str(row["lastError"])

    def test_life(self) -> None:
        """A change is a new value within a second; a file that is gone is told, its value stays for its lifetime."""
        self.clock.pump([1.0] * 5)
        self.assertEqual(self.value("a"), b"<a/>")
        self.replace(b"<b>1</b>")
        self.clock.advance(1.0)
        self.assertEqual(self.value("b"), b"<b>1</b>")
        self.path.unlink()
        self.clock.pump([1.0] * 6)
        self.assertEqual(self.lastError(), f"{self.path} cannot be read: No such file or directory")
        self.assertEqual(self.value("b"), b"<b>1</b>")
        self.write(b"<b>2</b>")
        self.clock.advance(1.0)
        self.assertEqual(self.value("b"), b"<b>2</b>")
        self.assertEqual(self.lastError(), "")


class ArgumentTests(DocumentMixin):
    """Its arguments."""

    def test_callers(self) -> None:
        """Callers from outside never name a file."""
        self.assertEqual(forCallers(AsyncDocumentProvider), ())

    def test_refused(self) -> None:
        """Arguments out of range are refused at once."""
        for path, arguments, message in (
            (Path("x.xml"), {}, 'path "x.xml" is not the absolute path of a file'),
            (Path("/x\0"), {}, 'path "/x\\x00" is not the absolute path of a file'),
            (Path("/x"), {"every": 0.05}, "every 0.05 is not between 0.1 and 3600 seconds"),
            (Path("/x"), {"every": float("nan")}, "every nan is not between 0.1 and 3600 seconds"),
            (Path("/x"), {"maxSize": 0}, "maxSize 0 is not between 1 and 8388608"),
            (Path("/x"), {"maxSize": 2**23 + 1}, "maxSize 8388609 is not between 1 and 8388608"),
        ):
            error = self.assertRaises(ParameterError, self.make, path, **arguments)
            self.assertEqual(error.message, message)
