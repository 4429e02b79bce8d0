"""A role of what is implemented, and of nothing else: features that cannot lie."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zope.interface import directlyProvides
from zope.interface.interface import InterfaceClass

__all__ = ["Implemented"]


class Implemented:
    """
    The operations that a server implements, each a method. What it has not, the Exchange answers with
    NotImplementedException.

    @ivar operations: their names
    """

    def __init__(self, role: object, interface: InterfaceClass, operations: Iterable[str]) -> None:
        """
        @param role: has all methods of the interface
        @param operations: names of those that are implemented
        """
        self.operations = tuple(sorted(operations))
        directlyProvides(self, interface)
        for name in self.operations:
            setattr(self, name, getattr(role, name))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """One of the operations, as the interface has it."""
