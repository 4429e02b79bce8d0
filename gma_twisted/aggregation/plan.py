"""What is to be done with a notice, decided value by value before anything of it is done."""

import attrs

from gma_twisted.aggregation.offers import Offer
from gma_twisted.model import (
    Command,
    ElementKey,
    Extend,
    Lifetime,
    Put,
    Remove,
    ServiceDataElement,
)

__all__ = ["Plan"]


@attrs.define(slots=True, eq=False)
class Plan:
    """
    One commit, and what is true when it is done.

    @ivar commands: for the store
    @ivar written: what the keys of the commands have then; C{None} for nothing
    @ivar offers: what the source offers then, of the keys it spoke of; C{None} for what is gone
    """

    commands: list[Command] = attrs.field(factory=list, init=False)
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
