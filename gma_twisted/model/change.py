"""What a commit did to the set of service data: the words stores, notices and caches speak."""

from collections.abc import Sequence

import attrs

from gma_twisted.model.element import ElementKey, ServiceDataElement
from gma_twisted.model.lifetime import Lifetime
from gma_twisted.model.qname import QName

__all__ = ["Added", "Change", "Changes", "Extended", "Removed", "Replaced"]


@attrs.frozen(slots=True)
class Added:
    """A value that was not there."""

    element: ServiceDataElement

    @property
    def key(self) -> ElementKey:
        """The identity of the changed value."""
        return self.element.key


@attrs.frozen(slots=True)
class Replaced:
    """
    A value whose content changed.

    @ivar previous: what was there
    @ivar isQuiet: the new content is no news (L{Put <gma_twisted.model.command.Put>}): subscribers are told that it
        lasts longer, as of an L{Extended}
    """

    element: ServiceDataElement
    previous: ServiceDataElement
    isQuiet: bool = False

    @property
    def key(self) -> ElementKey:
        """The identity of the changed value."""
        return self.element.key


@attrs.frozen(slots=True)
class Extended:
    """A value whose content stayed and whose lifetime changed."""

    element: ServiceDataElement
    previous: Lifetime

    @property
    def key(self) -> ElementKey:
        """The identity of the changed value."""
        return self.element.key


@attrs.frozen(slots=True)
class Removed:
    """
    A value that is gone.

    @ivar previous: the value as it was
    @ivar expired: whether its C{availableUntil} passed (else it was removed on purpose)
    """

    previous: ServiceDataElement
    expired: bool = False

    @property
    def key(self) -> ElementKey:
        """The identity of the changed value."""
        return self.previous.key


Change = Added | Replaced | Extended | Removed


@attrs.frozen(slots=True)
class Changes:
    """
    Everything one commit changed, in the order of its commands; what could not be done is named, the rest is.

    @ivar revision: the store's revision after this commit; a commit that changed nothing keeps the old one
    @ivar changes: one entry per value touched
    @ivar declared: names whose declaration came (C{True}) or was taken back
    """

    revision: int
    changes: Sequence[Change] = ()
    declared: Sequence[tuple[QName, bool]] = ()
