"""From documents to store commands."""

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.errors import ParameterError, ProviderFailed
from gma_twisted.execution import DefaultHandler
from gma_twisted.execution.intake import Intake, Taken
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.markup.parse import Element
from gma_twisted.model import ElementKey, Extend, Lifetime, ProviderRun, Put, QName
from gma_twisted.stores import MemoryStore
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.clock import NodeClock
from tests.execution.stand import ORIGINATOR, Splitter

FIRST = b'<a xmlns="urn:t" y="2" x="1"><b/></a>'
KEY = ElementKey(QName("urn:t", "a"), ORIGINATOR)


class CountingGate(XMLGate):
    """An XML gate that counts what it lets in."""

    parsed = 0

    def parse(self, data: bytes, what: str = "document") -> Element:
        """Count and parse."""
        CountingGate.parsed += 1
        return super().parse(data, what)


@implementer(IResultHandler)
class Careless:
    """Gives what is no service data element."""

    def handle(self, document: Element, run: ProviderRun) -> list[str]:  # type: ignore[override]
        """Give text."""
        return ["text"]


class IntakeTests(SynchronousTestCase):
    """Intake."""

    def setUp(self) -> None:
        """An intake before a memory store, on a clock at 1000."""
        CountingGate.parsed = 0
        self.clock = Clock()
        self.clock.advance(1000)
        self.store = MemoryStore(NodeClock(self.clock, lambda: 1.8e9))
        self.owners: dict[ElementKey, str] = {}
        self.intake = self.make(DefaultHandler())

    def make(self, handler: IResultHandler, name: str = "p") -> Intake:
        """Another intake on the same store."""
        return Intake(name, handler, CountingGate(), self.store, self.owners)

    def facts(self) -> ProviderRun:
        """The facts of a run now."""
        now = self.clock.seconds()
        return ProviderRun("p", None, ORIGINATOR, now, 1.8e9, 30.0, 60.0)

    def take(self, document: bytes | Element, intake: Intake | None = None) -> Taken:
        """Take a document, do what it asks and keep it."""
        intake = intake or self.intake
        taken = intake.take(document, self.facts())
        self.successResultOf(toDeferred(self.store.commit(taken.commands)))
        intake.keep(taken)
        return taken

    def test_first(self) -> None:
        """A first document is put."""
        taken = self.take(FIRST)
        (command,) = taken.commands
        assert isinstance(command, Put)
        self.assertEqual(command.element.content, FIRST)
        self.assertTrue(taken.changed)

    def test_sameBytes(self) -> None:
        """The same bytes are neither parsed nor handled again: they extend, from the new instant on."""
        self.take(FIRST)
        self.clock.advance(30)
        taken = self.take(FIRST)
        self.assertEqual(taken.commands, [Extend(KEY, Lifetime(1000.0, 1060.0, 1120.0))])
        self.assertFalse(taken.changed)
        self.assertEqual(CountingGate.parsed, 1)

    def test_sameCanonically(self) -> None:
        """Another spelling of the same document extends too."""
        self.take(FIRST)
        self.clock.advance(30)
        taken = self.take(b"<?xml version='1.0'?>\n<a x='1'  y='2' xmlns='urn:t'><b></b></a>\n")
        self.assertEqual(taken.commands, [Extend(KEY, Lifetime(1000.0, 1060.0, 1120.0))])

    def test_changed(self) -> None:
        """A document that says something else is put, and becomes the one compared with."""
        self.take(FIRST)
        other = FIRST.replace(b"1", b"9")
        self.assertIsInstance(self.take(other).commands[0], Put)
        self.assertIsInstance(self.take(other).commands[0], Extend)
        self.assertIsInstance(self.take(FIRST).commands[0], Put)

    def test_blanksMatter(self) -> None:
        """White space inside elements is content."""
        self.take(FIRST)
        self.assertTrue(self.take(FIRST.replace(b"<b/>", b" <b/>")).changed)

    def test_notKept(self) -> None:
        """What was not committed is not compared with."""
        self.intake.take(FIRST, self.facts())
        self.assertTrue(self.intake.take(FIRST, self.facts()).changed)

    def test_expired(self) -> None:
        """The same document after its value has expired is put again: nothing is there to extend."""
        self.take(FIRST)
        self.clock.advance(90)
        self.assertIsNone(self.store.get(KEY))
        self.assertIsInstance(self.take(FIRST).commands[0], Put)
        self.assertIsNotNone(self.store.get(KEY))

    def test_vanished(self) -> None:
        """A value a later document lacks is left to its lifetime: it is neither removed nor extended."""
        intake = self.make(Splitter())
        self.take(b'<l xmlns="urn:t"><j id="1"/><j id="2"/></l>', intake)
        self.clock.advance(30)
        self.take(b'<l xmlns="urn:t"><j id="2"/></l>', intake)
        one = self.store.get(ElementKey(QName("urn:t", "j"), ORIGINATOR, "1"))
        two = self.store.get(ElementKey(QName("urn:t", "j"), ORIGINATOR, "2"))
        assert one is not None and two is not None
        self.assertEqual(one.lifetime, Lifetime(1000.0, 1030.0, 1090.0))
        self.assertEqual(two.lifetime.availableUntil, 1120.0)

    def test_extendsAll(self) -> None:
        """An unchanged document of many values extends each of them, without asking the handler."""
        handler = Splitter()
        intake = self.make(handler)
        document = b'<l xmlns="urn:t"><j id="1"/><j id="2"/></l>'
        self.take(document, intake)
        self.clock.advance(30)
        commands = self.take(document, intake).commands
        self.assertEqual([one.key.key for one in commands if isinstance(one, Extend)], ["1", "2"])
        self.assertEqual(len(handler.runs), 1)

    def test_tree(self) -> None:
        """A tree is compared and handled like bytes, without the gate."""
        self.take(XMLGate().parse(FIRST))
        self.clock.advance(30)
        self.assertIsInstance(self.take(XMLGate().parse(FIRST)).commands[0], Extend)
        self.assertEqual(CountingGate.parsed, 0)

    def test_relativeNamespace(self) -> None:
        """A document without canonical form, its namespace name being relative, is compared as it is."""
        document = b'<a xmlns="relative"/>'
        self.assertTrue(self.take(document).changed)
        self.assertFalse(self.take(document + b"\n").changed)

    def test_gate(self) -> None:
        """What the gate refuses is refused, and named as this provider's output."""
        error = self.assertRaises(
            ParameterError, self.intake.take, b"<!DOCTYPE a><a/>", self.facts()
        )
        self.assertIn("output of provider p has a DOCTYPE", str(error))

    def test_notBytes(self) -> None:
        """Text instead of bytes is named."""
        error = self.assertRaises(ProviderFailed, self.intake.take, "<a/>", self.facts())
        self.assertEqual(str(error), "provider p gave str instead of bytes")

    def test_handlerGivesText(self) -> None:
        """A handler that gives something else is named."""
        intake = self.make(Careless())
        error = self.assertRaises(ProviderFailed, intake.take, FIRST, self.facts())
        self.assertIn("handler Careless of provider p gave str", str(error))

    def test_foreignOriginator(self) -> None:
        """A handler does not speak for other services."""
        intake = self.make(Splitter(originator="http://other/"))
        error = self.assertRaises(ProviderFailed, intake.take, FIRST, self.facts())
        self.assertIn('gave a value of originator "http://other/"', str(error))

    def test_reserved(self) -> None:
        """No provider gives the service's own data."""
        document = b'<ogsi:terminationTime xmlns:ogsi="%s"/>' % OGSI.encode()
        error = self.assertRaises(ProviderFailed, self.intake.take, document, self.facts())
        self.assertIn("is kept for the service itself", str(error))

    def test_taken(self) -> None:
        """Two providers do not overwrite each other's value: the second is told who has it."""
        self.take(FIRST)
        other = self.make(DefaultHandler(), "q")
        error = self.assertRaises(ProviderFailed, other.take, FIRST, self.facts())
        self.assertEqual(
            str(error),
            "{urn:t}a is already given by provider p; configure another name",
        )

    def test_free(self) -> None:
        """Once the first one's value has expired the name is free."""
        self.take(FIRST)
        self.clock.advance(90)
        other = self.make(DefaultHandler(), "q")
        self.assertTrue(self.take(FIRST, other).changed)

    def test_leftOver(self) -> None:
        """A value its provider no longer gives may be given by another one at once."""
        first, second = self.make(Splitter()), self.make(Splitter(), "q")
        document = b'<l xmlns="urn:t"><j id="1"/></l>'
        self.take(document, first)
        self.take(b'<l xmlns="urn:t"/>', first)
        self.assertTrue(self.take(document, second).changed)

    def test_runFacts(self) -> None:
        """The handler sees the run."""
        handler = Splitter()
        facts = attrs.evolve(self.facts(), provider="x")
        self.make(handler).take(FIRST, facts)
        self.assertEqual(handler.runs, [facts])
