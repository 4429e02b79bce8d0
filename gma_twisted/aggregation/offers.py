"""What one source offers, key by key, and which way it came: what is compared with the store, and with a snapshot."""

from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping, Sequence

import attrs

from gma_twisted.aggregation.memory import Memory
from gma_twisted.aggregation.room import weightOf
from gma_twisted.markup import MAX_PATH
from gma_twisted.model import ElementKey, ServiceDataElement

__all__ = [
    "OWN_PATH",
    "TOO_FAR",
    "UNFIT",
    "Offer",
    "Offers",
    "Routes",
    "Version",
    "versionOf",
]

_SHARED = 4096
# Node ids are UUIDs; longer ones fit too, but not without end.
_LONGEST_PATH = MAX_PATH * 64
# Bytes that an offer which is not taken counts for: of its key a number is kept.
_OUTSIDE = 128
# More than a notice is long that anybody sends: what it offers needs no looking at then.
_PLENTY = 64 * 1024**2

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
    @ivar isTaken: whether it is, or could be
    """

    path: tuple[str, ...]
    version: Version | None = None
    isTaken: bool = True


OWN_PATH = Offer(("",), isTaken=False)
"""A value that is not taken because it came through this node."""

TOO_FAR = Offer(("",), isTaken=False)
"""A value that is not taken because it came through too many nodes."""

UNFIT = Offer(("",), isTaken=False)
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

        @return: L{OWN_PATH} when the path has this node's id, L{TOO_FAR} when it would be too long with it
        """
        offer = self._offers.get(received)
        if offer is None:
            offer = self._made(received)
            if offer.isTaken:
                if len(self._offers) >= _SHARED:
                    # Those in use are made again.
                    self._offers.clear()
                self._offers[received] = offer
        return offer

    def _made(self, received: tuple[str, ...]) -> Offer:
        if self.nodeId in received:
            return OWN_PATH
        path = (*received, self.nodeId)
        if len(path) > MAX_PATH or sum(map(len, received)) > _LONGEST_PATH:
            return TOO_FAR
        return Offer(path)


@attrs.define(slots=True, eq=False)
class Offers:
    """
    The offers of one source. During a snapshot those it has said are apart from those it has not said yet; at its end
    the latter are what is gone.

    Of a value that is not taken no key is kept, only the hash of it: whoever makes up values that nobody takes gets no
    room for their keys.

    @ivar most: how many it may have
    @ivar memory: what the offers of all sources take
    @ivar isSnapshot: whether a snapshot is under way
    @ivar beyond: how many there was no room for since the snapshot began; some may be gone again
    @ivar why: why the last of those was left out; empty when it is L{most}
    @ivar whyUnfit: why the last one that is L{UNFIT} is
    """

    most: int
    memory: Memory
    isSnapshot: bool = attrs.field(default=False, init=False)
    beyond: int = attrs.field(default=0, init=False)
    why: str = attrs.field(default="", init=False)
    whyUnfit: str = attrs.field(default="", init=False)
    _said: dict[ElementKey, Offer] = attrs.field(factory=dict, init=False, repr=False)
    _unsaid: dict[ElementKey, Offer] = attrs.field(factory=dict, init=False, repr=False)
    # Those that are not taken, by the hashes of their keys.
    _outside: dict[int, Offer] = attrs.field(factory=dict, init=False, repr=False)
    _outsideUnsaid: dict[int, Offer] = attrs.field(factory=dict, init=False, repr=False)
    _counts: Counter[Offer] = attrs.field(factory=Counter, init=False, repr=False)

    def __len__(self) -> int:
        """How many offers there are that are taken, or could be."""
        return len(self._said) + len(self._unsaid)

    def __iter__(self) -> Iterator[tuple[ElementKey, Offer]]:
        """Those."""
        for part in (self._said, self._unsaid):
            yield from part.items()

    @property
    def isFull(self) -> bool:
        """Whether the source has as many as it may have, and more."""
        return self.beyond > 0 and self._used >= self.most

    @property
    def _used(self) -> int:
        return len(self._said) + len(self._outside)

    def count(self, offer: Offer) -> int:
        """How many are L{OWN_PATH}, L{TOO_FAR} or L{UNFIT}."""
        return self._counts[offer]

    def get(self, key: ElementKey) -> Offer | None:
        """The offer of a key, or C{None}."""
        offer = self._said.get(key) or self._unsaid.get(key)
        if offer is None and self._counts:
            hashed = hash(key)
            return self._outside.get(hashed) or self._outsideUnsaid.get(hashed)
        return offer

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
        self._outsideUnsaid.update(self._outside)
        self._outside = {}

    def end(self) -> None:
        """The snapshot is over, and what it did not say has been written as gone."""
        self.isSnapshot = False
        for hashed in list(self._outsideUnsaid):
            self._forget(hashed)

    def clear(self) -> None:
        """Remember nothing any more."""
        self.memory.size -= sum(map(weightOf, (*self._said, *self._unsaid)))
        self.memory.size -= _OUTSIDE * self._counts.total()
        for part in (self._said, self._unsaid, self._outside, self._outsideUnsaid, self._counts):
            part.clear()

    def excess(self, written: Mapping[ElementKey, Offer | None]) -> Collection[ElementKey]:
        """The keys of those that are to be written for which there is no room: the last ones of those that are new."""
        room = self.most - self._used
        left = self.memory.left
        if len(written) <= room and left >= _PLENTY:
            return ()
        excess = set()
        for key, offer in written.items():
            if offer is None or key in self._said:
                continue
            needs = self._needs(key, offer)
            isNew = hash(key) not in self._outside
            if isNew and room < 1:
                excess.add(key)
                self.why = ""
            elif needs > left:
                excess.add(key)
                self.why = (
                    f"to remember what all sources offer would take more than {self.memory.most} bytes,"
                    " the bound aggregated_size"
                )
            else:
                room -= isNew
                left -= needs
        return excess

    def _needs(self, key: ElementKey, offer: Offer) -> int:
        if offer.isTaken:
            return 0 if key in self._unsaid else weightOf(key)
        hashed = hash(key)
        return 0 if hashed in self._outside or hashed in self._outsideUnsaid else _OUTSIDE

    def leaveOut(self, count: int, why: str = "") -> None:
        """
        There was no room for so many: they are offered, and nothing is remembered of them but that.

        @param why: when it is not what L{excess} found
        """
        self.beyond += count
        self.why = why or self.why

    def write(self, written: Mapping[ElementKey, Offer | None]) -> None:
        """Keep these; C{None} for an offer that is gone."""
        said, unsaid = self._said, self._unsaid
        for key, offer in written.items():
            before = said.get(key)
            if offer is before and offer is not None:
                continue
            if before is None and unsaid:
                before = unsaid.pop(key, None)
            if before is None and self._counts:
                self._forget(hash(key))
            if offer is not None and offer.isTaken:
                said[key] = offer
                if before is None:
                    self.memory.size += weightOf(key)
                continue
            if before is not None:
                said.pop(key, None)
                self.memory.size -= weightOf(key)
            if offer is not None:
                self._outside[hash(key)] = offer
                self._counts[offer] += 1
                self.memory.size += _OUTSIDE

    def _forget(self, hashed: int) -> None:
        """Remember nothing of a value that is not taken."""
        offer = self._outside.pop(hashed, None) or self._outsideUnsaid.pop(hashed, None)
        if offer is not None:
            self.memory.size -= _OUTSIDE
            self._counts[offer] -= 1
            if not self._counts[offer]:
                del self._counts[offer]
