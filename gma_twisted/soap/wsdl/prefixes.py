"""Prefixes of one document: ours have their own, any number of others C{svc}, C{svc2}, C{svc3} ..."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self

import attrs

from gma_twisted.markup import escapeAttribute
from gma_twisted.model import QName
from gma_twisted.soap.types import prefixOf

__all__ = ["Prefixes"]


@attrs.frozen(slots=True)
class Prefixes:
    """
    How a document writes qualified names. A message has one foreign namespace at most; the document of a service
    has as many as its operations together.

    @ivar byNamespace: prefixes, all different
    """

    byNamespace: Mapping[str, str]

    @classmethod
    def of(cls, namespaces: Iterable[str]) -> Self:
        """@param namespaces: all that the document uses, as often as they come; the empty one has no prefix"""
        found: dict[str, str] = {}
        taken: Counter[str] = Counter()
        for uri in namespaces:
            if uri and uri not in found:
                prefix = prefixOf(uri)
                taken[prefix] += 1
                found[uri] = prefix if taken[prefix] == 1 else f"{prefix}{taken[prefix]}"
        return cls(found)

    @property
    def declared(self) -> str:
        """The declarations, for the start tag of the root."""
        return "".join(
            f' xmlns:{prefix}="{escapeAttribute(uri)}"' for uri, prefix in self.byNamespace.items()
        )

    def written(self, name: QName) -> str:
        """The name as text or tag, C{ogsi:result}; without a namespace it is the local name alone."""
        if not name.namespace:
            return name.localName
        return f"{self.byNamespace[name.namespace]}:{name.localName}"
