"""What a producer, consumer or directory answers to each operation of its role: C{gma check URL} (WIRE 6)."""

import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import attrs

from gma_twisted.client.proxy import Proxy
from gma_twisted.errors import (
    Busy,
    GMAError,
    NotImplementedException,
    ParameterError,
    PeerBusy,
    PeerFault,
    Refused,
    TooLarge,
    cut,
)
from gma_twisted.interfaces import ICaller
from gma_twisted.model import Handle
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import Features, GMAEntry, GMARole, QueryMode
from gma_twisted.soap.porttypes.gma import CONSUMER, DIRECTORY, PRODUCER

__all__ = ["CHECKED", "MISSING", "WORKS", "WRONG", "Probed", "probe"]

WORKS = "works"
MISSING = "not implemented"
WRONG = "wrong"

CHECKED = "gma.check"
"""Name of the event a consumer is told, and of the attribute of the entry a directory has for a moment."""

_LEASE = 30.0
_NUMBERS = 2**53
_ANSWERS = (ParameterError, Refused, TooLarge, Busy, PeerBusy)


@attrs.frozen(slots=True)
class Probed:
    """
    One operation.

    @ivar operation: its name
    @ivar verdict: L{WORKS}, L{MISSING} or L{WRONG}
    @ivar why: what it answered
    """

    operation: str
    verdict: str
    why: str


class _Wrong(Exception):
    """An answer that is none."""


async def probe(handle: Handle, caller: ICaller, timeout: float) -> tuple[Features, list[Probed]]:
    """
    Call every operation of a server's role with arguments that do no harm. What is made there is ended again; if that
    fails, it ends with its lease, half a minute.

    @param handle: of the server
    @param caller: sends
    @param timeout: seconds for one exchange
    @return: what it says it can do, and what became of each operation, in the order in which they were called
    @raise PeerFault: it is no producer, consumer or directory
    @raise PeerUnreachable: nobody answers there
    """
    ends = {
        GMARole.PRODUCER.value: (PRODUCER, _producer),
        GMARole.CONSUMER.value: (CONSUMER, _consumer),
        GMARole.REGISTRY.value: (DIRECTORY, _directory),
    }
    try:
        features: Features = await Proxy([PRODUCER], handle, caller, timeout).getFeatures()
    except (NotImplementedException, ParameterError) as error:
        raise PeerFault(
            f"{handle} is no producer, consumer or directory: {error.message}", error.code
        ) from error
    known = [one for one in features.roles if one in ends]
    if not known:
        said = ", ".join(map(cut, features.roles)) or "nothing"
        raise PeerFault(f"{handle} is no producer, consumer or directory; it says it is: {said}")
    portType, calls = ends[known[0]]
    prober = _Prober(handle, Proxy([portType], handle, caller, timeout), features)
    prober.told.append(_ofFeatures(features))
    await prober.call("ping", prober.service.ping, str, isListed=False)
    await calls(prober)
    return features, prober.told


def _ofFeatures(features: Features) -> Probed:
    count = len(features.features)
    roles = cut("/".join(features.roles), 80)
    said = f"{cut(features.software, 80)}, {roles}, {count} operations"
    if not features.instanceId:
        return Probed("getFeatures", WRONG, "it has no instanceId: nobody notices a restart")
    return Probed("getFeatures", WORKS, said)


@attrs.define(slots=True, eq=False)
class _Prober:
    """
    Calls one server.

    @ivar told: what was found, so far
    @ivar word: that nobody else knows
    """

    handle: Handle
    service: Proxy
    features: Features
    told: list[Probed] = attrs.field(factory=list)
    word: str = attrs.field(factory=lambda: secrets.token_hex(8))

    def number(self) -> int:
        return 1 + secrets.randbelow(_NUMBERS - 1)

    def template(self) -> Event:
        return Event(f"{CHECKED}.{self.word}")

    async def call(
        self,
        operation: str,
        ask: Callable[[], Awaitable[Any]],
        say: Callable[[Any], str] = lambda answer: "",
        isListed: bool = True,
    ) -> Any:
        """
        Call one, and keep what became of it.

        @param say: what is to be told of an answer; raises L{_Wrong} when it is none
        @param isListed: whether features name it
        @return: its answer; C{None} when there is none
        """
        isSaid = operation in self.features.features
        answer = None
        try:
            answer = await ask()
            found = Probed(operation, WORKS, say(answer))
        except NotImplementedException:
            found = Probed(operation, MISSING, "")
            if isSaid:
                found = Probed(operation, WRONG, "its features say that it is implemented")
        except _ANSWERS as error:
            found = Probed(operation, WORKS, f"refuses: {cut(error.message, 200)}")
        except _Wrong as error:
            found = Probed(operation, WRONG, str(error))
        except GMAError as error:
            found = Probed(operation, WRONG, cut(error.message, 200))
        if isListed and found.verdict == WORKS and not isSaid:
            found = Probed(operation, WRONG, "it works, and its features do not say so")
        self.told.append(found)
        return answer

    async def ended(self, operation: str, end: Callable[[int], Awaitable[Any]], id: int) -> None:
        """Call what ends something, and see whether it is gone."""

        async def ask() -> int:
            await end(id)
            try:
                await end(id)
            except ParameterError:
                return id
            raise _Wrong(f"{id} was ended twice: an id that is not known is to be a ParameterError")

        await self.call(operation, ask, lambda id: f"ended {id}; of an unknown id: ParameterError")

    async def unknown(self, operation: str, ask: Callable[[int], Awaitable[Any]]) -> None:
        """Call what needs an id, with one that is not known."""

        async def asked() -> None:
            try:
                await ask(self.number())
            except ParameterError:
                return
            raise _Wrong("it took an id that nobody has; that is to be a ParameterError")

        await self.call(operation, asked, lambda _: "of an unknown id: ParameterError")


def _seconds(granted: float) -> str:
    if not granted > 0.0:
        raise _Wrong(f"it granted {granted:g} s")
    return f"granted {granted:g} s"


def _expected(estimate: Any) -> str:
    if not estimate.eventsPerSecond >= 0.0 or not estimate.bytesPerSecond >= 0.0:
        raise _Wrong("it expects less than nothing")
    return f"{estimate.eventsPerSecond:g} events a second of such a name"


async def _producer(prober: _Prober) -> None:
    service, features = prober.service, prober.features
    nothing: dict[str, Any] = {"interval": None, "cursor": None, "maxEvents": 10}
    await prober.call(
        "query",
        lambda: service.query(
            template=prober.template(), filter=None, mode=QueryMode.LATEST.value, **nothing
        ),
        lambda answer: f"{len(answer.events)} events",
    )
    await prober.call(
        "estimate",
        lambda: service.estimate(
            template=prober.template(), filter=None, encoding=None, rateLimit=None
        ),
        _expected,
    )
    schemes = [one for one in features.dataSchemes if one not in ("http", "https")]
    isHTTP = not schemes or len(schemes) < len(features.dataSchemes)
    # No event has such a name: nothing will be sent there.
    url = prober.handle.url if isHTTP else f"{schemes[0]}://127.0.0.1:9/"
    granted = await prober.call(
        "subscribe",
        lambda: service.subscribe(
            template=prober.template(),
            filter=None,
            dataUrl=url,
            encoding=None,
            callerId=prober.number(),
            lease=_LEASE,
            lookBack=None,
            rateLimit=None,
        ),
        lambda answer: f"id {answer[0]}, {_seconds(answer[1])}",
    )
    steps: dict[str, Callable[[int], Awaitable[float]]] = {
        "renew": lambda id: service.renew(producerId=id, lease=_LEASE),
        "modify": lambda id: service.modify(
            producerId=id, filter=None, rateLimit=10.0, lease=_LEASE
        ),
        "pause": lambda id: service.pause(producerId=id),
        "resume": lambda id: service.resume(producerId=id),
    }
    await _steps(
        prober,
        granted,
        steps,
        ("unsubscribe", lambda id: service.unsubscribe(producerId=id)),
    )


async def _steps(
    prober: _Prober,
    granted: Any,
    steps: dict[str, Callable[[int], Awaitable[float]]],
    last: tuple[str, Callable[[int], Awaitable[Any]]],
) -> None:
    """What is done with a subscription, and its end; with an id that nobody has where there is none."""
    operation, end = last
    if granted is None:
        for name, step in steps.items():
            await prober.unknown(name, step)
        await prober.unknown(operation, end)
        return
    id = granted[0]
    for name, step in steps.items():
        await prober.call(name, _bound(step, id), _seconds)
    await prober.ended(operation, end, id)


def _bound(step: Callable[[int], Awaitable[Any]], id: int) -> Callable[[], Awaitable[Any]]:
    return lambda: step(id)


async def _consumer(prober: _Prober) -> None:
    service = prober.service
    callerId = prober.number()
    granted = await prober.call(
        "subscribe",
        lambda: service.subscribe(template=Event(CHECKED), callerId=callerId, lease=_LEASE),
        lambda answer: f"id {answer[0]}, data to {cut(answer[1], 80)}, {_seconds(answer[3])}",
    )
    asked = prober.number()
    wanted = await prober.call(
        "query",
        lambda: service.query(template=Event(CHECKED), callerId=asked, producer=None),
        lambda answer: f"{len(answer)} templates wanted",
    )
    told = Event(CHECKED)
    told.add(EventField("word", prober.word))
    # What was said to be wanted is brought; nothing waits for it any more.
    await prober.call(
        "notify",
        lambda: service.notify(
            callerId=asked if wanted else callerId, sequence=None, missed=None, event=[told]
        ),
        lambda count: f"took {count}",
    )
    await _steps(
        prober,
        granted,
        {"renew": lambda id: service.renew(consumerId=id, lease=_LEASE)},
        ("unsubscribe", lambda id: service.unsubscribe(consumerId=id)),
    )


async def _directory(prober: _Prober) -> None:
    service = prober.service
    endpoint = f"http://check.invalid/{prober.word}"
    entry = GMAEntry(GMARole.PRODUCER, endpoint, (prober.template(),), ((CHECKED, prober.word),))
    added = await prober.call(
        "add",
        lambda: service.add(entry=entry, lease=_LEASE),
        lambda answer: f"id {cut(answer[0], 80)}, {_seconds(answer[1])}",
    )
    id = added[0] if added is not None else prober.word
    if added is not None:
        await prober.call(
            "update",
            lambda: service.update(entryId=id, entry=entry, lease=_LEASE),
            lambda answer: _seconds(answer[0]),
        )
        await prober.call("renew", lambda: service.renew(entryId=id, lease=_LEASE), _seconds)
    else:
        await _unknownEntry(prober, "update", lambda: service.update(id, entry, _LEASE))
        await _unknownEntry(prober, "renew", lambda: service.renew(id, _LEASE))
    await prober.call(
        "renewMany",
        lambda: service.renewMany(entryId=[id, prober.word], lease=_LEASE),
        lambda answer: _renewed(dict(answer), prober.word),
    )
    await _searched(prober, endpoint if added is not None else "")
    if added is not None:
        await prober.call("remove", lambda: service.remove(entryId=id))
    else:
        await _unknownEntry(prober, "remove", lambda: service.remove(entryId=id))
    await _watched(prober)


def _unknownEntry(
    prober: _Prober, operation: str, ask: Callable[[], Awaitable[Any]]
) -> Coroutine[Any, Any, None]:
    return prober.unknown(operation, lambda _: ask())


def _renewed(answer: dict[str, float | None], unknown: str) -> str:
    if answer.get(unknown) is not None:
        raise _Wrong("it renewed an entry that nobody has")
    return f"{sum(one is not None for one in answer.values())} renewed, an unknown one told"


async def _searched(prober: _Prober, endpoint: str) -> None:
    def say(page: Any) -> str:
        found = [one.endpoint for one in page.entries]
        if endpoint and endpoint not in found:
            raise _Wrong("it does not find the entry that was added")
        return f"{len(found)} entries"

    await prober.call(
        "search",
        lambda: prober.service.search(
            role=GMARole.PRODUCER.value,
            template=prober.template(),
            xpath=None,
            attribute=[(CHECKED, prober.word)],
            limit=10,
            cursor=None,
        ),
        say,
    )


async def _watched(prober: _Prober) -> None:
    # Of entries there are none of: nobody is told anything.
    watch = await prober.call(
        "watch",
        lambda: prober.service.watch(
            role=GMARole.PRODUCER.value,
            template=None,
            attribute=[(CHECKED, f"{prober.word}-watch")],
            consumer=prober.handle.url,
            callerId=prober.number(),
            lease=_LEASE,
        ),
        lambda answer: f"id {answer[0]}, {_seconds(answer[1])}",
    )
    if watch is None:
        await prober.unknown("unwatch", lambda id: prober.service.unwatch(watchId=id))
    else:
        await prober.ended("unwatch", lambda id: prober.service.unwatch(watchId=id), watch[0])
