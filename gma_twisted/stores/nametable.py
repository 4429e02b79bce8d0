"""The values of one service data name, found by originator, by key, or in order."""

import math
from collections.abc import Iterable, Iterator

from gma_twisted.stores.rows import OrderedRows, Row

__all__ = ["NameTable"]


class _KeyGroup:
    """Rows that share a key, one for each originator."""

    __slots__ = ("byOriginator", "rows")

    def __init__(self) -> None:
        self.byOriginator: dict[str, Row] = {}
        self.rows: OrderedRows[Row] = OrderedRows()

    def add(self, row: Row) -> None:
        self.byOriginator[row.element.key.originator] = row
        self.rows.append(row)

    def remove(self, row: Row) -> None:
        del self.byOriginator[row.element.key.originator]
        self.rows.remove(row)


class NameTable:
    """
    The rows of one name, those that are gone and not yet swept included.

    Most keys have one originator, and many originators one value: such a row stands in the index itself, without a
    collection around it.

    @ivar declared: whether the name is known without a value
    """

    __slots__ = ("_byKey", "_byOriginator", "_latest", "_rows", "declared")

    def __init__(self) -> None:
        """Make a table without rows, not declared."""
        self.declared = False
        self._rows: OrderedRows[Row] = OrderedRows()
        self._byKey: dict[str, Row | _KeyGroup] = {}
        self._byOriginator: dict[str, Row | OrderedRows[Row]] = {}
        # No availableUntil in here is later.
        self._latest = -math.inf

    def __len__(self) -> int:
        """How many rows."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        """Every row in order; the table must not change meanwhile."""
        return iter(self._rows)

    def find(self, key: str, originator: str) -> Row | None:
        """The row of an identity; C{None} when there is none."""
        held = self._byKey.get(key)
        if isinstance(held, Row):
            return held if held.element.key.originator == originator else None
        return None if held is None else held.byOriginator.get(originator)

    def add(self, row: Row) -> None:
        """Add the row of an identity that has none."""
        self._rows.append(row)
        self.lasting(row.element.lifetime.availableUntil)
        identity = row.element.key
        keyed = self._byKey.get(identity.key)
        if keyed is None:
            self._byKey[identity.key] = row
        elif isinstance(keyed, Row):
            group = self._byKey[identity.key] = _KeyGroup()
            group.add(keyed)
            group.add(row)
        else:
            keyed.add(row)
        originated = self._byOriginator.get(identity.originator)
        if originated is None:
            self._byOriginator[identity.originator] = row
        elif isinstance(originated, Row):
            rows: OrderedRows[Row] = OrderedRows()
            self._byOriginator[identity.originator] = rows
            rows.append(originated)
            rows.append(row)
        else:
            originated.append(row)

    def remove(self, row: Row) -> None:
        """Take out a row that is in here."""
        self._rows.remove(row)
        identity = row.element.key
        keyed = self._byKey[identity.key]
        if isinstance(keyed, _KeyGroup):
            keyed.remove(row)
        if isinstance(keyed, Row) or not keyed.rows:
            del self._byKey[identity.key]
        originated = self._byOriginator[identity.originator]
        if isinstance(originated, OrderedRows):
            originated.remove(row)
        if isinstance(originated, Row) or not originated:
            del self._byOriginator[identity.originator]

    def lasting(self, availableUntil: float) -> None:
        """Take note that a row lasts until then."""
        if availableUntil > self._latest:
            self._latest = availableUntil

    def liveUntil(self, now: float) -> float | None:
        """
        Until when some value is certainly there, if nothing is changed; C{None} when all are gone.

        Looks at one row, and past those that are gone and not swept.
        """
        if self._latest <= now:
            return None
        for row in self._rows:
            available = row.element.lifetime.availableUntil
            if available > now:
                return available
        self._latest = now
        return None

    def select(self, originator: str | None, key: str | None, after: int) -> Iterable[Row]:
        """
        Rows in order, without a look at any other.

        @param originator: only this one's; C{None} for all
        @param key: only with this key; C{None} for all
        @param after: only rows with a higher serial
        """
        held: Row | OrderedRows[Row] | None
        if key is None:
            held = self._rows if originator is None else self._byOriginator.get(originator)
        elif originator is None:
            keyed = self._byKey.get(key)
            held = keyed.rows if isinstance(keyed, _KeyGroup) else keyed
        else:
            held = self.find(key, originator)
        if isinstance(held, OrderedRows):
            return held.after(after)
        return () if held is None or held.serial <= after else (held,)
