"""Aggregation asked for in GT 3.2's words."""

from zope.interface.verify import verifyObject

from gma_twisted.aggregation import DataAggregations
from gma_twisted.errors import ExtensibilityNotSupported, Refused, UnknownId
from gma_twisted.interfaces import IDataAggregation
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import AGG32
from gma_twisted.model import Caller, DataAggregation, Expression, Handle
from gma_twisted.timing import toDeferred
from tests.aggregation.source import HERE, HOST, SOURCE
from tests.aggregation.test_aggregator import ANN, BOB, AggregatorCase

PARAMS = (
    f'<AggregationSubscription xmlns="{AGG32}" xmlns:t="urn:t"><serviceDataNames>'
    '<o:name xmlns:o="http://www.gridforum.org/namespaces/2003/03/OGSI">t:Host</o:name>'
    "</serviceDataNames><lifetime>20</lifetime></AggregationSubscription>"
)


class DataAggregationTests(AggregatorCase):
    """Of an aggregator."""

    def setUp(self) -> None:
        """It has started."""
        super().setUp()
        self.role = DataAggregations(self.aggregator, HERE)

    def asked(self, sink: Handle | None = None, params: str = PARAMS) -> DataAggregation:
        """What is asked for."""
        root = XMLGate().parse(params.encode())
        return DataAggregation(SOURCE, sink, Expression(nameOf(root), root))

    def add(self, what: DataAggregation, caller: Caller = ANN) -> str:  # type: ignore[override]
        """Ask and have it granted; the session's id."""
        return self.successResultOf(toDeferred(self.role.addDataAggregation(what, caller)))

    def test_add(self) -> None:
        """A session is a subscription of its owner, with the lease asked for; the sink may be named."""
        verifyObject(IDataAggregation, self.role)
        id = self.add(self.asked())
        self.assertEqual(self.add(self.asked(HERE)), id)
        (row,) = self.rows()
        self.assertEqual((row.subscriptionId, row.source, row.names), (id, SOURCE, (HOST,)))
        self.advance(20.5)
        self.assertEqual(self.rows(), [])

    def test_remove(self) -> None:
        """Its owner ends it."""
        id = self.add(self.asked())
        self.assertRaises(UnknownId, self.role.removeDataAggregation, id, BOB)
        self.successResultOf(toDeferred(self.role.removeDataAggregation(id, ANN)))
        self.assertEqual(self.rows(), [])

    def test_refused(self) -> None:
        """Another sink is not served, other params are not understood."""
        for what, error in (
            (self.asked(SOURCE), Refused),
            (self.asked(params="<AggregationSubscription/>"), ExtensibilityNotSupported),
        ):
            self.failureResultOf(toDeferred(self.role.addDataAggregation(what, ANN)), error)
        self.assertEqual(self.rows(), [])
