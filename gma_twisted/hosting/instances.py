"""Which created services there are, whose, under which names, and which there were: the bounds of a Factory."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NoReturn

import attrs
from zope.interface import implementer

from gma_twisted.errors import (
    ParameterError,
    ServiceAlreadyExists,
    ServiceHasTerminated,
    TooLarge,
    UnknownId,
    cut,
)
from gma_twisted.interfaces import IServiceFamily
from gma_twisted.model import Handle
from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.timing import NodeClock, Tombstones

__all__ = ["FactoryLimits", "Places"]

_GIB = 1024**3


def _newId() -> str:
    # A letter first: the id names the service in its WSDL.
    return f"s{secrets.token_hex(16)}"


@attrs.frozen(slots=True)
class FactoryLimits:
    """
    How many services a Factory keeps.

    @ivar services: created services of the node, those that are being made or ended included
    @ivar perOwner: of one owner
    @ivar size: bytes of all their service data; each has its whole share from the beginning
    """

    services: int = 1000
    perOwner: int = 100
    size: int = _GIB

    def __attrs_post_init__(self) -> None:
        if min(self.services, self.perOwner, self.size) < 1:
            raise ParameterError(f"a bound of created services is too small: {self}")


@implementer(IServiceFamily)
@attrs.define(slots=True, eq=False)
class Places:
    """
    The places below C{/services/instances}: each is taken, lived in and left once, for a handle names the same
    service for ever.

    As a family it answers for those that were left: for an hour, and for the last 10,000 of them, that the service
    has ended, and for every other id that there never was one. Who lives there answers for itself.

    @ivar handle: what stands before the id
    @ivar clock: the node's
    @ivar limits: how many may be taken
    @ivar newId: gives ids nobody can guess, fit for an XML name
    @ivar path: see L{IServiceFamily}
    @ivar portTypes: see L{IServiceFamily}
    """

    handle: Handle
    clock: NodeClock
    limits: FactoryLimits = attrs.field(factory=FactoryLimits)
    newId: Callable[[], str] = _newId
    path: str = attrs.field(init=False)
    portTypes: Sequence[PortType] = attrs.field(default=(GRID_SERVICE,), init=False)
    _owners: dict[str, str] = attrs.field(factory=dict, init=False, repr=False)
    _counts: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _names: dict[str, str] = attrs.field(factory=dict, init=False, repr=False)
    _ended: Tombstones[None] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.path = self.handle.path
        self._ended = Tombstones(self.clock)

    def __len__(self) -> int:
        """How many are taken."""
        return len(self._owners)

    def take(self, name: str, owner: str) -> str:
        """
        Take a place.

        @param name: unique among those that live; empty for none
        @param owner: whom the place counts for
        @return: its id
        @raise TooLarge: a bound is reached; named
        @raise ServiceAlreadyExists: the name is taken
        """
        holder = self._names.get(name) if name else None
        if holder is not None:
            raise ServiceAlreadyExists(
                f'there is a service of the name "{cut(name)}"', self.handle.child(holder).url
            )
        if len(self) >= self.limits.services:
            raise TooLarge(
                f"this node has {len(self)} created services, the bound created_services"
            )
        if self._counts[owner] >= self.limits.perOwner:
            raise TooLarge(
                f"{cut(owner)} has {self._counts[owner]} created services, the bound created_per_owner"
            )
        id = self.newId()
        self._owners[id] = owner
        self._counts[owner] += 1
        if name:
            self._names[name] = id
        return id

    def end(self, id: str, name: str) -> None:
        """The service has ended: its name is free, its place still taken until all it used is given back."""
        self._unname(id, name)
        self._ended.put(id, None)

    def leave(self, id: str, name: str = "") -> None:
        """
        The place counts for nobody any more.

        @param name: given when no service came to live here
        """
        self._unname(id, name)
        owner = self._owners.pop(id)
        self._counts[owner] -= 1
        if not self._counts[owner]:
            del self._counts[owner]

    def _unname(self, id: str, name: str) -> None:
        if self._names.get(name) == id:
            del self._names[name]

    def role(self, id: str) -> NoReturn:
        """See L{IServiceFamily}: only what was is told here."""
        if self._ended.get(id) is not None:
            raise ServiceHasTerminated(f"the service {self.handle.child(id)} has ended")
        raise UnknownId(f"there is no service at {cut(self.path)}/{cut(id)}")

    def owner(self, id: str) -> NoReturn:
        """See L{IServiceFamily}: of those that live the Exchange knows it."""
        self.role(id)
