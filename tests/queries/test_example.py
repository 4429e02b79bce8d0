"""The example of a query language."""

import runpy
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.errors import TargetInvalid
from gma_twisted.execution import checkLanguage
from gma_twisted.interfaces import IQueryLanguage
from gma_twisted.markup import XMLGate
from gma_twisted.model import Declare, ElementKey, Lifetime, Put, QName, ServiceDataElement
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.queries import QueryLanguageContract, openAnswer
from gma_twisted.timing import NodeClock

EXAMPLE = Path(__file__).parents[2] / "examples" / "busiest.py"
_HOST, _NONE = QName("urn:v", "Host"), QName("urn:v", "None")


def _expression(name: str = "{urn:v}Host", attribute: str = "load") -> bytes:
    return f'<busiest xmlns="urn:example:busiest" name="{name}" attribute="{attribute}"/>'.encode()


class BusiestTests(QueryLanguageContract, SynchronousTestCase):
    """examples/busiest.py keeps the contract, and finds what it should."""

    def setUp(self) -> None:
        """Load it."""
        if not EXAMPLE.exists():
            raise SkipTest("the examples are not installed")
        self.language: Any = runpy.run_path(str(EXAMPLE))["BusiestLanguage"]

    def makeLanguage(self) -> IQueryLanguage:
        """Over three hosts, one of which says no number, and a name without values."""
        store = MemoryStore(NodeClock(Clock()))
        values = [
            ServiceDataElement(
                ElementKey(_HOST, "http://o/", key),
                f'<v:Host xmlns:v="urn:v" load="{load}"'.encode(),
                b"/>",
                Lifetime(0.0),
            )
            for key, load in (("a", "0.5"), ('b"', "3"), ("c", "much"))
        ]
        self.result(store.commit([Declare([_NONE]), *map(Put, values)]))
        made: IQueryLanguage = self.language(store)
        return made

    def goodExpressions(self) -> list[bytes]:
        """Where there is a number, and where there is none."""
        return [_expression(), _expression("{urn:v}None"), _expression(attribute="other")]

    def badExpressions(self) -> list[bytes]:
        """Without one of the attributes."""
        return [
            b'<busiest xmlns="urn:example:busiest" name="x"/>',
            _expression(name=""),
            _expression("nix:Host"),
        ]

    def test_found(self) -> None:
        """The key and the number of the largest; nothing where there is none; an unknown name is refused."""
        checkLanguage(self.language, "")
        language = self.makeLanguage()

        def answer(document: bytes) -> Any:
            return openAnswer(self.result(language.answer(self.read(language, document))))

        found = answer(_expression())
        self.assertEqual((found.get("key"), found.text), ('b"', "3"))
        self.assertIsNone(answer(_expression(attribute="other")).text)
        self.assertRaises(TargetInvalid, answer, _expression("{urn:v}Nobody"))

    def read(self, language: IQueryLanguage, document: bytes) -> object:
        """What an expression asks."""
        return language.read(XMLGate().parse(document))
