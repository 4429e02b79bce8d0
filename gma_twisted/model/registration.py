"""A member of a registry, what can be done to it, and what was done: the words of every registry store."""

import enum
import math
from collections.abc import Sequence

import attrs

from gma_twisted.model.handle import Handle
from gma_twisted.model.message import Locator
from gma_twisted.model.qname import QName

__all__ = [
    "End",
    "Ended",
    "Keep",
    "Kept",
    "KnownMember",
    "Registration",
    "RegistryChange",
    "RegistryChanges",
    "RegistryCommand",
    "Renew",
    "RenewalResult",
    "Renewed",
    "Replace",
    "Updated",
]


@attrs.frozen(slots=True)
class Registration:
    """
    An entry as the registry granted it: one row behind OGSI service groups and registerService.

    @ivar entry: id, unique in its registry for ever; the last part of the entry's handle
    @ivar member: how to reach the registered service; its first handle is what the member is known by
    @ivar name: what the member calls itself; empty for nothing
    @ivar attributes: (name, value) pairs, repeated names legal
    @ivar content: the content element, self-contained canonical bytes; empty for none
    @ivar owner: who registered it
    @ivar since: when, seconds since 1970
    @ivar until: instant on the node's clock after which it is gone unless renewed; C{inf} for never
    """

    entry: str
    member: Locator
    name: str = ""
    attributes: Sequence[tuple[str, str]] = ()
    content: bytes = b""
    owner: str = ""
    since: float = 0.0
    until: float = math.inf

    @property
    def handle(self) -> str:
        """URL of the member's first handle."""
        return self.member.handles[0].url

    @property
    def interfaces(self) -> Sequence[QName]:
        """Port types the member claims."""
        return self.member.interfaces

    def isGone(self, now: float) -> bool:
        """Whether its time has passed at an instant of the node's clock."""
        return self.until <= now


class KnownMember(enum.Enum):
    """What becomes of a member that its owner registers again (WIRE 3, ServiceGroup)."""

    RENEW = "renew"
    """Its entry stays, with the new content and time: the Index's way."""

    ADD = "add"
    """One entry more: OGSI's bag."""

    REFUSE = "refuse"
    """C{serviceAlreadyExistsFault}: GT 3.2's way."""


@attrs.frozen(slots=True)
class Keep:
    """
    Keep a row. When its owner has an entry of the same first handle already, C{known} decides.

    @ivar row: with an entry id nobody has
    @ivar known: RENEW keeps the id and the C{since} of the oldest such entry
    @ivar interface: only entries that claim it count as known; C{None} for all
    """

    row: Registration
    known: KnownMember = KnownMember.RENEW
    interface: QName | None = None


@attrs.frozen(slots=True)
class Replace:
    """
    Put a row in the place of the entry of its id, which keeps its C{since}; nothing happens when it is not there.

    @ivar row: of the same owner and first handle
    """

    row: Registration


@attrs.frozen(slots=True)
class Renew:
    """Give the entry another end; nothing happens when it is not there."""

    entry: str
    until: float


@attrs.frozen(slots=True)
class End:
    """End the entry; nothing happens when it is not there."""

    entry: str


RegistryCommand = Keep | Replace | Renew | End


@attrs.frozen(slots=True)
class Kept:
    """An entry that was not there."""

    row: Registration


@attrs.frozen(slots=True)
class Updated:
    """An entry with another member, content, name or attributes; C{previous} is what was there."""

    row: Registration
    previous: Registration


@attrs.frozen(slots=True)
class Renewed:
    """An entry of which only the end is another; C{previous} is the instant it was."""

    row: Registration
    previous: float


@attrs.frozen(slots=True)
class Ended:
    """
    An entry that is gone.

    @ivar row: as it was
    @ivar expired: whether its time passed (else it was ended on purpose)
    """

    row: Registration
    expired: bool = False


RegistryChange = Kept | Updated | Renewed | Ended


@attrs.frozen(slots=True)
class RegistryChanges:
    """
    What one commit changed, in the order of its commands.

    @ivar revision: the store's after this commit; a commit that changed nothing keeps the old one
    @ivar changes: one an entry touched; entries found past their time come first, as L{Ended}
    @ivar rows: for every command the row there is after it: L{Keep} always one, L{Renew} and L{Replace} C{None} for an
        unknown entry, L{End} the row as it was, or C{None}
    """

    revision: int
    changes: Sequence[RegistryChange] = ()
    rows: Sequence[Registration | None] = ()


@attrs.frozen(slots=True)
class RenewalResult:
    """
    What became of one renewal (WIRE 4, renewServices).

    @ivar entry: handle of the entry, as it was asked
    @ivar lifetime: seconds granted; C{None} for an entry that is unknown, or another owner's
    """

    entry: Handle
    lifetime: float | None
