"""Policies: whether an identity may do what it asks."""

import attrs
from zope.interface import implementer

from gma_twisted.interfaces import IPolicy

__all__ = ["AllowAll"]


@implementer(IPolicy)
@attrs.frozen(slots=True)
class AllowAll:
    """
    Everybody may do everything.

    For a node that only its own machine can reach: it refuses to listen elsewhere unless the operator spelled out
    that it may (C{--insecure}).
    """

    def check(self, identity: str, operation: str, path: str) -> None:
        """Allow it."""
