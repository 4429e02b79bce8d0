"""What of a node can be changed while it runs: its providers, what it copies, and where it is registered."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import attrs

from gma_twisted.aggregation import AggregateSource, Aggregator
from gma_twisted.client.keepalive import RegistrationKeeper
from gma_twisted.client.membership import Membership
from gma_twisted.execution import ProviderManager, ProviderSetup
from gma_twisted.nodes.aggregating import sourcesOf
from gma_twisted.nodes.memberships import membershipsOf
from gma_twisted.nodes.plan import Plan
from gma_twisted.timing import Ready
from gma_twisted.transport import Service

__all__ = [
    "Reloadable",
    "ReloadableMemberships",
    "ReloadableProviders",
    "ReloadableSources",
    "Wanted",
]

T = TypeVar("T")
_DONE: Ready[None] = Ready(None)


@attrs.frozen(slots=True, eq=False)
class Wanted(Generic[T]):
    """
    One thing that shall run.

    @ivar thing: to be given to L{Reloadable.add}
    @ivar mark: what the configuration says of it: while that is the same, the thing is left alone
    """

    thing: T
    mark: object


class Reloadable(Protocol[T]):
    """
    Things of one kind that come and go while the node runs; each has a key, the name of its section, or that and a
    slash and more.
    """

    @property
    def kind(self) -> str:
        """Of the sections, C{providers}."""

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[T]]:
        """What a plan wants, in its order."""

    def remove(self, key: str, thing: T) -> Awaitable[None]:
        """End one that runs, in a bounded time. @raise GMAError: it cannot be ended, and goes on"""

    def add(self, key: str, thing: T) -> Awaitable[None]:
        """Begin one. @raise GMAError: it cannot begin, and nothing of it is left"""

    def arrange(self, keys: Sequence[str]) -> None:
        """Show them in this order."""


@attrs.frozen(slots=True, eq=False)
class ReloadableProviders:
    """C{[providers.NAME]}. @ivar manager: runs them"""

    manager: ProviderManager
    kind: str = "providers"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[ProviderSetup]]:
        """See L{Reloadable}; the provider that stands in where there is none has no section."""
        sections = plan.configuration.providers
        return {one.name: Wanted(one, sections.get(one.name)) for one in plan.setups}

    def remove(self, key: str, thing: ProviderSetup) -> Awaitable[None]:
        """See L{Reloadable}."""
        return self.manager.remove(key)

    def add(self, key: str, thing: ProviderSetup) -> Awaitable[None]:
        """See L{Reloadable}."""
        return self.manager.add(thing)

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}."""
        self.manager.arrange(keys)


@attrs.frozen(slots=True, eq=False)
class ReloadableSources:
    """C{[aggregate.NAME]}, one for each URL. @ivar aggregator: copies them"""

    aggregator: Aggregator
    kind: str = "aggregate"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[AggregateSource]]:
        """See L{Reloadable}."""
        return {one.name: Wanted(one, one) for one in sourcesOf(plan.aggregate)}

    def remove(self, key: str, thing: AggregateSource) -> Awaitable[None]:
        """See L{Reloadable}; that the source is told so is not waited for."""
        self.aggregator.remove(key)
        return _DONE

    def add(self, key: str, thing: AggregateSource) -> Awaitable[None]:
        """See L{Reloadable}; the source is not waited for."""
        self.aggregator.add(thing)
        return _DONE

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}: they are shown by their state."""


@attrs.frozen(slots=True, eq=False)
class ReloadableMemberships:
    """
    C{[register.NAME]}, one for each service.

    @ivar keeper: keeps them
    @ivar services: of the node
    @ivar nodeName: what they are called there unless it is said otherwise
    """

    keeper: RegistrationKeeper
    services: Sequence[Service]
    nodeName: str
    kind: str = "register"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[Membership]]:
        """See L{Reloadable}."""
        found = membershipsOf(plan.register, self.services, self.nodeName)
        return {key: Wanted(one, one) for key, one in found.items()}

    def remove(self, key: str, thing: Membership) -> Awaitable[None]:
        """See L{Reloadable}."""
        return self.keeper.remove(thing)

    def add(self, key: str, thing: Membership) -> Awaitable[None]:
        """See L{Reloadable}; the registry is not waited for."""
        self.keeper.add(thing)
        return _DONE

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}: they stay in the order in which they came."""
