"""The entries of a registry as they are now: what reads see and commits are applied to."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from gma_twisted.errors import ParameterError, cut
from gma_twisted.model import Registration
from gma_twisted.stores.rows import OrderedRows

__all__ = ["EntryRow", "RegistryTable"]


class EntryRow:
    """
    The place of one entry: the registration in it changes, the place stays. Compared by identity.

    @ivar registration: as it is now
    @ivar serial: grows with every entry that is added to a registry
    @ivar place: of the batch in which it was last recorded whole
    """

    __slots__ = ("place", "registration", "serial")

    def __init__(self, registration: Registration, serial: int, place: int) -> None:
        """@param serial: higher than that of every row before"""
        self.registration = registration
        self.serial = serial
        self.place = place


class _Member:
    """The rows of a member with several entries."""

    __slots__ = ("owners", "rows")

    def __init__(self) -> None:
        self.rows: OrderedRows[EntryRow] = OrderedRows()
        self.owners: dict[str, OrderedRows[EntryRow]] = {}

    def add(self, row: EntryRow) -> None:
        self.rows.append(row)
        owner = row.registration.owner
        owned = self.owners.get(owner)
        if owned is None:
            owned = self.owners[owner] = OrderedRows()
        owned.append(row)

    def remove(self, row: EntryRow) -> None:
        self.rows.remove(row)
        owner = row.registration.owner
        owned = self.owners[owner]
        owned.remove(row)
        if not owned:
            del self.owners[owner]


class RegistryTable:
    """
    Entries by id, by member and in order; every change takes O(log n) or better.

    It is a L{View <gma_twisted.stores.registry.view.View>}: what is gone stays until it is removed. Most members have
    one entry: its row stands in the index itself, without a collection around it.

    @ivar size: what the entries weigh, in bytes; decisions reckon it, and who applies them keeps it here
    """

    __slots__ = (
        "_ended",
        "_members",
        "_order",
        "_owners",
        "_remembered",
        "_rows",
        "_serial",
        "size",
    )

    def __init__(self, remembered: int) -> None:
        """@param remembered: most ids of removed entries that L{after} still knows"""
        self.size = 0
        self._rows: dict[str, EntryRow] = {}
        self._order: OrderedRows[EntryRow] = OrderedRows()
        self._members: dict[str, EntryRow | _Member] = {}
        self._owners: dict[str, int] = {}
        self._serial = 0
        self._remembered = remembered
        # Not a dict: its first key is found by a search past all that were taken out before.
        self._ended: OrderedDict[str, int] = OrderedDict()

    @property
    def entries(self) -> int:
        """As in L{View <gma_twisted.stores.registry.view.View>}."""
        return len(self._rows)

    def row(self, entry: str) -> EntryRow | None:
        """The row of an entry; C{None} when there is none."""
        return self._rows.get(entry)

    def get(self, entry: str) -> Registration | None:
        """As in L{View <gma_twisted.stores.registry.view.View>}."""
        row = self._rows.get(entry)
        return None if row is None else row.registration

    def member(self, handle: str) -> Iterator[Registration]:
        """The entries of a member by its first handle, the oldest first; nothing may change meanwhile."""
        held = self._members.get(handle)
        if isinstance(held, EntryRow):
            yield held.registration
        elif held is not None:
            for row in held.rows:
                yield row.registration

    def known(self, handle: str, owner: str) -> Iterable[Registration]:
        """As in L{View <gma_twisted.stores.registry.view.View>}; nothing may change meanwhile."""
        held = self._members.get(handle)
        if held is None:
            return ()
        if isinstance(held, EntryRow):
            registration = held.registration
            return (registration,) if registration.owner == owner else ()
        return (row.registration for row in held.owners.get(owner, ()))

    def owned(self, owner: str) -> int:
        """As in L{View <gma_twisted.stores.registry.view.View>}."""
        return self._owners.get(owner, 0)

    def everything(self) -> Iterator[Registration]:
        """As in L{View <gma_twisted.stores.registry.view.View>}; nothing may change meanwhile."""
        for row in self._order:
            yield row.registration

    def after(self, entry: str) -> Iterator[Registration]:
        """
        The entries whose ids came later; nothing may change meanwhile.

        @param entry: one that is here or was removed not too long ago; empty for the beginning
        @raise ParameterError: neither; at once
        """
        row = self._rows.get(entry)
        serial = row.serial if row is not None else self._ended.get(entry)
        if entry and serial is None:
            raise ParameterError(
                f"no page can begin after {cut(entry)}: it was never an entry here, or ended too long ago;"
                " begin again with the first page",
                parameter="after",
            )
        return (row.registration for row in self._order.after(serial or 0))

    def put(self, registration: Registration, place: int) -> EntryRow:
        """
        Add an entry, or put it in the place of its former self.

        With another owner or first handle, as only a reset gives it, it comes last in every order.
        """
        entry = registration.entry
        row = self._rows.get(entry)
        if row is not None:
            before = row.registration
            if (before.handle, before.owner) == (registration.handle, registration.owner):
                row.registration = registration
                row.place = place
                return row
            self.remove(entry)
        self._serial += 1
        if row is None:
            row = EntryRow(registration, self._serial, place)
        else:
            row.registration, row.serial, row.place = registration, self._serial, place
        self._ended.pop(entry, None)
        self._rows[entry] = row
        self._order.append(row)
        self._joined(row)
        self._owners[registration.owner] = self._owners.get(registration.owner, 0) + 1
        return row

    def renew(self, registration: Registration) -> EntryRow | None:
        """
        Put an entry in the place of itself with another end.

        @return: its row, of which the place stays; C{None} when it is not there
        """
        row = self._rows.get(registration.entry)
        if row is not None:
            row.registration = registration
        return row

    def _joined(self, row: EntryRow) -> None:
        handle = row.registration.handle
        held = self._members.get(handle)
        if held is None:
            self._members[handle] = row
        elif isinstance(held, EntryRow):
            member = self._members[handle] = _Member()
            member.add(held)
            member.add(row)
        else:
            held.add(row)

    def remove(self, entry: str) -> EntryRow | None:
        """Take an entry out. @return: the row it had; C{None} when it was not there"""
        row = self._rows.pop(entry, None)
        if row is None:
            return None
        registration = row.registration
        self._order.remove(row)
        self._left(row)
        owned = self._owners[registration.owner] - 1
        if owned:
            self._owners[registration.owner] = owned
        else:
            del self._owners[registration.owner]
        self._ended[entry] = row.serial
        if len(self._ended) > self._remembered:
            self._ended.popitem(last=False)
        return row

    def _left(self, row: EntryRow) -> None:
        handle = row.registration.handle
        held = self._members[handle]
        if isinstance(held, _Member):
            held.remove(row)
            if len(held.rows) == 1:
                self._members[handle] = next(iter(held.rows))
        else:
            del self._members[handle]
