"""What of a node can be changed while it runs: its providers, what it copies, where it is registered, and its TLS."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import attrs

from gma_twisted.aggregation import AggregateSource, Aggregator
from gma_twisted.client.directory import Placement
from gma_twisted.client.membership import Membership
from gma_twisted.configuration import SubscribeSection
from gma_twisted.configuration.comparing import same
from gma_twisted.execution import ProviderManager, ProviderSetup
from gma_twisted.interfaces import IPolicy
from gma_twisted.nodes.aggregating import sourcesOf
from gma_twisted.nodes.entitlement import Entitlement
from gma_twisted.nodes.identities import Identified
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.policies import groupsOf
from gma_twisted.nodes.registrations import Registrations
from gma_twisted.nodes.subscribing import Subscriptions
from gma_twisted.security import TLS, Identities
from gma_twisted.timing import Ready
from gma_twisted.transport import Exchange
from gma_twisted.transport.named import NamedPeers
from gma_twisted.transport.tokens import Tokens

__all__ = [
    "Reloadable",
    "ReloadableAccess",
    "ReloadableIdentities",
    "ReloadableMemberships",
    "ReloadableProviders",
    "ReloadableSources",
    "ReloadableSubscriptions",
    "ReloadableTLS",
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

    def isAs(self, other: "Wanted[T]") -> bool:
        """Whether another one is no reason to change this one."""
        return self.thing is other.thing or same(self.mark, other.mark)


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
    """
    C{[aggregate.NAME]}, one for each URL.

    @ivar aggregator: copies them
    @ivar named: whom the operator named
    """

    aggregator: Aggregator
    named: NamedPeers
    kind: str = "aggregate"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[AggregateSource]]:
        """See L{Reloadable}."""
        return {one.name: Wanted(one, one) for one in sourcesOf(plan.aggregate)}

    def remove(self, key: str, thing: AggregateSource) -> Awaitable[None]:
        """See L{Reloadable}; that the source is told so is not waited for."""
        self.aggregator.remove(key)
        self.named.remove(thing.source.url)
        return _DONE

    def add(self, key: str, thing: AggregateSource) -> Awaitable[None]:
        """See L{Reloadable}; the source is not waited for."""
        self.aggregator.add(thing)
        self.named.add(thing.source.url)
        return _DONE

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}: they are shown by their state."""


@attrs.frozen(slots=True, eq=False)
class ReloadableMemberships:
    """C{[register.NAME]}, one for each service. @ivar registrations: keeps them"""

    registrations: Registrations
    kind: str = "register"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[Membership | Placement]]:
        """See L{Reloadable}."""
        found = self.registrations.wanted(plan.register)
        return {key: Wanted(one, one) for key, one in found.items()}

    def remove(self, key: str, thing: Membership | Placement) -> Awaitable[None]:
        """See L{Reloadable}."""
        return self.registrations.remove(thing)

    def add(self, key: str, thing: Membership | Placement) -> Awaitable[None]:
        """See L{Reloadable}; the registry is not waited for."""
        self.registrations.add(thing)
        return _DONE

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}: they stay in the order in which they came."""


@attrs.frozen(slots=True, eq=False)
class ReloadableSubscriptions:
    """C{[subscribe.NAME]}. @ivar subscriptions: keeps them"""

    subscriptions: Subscriptions
    kind: str = "subscribe"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[SubscribeSection]]:
        """See L{Reloadable}."""
        return {name: Wanted(one, one) for name, one in plan.subscribe.items()}

    def remove(self, key: str, thing: SubscribeSection) -> Awaitable[None]:
        """See L{Reloadable}."""
        return self.subscriptions.remove(key)

    def add(self, key: str, thing: SubscribeSection) -> Awaitable[None]:
        """See L{Reloadable}; the producer is not waited for."""
        self.subscriptions.add(key, thing)
        return _DONE

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}: they are shown in the order in which they came."""


@attrs.frozen(slots=True, eq=False)
class ReloadableTLS:
    """
    C{[tls]}, with what is in the files it names. There is always one of it: a node without the section shows nothing.

    @ivar tls: the node's
    """

    tls: TLS
    kind: str = "tls"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[TLS]]:
        """See L{Reloadable}."""
        return {"": Wanted(plan.tls, plan.tls.credentials.mark)}

    def remove(self, key: str, thing: TLS) -> Awaitable[None]:
        """See L{Reloadable}: it counts until there is another."""
        return _DONE

    def add(self, key: str, thing: TLS) -> Awaitable[None]:
        """See L{Reloadable}: the next connection has it, and those that are open end after their answer."""
        self.tls.take(thing)
        return _DONE

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}: there is one."""


@attrs.frozen(slots=True, eq=False)
class ReloadableIdentities:
    """
    C{[identity.NAME]}, and the tokens of C{token_file}, with what is in the files. There is always one of it: a node
    without such a section knows nobody.

    @ivar identities: the node's
    @ivar tokens: shown to other nodes
    """

    identities: Identities
    tokens: Tokens
    kind: str = "identity"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[Identified]]:
        """See L{Reloadable}."""
        return {"": Wanted(plan.identified, plan.identified.mark)}

    def remove(self, key: str, thing: Identified) -> Awaitable[None]:
        """See L{Reloadable}: they are known until there are others."""
        return _DONE

    def add(self, key: str, thing: Identified) -> Awaitable[None]:
        """See L{Reloadable}: the next request is asked who it is, and the next call shows it."""
        self.identities.know(thing.known)
        self.tokens.use(thing.tokens)
        return _DONE

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}: there is one."""


@attrs.frozen(slots=True, eq=False)
class ReloadableAccess:
    """
    C{[access]}, with the groups of C{[identity.NAME]}. There is always one of it: a node without the section lets
    everybody do everything.

    @ivar exchange: asks the policy
    @ivar entitlement: ends what callers had and may not have any more
    """

    exchange: Exchange
    entitlement: Entitlement
    kind: str = "access"

    def wanted(self, plan: Plan) -> Mapping[str, Wanted[IPolicy]]:
        """See L{Reloadable}."""
        configuration = plan.configuration
        return {"": Wanted(plan.policy, (configuration.access, groupsOf(configuration)))}

    def remove(self, key: str, thing: IPolicy) -> Awaitable[None]:
        """See L{Reloadable}: it is asked until there is another one."""
        return _DONE

    def add(self, key: str, thing: IPolicy) -> Awaitable[None]:
        """See L{Reloadable}: the next request is asked about there, on whatever connection it comes."""
        self.exchange.obey(thing)
        return self.entitlement.enforce(thing)

    def arrange(self, keys: Sequence[str]) -> None:
        """See L{Reloadable}: there is one."""
