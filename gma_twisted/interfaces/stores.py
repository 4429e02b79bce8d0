"""Where service data and registrations are kept (ARCHITECTURE rule 9: commit, then apply, then tell)."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from zope.interface import Attribute, Interface

from gma_twisted.model import (
    Answer,
    Changes,
    Command,
    ElementKey,
    NameQuery,
    QName,
    Registration,
    RegistryChanges,
    RegistryCommand,
    ServiceDataElement,
)

__all__ = ["IRegistryStore", "IServiceDataStore"]


class IServiceDataStore(Interface):
    """
    The service data of one service.

    Reads are synchronous and exact: nothing past its C{availableUntil} is ever seen, whatever was swept.
    Nothing uncommitted is read or told; a failed batch changes nothing.

    A class named in C{[store] class} keeps the data of a node's main service. The keywords of its constructor are
    C{arguments} of the configuration, but for those the node fills itself where the class has them: C{clock}, the
    L{NodeClock <gma_twisted.timing.NodeClock>} that every instant here is of; C{limits}, the L{StoreLimits
    <gma_twisted.stores.StoreLimits>} that C{[limits] store_*} say; C{runtime}, as providers get it. The constructor
    opens nothing: an object is made for every life of the node, and one whenever a configuration is checked.
    """

    revision: int = Attribute("grows by one with every commit that changed something")

    def __len__() -> int:
        """How many values are kept, those that are gone and not yet swept included; known at once."""

    def commit(commands: Sequence[Command]) -> Awaitable[Changes]:
        """
        Do all the commands in order, or none.

        When the answer is there, the commands are as durable as this store makes them, they are visible to
        reads, and observers have been told.

        @raise TooLarge: a bound of the store would be passed (elements, bytes, commands waiting); named
        @raise Busy: the store cannot write now; reads go on
        """

    def find(query: NameQuery) -> Answer:
        """
        @raise TargetInvalid: a selected name (not a wildcard) is not known
        @raise ParameterError: a cursor this store did not make
        """

    def get(key: ElementKey) -> ServiceDataElement | None:
        """The value, or C{None} when there is none or it is gone."""

    def names() -> Sequence[QName]:
        """Every known name, sorted: declared ones, and those with a value that is not gone."""

    def copied() -> tuple[int, int]:
        """
        How many values came from other nodes (with a path), and how many bytes they weigh; those that are gone and not
        yet swept included.
        """

    def observe(observer: Callable[[Changes], None]) -> Callable[[], None]:
        """
        Tell C{observer} of every commit and every expiry, in order, within the reactor turn that applied it.

        @return: ends the observation
        """

    def sync() -> Awaitable[int]:
        """Wait until everything committed before is durable. @return: the revision reached"""

    def reset(elements: Iterable[ServiceDataElement]) -> Awaitable[Changes]:
        """Make these the only values, as a replica does after a gap; observers hear the difference."""

    def start() -> Awaitable[None]:
        """
        Load what is kept, begin to expire; observers hear nothing of what is loaded.

        @raise GMAError: what is kept cannot be used; the node does not start, and says why
        """

    def stop() -> Awaitable[None]:
        """Finish commits under way, stop expiring; reads go on. Also called when C{start} failed."""


class IRegistryStore(Interface):
    """
    The entries of one registry, with the same promises as L{IServiceDataStore}: one catalogue behind OGSI service
    groups, registerService and the GMA directory.
    """

    revision: int = Attribute("grows by one with every commit that changed something")

    def commit(commands: Sequence[RegistryCommand]) -> Awaitable[RegistryChanges]:
        """
        Do all the commands in order, or none.

        When the answer is there, they are as durable as this store makes them, visible to reads, and told.

        @raise TooLarge: a bound would be passed (entries, entries of the owner, bytes, commands waiting); named
        @raise ServiceAlreadyExists: L{Keep} of a known member that is to be refused
        @raise Busy: the store cannot write now; reads go on
        """

    def get(entry: str) -> Registration | None:
        """The entry, or C{None} when there is none or its time has passed."""

    def kept(entry: str) -> Registration | None:
        """The entry, also when its time has passed and its end is not recorded yet; C{None} when there is none."""

    def ofMember(handle: str) -> Sequence[Registration]:
        """The entries of a member by its first handle, the oldest first."""

    def entries(after: str = "", limit: int = 1000) -> Sequence[Registration]:
        """
        Entries that are not over, in the order their ids came.

        @param after: id of the last entry of the page before; empty for the first page
        @param limit: most entries
        @raise ParameterError: C{after} was never an entry here, or too long ago
        """

    def observe(observer: Callable[[RegistryChanges], None]) -> Callable[[], None]:
        """Tell C{observer} of every commit and every expiry, in order, in the reactor turn that applied it."""

    def sync() -> Awaitable[int]:
        """Wait until everything committed before is durable. @return: the revision reached"""

    def reset(rows: Iterable[Registration]) -> Awaitable[RegistryChanges]:
        """Make these the only entries, as a replica does after a gap; observers hear the difference."""

    def start() -> Awaitable[None]:
        """
        Load what is kept, begin to expire.

        @raise ServiceError: what is kept cannot be used; the message names file and record
        """

    def stop() -> Awaitable[None]:
        """Finish commits under way, stop expiring; reads go on."""
