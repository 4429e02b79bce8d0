"""The plan made anew while the node runs: the file in a thread, classes a few in each turn of the reactor."""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.configuration import Mistakes, ProviderSection
from gma_twisted.errors import ConfigError
from gma_twisted.execution import ProviderSetup
from gma_twisted.interfaces import IServiceDataStore, ISimpleDataProvider
from gma_twisted.nodes import INDEX, Plan, makePlan
from gma_twisted.nodes.installing import Known
from gma_twisted.nodes.optionsof import optionsOf
from gma_twisted.nodes.rereading import Read, Rereading
from gma_twisted.timing import SLICE, NodeClock, Ready, Turns, toDeferred
from tests.nodes.languages import Counting
from tests.nodes.plainstore import PlainStore
from tests.nodes.plans import planOf, runtimeOf
from tests.nodes.skeletons import Greeter

STEP = SLICE / 4


@implementer(ISimpleDataProvider)
class Made:
    """Tells who was made."""

    name = "made"
    description = "is made"
    all: ClassVar[list[str]] = []

    def __init__(self, who: str) -> None:
        self.all.append(who)

    def provide(self) -> Ready[bytes]:
        """The document."""
        return Ready(b"<made/>")


class Greeting(Greeter):
    """Tells who was made."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        Made.all.append(word)


class Tallying(Counting):
    """Tells how many were made."""

    made: ClassVar[list[int]] = []

    def __init__(
        self, store: IServiceDataStore, clock: NodeClock, maxAnswer: int, factor: int = 1
    ) -> None:
        super().__init__(store, clock, maxAnswer, factor)
        self.made.append(factor)


@implementer(ISimpleDataProvider)
class Named:
    """Is given a word in a provider file."""

    name = "named"
    description = "has a name"

    def __init__(self, word: str) -> None:
        self.word = word

    def provide(self) -> Ready[bytes]:
        """The document."""
        return Ready(b"<named/>")


EXECUTION = (
    "<ServiceDataProviderExecution><serviceDataProviderName>{0}</serviceDataProviderName>"
    "<serviceDataProviderImpl>{0}:Named</serviceDataProviderImpl>"
    "<serviceDataProviderArgs>word=x</serviceDataProviderArgs></ServiceDataProviderExecution>"
)
OWN = """
[store]
class = 'tests.nodes.plainstore:PlainStore'
arguments = {{ label = '{label}' }}
[query.count]
class = 'tests.nodes.test_rereading:Tallying'
arguments = {{ factor = {factor} }}
[services.hi]
class = 'tests.nodes.test_rereading:Greeting'
arguments = {{ word = '{word}' }}
"""
KIND = "[factory.box]\nclass = 'tests.nodes.skeletons:Greeter'\narguments = { times = 2 }\n"


class Passing(Clock):
    """Time passes whenever somebody asks for it, so that what is asked for now is due at once."""

    def seconds(self) -> float:
        """A quarter of a slice later than before."""
        self.rightNow += STEP
        return super().seconds()

    def turn(self) -> None:
        """One turn of a reactor in which one thing is due."""
        (call,) = self.calls
        self.calls.clear()
        call.called = 1
        call.func(*call.args, **call.kw)


def section(who: str) -> str:
    """A provider."""
    return f"[providers.{who}]\nclass = 'tests.nodes.test_rereading:Made'\narguments = {{ who = '{who}' }}\n"


def nothing(name: str, section: ProviderSection) -> ProviderSetup | None:
    """Nothing runs."""
    return None


class RereadingTests(SynchronousTestCase):
    """Another look at a file."""

    def setUp(self) -> None:
        """A directory, and a thread that does nothing yet."""
        for made in (Made.all, Tallying.made, PlainStore.made):
            made.clear()
        self.file = Path(self.mktemp()).absolute()
        self.clock = Passing()
        self.works: list[tuple[Callable[[], Read], Deferred[Read]]] = []
        runtime = runtimeOf(NodeClock(self.clock, lambda: 0.0))
        options = optionsOf(INDEX, str(self.file))
        self.rereading = Rereading(INDEX, options, runtime, self.inThread, planOf(""))

    def begin(self, text: str | None, known: Known = nothing) -> "Deferred[Plan]":
        """Begin to read a text."""
        if text is not None:
            self.file.write_text(text)
        return toDeferred(self.rereading(known, Turns(self.clock)))

    def inThread(self, work: Callable[[], Read]) -> "Deferred[Read]":
        """Keep it."""
        self.works.append((work, Deferred()))
        return self.works[-1][1]

    def work(self, between: Callable[[], object] = lambda: None) -> None:
        """Let the thread do its work, and tell the reactor. @param between: is called between the two"""
        ((work, waiting),) = self.works
        try:
            read = work()
        except ConfigError as error:
            waiting.errback(error)
        else:
            between()
            waiting.callback(read)

    def turns(self, reading: "Deferred[Any]") -> list[int]:
        """Until it has ended. @return: how many objects were made by the end of each turn"""
        found = [len(Made.all)]
        while not reading.called:
            self.clock.turn()
            found.append(len(Made.all))
        return found

    def test_thread(self) -> None:
        """The file is read, and its keys are placed, in the thread; classes are not loaded there."""
        reading = self.begin(section("a"))
        ((work, _),) = self.works
        draft = work().draft
        self.assertEqual(list(draft.configuration.providers), ["a"])
        self.assertIn("places", vars(draft.source))
        self.assertEqual(Made.all, [])
        self.assertNoResult(reading)
        self.work()
        self.turns(reading)
        (setup,) = self.successResultOf(reading).setups
        self.assertEqual((setup.name, Made.all), ("a", ["a"]))

    def test_turns(self) -> None:
        """No turn makes more than fit into a slice, whatever there is; they come in the order of the file."""
        names = [f"p{number}" for number in range(40)]
        reading = self.begin("".join(map(section, names)))
        self.work()
        counts = self.turns(reading)
        self.assertEqual([one.name for one in self.successResultOf(reading).setups], names)
        self.assertEqual(Made.all, names)
        self.assertLessEqual(max(after - before for before, after in pairwise(counts)), 5)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_known(self) -> None:
        """What runs already is not made again; it is part of the plan as it is."""
        reading = self.begin(section("a") + section("b"))
        self.work()
        self.turns(reading)
        a, b = self.successResultOf(reading).setups
        Made.all.clear()
        self.works.clear()
        sections = []

        def known(name: str, section: ProviderSection) -> ProviderSetup | None:
            sections.append(section)
            return {"a": a}.get(name)

        again = self.begin(None, known)
        self.work()
        self.turns(again)
        plan = self.successResultOf(again)
        self.assertEqual(Made.all, ["b"])
        self.assertIs(plan.setups[0], a)
        self.assertIsNot(plan.setups[1], b)
        self.assertEqual(sections, list(plan.configuration.providers.values()))

    def test_unchanged(self) -> None:
        """Of no section that is as it was an object is made again, whatever its kind and however it is written."""
        text = OWN.format(word="hi", factor=1, label="x") + KIND
        first = self.plan(text)
        made = self.made()
        plan = self.plan("# nothing\n" + text.replace("word = 'hi'", 'word="hi"'))
        self.assertEqual(self.made(), made)
        self.assertIs(plan.ownStore, first.ownStore)
        self.assertEqual(list(plan.languages), list(first.languages))
        self.assertEqual(plan.services, first.services)
        self.assertEqual(list(plan.kinds), list(first.kinds))
        plan = self.plan(OWN.format(word="ho", factor=2, label="y") + KIND.replace("2", "3"))
        self.assertEqual(self.made(), [one + 1 for one in made])
        self.assertIsNot(plan.ownStore, first.ownStore)
        self.assertEqual(plan.services["hi"].arguments, {"word": "ho"})
        self.assertEqual(plan.languages[0].arguments, {"factor": 2})
        self.assertNotEqual(list(plan.kinds), list(first.kinds))

    def test_changedLast(self) -> None:
        """What was checked at the last reload is not made at the next, though only a start brings it."""
        self.plan("")
        text = OWN.format(word="hi", factor=1, label="x")
        self.plan(text)
        made = self.made()
        self.assertEqual(len(self.plan(text).languages), 1)
        self.assertEqual(self.made(), made)

    def test_unusable(self) -> None:
        """A file that cannot be used is forgotten: what was known before it stays known."""
        text = OWN.format(word="hi", factor=1, label="x")
        self.plan(text)
        made = self.made()
        reading = self.begin("[node]\nnme = 'x'\n")
        self.work()
        self.works.clear()
        self.turns(reading)
        self.failureResultOf(reading, Mistakes)
        self.plan(text)
        self.assertEqual(self.made(), made)

    def test_otherLimits(self) -> None:
        """With other limits all are made again: they may be given them."""
        text = OWN.format(word="hi", factor=1, label="x")
        self.plan(text)
        made = self.made()
        plan = self.plan(text + "[limits]\nmax_answer = '70KiB'\n")
        self.assertEqual(self.made(), [one + 1 for one in made])
        self.assertEqual(plan.languages[0].limits.maxAnswer, 70 * 1024)

    def test_sameDialect(self) -> None:
        """A new language must not read what a known one does."""
        text = OWN.format(word="hi", factor=1, label="x")
        self.plan(text)
        reading = self.begin(text + "[query.more]\nclass = 'tests.nodes.languages:Counting'\n")
        self.work()
        self.turns(reading)
        (line,) = self.failureResultOf(reading, Mistakes).value.lines
        self.assertIn("[query.count] reads the dialect", line)

    def test_ownTurns(self) -> None:
        """No turn makes more services than fit into a slice."""
        services = "[services.s{0}]\nclass = 'tests.nodes.test_rereading:Greeting'\narguments = {{ word = 's{0}' }}\n"
        reading = self.begin("".join(services.format(number) for number in range(40)))
        self.work()
        counts = self.turns(reading)
        self.assertEqual(list(self.successResultOf(reading).services), Made.all)
        self.assertEqual(len(Made.all), 40)
        self.assertLessEqual(max(after - before for before, after in pairwise(counts)), 5)

    def test_otherFiles(self) -> None:
        """What the file names is read in the thread as well, and not again."""
        text = "[register.vo]\nat = 'https://vo/services/registry'\ntoken_file = 'token'\n"
        token = self.file.parent / "token"
        token.write_text("a" * 43)
        token.chmod(0o600)
        reading = self.begin(text)
        self.work(token.unlink)
        self.turns(reading)
        tokens = self.successResultOf(reading).identified.tokens
        self.assertEqual(list(tokens.values()), ["a" * 43])

    def test_providerFile(self) -> None:
        """So is the provider file of GT3, again when its classes are imported: in turns of the reactor."""
        beside = self.file.parent / "gt3.xml"
        modules = [f"gradual{number}" for number in range(20)]
        for name in modules:
            text = (
                f"from tests.nodes.test_rereading import Made, Named\nMade.all.append('{name}')\n"
            )
            (self.file.parent / f"{name}.py").write_text(text)
            self.addCleanup(sys.modules.pop, name, None)
        self.patch(sys, "path", [*sys.path])
        beside.write_text(
            "<serviceConfiguration><installedProviders>"
            + "".join(f'<providerEntry class="{name}:Named"/>' for name in modules)
            + "</installedProviders><executedProviders>"
            + "".join(EXECUTION.format(name) for name in modules)
            + "</executedProviders></serviceConfiguration>"
        )
        self.rereading.options["providers"] = str(beside)
        reading = self.begin("# nothing")
        self.work(beside.unlink)
        self.works.pop(0)
        counts = [0, len(Made.all)]
        while not self.works:
            self.clock.turn()
            counts.append(len(Made.all))
        self.assertEqual(Made.all, modules)
        self.assertLessEqual(max(after - before for before, after in pairwise(counts)), 5)
        self.work()
        self.turns(reading)
        setups = self.successResultOf(reading).setups
        self.assertEqual([one.name for one in setups], modules)
        self.assertEqual([one.arguments for one in setups], [{"word": "x"}] * 20)

    def test_brokenProviderFile(self) -> None:
        """A class that cannot be imported is told where it is named, beside what else is wrong."""
        beside = self.file.parent / "gt3.xml"
        names = ("tests.nodes.test_rereading:None", "tests.nodes.test_rereading:Named")
        beside.write_text(
            "<serviceConfiguration><installedProviders>\n"
            + "".join(f'<providerEntry class="{name}"/>\n' for name in names)
            + "</installedProviders><executedProviders>\n"
            + "".join(
                EXECUTION.format(name.partition(":")[2]).replace(
                    f"{name.partition(':')[2]}:Named", name
                )
                + "\n"
                for name in names
            )
            + "</executedProviders></serviceConfiguration>"
        )
        self.rereading.options["providers"] = str(beside)
        reading = self.begin("[node]\nnme = 'x'\n")
        self.work()
        self.works.pop(0)
        self.work()
        self.turns(reading)
        lines = self.failureResultOf(reading, Mistakes).value.lines
        self.assertEqual(len(lines), 2)
        self.assertIn('unknown key "nme"', lines[0])
        self.assertIn('has no class "None"', lines[1])
        options, runtime = self.rereading.options, self.rereading.runtime
        atStart = self.assertRaises(
            Mistakes, lambda: makePlan(INDEX, options.configuration(), runtime, {})
        )
        self.assertEqual(lines, atStart.lines)

    def plan(self, text: str) -> Plan:
        """What comes of a text in the end."""
        reading = self.begin(text)
        self.work()
        self.works.clear()
        self.turns(reading)
        return self.successResultOf(reading)

    def made(self) -> list[int]:
        """How many stores, languages and services were made."""
        return [len(PlainStore.made), len(Tallying.made), len(Made.all)]

    def test_mistakes(self) -> None:
        """All mistakes are told, those of the file and those of classes, in the order of the file."""
        bad = (
            section("a").replace("Made", "Mode") + "[node]\nnme = 'x'\n" + section("b") + "c = 1\n"
        )
        reading = self.begin(bad)
        self.work()
        self.turns(reading)
        lines = self.failureResultOf(reading, Mistakes).value.lines
        self.assertEqual([line.split(":")[1] for line in lines], ["2", "5", "9"])
        self.assertEqual(Made.all, [])

    def test_unreadable(self) -> None:
        """What goes wrong in the thread is an error here."""
        for text in (None, "["):
            reading = self.begin(text)
            self.work()
            self.failureResultOf(reading, ConfigError)
            self.works.clear()

    def test_cancelled(self) -> None:
        """It can be ended while the thread works, and between two turns; nothing is made afterwards."""
        reading = self.begin(section("a"))
        reading.cancel()
        self.failureResultOf(reading, CancelledError)
        self.work()
        self.works.clear()
        reading = self.begin("".join(section(f"p{number}") for number in range(40)))
        self.work()
        self.clock.turn()
        self.assertFalse(reading.called)
        made = len(Made.all)
        reading.cancel()
        self.failureResultOf(reading, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(Made.all), made)
