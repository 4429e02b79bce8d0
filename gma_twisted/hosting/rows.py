"""Services that are only rows, as GridServices: what is general about entries, subscriptions and sinks (WIRE 1).

Who owns the rows says what is special: L{IServiceRows <gma_twisted.interfaces.IServiceRows>}.
"""

from collections.abc import Awaitable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ExtensibilityNotSupported, ModifiabilityViolation, cut
from gma_twisted.hosting.ends import EndingRole
from gma_twisted.hosting.values import StandardValues
from gma_twisted.interfaces import (
    IGridService,
    IRowQueries,
    IServiceFamily,
    IServiceRow,
    IServiceRows,
)
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Expression,
    Handle,
    QName,
    ServiceDataElement,
    TerminationTime,
)
from gma_twisted.soap import PortType
from gma_twisted.soap.questions import noLanguage
from gma_twisted.soap.selection import flattened
from gma_twisted.timing import NodeClock

__all__ = ["RowFamily", "RowRole"]

_UPDATES = (ogsi("setByServiceDataNames"), ogsi("deleteByServiceDataNames"))


@implementer(IServiceFamily)
@attrs.define(slots=True, eq=False)
class RowFamily:
    """
    The services that the rows of one owner are.

    @ivar handle: what stands before the id
    @ivar portTypes: what each of them offers, GridService among them or extended
    @ivar rows: by id
    @ivar queries: read C{findServiceData}
    @ivar clock: the node's
    @ivar path: see L{IServiceFamily}
    """

    handle: Handle
    portTypes: Sequence[PortType]
    rows: IServiceRows
    queries: IRowQueries
    clock: NodeClock
    path: str = attrs.field(init=False)
    _interfaces: Sequence[QName] = attrs.field(init=False)
    _extensibility: Sequence[tuple[QName, QName]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.path = self.handle.path
        every = flattened(self.portTypes)
        self._interfaces = [portType.name for portType in every]
        asked = [(ogsi("findServiceDataExtensibility"), each) for each in self.queries.dialects]
        static = [pair for portType in every for pair in portType.staticValues]
        self._extensibility = tuple(dict.fromkeys([*static, *asked]))

    def role(self, id: str) -> "RowRole":
        """See L{IServiceFamily}."""
        return RowRole(self, self.rows.row(id))

    def owner(self, id: str) -> str | None:
        """See L{IServiceFamily}."""
        return self.rows.row(id).owner

    def values(self, row: IServiceRow) -> list[ServiceDataElement]:
        """All service data of a row, as it is now."""
        made = StandardValues(row.handle, self.clock.seconds(), row.created)
        values = [
            *made.names("interface", self._interfaces),
            *made.identity(),
            made.termination(self.clock.toWall(row.until)),
            *made.extensibility(self._extensibility),
            *row.values(),
        ]
        names = {value.key.name for value in values} | {ogsi("serviceDataName")}
        return values + made.names("serviceDataName", sorted(names))


@implementer(IGridService)
@attrs.frozen(slots=True, eq=False)
class RowRole:
    """
    A GridService over a row, for one request (OGSI 1.0, chapter 9).

    Nothing of its service data can be set; its end moves as L{EndingRole} says.

    @ivar family: what all such rows have
    @ivar row: this one
    """

    family: RowFamily
    row: IServiceRow

    def findServiceData(
        self, queryExpression: Expression, caller: Caller = OURSELVES
    ) -> Awaitable[bytes]:
        """See L{IGridService}."""
        queries = self.family.queries
        if queryExpression.name not in queries.dialects:
            raise noLanguage(queryExpression.name, queries.dialects)
        query = queryExpression.read(queries.read)
        return queries.answer(query, self.family.values(self.row))

    def setServiceData(self, updateExpression: Expression) -> Awaitable[bytes]:
        """See L{IGridService}."""
        if updateExpression.name not in _UPDATES:
            known = " and ".join(each.clark for each in _UPDATES)
            raise ExtensibilityNotSupported(
                f'"{cut(updateExpression.name)}" is no update here; there are {known}'
            )
        raise ModifiabilityViolation(
            f"none of the service data of {self.row.handle} is modifiable by clients"
        )

    def requestTerminationAfter(self, terminationTime: float) -> Awaitable[TerminationTime]:
        """See L{IGridService}."""
        return self._end().requestTerminationAfter(terminationTime)

    def requestTerminationBefore(self, terminationTime: float) -> Awaitable[TerminationTime]:
        """See L{IGridService}."""
        return self._end().requestTerminationBefore(terminationTime)

    def destroy(self) -> Awaitable[None]:
        """See L{IGridService}."""
        return self._end().destroy()

    def _end(self) -> EndingRole:
        return EndingRole(self.row, self.family.clock)
