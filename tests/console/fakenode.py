"""A node that is only told about."""

from collections.abc import Mapping, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.interfaces import INodeControl

__all__ = ["COPIED", "HOST", "MEMBERSHIP", "FakeNode"]

HOST = {
    "name": "host",
    "state": "idle",
    "lastError": "",
    "lastDuration": "0.012",
    "lastRun": "2026-03-01T12:00:00Z",
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
    up: float = 3725.25
    asked: int = 0

    def services(self) -> Sequence[str]:
        """One."""
        return ("/services/index",)

    def uptime(self) -> float:
        """A bit more than an hour."""
        return self.up

    def wallTime(self) -> float:
        """2026-03-01T12:00:01Z."""
        return 1772366401.0

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

    def memberships(self) -> Sequence[Mapping[str, str]]:
        """As made."""
        return self.elsewhere

    def subscriptions(self) -> int:
        """As made."""
        return self.told

    def sources(self) -> Sequence[Mapping[str, str]]:
        """As made."""
        return self.copied

    def aggregation(self) -> Mapping[str, int]:
        """One counter, where something is copied."""
        return {"put": 7} if self.copied else {}

    def requests(self) -> Mapping[str, int]:
        """Two counters."""
        return {"web": 3, "soap": 5}
