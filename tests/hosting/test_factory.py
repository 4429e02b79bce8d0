"""The Factory: what it makes lives as long as it was granted, and leaves nothing behind."""

import math
from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    Busy,
    ConfigError,
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    GMAError,
    ParameterError,
    ServiceAlreadyExists,
    ServiceHasTerminated,
    TimedOut,
    TooLarge,
    UnknownId,
)
from gma_twisted.hosting.container import Member
from gma_twisted.hosting.ends import EndingRole
from gma_twisted.hosting.factory import ServiceFactory
from gma_twisted.hosting.instances import FactoryLimits, Places
from gma_twisted.hosting.lodging import Lodge
from gma_twisted.interfaces import IFactory
from gma_twisted.markup import Element, XMLGate, nameOf
from gma_twisted.markup.namespaces import OGSI, XSD, ogsi
from gma_twisted.markup.xsd import readExtendedDateTime, readQName
from gma_twisted.model import (
    Caller,
    ElementKey,
    Expression,
    Handle,
    Locator,
    QName,
    TerminationTime,
)
from gma_twisted.soap.creation import CreationRequest, writeCreation
from gma_twisted.soap.declaration import ANY, InitialServiceData, ServiceDataDeclaration
from gma_twisted.soap.porttypes import PROVIDER_EXECUTION
from gma_twisted.timing import NodeClock, toDeferred
from tests.hosting.lodgings import ScriptedKind, ScriptedLodge, ScriptedLodging

_WALL = 1_700_000_000.0
_BASE = "http://gate:8480/services"
_CONTAINER = Handle(f"{_BASE}/container")
_HOUR, _DAY = 3600.0, 86400.0


def _expression(content: bytes) -> Expression:
    tree = XMLGate().parse(content)
    return Expression(nameOf(tree), tree)


def _asked(kind: str = "echo", name: str = "", *arguments: tuple[str, str]) -> Expression:
    return _expression(writeCreation(CreationRequest(kind, name, arguments)))


class _FactoryTestCase(SynchronousTestCase):
    """A factory with one kind."""

    def setUp(self) -> None:
        """The factory has begun."""
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: _WALL + self.time.seconds())
        self.lodge: ScriptedLodge = ScriptedLodge(self.clock)
        self.kind = ScriptedKind(self.lodge.log)
        self.places = Places(Handle(f"{_BASE}/instances"), self.clock, FactoryLimits(3, 2))
        self.changes: list[tuple[int, int]] = []
        self.members: list[Member] = []
        lodge: Lodge = self.lodge
        self.factory = ServiceFactory(
            _CONTAINER, self.clock, self.places, lodge, {"echo": self.kind}, self._changed
        )
        self.successResultOf(toDeferred(self.factory.start()))

    def _changed(self, came: Sequence[Member], went: Sequence[Member]) -> None:
        self.changes.append((len(came), len(went)))
        self.members += came
        for member in went:
            self.members.remove(member)

    def create(
        self,
        asked: Expression | None = None,
        end: TerminationTime | None = None,
        owner: str = "me",
    ) -> tuple[Locator, TerminationTime]:
        """A service, made at once."""
        made = self.factory.createService(end, asked or _asked(), Caller(owner))
        locator, granted, output = self.successResultOf(toDeferred(made))
        self.assertIsNone(output)
        return locator, granted

    def refused(
        self, kind: type[GMAError], asked: Expression | None, owner: str = "me"
    ) -> GMAError:
        """Why it is not made."""
        made = self.factory.createService(None, asked, Caller(owner))
        return self.failureResultOf(toDeferred(made), kind).value  # type: ignore[no-any-return]

    def lodging(self, locator: Locator) -> ScriptedLodging:
        """What a living service stands on."""
        return self.lodge.published[locator.handles[0].path]

    def role(self, locator: Locator) -> EndingRole:
        """What answers for its end."""
        role = self.lodging(locator).parts[0]
        assert isinstance(role, EndingRole)
        return role

    def value(self, locator: Locator, local: str) -> Element:
        """A standard service data element of it."""
        key = ElementKey(ogsi(local), locator.handles[0].url)
        element = self.lodging(locator).store.get(key)
        assert element is not None
        return XMLGate().parse(element.content)

    def end(self, locator: Locator) -> tuple[float, float]:
        """Its terminationTime as service data, in seconds from the beginning."""
        value = self.value(locator, "terminationTime")
        after, before = (
            readExtendedDateTime(value.get(f"{{{OGSI}}}{name}", "")) - _WALL
            for name in ("after", "before")
        )
        return after, before


class CreatingTests(_FactoryTestCase):
    """C{createService}."""

    def test_interface(self) -> None:
        """It is a Factory."""
        self.assertTrue(verifyObject(IFactory, self.factory))

    def test_made(self) -> None:
        """The service has a handle of its own, knows who made it, and is started before it answers."""
        locator, granted = self.create(_asked("echo", "one", ("a", "1")))
        handle = locator.handles[0]
        self.assertTrue(handle.url.startswith(f"{_BASE}/instances/"), handle)
        self.assertEqual(locator.interfaces, (ogsi("GridService"),))
        self.assertEqual(len(locator.references), 1)
        end = _WALL + _HOUR
        self.assertEqual(granted, TerminationTime(end, end, _WALL))
        self.assertEqual(self.end(locator), (_HOUR, _HOUR))
        self.assertEqual(self.value(locator, "factoryLocator")[0].text, _CONTAINER.url)
        self.assertEqual(self.kind.asked, [(("a", "1"),)])
        (place,) = self.kind.made[0].places
        self.assertEqual((place.handle, place.name), (handle, "one"))
        self.assertIs(place.store, self.lodging(locator).store)
        self.assertEqual(self.lodge.log, ["open", "start", "publish"])
        (member,) = self.members
        self.assertEqual(
            (member.handle, member.kind, member.name, member.interfaces),
            (handle, "echo", "one", locator.interfaces),
        )
        self.assertEqual(self.changes, [(1, 0)])

    def test_handles(self) -> None:
        """No two have the same handle, also not one after the other under one name."""
        first, _ = self.create(_asked(name="x"))
        self.successResultOf(toDeferred(self.role(first).destroy()))
        second, _ = self.create(_asked(name="x"))
        self.assertNotEqual(first.handles, second.handles)

    def test_lifetime(self) -> None:
        """What is asked for is kept within 5 seconds and a day; nothing asked is an hour."""
        now = _WALL
        for asked, seconds in (
            (None, _HOUR),
            (TerminationTime(), _HOUR),
            (TerminationTime(before=now + 60.0), 60.0),
            (TerminationTime(after=now + 60.0), 60.0),
            (TerminationTime(after=now + 7200.0), 7200.0),
            (TerminationTime(after=now + 10.0, before=now + 20.0), 20.0),
            (TerminationTime(before=math.inf), _DAY),
            (TerminationTime(after=math.inf), _DAY),
            (TerminationTime(before=now - 100.0), 5.0),
            (TerminationTime(before=-math.inf), 5.0),
            (TerminationTime(after=-math.inf), 5.0),
        ):
            locator, granted = self.create(end=asked)
            self.assertEqual(granted.before, now + seconds, asked)
            self.assertEqual(self.end(locator), (seconds, seconds))
            self.successResultOf(toDeferred(self.role(locator).destroy()))

    def test_contradiction(self) -> None:
        """An end that is to be earlier than itself is refused, and nothing is made."""
        asked = TerminationTime(after=_WALL + 20.0, before=_WALL + 10.0)
        made = self.factory.createService(asked, _asked(), Caller("me"))
        why = self.failureResultOf(toDeferred(made), ParameterError).value
        self.assertIn("before", str(why))
        self.assertEqual((len(self.places), self.lodge.log), (0, []))

    def test_notAsked(self) -> None:
        """Without gma:service nothing is made."""
        why = self.refused(ExtensibilityNotSupported, None)
        self.assertEqual(
            str(why),
            "createService takes {urn:gma-twisted:2026:core}service as its creationParameters, not nothing",
        )
        self.refused(ExtensibilityNotSupported, _expression(b"<service/>"))

    def test_badlyAsked(self) -> None:
        """Unknown kinds, names that are none, what a kind does not take, names it must not have."""
        why = self.refused(ExtensibilityTypeError, _asked("other"))
        self.assertEqual(str(why), 'there is no kind "other"; there are echo')
        self.refused(ExtensibilityTypeError, _asked(name="a/b"))
        for error in (ParameterError("too blue"), ConfigError("too blue")):
            self.kind.fails = error
            why = self.refused(ExtensibilityTypeError, _asked())
            self.assertEqual(str(why), "kind echo: too blue")
        self.kind.fails = None
        for name in (ogsi("interface"), QName("urn:a b", "x")):
            declared = ServiceDataDeclaration(name, QName(XSD, "QName"), ANY)
            self.kind.serviceData = (InitialServiceData(declared),)
            self.refused(ExtensibilityTypeError, _asked())
        self.assertEqual(len(self.places), 0)
        self.assertEqual(self.lodge.log, [])

    def test_noKinds(self) -> None:
        """Without any kind the fault says so, and the service data still say what would be read."""
        self.factory = ServiceFactory(_CONTAINER, self.clock, self.places, self.lodge, {})
        why = self.refused(ExtensibilityTypeError, _asked())
        self.assertEqual(
            str(why),
            "no kinds of services are configured here; the operator adds one with [factory.NAME]",
        )
        (value,) = self.factory.serviceData()
        self.assertEqual(len(XMLGate().parse(value.content)), 0)

    def test_serviceData(self) -> None:
        """A value a kind: the element to send, and the port types of what is made."""
        self.kind.portTypes = (PROVIDER_EXECUTION,)
        (value,) = self.factory.serviceData()
        tree = XMLGate().parse(value.content)
        self.assertEqual(value.key.key, "echo")
        self.assertEqual(
            readQName(tree.get(f"{{{OGSI}}}inputElement", ""), tree.nsmap),
            QName("urn:gma-twisted:2026:core", "service"),
        )
        self.assertEqual(
            [readQName(one.text or "", one.nsmap) for one in tree],
            [ogsi("GridService"), PROVIDER_EXECUTION.name],
        )

    def test_bounds(self) -> None:
        """So many of one owner, so many in all, and one of a name."""
        first, _ = self.create(_asked(name="x"))
        why = self.refused(ServiceAlreadyExists, _asked(name="x"), "other")
        assert isinstance(why, ServiceAlreadyExists)
        self.assertEqual(why.existing, first.handles[0].url)
        self.create()
        self.refused(TooLarge, _asked())
        self.create(owner="other")
        self.refused(TooLarge, _asked(), "third")

    def test_portTypes(self) -> None:
        """GridService is always among them, once."""
        self.kind.portTypes = (PROVIDER_EXECUTION,)
        locator, _ = self.create()
        self.assertEqual(locator.interfaces, (ogsi("GridService"), PROVIDER_EXECUTION.name))


class FailingTests(_FactoryTestCase):
    """Services that cannot begin."""

    def _clean(self) -> None:
        self.assertEqual(len(self.places), 0)
        self.assertEqual(self.lodge.published, {})
        self.assertEqual(self.members, [])
        self.create(_asked(name="x"))

    def test_noLodging(self) -> None:
        """There is nothing to stand on."""
        self.lodge.isShut = True
        self.refused(Busy, _asked(name="x"))
        self.lodge.isShut = False
        self._clean()

    def test_notStarted(self) -> None:
        """What the kind adds does not start: it is stopped, and everything given back."""
        self.kind.starting = Deferred()
        made = toDeferred(self.factory.createService(None, _asked(name="x"), Caller("me")))
        self.assertEqual(len(self.places), 1)
        self.refused(ServiceAlreadyExists, _asked(name="x"))
        self.kind.starting.errback(Busy("later"))
        self.failureResultOf(made, Busy)
        self.assertEqual(self.lodge.log, ["open", "start", "withdraw", "stop", "close"])
        self.kind.starting = None
        self._clean()

    def test_notPublished(self) -> None:
        """It cannot be reached."""
        self.lodge.isFull = True
        self.refused(Busy, _asked(name="x"))
        self.assertEqual(self.lodge.log, ["open", "start", "withdraw", "stop", "close"])
        self.lodge.isFull = False
        self._clean()

    def test_cancelled(self) -> None:
        """Who asked does not wait any longer."""
        self.kind.starting = Deferred()
        made = toDeferred(self.factory.createService(None, _asked(name="x"), Caller("me")))
        made.cancel()
        self.failureResultOf(made)
        self.assertEqual(self.lodge.log[-3:], ["withdraw", "stop", "close"])
        self.kind.starting = None
        self._clean()

    def test_slowStart(self) -> None:
        """A start that hangs is cut off after ten seconds: place and name are free, nothing is left."""
        self.kind.starting = Deferred()
        made = toDeferred(self.factory.createService(None, _asked(name="x"), Caller("me")))
        self.time.advance(9.9)
        self.assertNoResult(made)
        self.time.advance(0.1)
        why = self.failureResultOf(made, TimedOut).value
        self.assertIn("starting http://gate:8480/services/instances/", str(why))
        self.assertEqual(self.lodge.log, ["open", "start", "withdraw", "stop", "close"])
        self.kind.starting = None
        self._clean()

    def test_stubbornStart(self) -> None:
        """One that goes on after it was cut off is left behind five seconds later, and the log names its kind."""

        async def stubborn() -> None:
            while True:
                try:
                    await Deferred()
                except Exception:  # noqa: BLE001 (as it is often written)
                    continue

        self.kind.starting = toDeferred(stubborn())
        made = toDeferred(self.factory.createService(None, _asked(name="x"), Caller("me")))
        with capturedLogs() as events:
            self.time.advance(10.0)
            self.assertNoResult(made)
            self.time.advance(5.0)
        self.failureResultOf(made, TimedOut)
        said = " ".join(map(formatEvent, events))
        self.assertIn("[factory.echo]: starting http://gate:8480/services/instances/", said)
        self.assertIn("it is left behind", said)
        self.kind.starting = None
        self._clean()

    def test_stoppedMeanwhile(self) -> None:
        """The node stops while a service begins: it does not come to live, and the stop waits for its end."""
        self.kind.starting = Deferred()
        self.kind.stopping = Deferred()
        made = toDeferred(self.factory.createService(None, _asked(name="x"), Caller("me")))
        stopped = toDeferred(self.factory.stop())
        self.assertNoResult(stopped)
        self.kind.starting.callback(None)
        self.assertNoResult(stopped)
        self.kind.stopping.callback(None)
        self.successResultOf(stopped)
        self.failureResultOf(made, Busy)
        self.assertEqual(self.lodge.log[-3:], ["withdraw", "stop", "close"])
        self.refused(Busy, _asked())
        self.assertEqual(len(self.places), 0)


class EndingTests(_FactoryTestCase):
    """How services end."""

    def _gone(self, locator: Locator, kind: type[GMAError] = ServiceHasTerminated) -> None:
        path = locator.handles[0].path
        self.assertNotIn(path, self.lodge.published)
        self.assertRaises(kind, self.places.role, path.rpartition("/")[2])

    def _ask(self, locator: Locator, operation: str, seconds: float) -> float:
        method = getattr(self.role(locator), operation)
        granted = self.successResultOf(toDeferred(method(_WALL + seconds)))
        assert isinstance(granted, TerminationTime)
        self.assertEqual(granted.after, granted.before)
        self.assertEqual(granted.timestamp, self.clock.wallTime())
        assert granted.before is not None
        return granted.before - _WALL

    def test_expires(self) -> None:
        """It ends with its time, not before, and is known for an hour."""
        locator, _ = self.create(end=TerminationTime(before=_WALL + 60.0))
        self.time.advance(59.9)
        self.assertIn(locator.handles[0].path, self.lodge.published)
        self.time.advance(0.11)
        self._gone(locator)
        self.assertEqual(self.lodge.log[-3:], ["withdraw", "stop", "close"])
        self.assertEqual((len(self.places), self.changes), (0, [(1, 0), (0, 1)]))
        self.time.advance(_HOUR)
        self._gone(locator, UnknownId)

    def test_destroyed(self) -> None:
        """It ends at once; a second time there is nothing to end."""
        locator, _ = self.create()
        role = self.role(locator)
        self.successResultOf(toDeferred(role.destroy()))
        self._gone(locator)
        self.assertRaises(ServiceHasTerminated, role.destroy)
        for ask, seconds in (
            (role.requestTerminationAfter, _DAY),
            (role.requestTerminationBefore, 1.0),
        ):
            self.failureResultOf(toDeferred(ask(_WALL + seconds)), ServiceHasTerminated)

    def test_later(self) -> None:
        """A later end is granted up to a day from now; one that is late enough already stays."""
        locator, _ = self.create()
        self.assertEqual(self._ask(locator, "requestTerminationAfter", 7200.0), 7200.0)
        self.assertEqual(self.end(locator), (7200.0, 7200.0))
        for early in (10.0, -10.0, -math.inf):
            self.assertEqual(self._ask(locator, "requestTerminationAfter", early), 7200.0)
        self.time.advance(100.0)
        self.assertEqual(self._ask(locator, "requestTerminationAfter", math.inf), _DAY + 100.0)
        self.time.advance(7200.0)
        self.assertIn(locator.handles[0].path, self.lodge.published)

    def test_earlier(self) -> None:
        """An earlier end is taken as it is, and kept; a latest end after it is no longer life."""
        locator, _ = self.create()
        self.assertEqual(self._ask(locator, "requestTerminationBefore", 1.0), 1.0)
        self.assertEqual(self.end(locator), (1.0, 1.0))
        self.time.advance(0.5)
        for late in (1.0, 2.0, _DAY, math.inf):
            self.assertEqual(self._ask(locator, "requestTerminationBefore", late), 1.0)
        self.assertEqual(self.end(locator), (1.0, 1.0))
        self.time.advance(0.51)
        self._gone(locator)

    def test_now(self) -> None:
        """An end in the past is now."""
        for past in (0.0, -5.0, -math.inf):
            locator, _ = self.create()
            self.assertEqual(self._ask(locator, "requestTerminationBefore", past), 0.0)
            self._gone(locator)

    def test_slowStop(self) -> None:
        """What it used counts until it is given back; a stop that hangs is cut off after ten seconds."""
        self.kind.stopping = Deferred()
        locator, _ = self.create(_asked(name="x"))
        self.create()
        self.successResultOf(toDeferred(self.role(locator).destroy()))
        self._gone(locator)
        self.assertEqual(len(self.places), 2)
        self.refused(TooLarge, _asked())
        self.time.advance(10.0)
        self.assertEqual(len(self.flushLoggedErrors(TimedOut)), 1)
        self.assertEqual(len(self.places), 1)
        self.kind.stopping = None
        self.create(_asked(name="x"))

    def test_badStop(self) -> None:
        """One whose stop fails is given back all the same, and the others of the same moment end too."""
        self.kind.stopping = Deferred()
        self.kind.stopping.errback(RuntimeError("oops"))
        end = TerminationTime(before=_WALL + 60.0)
        self.create(end=end)
        self.kind.stopping = None
        self.create(end=end)
        self.time.advance(60.01)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.assertEqual((len(self.places), self.lodge.published), (0, {}))
        self.assertEqual(self.lodge.log.count("close"), 2)

    def test_stop(self) -> None:
        """With the factory everything ends, and it waits for that."""
        self.kind.stopping = Deferred()
        self.create()
        self.create()
        stopped = toDeferred(self.factory.stop())
        self.assertNoResult(stopped)
        self.assertEqual(self.lodge.published, {})
        self.kind.stopping.callback(None)
        self.successResultOf(stopped)
        self.assertEqual(len(self.places), 0)
        self.assertEqual(self.time.getDelayedCalls(), [])
