"""Whose values are meant, and whose they are: what was asked of a source, and the identities it gives its values."""

from collections import Counter
from collections.abc import Iterable

import attrs

from gma_twisted.markup import ReceivedValue
from gma_twisted.model import QName

__all__ = ["AskedNames", "Originators", "UnnamedKeys"]

_SHARED = 4096
_LONGEST_SHARED = 512


class AskedNames:
    """The names that were asked of a source; local name C{*} stands for every name of a namespace."""

    __slots__ = ("_names", "_namespaces")

    def __init__(self, names: Iterable[QName]) -> None:
        """@param names: what was asked"""
        every = list(names)
        self._names = frozenset(name for name in every if name.localName != "*")
        self._namespaces = frozenset(name.namespace for name in every if name.localName == "*")

    def __contains__(self, name: QName) -> bool:
        return name in self._names or name.namespace in self._namespaces


def _withoutEnd(url: str) -> str:
    return url.rstrip("/")


@attrs.define(slots=True, eq=False)
class Originators:
    """
    The originators of values, each of them one text for all its values.

    @ivar baseUrl: this node's public URL
    """

    baseUrl: str = attrs.field(converter=_withoutEnd)
    _texts: dict[str, str] = attrs.field(factory=dict, init=False, repr=False)

    def isOwn(self, originator: str) -> bool:
        """Whether it is a service of this node."""
        return originator.startswith(self.baseUrl) and (
            len(originator) == len(self.baseUrl) or originator[len(self.baseUrl)] == "/"
        )

    def shared(self, originator: str) -> str:
        """The same text, one object for all who say it."""
        text = self._texts.get(originator)
        if text is None:
            if len(originator) > _LONGEST_SHARED:
                return originator
            if len(self._texts) >= _SHARED:
                self._texts.clear()
            text = self._texts[originator] = originator
        return text


class UnnamedKeys:
    """
    Keys for the values of one notice that have none, as those of OGSI's sources: the first of a name keeps the empty
    one, the others are counted, so that the same values in the same order have the same identities again.
    """

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Counter[tuple[QName, str]] = Counter()

    def key(self, value: ReceivedValue) -> str:
        """The key of the next value."""
        if value.key:
            return value.key
        which = (value.name, value.originator)
        number = self._counts[which]
        self._counts[which] = number + 1
        return str(number) if number else ""
