"""What a URL that is called says: where to connect, and what to ask for there."""

import re
from functools import lru_cache

import attrs

from gma_twisted.errors import PeerUnreachable, cut

__all__ = ["Peer", "Route", "routeOf"]

Peer = tuple[str, int, bool]
"""Host in lower case, port, whether TLS."""

# Nothing in it can begin another line or another field, and no two readers see two hosts.
_URL = re.compile(
    r"(?i:http(?P<tls>s?))://"
    r"(?P<place>(?P<host>\[[0-9A-Za-z:.%_-]+\]|[0-9A-Za-z._~%-]+)(?::(?P<port>[1-9][0-9]{0,4}))?)"
    r"(?P<target>(?:[/?][!\"$-~]*)?)"
)
_LAST_PORT = 65535
# URLs of which it is remembered what they say.
_ROUTES = 16_384


@attrs.frozen(slots=True, eq=False)
class Route:
    """
    What a URL says.

    @ivar peer: host in lower case, port, whether TLS
    @ivar target: of the request line
    @ivar place: host and port as the URL has them
    """

    peer: Peer
    target: bytes
    place: bytes


@lru_cache(maxsize=_ROUTES)
def routeOf(url: str) -> Route:
    """@raise PeerUnreachable: nothing that can be called"""
    found = _URL.fullmatch(url)
    port = int(found["port"] or 0) if found else 0
    if found is None or port > _LAST_PORT:
        raise PeerUnreachable(f"cannot call {cut(url)}: not an http or https URL in ASCII")
    isTLS = bool(found["tls"])
    peer = (found["host"].strip("[]").lower(), port or (443 if isTLS else 80), isTLS)
    target = found["target"]
    if not target.startswith("/"):
        target = f"/{target}"
    return Route(peer, target.encode("ascii"), found["place"].encode("ascii"))
