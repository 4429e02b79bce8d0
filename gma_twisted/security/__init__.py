"""Who asks, whether they may, what is written down, where we connect, and what is shown and believed over TLS."""

from gma_twisted.security.attempts import Attempts
from gma_twisted.security.audit import AUDIT_FILE, ChainFile, FileAudit, LogAudit, NoAudit
from gma_twisted.security.credentials import NOTHING, Credentials, CredentialsReader
from gma_twisted.security.guard import ConnectGuard
from gma_twisted.security.identity import Anonymous, Identities, Known, isToken, tokenDigest
from gma_twisted.security.nonces import Nonces
from gma_twisted.security.pins import PinnedGuard, SinkPins
from gma_twisted.security.policy import AccessPolicy, AccessRule, AllowAll
from gma_twisted.security.secretfile import readSecret
from gma_twisted.security.sinks import LineRules, SinkRules
from gma_twisted.security.tls import TLS

__all__ = [
    "AUDIT_FILE",
    "NOTHING",
    "TLS",
    "AccessPolicy",
    "AccessRule",
    "AllowAll",
    "Anonymous",
    "Attempts",
    "ChainFile",
    "ConnectGuard",
    "Credentials",
    "CredentialsReader",
    "FileAudit",
    "Identities",
    "Known",
    "LineRules",
    "LogAudit",
    "NoAudit",
    "Nonces",
    "PinnedGuard",
    "SinkPins",
    "SinkRules",
    "isToken",
    "readSecret",
    "tokenDigest",
]
