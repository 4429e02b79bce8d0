"""NODE on the command line: a node's base URL, or one of its services."""

import json
from typing import Any
from urllib.parse import urlsplit

import attrs

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.parameters import Parameter
from gma_twisted.errors import ParameterError, PeerError
from gma_twisted.model import Handle

__all__ = ["NODE", "Place", "Status"]

_PORT = 8480

Status = dict[str, Any]
"""What C{/api/v1/status} says."""


@attrs.frozen(slots=True)
class Place:
    """
    Where a verb asks.

    @ivar base: URL of the node, without a path
    @ivar path: of the service; empty for the node's main one
    """

    base: str
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> "Place":
        """
        Read C{HOST}, C{HOST:PORT}, a base URL or a service handle; without a scheme it is C{http}, port 8480.

        @raise ParameterError: it is none of these
        """
        if "://" in text:
            handle = Handle.parse(text)
        else:
            authority, slash, rest = text.partition("/")
            port = "" if _hasPort(authority) else f":{_PORT}"
            handle = Handle.parse(f"http://{authority}{port}{slash}{rest}")
        split = urlsplit(handle.url)
        if split.scheme not in ("http", "https"):
            raise ParameterError(
                f'"{text}" is neither http nor https; write HOST:8480 or http://HOST:8480'
            )
        path = split.path.rstrip("/")
        return cls(f"{split.scheme}://{split.netloc}", path)

    def status(self, caller: BlockingCaller, timeout: float) -> Status:
        """
        What the node says of itself.

        @raise PeerError: it says nothing, or it is not a node of this software
        """
        url = f"{self.base}/api/v1/status"
        try:
            status = json.loads(caller.get(url, timeout))
        except (ValueError, RecursionError):
            raise PeerError(f"{url} answered what is no JSON; is it a node?") from None
        if not isinstance(status, dict):
            raise PeerError(f"{url} answered what is no status; is it a node?")
        return status

    def service(self, caller: BlockingCaller, timeout: float) -> Handle:
        """
        The service: the one named, or the node's main one, which it is asked for.

        @raise PeerError: as L{status}
        """
        if self.path:
            return Handle(self.base + self.path)
        services = self.status(caller, timeout).get("services")
        try:
            path = services[0]["path"]  # type: ignore[index]
            # What does not begin so would be another port, or another host.
            if path[0] == "/":
                return Handle.parse(f"{self.base}{path}")
        except (LookupError, TypeError, ParameterError):
            pass
        raise PeerError(f"{self.base} names no service; is it a node?")


def _hasPort(authority: str) -> bool:
    return ":" in authority.rpartition("]")[2]


NODE = Parameter("node", Place.parse)
"""As a parameter of a verb."""
