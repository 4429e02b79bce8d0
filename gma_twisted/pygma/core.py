"""pyGMA's module C{core}: what servers and proxies raise, and what they answer."""

from gma_twisted.errors import (
    Busy,
    GMAError,
    NotImplementedException,
    ParameterError,
    PeerError,
    PeerFault,
    PeerUnreachable,
    Refused,
    TooLarge,
)
from gma_twisted.model.gma import (
    EventAnswer,
    EventFilter,
    Features,
    FilterLanguage,
    GMAEntry,
    GMARole,
    QueryMode,
    SearchAnswer,
)

__all__ = [
    "Busy",
    "EventAnswer",
    "EventFilter",
    "Features",
    "FilterLanguage",
    "GMAEntry",
    "GMAError",
    "GMARole",
    "NotImplementedException",
    "ParameterError",
    "PeerError",
    "PeerFault",
    "PeerUnreachable",
    "QueryMode",
    "Refused",
    "SearchAnswer",
    "TooLarge",
]
