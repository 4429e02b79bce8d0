"""Proxies of producers, consumers and directories, against a role in memory."""

from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client.blocking import finished
from gma_twisted.client.gma import ConsumerProxy, ProducerProxy, RegistryProxy
from gma_twisted.client.gmacomponent import ComponentProxy
from gma_twisted.errors import (
    Busy,
    GMAError,
    NotImplementedException,
    ParameterError,
    PeerBusy,
    PeerFault,
    PeerUnreachable,
    Refused,
    Throttled,
)
from gma_twisted.interfaces import Reply
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import EventFilter, FilterLanguage, GMAEntry, GMARole, QueryMode
from gma_twisted.soap.porttypes.gma import CONSUMER, DIRECTORY, PRODUCER
from tests.client.gmapeer import BAD, ESTIMATE, NOW, Peer
from tests.client.peer import CannedCaller, PeerCaller

T = TypeVar("T")
P = TypeVar("P", bound=ComponentProxy)

_SIDE = ("query", "subscribe", "renew", "unsubscribe")


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


class ProxyCase(SynchronousTestCase):
    """With a peer."""

    def connect(self, kind: type[P], peer: Peer) -> P:
        """A proxy of it, and forget how it was made."""
        self.caller = PeerCaller([kind.portType], peer)
        proxy = finished(kind.connect("http://peer:8490", self.caller))
        peer.calls.clear()
        return proxy

    def failed(self, error: type[GMAError], work: Coroutine[Any, Any, object]) -> GMAError:
        """What it must raise."""
        found: GMAError = self.assertRaises(error, finished, work)
        return found


class ConnectTests(ProxyCase):
    """ComponentProxy.connect and the features."""

    def test_paths(self) -> None:
        """A URL without a path is where servers of the role are; one with a path stays."""
        for kind, portType, role, path in (
            (ProducerProxy, PRODUCER, GMARole.PRODUCER, "/services/producer"),
            (ConsumerProxy, CONSUMER, GMARole.CONSUMER, "/services/consumer"),
            (RegistryProxy, DIRECTORY, GMARole.REGISTRY, "/services/directory"),
        ):
            caller = PeerCaller([portType], Peer(role))
            for url, handle in (
                ("http://h:1", f"http://h:1{path}"),
                ("http://h:1/", f"http://h:1{path}"),
                ("http://h:1/other", "http://h:1/other"),
            ):
                proxy = finished(kind.connect(url, caller, 7.0))
                self.assertEqual(proxy.handle.url, handle)
            self.assertEqual({timeout for _, _, timeout in caller.calls}, {7.0})

    def test_once(self) -> None:
        """The features are asked when it is made, and kept."""
        peer = Peer()
        proxy = finished(ProducerProxy.connect("http://peer", PeerCaller([PRODUCER], peer)))
        self.assertEqual(peer.names, ["getFeatures"])
        self.assertEqual((proxy.instanceId, proxy.features.startTime), ("one", NOW))
        self.assertTrue(proxy.supports("subscribe"))
        self.assertFalse(proxy.supports("pause"))
        finished(proxy.query("a"))
        self.assertEqual(peer.names, ["getFeatures", "query"])
        self.assertEqual(finished(_awaited(proxy.ping())), NOW)

    def test_dead(self) -> None:
        """Nobody there: the error says so when the proxy is made."""
        caller = CannedCaller(PeerUnreachable("http://h/ cannot be reached: refused"))
        error = self.failed(PeerUnreachable, ProducerProxy.connect("http://h", caller))
        self.assertIn("http://h/ cannot be reached", error.message)

    def test_another(self) -> None:
        """A server of another role, a page and a service of another kind are told apart from a producer."""
        caller = PeerCaller([PRODUCER], Peer(GMARole.CONSUMER))
        error = self.failed(PeerFault, ProducerProxy.connect("http://h", caller))
        self.assertEqual(
            error.message, "http://h/services/producer is no producer; it says it is: consumer"
        )
        page = CannedCaller(Reply(404, b"<html/>"))
        error = self.failed(PeerFault, ProducerProxy.connect("http://h", page))
        self.assertIn("HTTP status 404", error.message)
        peer = Peer(results={"getFeatures": NotImplementedException("no getFeatures here")})
        other = PeerCaller([PRODUCER], peer)
        error = self.failed(PeerFault, ProducerProxy.connect("http://h/index", other))
        self.assertIn("http://h/index is no producer: ", error.message)

    def test_url(self) -> None:
        """What cannot be called is refused here."""
        for url in ("x-netlog://h:1", "h:8490", "http://h/#x", ""):
            self.failed(ParameterError, ProducerProxy.connect(url, CannedCaller(Reply(200, b""))))

    def test_refused(self) -> None:
        """What it does not implement is refused without a message; the call after that asks again."""
        peer = Peer()
        proxy = self.connect(ProducerProxy, peer)
        error = self.failed(NotImplementedException, proxy.pause(1))
        self.assertEqual(
            error.message, "http://peer:8490/services/producer does not implement pause"
        )
        self.assertEqual(peer.names, [])
        peer.features = ("pause",)
        self.assertEqual(finished(proxy.pause(1)), 400.0)
        self.assertEqual(peer.names, ["getFeatures", "pause"])

    def test_fault(self) -> None:
        """A NotImplementedException of the server drops what is known."""
        peer = Peer()
        proxy = self.connect(ProducerProxy, peer)
        peer.features = ("subscribe",)
        self.failed(NotImplementedException, proxy.query("a"))
        self.failed(NotImplementedException, proxy.query("a"))
        self.assertEqual(peer.names, ["query", "getFeatures"])
        self.assertEqual(proxy.restarts, 0)

    def test_restarted(self) -> None:
        """After an id that is not known, or no answer, another instance is noticed by the next call."""
        peer = Peer(results={"unsubscribe": BAD})
        proxy = self.connect(ProducerProxy, peer)
        peer.instance = "two"
        error = self.failed(ParameterError, proxy.unsubscribe(77))
        self.assertEqual((error.message, error.details), ("Bad id 77", {"id": "77"}))
        self.assertEqual((proxy.instanceId, proxy.restarts), ("one", 0))
        finished(proxy.query("a"))
        self.assertEqual((proxy.instanceId, proxy.restarts), ("two", 1))
        self.assertEqual(peer.names, ["unsubscribe", "getFeatures", "query"])

    def test_refresh(self) -> None:
        """It tells whether another instance is there; one of another role is no proxy's any more."""
        peer = Peer()
        proxy = self.connect(ProducerProxy, peer)
        self.assertFalse(finished(proxy.refresh()))
        peer.instance = "two"
        self.assertTrue(finished(proxy.refresh()))
        self.assertEqual(finished(proxy.getFeatures()).instanceId, "two")
        peer.role = GMARole.CONSUMER
        self.failed(PeerFault, proxy.refresh())

    def test_errors(self) -> None:
        """What the server raises is raised here; a busy one is not asked more."""
        peer = Peer()
        proxy = self.connect(ProducerProxy, peer)
        for raised, caught in (
            (Refused("not there"), Refused),
            (Busy("full"), Busy),
            (Throttled("too much", 3), Throttled),
        ):
            peer.results["query"] = raised
            error = self.failed(caught, proxy.query("a"))
            self.assertEqual(error.message, raised.message)
        self.assertEqual(peer.names, ["query"] * 3)

    def test_peerBusy(self) -> None:
        """Neither is one that has no time to say so itself."""

        class Overloaded(PeerCaller):
            """Answers calls as a Gate under load does."""

            isLoaded = False

            def call(self, *args: Any) -> Any:
                """See L{PeerCaller.call}."""
                answer = super().call(*args)
                return CannedCaller(Reply(503, b"")).call(*args) if self.isLoaded else answer

        peer = Peer()
        caller = Overloaded([PRODUCER], peer)
        proxy = finished(ProducerProxy.connect("http://peer", caller))
        caller.isLoaded = True
        self.failed(PeerBusy, proxy.query("a"))
        caller.isLoaded = False
        peer.calls.clear()
        finished(proxy.query("a"))
        self.assertEqual(peer.names, ["query"])


class ProducerTests(ProxyCase):
    """ProducerProxy."""

    def setUp(self) -> None:
        """A producer that can do everything."""
        self.peer = Peer(features=(*_SIDE, "modify", "pause", "resume", "estimate"))
        self.proxy = self.connect(ProducerProxy, self.peer)

    def test_estimate(self) -> None:
        """A dry run says what a subscription would, and its answer comes as it is."""
        self.assertEqual(finished(self.proxy.estimate("a")), ESTIMATE)
        finished(self.proxy.estimate("a", "b > 1", "bp", 2.5))
        comparison = EventFilter(FilterLanguage.COMPARISON, "b > 1")
        (one, first), (another, second) = self.peer.calls
        self.assertEqual((one, another, set(first)), ("estimate", "estimate", {"template"}))
        self.assertEqual(
            {key: second[key] for key in second if key != "template"},
            {"filter": comparison, "encoding": "bp", "rateLimit": 2.5},
        )

    def test_noEstimate(self) -> None:
        """One that has no dry run is not asked."""
        peer = Peer(features=_SIDE)
        proxy = self.connect(ProducerProxy, peer)
        self.failed(NotImplementedException, proxy.estimate("a"))
        self.assertNotIn("estimate", peer.names)

    def test_query(self) -> None:
        """A template and nothing else asks for the latest; the rest passes through."""
        template = Event("host.*", NOW)
        template.add(EventField("load", units="percent"))
        answer = finished(self.proxy.query(template))
        self.assertEqual(answer.events, [Event("a", NOW)])
        strict = EventFilter(FilterLanguage.XPATH, "field")
        finished(self.proxy.query(template, "load > 3", QueryMode.HISTORY, 60.0, 10, "c"))
        finished(self.proxy.query(template, strict, "history"))
        self.assertEqual(
            [arguments for _, arguments in self.peer.calls],
            [
                {"template": template, "mode": "latest"},
                {
                    "template": template,
                    "filter": EventFilter(FilterLanguage.COMPARISON, "load > 3"),
                    "mode": "history",
                    "interval": 60.0,
                    "maxEvents": 10,
                    "cursor": "c",
                },
                {"template": template, "filter": strict, "mode": "history"},
            ],
        )

    def test_names(self) -> None:
        """A name is a template; what is neither is refused here."""
        finished(self.proxy.query("host.*"))
        self.assertEqual(self.peer.calls[0][1]["template"].name, "host.*")
        wrong: Any = 7
        self.failed(ParameterError, self.proxy.query(wrong))
        self.failed(ParameterError, self.proxy.query("a", wrong))
        self.assertEqual(self.peer.names, ["query"])

    def test_subscribe(self) -> None:
        """The caller's id is a new number below 2**53; both ids are answered, and more by begin."""
        pairs = [finished(self.proxy.subscribe("a", "http://c/")) for _ in range(20)]
        self.assertEqual({producerId for _, producerId in pairs}, {77})
        own = [callerId for callerId, _ in pairs]
        self.assertEqual(len(set(own)), 20)
        self.assertTrue(all(0 < one < 2**53 for one in own))
        self.assertGreater(max(own), 2**40)
        self.assertEqual([arguments["callerId"] for _, arguments in self.peer.calls], own)
        grant = finished(
            self.proxy.begin("a", "http://c/", "b > 1", "xml", 60.0, 30.0, 2.5, callerId=4)
        )
        self.assertEqual(grant, (4, 77, 600.0, 5))
        arguments = dict(self.peer.calls[-1][1])
        del arguments["template"]
        self.assertEqual(
            arguments,
            {
                "filter": EventFilter(FilterLanguage.COMPARISON, "b > 1"),
                "dataUrl": "http://c/",
                "encoding": "xml",
                "callerId": 4,
                "lease": 60.0,
                "lookBack": 30.0,
                "rateLimit": 2.5,
            },
        )

    def test_side(self) -> None:
        """What is done with a subscription goes by the producer's id."""
        self.assertEqual(finished(self.proxy.renew(77)), 600.0)
        self.assertEqual(finished(self.proxy.renew(77, 60.0)), 600.0)
        self.assertEqual(finished(self.proxy.modify(77, "b > 1", 2.0, 60.0)), 500.0)
        self.assertEqual(finished(self.proxy.pause(77)), 400.0)
        self.assertEqual(finished(self.proxy.resume(77)), 300.0)
        self.assertEqual(finished(self.proxy.unsubscribe(77)), 77)
        comparison = EventFilter(FilterLanguage.COMPARISON, "b > 1")
        self.assertEqual(
            self.peer.calls,
            [
                ("renew", {"producerId": 77}),
                ("renew", {"producerId": 77, "lease": 60.0}),
                (
                    "modify",
                    {"producerId": 77, "filter": comparison, "rateLimit": 2.0, "lease": 60.0},
                ),
                ("pause", {"producerId": 77}),
                ("resume", {"producerId": 77}),
                ("unsubscribe", {"producerId": 77}),
            ],
        )


class ConsumerTests(ProxyCase):
    """ConsumerProxy."""

    def setUp(self) -> None:
        """A consumer that can do everything."""
        self.peer = Peer(GMARole.CONSUMER, (*_SIDE, "notify"))
        self.proxy = self.connect(ConsumerProxy, self.peer)

    def test_notify(self) -> None:
        """One event or several are brought; none at all is refused here."""
        one, other = Event("a", NOW), Event("b", NOW)
        self.assertEqual(finished(self.proxy.notify(one)), 1)
        self.assertEqual(finished(self.proxy.notify(iter((one, other)), 4, 9, 2)), 2)
        self.assertEqual(
            self.peer.calls,
            [
                ("notify", {"event": [one]}),
                ("notify", {"event": [one, other], "callerId": 4, "sequence": 9, "missed": 2}),
            ],
        )
        self.failed(ParameterError, self.proxy.notify([]))

    def test_subscribe(self) -> None:
        """It tells where the data goes."""
        self.peer.results["subscribe"] = (8, "http://c/", "xml", 60.0)
        found = finished(self.proxy.subscribe("a", lease=30.0))
        self.assertEqual(
            (found.consumerId, found.dataUrl, found.encoding, found.lease),
            (8, "http://c/", "xml", 60.0),
        )
        self.assertEqual(self.peer.calls[0][1]["callerId"], found.callerId)
        self.assertEqual(self.peer.calls[0][1]["lease"], 30.0)
        self.assertEqual(finished(self.proxy.renew(8)), 600.0)
        self.assertEqual(finished(self.proxy.unsubscribe(8)), 8)

    def test_query(self) -> None:
        """It tells what is wanted, and under which number."""
        wanted = [Event("a.*", NOW)]
        self.peer.results["query"] = wanted
        self.assertEqual(finished(self.proxy.query("a", 4, "http://p/")), (4, wanted))
        self.assertEqual(self.peer.calls[0][1]["producer"], "http://p/")
        own, _ = finished(self.proxy.query("a"))
        self.assertEqual(self.peer.calls[1][1]["callerId"], own)


class RegistryTests(ProxyCase):
    """RegistryProxy."""

    def setUp(self) -> None:
        """A directory."""
        more = ("add", "update", "remove", "renew", "renewMany", "search", "watch", "unwatch")
        self.peer = Peer(GMARole.REGISTRY, more)
        self.proxy = self.connect(RegistryProxy, self.peer)

    def test_entries(self) -> None:
        """Entries come, change, are renewed and go."""
        entry = GMAEntry(GMARole.PRODUCER, "http://p/", [Event("a", NOW)], [("vo", "x")])
        added = finished(self.proxy.add(entry, 60.0))
        self.assertEqual((added.entryId, added.lease), ("e1", 300.0))
        self.assertEqual(added.matches[0].role, GMARole.CONSUMER)
        self.assertEqual(finished(self.proxy.update("e1", entry)), ("e1", 200.0, []))
        self.peer.results["renew"] = 100.0
        self.assertEqual(finished(self.proxy.renew("e1")), 100.0)
        self.assertEqual(finished(self.proxy.renewMany(["e1", "e2"])), {"e1": 300.0, "e2": None})
        finished(self.proxy.remove("e1"))
        self.assertEqual(self.peer.names, ["add", "update", "renew", "renewMany", "remove"])
        sent = self.peer.calls[0][1]["entry"]
        self.assertEqual(
            (sent.role, sent.endpoint, list(sent.attributes), list(sent.eventTypes)),
            (entry.role, "http://p/", [("vo", "x")], [Event("a", NOW)]),
        )

    def test_search(self) -> None:
        """Everything that must hold may be left out; attributes are a mapping or pairs."""
        page = finished(self.proxy.search())
        self.assertEqual((page.entries[0].endpoint, page.cursor), ("http://p/x", "more"))
        finished(
            self.proxy.search(GMARole.PRODUCER, Event("a", NOW), "//x", {"vo": "x*"}, 5, "more")
        )
        finished(self.proxy.search("consumer", attributes=[("a", "1"), ("a", "2")]))
        self.assertEqual(
            [arguments for _, arguments in self.peer.calls],
            [
                {},
                {
                    "role": "producer",
                    "template": Event("a", NOW),
                    "xpath": "//x",
                    "attribute": [("vo", "x*")],
                    "limit": 5,
                    "cursor": "more",
                },
                {"role": "consumer", "attribute": [("a", "1"), ("a", "2")]},
            ],
        )
        wrong: Any = ["vo"]
        self.failed(ParameterError, self.proxy.search(attributes=wrong))

    def test_watch(self) -> None:
        """A watch has two ids as a subscription has."""
        own, watchId, lease = finished(self.proxy.watch("http://c/", "producer", lease=60.0))
        self.assertEqual((watchId, lease), (9, 300.0))
        self.assertEqual(
            self.peer.calls[0][1],
            {"consumer": "http://c/", "role": "producer", "callerId": own, "lease": 60.0},
        )
        self.assertEqual(finished(self.proxy.unwatch(9)), 9)
