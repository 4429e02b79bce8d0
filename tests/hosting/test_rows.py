"""Services that are rows of anybody: what is general about them."""

import math
from collections.abc import Awaitable, Sequence

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    ModifiabilityViolation,
    TooLarge,
    UnknownId,
)
from gma_twisted.hosting import RowFamily
from gma_twisted.interfaces import (
    IGridService,
    IRowQueries,
    IServiceFamily,
    IServiceRow,
    IServiceRows,
)
from gma_twisted.markup import Element, XMLGate, nameOf
from gma_twisted.markup.namespaces import OGSI, XSI
from gma_twisted.model import Expression, Handle, ServiceDataElement, TerminationTime
from gma_twisted.queries import NameQueryLimits, RowQueries
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import FewValues
from gma_twisted.timing import NodeClock, Ready, toDeferred

_HANDLE = Handle("http://gate:8480/services/x/rows?a=1&b=2")
_WALL = 1_700_000_000.0


@implementer(IServiceRow)
@attrs.define(eq=False)
class _Row:
    """A row that grants two seconds more than is asked, at most 100 from the beginning."""

    id: str
    until: float = math.inf
    created: float = _WALL
    ended: int = 0
    owner: str | None = "anne"

    @property
    def handle(self) -> Handle:
        """See L{IServiceRow}."""
        return _HANDLE.child(self.id)

    def values(self) -> Sequence[ServiceDataElement]:
        """See L{IServiceRow}."""
        return ()

    def endAt(self, until: float) -> Awaitable[float]:
        """See L{IServiceRow}."""
        self.until = min(until + 2.0, 100.0)
        return Ready(self.until)

    def end(self) -> Awaitable[None]:
        """See L{IServiceRow}."""
        self.ended += 1
        return Ready(None)


@implementer(IServiceRows)
@attrs.define(eq=False)
class _Rows:
    """One row."""

    one: _Row

    def row(self, id: str) -> _Row:
        """See L{IServiceRows}."""
        if id != self.one.id:
            raise UnknownId(f"there is no {id}")
        return self.one


class RowFamilyTests(SynchronousTestCase):
    """Of one row."""

    def setUp(self) -> None:
        """The family."""
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: _WALL + self.time.seconds())
        self.row = _Row("a")
        queries = RowQueries(
            self.clock, FewValues(self.clock).select, NameQueryLimits(maxAnswer=5000, maxNames=3)
        )
        self.queries = queries
        self.family = RowFamily(_HANDLE, (GRID_SERVICE,), _Rows(self.row), queries, self.clock)
        self.role = self.family.role("a")

    def _find(self, text: str) -> list[Element]:
        tree = XMLGate().parse(
            f'<o:queryByServiceDataNames xmlns:o="{OGSI}">{text}</o:queryByServiceDataNames>'.encode()
        )
        body = self.successResultOf(
            toDeferred(self.role.findServiceData(Expression(nameOf(tree), tree)))
        )
        declared = f'xmlns:sd="urn:sd" xmlns:ogsi="{OGSI}" xmlns:gma="urn:gma" xmlns:xsi="{XSI}"'
        return list(XMLGate().parse(b"<r %b>%b</r>" % (declared.encode(), body))[0])

    def _granted(self, awaitable: Awaitable[TerminationTime]) -> TerminationTime:
        granted: TerminationTime = self.successResultOf(toDeferred(awaitable))
        return granted

    def test_byNamesOnly(self) -> None:
        """Another language is refused with what there is."""
        tree = XMLGate().parse(f'<o:queryByServiceDataXPath xmlns:o="{OGSI}"/>'.encode())
        error = self.assertRaises(
            ExtensibilityNotSupported, self.role.findServiceData, Expression(nameOf(tree), tree)
        )
        self.assertEqual(
            error.message,
            f'"{{{OGSI}}}queryByServiceDataXPath" is no query language here; this service is asked'
            f" by names only, {{{OGSI}}}queryByServiceDataNames",
        )

    def test_interfaces(self) -> None:
        """All are what they say."""
        for interface, thing in (
            (IServiceFamily, self.family),
            (IGridService, self.role),
            (IRowQueries, self.queries),
            (IServiceRow, self.row),
            (IServiceRows, self.family.rows),
        ):
            self.assertTrue(verifyObject(interface, thing))

    def test_path(self) -> None:
        """The family's path is its handle's; an unknown id has no role."""
        self.assertEqual(self.family.path, "/services/x/rows")
        self.assertRaises(UnknownId, self.family.role, "b")

    def test_values(self) -> None:
        """Every standard value is there and typed, the handle escaped as it must be."""
        for one in GRID_SERVICE.serviceData:
            values = self._find(f"<o:name>{one.name.clark}</o:name>")
            self.assertTrue(values, one.name)
            for value in values:
                self.assertIsNotNone(value.get(f"{{{XSI}}}type"))
        (handle,) = self._find("<o:name>o:gridServiceHandle</o:name>")
        self.assertEqual(handle.text, self.row.handle.url)

    def test_noEnd(self) -> None:
        """A row without an end says so."""
        (value,) = self._find("<o:name>o:terminationTime</o:name>")
        self.assertEqual(value.get(f"{{{OGSI}}}before"), "infinity")
        granted = self._granted(self.role.requestTerminationAfter(math.inf))
        self.assertEqual(granted, TerminationTime(math.inf, math.inf, _WALL))
        self.assertEqual(self.row.until, math.inf)

    def test_bounds(self) -> None:
        """A query has its bounds, and its errors are those of every query by names."""
        self.assertRaises(
            TooLarge, self._find, "".join(f"<o:name>o:n{n}</o:name>" for n in range(4))
        )
        self.assertRaises(TooLarge, self._find, f"<o:name>{{{OGSI}}}*</o:name>")
        self.assertRaises(ExtensibilityTypeError, self._find, "<o:other/>")

    def test_otherLanguages(self) -> None:
        """Other expressions are refused, and nothing can be set."""
        for method in (self.role.findServiceData, self.role.setServiceData):
            tree = XMLGate().parse(b"<sql/>")
            self.assertRaises(ExtensibilityNotSupported, method, Expression(nameOf(tree), tree))
        tree = XMLGate().parse(f'<o:setByServiceDataNames xmlns:o="{OGSI}"/>'.encode())
        asked = Expression(nameOf(tree), tree)
        self.assertRaises(ModifiabilityViolation, self.role.setServiceData, asked)

    def test_after(self) -> None:
        """The end moves to what the owner of the row grants; an end that is late enough stays."""
        self.row.until = 10.0
        for asked, until in ((9.0, 10.0), (10.0, 10.0), (11.0, 13.0), (12.0, 13.0), (500.0, 100.0)):
            granted = self._granted(self.role.requestTerminationAfter(_WALL + asked))
            self.assertEqual(granted, TerminationTime(_WALL + until, _WALL + until, _WALL))

    def test_before(self) -> None:
        """A latest end before the present one moves it, one at or after it leaves it, one now or earlier is the end."""
        self.row.until = 10.0
        self.time.advance(1.0)
        for asked in (10.0, 11.0, math.inf):
            granted = self._granted(self.role.requestTerminationBefore(_WALL + asked))
            self.assertEqual(granted, TerminationTime(_WALL + 10.0, _WALL + 10.0, _WALL + 1.0))
        granted = self._granted(self.role.requestTerminationBefore(_WALL + 5.0))
        self.assertEqual(granted, TerminationTime(_WALL + 7.0, _WALL + 7.0, _WALL + 1.0))
        for asked in (1.0, 0.0, -math.inf):
            granted = self._granted(self.role.requestTerminationBefore(_WALL + asked))
            self.assertEqual(granted, TerminationTime(_WALL + 1.0, _WALL + 1.0, _WALL + 1.0))
        self.assertEqual(self.row.ended, 3)

    def test_destroy(self) -> None:
        """Destroying ends the row."""
        self.successResultOf(toDeferred(self.role.destroy()))
        self.assertEqual(self.row.ended, 1)
