"""What a component reads over the network, from where the operator said."""

from collections.abc import Awaitable

from zope.interface import Interface

__all__ = ["IFetcher"]


class IFetcher(Interface):
    """
    Reads whole answers of servers that the operator named.

    It connects wherever it is told: an address is an argument of the configuration alone (C{operatorOnly}), never one
    of who calls the node. Cancelling what it gives ends the connection.
    """

    def fetch(url: str, most: int, timeout: float) -> Awaitable[bytes]:
        """
        GET an C{http} or C{https} URL. It is not followed where the answer leads, nothing is shown that says who asks
        but the node's certificate, and the server's must be of an authority the node believes.

        @param most: bytes of the answer
        @param timeout: seconds for everything
        @return: the body of an answer with status 200
        @raise PeerUnreachable: no such URL, no connection, or no whole answer in time; the message names the URL
        @raise PeerBusy: it answered with status 429 or 503
        @raise PeerFault: it answered with another status below 500
        @raise PeerError: it answered with another status
        @raise TooLarge: the answer is larger than C{most}
        """

    def readAll(
        host: str, port: int, most: int, timeout: float, request: bytes
    ) -> Awaitable[bytes]:
        """
        Connect by TCP, say something, and read until the server ends the connection.

        @param host: name or address, without brackets
        @param most: bytes of the answer
        @param timeout: seconds for everything
        @param request: what is said first; empty for servers that speak unasked
        @raise PeerUnreachable: no connection, a connection that was lost, or no end in time; the message names host
            and port
        @raise TooLarge: the answer is larger than C{most}
        """
