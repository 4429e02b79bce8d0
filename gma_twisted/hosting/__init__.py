"""What every service has beside its roles: standard service data."""

from gma_twisted.hosting.standard import StandardServiceData

__all__ = ["StandardServiceData"]
