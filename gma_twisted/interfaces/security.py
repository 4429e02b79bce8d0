"""Who asks, whether they may, what is written down, and where we may connect (ARCHITECTURE rule 8)."""

from collections.abc import Awaitable

from zope.interface import Interface

from gma_twisted.interfaces.soap import Request

__all__ = ["IAudit", "IConnectGuard", "IIdentify", "IPolicy"]


class IIdentify(Interface):
    """Names the caller from what connection and message show."""

    def identify(request: Request) -> str:
        """
        @return: the identity; C{"anonymous"} when nothing was shown
        @raise Refused: something was shown and is wrong
        """


class IPolicy(Interface):
    """Asked at one place, in the Exchange, for every call and before the role."""

    def check(identity: str, operation: str, path: str) -> None:
        """
        Allow the call by returning.

        @param operation: Clark notation of the operation's request element
        @param path: of the service
        @raise Refused: not allowed; the message names operation and service
        """


class IAudit(Interface):
    """Writes down every write."""

    def record(identity: str, peer: str, operation: str, path: str, result: str) -> None:
        """@param result: C{"ok"} or the fault's code"""


class IConnectGuard(Interface):
    """Asked for every URL a peer supplies, on the resolved address, at connect time."""

    def admit(url: str) -> Awaitable[tuple[str, int]]:
        """
        @return: the one address and port to dial
        @raise Refused: the form of the URL or an address behind it is not allowed
        """
