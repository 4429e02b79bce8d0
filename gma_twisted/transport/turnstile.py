"""Who may pass on one connection while the node cannot answer everybody: asked by the Gate, decided by the keeper.

Whom the L{Gatekeeper} turns away gets an answer that was written out beforehand.
"""

from collections.abc import Mapping

from gma_twisted.transport.head import Head
from gma_twisted.transport.listener import Listener
from gma_twisted.transport.turning import Turned
from gma_twisted.transport.urgency import urgencyOf

__all__ = ["Turnstile"]

_END = b"\r\n\r\n"


class Turnstile:
    """
    Judges the requests of one connection, and counts them for the caller they come from.

    @ivar account: of the caller
    @ivar identity: the name it proved to be its own; empty before that
    """

    __slots__ = ("_keeper", "_listener", "_peer", "_unread", "_unsent", "account", "identity")

    def __init__(self, listener: Listener, host: str) -> None:
        """
        @param listener: what all connections of a port share
        @param host: the peer's address
        """
        self._listener = listener
        self._keeper = listener.keeper
        self._peer = host
        self._unread = self._unsent = 0
        self.account = listener.keeper.accounts.enter(host)
        self.identity = ""

    @property
    def isJudged(self) -> bool:
        """Whether requests are judged now; otherwise everything passes."""
        keeper, account = self._keeper, self.account
        return keeper.isOver or account.left <= 0 or account.unread > keeper.mostUnread

    def shed(
        self, memo: Mapping[bytes, Head], data: bytes, offset: int, answers: list[bytes]
    ) -> int:
        """
        Turn away requests whose heads were seen before.

        @param memo: the verdicts on them
        @param data: requests
        @param offset: where the first begins
        @param answers: takes what they are answered
        @return: where the first begins that is none of them
        """
        turns: dict[Head, Turned] = {}
        times: dict[Head, int] = {}
        while True:
            end = data.find(_END, offset) + 4
            head = memo.get(data[offset:end])
            if head is None or head.connectionField or len(data) < end + head.length:  # type: ignore[operator]
                break
            # Who is refused once is refused for as long as these bytes last: the next alike is not judged.
            turned = turns.get(head) or self.turned(head)
            if turned is None:
                break
            turns[head] = turned
            times[head] = times.get(head, 0) + 1
            answers.append(turned.keeping)
            offset = end + head.length  # type: ignore[operator]
        if turns:
            self.count(turns, times)
        return offset

    def turned(self, head: Head, length: int | None = 0) -> Turned | None:
        """What a request is turned away with; see L{Gatekeeper.refusal}."""
        return self._keeper.refusal(self.account, urgencyOf(head), length)

    def withheld(self) -> Turned | None:
        """What is said instead of a big answer; see L{Gatekeeper.withheld}."""
        return self._keeper.withheld(self.account)

    def unread(self, size: int) -> None:
        """So many bytes more of answers, or less, are not taken by the reader."""
        self._listener.unsent += size
        self._unsent += size
        # Of an answer all stays in memory until its last slice has left: so much is the caller's, however much it took.
        held = self._unread + max(size, 0) if self._unsent else 0
        self.account.unread += held - self._unread
        self._unread = held

    def count(self, turns: Mapping[Head, Turned], times: Mapping[Head, int]) -> None:
        """So many requests were turned away with these."""
        listener = self._listener
        for head, turned in turns.items():
            count = times[head]
            listener.counters["refused"] += count
            listener.refusals[turned.status] += count
            self._keeper.count(urgencyOf(head), turned, count)

    def spend(self, requests: int, identity: str) -> None:
        """So many requests were let in; C{identity} sent them."""
        self.account.left -= requests
        if identity == self.identity:
            return
        # Told by the Exchange after it has asked for proof: from now on these requests are this caller's.
        accounts = self._keeper.accounts
        self.identity = identity
        self.account.unread -= self._unread
        accounts.leave(self.account)
        self.account = accounts.enter(f"@{identity}" if identity else self._peer)
        self.account.unread += self._unread

    def leave(self) -> None:
        """The connection is gone."""
        self._keeper.accounts.leave(self.account)
