"""Identities: who a caller is."""

import attrs
from zope.interface import implementer

from gma_twisted.interfaces import IIdentify, Request

__all__ = ["ANONYMOUS", "Anonymous"]

ANONYMOUS = "anonymous"
"""The identity of who shows nothing."""


@implementer(IIdentify)
@attrs.frozen(slots=True)
class Anonymous:
    """Knows nobody: whatever a caller shows, it stays anonymous."""

    def identify(self, request: Request) -> str:
        """See L{IIdentify.identify}."""
        return ANONYMOUS
