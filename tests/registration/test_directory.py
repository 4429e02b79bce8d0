"""Producers and consumers in a directory: what is added, found, told and refused."""

from collections.abc import Awaitable

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    ContentCreationFailed,
    ExtensibilityTypeError,
    ParameterError,
    TooLarge,
    UnsupportedMemberInterface,
)
from gma_twisted.evaluation.xpath import XPathEvaluator
from gma_twisted.interfaces import ICallerQueries
from gma_twisted.interfaces.gma import IDirectory
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import GMAC, GMAP, GMAR, OGSI
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Handle,
    KnownMember,
    Locator,
    NameQuery,
    QName,
)
from gma_twisted.model.access import Whose
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.registration import GrantLimits, MembershipRule
from gma_twisted.registration.directorylimits import DirectoryLimits
from gma_twisted.soap.questions import AskedQuestion
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.registry import RegistryLimits
from gma_twisted.timing import Ready
from tests.registration.directorystand import (
    DirectoryCase,
    Ticking,
    consumer,
    eventType,
    producer,
)
from tests.registration.stand import ANNE, BOB, expression

_PRODUCER = QName(GMAP, "ProducerPortType")
_CONSUMER = QName(GMAC, "ConsumerPortType")


class AddTests(DirectoryCase):
    """Entries that come and are renewed, changed and removed."""

    grants = GrantLimits(5.0, 60.0, 600.0)

    def test_interface(self) -> None:
        """It is a directory."""
        self.assertTrue(verifyObject(IDirectory, self.directory))

    def test_added(self) -> None:
        """An entry has the lease granted, is found as it was added, and goes with its lease."""
        entry = producer("a", eventType("cpu", load=None), attributes=(("site", "x"),))
        id, granted, matches = self.done(self.directory.add(entry, 1.0, ANNE))
        self.assertEqual((granted, list(matches)), (5.0, []))
        self.pass_(1.0)
        (found,) = self.search().entries
        self.assertEqual(
            (found.role, found.endpoint, found.entry), (entry.role, entry.endpoint, id)
        )
        self.assertEqual((list(found.attributes), found.lifetime), ([("site", "x")], 4.0))
        self.assertEqual([one.name for one in found.eventTypes], ["cpu"])
        self.assertEqual(found.eventTypes[0].items, [EventField("load")])
        self.pass_(4.0)
        self.assertEqual(list(self.search().entries), [])
        self.pass_(1.0)
        self.assertEqual(len(self.directory.index), 0)
        self.assertEqual(self.directory.index.terms, 0)

    def test_gone(self) -> None:
        """What is past its time is not found, and told to nobody, before anything has swept it away."""
        self.add(producer("a", eventType()), 10.0)
        self.time.rightNow += 10.0
        self.assertEqual(len(self.directory.index), 1)
        self.assertEqual(self.found(), [])
        self.assertEqual(self.add(consumer("b", eventType()))[1], [])

    def test_oneCatalogue(self) -> None:
        """What is added is an ogsi:entry and a service, as if it had been registered otherwise."""
        id, _ = self.add(producer("a", eventType(), attributes=(("site", "x"),)))
        self.assertEqual(self.shown(), [id])
        row = self.catalogue.find(id)
        self.assertEqual(list(row.interfaces), [_PRODUCER])
        self.assertIn(b'<gmar:entry xmlns:gmar="%b" role="producer">' % GMAR.encode(), row.content)
        self.done(self.catalogue.destroy(id))
        self.assertEqual(self.found(), [])

    def test_registeredOtherwise(self) -> None:
        """Services registered by handle or in OGSI's way are found by the port types they claim."""
        handle = Handle("http://p.example/services/p")
        self.done(
            self.registry.registrar.registerService(
                handle, [_PRODUCER], "p", [("site", "x")], None, None, ANNE
            )
        )
        content = f'<gmar:entry role="consumer"><eventType xmlns="{GMAR}" name="cpu"/></gmar:entry>'
        member = Locator((Handle("http://c.example/services/c"),), (_CONSUMER,))
        self.done(self.registry.group.add(member, expression(content), None, BOB))
        self.done(
            self.registry.registrar.registerService(
                Handle("http://i.example/"),
                [QName(OGSI, "GridService")],
                None,
                [],
                None,
                None,
                ANNE,
            )
        )
        self.assertEqual(self.found(), ["c", "p"])
        self.assertEqual(self.found("producer", site="x"), ["p"])
        self.assertEqual(self.found("consumer", eventType("c*")), ["c"])
        self.assertEqual(
            self.add(producer("n", eventType("cpu")))[1], ["http://c.example/services/c"]
        )

    def test_keepsWhatItSaid(self) -> None:
        """Added after it was registered by handle, it is one entry, with its interfaces and its name."""
        other = QName(OGSI, "GridService")
        handle = Handle("http://a.example/services/p")
        registering = self.registry.registrar.registerService(
            handle, [other, _PRODUCER], "mine", [], None, None, ANNE
        )
        entry, _ = self.done(registering)
        id, _ = self.add(producer("a", eventType()))
        self.assertEqual(self.catalogue.handleOf(id), entry)
        row = self.catalogue.find(id)
        self.assertEqual((row.name, list(row.interfaces)), ("mine", [other, _PRODUCER]))

    def test_again(self) -> None:
        """The same again is renewed and nobody is told of a change; with other contents it is updated."""
        id, _ = self.add(producer("a", eventType()))
        self.pass_(50.0)
        told: list[object] = []
        self.registry.store.observe(lambda changes: told.extend(changes.changes))
        self.assertEqual(self.add(producer("a", eventType()))[0], id)
        self.assertEqual([type(one).__name__ for one in told], ["Renewed"])
        self.pass_(50.0)
        self.assertEqual(self.found("producer", eventType()), ["a"])
        self.assertEqual(self.add(producer("a", eventType("disk")))[0], id)
        self.assertEqual(self.found("producer", eventType()), [])
        self.assertEqual(self.found("producer", eventType("disk")), ["a"])

    def test_twoRoles(self) -> None:
        """One URL that is a producer and a consumer has two entries, each renewed by itself."""
        both = "http://a.example/services/both"
        first, _ = self.add(GMAEntry(GMARole.PRODUCER, both, [eventType("cpu")]))
        second, _ = self.add(GMAEntry(GMARole.CONSUMER, both, [eventType("disk")]))
        self.assertNotEqual(first, second)
        self.assertEqual(self.add(GMAEntry(GMARole.CONSUMER, both, [eventType("net")]))[0], second)
        self.assertEqual([one.entry for one in self.search("producer").entries], [first])
        self.assertEqual(self.found("consumer", eventType("net")), ["a"])
        self.assertEqual(self.found("producer", eventType("cpu")), ["a"])

    def test_owners(self) -> None:
        """Two owners have an entry each of one endpoint; neither can touch the other's."""
        mine, _ = self.add(producer("a"))
        theirs, _ = self.add(producer("a"), caller=BOB)
        self.assertNotEqual(mine, theirs)
        directory = self.directory
        for attempt in (
            directory.remove(theirs, ANNE),
            directory.renew(theirs, None, ANNE),
            directory.update(theirs, producer("a"), None, ANNE),
        ):
            error = self.fails(ParameterError, attempt)
            self.assertEqual(str(error), f"Bad id {theirs}")
        anybody = Caller("root", "192.0.2.3", whose=Whose.ANY)
        self.done(directory.update(theirs, producer("a", eventType()), None, anybody))
        self.assertEqual(self.catalogue.find(theirs).owner, "bob")

    def test_unknown(self) -> None:
        """An id that never was, or is over, is a bad one."""
        id, _ = self.add(producer("a"))
        self.done(self.directory.remove(id, ANNE))
        for one in (id, "nothing"):
            for attempt in (
                self.directory.remove(one, ANNE),
                self.directory.renew(one, None, ANNE),
                self.directory.update(one, producer("a"), None, ANNE),
            ):
                error = self.fails(ParameterError, attempt)
                self.assertEqual(str(error), f"Bad id {one}")
        self.assertEqual(self.found(), [])

    def test_update(self) -> None:
        """An update tells new matches and keeps the id; another endpoint or role is refused."""
        id, _ = self.add(producer("a", eventType("cpu")))
        self.add(consumer("b", eventType("disk")))
        updating = self.directory.update(id, producer("a", eventType("disk")), 30.0, ANNE)
        granted, matches = self.done(updating)
        self.assertEqual(
            (granted, [one.endpoint for one in matches]), (30.0, ["http://b.example/services/c"])
        )
        (found,) = self.search("producer").entries
        self.assertEqual((found.entry, found.lifetime), (id, 30.0))
        for wrong in (producer("b"), attrs.evolve(producer("a"), role=GMARole.CONSUMER)):
            self.fails(ParameterError, self.directory.update(id, wrong, None, ANNE))

    def test_updatesWhichIsMeant(self) -> None:
        """Of several entries of one member the one with the id is updated."""
        self.catalogue.known = KnownMember.ADD
        register = self.registry.registrar.registerService
        handle = Handle(producer("a").endpoint)
        ids = [
            self.catalogue.entryOf(
                self.done(register(handle, [_PRODUCER], None, [], None, None, ANNE))[0]
            )
            for _ in range(2)
        ]
        self.done(self.directory.update(ids[1], producer("a", eventType()), None, ANNE))
        found = {one.entry: len(one.eventTypes) for one in self.search().entries}
        self.assertEqual(found, {ids[0]: 0, ids[1]: 1})

    def test_renewMany(self) -> None:
        """Each is answered for itself."""
        mine, _ = self.add(producer("a"))
        theirs, _ = self.add(producer("b"), caller=BOB)
        renewing = self.directory.renewMany([theirs, mine, "nothing"], 500.0, ANNE)
        self.assertEqual(self.done(renewing), [(theirs, None), (mine, 500.0), ("nothing", None)])
        self.assertEqual(self.done(self.directory.renew(mine, 1000.0, ANNE)), 600.0)

    def test_whatCannotBeAdded(self) -> None:
        """No endpoint, or a template nobody can use, is refused, and nothing is kept of it."""
        wrong = Event("cpu")
        wrong.add(EventField("load", 1.0, units="KB"))
        deep = Event("cpu")
        holder: EventContainer = deep
        for _ in range(13):
            inner = EventContainer("x")
            holder.add(inner)
            holder = inner
        for kind, entry in (
            (ParameterError, GMAEntry(GMARole.PRODUCER, "nowhere")),
            (ParameterError, producer("a", wrong)),
            (TooLarge, producer("a", deep)),
            (TooLarge, producer("a", *[eventType(f"e{number}") for number in range(65)])),
            (TooLarge, producer("a", attributes=[("a", "b")] * 65)),
        ):
            self.fails(kind, self.directory.add(entry, None, ANNE))
        self.assertEqual((self.found(), len(self.directory.index.types)), ([], 0))

    def test_features(self) -> None:
        """It tells what it is and which operations it has."""
        features = self.done(self.directory.getFeatures())
        self.assertEqual(
            (features.instanceId, features.roles, features.maxLease),
            ("instance", ("registry",), 600.0),
        )
        self.assertEqual(
            list(features.features),
            [
                "add",
                "getFeatures",
                "ping",
                "remove",
                "renew",
                "renewMany",
                "search",
                "unwatch",
                "update",
                "watch",
            ],
        )
        self.time.advance(1.5)
        self.assertEqual(self.done(self.directory.ping()), Timestamp.ofSeconds(1_700_000_001.5))


class RuleTests(DirectoryCase):
    """A registry that does not let everybody in."""

    limits = RegistryLimits(perOwner=2)
    rules = (MembershipRule(_PRODUCER, (QName(GMAR, "eventType"),)),)

    def test_rules(self) -> None:
        """The rules of the registry hold, for what is added and what is updated."""
        self.fails(UnsupportedMemberInterface, self.directory.add(consumer("a"), None, ANNE))
        self.fails(ContentCreationFailed, self.directory.add(producer("a"), None, ANNE))
        id, _ = self.add(producer("a", eventType()))
        self.fails(ContentCreationFailed, self.directory.update(id, producer("a"), None, ANNE))

    def test_quota(self) -> None:
        """An owner has no more entries than the registry says."""
        for name in "ab":
            self.add(producer(name, eventType()))
        adding = self.directory.add(producer("c", eventType()), None, ANNE)
        self.assertIn("registry_per_owner", str(self.fails(TooLarge, adding)))
        self.add(producer("a", eventType("disk")))


class MatchTests(DirectoryCase):
    """Who is told to newcomers."""

    directoryLimits = DirectoryLimits(page=3)

    def test_matches(self) -> None:
        """Those of the other role that could have or want the same, in order; fields and globs count."""
        self.add(consumer("exact", eventType("cpu.load")))
        self.add(consumer("glob", eventType("cpu.*")))
        self.add(consumer("other", eventType("disk")))
        self.add(consumer("host", eventType("cpu.load", host="h2")))
        self.add(consumer("mute"))
        self.add(producer("beside", eventType("cpu.load")))
        _, matches = self.add(producer("new", eventType("cpu.load", host="h1"), eventType("net")))
        self.assertEqual(matches, [f"http://{one}.example/services/c" for one in ("exact", "glob")])
        _, matches = self.add(consumer("all", eventType("*")))
        self.assertEqual(matches, [f"http://{one}.example/services/p" for one in ("beside", "new")])
        self.assertEqual(self.add(producer("mute"))[1], [])
        directory = GMAEntry(GMARole.REGISTRY, "http://d.example/", [eventType("*")])
        self.assertEqual(self.add(directory)[1], [])
        self.assertEqual(self.found("registry"), ["d"])

    def test_bounded(self) -> None:
        """As many as a page has are told."""
        for number in range(5):
            self.add(consumer(f"c{number}", eventType()))
        self.assertEqual(len(self.add(producer("p", eventType()))[1]), 3)


class SearchTests(DirectoryCase):
    """What is found."""

    directoryLimits = DirectoryLimits(page=4, pageSize=100_000)

    def test_conditions(self) -> None:
        """All that is asked for must hold."""
        self.add(producer("a", eventType("cpu"), attributes=(("site", "north"), ("tier", "1"))))
        self.add(
            producer("b", eventType("cpu", host="x"), attributes=(("site", "south"), ("tier", "1")))
        )
        self.add(consumer("c", eventType("c*"), attributes=(("site", "north"),)))
        for expected, role, template, attributes in (
            ("ac", None, None, {"site": "north"}),
            ("a", "producer", None, {"site": "north"}),
            ("ab", "producer", None, {"site": "*"}),
            ("b", None, None, {"site": "s?uth"}),
            ("a", None, None, {"site": "north", "tier": "1"}),
            ("abc", None, eventType("cpu"), {}),
            ("ac", None, eventType("cpu", host="y"), {"site": "*"}),
            ("ac", None, eventType("cpu"), {"site": "north"}),
            ("c", None, eventType("clock"), {}),
            ("abc", None, eventType("c*"), {}),
            ("", None, eventType("disk"), {}),
            ("", None, None, {"site": "west"}),
            ("", "registry", None, {}),
            ("", None, None, {"tier": "?", "site": "west*"}),
        ):
            with self.subTest(
                expected=expected, role=role, template=template, attributes=attributes
            ):
                self.assertEqual("".join(self.found(role, template, **attributes)), expected)

    def test_pages(self) -> None:
        """Pages are in order of the endpoint, then the id; each goes on where the one before ended."""
        names = [f"h{number * 7 % 10}" for number in range(10)]
        for name in names:
            self.add(producer(name, eventType()))
            self.add(consumer(name, eventType()))
        found: list[str] = []
        cursor = None
        sizes = []
        while True:
            page = self.search(template=eventType(), limit=7, cursor=cursor)
            found += [one.endpoint for one in page.entries]
            sizes.append(len(page.entries))
            cursor = page.cursor
            if cursor is None:
                break
            # What comes and goes between the pages does not disturb them.
            self.add(producer("a", eventType()))
            self.done(self.directory.remove(page.entries[0].entry, ANNE))
        self.assertEqual(sizes, [4, 4, 4, 4, 4])
        self.assertEqual(
            found,
            sorted(one("h" + str(n)).endpoint for n in range(10) for one in (producer, consumer)),
        )

    def test_size(self) -> None:
        """A page has no more bytes than it may, but always an entry."""
        for name in "abc":
            self.add(producer(name, attributes=[("text", "x" * 30_000)] * 2))
        page = self.search()
        self.assertEqual((len(page.entries), page.cursor is None), (1, False))
        page = self.search(cursor=page.cursor)
        self.assertEqual([one.endpoint for one in page.entries], [producer("b").endpoint])

    def test_wrong(self) -> None:
        """What cannot be asked is refused in one sentence."""
        wrong = eventType()
        wrong.add(EventField("load", 1.0, units="KB"))
        search = self.directory.search
        for attempt in (
            search("boss", None, None, [], None, None, ANNE),
            search(None, wrong, None, [], None, None, ANNE),
            search(None, None, None, [], 0, None, ANNE),
            search(None, None, None, [], None, "nonsense", ANNE),
            search(None, None, None, [], None, "\u00e9", ANNE),
            search(None, None, None, [], None, "x" * 10_000, ANNE),
            search(None, None, "true()", [], None, None, ANNE),
        ):
            self.fails(ParameterError, attempt)
        self.fails(TooLarge, search(None, None, None, [("a", "b")] * 65, None, None, ANNE))

    def test_turns(self) -> None:
        """A long search lets others have the reactor, and is not disturbed by what they do."""
        for number in range(300):
            self.add(producer(f"h{number:03}"))
        self.add(consumer("z"))
        self.catalogue.clock = Ticking(self.time, self.clock.wall)
        searching = Deferred.fromCoroutine(
            self.directory.search(None, None, None, [("site", "*")], None, None, ANNE)
        )
        self.assertNoResult(searching)
        self.add(producer("zz", attributes=(("site", "x"),)))
        self.add(producer("a", attributes=(("site", "x"),)))
        while not searching.called:
            self.time.advance(0.0)
        found = self.successResultOf(searching).entries
        self.assertEqual([one.endpoint for one in found], [producer("zz").endpoint])


@implementer(ICallerQueries)
@attrs.define(eq=False)
class _Engine:
    """What a query worker does, here."""

    store: MemoryStore | None = None
    error: Exception | None = None
    asked: list[Caller] = attrs.field(factory=list)
    dialects = ()

    def read(self, expression: Element) -> object:
        """See L{ICallerQueries}."""
        return expression

    def answer(self, query: object) -> Awaitable[bytes]:
        """See L{ICallerQueries}."""
        return self.answerTo(query, OURSELVES)

    def answerTo(self, query: object, caller: Caller) -> Awaitable[bytes]:
        """See L{ICallerQueries}."""
        assert isinstance(query, AskedQuestion)
        if self.error is not None:
            raise self.error
        assert self.store is not None
        self.asked.append(caller)
        question = query.question
        evaluator = XPathEvaluator()
        evaluator.put(self.store.find(NameQuery(question.selectors)).elements)
        answer = evaluator.evaluate(evaluator.compile(question), question, 0.0, 0.0, 1_000_000)
        return Ready(answer.body)


class XPathTests(DirectoryCase):
    """Entries selected by an expression."""

    def setUp(self) -> None:
        """Have an engine."""
        self.engine: _Engine = _Engine()
        super().setUp()
        self.engine.store = self.registry.data
        self.add(producer("a", eventType("cpu", host="x"), attributes=(("site", "n"),)))
        self.add(producer("b", eventType("disk"), attributes=(("site", "s"),)))
        self.add(consumer("c", eventType("cpu")))
        self.keep("other")

    def _selected(self, xpath: str, role: str | None = None) -> str:
        found = self.search(role, xpath=xpath).entries
        return "".join(one.endpoint.removeprefix("http://")[0] for one in found)

    def test_selected(self) -> None:
        """Those of which it is true: by content, locator and attributes, whatever kind of result it gives."""
        for xpath, expected in (
            ("ogsi:content/gmar:entry/gmar:eventType[@name='cpu']", "ac"),
            ("//gmae:field[. = 'x'] | //gma:attribute[. = 's']", "ab"),
            ("count(//gmar:eventType) = 1", "abc"),
            ("count(//gma:attribute)", "ab"),
            ("string(//gma:attribute)", "ab"),
            ("starts-with(ogsi:memberServiceLocator/ogsi:handle, 'http://b')", "b"),
            ("2", "abc"),
            ("false()", ""),
            ("self::ogsi:entry", "abc"),
            ("/ogsi:entry[ogsi:content/gma:registration]", "ab"),
        ):
            with self.subTest(xpath=xpath):
                self.assertEqual(self._selected(xpath), expected)
        self.assertEqual(self._selected("//gmar:eventType[@name='cpu']", "consumer"), "c")
        self.assertEqual(self.engine.asked[0], ANNE)

    def test_paged(self) -> None:
        """Pages go on behind each other."""
        first = self.search(xpath="true()", limit=2)
        rest = self.search(xpath="true()", limit=2, cursor=first.cursor)
        self.assertEqual((len(first.entries), len(rest.entries), rest.cursor), (2, 1, None))

    def test_wrong(self) -> None:
        """What is no expression by itself is refused, though it were one within another; so is a long one."""
        for xpath in ("(", "true()] | //x[true()", "", "$x", "nosuch()"):
            attempt = self.directory.search(None, None, xpath, [], None, None, ANNE)
            self.fails(ParameterError, attempt)
        self.assertEqual(self.engine.asked, [])
        long = "true()" + " or true()" * 500
        self.fails(TooLarge, self.directory.search(None, None, long, [], None, None, ANNE))

    def test_failing(self) -> None:
        """What fails as it is evaluated is told as a wrong parameter."""
        self.engine.error = ExtensibilityTypeError("XPath: it fails")
        attempt = self.directory.search(None, None, "true()", [], None, None, ANNE)
        self.fails(ParameterError, attempt)


class HostileTests(DirectoryCase):
    """Members that say of themselves what they want."""

    def test_contents(self) -> None:
        """Whatever is in its content, what claims to be a producer is found as one, without event types."""
        types = "".join(f'<gmar:eventType name="e{number}"/>' for number in range(65))
        contents = [
            "<gmar:other/>",
            '<gmar:entry role="consumer"><gmar:eventType name="cpu"/></gmar:entry>',
            '<gmar:entry role="boss"/>',
            '<gmar:entry role="producer"><gmar:eventType/></gmar:entry>',
            '<gmar:entry role="producer"><gmar:eventType name="cpu"><x/></gmar:eventType></gmar:entry>',
            '<gmar:entry role="producer"><gmar:eventType name="cpu" ts="never"/></gmar:entry>',
            '<gmar:entry role="producer"><gmar:eventType name="cpu"><gmae:field name="a" units="KB"/>'
            "</gmar:eventType></gmar:entry>",
            '<gmar:entry role="producer"><gmar:nothing/></gmar:entry>',
            f'<gmar:entry role="producer">{types}</gmar:entry>',
            f"<gmar:entry>{'x' * 60_000}</gmar:entry>",
            "<gmar:entry>"
            + "<gmar:eventType name='cpu'><gmae:container name='a'>" * 14
            + "</gmae:container></gmar:eventType>" * 14
            + "</gmar:entry>",
        ]
        for number, content in enumerate(contents):
            locator = Locator((Handle(f"http://h{number:02}.example/"),), (_PRODUCER,))
            self.done(self.registry.group.add(locator, expression(content), None, BOB))
        found = self.search("producer").entries
        self.assertEqual([len(one.eventTypes) for one in found], [0] * len(contents))
        self.assertEqual(self.found("producer", eventType("*")), [])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_unnamedRole(self) -> None:
        """An entry that does not repeat its role is of the one that is claimed."""
        locator = Locator((Handle("http://h.example/"),), (_PRODUCER, _CONSUMER))
        content = "<gmar:entry><gmar:eventType name='cpu'/></gmar:entry>"
        self.done(self.registry.group.add(locator, expression(content), None, BOB))
        self.assertEqual(self.found(None, eventType("cpu")), ["h", "h"])
        self.assertEqual(
            [one.role.value for one in self.search().entries], ["consumer", "producer"]
        )

    def test_manyAttributes(self) -> None:
        """Attributes that come twice are found once, and go."""
        id, _ = self.add(producer("a", attributes=[("a", "b"), ("a", "b"), ("a", "c")]))
        self.assertEqual(self.found(a="b"), ["a"])
        self.done(self.directory.remove(id, ANNE))
        self.assertEqual(self.found(a="b"), [])


class LoadingTests(DirectoryCase):
    """A directory that begins over a registry that has entries."""

    def test_loaded(self) -> None:
        """All of them are found, those that came while it read the others too, and none that went."""
        for number in range(200):
            self.add(producer(f"h{number:03}", eventType()))
        last = self.search("producer", limit=1000).entries[-1]
        self.done(self.directory.stop())
        again = self.makeDirectory()
        self.catalogue.clock = Ticking(self.time, self.clock.wall)
        starting = Deferred.fromCoroutine(again.start())
        self.assertNoResult(starting)
        self.catalogue.clock = self.clock
        self.done(self.catalogue.destroy(last.entry))
        self.add(producer("new", eventType()))
        unread = self.registry.store.entries("", 1000)[-2].entry
        self.done(self.catalogue.renew([unread], 500.0, ANNE))
        while not starting.called:
            self.time.advance(0.001)
        self.successResultOf(starting)
        self.assertEqual(len(again.index), 200)
        self.directory = again
        found = [one.endpoint for one in self.search("producer", eventType(), limit=1000).entries]
        self.assertEqual(
            (
                len(found),
                len(set(found)),
                producer("new").endpoint in found,
                last.endpoint in found,
            ),
            (200, 200, True, False),
        )
