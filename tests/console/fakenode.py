"""A node that is only told about."""

from collections.abc import Awaitable, Mapping, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import INodeControl
from gma_twisted.model import LoopLag, Registration
from gma_twisted.timing import Ready

__all__ = ["COPIED", "HOST", "MEMBERSHIP", "NEVER", "NOTHING", "FakeNode"]

HOST = {
    "name": "host",
    "state": "idle",
    "lastError": "",
    "lastDuration": "0.012",
    "lastRun": "2026-03-01T12:00:00Z",
    "lastSuccess": "2026-03-01T11:59:55Z",
    "nextRun": "2026-03-01T12:00:05Z",
    "runs": "17",
    "failures": "0",
    "skips": "1",
}

MEMBERSHIP = {
    "registry": "http://vo:8481/services/registry",
    "service": "http://127.0.0.1:8480/services/index",
    "state": "registered",
    "entry": "http://vo:8481/services/registry/entries/7",
    "until": "2026-03-01T12:05:01Z",
    "failures": "0",
    "lastError": "",
}


COPIED = {
    "id": "site",
    "source": "http://site:8480/services/index",
    "names": "{urn:example}Host",
    "state": "live",
    "reason": "",
    "lastNotice": "2026-03-01T11:59:56Z",
    "values": "12",
    "refused": "",
}


NOTHING: Mapping[str, Sequence[str]] = {"changed": [], "later": [], "failed": [], "mistakes": []}

NEVER: Mapping[str, int | str] = {
    "good": 0,
    "bad": 0,
    "outcome": "",
    "last": "",
    "lastGood": "",
    "later": "",
}


@implementer(INodeControl)
@attrs.define
class FakeNode:
    """Answers what it was made of."""

    name: str = "index-8480"
    kind: str = "gma-index"
    version: str = "0.1.0"
    role: str = "site"
    baseUrl: str = "http://127.0.0.1:8480"
    rows: Sequence[Mapping[str, str]] = (HOST,)
    held: Mapping[str, int] = attrs.field(factory=dict)
    elsewhere: Sequence[Mapping[str, str]] = ()
    copied: Sequence[Mapping[str, str]] = ()
    told: int = 0
    heard: Sequence[str] = ()
    came: Mapping[str, int] = attrs.field(factory=dict)
    sentBy: Mapping[str, Mapping[str, int]] = attrs.field(factory=dict)
    published: Mapping[str, int] = attrs.field(factory=dict)
    taken: Mapping[str, int] = attrs.field(factory=dict)
    made: Mapping[str, int] = attrs.field(factory=dict)
    up: float = 3725.25
    asked: int = 0
    missing: str = ""
    entries: Sequence[Registration] = ()
    sent: Mapping[str, int] = attrs.field(factory=dict)
    refused: Mapping[int, int] = attrs.field(factory=dict)
    turned: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    late: LoopLag = attrs.field(factory=LoopLag)
    reloaded: Mapping[str, Sequence[str]] | GMAError = attrs.field(factory=lambda: dict(NOTHING))
    reread: Mapping[str, int | str] = attrs.field(factory=lambda: dict(NEVER))
    ends: float | None = None
    expressions: Mapping[str, Mapping[str, float]] = attrs.field(factory=dict)

    def services(self) -> Sequence[str]:
        """One."""
        return ("/services/index",)

    def certificateEnds(self) -> float | None:
        """As made."""
        return self.ends

    def listsEnd(self) -> float | None:
        """A day before."""
        return None if self.ends is None else self.ends - 86400.0

    def uptime(self) -> float:
        """A bit more than an hour."""
        return self.up

    def wallTime(self) -> float:
        """2026-03-01T12:00:01Z."""
        return 1772366401.0

    def ready(self) -> str:
        """As made."""
        return self.missing

    def elementCount(self) -> int:
        """Some."""
        return 42

    def providers(self) -> Sequence[Mapping[str, str]]:
        """As made; counts."""
        self.asked += 1
        return self.rows

    def registry(self) -> Mapping[str, int]:
        """As made."""
        return self.held

    def members(self, after: str, limit: int) -> Sequence[Registration]:
        """As made; those after one."""
        ids = [row.entry for row in self.entries]
        begin = ids.index(after) + 1 if after else 0
        return self.entries[begin : begin + limit]

    def memberships(self) -> Sequence[Mapping[str, str]]:
        """As made."""
        return self.elsewhere

    def subscriptions(self) -> int:
        """As made."""
        return self.told

    def listening(self) -> Sequence[str]:
        """As made."""
        return self.heard

    def lines(self) -> Mapping[str, int]:
        """As made."""
        return self.came

    def sentLines(self) -> Mapping[str, Mapping[str, int]]:
        """As made."""
        return self.sentBy

    def produced(self) -> Mapping[str, int]:
        """As made."""
        return self.published

    def consumed(self) -> Mapping[str, int]:
        """As made."""
        return self.taken

    def compounded(self) -> Mapping[str, int]:
        """As made."""
        return self.made

    def notices(self) -> Mapping[str, int]:
        """As made."""
        return self.sent

    def sources(self) -> Sequence[Mapping[str, str]]:
        """As made."""
        return self.copied

    def aggregation(self) -> Mapping[str, int]:
        """One counter, where something is copied."""
        return {"put": 7} if self.copied else {}

    def attempts(self) -> Mapping[str, int]:
        """See L{INodeControl.attempts}."""
        return {"failed": 9, "refused": 8}

    def queries(self) -> Mapping[str, Mapping[str, float]]:
        """See L{INodeControl}."""
        return self.expressions

    def audit(self) -> Mapping[str, int]:
        """See L{INodeControl.audit}."""
        return {
            "lines": 5,
            "left_out": 4,
            "unwritten": 3,
            "refused": 2,
            "failures": 1,
            "failing": 0,
        }

    def requests(self) -> Mapping[str, int]:
        """Two counters."""
        return {"web": 3, "soap": 5}

    def refusals(self) -> Mapping[int, int]:
        """As made."""
        return self.refused

    def turnedAway(self) -> Mapping[tuple[str, str], int]:
        """As made."""
        return self.turned

    def isOverloaded(self) -> bool:
        """While somebody was turned away."""
        return bool(self.turned)

    def connections(self) -> int:
        """Two."""
        return 2

    def reload(self) -> Awaitable[Mapping[str, Sequence[str]]]:
        """As made."""
        if isinstance(self.reloaded, GMAError):
            raise self.reloaded
        return Ready(self.reloaded)

    def reloads(self) -> Mapping[str, int | str]:
        """As made."""
        return self.reread

    def lag(self) -> LoopLag:
        """As made."""
        return self.late
