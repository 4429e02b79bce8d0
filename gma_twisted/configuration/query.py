"""Query languages beside the node's own."""

from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import CLASS, TABLE

__all__ = ["QuerySection"]


@attrs.frozen(slots=True)
class QuerySection:
    """C{[query.NAME]}: a language that C{findServiceData} reads beside the one by names."""

    implementation: str | None = key(CLASS, "class of the language; needed", name="class")
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of the class's constructor", shown="none"
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if self.implementation is None:
            yield "", "no class is named", 'write class = "package.module:Class"'
