"""What of a configuration concerns producers, consumers and directories, checked against the kind of the node."""

from pathlib import Path

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistakes, Over, SubscribeSection
from gma_twisted.nodes import INDEX, REGISTRY, NodeKind
from gma_twisted.nodes.kind import ARCHIVER, CONSUMER, PRODUCER
from gma_twisted.nodes.rolefits import isStreamed
from gma_twisted.nodes.storeroom import copiesOf
from tests.nodes.plans import planOf

AT = "at = 'http://127.0.0.1:8490/services/producer'\n"
DIRECTORY = "at = 'http://127.0.0.1:8481/services/directory'\n"
GREETER = (
    "[services.consumer]\nclass = 'tests.nodes.skeletons:Greeter'\narguments = { word = 'a' }\n"
)


class FitTests(SynchronousTestCase):
    """Mistakes, each in one line."""

    def wrong(self, text: str, kind: NodeKind) -> str:
        """The only one."""
        error: Mistakes = self.assertRaises(Mistakes, planOf, text, kind=kind)
        (line,) = error.lines
        return line

    def test_unused(self) -> None:
        """A section the node has no use for."""
        self.assertIn("is no producer", self.wrong("[producer]\nnames = 'glue:*'\n", CONSUMER))
        self.assertIn("is no consumer", self.wrong("[consumer]\nfiles = 2\n", PRODUCER))
        self.assertIn("is no directory", self.wrong("[directory]\nmin_lifetime = '6s'\n", INDEX))
        self.assertIn("has no consumer", self.wrong(f"[subscribe.a]\n{AT}", PRODUCER))
        planOf("[directory]\nmin_lifetime = '6s'\n", kind=REGISTRY)

    def test_kept(self) -> None:
        """An index keeps events as service data, where it is subscribed to some, and does nothing else with them."""
        kept = (
            "[consumer]\ngood = '5m'\ngrace = '1m'\nevent_types = 'host.*'\nmax_lifetime = '1h'\n"
        )
        asked = f"[subscribe.a]\n{AT}"
        plan = planOf(f"{kept}{asked}good = '1h'\ngrace = '0s'\n")
        self.assertTrue(plan.keepsEvents)
        self.assertFalse(planOf("").keepsEvents)
        line = self.wrong(kept, INDEX)
        self.assertIn("without [subscribe.NAME] is no consumer", line)
        self.assertIn("write [subscribe.NAME] with at =", line)
        for more in ("output = 'print'", "files = 2", "class = 'a.b:C'"):
            line = self.wrong(f"[consumer]\n{more}\n{asked}", INDEX)
            self.assertIn(f"consumer.{more.partition(' ')[0]}", line)
            self.assertIn("makes events service data, and does nothing else with them", line)
        for text in (f"[consumer]\ngood = '5m'\n{asked}", f"{asked}grace = '1m'\n"):
            self.assertIn(
                "does not make events service data, as a gma-index does", self.wrong(text, CONSUMER)
            )
        self.assertIn(
            "at /services/consumer the events of [subscribe.NAME] come in",
            self.wrong(GREETER + asked, INDEX),
        )
        planOf(GREETER)

    def test_keptFor(self) -> None:
        """For no time at all is a mistake."""
        for text in (
            f"[subscribe.a]\n{AT}good = '0s'\n",
            f"[consumer]\ngood = '0s'\n[subscribe.a]\n{AT}",
        ):
            self.assertIn("must be longer than nothing", self.wrong(text, INDEX))

    def test_room(self) -> None:
        """The store must hold them beside the registrations, and copies get what they leave."""
        few = "limits.registry_entries = 100\nlimits.store_elements = 101_100\n"
        asked = f"[subscribe.a]\n{AT}"
        plan = planOf(few + asked)
        self.assertEqual(copiesOf(INDEX, plan.limits, True).elements, 0)
        self.assertEqual(copiesOf(INDEX, plan.limits).elements, 100_000)
        line = self.wrong(few.replace("101_100", "101_099") + asked, INDEX)
        self.assertIn("others beside the events of event_values; make store_elements 101100", line)
        planOf(few.replace("101_100", "101_099"))

    def test_filter(self) -> None:
        """A filter that cannot be read."""
        line = self.wrong(f"[subscribe.a]\n{AT}filter = 'load >'\n", CONSUMER)
        self.assertIn("vo.toml:3:10: subscribe.a.filter", line)

    def test_directories(self) -> None:
        """Only producers and consumers are told to directories; nothing there copies service data."""
        self.assertIn(
            "knows producers and consumers", self.wrong(f"[register.a]\n{DIRECTORY}", INDEX)
        )
        self.assertIn(
            "here that is /services/producer",
            self.wrong(f"[register.a]\n{DIRECTORY}services = '/services/container'\n", PRODUCER),
        )
        self.assertIn(
            "copies no service data",
            self.wrong(f"[register.a]\n{DIRECTORY}names = 'glue:*'\n", PRODUCER),
        )
        # By another path it is a directory when it is said to be one.
        plan = planOf("[register.a]\nat = 'http://h/d'\ngma = true\n", kind=PRODUCER)
        self.assertTrue(plan.register["a"].isDirectory)

    def test_streams(self) -> None:
        """Lines come where they are listened for by TCP; and who sends none needs no place for them."""
        listen = "[consumer]\nlisten = 'x-netlog{}://127.0.0.1'\n"
        asked = f"[subscribe.a]\n{AT}over = 'stream'\n"
        for text in (asked, listen.format("-udp") + asked):
            line = self.wrong(text, CONSUMER)
            self.assertIn("subscribe.a.over: a gma-consumer that listens at no x-netlog", line)
            self.assertIn('write listen = "x-netlog://127.0.0.1:14830" under [consumer]', line)
        planOf(listen.format("") + asked, kind=CONSUMER)
        planOf(listen.format("") + asked, kind=INDEX)
        self.assertIn(
            "subscribe.a.format: no lines come",
            self.wrong(f"[subscribe.a]\n{AT}format = 'bp'\n", CONSUMER),
        )
        self.assertIn(
            "is no producer, and has no use for [streams]",
            self.wrong("[streams]\nlinger = '1s'\n", CONSUMER),
        )
        planOf("[streams]\nlinger = '1s'\n", kind=PRODUCER)

    def test_streamed(self) -> None:
        """Where it is not said how events come: in lines at a compound node, as messages at any other."""
        section = SubscribeSection()
        self.assertTrue(isStreamed(ARCHIVER, section))
        self.assertFalse(isStreamed(CONSUMER, section))
        self.assertFalse(isStreamed(ARCHIVER, attrs.evolve(section, over=Over.NOTIFY)))
        self.assertTrue(isStreamed(CONSUMER, attrs.evolve(section, over=Over.STREAM)))

    def test_demand(self) -> None:
        """Only a producer is asked for so many events a second."""
        text = (
            "[providers.a]\nclass = 'tests.nodes.components:Good'\ninterval = '1s'\n"
            "demand = true\nfastest = '200ms'\n"
        )
        self.assertIn("nobody asks a gma-index", self.wrong(text, INDEX))
        (setup,) = planOf(text, kind=PRODUCER).setups
        self.assertEqual((setup.isOnDemand, setup.fastest), (True, 0.2))

    def test_class(self) -> None:
        """A class that is no server of the role."""
        line = self.wrong("[producer]\nclass = 'tests.nodes.components:Good'\n", PRODUCER)
        self.assertIn('"tests.nodes.components:Good" is no ProducerServer', line)
        self.assertIn("derive the class from", line)

    def test_settled(self) -> None:
        """A producer without a class and without providers tells of this host; with a class of nothing."""
        self.assertEqual([one.name for one in planOf("", kind=PRODUCER).setups], ["system"])
        text = "[producer]\nclass = 'tests.nodes.gmaservers:Counting'\n"
        self.assertEqual(list(planOf(text, kind=PRODUCER).setups), [])

    def test_file(self) -> None:
        """A file to store to is named once and for all."""
        plan = planOf("[consumer]\noutput = 'store'\nfile = 'x'\n", kind=CONSUMER)
        self.assertEqual(plan.consumer.file, str(Path("x").absolute()))
