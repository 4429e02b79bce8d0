"""A service of several roles: each operation goes to the role that provides its interface."""

from collections.abc import Sequence
from typing import Any

from zope.interface import directlyProvides, providedBy

__all__ = ["CompositeRole"]


class CompositeRole:
    """
    Several roles behind one path, an Index for example: GridService, providers, registration.

    It provides what its parts provide; the first part that has a method answers it.
    """

    def __init__(self, parts: Sequence[object]) -> None:
        """@param parts: in order of preference"""
        self._parts = tuple(parts)
        directlyProvides(
            self, *(interface for part in self._parts for interface in providedBy(part))
        )

    def __getattr__(self, name: str) -> Any:
        """The method of the first part that has it."""
        if not name.startswith("_"):
            for part in self._parts:
                found = getattr(part, name, None)
                if found is not None:
                    return found
        raise AttributeError(name)
