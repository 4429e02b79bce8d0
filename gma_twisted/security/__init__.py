"""Who asks, whether they may, and what is written down. So far everybody who can reach the node may."""

from gma_twisted.security.audit import LogAudit, NoAudit
from gma_twisted.security.identity import Anonymous
from gma_twisted.security.policy import AllowAll

__all__ = ["AllowAll", "Anonymous", "LogAudit", "NoAudit"]
