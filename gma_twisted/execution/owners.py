"""Which provider gives which value, so that no two of a service overwrite each other's."""

from collections.abc import Collection, Iterable

import attrs

from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import ElementKey

__all__ = ["Owners"]


@attrs.frozen(eq=False, slots=True)
class Owners:
    """Of the values of all providers of one service; a provider is known by its configured name."""

    _given: dict[ElementKey, str] = attrs.field(factory=dict, init=False, repr=False)
    # By commits under way: the store does not show yet what they bring.
    _committing: dict[ElementKey, str] = attrs.field(factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """How many values have an owner."""
        return len(self._given)

    def owns(self, provider: str, key: ElementKey) -> bool:
        """Whether it is the provider that gave the value last."""
        return self._given.get(key) == provider

    def giver(self, key: ElementKey) -> str:
        """Which provider gave a value last, or is just committing it; empty for none."""
        return self._committing.get(key) or self._given.get(key, "")

    def another(
        self, provider: str, keys: Iterable[ElementKey], store: IServiceDataStore
    ) -> tuple[ElementKey, str] | None:
        """
        The first of some values that somebody else gives, or is just committing, and who that is; C{None} for none.

        @param store: a value that is no longer there is nobody's
        """
        for key in keys:
            other = self._committing.get(key, provider) if self._committing else provider
            if other != provider:
                return key, other
            other = self._given.get(key, provider)
            if other != provider and store.get(key) is not None:
                return key, other
        return None

    def begin(self, provider: str, keys: Collection[ElementKey]) -> None:
        """A provider commits values that no other gives; L{end} has to follow."""
        self._committing.update(dict.fromkeys(keys, provider))

    def end(self, provider: str, keys: Collection[ElementKey], isDone: bool) -> None:
        """That commit has ended. @param isDone: the values are the provider's from now on"""
        for key in keys:
            self._committing.pop(key, None)
        if isDone:
            self._given.update(dict.fromkeys(keys, provider))

    def release(self, provider: str, key: ElementKey) -> bool:
        """A provider gives a value no longer. @return: whether it was the one that gave it"""
        isOwner = self.owns(provider, key)
        if isOwner:
            del self._given[key]
        return isOwner
