"""From documents to store commands."""

import math
from collections.abc import Iterator
from itertools import repeat

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.errors import GMAError, ParameterError, ProviderFailed, TooLarge
from gma_twisted.execution import DefaultHandler
from gma_twisted.execution.intake import MOST_TOGETHER, Intake, Part, Taken
from gma_twisted.execution.owners import Owners
from gma_twisted.handlers import JobDataHandler
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import XMLGate
from gma_twisted.markup.jobs import JOB, schedulerTree
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.markup.parse import Element
from gma_twisted.model import (
    Command,
    ElementKey,
    Extend,
    GramStatus,
    Job,
    Lifetime,
    ProviderRun,
    Put,
    QName,
    Queue,
    Quiet,
    Scheduler,
    ServiceDataElement,
)
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


@implementer(IResultHandler)
class QuietSplitter:
    """As L{Splitter}, each quiet with the attribute C{news} of the document."""

    def handle(self, document: Element, run: ProviderRun) -> Iterator[Quiet]:
        """Split it."""
        for one in Splitter().handle(document, run):
            yield Quiet(one, document.get("news"))


@implementer(IResultHandler)
class Endless:
    """Gives one value for ever."""

    def handle(self, document: Element, run: ProviderRun) -> Iterator[ServiceDataElement]:
        """The default one."""
        return repeat(*DefaultHandler().handle(document, run))


class IntakeTests(SynchronousTestCase):
    """Intake."""

    def setUp(self) -> None:
        """An intake before a memory store, on a clock at 1000."""
        CountingGate.parsed = 0
        self.clock = Clock()
        self.clock.advance(1000)
        self.node = NodeClock(self.clock, lambda: 1.8e9)
        self.store = MemoryStore(self.node)
        self.owners = Owners()
        self.done: Part = ()
        self.changed = False
        self.period = 30.0
        self.intake = self.make(DefaultHandler())

    def make(self, handler: IResultHandler, name: str = "p") -> Intake:
        """Another intake on the same store."""
        return Intake(name, handler, CountingGate(), self.store, self.owners, self.node)

    def facts(self) -> ProviderRun:
        """The facts of a run now."""
        now = self.clock.seconds()
        return ProviderRun("p", None, ORIGINATOR, now, 1.8e9, self.period, 60.0)

    def taking(self, document: bytes | Element, intake: Intake) -> Taken:
        """Take a document; nothing is done."""
        return self.successResultOf(toDeferred(intake.take(document, self.facts())))

    def refused(self, kind: type[GMAError], document: object, intake: Intake | None = None) -> str:
        """The message with which a document is refused."""
        taking = (intake or self.intake).take(document, self.facts())  # type: ignore[arg-type]
        error: Exception = self.failureResultOf(toDeferred(taking), kind).value
        return str(error)

    def take(self, document: bytes | Element, intake: Intake | None = None) -> Taken:
        """Take a document, do what it asks and keep it."""
        intake = intake or self.intake
        taken = self.taking(document, intake)
        self.done = intake.claim(taken.commands)
        self.commit(*self.done)
        intake.begun(taken, taken.commands)
        intake.keep(taken)
        return taken

    def commit(self, *commands: Command) -> None:
        """What the intake asks for, or somebody else."""
        self.successResultOf(toDeferred(self.store.commit(commands)))

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
        self.taking(FIRST, self.intake)
        self.assertTrue(self.taking(FIRST, self.intake).changed)

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
        error = self.refused(ParameterError, b"<!DOCTYPE a><a/>")
        self.assertIn("output of provider p has a DOCTYPE", error)

    def test_notBytes(self) -> None:
        """Text instead of bytes is named."""
        error = self.refused(ProviderFailed, "<a/>")
        self.assertEqual(error, "provider p gave str instead of bytes")

    def test_handlerGivesText(self) -> None:
        """A handler that gives something else is named."""
        intake = self.make(Careless())
        error = self.refused(ProviderFailed, FIRST, intake)
        self.assertIn("handler Careless of provider p gave str", error)

    def test_foreignOriginator(self) -> None:
        """A handler does not speak for other services."""
        intake = self.make(Splitter(originator="http://other/"))
        error = self.refused(ProviderFailed, FIRST, intake)
        self.assertIn('gave a value of originator "http://other/"', error)

    def test_reserved(self) -> None:
        """No provider gives the service's own data."""
        document = b'<ogsi:terminationTime xmlns:ogsi="%s"/>' % OGSI.encode()
        error = self.refused(ProviderFailed, document)
        self.assertIn("is kept for the service itself", error)

    def test_taken(self) -> None:
        """Two providers do not overwrite each other's value: the second is told who has it."""
        self.take(FIRST)
        other = self.make(DefaultHandler(), "q")
        error = self.refused(ProviderFailed, FIRST, other)
        self.assertEqual(
            error,
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

    def quiet(self, text: str, news: str, intake: Intake) -> list[tuple[str, bool]]:
        """Keys of what is put for a document, and whether quietly."""
        self.take(f'<l xmlns="urn:t" news="{news}">{text}</l>'.encode(), intake)
        return [(one.element.key.key, one.isQuiet) for one in self.done if isinstance(one, Put)]

    def test_quiet(self) -> None:
        """A quiet value is put quietly as long as its news stay as they were told; a new one is not."""
        intake = self.make(QuietSplitter())
        one, both = '<j id="1"/>', '<j id="1"/><j id="2"/>'
        self.assertEqual(self.quiet(one, "a", intake), [("1", False)])
        self.assertEqual(self.quiet(both, "a", intake), [("1", True), ("2", False)])
        self.assertEqual(self.quiet(both + " ", "a", intake), [("1", True), ("2", True)])
        self.assertEqual(self.quiet(both, "b", intake), [("1", False), ("2", False)])
        self.assertEqual(self.quiet(both, "a", intake), [("1", False), ("2", False)])

    def test_quietUntold(self) -> None:
        """News of a document that was not committed are still to be told."""
        intake = self.make(QuietSplitter())
        self.quiet('<j id="1"/>', "a", intake)
        self.taking(b'<l xmlns="urn:t" news="b"><j id="1"/></l>', intake)
        self.assertEqual(self.quiet('<j id="1" x="1"/>', "b", intake), [("1", False)])

    def test_quietForgotten(self) -> None:
        """What comes back after a document without it is told."""
        intake = self.make(QuietSplitter())
        self.quiet('<j id="1"/>', "a", intake)
        self.quiet("", "a", intake)
        self.assertEqual(self.quiet('<j id="1"/>', "a", intake), [("1", False)])

    def other(self, key: ElementKey, lasts: float = 3600.0) -> None:
        """Somebody else puts a value in that place, as a place-holder is."""
        now = self.clock.seconds()
        lifetime = Lifetime(now, now + lasts, now + lasts)
        self.commit(Put(ServiceDataElement(key, b"<other", b"/>", lifetime)))

    def content(self, key: ElementKey) -> bytes | None:
        """What the store has there."""
        held = self.store.get(key)
        return None if held is None else held.content

    def test_replaced(self) -> None:
        """The same document is handled anew when something else has taken the place of its value."""
        self.take(FIRST)
        self.clock.advance(90)
        self.other(KEY)
        taken = self.take(FIRST)
        self.assertTrue(taken.changed)
        self.assertEqual(self.content(KEY), FIRST)
        self.assertFalse(self.take(FIRST).changed)

    def test_replacedMeanwhile(self) -> None:
        """What takes its place while the document is being taken is not extended; the next document puts it back."""
        self.take(FIRST)
        taken = self.taking(FIRST, self.intake)
        self.other(KEY)
        self.assertEqual(self.intake.claim(taken.commands), [])
        self.take(FIRST)
        self.assertEqual(self.content(KEY), FIRST)

    def test_quietReplaced(self) -> None:
        """Over something else nothing is put quietly: who subscribed was told of that last."""
        intake = self.make(QuietSplitter())
        key = ElementKey(QName("urn:t", "j"), ORIGINATOR, "1")
        self.quiet('<j id="1"/><j id="2"/>', "a", intake)
        self.other(key)
        both = '<j id="1" x="1"/><j id="2" x="1"/>'
        self.assertEqual(self.quiet(both, "a", intake), [("1", False), ("2", True)])
        self.assertEqual(self.quiet(both + " ", "a", intake), [("1", True), ("2", True)])
        taken = self.taking(b'<l xmlns="urn:t" news="a"><j id="1"/></l>', intake)
        self.other(key)
        (command,) = intake.claim(taken.commands)
        self.assertFalse(isinstance(command, Put) and command.isQuiet)

    def test_quietExpired(self) -> None:
        """A value that has expired since is put for all to hear: a place-holder may be on its way to its place."""
        intake = self.make(QuietSplitter())
        self.quiet('<j id="1"/>', "a", intake)
        self.clock.advance(90)
        self.assertEqual(self.quiet('<j id="1" x="1"/>', "a", intake), [("1", False)])

    def test_vanishedEndless(self) -> None:
        """A value without an end that a later document lacks gets one: it is stale, and gone after the grace."""
        self.period = math.inf
        intake = self.make(Splitter())
        self.take(b'<l xmlns="urn:t"><j id="1"/><j id="2"/></l>', intake)
        self.clock.advance(30)
        self.take(b'<l xmlns="urn:t"><j id="2"/></l>', intake)
        one, two = (
            self.store.get(ElementKey(QName("urn:t", "j"), ORIGINATOR, key)) for key in "12"
        )
        assert one is not None and two is not None
        self.assertEqual(one.lifetime, Lifetime(1000.0, 1030.0, 1090.0))
        self.assertEqual(two.lifetime, Lifetime(1030.0))
        self.clock.advance(30)
        self.take(b'<l xmlns="urn:t"><j id="2"/> </l>', intake)
        self.clock.advance(30)
        self.assertIsNone(self.store.get(one.key))

    def test_release(self) -> None:
        """Of what is given up only what has no end gets one; its place is free for others."""
        self.take(FIRST)
        self.assertEqual(list(self.intake.release(1000.0, 60.0)), [[]])
        self.period = math.inf
        endless = self.make(Splitter())
        self.take(b'<l xmlns="urn:t"><j id="1"/></l>', endless)
        key = ElementKey(QName("urn:t", "j"), ORIGINATOR, "1")
        self.assertEqual(
            list(endless.release(1010.0, 60.0)), [[Extend(key, Lifetime(1000.0, 1010.0, 1070.0))]]
        )
        self.assertEqual(len(self.owners), 0)

    def test_releaseMany(self) -> None:
        """Many are given up some hundred at once, and each is free only when its end is committed."""
        self.period = math.inf
        intake = self.make(Splitter())
        document = '<l xmlns="urn:t">' + "".join(f'<j id="{one}"/>' for one in range(300)) + "</l>"
        self.take(document.encode(), intake)
        parts = intake.release(1010.0, 60.0)
        self.assertEqual(len(next(parts)), MOST_TOGETHER)
        other = self.make(Splitter(), "q")
        self.refused(ProviderFailed, document.encode(), other)
        self.assertEqual(len(next(parts)), 300 - MOST_TOGETHER)
        self.assertTrue(self.take(document.encode(), other).changed)

    def test_claimed(self) -> None:
        """Of two whose commits of one value cross the first has it, although nobody sees it yet."""
        other = self.make(DefaultHandler(), "q")
        first, second = self.taking(FIRST, self.intake), self.taking(FIRST, other)
        self.intake.claim(first.commands)
        error = self.assertRaises(ProviderFailed, other.claim, second.commands)
        self.assertIn("is already given by provider p", str(error))
        self.intake.refused(first.commands)
        self.assertEqual(len(other.claim(second.commands)), 1)

    def test_takenMeanwhile(self) -> None:
        """What expired and became another's before the document was done is not taken back."""
        first, second = self.make(Splitter()), self.make(Splitter(), "q")
        document = b'<l xmlns="urn:t"><j id="1"/></l>'
        taken = self.taking(document, first)
        self.commit(*first.claim(taken.commands))
        first.begun(taken, taken.commands)
        self.clock.advance(90)
        self.take(document, second)
        first.keep(taken)
        self.assertFalse(self.take(document, second).changed)
        self.refused(ProviderFailed, document, first)
        list(first.release(self.clock.seconds(), 60.0))
        self.assertFalse(self.take(document, second).changed)

    def polled(self, *jobs: tuple[str, str], intake: Intake) -> list[tuple[str, str]]:
        """
        Take a scheduler of jobs, ids and seconds they have run.

        @return: what is done: the keys, and whether they are extended, put or put quietly
        """
        tree = schedulerTree(
            Scheduler(
                name="x",
                jobs=[
                    Job(jobID=id, gramStatus=GramStatus.ACTIVE, status="R", elapsedtime=seconds)
                    for id, seconds in jobs
                ],
            )
        )
        self.changed = self.take(tree, intake).changed
        return [
            (one.key.key, "extend")
            if isinstance(one, Extend)
            else (one.element.key.key, "quiet" if one.isQuiet else "put")
            for one in self.done
        ]

    def held(self, id: str) -> ServiceDataElement:
        """A job in the store."""
        found = self.store.get(ElementKey(JOB, ORIGINATOR, id))
        assert found is not None
        return found

    def test_renewed(self) -> None:
        """What the handler gives again is extended, in a changed document, too; the content speaks of the same time."""
        intake = self.make(JobDataHandler())
        first = [("1", "put"), ("2", "put"), ("x", "put")]
        self.assertEqual(self.polled(("1", "5"), ("2", "5"), intake=intake), first)
        for seconds in (6, 7):
            self.clock.advance(30)
            self.assertEqual(
                self.polled(("1", "5"), ("2", str(seconds)), intake=intake),
                [("1", "extend"), ("2", "quiet"), ("x", "extend")],
            )
            self.assertTrue(self.changed)
        self.assertEqual(self.held("1").lifetime, Lifetime(1000.0, 1090.0, 1150.0))
        self.assertEqual(self.held("2").lifetime, Lifetime(1060.0, 1090.0, 1150.0))
        self.assertIn(b"7", self.held("2").tail)

    def test_renewedWhole(self) -> None:
        """An unchanged document is known as such, and extends everything."""
        intake = self.make(JobDataHandler())
        self.polled(("1", "5"), intake=intake)
        self.clock.advance(30)
        self.assertEqual(self.polled(("1", "5"), intake=intake), [("1", "extend"), ("x", "extend")])
        self.assertFalse(self.changed)

    def test_renewedGone(self) -> None:
        """What the handler gives again and the store has no longer, or another in its place, is put for all to hear."""
        intake = self.make(JobDataHandler())
        self.polled(("1", "5"), ("2", "5"), intake=intake)
        self.other(ElementKey(JOB, ORIGINATOR, "1"))
        found = self.polled(("1", "5"), ("2", "5"), intake=intake)
        self.assertEqual(found, [("1", "put"), ("2", "extend"), ("x", "extend")])
        self.assertIn(b">1<", self.held("1").tail)
        self.clock.advance(90)
        found = self.polled(("1", "5"), ("2", "6"), intake=intake)
        self.assertEqual(found, [("1", "put"), ("2", "put"), ("x", "put")])
        self.assertEqual(self.held("1").lifetime, Lifetime(1090.0, 1120.0, 1180.0))

    def test_renewedMissing(self) -> None:
        """A job that is there no more is another provider's to give; when it comes back it is told."""
        intake = self.make(JobDataHandler())
        self.polled(("1", "5"), ("2", "5"), intake=intake)
        owned = len(self.owners)
        self.polled(("1", "5"), intake=intake)
        self.assertEqual(len(self.owners), owned - 1)
        self.assertIn(("2", "put"), self.polled(("1", "5"), ("2", "5"), intake=intake))

    def test_renewedReleased(self) -> None:
        """What was released while a document was taken, and is given by another since, stays that one's."""
        intake = self.make(JobDataHandler())
        self.polled(("1", "5"), ("2", "5"), intake=intake)
        taken = self.taking(schedulerTree(Scheduler(name="x")), intake)
        list(intake.release(self.clock.seconds(), 60.0))
        self.polled(("1", "5"), ("2", "5"), intake=self.make(JobDataHandler()))
        owned = len(self.owners)
        intake.keep(taken)
        self.assertEqual(len(self.owners), owned)

    def test_renewedLess(self) -> None:
        """A document is changed also by what it has no longer, and nothing else."""
        intake = self.make(JobDataHandler())
        self.take(schedulerTree(Scheduler(name="x", queues=[Queue(name="q")])), intake)
        taken = self.take(schedulerTree(Scheduler(name="x")), intake)
        self.assertTrue(taken.changed)
        self.assertEqual([type(one) for one in taken.commands], [Extend])

    def test_renewedOtherwise(self) -> None:
        """With another frequency every value is made anew: it is good for another while."""
        intake = self.make(JobDataHandler())
        self.period = math.inf
        self.polled(("1", "5"), intake=intake)
        self.period = 10.0
        self.assertEqual(self.polled(("1", "5"), intake=intake), [("1", "quiet"), ("x", "put")])
        self.assertEqual(self.held("1").lifetime, Lifetime(1000.0, 1010.0, 1070.0))
        self.assertEqual(self.polled(("1", "5"), intake=intake), [("1", "extend"), ("x", "extend")])

    def test_renewedPartly(self) -> None:
        """After a document of which only a part was committed nothing is taken for told."""
        intake = self.make(JobDataHandler())
        self.polled(("1", "5"), ("2", "5"), intake=intake)
        tree = schedulerTree(Scheduler(name="x", jobs=[]))
        taken = self.taking(tree, intake)
        intake.begun(taken, taken.commands)
        found = self.polled(("1", "5"), ("2", "5"), intake=intake)
        self.assertEqual(found, [("1", "quiet"), ("2", "quiet"), ("x", "put")])

    def test_tooMany(self) -> None:
        """A handler that never ends is ended by a bound."""
        error = self.refused(TooLarge, FIRST, self.make(Endless()))
        self.assertEqual(error, "handler Endless of provider p gave more than 100000 values")

    def test_runFacts(self) -> None:
        """The handler sees the run."""
        handler = Splitter()
        facts = attrs.evolve(self.facts(), provider="x")
        self.successResultOf(toDeferred(self.make(handler).take(FIRST, facts)))
        self.assertEqual(handler.runs, [facts])
