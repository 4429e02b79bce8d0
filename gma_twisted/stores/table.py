"""The values of a store as they are now: what reads see and commits are applied to."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from gma_twisted.model import ElementKey, QName, ServiceDataElement
from gma_twisted.stores.nametable import NameTable
from gma_twisted.stores.rows import Row
from gma_twisted.stores.view import weight

__all__ = ["ElementTable"]


class _Namespace:
    """The names of one namespace, in order."""

    __slots__ = ("order", "tables")

    def __init__(self) -> None:
        self.order: list[str] = []
        self.tables: dict[str, NameTable] = {}


class ElementTable:
    """
    Values under their identity, by name and by namespace; every change takes O(log n) or better.

    It is a L{View <gma_twisted.stores.view.View>}: what is gone stays until it is removed.

    @ivar elements: how many values
    @ivar size: what they weigh, in bytes
    @ivar names: how many names are declared or have a value
    @ivar copies: how many values came from other nodes
    @ivar copiesSize: what those weigh, in bytes
    """

    __slots__ = (
        "_namespaces",
        "_serial",
        "copies",
        "copiesSize",
        "elements",
        "names",
        "size",
    )

    def __init__(self) -> None:
        """Make an empty table."""
        # By namespace, then by local name: strings hash and compare at C speed, QNames do not.
        self._namespaces: dict[str, _Namespace] = {}
        self._serial = 0
        self.elements = 0
        self.size = 0
        self.names = 0
        self.copies = 0
        self.copiesSize = 0

    def table(self, name: QName) -> NameTable | None:
        """The rows of a name; C{None} when it has none and is not declared."""
        namespace = self._namespaces.get(name.namespace)
        return None if namespace is None else namespace.tables.get(name.localName)

    def tables(self, namespace: str, start: str = "") -> Iterator[tuple[str, NameTable]]:
        """
        The tables of a namespace, sorted by local name; nothing may change meanwhile.

        @param start: local name to begin with, it need not be there
        """
        found = self._namespaces.get(namespace)
        if found is not None:
            for at in range(bisect_left(found.order, start), len(found.order)):
                local = found.order[at]
                yield local, found.tables[local]

    def known(self, now: float) -> list[QName]:
        """Every name that is declared or has a value not gone, sorted."""
        return [
            QName(namespace, local)
            for namespace in sorted(self._namespaces)
            for local, table in self.tables(namespace)
            if table.declared or table.liveUntil(now) is not None
        ]

    def row(self, key: ElementKey) -> Row | None:
        """The row of an identity; C{None} when there is none."""
        # As table, without the call: a value is looked up some four times on its way into the store.
        name = key.name
        namespace = self._namespaces.get(name.namespace)
        table = None if namespace is None else namespace.tables.get(name.localName)
        return None if table is None else table.find(key.key, key.originator)

    def get(self, key: ElementKey) -> ServiceDataElement | None:
        """As in L{View <gma_twisted.stores.view.View>}."""
        row = self.row(key)
        return None if row is None else row.element

    def originated(self, name: QName, originator: str) -> Iterator[ElementKey]:
        """As in L{View <gma_twisted.stores.view.View>}; nothing may change meanwhile."""
        table = self.table(name)
        if table is not None:
            for row in table.select(originator, None, 0):
                yield row.element.key

    def everything(self) -> Iterator[ElementKey]:
        """As in L{View <gma_twisted.stores.view.View>}; nothing may change meanwhile."""
        for namespace in self._namespaces.values():
            for table in namespace.tables.values():
                for row in table:
                    yield row.element.key

    def count(self, name: QName) -> int:
        """As in L{View <gma_twisted.stores.view.View>}."""
        table = self.table(name)
        return 0 if table is None else len(table)

    def isDeclared(self, name: QName) -> bool:
        """As in L{View <gma_twisted.stores.view.View>}."""
        table = self.table(name)
        return table is not None and table.declared

    def put(self, element: ServiceDataElement) -> Row:
        """Add a value, or put it in the place of the one before."""
        key = element.key
        table = self._made(key.name)
        row = table.find(key.key, key.originator)
        if row is not None:
            # One identity weighs the same.
            before = row.element
            grown = len(element.head) + len(element.tail) - len(before.head) - len(before.tail)
            self.size += grown
            if element.path and before.path:
                self.copiesSize += grown
            elif element.path:
                self._copied(element, 1)
            elif before.path:
                self._copied(before, -1)
            row.element = element
            table.lasting(element.lifetime.availableUntil)
            return row
        self._serial += 1
        row = Row(element, self._serial)
        table.add(row)
        self.elements += 1
        self.size += weight(element)
        if element.path:
            self._copied(element, 1)
        return row

    def extend(self, row: Row, element: ServiceDataElement) -> None:
        """Put a value in the place of one with the same identity and content. @param row: is in here"""
        row.element = element
        self._made(element.key.name).lasting(element.lifetime.availableUntil)

    def remove(self, key: ElementKey) -> Row | None:
        """Take a value out. @return: the row it had; C{None} when it was not there"""
        table = self.table(key.name)
        row = None if table is None else table.find(key.key, key.originator)
        if table is None or row is None:
            return None
        table.remove(row)
        self.elements -= 1
        self.size -= weight(row.element)
        if row.element.path:
            self._copied(row.element, -1)
        self._dropUnknown(key.name, table)
        return row

    def declare(self, name: QName, known: bool) -> None:
        """Make a declaration, or take it back."""
        if known:
            self._made(name).declared = True
        else:
            table = self.table(name)
            if table is not None:
                table.declared = False
                self._dropUnknown(name, table)

    def _copied(self, element: ServiceDataElement, count: int) -> None:
        self.copies += count
        self.copiesSize += count * weight(element)

    def _made(self, name: QName) -> NameTable:
        namespace = self._namespaces.get(name.namespace)
        if namespace is None:
            namespace = self._namespaces[name.namespace] = _Namespace()
        table = namespace.tables.get(name.localName)
        if table is None:
            table = namespace.tables[name.localName] = NameTable()
            insort(namespace.order, name.localName)
            self.names += 1
        return table

    def _dropUnknown(self, name: QName, table: NameTable) -> None:
        if table.declared or len(table):
            return
        namespace = self._namespaces[name.namespace]
        del namespace.tables[name.localName]
        del namespace.order[bisect_left(namespace.order, name.localName)]
        self.names -= 1
        if not namespace.tables:
            del self._namespaces[name.namespace]
