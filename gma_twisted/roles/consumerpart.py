"""The consumer of a node: a server somebody wrote, with ids, owners and leases, and the numbers of its events."""

from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs
from zope.interface import implementer

from gma_twisted.errors import Busy, NotImplementedException, ParameterError
from gma_twisted.interfaces.gma import IConsumer
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Features, GMARole
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.roles.consumer import ConsumerServer
from gma_twisted.roles.holdings import Held, Holdings
from gma_twisted.roles.implemented import Implemented
from gma_twisted.roles.intake import Intake, Taken
from gma_twisted.roles.lastcalls import LastCalls
from gma_twisted.roles.methods import UserMethods, unread
from gma_twisted.roles.place import SOFTWARE, RoleLimits, RolePlace
from gma_twisted.timing import Ready

__all__ = ["ConsumerPart", "consumerRole"]

_OF = {
    "doNotify": ("notify",),
    "doSubscribe": ("subscribe", "renew"),
    "doUnsubscribe": ("unsubscribe",),
    "doQuery": ("query",),
}


@attrs.define(slots=True, eq=False)
class _Offered:
    """
    A subscription that a producer began.

    @ivar callerId: the producer's number of it
    @ivar token: what doSubscribe gave, or the consumer's id
    @ivar isMade: whether doSubscribe has agreed
    """

    callerId: int
    token: object
    isMade: bool = False


def consumerRole(
    server: ConsumerServer,
    place: RolePlace,
    dataUrl: str | None = None,
    encoding: str = "xml",
    schemes: Sequence[str] = ("http",),
    limits: RoleLimits | None = None,
) -> "ConsumerPart":
    """
    Make a consumer of a server.

    @param dataUrl: where producers are told to send to; C{None}: to its own operation notify
    @param encoding: in which they are told to
    @param schemes: of data URLs it listens at
    """
    return ConsumerPart(
        server, place, dataUrl or place.url, encoding, schemes, limits or RoleLimits()
    )


@implementer(IConsumer)
class ConsumerPart:
    """
    A served consumer. It has all operations; which of them the server implements, C{role} tells.

    @ivar role: the operations it implements, as a service takes them
    @ivar intake: the subscriptions it takes events of
    """

    def __init__(
        self,
        server: ConsumerServer,
        place: RolePlace,
        dataUrl: str,
        encoding: str,
        schemes: Sequence[str],
        limits: RoleLimits,
    ) -> None:
        """See L{consumerRole}."""
        self._server = server
        self._place = place
        self._dataUrl = dataUrl
        self._encoding = encoding
        self._schemes = schemes
        self._limits = limits
        self._methods = UserMethods(server)
        self.intake = Intake(place.clock, limits, server.isOpen)
        self._offered: Holdings[int, _Offered] = Holdings(
            place.clock, limits, "subscriptions", self._leaseEnded
        )
        # By the producers' numbers.
        self._numbers: dict[int, Held[int, _Offered]] = {}
        self._last = LastCalls(place.clock, self._methods.name)
        self.role = Implemented(self, IConsumer, self._operations())
        server.servedBy(self)

    @property
    def features(self) -> Features:
        """What it can do, computed from its methods."""
        isTaking = self._methods.has("doNotify")
        return Features(
            self._place.instanceId,
            self._place.started,
            SOFTWARE,
            (GMARole.CONSUMER.value,),
            self.role.operations,
            tuple(self._schemes) if isTaking else (),
            (self._encoding,) if isTaking else (),
            self._limits.most,
            tuple(self._server.eventTypes),
        )

    def start(self) -> Awaitable[None]:
        """Let leases end."""
        self._offered.start()
        self.intake.start()
        return Ready(None)

    async def stop(self) -> None:
        """End all subscriptions; the server hears of those that producers began, within a bounded time."""
        self.intake.stop()
        for held in self._offered.stop():
            self._leaseEnded(held)
        await self._last.finish()
        self._server.servedBy(None)

    def owners(self) -> Sequence[str]:
        """Whose subscriptions producers began here."""
        return self._offered.owners()

    def endOf(self, owners: Collection[str]) -> int:
        """End all subscriptions that some of them began; the server hears of each. @return: how many"""
        ended = self._offered.ofOwners(owners)
        for held in ended:
            self._leaseEnded(held)
        return len(ended)

    def counts(self) -> Mapping[str, int]:
        """Those of L{IntakeCounts <gma_twisted.roles.intake.IntakeCounts>}, and C{subscriptions} that are known."""
        return {**attrs.asdict(self.intake.counts), "subscriptions": len(self.intake)}

    def expect(self, callerId: int, lease: float) -> None:
        """See L{ConsumerServer.expect}."""
        self.intake.expect(callerId, None, lease)

    def forget(self, callerId: int) -> None:
        """See L{ConsumerServer.forget}."""
        self.intake.forget(callerId)

    def renumber(self, old: int, new: int) -> None:
        """See L{ConsumerServer.renumber}."""
        self.intake.renumber(old, new)

    def _operations(self) -> Iterable[str]:
        yield from ("getFeatures", "ping")
        for method, names in _OF.items():
            if self._methods.has(method):
                yield from names

    def getFeatures(self) -> Awaitable[Features]:
        """See L{IConsumer}."""
        return Ready(self.features)

    def ping(self) -> Awaitable[Timestamp]:
        """See L{IConsumer}."""
        return Ready(Timestamp.ofSeconds(self._place.clock.wallTime()))

    def notify(
        self,
        callerId: int | None,
        sequence: int | None,
        missed: int | None,
        event: Sequence[Event],
        caller: Caller = OURSELVES,
    ) -> Awaitable[int]:
        """See L{IConsumer}."""

        def deliver(taken: Taken) -> Awaitable[object]:
            named = {
                "callerId": callerId,
                "sequence": taken.sequence,
                "missed": taken.missed,
                "gap": taken.gap,
                "isResumed": taken.isResumed,
                "caller": caller,
            }
            return self._methods.call("doNotify", (list(taken.events),), named, unread)

        return self.intake.take(callerId, sequence, missed or 0, event, caller, deliver)

    async def stream(
        self,
        callerId: int,
        events: Sequence[Event],
        missed: int | None,
        positions: Mapping[str, str],
        caller: Caller,
    ) -> None:
        """
        Take events of a numbered stream: who reads it has left out what came twice, and asked for what was missing.

        @param missed: how many stand before them and will never come; C{None}: perhaps some
        @param positions: where streams go on then; the server may keep them with the events
        @raise GMAError: the server takes none of them
        """
        if not self._methods.has("doNotify"):
            raise NotImplementedException("notify is not implemented here")
        named = {
            "callerId": callerId,
            "sequence": None,
            "missed": missed or 0,
            "gap": 0,
            "isResumed": missed is None,
            "caller": caller,
            "positions": positions,
        }
        await self._methods.call("doNotify", (list(events),), named, unread)
        self.intake.counts.events += len(events)
        self.intake.counts.missed += missed or 0

    async def subscribe(
        self, template: Event, callerId: int, lease: float | None, caller: Caller = OURSELVES
    ) -> tuple[int, str, str, float]:
        """See L{IConsumer}. A producer that asks under the same number again has one subscription, the new one."""
        granted = self._offered.grant(lease)
        self._replace(callerId, caller)
        id = self._newId()
        held = self._offered.add(id, caller.owner, _Offered(callerId, id))
        self._numbers[callerId] = held
        named = {"consumerId": id, "lease": granted, "caller": caller}
        try:
            token = await self._methods.call("doSubscribe", (template, callerId), named, unread)
        except BaseException:
            self._drop(held)
            raise
        offered = held.thing
        offered.token = id if token is None else token
        offered.isMade = True
        if not self._offered.has(held):
            # The node was stopped meanwhile, or the producer asked again.
            self._tellEnd(held)
            raise Busy("the subscription ended while it was made")
        try:
            self.intake.expect(callerId, caller.owner, granted)
        except BaseException:
            self._leaseEnded(held)
            raise
        return id, self._dataUrl, self._encoding, self._offered.lease(held, granted)

    async def query(
        self, template: Event, callerId: int, producer: str | None, caller: Caller = OURSELVES
    ) -> Sequence[Event]:
        """See L{IConsumer}. The notification that answers is waited for as long as the limits say."""
        if self.intake.isKnown(callerId):
            raise ParameterError("this is the number of a subscription here; take another")
        named = {"callerId": callerId, "producer": producer, "caller": caller}
        wanted = await self._methods.call("doQuery", (template,), named, _templatesOf)
        if wanted:
            self.intake.expect(callerId, caller.owner, self._limits.answerSeconds)
        return wanted

    async def renew(
        self, consumerId: int, lease: float | None, caller: Caller = OURSELVES
    ) -> float:
        """See L{IConsumer}."""
        held = self._offered.of(consumerId, caller)
        granted = self._offered.grant(lease)
        self.intake.renew(held.thing.callerId, granted)
        return self._offered.lease(held, granted)

    async def unsubscribe(self, consumerId: int, caller: Caller = OURSELVES) -> int:
        """See L{IConsumer}. What the server raises is told; the subscription is over all the same."""
        held = self._offered.of(consumerId, caller)
        self._drop(held)
        await self._methods.call("doUnsubscribe", (held.thing.token,), _of(held, caller), unread)
        return consumerId

    def _replace(self, callerId: int, caller: Caller) -> None:
        """End what the same producer began under the same number. @raise ParameterError: it is another's"""
        held = self._numbers.get(callerId)
        if held is not None and caller.owns(held.owner):
            self._leaseEnded(held)
        elif held is not None or self.intake.isKnown(callerId):
            raise ParameterError("this is the number of another subscription here; take another")

    def _newId(self) -> int:
        while True:
            id = self._place.numbers()
            if not self._offered.isTaken(id):
                return id

    def _drop(self, held: Held[int, _Offered]) -> None:
        self._offered.remove(held)
        callerId = held.thing.callerId
        if self._numbers.get(callerId) is held:
            del self._numbers[callerId]
            self.intake.forget(callerId)

    def _leaseEnded(self, held: Held[int, _Offered]) -> None:
        self._drop(held)
        if held.thing.isMade:
            self._tellEnd(held)

    def _tellEnd(self, held: Held[int, _Offered]) -> None:
        if self._methods.has("doUnsubscribe"):
            named = _of(held, OURSELVES)
            self._last.call(self._methods.call("doUnsubscribe", (held.thing.token,), named, unread))


def _of(held: Held[int, _Offered], caller: Caller) -> dict[str, Any]:
    return {"consumerId": held.id, "caller": caller}


def _templatesOf(value: Any) -> Sequence[Event]:
    templates = [] if value is None else list(value)
    for one in templates:
        if not isinstance(one, Event):
            raise TypeError(f"doQuery gave {type(one).__name__} among its templates")
    return templates
