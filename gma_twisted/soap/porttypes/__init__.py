"""The port types, one file each."""

from gma_twisted.soap.porttypes.gridservice import GRID_SERVICE
from gma_twisted.soap.porttypes.providerexecution import PROVIDER_EXECUTION

__all__ = ["GRID_SERVICE", "PROVIDER_EXECUTION"]
