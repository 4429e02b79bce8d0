"""One Gate per connection for every port we open; the Exchange behind it; callers to other nodes."""

from gma_twisted.transport.admission import Admission
from gma_twisted.transport.exchange import Exchange
from gma_twisted.transport.factory import GateFactory
from gma_twisted.transport.limits import DEFAULT_GATE_LIMITS, GateLimits
from gma_twisted.transport.resource import SOAPResource
from gma_twisted.transport.service import Service
from gma_twisted.transport.site import QuietSite, gated

__all__ = [
    "DEFAULT_GATE_LIMITS",
    "Admission",
    "Exchange",
    "GateFactory",
    "GateLimits",
    "QuietSite",
    "SOAPResource",
    "Service",
    "gated",
]
