"""What is to be done with a notice, decided value by value before anything of it is done."""

from collections.abc import Collection

import attrs

from gma_twisted.aggregation.offers import Offer
from gma_twisted.model import (
    ElementKey,
    Extend,
    Lifetime,
    Put,
    Remove,
    ServiceDataElement,
)

__all__ = ["Plan", "keyOf"]


@attrs.define(slots=True, eq=False)
class Plan:
    """
    One commit, and what is true when it is done.

    @ivar commands: for the store
    @ivar written: what the keys of the commands have then; C{None} for nothing
    @ivar offers: what the source offers then, of the keys it spoke of; C{None} for what is gone
    """

    commands: list[Put | Extend | Remove] = attrs.field(factory=list, init=False)
    written: dict[ElementKey, ServiceDataElement | None] = attrs.field(factory=dict, init=False)
    offers: dict[ElementKey, Offer | None] = attrs.field(factory=dict, init=False)

    def put(self, element: ServiceDataElement) -> None:
        """Write a value."""
        self.commands.append(Put(element))
        self.written[element.key] = element

    def extend(self, element: ServiceDataElement, lifetime: Lifetime) -> None:
        """Give a value another lifetime. @param element: as it is"""
        self.commands.append(Extend(element.key, lifetime))
        self.written[element.key] = element.withLifetime(lifetime)

    def remove(self, key: ElementKey) -> None:
        """Take a value away."""
        self.commands.append(Remove(key))
        self.written[key] = None

    def drop(self, keys: Collection[ElementKey]) -> None:
        """Do nothing about some keys."""
        self.commands = [one for one in self.commands if keyOf(one) not in keys]
        for key in keys:
            self.written.pop(key, None)
            self.offers.pop(key, None)

    def halves(self) -> "tuple[Plan, Plan]":
        """The same in two commits, the second after the first; without the offers."""
        middle = len(self.commands) // 2
        return self._part(self.commands[:middle]), self._part(self.commands[middle:])

    def _part(self, commands: "list[Put | Extend | Remove]") -> "Plan":
        part = Plan()
        part.commands = commands
        part.written = {key: self.written[key] for key in map(keyOf, commands)}
        return part


def keyOf(command: Put | Extend | Remove) -> ElementKey:
    """What a command is about."""
    return command.element.key if isinstance(command, Put) else command.key
