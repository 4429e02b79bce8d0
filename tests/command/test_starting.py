"""C{gma config init}."""

import re
from pathlib import Path

from gma_twisted.command.starting import startingPoint
from gma_twisted.configuration import readConfiguration
from gma_twisted.markup import XMLGate
from gma_twisted.markup.valueevents import addValue, eventNameOf
from gma_twisted.model import QName
from gma_twisted.model.event import Event
from gma_twisted.model.eventcomparison import compileComparison, fieldsOf
from gma_twisted.model.glob import Glob
from gma_twisted.nodes.kind import KINDS
from gma_twisted.providers.system import SimpleSystemInformationProvider
from gma_twisted.timing import toDeferred
from tests.command.stand import run
from tests.command.test_configuring import ConfigCase
from tests.nodes.plans import planOf


class InitTests(ConfigCase):
    """Configurations to begin with."""

    def test_kinds(self) -> None:
        """Of each kind there is one, which is what the node would be without it."""
        for name, kind in KINDS.items():
            text = self.gma("config", "init", "--kind", name)
            self.assertEqual(text, startingPoint(name))
            one, other = planOf(text, kind=kind), planOf("", kind=kind)
            self.assertEqual((one.listens, one.name), (other.listens, other.name))
            self.assertEqual(
                [(each.name, each.interval) for each in one.setups],
                [(each.name, each.interval) for each in other.setups],
            )

    def test_examples(self) -> None:
        """Without the # its examples are a configuration as well."""
        for name, kind in KINDS.items():
            text = re.sub(r"^#(?=[\w\[])", "", startingPoint(name), flags=re.M)
            plan = planOf(text, kind=kind)
            self.assertEqual(plan.name, "site-index")
            self.assertEqual(len(readConfiguration(text, "x")[0].register), 1)

    def test_each(self) -> None:
        """So is each of them alone, whatever else stays an example."""
        for name, kind in KINDS.items():
            parts = startingPoint(name).split("\n\n")
            count = 0
            for at, part in enumerate(parts):
                shown = re.sub(r"^#(?=[\w\[])", "", part, flags=re.M)
                if shown != part:
                    count += 1
                    planOf("\n\n".join([*parts[:at], shown, *parts[at + 1 :]]), kind=kind)
            self.assertGreater(count, 2)

    def test_fitting(self) -> None:
        """Names of events and fields in them are those of what the producer to begin with publishes."""
        host = self.published()
        for name in KINDS:
            text = re.sub(r"^#(?=[\w\[])", "", startingPoint(name), flags=re.M)
            read, _ = readConfiguration(text, "x")
            for section in read.subscribe.values():
                self.assertTrue(Glob(section.template).matches(host.name), name)
                self.assertFields(host, section.filter)
            self.assertFields(host, read.filter.where)
            for types in (read.producer.eventTypes, read.filter.eventTypes):
                self.assertTrue(all(Glob(one).matches(host.name) for one in types), name)
            for summary in read.summarise.values():
                self.assertTrue(Glob(summary.events).matches(host.name))
                for field in (*summary.fields, *summary.by):
                    self.assertFields(host, field)

    def published(self) -> Event:
        """An event of the producer to begin with."""
        (setup,) = planOf(startingPoint("gma-producer"), kind=KINDS["gma-producer"]).setups
        self.assertEqual(setup.name, "system")
        given = self.successResultOf(toDeferred(SimpleSystemInformationProvider().provide()))
        root = XMLGate().parse(given, "a host")
        event = Event(eventNameOf(QName.parse(str(root.tag))), 0)
        addValue(event, root)
        return event

    def assertFields(self, event: Event, expression: str | None) -> None:
        """All fields are there that are asked for."""
        for field in fieldsOf(expression) if expression else ():
            self.assertTrue(compileComparison(field)(event), field)

    def test_file(self) -> None:
        """A file is written once; what is there is left as it is."""
        name = str(self.home / "new.toml")
        self.assertIn(f"gma config check {name}", self.says("config", "init", name))
        self.assertEqual(Path(name).read_text(), startingPoint("gma-index"))
        Path(name).write_text("mine")
        self.assertIn("is there already", self.fails(1, "config", "init", name))
        self.assertEqual(Path(name).read_text(), "mine")
        self.assertIn("cannot be written: ", self.fails(1, "config", "init", f"{name}/x"))

    def test_checks(self) -> None:
        """What it says to try next succeeds."""
        for kind in KINDS:
            name = self.write(startingPoint(kind))
            command = re.search(r"#   gma (config check .*)", startingPoint(kind))
            assert command is not None
            words = command[1].replace("vo.toml", name).split()
            self.assertEqual(run(self.caller, *words).exit_code, 0)
