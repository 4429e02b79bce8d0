"""C{[directory]}: a directory of one's own, and what who watches one is granted."""

from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import CLASS, DURATION, TABLE
from gma_twisted.configuration.leases import disordered

__all__ = ["DirectorySection"]


@attrs.frozen(slots=True)
class DirectorySection:
    """
    C{[directory]}: the class behind C{/services/directory}, and leases of watches. Entries are registrations: their
    leases are those of C{[registry]}.
    """

    implementation: str | None = key(
        CLASS,
        "a `RegistryServer` of one's own, which keeps its entries itself",
        name="class",
        shown="one that shows the entries of the node's registry",
    )
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of the class's constructor", shown="none"
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
        yield from disordered(self.minLifetime, self.defaultLifetime, self.maxLifetime)
