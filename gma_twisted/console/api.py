"""What programs read: the status as JSON."""

import json
from collections.abc import Awaitable

from twisted.web.http import Request

from gma_twisted.console.counters import allCounters
from gma_twisted.console.face import Face
from gma_twisted.console.kept import Kept
from gma_twisted.interfaces import INodeControl

__all__ = ["StatusDocument"]


class StatusDocument(Face):
    """
    C{/api/v1/status}: an object with C{name}, C{kind}, C{role}, C{version}, C{baseUrl}, C{uptime} in seconds,
    C{elements}, C{services} (path, url, wsdl), C{providers}, C{memberships} and C{sources} (texts, as L{INodeControl}
    has them), C{subscriptions} (how many), C{registry}, C{lines}, C{producer}, C{consumer}, C{compound}, C{aggregation}
    and C{requests} (counters by name), C{listening} (data URLs), C{sentLines} (counters by scheme), and C{reloads} (as
    L{INodeControl} has it). At most a second old.
    """

    media = b"application/json"

    def __init__(self, node: INodeControl) -> None:
        """@param node: told of"""
        super().__init__()  # type: ignore[no-untyped-call]
        self._node = node
        self._kept = Kept(node.uptime)

    def body(self, request: Request) -> Awaitable[bytes]:
        """See L{Face.body}."""
        return self._kept.read(self._document)

    async def _document(self) -> bytes:
        node = self._node
        services = [(path, node.baseUrl + path) for path in node.services()]
        status = {
            "name": node.name,
            "kind": node.kind,
            "role": node.role,
            "version": node.version,
            "baseUrl": node.baseUrl,
            "uptime": round(node.uptime(), 3),
            "elements": node.elementCount(),
            "services": [
                {"path": path, "url": url, "wsdl": f"{url}?wsdl"} for path, url in services
            ],
            "providers": [dict(row) for row in node.providers()],
            "registry": dict(node.registry()),
            "memberships": [dict(row) for row in node.memberships()],
            "subscriptions": node.subscriptions(),
            "listening": list(node.listening()),
            "lines": dict(node.lines()),
            "sentLines": {one: dict(counts) for one, counts in node.sentLines().items()},
            "producer": dict(node.produced()),
            "consumer": dict(node.consumed()),
            "compound": dict(node.compounded()),
            "sources": [dict(row) for row in node.sources()],
            "aggregation": dict(node.aggregation()),
            "requests": allCounters(node.requests()),
            "reloads": dict(node.reloads()),
        }
        return json.dumps(status, indent=1).encode() + b"\n"
