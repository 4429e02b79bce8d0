"""What every service has beside its roles: standard service data; and services that are only rows."""

from gma_twisted.hosting.rows import RowFamily, RowRole
from gma_twisted.hosting.standard import StandardServiceData
from gma_twisted.hosting.values import StandardValues

__all__ = ["RowFamily", "RowRole", "StandardServiceData", "StandardValues"]
