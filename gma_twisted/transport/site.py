"""twisted.web's Site behind the Gate: without its own idle timers and clock, which the Gate and the node have."""

from twisted.web.http import Request
from twisted.web.resource import IResource
from twisted.web.server import Site

from gma_twisted.timing import NodeClock
from gma_twisted.transport.admission import Admission
from gma_twisted.transport.factory import GateFactory
from gma_twisted.transport.limits import DEFAULT_GATE_LIMITS, GateLimits

__all__ = ["QuietSite", "gated"]


class QuietSite(Site):
    """
    A Site that writes no access log of its own, and asks before it shows something.

    Twisted's keeps a timer for the date of its log lines, and reads the reactor's clock as wall time, which would
    print 1970 here (ARCHITECTURE rule 6).
    """

    def __init__(self, resource: IResource, admission: Admission | None = None) -> None:
        """
        @param resource: the root
        @param admission: asked about every request; C{None} to show everything to everybody
        """
        super().__init__(resource, parsePOSTFormSubmission=False)  # type: ignore[no-untyped-call]
        self._admission = admission

    def getResourceFor(self, request: Request) -> IResource:
        """Called by twisted.web for every request."""
        refused = None if self._admission is None else self._admission.refusal(request)
        if refused is not None:
            return refused
        found: IResource = super().getResourceFor(request)  # type: ignore[no-untyped-call]
        return found

    def startFactory(self) -> None:
        """Nothing to start."""

    def stopFactory(self) -> None:
        """Nothing to stop."""

    def log(self, request: Request) -> None:
        """No line per request; the Gate counts them."""


def gated(site: Site, clock: NodeClock, limits: GateLimits = DEFAULT_GATE_LIMITS) -> GateFactory:
    """
    Put the Gate before any Site: its caps, deadlines and back-pressure, no SOAP.

    @param site: its own C{startFactory} is left alone; start it if it needs to be
    """
    return GateFactory(clock, None, site, limits)
