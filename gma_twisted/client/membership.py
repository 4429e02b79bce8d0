"""One service in one registry, from the member's side: in, renewed, out, by whichever face the registry has."""

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs

from gma_twisted.client.proxy import Proxy
from gma_twisted.errors import (
    GMAError,
    NotImplementedException,
    PeerError,
    PeerFault,
    RequestError,
    UnknownId,
)
from gma_twisted.interfaces import ICaller
from gma_twisted.model import Handle, Locator, QName, TerminationTime
from gma_twisted.soap.aggregating import writeServiceDataNames
from gma_twisted.soap.porttypes import GRID_SERVICE, REGISTRATION, SERVICE_GROUP_REGISTRATION
from gma_twisted.soap.types import LOCATOR

__all__ = ["Membership", "Seat", "takeSeat", "withdraw"]


@attrs.frozen(slots=True)
class Membership:
    """
    What a service wants of a registry.

    @ivar registry: where it shall be registered
    @ivar member: handle of the service
    @ivar interfaces: its port types
    @ivar name: what it calls itself; empty for nothing
    @ivar attributes: (name, value) pairs
    @ivar lifetime: seconds it asks for
    @ivar names: service data of it that the registry shall aggregate, if it can; local name C{*} for every name of a
        namespace
    """

    registry: Handle
    member: Handle
    interfaces: Sequence[QName] = ()
    name: str = ""
    attributes: Sequence[tuple[str, str]] = ()
    lifetime: float = 300.0
    names: Sequence[QName] = ()

    @property
    def content(self) -> bytes:
        """What its entry shall hold (WIRE 4)."""
        return writeServiceDataNames(self.names)

    @property
    def locator(self) -> Locator:
        """How to reach the member, as a service group keeps it."""
        return Locator((self.member,), self.interfaces)


class Seat(Protocol):
    """A membership that was granted."""

    @property
    def entry(self) -> Handle:
        """Handle of the entry."""

    async def renew(self) -> float:
        """
        Ask for more time.

        @return: seconds granted, from the request
        @raise UnknownId: the registry has no such entry (any more)
        @raise GMAError: as L{Proxy}
        """

    async def leave(self) -> None:
        """End the entry. @raise GMAError: as L{Proxy}"""


async def takeSeat(
    membership: Membership, caller: ICaller, wallTime: Callable[[], float], timeout: float
) -> tuple[Seat, float]:
    """
    Register a service; a registry without C{registerService} is asked by OGSI's C{add}.

    @param wallTime: ours, seconds since 1970
    @param timeout: seconds for each exchange
    @return: the seat, and the seconds granted, from the request
    @raise GMAError: what the registry answered to C{registerService}, or as L{Proxy}
    """
    registry = Proxy([REGISTRATION], membership.registry, caller, timeout)
    try:
        entry, lifetime = await registry.registerService(
            membership.member,
            interface=membership.interfaces,
            name=membership.name or None,
            attribute=membership.attributes,
            content=membership.content if membership.names else None,
            lifetime=membership.lifetime,
        )
        return _Registered(membership, entry, registry), lifetime
    except (NotImplementedException, PeerFault) as refused:
        try:
            return await _join(membership, caller, wallTime, timeout)
        except GMAError:
            # It is no service group either: what it said first is about the operation everybody knows here.
            raise refused from None


async def withdraw(membership: Membership, caller: ICaller, timeout: float) -> None:
    """
    Take out a service that may have been registered though no answer said so: by its own handle.

    A registry without C{unregisterService} is asked by OGSI's C{remove}.

    @param timeout: seconds for each exchange
    @raise GMAError: as L{Proxy}; L{UnknownId} or C{MatchFailed} when it was not registered
    """
    try:
        registry = Proxy([REGISTRATION], membership.registry, caller, timeout)
        await registry.unregisterService(membership.member)
    except (NotImplementedException, PeerFault):
        group = Proxy([SERVICE_GROUP_REGISTRATION], membership.registry, caller, timeout)
        locator = LOCATOR.write("ogsi:locator", membership.locator)
        await group.remove(
            b"<ogsi:matchByLocatorEquivalence>%b</ogsi:matchByLocatorEquivalence>" % locator
        )


@attrs.frozen(slots=True, eq=False)
class _Registered:
    """By the Registration port type (WIRE 4)."""

    membership: Membership
    entry: Handle
    registry: Proxy

    async def renew(self) -> float:
        """See L{Seat.renew}."""
        results = await self.registry.renewServices([self.entry], self.membership.lifetime)
        granted: float | None = results[0].lifetime if results else None
        if granted is None:
            raise UnknownId(
                f"{self.membership.registry} has no entry {self.entry}", id=self.entry.url
            )
        return granted

    async def leave(self) -> None:
        """See L{Seat.leave}."""
        await self.registry.unregisterService(self.membership.member)


@attrs.define(slots=True, eq=False)
class _Joined:
    """
    By OGSI's service group, whose entries are services with a termination time (OGSI 1.0, 12.1).

    @ivar wallTime: ours
    @ivar ahead: seconds the registry's wall clock is ahead of ours; OGSI asks in absolute times
    """

    membership: Membership
    entry: Handle
    service: Proxy
    wallTime: Callable[[], float]
    ahead: float

    async def renew(self) -> float:
        """See L{Seat.renew}."""
        wall = self.wallTime()
        asked = wall + self.ahead + self.membership.lifetime
        try:
            time = await self.service.requestTerminationAfter(asked)
        except (PeerFault, RequestError) as error:
            # What is not there cannot be told from what refuses: both want a new entry.
            raise UnknownId(
                f"{self.entry} cannot be renewed: {error}", id=self.entry.url
            ) from error
        self.ahead = _ahead(time, wall)
        return _granted(time, wall, self.membership)

    async def leave(self) -> None:
        """See L{Seat.leave}."""
        await self.service.destroy()


async def _join(
    membership: Membership, caller: ICaller, wallTime: Callable[[], float], timeout: float
) -> tuple[Seat, float]:
    registry = Proxy([SERVICE_GROUP_REGISTRATION], membership.registry, caller, timeout)
    wall = wallTime()
    until = wall + membership.lifetime
    locator, time = await registry.add(
        membership.locator,
        # OGSI's schema wants a content; without names it says nothing.
        content=membership.content,
        terminationTime=TerminationTime(until, until),
    )
    if not locator.handles:
        raise PeerError(
            f"{membership.registry} added {membership.member} without an entry's handle"
        )
    entry = locator.handles[0]
    service = Proxy([GRID_SERVICE], entry, caller, timeout)
    seat = _Joined(membership, entry, service, wallTime, _ahead(time, wall))
    return seat, _granted(time, wall, membership)


def _ahead(time: TerminationTime, wall: float) -> float:
    return 0.0 if time.timestamp is None else time.timestamp - wall


def _granted(time: TerminationTime, wall: float, membership: Membership) -> float:
    """The seconds until the earliest end that is ahead; what was asked when nothing is said."""
    now = wall if time.timestamp is None else time.timestamp
    ends = [end - now for end in (time.after, time.before) if end is not None]
    if not ends:
        return membership.lifetime
    return min((end for end in ends if end > 0.0), default=0.0)
