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
    ServiceDataElement,
)

__all__ = ["IRegistryStore", "IServiceDataStore"]


class IServiceDataStore(Interface):
    """
    The service data of one service.

    Reads are synchronous and exact: nothing past its C{availableUntil} is ever seen, whatever was swept.
    Nothing uncommitted is read or told; a failed batch changes nothing.
    """

    revision: int = Attribute("grows by one with every commit that changed something")

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
        """Load what is kept, begin to expire."""

    def stop() -> Awaitable[None]:
        """Finish commits under way, stop expiring; reads go on."""


class IRegistryStore(Interface):
    """
    The entries of one registry, with the same promises as L{IServiceDataStore}.

    Commands are L{Registration} rows to keep and entry ids to end: one catalogue behind OGSI service groups,
    registerService and the GMA directory.
    """

    revision: int = Attribute("grows by one with every commit that changed something")

    def commit(keep: Sequence[Registration], end: Sequence[str]) -> Awaitable[int]:
        """
        Keep these rows and end these entries, all or none.

        @return: the revision, once both are durable, applied and told
        @raise TooLarge: a bound of the registry would be passed; named
        @raise Busy: the store cannot write now
        """

    def get(entry: str) -> Registration | None:
        """The entry, or C{None} when there is none or its lifetime is over."""

    def entries() -> Iterable[Registration]:
        """Every entry that is not over."""

    def observe(
        observer: Callable[[Sequence[Registration], Sequence[str]], None],
    ) -> Callable[[], None]:
        """Tell C{observer} which rows were kept and which entries ended. @return: ends the observation"""

    def sync() -> Awaitable[int]:
        """Wait until everything committed before is durable. @return: the revision reached"""

    def reset(rows: Iterable[Registration]) -> Awaitable[int]:
        """Make these the only entries."""
