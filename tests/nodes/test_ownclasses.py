"""Own stores, query languages and services in a configuration: what is right is planned, what is wrong is one line."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import MEND, Mistakes
from gma_twisted.nodes import AGGREGATOR_NODE, REGISTRY
from gma_twisted.nodes.doubts import summary
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock
from tests.nodes.languages import Counting
from tests.nodes.plainstore import PlainStore
from tests.nodes.plans import planOf, runtimeOf
from tests.nodes.skeletons import Greeter

_RUNTIME = runtimeOf(NodeClock(Clock(), lambda: 1.7e9))
_STORE = "[store]\nclass = 'tests.nodes.plainstore:PlainStore'\n"
_QUERY = "[query.count]\nclass = 'tests.nodes.languages:Counting'\n"
_SERVICE = "[services.hi]\nclass = 'tests.nodes.skeletons:Greeter'\narguments = { word = 'hi' }\n"
_LANGUAGES = "tests.nodes.languages"
_SKELETONS = "tests.nodes.skeletons"


class OwnClassTests(SynchronousTestCase):
    """One section each."""

    def setUp(self) -> None:
        """Count stores anew."""
        PlainStore.made.clear()
        self.addCleanup(PlainStore.made.clear)

    def refused(self, text: str, *lines: str) -> None:
        """A configuration is answered with these lines."""
        self.assertEqual(list(self.assertRaises(Mistakes, planOf, text).lines), list(lines))

    # -- what is right

    def test_none(self) -> None:
        """Without any of them there is the node's own store, and nothing else."""
        plan = planOf("")
        self.assertEqual((plan.ownStore, plan.languages, plan.services), (None, [], {}))

    def test_store(self) -> None:
        """A store is made to be checked, and another for each life; with its arguments and the node's clock."""
        plan = planOf(_STORE + "arguments = { label = 'mine' }")
        assert plan.ownStore is not None
        self.assertEqual(len(PlainStore.made), 1)
        store = plan.ownStore.store(_RUNTIME)
        assert isinstance(store, PlainStore)
        self.assertEqual(store.label, "mine")
        self.assertEqual((len(PlainStore.made), store.isRunning), (2, False))
        self.assertEqual(plan.ownStore.what, "[store] tests.nodes.plainstore:PlainStore")

    def test_storeLimits(self) -> None:
        """A store that asks for limits is given those of the configuration: the package's own is one."""
        text = "[store]\nclass = 'gma_twisted.stores:MemoryStore'\n[limits]\nstore_queued = 7\n"
        plan = planOf(text)
        assert plan.ownStore is not None
        store = plan.ownStore.store(_RUNTIME)
        assert isinstance(store, MemoryStore)
        self.assertEqual(store.limits.queued, 7)
        self.assertIs(store.clock, _RUNTIME.clock)

    def test_language(self) -> None:
        """A language is made over the store it is given."""
        (one,) = planOf(_QUERY + "arguments = { factor = 2 }").languages
        self.assertEqual(one.what, "[query.count] tests.nodes.languages:Counting")
        self.assertIsInstance(one.language(_RUNTIME, PlainStore(_RUNTIME.clock)), Counting)

    def test_service(self) -> None:
        """A service is made with all its arguments; its kinds are known by their own names."""
        plan = planOf(_SERVICE + "[services.box]\nclass = 'ServiceDataHolder'")
        self.assertEqual(list(plan.services), ["hi", "box"])
        self.assertIsInstance(plan.services["hi"].service(_RUNTIME), Greeter)
        self.assertTrue(summary(plan).endswith("; services: hi, box"))

    def test_everyKind(self) -> None:
        """Every kind of node takes them."""
        for kind in (REGISTRY, AGGREGATOR_NODE):
            plan = planOf(_STORE + _QUERY + _SERVICE, kind=kind)
            self.assertIsNotNone(plan.ownStore)
            self.assertEqual((len(plan.languages), list(plan.services)), (1, ["hi"]))

    def test_registered(self) -> None:
        """A service can be registered elsewhere; one that is not there is told with those that are."""
        register = "[register.vo]\nat = 'http://vo/services/index'\nservices = '/services/{}'\n"
        plan = planOf(_SERVICE + register.format("hi"))
        self.assertEqual(plan.register["vo"].services, ("/services/hi",))
        self.refused(
            _SERVICE + register.format("hu"),
            'vo.toml:6:12: register.vo.services: this node has no service "/services/hu"; '
            'did you mean "/services/hi"?',
        )

    # -- what is wrong

    def test_keysOfStore(self) -> None:
        """keep_service_data has no meaning with a class, and arguments have none without."""
        self.refused(
            _STORE + "keep_service_data = true",
            'vo.toml:3:21: store.keep_service_data: "tests.nodes.plainstore:PlainStore" keeps service data '
            "as it likes; leave keep_service_data or class out",
        )
        self.refused(
            "[store]\narguments = { path = 'x' }",
            "vo.toml:2:13: store.arguments: no class is named whose arguments they are; "
            'write class = "package.module:Class"',
        )

    def test_serviceData(self) -> None:
        """What a service has beside that of its port types is values with a declaration, wherever they are set."""
        for name in ("DeclaredOnly", "NoServiceData", "FilledLater"):
            implementation = f"tests.nodes.misbehaving:{name}"
            why = self.assertRaises(Mistakes, planOf, f"[services.x]\nclass = '{implementation}'\n")
            (line,) = why.lines
            self.assertIn("needs serviceData, a tuple of InitialServiceData", line)
            self.assertIn(f'vo.toml:2:9: services.x.class "{implementation}"', line)

    def test_property(self) -> None:
        """An attribute that raises when it is looked at is a mistake in one line too."""
        text = "[query.x]\nclass = 'tests.nodes.misbehaving:MoodyLanguage'\n"
        (line,) = self.assertRaises(Mistakes, planOf, text).lines
        self.assertIn("cannot be checked: ValueError: not now", line)

    def test_interrupted(self) -> None:
        """A constructor that raises what ends a process is refused like any other."""
        text = "[services.x]\nclass = 'tests.nodes.misbehaving:BadService'\narguments = { make = '%s' }\n"
        for how, said in (("exit", "SystemExit"), ("interrupt", "KeyboardInterrupt")):
            (line,) = self.assertRaises(Mistakes, planOf, text % how).lines
            self.assertIn(f"cannot be made: {said}", line)

    def test_noClass(self) -> None:
        """A language, or a service, without a class is none."""
        self.refused(
            "[query.a]\n",
            'vo.toml:1:8: query.a: no class is named; write class = "package.module:Class"',
        )
        self.refused(
            "[services.a]\n",
            'vo.toml:1:11: services.a: no class is named; write class = "package.module:Class", '
            'or class = "ServiceDataHolder"',
        )

    def test_members(self) -> None:
        """What a class lacks is said in one line."""
        for section, name, problem in (
            (
                "store",
                f"{_LANGUAGES}:Counting",
                "IServiceDataStore: missing __len__(), commit(), copied(), "
                "find(), get(), names(), observe(), reset(), start(), stop(), sync()",
            ),
            ("query.a", f"{_LANGUAGES}:NoAnswer", "IQueryLanguage: missing answer()"),
            ("query.a", f"{_LANGUAGES}:NoLife", "IQueryEngine: missing stop()"),
            ("query.a", f"{_LANGUAGES}:NoCaller", "ICallerQueries: missing answerTo()"),
            (
                "query.a",
                f"{_LANGUAGES}:NoDialect",
                "IQueryLanguage: it needs dialects, a tuple of QName with one at least",
            ),
            (
                "services.a",
                f"{_SKELETONS}:NotDeclared",
                "ICreatedService: missing @implementer(ICreatedService) before the class",
            ),
            ("services.a", f"{_SKELETONS}:NoGreet", "IGreeting: missing greet()"),
        ):
            self.refused(
                f"[{section}]\nclass = '{name}'",
                f'vo.toml:2:9: {section}.class "{name}" does not provide {problem}; {MEND}',
            )

    def test_arguments(self) -> None:
        """Arguments are compared with the constructor, where they stand; what the node gives is none of them."""
        self.refused(
            _STORE + "arguments = { labl = 'x' }",
            'vo.toml:3:15: store.arguments.labl: unknown argument "labl"; did you mean "label"?',
        )
        (line,) = self.assertRaises(Mistakes, planOf, _STORE + "arguments = { clock = 'x' }").lines
        self.assertIn('vo.toml:3:15: store.arguments.clock: unknown argument "clock"; ', line)
        (line,) = self.assertRaises(Mistakes, planOf, _QUERY + "arguments = { store = 'x' }").lines
        self.assertIn('vo.toml:3:15: query.count.arguments.store: unknown argument "store"; ', line)
        (line,) = self.assertRaises(Mistakes, planOf, _QUERY + "arguments = { factor = 'x' }").lines
        self.assertIn(
            'vo.toml:3:15: query.count.arguments.factor: argument "factor" must be int', line
        )
        (line,) = self.assertRaises(
            Mistakes, planOf, f"[services.a]\nclass = '{_SKELETONS}:Greeter'"
        ).lines
        self.assertIn('vo.toml:1:11: services.a.arguments: argument "word" is missing', line)

    def test_refusing(self) -> None:
        """A constructor that refuses is heard before anything is opened."""
        for text, said in (
            (_QUERY + "arguments = { factor = 0 }", f'query.count.class "{_LANGUAGES}:Counting"'),
            (
                f"[services.a]\nclass = '{_SKELETONS}:Greeter'\narguments = {{ word = 'a', times = 10 }}",
                f'services.a.class "{_SKELETONS}:Greeter"',
            ),
        ):
            (line,) = self.assertRaises(Mistakes, planOf, text).lines
            self.assertTrue(
                line.startswith(f"vo.toml:2:9: {said} cannot be made: ValueError: "), line
            )

    def test_dialects(self) -> None:
        """Two languages of one dialect are a mistake, and so is the node's own."""
        self.refused(
            _QUERY + _QUERY.replace("count", "again", 1),
            "vo.toml:4:9: query.again.class: [query.count] reads the dialect {urn:example:count}count "
            "already; leave one of the two out",
        )
        self.refused(
            f"[query.a]\nclass = '{_LANGUAGES}:ByName'",
            "vo.toml:2:9: query.a.class: the node itself reads the dialect "
            "{http://www.gridforum.org/namespaces/2003/03/OGSI}queryByServiceDataNames already; "
            "leave one of the two out",
        )
        self.refused(
            f"[query.a]\nclass = '{_LANGUAGES}:ByXPath'",
            "vo.toml:2:9: query.a.class: the node itself reads the dialect "
            "queryByServiceDataXPath already; leave one of the two out",
        )

    def test_taken(self) -> None:
        """A service cannot have the name of one of the node's own."""
        for name in ("index", "container", "instances"):
            self.refused(
                f"[services.{name}]\nclass = 'ServiceDataHolder'",
                f'vo.toml:1:11: services: "{name}" is taken: /services/{name} is the node\'s own; '
                "choose another name",
            )
        self.assertIn("index", planOf(_SERVICE.replace("hi]", "index]"), kind=REGISTRY).services)

    def test_clash(self) -> None:
        """An operation of GridService's name is refused before any client meets it."""
        text = f"[services.a]\nclass = '{_SKELETONS}:Clashing'"
        (line,) = self.assertRaises(Mistakes, planOf, text).lines
        self.assertIn(
            f'vo.toml:2:9: services.a.class "{_SKELETONS}:Clashing": operation destroy of', line
        )

    def test_names(self) -> None:
        """Names are those of other sections."""
        for section in ("query", "services"):
            (line,) = self.assertRaises(
                Mistakes, planOf, f"[{section}.'a/b']\nclass = 'ServiceDataHolder'"
            ).lines[:1]
            self.assertIn('"a/b" is not a name', line)
