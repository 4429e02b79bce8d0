"""What the proxies of producers, consumers and directories have in common: a tested connection, known features."""

import secrets
from collections.abc import Awaitable
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import attrs

from gma_twisted.client.proxy import Proxy
from gma_twisted.errors import (
    NotImplementedException,
    ParameterError,
    PeerBusy,
    PeerError,
    PeerFault,
    UnknownId,
    cut,
)
from gma_twisted.interfaces import ICaller
from gma_twisted.markup import XMLGate
from gma_twisted.model import Handle
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventFilter, Features, FilterLanguage, GMARole
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.soap import PortType

__all__ = ["ComponentProxy", "Filter", "Template", "asFilter", "asTemplate", "newId"]

Template = Event | str
"""A template, or the name of one that asks for no field."""

Filter = EventFilter | str | None
"""A filter, a comparison as text, or none."""

_IDS = 2**53
# After these another instance may be there, or one that has learnt something.
_DOUBTFUL = (PeerError, NotImplementedException, ParameterError, UnknownId)


def newId() -> int:
    """What one side calls a subscription: nobody else will have chosen it (WIRE 6)."""
    return secrets.randbelow(_IDS - 1) + 1


def asTemplate(template: Template) -> Event:
    """@raise ParameterError: neither an event nor a name"""
    if isinstance(template, str):
        return Event(template)
    if not isinstance(template, Event):
        raise ParameterError(
            f"a template is an Event or a name, not {cut(type(template).__name__)}",
            cure='write Event("host.cpu"), or "host.*"',
        )
    return template


def asFilter(given: Filter) -> EventFilter | None:
    """@raise ParameterError: neither a filter nor a text"""
    if given is None or isinstance(given, EventFilter):
        return given
    if isinstance(given, str):
        return EventFilter(FilterLanguage.COMPARISON, given)
    raise ParameterError(f"a filter is an EventFilter or a text, not {cut(type(given).__name__)}")


def _endpointOf(url: str, path: str) -> Handle:
    handle = Handle.parse(url)
    split = urlsplit(handle.url)
    if split.scheme not in ("http", "https"):
        raise ParameterError(f"{cut(handle.url)} cannot be called; write http:// or https://")
    return Handle(handle.url.rstrip("/") + path) if split.path in ("", "/") else handle


@attrs.define(slots=False, eq=False, repr=False)
class ComponentProxy:
    """
    A server of one role elsewhere (pyGMA's proxies): made by L{connect}, which tests the connection.

    What the server can do is asked once. What it cannot is refused here, without a message; after that, and after every
    error that another instance of the server could be the reason of, the next call asks again. So neither a restarted
    server nor one that has learnt something is judged by its past for longer than a call.

    @cvar role: that the server must have
    @cvar path: of a URL that has none
    @cvar portType: of the role
    @ivar handle: where it is
    @ivar features: what it could do when it was asked last
    @ivar restarts: how often another instance was met there
    """

    role: ClassVar[GMARole]
    path: ClassVar[str]
    portType: ClassVar[PortType]

    handle: Handle
    features: Features
    _service: Proxy
    restarts: int = attrs.field(default=0, init=False)
    _isDoubtful: bool = attrs.field(default=False, init=False)

    @classmethod
    async def connect(
        cls, url: str, caller: ICaller, timeout: float = 30.0, gate: XMLGate | None = None
    ) -> Self:
        """
        Make a proxy, and see whether somebody of this role answers.

        @param url: of the server; without a path L{path}, where such servers are
        @param caller: sends; may be shared by many proxies
        @param timeout: seconds for one exchange
        @param gate: bounds the answers; one of its own by default
        @raise ParameterError: no URL that can be called
        @raise PeerUnreachable: nobody answers there; the message names the URL
        @raise PeerFault: something else is there, or a server of another role
        @raise GMAError: as L{Proxy}
        """
        handle = _endpointOf(url, cls.path)
        service = Proxy([cls.portType], handle, caller, timeout, gate)
        return cls(handle, await cls._ask(service), service)

    @classmethod
    async def _ask(cls, service: Proxy) -> Features:
        try:
            features: Features = await service.getFeatures()
        except (NotImplementedException, ParameterError, UnknownId) as error:
            raise PeerFault(
                f"{service.handle} is no {cls.role.value}: it does not tell what it can do: {error.message}",
                error.code,
            ) from error
        if cls.role.value not in features.roles:
            roles = ", ".join(map(cut, features.roles)) or "nothing"
            raise PeerFault(f"{service.handle} is no {cls.role.value}; it says it is: {roles}")
        return features

    @property
    def instanceId(self) -> str:
        """Of the instance that was asked last."""
        return self.features.instanceId

    def supports(self, operation: str) -> bool:
        """Whether the server implements an operation, C{"subscribe"}, as far as is known."""
        return operation in self.features.features

    async def refresh(self) -> bool:
        """
        Ask what the server can do now.

        @return: whether it is another instance than before: what the one before kept may be gone
        @raise GMAError: as L{connect}
        """
        before = self.features.instanceId
        self.features = await self._ask(self._service)
        self._isDoubtful = False
        isOther = self.features.instanceId != before
        self.restarts += isOther
        return isOther

    async def getFeatures(self) -> Features:
        """What it can do, asked anew. @raise GMAError: as L{connect}"""
        await self.refresh()
        return self.features

    def ping(self) -> Awaitable[Timestamp]:
        """What time it is there. @raise GMAError: as L{Proxy}"""
        answer: Awaitable[Timestamp] = self._service.ping()
        return answer

    async def _call(self, name: str, **arguments: Any) -> Any:
        if self._isDoubtful:
            await self.refresh()
        if not self.supports(name):
            self._isDoubtful = True
            raise NotImplementedException(f"{self.handle} does not implement {name}")
        try:
            return await self._service.operations[name](**arguments)
        except PeerBusy:
            # It is there, and one question more is the last thing it needs.
            raise
        except _DOUBTFUL:
            self._isDoubtful = True
            raise

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.handle}>"
