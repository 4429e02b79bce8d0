"""Where registrations are kept: one store, in memory; a recorder decides how durable it is."""

from gma_twisted.stores.registry.limits import RegistryLimits
from gma_twisted.stores.registry.store import RegistryStore

__all__ = ["RegistryLimits", "RegistryStore"]
