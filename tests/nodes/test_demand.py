"""Providers on demand in a whole node: what a client is answered, and who keeps them awake."""

from collections.abc import Awaitable
from typing import ClassVar

from zope.interface import implementer

from gma_twisted.configuration import Mistakes
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.model import QName
from gma_twisted.nodes import INDEX
from gma_twisted.timing import Ready
from tests.nodes.plans import planOf
from tests.nodes.test_aggregating import AggregatingCase

NAME = QName("urn:example", "Counted")
SECTION = """
[providers.counted]
class = "tests.nodes.test_demand:Counted"
interval = "2s"
"""


@implementer(ISimpleDataProvider)
class Counted:
    """
    Says how often it ran.

    @cvar runs: how often
    """

    name = "counted"
    description = "how often it ran"
    runs: ClassVar[int] = 0

    def provide(self) -> Awaitable[bytes]:
        """How often."""
        Counted.runs += 1
        return Ready(f'<Counted xmlns="urn:example">{self.runs}</Counted>'.encode())


class DemandTests(AggregatingCase):
    """An index with one provider on demand."""

    def setUp(self) -> None:
        """It runs."""
        super().setUp()
        Counted.runs = 0

    def test_asked(self) -> None:
        """It rests until somebody asks, who is answered with what is so now."""
        self.node(INDEX, SECTION + "demand = true\n")
        self.turn(100.0)
        self.assertEqual(Counted.runs, 1)
        (value,) = self.values(INDEX, NAME)
        self.assertIn(b">2<", value.head + value.tail)
        self.turn(60.0)
        self.assertGreater(Counted.runs, 20)
        self.turn(100.0)
        before = Counted.runs
        self.turn(100.0)
        self.assertEqual(Counted.runs, before)

    def test_always(self) -> None:
        """Without the key it runs all the time."""
        self.node(INDEX, SECTION)
        self.turn(100.0)
        self.assertGreater(Counted.runs, 40)

    def test_mistakes(self) -> None:
        """What does not run again and again cannot rest."""
        text = SECTION.replace('interval = "2s"', 'interval = "0s"') + "demand = true\n"
        error = self.assertRaises(Mistakes, planOf, text, kind=INDEX)
        self.assertIn("only what runs again and again can rest in between", str(error))
        text = SECTION + "demand = true\nasync = true\n"
        error = self.assertRaises(Mistakes, planOf, text, kind=INDEX)
        self.assertIn("a provider that decides itself when there is news", str(error))
