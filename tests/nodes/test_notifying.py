"""Notification at whole nodes: asked for, told, kept over a restart, ended; in memory on a virtual clock."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from twisted.web.http import Request
from twisted.web.resource import Resource

from gma_twisted.client import findByName
from gma_twisted.errors import (
    ExtensibilityNotSupported,
    Refused,
    ServiceHasTerminated,
    TargetInvalid,
    TooLarge,
    UnknownId,
)
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import Handle, Locator, NameSelector, QName, Topic
from gma_twisted.nodes import INDEX
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    HANDLE_RESOLVER,
    NOTIFICATION_SOURCE,
    NOTIFICATION_SUBSCRIPTION,
    REGISTRATION,
)
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression
from gma_twisted.soap.types import LOCATOR
from tests.nodes.components import Slow
from tests.nodes.notifyings import Ear
from tests.nodes.test_registrations import MEMBER, QUIET, REGISTRY_URL, GridCase

CONTAINER_URL = "http://127.0.0.1:8481/services/container"
INDEX_URL = "http://127.0.0.1:8480/services/index"
ENTRY = ogsi("entry")
DAY = 86400.0


class Echo(Resource):
    """Answers a challenge, or what a test makes of it."""

    isLeaf = True

    def __init__(self, answer: Callable[[bytes], bytes] = lambda token: token) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[bytes] = []

    def render_GET(self, request: Request) -> bytes:
        """The token."""
        self.asked.append(request.uri)
        return self.answer(request.args[b"gma-challenge"][0])


class Granted(NamedTuple):
    """A subscription: its handle, and its end in wall time."""

    handle: Handle
    end: float


class SubscribingCase(GridCase):
    """Nodes, and a sink where the caller is."""

    def setUp(self) -> None:
        """Listen."""
        super().setUp()
        self.ear = Ear()
        self.sink = self.ear.listen(self.network, "me")

    def subscribe(
        self,
        url: str = REGISTRY_URL,
        *names: QName,
        sink: Handle | None = None,
        seconds: float = 60.0,
        **more: Any,
    ) -> Granted:
        """Subscribe, to entries unless it is said otherwise."""
        locator, time = self.result(self.asking(url, *names, sink=sink, seconds=seconds, **more))
        (handle,) = locator.handles
        return Granted(handle, time.before)

    def asking(
        self,
        url: str = REGISTRY_URL,
        *names: QName,
        sink: Handle | None = None,
        seconds: float = 60.0,
        changes: bool = True,
        snapshot: bool = True,
        **intervals: float,
    ) -> Any:
        """The call."""
        topic = Topic(tuple(NameSelector(name) for name in names or (ENTRY,)), changes)
        asked = SubscribeExpression(topic, wantsSnapshot=snapshot, **intervals)
        return self.proxy(url, NOTIFICATION_SOURCE).subscribe(
            writeSubscribeExpression(asked),
            Locator((sink or self.sink,)),
            self.clock.wallTime() + seconds,
        )

    def register(self, name: str = "a") -> None:
        """Make an entry."""
        registry = self.proxy(REGISTRY_URL, REGISTRATION)
        self.result(registry.registerService(MEMBER.child(name), lifetime=DAY))

    def puts(self) -> list[int]:
        """How many values there were in each notice."""
        return [len(notice.put) for _, notice in self.ear.heard]

    def row(self, handle: Handle) -> Any:
        """A subscription as a service."""
        return self.proxy(handle.url, NOTIFICATION_SUBSCRIPTION)


class ToldTests(SubscribingCase):
    """What a subscriber hears."""

    def test_changes(self) -> None:
        """Everything there is, then what changes, numbered, with the header of the subscription."""
        self.start()
        self.register()
        handle, _ = self.subscribe()
        self.register("b")
        self.reactor.pump([0.05] * 10)
        self.assertEqual(self.puts(), [1, 1])
        (first, snapshot), (second, _) = self.ear.heard
        self.assertTrue(first.isSnapshot and snapshot.isSnapshotEnd)
        self.assertEqual((first.subscription, second.subscription), (handle.url,) * 2)
        self.assertEqual((first.sequence, second.sequence), (1, 2))
        self.assertEqual(first.epoch, second.epoch)
        self.assertEqual(first.epoch, 1_700_000_000_000)

    def test_whole(self) -> None:
        """A plain subscriber of OGSI hears all values each time, first when something changes."""
        self.start()
        self.register()
        self.subscribe(changes=False, snapshot=False)
        self.reactor.pump([0.05] * 10)
        self.assertEqual(self.puts(), [])
        self.register("b")
        self.reactor.pump([0.05] * 10)
        self.assertEqual(self.puts(), [2])

    def test_everyService(self) -> None:
        """The container and an index tell, too."""
        self.start()
        self.start(QUIET, "index", kind=INDEX)
        self.subscribe(CONTAINER_URL)
        self.subscribe(INDEX_URL, ogsi("serviceDataName"))
        self.reactor.pump([0.05] * 10)
        # Its services: the registry, the directory, itself.
        self.assertEqual(self.puts()[0], 3)
        self.assertGreater(self.puts()[1], 10)

    def test_notifiable(self) -> None:
        """notifiableServiceDataName is what serviceDataName is, and can be subscribed to itself."""
        self.start()
        for url in (REGISTRY_URL, CONTAINER_URL):
            service = self.proxy(url, GRID_SERVICE)
            told = []
            for local in ("serviceDataName", "notifiableServiceDataName"):
                found = self.result(findByName(service, ogsi(local))).values
                trees = [XMLGate().parse(value.head + value.tail) for value in found]
                told.append({readQName(tree.text or "", tree.nsmap) for tree in trees})
            self.assertEqual(*told)
            self.assertIn(ogsi("notifiableServiceDataName"), told[0])

    def test_expressions(self) -> None:
        """subscribeExtensibility says what is understood; anything else is refused, names that are not known too."""
        self.start()
        service = self.proxy(REGISTRY_URL, NOTIFICATION_SOURCE)
        values = self.result(findByName(service, ogsi("subscribeExtensibility"))).values
        heads = b" ".join(value.head for value in values)
        for expression in (b"subscribeByServiceDataNames", b"subscribeByXPath"):
            self.assertIn(expression, heads)
        other = service.subscribe(b'<x xmlns="urn:a"/>', Locator((self.sink,)), 2e9)
        self.refused(other, ExtensibilityNotSupported)
        self.refused(self.asking(REGISTRY_URL, QName("urn:a", "none")), TargetInvalid)


class LeaseTests(SubscribingCase):
    """Subscriptions are services that end."""

    def test_service(self) -> None:
        """It tells what was asked, by whom it is found, and is a NotificationSubscription."""
        self.start()
        handle, end = self.subscribe(changes=False, minInterval=5.0)
        self.assertLess(abs(end - self.clock.wallTime() - 60.0), 0.2)
        row = self.row(handle)
        (value,) = self.result(findByName(row, ogsi("sinkLocator"))).values
        tree = XMLGate().parse(value.head + value.tail)
        self.assertEqual(LOCATOR.read(tree).handles, (self.sink,))
        (value,) = self.result(findByName(row, ogsi("subscriptionExpression"))).values
        self.assertIn(b"PT5S", value.tail)
        resolver = self.proxy(CONTAINER_URL, HANDLE_RESOLVER)
        locator = self.result(resolver.findByHandle(Locator((handle,))))
        self.assertIn(ogsi("NotificationSubscription"), locator.interfaces)

    def test_ends(self) -> None:
        """Not renewed, it is over, nothing more is told, and that it was is told for a while."""
        self.start("notify.tombstones = '1m'")
        handle, _ = self.subscribe(seconds=20.0)
        self.reactor.pump([1.0] * 21)
        count = len(self.ear.heard)
        self.register()
        self.reactor.pump([0.05] * 10)
        self.assertEqual(len(self.ear.heard), count)
        why = self.refused(self.row(handle).destroy(), ServiceHasTerminated)
        self.assertIn("its lease was not renewed", why)
        self.reactor.pump([1.0] * 60)
        self.refused(self.row(handle).destroy(), UnknownId)

    def test_renewed(self) -> None:
        """Renewed, it goes on, as long as [notify] lets it."""
        self.start("notify.max_lifetime = '30s'")
        handle, end = self.subscribe(seconds=20.0)
        row = self.row(handle)
        wall = self.clock.wallTime
        time = self.result(row.requestTerminationAfter(wall() + DAY))
        self.assertLess(abs(time.before - end - 10.0), 0.2)
        self.reactor.pump([1.0] * 25)
        self.register()
        self.reactor.pump([0.05] * 10)
        self.assertEqual(self.puts(), [0, 1])
        self.reactor.pump([1.0] * 10)
        self.refused(row.destroy(), ServiceHasTerminated)

    def test_destroyed(self) -> None:
        """Destroyed, it is over at once."""
        self.start()
        handle, _ = self.subscribe()
        self.result(self.row(handle).destroy())
        self.register()
        self.reactor.pump([0.05] * 10)
        self.assertEqual(self.puts(), [0])
        self.assertIn(
            "it was ended", self.refused(self.row(handle).destroy(), ServiceHasTerminated)
        )

    def test_grants(self) -> None:
        """Leases, intervals and bounds are those of the configuration."""
        self.start(
            "[notify]\nmin_lifetime = '10s'\nmax_lifetime = '30s'\nmin_interval = '2s'\nmin_repeat = '4s'\n"
            "[limits]\nsubscription_names = 2\nsubscriptions = 3\n"
        )
        for asked, granted in ((1.0, 10.0), (-5.0, 10.0), (math.inf, 30.0)):
            handle, end = self.subscribe(seconds=asked, maxInterval=1.0, changes=False)
            self.assertLess(abs(end - self.clock.wallTime() - granted), 0.2)
        (value,) = self.result(findByName(self.row(handle), ogsi("subscriptionExpression"))).values
        self.assertIn(b'minInterval="PT2S"', value.tail)
        self.assertIn(b'maxInterval="PT4S"', value.tail)
        self.refused(self.asking(REGISTRY_URL, *[ENTRY] * 3), TooLarge)
        self.assertIn("subscriptions", self.refused(self.asking(), TooLarge))


class KeptTests(SubscribingCase):
    """Over a restart."""

    def test_restart(self) -> None:
        """It is there under the same handle and goes on in a higher epoch, with everything there is."""
        node = self.start()
        handle, _ = self.subscribe()
        self.register()
        self.reactor.pump([0.05] * 10)
        self.stop(node)
        self.ear.heard.clear()
        self.start()
        self.register("b")
        self.reactor.pump([0.05] * 10)
        heard = [(delivery.sequence, delivery.isSnapshot) for delivery, _ in self.ear.heard]
        self.assertEqual((heard, self.puts()), ([(1, True), (2, False)], [1, 1]))
        for delivery, _ in self.ear.heard:
            self.assertEqual(delivery.subscription, handle.url)
            self.assertGreater(delivery.epoch, 1_700_000_000_000)
        found = self.result(findByName(self.row(handle), ogsi("terminationTime"))).values
        self.assertEqual(len(found), 1)
        self.reactor.pump([1.0] * 61)
        self.refused(self.row(handle).destroy(), ServiceHasTerminated)

    def test_slowProvider(self) -> None:
        """What a provider has not given again yet is not told to be gone, unless it takes more than ten seconds."""
        text = "[providers.slow]\nclass = 'tests.nodes.components:Slow'\ninterval = '60s'\ntimeout = '30s'\n"
        node = self.start(text, "index", kind=INDEX)
        Slow.finish()
        self.subscribe(INDEX_URL, QName("urn:example", "Slow"), seconds=600.0)
        self.reactor.pump([0.05] * 10)
        self.assertEqual(self.puts(), [1])
        for seconds, told in ((4, [1]), (11, [0, 1])):
            self.stop(node)
            self.ear.heard.clear()
            node = self.start(text, "index", kind=INDEX)
            self.reactor.pump([1.0] * seconds)
            Slow.finish()
            self.reactor.pump([0.05] * 10)
            self.assertEqual(self.puts(), told)
            self.assertTrue(self.ear.heard[0][1].isSnapshotEnd)

    def test_memory(self) -> None:
        """With the engine in memory it is gone, and the epoch is higher all the same."""
        text = "store.engine = 'memory'"
        node = self.start(text)
        handle, _ = self.subscribe()
        first = self.ear.heard[0][0].epoch
        self.stop(node)
        self.start(text)
        self.refused(self.row(handle).destroy(), UnknownId)
        self.ear.heard.clear()
        self.subscribe()
        self.reactor.pump([0.05] * 10)
        self.assertGreater(self.ear.heard[0][0].epoch, first)

    def test_quietEnd(self) -> None:
        """A node that stops tells nobody that its values are gone, and leaves no timer of what it would tell later."""
        node = self.start(QUIET + "interval = '5s'\n", "index", kind=INDEX)
        self.subscribe(INDEX_URL, QName("urn:example", "Good"), maxInterval=30.0)
        self.reactor.pump([0.05] * 10)
        self.stop(node)
        self.assertEqual(self.puts(), [1])


class SinkTests(SubscribingCase):
    """Whose sinks notices go to."""

    def third(self, page: Resource | None = None) -> Handle:
        """A sink of somebody else."""
        return self.ear.listen(self.network, "10.1.2.3", page)

    def test_refused(self) -> None:
        """That of a third party is not called at all, unless the operator says so; nor is what the guard refuses."""
        self.start("connect.allow = '10.0.0.0/8'")
        page = Echo()
        why = self.refused(self.asking(sink=self.third(page)), Refused)
        self.assertIn("third_party_sinks", why)
        self.refused(self.asking(sink=Handle("http://192.168.1.1/x")), Refused)
        self.assertEqual((self.ear.heard, page.asked), ([], []))

    def test_challenge(self) -> None:
        """Where the operator allows them, one that wants notices says so."""
        self.start("connect.allow = '10.0.0.0/8'\nnotify.third_party_sinks = true")
        page = Echo()
        self.subscribe(sink=self.third(page))
        self.assertEqual(self.puts(), [0])
        (uri,) = page.asked
        self.assertRegex(uri, rb"\A/services/ear\?gma-challenge=[0-9a-f]{32}\Z")

    def test_challengeFails(self) -> None:
        """One that does not say exactly that is refused."""
        self.start("connect.allow = '10.0.0.0/8'\nnotify.third_party_sinks = true")
        for answer in (bytes.upper, lambda token: token * 1000, lambda token: b""):
            why = self.refused(self.asking(sink=self.third(Echo(answer))), Refused)
            self.assertIn("third_party_exempt", why)
        self.refused(self.asking(sink=self.third()), Refused)
        self.assertEqual(self.ear.heard, [])

    def test_exempt(self) -> None:
        """Those the operator lists are not asked."""
        self.start(
            "connect.allow = '10.0.0.0/8'\nnotify.third_party_exempt = 'http://10.1.2.3/services/'"
        )
        page = Echo()
        self.subscribe(sink=self.third(page))
        self.reactor.pump([0.05] * 10)
        self.assertEqual((self.puts(), page.asked), ([0], []))
