"""Kinds of services that clients may have made."""

from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import CLASS, TABLE

__all__ = ["FactorySection"]


@attrs.frozen(slots=True)
class FactorySection:
    """C{[factory.NAME]}: a kind of service that C{createService} makes."""

    implementation: str | None = key(
        CLASS, "class of the kind; one of the package needs its own name only", name="class"
    )
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of the class's constructor; clients give the others", shown="none"
    )

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, and a message"""
        if self.implementation is None:
            yield "", 'needs class = "package.module:Class", or class = "ServiceDataHolder"'
