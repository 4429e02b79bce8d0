"""Sinks and what is sent to them, for tests."""

from collections.abc import Awaitable, Callable

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from gma_twisted.errors import GMAError, PeerUnreachable
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle
from gma_twisted.timing import Ready

__all__ = ["Mailbox", "Network"]


@attrs.define(eq=False)
class Mailbox:
    """
    Notices of one subscription: texts, delivered in order.

    @ivar sink: where they go
    @ivar waiting: not delivered yet
    @ivar log: what the deliverer told
    """

    sink: Handle
    waiting: list[bytes] = attrs.field(factory=list)
    log: list[str] = attrs.field(factory=list)
    taken: bytes | None = None
    onRejected: Callable[[], None] = lambda: None

    def take(self) -> bytes | None:
        """The first one."""
        self.taken = self.waiting[0] if self.waiting else None
        return self.taken

    def accepted(self) -> None:
        """It has arrived."""
        self.log.append("accepted")
        self.waiting.pop(0)

    def rejected(self, status: int, reason: str) -> None:
        """It never will."""
        self.log.append(f"rejected {status}")
        self.waiting.pop(0)
        self.onRejected()

    def failed(self, reason: str) -> None:
        """Not this time."""
        self.log.append("failed")


@implementer(ICaller)
@attrs.define(eq=False)
class Network:
    """
    Where calls go.

    @ivar statuses: what a peer answers by its C{host:port}; the first is taken out, the last one stays; an error is
        raised; C{None} never answers until L{answer}
    @ivar retryAfter: seconds every answer says, see L{Reply}
    @ivar arrived: (peer, envelope) of every call, in order
    @ivar open: calls that wait, by peer
    """

    statuses: dict[str, list[int | GMAError | None]] = attrs.field(factory=dict)
    retryAfter: int = 0
    arrived: list[tuple[str, bytes]] = attrs.field(factory=list)
    open: dict[str, list[Deferred[Reply]]] = attrs.field(factory=dict)

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """Answer as told."""
        peer = handle.url.split("/")[2]
        self.arrived.append((peer, envelope))
        answers = self.statuses.get(peer, [202])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:
            waiting: Deferred[Reply] = Deferred()
            self.open.setdefault(peer, []).append(waiting)
            return waiting
        if isinstance(answer, GMAError):
            raise answer
        return Ready(Reply(answer, b"", retryAfter=self.retryAfter))

    def answer(self, peer: str, status: int = 202) -> None:
        """Answer the oldest call that waits."""
        self.open[peer].pop(0).callback(Reply(status, b""))

    def fail(self, peer: str) -> None:
        """Lose the oldest call that waits."""
        self.open[peer].pop(0).errback(PeerUnreachable("gone"))

    def close(self) -> Awaitable[None]:
        """There is nothing to close."""
        return Ready(None)

    def bodies(self, peer: str) -> list[bytes]:
        """What arrived at a peer."""
        return [envelope for host, envelope in self.arrived if host == peer]
