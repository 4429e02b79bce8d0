"""What a store can be asked to do to service data: the other half of L{gma_twisted.model.change}."""

from collections.abc import Sequence

import attrs

from gma_twisted.model.element import ElementKey, ServiceDataElement
from gma_twisted.model.lifetime import Lifetime
from gma_twisted.model.qname import QName

__all__ = ["Command", "Declare", "Extend", "Put", "Remove", "ReplaceAll"]


@attrs.frozen(slots=True)
class Put:
    """
    Add the value, replace what has its identity, or, when only the lifetime differs, extend it.

    @ivar isQuiet: a new content under the identity is no news: readers see it, subscribers hear of it as of a longer
        life. It counts where nothing else of the commit touches the value, and where the way it came stays
    """

    element: ServiceDataElement
    isQuiet: bool = False


@attrs.frozen(slots=True)
class ReplaceAll:
    """
    Make these the only values of a name and an originator: the outcome of one provider run.

    @ivar name: the service data name
    @ivar originator: whose values are meant; those of others stay
    @ivar elements: every element's key has this name and originator
    """

    name: QName
    originator: str
    elements: Sequence[ServiceDataElement]


@attrs.frozen(slots=True)
class Extend:
    """Give the value another lifetime; nothing happens when it is not there."""

    key: ElementKey
    lifetime: Lifetime


@attrs.frozen(slots=True)
class Remove:
    """Take the value away; nothing happens when it is not there."""

    key: ElementKey


@attrs.frozen(slots=True)
class Declare:
    """
    Make names known before their first value (WIRE 3): a query for them answers an empty set, no fault.

    @ivar known: C{False} takes the declaration back
    """

    names: Sequence[QName]
    known: bool = True


Command = Put | ReplaceAll | Extend | Remove | Declare
