"""One value of service data: its serialised bytes, who said it, and for how long it holds."""

import attrs

from gma_twisted.model.lifetime import Lifetime
from gma_twisted.model.qname import QName

__all__ = ["ElementKey", "ServiceDataElement"]


@attrs.frozen(slots=True, weakref_slot=False, cache_hash=True, order=True)
class ElementKey:
    """
    The identity of a value (WIRE 3): what replaces what.

    @ivar name: the service data name
    @ivar originator: handle of the service that said it, as text
    @ivar key: tells several values of one name and originator apart (a job id); empty for the only one
    """

    name: QName
    originator: str
    key: str = ""


@attrs.frozen(slots=True, weakref_slot=False)
class ServiceDataElement:
    """
    A value as it is stored and sent (ARCHITECTURE rule 1).

    @ivar key: the identity
    @ivar head: UTF-8 bytes of the start tag without its end, C{<glue:Host xmlns:glue="..." glue:Name="n1"}: all
        namespace declarations the value needs are in it, lifetime and C{gma:} attributes are not
    @ivar tail: what follows the attributes up to the end tag, beginning with C{>} or C{/>}
    @ivar lifetime: instants on the node's own clock
    @ivar created: wall time, seconds since 1970, at which the originator made the value
    @ivar path: node ids the value came through, nearest last; empty for a node's own values
    @ivar sequence: the originator's count of versions of this value; 0 when it does not count
    """

    key: ElementKey
    head: bytes
    tail: bytes
    lifetime: Lifetime
    created: float = 0.0
    path: tuple[str, ...] = ()
    sequence: int = 0

    @property
    def content(self) -> bytes:
        """The whole value without lifetime attributes: a document of its own."""
        return self.head + self.tail

    @property
    def size(self) -> int:
        """Bytes of the value without lifetime attributes."""
        return len(self.head) + len(self.tail)

    def isContent(self, content: bytes) -> bool:
        """Whether this is the whole value, as L{content}, which is not put together for it."""
        return (
            len(content) == len(self.head) + len(self.tail)
            and content.startswith(self.head)
            and content.endswith(self.tail)
        )

    def sameContent(self, other: "ServiceDataElement") -> bool:
        """
        Whether both say the same, whatever their lifetimes: such a change is only an extension.

        The way it came is a part of that: who gets it onward must hear of another way, or a ring of nodes would keep
        a value alive whose source is dead (WIRE 5).
        """
        return self.head == other.head and self.tail == other.tail and self.path == other.path

    def withLifetime(self, lifetime: Lifetime) -> "ServiceDataElement":
        """The same value, holding for another time."""
        # Not attrs.evolve, which looks every field up: renewals come by the thousand.
        return ServiceDataElement(
            self.key, self.head, self.tail, lifetime, self.created, self.path, self.sequence
        )
