"""What one source offers, key by key, and which way it came: what is compared with the store, and with a snapshot."""

from collections.abc import Collection, Container, Iterator, Mapping, Sequence

import attrs

from gma_twisted.markup import MAX_PATH
from gma_twisted.model import ElementKey, ServiceDataElement

__all__ = ["REFUSED", "UNFIT", "Offer", "Offers", "Routes", "Version", "versionOf"]

_SHARED = 4096
# Node ids are UUIDs; longer ones fit too, but not without end.
_LONGEST_PATH = MAX_PATH * 64

Version = tuple[float, int]
"""When the originator made a value, and its count: a later value has the greater one."""


def versionOf(element: ServiceDataElement) -> Version:
    """Which version of its key a value is."""
    return element.created, element.sequence


@attrs.frozen(slots=True, eq=False)
class Offer:
    """
    A value a source has.

    @ivar path: the nodes it came through, this one last
    @ivar version: of the value in the store, of another path, that says the same; C{None} for an offer that is itself
        in the store, or says something else than what is
    """

    path: tuple[str, ...]
    version: Version | None = None


REFUSED = Offer(("",))
"""A value that is not taken: it came through this node, or through too many."""

UNFIT = Offer(("",))
"""A value that is not taken because the store has no room for it."""


@attrs.define(slots=True, eq=False)
class Routes:
    """
    The ways values come, each of them one object for all its values.

    @ivar nodeId: this node's
    """

    nodeId: str
    _offers: dict[tuple[str, ...], Offer] = attrs.field(factory=dict, init=False, repr=False)

    def offer(self, received: tuple[str, ...]) -> Offer:
        """
        The offer of a value by the path it came with.

        @return: L{REFUSED} when the path has this node's id, or would be too long with it
        """
        offer = self._offers.get(received)
        if offer is None:
            offer = self._made(received)
            if offer is not REFUSED:
                if len(self._offers) >= _SHARED:
                    # Those in use are made again.
                    self._offers.clear()
                self._offers[received] = offer
        return offer

    def _made(self, received: tuple[str, ...]) -> Offer:
        path = (*received, self.nodeId)
        if (
            self.nodeId in received
            or len(path) > MAX_PATH
            or sum(map(len, received)) > _LONGEST_PATH
        ):
            return REFUSED
        return Offer(path)


@attrs.define(slots=True, eq=False)
class Offers:
    """
    The offers of one source. During a snapshot those it has said are apart from those it has not said yet; at its end
    the latter are what is gone.

    @ivar most: bound
    @ivar isSnapshot: whether a snapshot is under way
    @ivar unfit: how many are L{UNFIT}
    @ivar beyond: how many there was no room for since the snapshot began; some may be gone again
    """

    most: int
    isSnapshot: bool = attrs.field(default=False, init=False)
    unfit: int = attrs.field(default=0, init=False)
    beyond: int = attrs.field(default=0, init=False)
    _said: dict[ElementKey, Offer] = attrs.field(factory=dict, init=False, repr=False)
    _unsaid: dict[ElementKey, Offer] = attrs.field(factory=dict, init=False, repr=False)
    _refused: int = attrs.field(default=0, init=False)

    def __len__(self) -> int:
        """How many offers there are that are taken, or could be."""
        return len(self._said) + len(self._unsaid) - self._refused - self.unfit

    def __iter__(self) -> Iterator[tuple[ElementKey, Offer]]:
        """Every offer."""
        for part in (self._said, self._unsaid):
            yield from part.items()

    def get(self, key: ElementKey) -> Offer | None:
        """The offer of a key, or C{None}."""
        return self._said.get(key) or self._unsaid.get(key)

    def unsaid(self, said: Container[ElementKey]) -> Sequence[ElementKey]:
        """The keys the snapshot has not said. @param said: those it says just now"""
        return [key for key in self._unsaid if key not in said]

    def begin(self) -> None:
        """A snapshot begins; what an unfinished one said does not count."""
        self.isSnapshot = True
        self.beyond = 0
        if self._unsaid:
            self._unsaid.update(self._said)
        else:
            self._unsaid = self._said
        self._said = {}

    def end(self) -> None:
        """The snapshot is over, and what it did not say has been written as gone."""
        self.isSnapshot = False

    def excess(self, written: Mapping[ElementKey, Offer | None]) -> Collection[ElementKey]:
        """The keys of those that are to be written for which there is no room: the last ones of those that are new."""
        room = self.most - len(self._said)
        if len(written) <= room:
            return ()
        new = [key for key, one in written.items() if one is not None and key not in self._said]
        return frozenset(new[max(0, room) :])

    def leaveOut(self, count: int) -> None:
        """There was no room for so many: they are offered, and nothing is remembered of them but that."""
        self.beyond += count

    def write(self, written: Mapping[ElementKey, Offer | None]) -> None:
        """Keep these; C{None} for an offer that is gone."""
        said, unsaid = self._said, self._unsaid
        for key, offer in written.items():
            before = said.get(key)
            if before is None and unsaid:
                before = unsaid.pop(key, None)
            if offer is None:
                said.pop(key, None)
            else:
                said[key] = offer
            self._refused += (offer is REFUSED) - (before is REFUSED)
            self.unfit += (offer is UNFIT) - (before is UNFIT)
