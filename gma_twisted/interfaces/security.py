"""Who asks, whether they may, what is written down, and where we may connect (ARCHITECTURE rule 8)."""

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
    """Writes down every write; of those that come all the time, notices, what was not done."""

    def record(identity: str, peer: str, operation: str, path: str, result: str) -> None:
        """@param result: C{"ok"} or the fault's code"""


class IConnectGuard(Interface):
    """
    Asked about every URL a peer supplies: once when it comes, and again for each address before it is dialled.

    The first question answers the peer at once; the second holds, because what a name stands for changes.
    """

    def check(url: str) -> None:
        """
        Judge a URL without asking anybody: its form, and its host when that is an address. Return to allow it.

        @raise Refused: one sentence for whoever supplied it: the URL, why, and what the operator can set
        """

    def admit(url: str, address: str) -> None:
        """
        Judge one address that the host of a URL stands for now; return to let exactly this one be dialled.

        @param url: one that L{check} allows
        @param address: of IPv4 or IPv6, as a resolver told it
        @raise Refused: as in L{check}; the address itself is not told, so that nobody learns what names mean here
        """
