"""Services of classes: kinds that clients may have made, and those that are there from the start."""

from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import CLASS, TABLE

__all__ = ["FactorySection", "ServiceSection"]


@attrs.frozen(slots=True)
class FactorySection:
    """C{[factory.NAME]}: a kind of service that C{createService} makes."""

    implementation: str | None = key(
        CLASS, "class of the kind; one of the package needs its own name only", name="class"
    )
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of the class's constructor; clients give the others", shown="none"
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if self.implementation is None:
            cure = 'write class = "package.module:Class", or class = "ServiceDataHolder"'
            yield "", "no class is named", cure


@attrs.frozen(slots=True)
class ServiceSection:
    """C{[services.NAME]}: a service at C{/services/NAME}, from the start of the node to its end."""

    implementation: str | None = key(
        CLASS,
        "class of the service; one of the package needs its own name only; needed",
        name="class",
    )
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of the class's constructor, all it needs", shown="none"
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if self.implementation is None:
            cure = 'write class = "package.module:Class", or class = "ServiceDataHolder"'
            yield "", "no class is named", cure
