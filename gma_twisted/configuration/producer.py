"""C{[producer]}: what a producer has and for how long its subscriptions are granted."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.globs import GLOBS
from gma_twisted.configuration.kinds import CLASS, DURATION, SELECTED, TABLE
from gma_twisted.configuration.leases import disordered
from gma_twisted.model import QName

__all__ = ["ProducerSection"]


@attrs.frozen(slots=True)
class ProducerSection:
    """C{[producer]}: the class behind C{/services/producer}, what it publishes, and the leases of its subscriptions."""

    implementation: str | None = key(
        CLASS,
        "a `ProducerServer` of one's own",
        name="class",
        shown="one that publishes what the providers give",
    )
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of the class's constructor", shown="none"
    )
    eventTypes: Sequence[str] = key(
        GLOBS,
        "names of its events, `host.*`; told to who asks, and to directories",
        (),
        name="event_types",
        shown="what the class says; of providers, every name",
    )
    names: Sequence[QName] = key(
        SELECTED,
        "service data of the providers that is published as events; `{uri}*` for every name of a namespace",
        (),
        shown="all of it",
    )
    defaultLifetime: float = key(
        DURATION, "lease of who asks for none", 600.0, name="default_lifetime"
    )
    minLifetime: float = key(
        DURATION, "shortest lease; who asks for less gets this", 5.0, name="min_lifetime"
    )
    maxLifetime: float = key(
        DURATION, "longest lease; who asks for more gets this", 86400.0, name="max_lifetime"
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if self.implementation is None and self.arguments is not None:
            why = "no class is named whose arguments they are"
            yield "arguments", why, 'write class = "package.module:Class"'
        if len(set(self.eventTypes)) < len(self.eventTypes):
            yield "event_types", "the same name twice", "leave one of them out"
        if len(set(self.names)) < len(self.names):
            yield "names", "the same name twice", "leave one of them out"
        yield from disordered(self.minLifetime, self.defaultLifetime, self.maxLifetime)
