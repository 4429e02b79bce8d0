"""Who asks, whether they may, what is written down, and where we may connect (ARCHITECTURE rule 8)."""

from collections.abc import Mapping

from zope.interface import Attribute, Interface

from gma_twisted.interfaces.soap import Request
from gma_twisted.model import Access, Deed, SecurityHeader, Whose

__all__ = ["IAudit", "IConnectGuard", "IIdentify", "IPolicy"]


class IIdentify(Interface):
    """Names the caller from what connection and message show."""

    isSecurityRead: bool = Attribute("whether header blocks wsse:Security are read, and understood")

    def identify(request: Request, security: SecurityHeader | None = None) -> str:
        """
        @param request: its C{authorization}, C{certificate}, C{isSecure} and C{peer} count
        @param security: the header block of the message, when such blocks are read; C{None} without one
        @return: the identity; C{"anonymous"} when nothing was shown
        @raise FailedAuthentication: something was shown and is wrong; the message has nothing of it
        @raise Throttled: too much was shown from there that is wrong, so it is not looked at
        @raise Busy: it cannot be remembered now that it was used
        """


class IPolicy(Interface):
    """Asked at one place, in the Exchange, for every call and before the role; and for every page."""

    isGuard: bool = Attribute("whether there may be anything it does not allow")

    def check(identity: str, operation: str, path: str, access: Access) -> Whose:
        """
        Allow the call by returning.

        @param operation: Clark notation of the operation's request element; of a page the method, C{GET}
        @param path: of the service, or of the page
        @param access: what the operation counts as at this service
        @return: whose things the caller may renew and end there
        @raise Refused: not allowed; the message names caller, operation and service
        """


class IAudit(Interface):
    """Writes down every write; of those that come all the time, notices, what was not done."""

    def admit() -> None:
        """
        Asked before a write, once it is allowed; return to let it be done.

        @raise Busy: it could not be written down now, and the operator wants none that is not
        """

    def record(deed: Deed) -> None:
        """
        Write it down: when this returns, a kill of the process does not lose it.

        @raise Busy: it was done and could not be written down, and the operator wants that told. Never of one whose
            C{result} is a fault, which the caller hears anyway
        """

    def counts() -> Mapping[str, int]:
        """
        Since the start: C{lines} written, C{left_out} because one peer was refused too often, C{unwritten} of writes
        that were or may have been done, C{refused} before they were done, C{failures} to write; and C{failing}, 1
        while it cannot be written.
        """


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
