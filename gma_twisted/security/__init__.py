"""Who asks, whether they may, what is written down, where we connect. So far all who can reach the node may."""

from gma_twisted.security.audit import LogAudit, NoAudit
from gma_twisted.security.guard import ConnectGuard
from gma_twisted.security.identity import Anonymous
from gma_twisted.security.pins import PinnedGuard, SinkPins
from gma_twisted.security.policy import AllowAll
from gma_twisted.security.sinks import SinkRules

__all__ = [
    "AllowAll",
    "Anonymous",
    "ConnectGuard",
    "LogAudit",
    "NoAudit",
    "PinnedGuard",
    "SinkPins",
    "SinkRules",
]
