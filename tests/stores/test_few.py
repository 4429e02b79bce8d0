"""A handful of values is selected from as a store selects."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TargetInvalid
from gma_twisted.markup.namespaces import OGSI, ogsi
from gma_twisted.markup.typed import typedValue
from gma_twisted.model import (
    FOREVER,
    ElementKey,
    Lifetime,
    NameQuery,
    NameSelector,
    QName,
    ServiceDataElement,
)
from gma_twisted.stores import FewValues
from gma_twisted.timing import NodeClock


def _value(local: str, key: str = "", lifetime: Lifetime = FOREVER) -> ServiceDataElement:
    return typedValue(ElementKey(ogsi(local), "http://a/x", key), "xsd:string", lifetime, 0.0)


def _query(*names: QName, limit: int | None = None, cursor: str | None = None) -> NameQuery:
    return NameQuery(tuple(NameSelector(name) for name in names), limit=limit, cursor=cursor)


class FewValuesTests(SynchronousTestCase):
    """Of five values of three names."""

    def setUp(self) -> None:
        """The values."""
        self.time = Clock()
        self.few = FewValues(NodeClock(self.time))
        self.values = [_value("b", "1"), _value("a"), _value("b", "2"), _value("c"), _value("b")]

    def test_selects(self) -> None:
        """In the order asked, then in the order given."""
        answer = self.few.select(self.values, _query(ogsi("b"), ogsi("a")))
        found = [(one.key.name.localName, one.key.key) for one in answer.elements]
        self.assertEqual(found, [("b", "1"), ("b", "2"), ("b", ""), ("a", "")])
        self.assertIsNone(answer.cursor)

    def test_unknown(self) -> None:
        """A name without a value is not known."""
        self.assertRaises(TargetInvalid, self.few.select, self.values, _query(ogsi("d")))

    def test_gone(self) -> None:
        """What is over is not there."""
        values = [*self.values, _value("d", lifetime=Lifetime(0.0, 1.0, 2.0))]
        self.time.advance(1.5)
        self.assertEqual(len(self.few.select(values, _query(ogsi("d"))).elements), 1)
        self.time.advance(0.5)
        self.assertRaises(TargetInvalid, self.few.select, values, _query(ogsi("d")))

    def test_pages(self) -> None:
        """A page goes on where the one before ended, though nothing was kept between them."""
        found, cursor = [], None
        for _ in range(5):
            query = _query(QName(OGSI, "*"), limit=1, cursor=cursor)
            answer = self.few.select(list(self.values), query)
            found += [(one.key.name.localName, one.key.key) for one in answer.elements]
            cursor = answer.cursor
        self.assertIsNone(cursor)
        self.assertEqual(found, [("a", ""), ("b", "1"), ("b", "2"), ("b", ""), ("c", "")])
        foreign = _query(ogsi("a"), cursor="AAAA")
        self.assertRaises(ParameterError, self.few.select, self.values, foreign)
