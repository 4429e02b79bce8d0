"""Bearer tokens this node shows to others: each to one node, and to no other (RFC 6750)."""

from collections.abc import Mapping

import attrs

from gma_twisted.transport.route import Peer, routeOf

__all__ = ["Tokens"]


@attrs.define(slots=True, eq=False)
class Tokens:
    """
    Which token goes where: to a host and port, by TLS or not as it was said, whatever the path.

    It is for calls of nodes that the operator named; what peers name is called without.
    """

    _lines: dict[Peer, bytes] = attrs.field(factory=dict, init=False, repr=False)

    def use(self, tokens: Mapping[str, str]) -> None:
        """
        Show these from the next call on, and no others.

        @param tokens: by a URL of each node
        @raise PeerUnreachable: a URL is none that can be called
        """
        self._lines = {
            routeOf(url).peer: f"Authorization: Bearer {token}\r\n".encode("ascii")
            for url, token in tokens.items()
        }

    def lineOf(self, peer: Peer) -> bytes:
        """The field, with its end of line; empty for a node that is shown nothing."""
        return self._lines.get(peer, b"")
