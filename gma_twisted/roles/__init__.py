"""Ready-made implementations of port-type interfaces."""

from gma_twisted.roles.composite import CompositeRole
from gma_twisted.roles.gridservice import PermanentService
from gma_twisted.roles.servicedata import ModifiableServiceData

__all__ = ["CompositeRole", "ModifiableServiceData", "PermanentService"]
