"""Ready-made implementations of port-type interfaces."""

from gma_twisted.roles.composite import CompositeRole
from gma_twisted.roles.gridservice import PermanentService

__all__ = ["CompositeRole", "PermanentService"]
