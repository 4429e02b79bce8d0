"""Whole nodes with an own store, own query languages and own services; in memory on a virtual clock."""

from typing import Any

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client import findByName
from gma_twisted.errors import (
    Busy,
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    GMAError,
    ServiceError,
    ServiceNotDestroyed,
    TooLarge,
    UnknownId,
)
from gma_twisted.interfaces import IQueryLanguage
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import Handle, Locator, NameSelector, QName, Topic
from gma_twisted.nodes import INDEX
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    HANDLE_RESOLVER,
    NOTIFICATION_SOURCE,
    REGISTRATION,
)
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression
from gma_twisted.stores import MemoryStore
from gma_twisted.testing import QueryLanguageContract
from gma_twisted.testing.clockstand import ClockStand
from tests.nodes.languages import COUNT, COUNT_EXPRESSION, Counting, Engine, Misbehaving
from tests.nodes.memorynode import MemoryNode
from tests.nodes.misbehaving import BadService, BadStore
from tests.nodes.notifyings import Ear
from tests.nodes.plainstore import PlainStore
from tests.nodes.skeletons import GREETING, MOOD, Greeter
from tests.nodes.test_registrations import REGISTRY_URL, GridCase

BASE = "http://127.0.0.1:8480"
INDEX_URL = f"{BASE}/services/index"
HI_URL = f"{BASE}/services/hi"
CONTAINER_URL = f"{BASE}/services/container"
QUIET = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"
GOOD = QName("urn:example", "Good")
STORE = "[store]\nclass = 'tests.nodes.plainstore:PlainStore'\n"
QUERY = "[query.count]\nclass = 'tests.nodes.languages:Counting'\n"
BAD = "[query.bad]\nclass = 'tests.nodes.languages:Misbehaving'\n"
ENGINE = "[query.engine]\nclass = 'tests.nodes.languages:Engine'\n"
BADLY = (
    "[services.bad]\nclass = 'tests.nodes.misbehaving:BadService'\narguments = {{ {} = '{}' }}\n"
)
BADLY_NAMED = "[services.bad] tests.nodes.misbehaving:BadService"
BAD_STORE = "[store]\nclass = 'tests.nodes.misbehaving:BadStore'\narguments = {{ how = '{}' }}\n"
BAD_STORE_NAMED = "[store] tests.nodes.misbehaving:BadStore"
HI = "[services.hi]\nclass = 'tests.nodes.skeletons:Greeter'\narguments = {{ word = '{}' }}\n"


class CountingTests(QueryLanguageContract, ClockStand, SynchronousTestCase):
    """The language the tests stand on."""

    def makeLanguage(self) -> IQueryLanguage:
        """See L{QueryLanguageContract}."""
        return Counting(MemoryStore(self.clock), self.clock, 100)

    def goodExpressions(self) -> list[bytes]:
        """See L{QueryLanguageContract}."""
        return [COUNT_EXPRESSION]

    def badExpressions(self) -> list[bytes]:
        """See L{QueryLanguageContract}."""
        return [b'<count xmlns="urn:example:count"/>']


class OwnCase(GridCase):
    """An index."""

    def setUp(self) -> None:
        """Nothing has happened."""
        super().setUp()
        for one in (PlainStore.made, Counting.read_, Engine.lived, Greeter.begun, Greeter.ended):
            one.clear()
            self.addCleanup(one.clear)
        BadService.ended.clear()

    def index(self, *sections: str, **more: Any) -> MemoryNode:
        """It serves."""
        return self.start(QUIET + "".join(sections), kind=INDEX, **more)

    def find(self, url: str, *names: QName) -> list[str | None]:
        """Texts of values."""
        found = self.result(findByName(self.proxy(url, GRID_SERVICE), *names)).values
        return [XMLGate().parse(one.head + one.tail).text for one in found]

    def ask(self, expression: bytes, url: str = INDEX_URL) -> Any:
        """The root of what an expression is answered with."""
        return self.result(self.asking(expression, url)).read(lambda root: root)

    def asking(self, expression: bytes, url: str = INDEX_URL) -> Any:
        """The call."""
        return self.proxy(url, GRID_SERVICE).findServiceData(expression)

    def fails(self, *sections: str) -> str:
        """Why a node with these sections does not start; it ends all the same."""
        node = MemoryNode(
            QUIET + "".join(sections),
            self.path / "state",
            INDEX,
            self.network,
            reactor=self.reactor,
        )
        try:
            node.service.startService()
        except GMAError as error:
            why = error.message
        else:
            self.reactor.pump([0.5] * 40)
            (why,) = node.halted
        stopping = node.service.stopService()
        self.reactor.pump([0.5] * 30)
        self.successResultOf(stopping)
        return why


class OwnStoreTests(OwnCase):
    """C{[store] class}."""

    def test_serves(self) -> None:
        """Everything the main service has is in it: of providers, standard and registered; and it is counted."""
        node = self.index(STORE)
        store = PlainStore.made[-1]
        self.assertTrue(store.isRunning)
        self.assertEqual(self.find(INDEX_URL, GOOD), [None])
        self.assertIn(GOOD, store.names())
        entry, _ = self.result(
            self.proxy(INDEX_URL, REGISTRATION).registerService(Handle("http://a/services/b"))
        )
        (value,) = self.result(
            findByName(self.proxy(INDEX_URL, GRID_SERVICE), ogsi("entry"))
        ).values
        self.assertEqual(value.key, entry.url.rpartition("/")[2])
        self.assertGreater(self.status(node)["elements"], len(store))
        self.stop(node)
        self.assertFalse(store.isRunning)

    def test_notices(self) -> None:
        """Subscribers hear what is committed to it."""
        self.index(STORE)
        ear = Ear()
        sink = ear.listen(self.network, "me")
        topic = writeSubscribeExpression(
            SubscribeExpression(Topic((NameSelector(ogsi("entry")),), True))
        )
        source = self.proxy(INDEX_URL, NOTIFICATION_SOURCE)
        self.result(source.subscribe(topic, Locator((sink,)), self.clock.wallTime() + 60))
        self.reactor.pump([0.1] * 30)
        ear.heard.clear()
        registry = self.proxy(INDEX_URL, REGISTRATION)
        self.result(registry.registerService(Handle("http://a/services/b")))
        self.reactor.pump([0.1] * 20)
        self.assertEqual([len(notice.put) for _, notice in ear.heard], [1])

    def test_newLife(self) -> None:
        """A node that is started again has another object."""
        self.stop(self.index(STORE))
        first = PlainStore.made[-1]
        self.index(STORE)
        self.assertIsNot(PlainStore.made[-1], first)

    def test_registrationsStay(self) -> None:
        """Registrations are kept as engine says, whatever keeps the service data."""
        node = self.index(STORE)
        registry = self.proxy(INDEX_URL, REGISTRATION)
        self.result(registry.registerService(Handle("http://a/services/b"), lifetime=600.0))
        self.stop(node)
        self.index(STORE)
        self.reactor.pump([0.1] * 5)
        found = self.result(findByName(self.proxy(INDEX_URL, GRID_SERVICE), ogsi("entry")))
        self.assertEqual(len(found.values), 1)

    def test_late(self) -> None:
        """A store may take its time: until it is loaded the service says that it is starting, then it serves."""
        node = self.index("[store]\nclass = 'tests.nodes.plainstore:LateStore'\n")
        self.assertIn("/services/index", node.service.control.ready())
        self.refused(findByName(self.proxy(INDEX_URL, GRID_SERVICE), GOOD), Busy)
        self.reactor.pump([0.1] * 60)
        self.assertEqual(node.service.control.ready(), "")
        self.assertEqual(self.find(INDEX_URL, GOOD), [None])

    def test_doesNotStart(self) -> None:
        """A store that cannot start ends the node with a line that names it."""
        why = self.fails("[store]\nclass = 'tests.nodes.plainstore:BrokenStore'\n")
        self.assertEqual(
            why,
            "[store] tests.nodes.plainstore:BrokenStore does not start: OSError: no disk",
        )

    def test_refusesValues(self) -> None:
        """A store that does not take the first values ends the node with a line that names it, whatever it does."""
        for how, said in (
            ("value", "ValueError: no\\ngood"),
            ("exit", "SystemExit: no\\ngood"),
            ("interrupt", "KeyboardInterrupt: no\\ngood"),
            ("none", "TypeError: object NoneType can't be used in 'await' expression"),
            ("uncountable", "ValueError: who knows"),
        ):
            why = self.fails(BAD_STORE.format(how))
            self.assertEqual(why, f"{BAD_STORE_NAMED} does not start: {said}")

    def test_uncountable(self) -> None:
        """One that cannot be counted leaves the pages the rest; the log has it once."""
        node = self.index(BAD_STORE.format("good"))
        BadStore.turn("uncountable")
        for page in ("/", "/metrics", "/api/v1/status", "/api/v1/status"):
            answer = node.connect().ask(f"GET {page} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer[:300])
        self.assertGreater(self.status(node)["elements"], 0)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_waitedFor(self) -> None:
        """Of one that is not loaded after ten seconds the log says that it is waited for."""
        with capturedLogs() as events:
            node = self.index(BAD_STORE.format("late"))
            self.reactor.pump([0.5] * 19)
            self.assertNotIn("waits for it", " ".join(map(formatEvent, events)))
            self.reactor.pump([0.5] * 15)
        said = f"{BAD_STORE_NAMED} has not started after 10 s; the node waits for it"
        self.assertEqual([formatEvent(one) for one in events].count(said), 1)
        self.assertEqual(node.service.control.ready(), "")

    def test_stoppedWhileLoading(self) -> None:
        """A node may be stopped while it waits for one, and that is no failure of its."""
        node = self.index(BAD_STORE.format("never"))
        with capturedLogs() as events:
            self.stop(node)
        self.assertEqual(node.halted, [])
        self.assertIn(f"{BAD_STORE_NAMED}: its start was cancelled", map(formatEvent, events))

    def test_reload(self) -> None:
        """Another store waits for the next start."""
        node = self.index(STORE)
        node.configuration += "arguments = { label = 'b' }\n" + QUERY + HI.format("hi")
        node.configuration += f"[register.vo]\nat = '{REGISTRY_URL}'\nservices = '/services/hi'\n"
        done = self.result(node.service.control.reload())
        self.assertEqual(done["later"], ["store.arguments", "query.count", "services.hi"])
        self.assertEqual([*done["failed"], *done["mistakes"]], [])
        self.assertEqual(PlainStore.made[-1].label, "b")
        self.assertFalse(PlainStore.made[-1].isRunning)


class OwnLanguageTests(OwnCase):
    """C{[query.NAME]}."""

    def test_answers(self) -> None:
        """It answers of the service's own store, beside names, and is advertised."""
        self.index(QUERY)
        root = self.ask(COUNT_EXPRESSION)
        self.assertEqual((root.tag, root.text), (COUNT.clark, "1"))
        self.assertEqual(root.get("most"), str(64 * 2**20))
        self.assertEqual(self.find(INDEX_URL, GOOD), [None])
        index = self.proxy(INDEX_URL, GRID_SERVICE)
        values = self.result(findByName(index, ogsi("findServiceDataExtensibility"))).values
        self.assertIn(COUNT.clark, [value.key for value in values])

    def test_callers(self) -> None:
        """One that wants to know who asks is told; what goes wrong there is told as of every other."""
        self.index(
            "[query.asked]\nclass = 'tests.nodes.languages:Asked'\n[limits]\nmax_answer = '1000B'\n"
        )
        root = self.ask(b'<c:asked xmlns:c="urn:example:count"/>')
        self.assertTrue(root.get("by").startswith("anonymous@"), root.get("by"))
        for how, kind in (("large", TooLarge), ("exit", ServiceError), ("text", ServiceError)):
            expression = f'<c:asked xmlns:c="urn:example:count" how="{how}"/>'
            self.refused(self.asking(expression.encode()), kind)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError, TypeError)), 2)

    def test_readOnce(self) -> None:
        """What comes again to the byte is read once, and answered anew."""
        self.index(QUERY)
        for _ in range(5):
            self.ask(COUNT_EXPRESSION)
        self.assertLessEqual(len(Counting.read_), 2)
        self.reactor.advance(120.0)

    def test_refused(self) -> None:
        """Malformed expressions are the language's to refuse; what nobody reads is told with what is read."""
        self.index(QUERY)
        why = self.refused(
            self.asking(b'<count xmlns="urn:example:count"/>'), ExtensibilityTypeError
        )
        self.assertIn("count needs namespace", why)
        why = self.refused(self.asking(b"<sql/>"), ExtensibilityNotSupported)
        self.assertIn(COUNT.clark, why)

    def test_fails(self) -> None:
        """What it raises is a fault without the reason, and the log has it; so is an answer that is none."""
        self.index(BAD)
        for how, kind, said in (
            ("read", LookupError, "secret"),
            ("raise", LookupError, "secret"),
            (
                "text",
                TypeError,
                "[query.bad] tests.nodes.languages:Misbehaving answers str, not bytes",
            ),
            ("exit", RuntimeError, "Misbehaving raises SystemExit: 5"),
            ("readExit", RuntimeError, "Misbehaving raises SystemExit: 5"),
            ("&lt;/x>", ValueError, "Misbehaving answers no element: it is not one well-formed"),
            ("&lt;x/>&lt;y/>", ValueError, "Misbehaving answers no element"),
            ("&lt;x/>&lt;/r>&lt;r>", ValueError, "Misbehaving answers no element"),
            ("&lt;zz:x/>", ValueError, "unbound prefix"),
        ):
            asked = f'<misbehave xmlns="urn:example:count" how="{how}"/>'.encode()
            why = self.refused(self.asking(asked), GMAError)
            self.assertNotIn("secret", why)
            (logged,) = self.flushLoggedErrors(kind)
            self.assertIn(said, str(logged.value))

    def test_declared(self) -> None:
        """An answer may use the prefixes that the envelope declares."""
        self.index(BAD)
        root = self.ask(b'<misbehave xmlns="urn:example:count" how="&lt;ogsi:x gma:a=\'\'/>"/>')
        self.assertEqual(root.tag, ogsi("x").clark)

    def test_tooLarge(self) -> None:
        """An answer past max_answer is refused."""
        self.index(BAD, "[limits]\nmax_answer = '1KiB'\n")
        asked = b'<misbehave xmlns="urn:example:count" how="large"/>'
        self.assertIn("max_answer, 1024", self.refused(self.asking(asked), TooLarge))

    def test_tooLong(self) -> None:
        """An answer that does not come is given up, and the language hears of it."""
        self.index(BAD, "[limits]\nanswer_timeout = '2s'\n")
        Misbehaving.cancelled.clear()
        asked = b'<misbehave xmlns="urn:example:count" how="hang"/>'
        why = self.refused(self.asking(asked), ServiceError)
        self.assertIn("did not end within 2 s", why)
        self.assertEqual(len(Misbehaving.cancelled), 1)

    def test_services(self) -> None:
        """Own services have it too, over their own stores; the container has not."""
        self.index(QUERY, HI.format("hi"))
        asked = b'<count xmlns="urn:example:count" namespace="urn:example:greeting"/>'
        self.assertEqual(self.ask(asked, HI_URL).text, "1")
        self.assertEqual(self.ask(asked).text, "0")
        self.refused(self.asking(asked, CONTAINER_URL), ExtensibilityNotSupported)

    def test_engine(self) -> None:
        """A language with a life begins when the store is there, and ends with the service."""
        node = self.index(ENGINE)
        self.assertEqual(Engine.lived, ["start"])
        self.stop(node)
        self.assertEqual(Engine.lived, ["start", "stop"])

    def test_engineDoesNotStart(self) -> None:
        """One that cannot begin, or takes too long, ends the node with a line that names it."""
        for how, said in (
            ("busy", "not today"),
            ("raise", "ValueError: no\\nworker"),
            ("hang", "its start did not end within 10 s"),
        ):
            Engine.lived.clear()
            why = self.fails(ENGINE, f"arguments = {{ how = '{how}' }}\n")
            self.assertEqual(
                why, f"[query.engine] tests.nodes.languages:Engine does not start: {said}"
            )
            self.assertEqual(Engine.lived, ["start", "stop"])

    def test_stoppedWhileStarting(self) -> None:
        """A node that is stopped before its language has begun ends well: nothing is wrong with the language."""
        node = self.index(ENGINE, "arguments = { how = 'hang' }\n")
        self.assertEqual(node.service.control.ready()[:9], "starting:")
        self.stop(node)
        self.assertEqual((node.halted, Engine.lived), ([], ["start", "stop"]))


class OwnServiceTests(OwnCase):
    """C{[services.NAME]}."""

    def test_serves(self) -> None:
        """It is there when the node is, told of where it lives, and ends with it."""
        node = self.index(HI.format("hi"))
        (place,) = Greeter.begun
        self.assertEqual((place.handle.url, place.name), (HI_URL, "hi"))
        greeter = self.proxy(HI_URL, GREETING)
        self.assertEqual(self.result(greeter.greet("you")), "hi you")
        self.assertEqual(self.find(HI_URL, MOOD), ["good"])
        self.refused(self.proxy(HI_URL, GRID_SERVICE).destroy(), ServiceNotDestroyed)
        self.stop(node)
        self.assertEqual(Greeter.ended, ["hi"])

    def test_listed(self) -> None:
        """It is among the services of the status page, has a WSDL, is in the container, and can be resolved."""
        node = self.index(HI.format("hi"))
        paths = [one["path"] for one in self.status(node)["services"]]
        self.assertEqual(paths, ["/services/index", "/services/hi", "/services/container"])
        wsdl = node.connect().ask(b"GET /services/hi?wsdl HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(b'location="http://127.0.0.1:8480/services/hi"', wsdl)
        self.assertIn(b'"greet"', wsdl)
        page = node.connect().ask(b"GET /services HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(b"/services/hi", page)
        container = self.proxy(CONTAINER_URL, GRID_SERVICE)
        found = self.result(findByName(container, ogsi("entry"))).values
        self.assertEqual(sorted(one.key for one in found), ["container", "hi", "index"])
        resolver = self.proxy(CONTAINER_URL, HANDLE_RESOLVER)
        locator = self.result(resolver.findByHandle(Locator((Handle(HI_URL),))))
        self.assertIn(GREETING.name, locator.interfaces)

    def test_notices(self) -> None:
        """It is a NotificationSource, whose subscriptions are kept over a restart and can be resolved."""
        ear = Ear()
        sink = ear.listen(self.network, "me")
        node = self.index(HI.format("hi"))
        topic = writeSubscribeExpression(
            SubscribeExpression(Topic((NameSelector(MOOD),), True), wantsSnapshot=True)
        )
        source = self.proxy(HI_URL, NOTIFICATION_SOURCE)
        locator, _ = self.result(
            source.subscribe(topic, Locator((sink,)), self.clock.wallTime() + 600)
        )
        resolver = self.proxy(CONTAINER_URL, HANDLE_RESOLVER)
        self.assertEqual(self.result(resolver.findByHandle(locator)).handles, locator.handles)
        self.reactor.pump([0.1] * 30)
        self.assertEqual(ear.heard[-1][1].put[0].name, MOOD)
        self.assertEqual(self.status(node)["subscriptions"], 1)
        self.stop(node)
        ear.heard.clear()
        self.index(HI.format("hi"))
        self.reactor.pump([0.1] * 30)
        self.assertEqual(ear.heard[-1][1].put[0].name, MOOD)

    def test_clientsSet(self) -> None:
        """What its class declares as modifiable, clients set; it is kept when service data is."""
        sections = (
            "[store]\nkeep_service_data = true\n[services.registrations]\nclass = 'ServiceDataHolder'\n"
            "arguments = { serviceDataName = ['{urn:a}x'] }\n"
        )
        url = f"{BASE}/services/registrations"
        node = self.index(sections)
        asked = (
            f'<o:setByServiceDataNames xmlns:o="{ogsi("x").namespace}"><a:x xmlns:a="urn:a">1</a:x>'
            "</o:setByServiceDataNames>"
        ).encode()
        self.result(self.proxy(url, GRID_SERVICE).setServiceData(asked))
        self.stop(node)
        self.index(sections)
        self.assertEqual(self.find(url, QName("urn:a", "x")), ["1"])

    def test_starting(self) -> None:
        """It is not ready before it has begun."""
        node = self.index(HI.format("hi"))
        self.assertEqual(node.service.control.ready(), "")

    def test_doesNotStart(self) -> None:
        """One that cannot begin ends the node with a line that names it."""
        why = self.fails(HI.format("fail"))
        self.assertEqual(
            why, "[services.hi] tests.nodes.skeletons:Greeter does not start: not today"
        )
        self.assertEqual(Greeter.ended, ["fail"])

    def test_cannotStart(self) -> None:
        """Whatever it raises ends the node with a line that names it; it is stopped all the same."""
        for how, said in (
            ("value", "ValueError: no\\ngood"),
            ("exit", "SystemExit: no\\ngood"),
            ("at once exit", "SystemExit: no\\ngood"),
            ("at once interrupt", "KeyboardInterrupt: no\\ngood"),
            ("never", "its start did not end within 10 s"),
            ("stubborn", "its start did not end within 10 s"),
        ):
            BadService.ended.clear()
            with capturedLogs() as events:
                why = self.fails(BADLY.format("start", how))
            self.assertEqual(why, f"{BADLY_NAMED} does not start: {said}")
            self.assertEqual(BadService.ended, [""])
            left = f"{BADLY_NAMED}: its start goes on 5 s after it was cancelled; it is left behind"
            self.assertEqual(left in map(formatEvent, events), how == "stubborn")

    def test_stubbornWhileStarting(self) -> None:
        """One that goes on when the node is stopped while it starts does not keep it from ending."""
        node = self.index(BADLY.format("start", "stubborn"))
        self.stop(node)
        self.assertEqual((node.halted, BadService.ended), ([], [""]))

    def test_cannotStop(self) -> None:
        """One that does not stop well is in the log, and the process ends badly; everything else is stopped."""
        for how, said in (
            ("value", "ValueError: no\\ngood"),
            ("exit", "SystemExit: no\\ngood"),
            ("never", "its stop did not end within 10 s"),
            ("stubborn", "its stop did not end within 10 s"),
        ):
            BadService.ended.clear()
            node = self.index(HI.format("hi"), BADLY.format("stop", how))
            with capturedLogs() as events:
                stopping = node.service.stopService()
                self.reactor.pump([0.1] * 160)
                self.successResultOf(stopping)
            self.running.remove(node)
            line = f"{BADLY_NAMED} does not stop well: {said}"
            self.assertEqual(node.halted, [line])
            logged = [formatEvent(one) for one in events]
            self.assertIn(line, logged)
            self.assertNotIn("index-8480 has stopped", logged)
            self.assertEqual((BadService.ended, Greeter.ended), ([how], ["hi"]))
            Greeter.ended.clear()

    def test_stopsWell(self) -> None:
        """Nothing is asked for of one that does."""
        node = self.index(BADLY.format("stop", ""))
        with capturedLogs() as events:
            self.stop(node)
        self.assertEqual(node.halted, [])
        self.assertIn("index-8480 has stopped", map(formatEvent, events))

    def test_registered(self) -> None:
        """It is registered elsewhere like the others."""
        self.start()
        register = f"[register.vo]\nat = '{REGISTRY_URL}'\nservices = ['/services/hi']\n"
        self.index(HI.format("hi"), register, name="index")
        self.reactor.pump([0.1] * 50)
        (entry,) = self.entries()
        self.assertIn(HI_URL.encode(), entry)

    def test_nobodyElse(self) -> None:
        """Without a section there is none."""
        self.index()
        self.refused(self.proxy(HI_URL, GRID_SERVICE).destroy(), UnknownId)
