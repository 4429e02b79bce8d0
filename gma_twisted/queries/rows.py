"""The query language by names over values that are there for one request only: services that are rows."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces import IRowQueries
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import Answer, NameQuery, QName, ServiceDataElement
from gma_twisted.queries.expression import readNameQuery
from gma_twisted.queries.limits import NameQueryLimits
from gma_twisted.queries.writing import writeRest
from gma_twisted.soap.values import writeHead
from gma_twisted.timing import NodeClock, Ready

__all__ = ["RowQueries"]


@implementer(IRowQueries)
@attrs.frozen(slots=True, eq=False)
class RowQueries:
    """
    C{ogsi:queryByServiceDataNames} over a handful of values; nothing of them is kept.

    @ivar clock: the node's
    @ivar select: what a query selects of some values, as a store selects of its own
    @ivar limits: of a query and its answer
    @ivar dialects: see L{IRowQueries}
    """

    clock: NodeClock
    select: Callable[[Sequence[ServiceDataElement], NameQuery], Answer]
    limits: NameQueryLimits = attrs.field(factory=NameQueryLimits)
    dialects: Sequence[QName] = attrs.field(default=(ogsi("queryByServiceDataNames"),), init=False)

    def read(self, expression: Element) -> NameQuery:
        """See L{IRowQueries}. @raise TooLarge: more names than C{limits.maxNames}"""
        return readNameQuery(expression, self.limits.maxNames)

    def answer(self, query: object, values: Sequence[ServiceDataElement]) -> Awaitable[bytes]:
        """See L{IRowQueries}; what fails at once is raised here."""
        if not isinstance(query, NameQuery):
            raise ParameterError(f"{cut(query)} is not a query by names")
        now = self.clock.seconds()
        wall = self.clock.wallTime()
        rest = writeRest(self.select(values, query), now, wall - now, self.limits.maxAnswer)
        return Ready(writeHead(wall) + rest)
